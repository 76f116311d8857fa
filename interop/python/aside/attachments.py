"""The attachments chapter: a file, padded and encrypted in pieces under a key of its own (CON-31)."""

from __future__ import annotations

from typing import NamedTuple

from aside.draws import Random
from aside.primitives import SEAL, H, u32, u64
from aside.reject import check

PIECE = 65_536


class SealedFile(NamedTuple):
    """What of an `Attachment` names, opens and checks a file; and the pieces, each with its tag."""

    id: bytes
    key: bytes
    size: int
    hash: bytes
    pieces: list[bytes]


def seal(file: bytes, random: Random) -> SealedFile:
    """Encrypts a file; there is none of no bytes."""
    key, id_ = random.draw("attachment key", 32), random.draw("attachment id", 32)
    check(len(file) > 0, "malformed")
    padded = file.ljust(padded_size(len(file)), b"\x00")
    starts = range(0, len(padded), PIECE)
    last = len(starts) - 1
    pieces = [seal_piece(key, i, i == last, padded[start : start + PIECE]) for i, start in enumerate(starts)]
    return SealedFile(id_, key, len(file), H("aside/1 attachment hash", *pieces), pieces)


def padded_size(n: int) -> int:
    """pad(n): up to the next multiple of 2^(e − s), at most about an eighth beyond n; where e is 0, s is, and pad(1) = 1."""
    e = n.bit_length() - 1
    s = e.bit_length()
    m = (1 << (e - s)) - 1
    return n + m & ~m


def seal_piece(key: bytes, i: int, last: bool, piece: bytes) -> bytes:
    """One piece, its place and whether it is the last in its nonce, its tag behind it."""
    nonce = u64(i) + u32(1 if last else 0)
    return b"".join(SEAL(key, nonce, b"aside/1 attachment", piece))
