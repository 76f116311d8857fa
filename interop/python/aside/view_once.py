"""The expiry chapter, view-once: what can be opened once, sealed under a key of its own (EXP-20)."""

from __future__ import annotations

from typing import NamedTuple

from aside import content, kinds, proto
from aside.draws import Random
from aside.primitives import COMMIT, EXPAND, OPEN, SEAL, TAG, equal, u32
from aside.proto import Record
from aside.reject import Reject, check

NONCE = bytes(12)
KIND = 4

# What can be viewed once, beside kinds that are not known.
CAN_BE_VIEWED_ONCE = (1, 6, 7, 8, 9, 10, 14)


class Sealed(NamedTuple):
    """What a `ViewOnce` holds, and the key that opens it."""

    sealed: bytes
    commitment: bytes
    key: bytes


def seal(kind: int, encoded: bytes, random: Random) -> Sealed:
    """Encrypts a message to be opened once, under a key drawn for it alone."""
    content.decode(kind, encoded)
    key = random.draw("view key", 32)
    check_kind(kind)
    cipher, committing = EXPAND(key, "aside/1 view once", 2)
    ciphertext, tag = SEAL(cipher, NONCE, b"", u32(kind) + encoded)
    sealed = ciphertext + tag
    check(len(sealed) <= content.VIEW_ONCE_BYTES, "malformed")
    return Sealed(sealed, commitment(committing, kind, encoded), key)


def open_sealed(sealed: bytes, committed: bytes, key: bytes) -> tuple[int, bytes]:
    """The kind and the content, by the checks of the chapter in their order."""
    check(len(sealed) >= TAG, "malformed")
    cipher, committing = EXPAND(key, "aside/1 view once", 2)
    try:
        opened = OPEN(cipher, NONCE, b"", sealed[:-TAG], sealed[-TAG:])
    except Reject:
        raise Reject("commitment") from None
    check(len(opened) >= KIND, "malformed")
    kind, encoded = int.from_bytes(opened[:KIND], "big"), opened[KIND:]
    check(equal(commitment(committing, kind, encoded), committed), "commitment")
    check_kind(kind)
    content.decode(kind, encoded)
    return kind, encoded


def commitment(committing: bytes, kind: int, encoded: bytes) -> bytes:
    """What binds the author to the message inside."""
    return COMMIT(committing, "aside/1 view once commitment", u32(kind), encoded)


def check_kind(kind: int) -> None:
    """Whether it can be viewed once: a few kinds, and those that are not known."""
    check(kind in CAN_BE_VIEWED_ONCE or kinds.is_unknown(kind), "malformed")


def decode_view_key(encoded: bytes) -> Record:
    """What a `ViewKey` hands over: an empty key to a device that is not to have it (EXP-21)."""
    record = proto.decode("ViewKey", encoded)
    content.exact(record.message_id, 16)
    content.exact_or_empty(record.key, 32)
    return record
