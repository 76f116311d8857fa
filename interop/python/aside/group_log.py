"""The group chapter, the log: entries as the relay keeps them, and the segments that a client reads."""

from __future__ import annotations

from typing import NamedTuple

from aside import group_entry, group_rules, padding
from aside.draws import Random
from aside.group_entry import ENTRY_BYTES
from aside.group_state import Group
from aside.primitives import KDF, OPEN, SEAL, TAG, H, part, u32
from aside.reject import check

SUITE = 1
KIND = 0x14
KEY_ID = 16
SALT = 32
STORED_BYTES = 65_601
CIPHERTEXT = 1 + KEY_ID + SALT  # where it begins
NONCE = bytes(12)


def log_id(group: bytes, log_key: bytes) -> bytes:
    """Names a segment."""
    return H("aside/1 group log id", group, log_key)


def log_key_id(log_key: bytes) -> bytes:
    """Names a log key."""
    return H("aside/1 group log key id", log_key)[:KEY_ID]


def associated(group: bytes, log_key: bytes) -> bytes:
    """AD_entry"""
    return part(b"aside/1 group log entry") + u32(SUITE) + log_id(group, log_key) + log_key_id(log_key)


def entry_key(log_key: bytes, salt: bytes) -> bytes:
    """The key of one entry."""
    return KDF(salt, log_key, "aside/1 group log entry key", 1)[0]


def seal(group: bytes, log_key: bytes, entry: bytes, random: Random) -> bytes:
    """An entry as the relay keeps it (GRP-17)."""
    check(len(entry) <= ENTRY_BYTES, "limit")
    salt = random.draw("log entry salt", SALT)
    ciphertext, tag = SEAL(entry_key(log_key, salt), NONCE, associated(group, log_key), padding.pad(entry))
    return bytes([KIND]) + log_key_id(log_key) + salt + ciphertext + tag


class Sealed(NamedTuple):
    """An encrypted entry in its parts."""

    log_key_id: bytes
    salt: bytes
    ciphertext: bytes
    tag: bytes


def parse(stored: bytes) -> Sealed:
    """The layout (GRP-40)."""
    check(len(stored) <= STORED_BYTES, "limit")
    check_first_byte(stored, KIND)
    check(len(stored) >= CIPHERTEXT + TAG, "malformed")
    return Sealed(stored[1 : 1 + KEY_ID], stored[1 + KEY_ID : CIPHERTEXT], stored[CIPHERTEXT:-TAG], stored[-TAG:])


def open_sealed(group: bytes, log_key: bytes, stored: bytes) -> bytes:
    """The entry in what the relay keeps."""
    sealed = parse(stored)
    check(sealed.log_key_id == log_key_id(log_key), "no_session")  # GRP-16
    key = entry_key(log_key, sealed.salt)
    entry = padding.unpad(OPEN(key, NONCE, associated(group, log_key), sealed.ciphertext, sealed.tag))
    check(len(entry) <= ENTRY_BYTES, "limit")  # GRP-40
    return entry


def check_first_byte(data: bytes, kind: int) -> None:
    """Version 1 in the high bits, and the kind that is expected (GRP-40)."""
    check(len(data) > 0, "malformed")
    check(data[0] >> 4 == 1, "version")
    check(data[0] == kind, "malformed")


class Reader:
    """Reads the segments of a log, the oldest first, and makes the group (GRP-41)."""

    def __init__(self, wanted: bytes, log_keys: list[bytes]) -> None:
        self.wanted = wanted
        self.keys = {log_key_id(log_key): log_key for log_key in log_keys}
        self.group: Group | None = None
        self.due = log_key_id(log_keys[0])
        self.position = 0

    @property
    def waits(self) -> bool:
        """The key of the next segment is not here (GRP-16)."""
        return self.due not in self.keys

    @property
    def segment(self) -> bytes:
        """Names the segment that is read now."""
        return log_id(self.wanted, self.keys[self.due])

    def read(self, stored: bytes) -> None:
        """The entry at the next position; one that is refused keeps its position, and changes nothing."""
        self.position += 1
        entry = group_entry.decode(open_sealed(self.wanted, self.keys[self.due], stored))
        if self.group is None:
            self.group = group_rules.found(entry, self.wanted, self.due)
        else:
            self.group = group_rules.append(self.group, entry, self.due)
        if self.group.log_key_id != self.due:
            self.due, self.position = self.group.log_key_id, 0
