"""Randomness, as the chapters ask for it (spec/notation.md)."""

from __future__ import annotations

from typing import Protocol


class Random(Protocol):
    """A source of fresh random bytes, each for the purpose named."""

    def draw(self, name: str, length: int) -> bytes:
        """draw("name", n)"""
