"""Operations of the relay chapter."""

from typing import Any

from aside import relay
from aside.messages import Keep
from aside.primitives import ed25519_parse, ed25519_public
from ops import Given, Tape, op


def challenge(given: Given) -> relay.Challenge:
    return relay.Challenge(given.text("relay_name"), given.bytes("relay_key"), given.bytes("nonce"))


def login_digest(given: Given) -> bytes:
    store = relay.decode_store(given.bytes("store"))
    return relay.login(challenge(given), given.bytes("account_key"), given.number("device_id"), store)


@op("relay.login")
def login(given: Given, tape: Tape) -> dict[str, Any]:
    digest = login_digest(given)
    return {"digest": digest, "signature": relay.sign_login(given.bytes("private"), digest)}


@op("relay.login.verify")
def login_verify(given: Given, tape: Tape) -> dict[str, Any]:
    relay.verify_login(ed25519_parse(given.bytes("signing_key")), login_digest(given), given.bytes("signature"))
    return {}


def registration_digest(given: Given, account_key: bytes) -> bytes:
    return relay.registration(challenge(given), account_key, given.text("handle"), given.bytes("device_list"))


@op("relay.register")
def register(given: Given, tape: Tape) -> dict[str, Any]:
    private = given.bytes("private")
    digest = registration_digest(given, ed25519_public(private))
    return {"digest": digest, "signature": relay.sign_registration(private, digest)}


@op("relay.register.verify")
def register_verify(given: Given, tape: Tape) -> dict[str, Any]:
    account_key = ed25519_parse(given.bytes("account_key"))
    relay.verify_registration(account_key, registration_digest(given, account_key), given.bytes("signature"))
    return {}


@op("store.judge")
def store_judge(given: Given, tape: Tape) -> dict[str, Any]:
    known = relay.Generation(given.number("known_number"), given.bytes("known_token"))
    return relay.judge_store(relay.decode_store(given.bytes("store")), known)._asdict()


PARAMETERS = (
    ("issued_at", "keep_days", "mailbox_messages", "mailbox_bytes", "frame_bytes")
    + ("sends", "sends_each_us", "sends_to_one", "sends_to_one_each_us")
    + ("fanned_out", "fanned_out_each_us", "transients", "transients_each_us")
    + ("fanned_to_one", "fanned_to_one_each_us")
)


@op("parameters.read")
def parameters_read(given: Given, tape: Tape) -> dict[str, Any]:
    key = ed25519_parse(given.bytes("relay_key"))
    body = relay.read_parameters(given.bytes("parameters"), given.text("relay_name"), key)
    return {name: getattr(body, name) for name in PARAMETERS}


@op("keep.choose")
def keep_choose(given: Given, tape: Tape) -> dict[str, Any]:
    terms = given.number("mode"), given.number("duration"), given.number("unread_cap")
    return named(relay.choose_keep(given.number("kind"), *terms))


@op("keep.read")
def keep_read(given: Given, tape: Tape) -> dict[str, Any]:
    return named(relay.read_keep(given.bytes("bytes")))


def named(keep: Keep) -> dict[str, Any]:
    """The name of a class in `proto/`."""
    return {"keep": f"KEEP_{keep.name}"}
