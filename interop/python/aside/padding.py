"""The content chapter, padding: a length, a frame, and zeros up to a size class."""

from __future__ import annotations

from aside.primitives import u32
from aside.reject import check

SIZE_CLASSES = (512, 1_024, 2_048, 4_096, 8_192, 16_384, 32_768, 65_536)
LENGTH = 4


def size_class(length: int) -> int:
    """The smallest size class that holds so many bytes, or `limit`."""
    check(length <= SIZE_CLASSES[-1], "limit")
    return next(size for size in SIZE_CLASSES if size >= length)


def pad(frame: bytes) -> bytes:
    """u32(length) ‖ frame ‖ zeros."""
    return (u32(len(frame)) + frame).ljust(size_class(LENGTH + len(frame)), b"\x00")


def unpad(padded: bytes) -> bytes:
    """The frame, if everything around it is as `pad` writes it (CON-9)."""
    check(len(padded) in SIZE_CLASSES, "malformed")
    length = int.from_bytes(padded[:LENGTH], "big")
    check(LENGTH + length <= len(padded), "malformed")
    frame, zeros = padded[LENGTH : LENGTH + length], padded[LENGTH + length :]
    check(size_class(LENGTH + length) == len(padded), "malformed")
    check(not any(zeros), "malformed")
    return frame
