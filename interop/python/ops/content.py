"""Operations of the chapters on content, kinds, attachments and time."""

from typing import Any

from aside import attachments, content, declarations, expiry, frames, identity, kinds, padding, proto
from aside.kinds import Place
from aside.proto import Record
from aside.reject import present
from aside.time import Time
from ops import Given, Tape, op


@op("pad")
def pad(given: Given, tape: Tape) -> dict[str, Any]:
    return {"padded": padding.pad(given.bytes("frame"))}


@op("unpad")
def unpad(given: Given, tape: Tape) -> dict[str, Any]:
    return {"frame": padding.unpad(given.bytes("padded"))}


@op("attachment.seal")
def attachment_seal(given: Given, tape: Tape) -> dict[str, Any]:
    file = attachments.seal(given.bytes("file"), tape)
    length = sum(map(len, file.pieces))
    return {"id": file.id, "key": file.key, "pieces": len(file.pieces), "length": length, "hash": file.hash}


@op("time.observe")
def time_observe(given: Given, tape: Tape) -> dict[str, Any]:
    kept = Time(given.number("confirmed"), given.number("mark"), given.number("heard"))
    wall = given.number("wall")
    time = kept.observe(wall, given.number("counted"), given.number("told"))
    return time._asdict() | {"hides_by": time.hides_by(wall), "destroys_by": time.destroys_by()}


@op("thread_id")
def thread_id(given: Given, tape: Tape) -> dict[str, Any]:
    return {"thread_id": frames.thread_id(*given.list("accounts"))}


@op("thread_frame.decode")
def thread_frame_decode(given: Given, tape: Tape) -> dict[str, Any]:
    return shown(frames.decode_in_thread(given.bytes("frame")))


@op("chat_frame.open")
def chat_frame_open(given: Given, tape: Tape) -> dict[str, Any]:
    frame = frames.open_in_chat(
        given.bytes("padded"), sender(given), given.bytes("franking_key"), given.bytes("commitment")
    )
    return shown(frame) | context(frame)


@op("group_frame.open")
def group_frame_open(given: Given, tape: Tape) -> dict[str, Any]:
    frame = frames.open_in_group(
        given.bytes("padded"), sender(given), given.bytes("franking_key"), given.bytes("commitment")
    )
    return shown(frame) | {"group_sequence": frame.group_sequence, "group_head": frame.group_head}


@op("frame.commitment")
def frame_commitment(given: Given, tape: Tape) -> dict[str, Any]:
    return {"commitment": frames.commitment(given.bytes("franking_key"), frame_of(given), sender(given))}


@op("frame.hash")
def frame_hash(given: Given, tape: Tape) -> dict[str, Any]:
    return {"hash": frames.hash_of(frame_of(given))}


def sender(given: Given) -> frames.Sender:
    return frames.Sender(given.bytes("account_key"), given.number("device_id"))


def frame_of(given: Given) -> Record:
    stamp = given.bytes("expiry")
    return Record(
        "Frame",
        conversation=given.bytes("conversation"),
        message_id=given.bytes("message_id"),
        sent_at=given.number("sent_at"),
        kind=given.number("kind"),
        content=given.bytes("content"),
        previous=given.bytes("previous"),
        expiry=expiry.decode_stamp(stamp) if stamp else None,
        salt=given.bytes("salt"),
    )


def shown(frame: Record) -> dict[str, Any]:
    names = ("conversation", "message_id", "sent_at", "kind", "content", "previous", "salt")
    stamp = b"" if frame.expiry is None else proto.encode(frame.expiry)
    return {name: getattr(frame, name) for name in names} | {"expiry": stamp}


def context(frame: Record) -> dict[str, Any]:
    """What only a frame over a session says."""
    return {
        "sender_list": frame.sender_list.version,
        "sender_list_hash": frame.sender_list.hash,
        "recipient_list": frame.recipient_list.version,
        "recipient_list_hash": frame.recipient_list.hash,
        "generation": frame.generation,
    }


@op("content.decode")
def content_decode(given: Given, tape: Tape) -> dict[str, Any]:
    kind, encoded = given.number("kind"), given.bytes("content")
    record = content.decode(kind, encoded)
    return {"content": encoded if record is None else proto.encode(record), "shown": kinds.of(kind).shown}


@op("content.fallback")
def content_fallback(given: Given, tape: Tape) -> dict[str, Any]:
    return {"fallback": content.fallback(given.bytes("content")) or ""}


@op("content.place")
def content_place(given: Given, tape: Tape) -> dict[str, Any]:
    kinds.check_place(given.number("kind"), Place(given.text("place")))
    return {}


@op("content.answers")
def content_answers(given: Given, tape: Tape) -> dict[str, Any]:
    asked = present(content.decode(given.number("kind"), given.bytes("content")), "malformed")
    chosen = present(content.decode(21, given.bytes("choice")), "malformed")
    content.check_answers(asked, chosen)
    return {}


@op("encrypted_only.issue")
def encrypted_only_issue(given: Given, tape: Tape) -> dict[str, Any]:
    declaration = declarations.issue(
        owner(given), given.bytes("signing_private"), given.bytes("peer"), given.number("version")
    )
    return {"declaration": declaration}


@op("encrypted_only.verify")
def encrypted_only_verify(given: Given, tape: Tape) -> dict[str, Any]:
    return declarations.verify(owner(given), given.bytes("declaration"))._asdict()


def owner(given: Given) -> identity.Certificate:
    return identity.verify_certificate(given.bytes("account_key"), given.bytes("certificate"))
