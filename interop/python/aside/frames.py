"""The content chapter, frames: what of them each kind of conversation has, the hash that chains them, the commitment."""

from __future__ import annotations

from typing import NamedTuple

from aside import content, expiry, kinds, padding, proto
from aside.kinds import Place
from aside.primitives import COMMIT, H, ed25519_parse, equal, u8, u32, u64
from aside.proto import Record
from aside.reject import check

# Where a frame stands that goes over a session.
OVER_A_SESSION = (Place.CHAT, Place.TRANSIENT, Place.MEMBERS)


class Sender(NamedTuple):
    """The device that says something."""

    account_key: bytes
    device_id: int


def thread_id(one: bytes, other: bytes) -> bytes:
    """The thread of two accounts, the smaller key first (CON-4)."""
    low, high = sorted((ed25519_parse(one), ed25519_parse(other)))
    return H("aside/1 thread id", low, high)


# Hash and commitment


def hash_of(frame: Record) -> bytes:
    """What the next frame of the device in this conversation names (CON-7)."""
    return H(
        "aside/1 previous frame",
        frame.conversation,
        frame.message_id,
        u64(frame.sent_at),
        u32(frame.kind),
        shared_content(frame),
        frame.previous,
        terms(frame),
        frame.salt,
    )


def shared_content(frame: Record) -> bytes:
    """The content, that of a `ViewOnce` without its key, so that the hash is the same for every device."""
    said = content.decode(frame.kind, frame.content)
    if said is not None and said.type_ == "ViewOnce":
        said.key = b""
    return bytes(frame.content) if said is None else proto.encode(said)


def terms(frame: Record) -> bytes:
    """u64(policy) ‖ u32(mode) ‖ u32(duration) ‖ u32(unread cap), or nothing."""
    stamp = frame.expiry
    if stamp is None:
        return b""
    return u64(stamp.policy) + u32(stamp.mode) + u32(stamp.duration_s) + u32(stamp.unread_cap_s)


def commitment(franking_key: bytes, frame: Record, sender: Sender) -> bytes:
    """What binds the sender to the frame (CON-10)."""
    return COMMIT(
        franking_key,
        "aside/1 commitment",
        frame.conversation,
        frame.message_id,
        sender.account_key,
        u8(sender.device_id),
        u64(frame.sent_at),
        u32(frame.kind),
        frame.content,
        terms(frame),
    )


# Sending


def encode_in_thread(frame: Record) -> bytes:
    """A frame of a thread, which is not padded."""
    check_before_sending(frame, Place.THREAD)
    return proto.encode(frame)


def pad_for(frame: Record, place: Place) -> bytes:
    """The padded frame, which a session or the chain of a group encrypts with the commitment outside."""
    check_before_sending(frame, place)
    return padding.pad(proto.encode(frame))


def check_before_sending(frame: Record, place: Place) -> None:
    """What a receiver would refuse is not sent."""
    check_fields(frame)
    kinds.check_place(frame.kind, place)
    expiry.check_stamp_fits(frame.expiry, kinds.of(frame.kind))


# Receiving


def decode_in_thread(data: bytes) -> Record:
    """A frame of a thread, by the checks of the chapter in their order."""
    frame = proto.decode("Frame", data)
    check(not (speaks_of_lists(frame) or speaks_of_log(frame)), "policy")
    check(frame.expiry is None and frame.salt == b"" and not frame.silent, "policy")
    check_fields(frame)
    kinds.check_place(frame.kind, Place.THREAD)
    return frame


def open_in_chat(
    padded: bytes, sender: Sender, franking_key: bytes, committed: bytes, places: tuple[Place, ...] = OVER_A_SESSION
) -> Record:
    """A frame of a chat, of its transient lane or between members, by the checks of the chapter in their order."""
    frame = proto.decode("Frame", padding.unpad(padded))
    check(not speaks_of_log(frame) and frame.salt != b"", "policy")
    check(frame.sender_list is not None and frame.recipient_list is not None, "policy")
    check_list_reference(frame.sender_list)
    check_list_reference(frame.recipient_list)
    check(frame.generation != 0, "malformed")
    check_fields(frame)
    expiry.check_stamp_fits(frame.expiry, kinds.of(frame.kind))
    check(equal(commitment(franking_key, frame, sender), committed), "commitment")
    kinds.check_place(frame.kind, *places)
    return frame


def open_in_group(padded: bytes, sender: Sender, franking_key: bytes, committed: bytes) -> Record:
    """A frame of a group, by the checks of the chapter in their order; whether its stamp is true, the log says."""
    frame = proto.decode("Frame", padding.unpad(padded))
    check(not speaks_of_lists(frame) and speaks_of_log(frame) and frame.salt != b"", "policy")
    check(frame.group_sequence != 0, "malformed")
    content.exact(frame.group_head, 32)
    said = check_fields(frame)
    kinds.check_place(frame.kind, Place.GROUP)
    expiry.check_stamp_fits(frame.expiry, kinds.of(frame.kind))
    check(said is None or said.type_ != "ViewOnce" or said.key == b"", "malformed")  # EXP-22
    check(equal(commitment(franking_key, frame, sender), committed), "commitment")
    return frame


def speaks_of_lists(frame: Record) -> bool:
    """Whether it has a field that only frames of chats have (CON-3)."""
    return frame.sender_list is not None or frame.recipient_list is not None or frame.generation != 0


def speaks_of_log(frame: Record) -> bool:
    """Whether it has a field that only frames of groups have: something of a stamp (CON-3)."""
    return bool(frame.group_sequence != 0 or frame.group_head != b"")


def check_list_reference(reference: Record) -> None:
    """A version from 1, and a hash of 32 bytes."""
    check(reference.version != 0, "malformed")
    content.exact(reference.hash, 32)


def check_fields(frame: Record) -> Record | None:
    """The fields that every frame has, and its content, which comes out decoded if its kind is (CON-8)."""
    content.exact(frame.conversation, 32)
    content.exact(frame.message_id, 16)
    content.exact_or_empty(frame.previous, 32)
    content.exact_or_empty(frame.salt, 16)
    said = content.decode(frame.kind, frame.content)
    if frame.expiry is not None:
        expiry.check_stamp(frame.expiry)
    return said
