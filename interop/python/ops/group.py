"""Operations of the group chapter: names, keys, sealed entries, chains, and what members hand over."""

from functools import partial
from typing import Any

from aside import group_chain, group_entry, group_keys, group_log
from aside.frames import Sender
from aside.group_chain import Handover
from aside.primitives import COMMIT, equal
from aside.reject import check
from ops import Given, Tape, op


@op("group.id")
def id_(given: Given, tape: Tape) -> dict[str, Any]:
    return {"group": group_entry.entry_hash(given.bytes("body"))}


@op("group.log_id")
def log_id(given: Given, tape: Tape) -> dict[str, Any]:
    return {"log": group_log.log_id(given.bytes("group"), given.bytes("log_key"))}


@op("group.log_key_id")
def log_key_id(given: Given, tape: Tape) -> dict[str, Any]:
    return {"id": group_log.log_key_id(given.bytes("log_key"))}


@op("group.key_id")
def key_id(given: Given, tape: Tape) -> dict[str, Any]:
    chain = given.bytes("group"), owner(given), given.bytes("signing_key"), given.number("epoch")
    return {"key_id": group_chain.key_id(*chain)}


@op("group.chain_step")
def chain_step(given: Given, tape: Tape) -> dict[str, Any]:
    chain_key, secret = group_chain.chain_step(given.bytes("chain_key"))
    return {"chain_key": chain_key, "secret": secret}


@op("group.message_keys")
def message_keys(given: Given, tape: Tape) -> dict[str, Any]:
    message_key, franking_key = group_chain.message_keys(given.bytes("secret"))
    return {"message_key": message_key, "franking_key": franking_key}


@op("group.entry.seal")
def entry_seal(given: Given, tape: Tape) -> dict[str, Any]:
    return {"stored": group_log.seal(given.bytes("group"), given.bytes("log_key"), given.bytes("entry"), tape)}


@op("group.entry.open")
def entry_open(given: Given, tape: Tape) -> dict[str, Any]:
    return {"entry": group_log.open_sealed(given.bytes("group"), given.bytes("log_key"), given.bytes("stored"))}


@op("group.encrypt")
def encrypt(given: Given, tape: Tape) -> dict[str, Any]:
    chain = group_chain.begin(given.bytes("group"), owner(given), given.number("epoch"), tape)
    messages = [chain.encrypt(text, partial(commitment, text), tape) for text in given.list("plaintexts")]
    return {"key_id": chain.origin.key_id, "messages": messages} | chain.hand_over()._asdict()


@op("group.decrypt")
def decrypt(given: Given, tape: Tape) -> dict[str, Any]:
    handover = Handover(given.number("iteration"), given.bytes("chain_key"), given.bytes("signing_key"))
    chain = group_chain.accept(given.bytes("group"), owner(given), given.number("epoch"), handover)
    for earlier in given.list("earlier"):
        _, chain = chain.decrypt(owner(given), group_chain.parse(earlier))
    chain = chain.cut(given.number("cut"))
    sender = Sender(given.bytes("sender"), given.number("sender_device"))
    opened, _ = chain.decrypt(sender, group_chain.parse(given.bytes("message")))
    check(equal(commitment(opened.payload, opened.franking_key), opened.commitment), "commitment")
    return {"plaintext": opened.payload, "iteration": opened.iteration}


def commitment(plaintext: bytes, franking_key: bytes) -> bytes:
    """In these vectors a payload is no frame."""
    return COMMIT(franking_key, "aside/1 commitment", plaintext)


def owner(given: Given) -> Sender:
    """The device whose chain it is."""
    return Sender(given.bytes("account_key"), given.number("device_id"))


def fields(record: Any, *names: str) -> dict[str, Any]:
    """Some fields of a decoded message."""
    return {name: getattr(record, name) for name in names}


@op("sender_key.decode")
def sender_key_decode(given: Given, tape: Tape) -> dict[str, Any]:
    key = group_keys.decode_sender_key(given.bytes("content"))
    return fields(key, "epoch", "sequence", "head", "iteration", "chain_key", "signing_key", "log_key")


@op("group_invite.decode")
def group_invite_decode(given: Given, tape: Tape) -> dict[str, Any]:
    return fields(group_keys.decode_invite(given.bytes("content")), "sequence", "head", "log_keys")


@op("group_log_request.decode")
def group_log_request_decode(given: Given, tape: Tape) -> dict[str, Any]:
    return fields(group_keys.decode_log_request(given.bytes("content")), "after")


@op("group_log_entries.decode")
def group_log_entries_decode(given: Given, tape: Tape) -> dict[str, Any]:
    return fields(group_keys.decode_log_entries(given.bytes("content")), "entries")
