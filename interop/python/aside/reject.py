"""Refusals, in the words of the registry (spec/registry.md, reject words)."""

from typing import TypeVar

T = TypeVar("T")

WORDS = frozenset(
    {
        "malformed",
        "version",
        "limit",
        "key",
        "signature",
        "mac",
        "commitment",
        "replay",
        "too_far",
        "key_expired",
        "exhausted",
        "no_session",
        "unknown_prekey",
        "stale",
        "fork",
        "policy",
        "not_member",
    }
)


class Reject(Exception):
    """What a receiver refuses with; nothing has changed when it is raised."""

    def __init__(self, word: str) -> None:
        if word not in WORDS:
            raise ValueError(f"{word} is no reject word")
        super().__init__(word)
        self.word = word


def check(condition: bool, word: str) -> None:
    """Refuses with the word unless the condition holds."""
    if not condition:
        raise Reject(word)


def present(value: T | None, word: str) -> T:
    """The value; refuses with the word if there is none."""
    if value is None:
        raise Reject(word)
    return value
