"""Operations of transcripts: frames as they are made, sent in a session and received from one."""

from __future__ import annotations

from typing import Any

from aside import device, expiry, frames, group_chain, session
from aside.device import Received
from aside.frames import Sender
from aside.group_chain import Handover, Origin, SendingChain
from aside.identity import Certificate
from aside.kinds import Place
from aside.primitives import ed25519_public
from aside.proto import Record
from aside.reject import check
from ops import Fault, Given, Scene, Tape, op, session_op
from ops.content import context, shown
from ops.scripts import certificate_of, device_of, held


@op("chat_id")
def chat_id(given: Given, tape: Tape) -> dict[str, Any]:
    return {"chat_id": tape.draw("chat id", 32)}  # CON-5


@op("thread_frame.encode")
def thread_frame_encode(given: Given, tape: Tape) -> dict[str, Any]:
    frame = made(given, tape)
    return {"message_id": frame.message_id, "hash": frames.hash_of(frame), "frame": frames.encode_in_thread(frame)}


@session_op("chat_frame.send")
def chat_frame_send(given: Given, tape: Tape, scene: Scene) -> dict[str, Any]:
    frame, place = made_in_chat(given, tape), Place(given.text("place"))
    padded, sender = frames.pad_for(frame, place), sender_of(certificate_of(scene.world, scene.actor))
    sending = held(scene)
    encrypt = session.encrypt_transient if place is Place.TRANSIENT else session.encrypt
    encrypted = encrypt(sending.session, padded, lambda key: frames.commitment(key, frame, sender), tape)
    if encrypted is None:
        raise Fault("the transient message was dropped (SES-30)")
    sending.session, message = encrypted
    return {
        "message_id": frame.message_id,
        "hash": frames.hash_of(frame),
        "salt": frame.salt,
        "message": message,
    }


@session_op("chat_frame.receive")
def chat_frame_receive(given: Given, tape: Tape, scene: Scene) -> dict[str, Any]:
    peer, place = certificate_of(scene.world, given.text("peer")), Place(given.text("place"))
    own = device_of(scene.world, scene.actor)
    if place is Place.TRANSIENT:
        received = device.receive_transient(own, peer, given.bytes("message"))
    else:
        received = device.receive(own, peer, given.bytes("message"), scene.session)
    frame = opened(received, peer, place)
    device.take_over(own, received)
    more = {"silent": frame.silent, "hash": frames.hash_of(frame), "session_id": received.opened.session.id}
    return shown(frame) | context(frame) | more


@op("group_frame.send")
def group_frame_send(given: Given, tape: Tape) -> dict[str, Any]:
    frame, sender = made_in_group(given, tape), sender_in_group(given)
    private = given.bytes("signing_private")
    origin = Origin(given.bytes("conversation"), sender, given.number("epoch"), ed25519_public(private))
    chain = SendingChain(origin, private, given.bytes("chain_key"), given.number("iteration"))
    padded = frames.pad_for(frame, Place.GROUP)
    message = chain.encrypt(padded, lambda key: frames.commitment(key, frame, sender), tape)
    more = {"salt": frame.salt, "message": message, "chain_key": chain.chain_key}
    return {"message_id": frame.message_id, "hash": frames.hash_of(frame)} | more


@op("group_frame.receive")
def group_frame_receive(given: Given, tape: Tape) -> dict[str, Any]:
    sender = sender_in_group(given)
    handover = Handover(given.number("iteration"), given.bytes("chain_key"), given.bytes("signing_key"))
    chain = group_chain.accept(given.bytes("group"), sender, given.number("epoch"), handover)
    opened, _ = chain.decrypt(sender, group_chain.parse(given.bytes("message")))
    frame = frames.open_in_group(opened.payload, sender, opened.franking_key, opened.commitment)
    check(frame.conversation == given.bytes("group"), "policy")
    more = {"silent": frame.silent, "iteration": opened.iteration, "hash": frames.hash_of(frame)}
    return shown(frame) | {"group_sequence": frame.group_sequence, "group_head": frame.group_head} | more


def sender_in_group(given: Given) -> Sender:
    return Sender(given.bytes("account_key"), given.number("device_id"))


def opened(received: Received, peer: Certificate, place: Place) -> Record:
    """The frame in a message, by the checks of a chat."""
    payload = received.opened
    return frames.open_in_chat(payload.plaintext, sender_of(peer), payload.franking_key, payload.commitment, (place,))


def sender_of(certificate: Certificate) -> Sender:
    return Sender(certificate.account_key, certificate.device_id)


def made(given: Given, tape: Tape) -> Record:
    """A frame of any place; its id is drawn if there is none."""
    return Record(
        "Frame",
        conversation=given.bytes("conversation"),
        message_id=given.bytes("message_id") or tape.draw("message id", 16),  # CON-6
        sent_at=given.number("sent_at"),
        kind=given.number("kind"),
        content=given.bytes("content"),
        previous=given.bytes("previous"),
    )


def made_encrypted(given: Given, tape: Tape) -> Record:
    """A frame of a chat or a group; its salt is drawn if there is none."""
    frame, stamp = made(given, tape), given.bytes("expiry")
    frame.salt = given.bytes("salt") or tape.draw("frame salt", 16)  # CON-40
    frame.expiry = expiry.decode_stamp(stamp) if stamp else None
    frame.silent = given.flag("silent")
    return frame


def made_in_group(given: Given, tape: Tape) -> Record:
    """A frame with the stamp of its group (CON-13)."""
    frame = made_encrypted(given, tape)
    frame.group_sequence, frame.group_head = given.number("group_sequence"), given.bytes("group_head")
    return frame


def made_in_chat(given: Given, tape: Tape) -> Record:
    """A frame over a session, with what the sender knows of both lists (IDN-16)."""
    frame = made_encrypted(given, tape)
    frame.sender_list = list_reference(given, "sender_list")
    frame.recipient_list = list_reference(given, "recipient_list")
    frame.generation = given.number("generation")
    return frame


def list_reference(given: Given, name: str) -> Record:
    return Record("ListReference", version=given.number(name), hash=given.bytes(f"{name}_hash"))
