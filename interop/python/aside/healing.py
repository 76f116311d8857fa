"""The healing chapter: which of several sessions sends, for what a device begins anew, what it asks for and sends again."""

from __future__ import annotations

from typing import NamedTuple

from aside.primitives import H
from aside.reject import check

GENERATION_JUMP = 1_000
HOUR = 3_600_000
KEPT = 30 * 24 * HOUR
TIMES = 2
WAIT = (1_000, 4_000)

# The troubles that are words of a refusal (HEA-1).
TROUBLES = ("no_session", "mac", "key_expired", "too_far", "unknown_prekey")

# What can be opened once, and its key.
OPENED_ONCE = (31, 32)


class Session(NamedTuple):
    """What several sessions with a device are told apart by."""

    generation: int
    id: bytes

    def is_before(self, other: Session) -> bool:
        """The greater generation is before the smaller, of equals the smaller session id before the greater (SES-25)."""
        return (-self.generation, self.id) < (-other.generation, other.id)


class Begun(NamedTuple):
    """What a session that a peer begins is beside the others."""

    sends: bool
    replaces: bool
    is_behind: bool


def begun(session: Session, first: Session | None, first_answered: bool) -> Begun:
    """Judges a session that a peer begins by the one of first rank, if there is one."""
    highest = 0 if first is None else first.generation
    check(1 <= session.generation <= highest + GENERATION_JUMP, "policy")  # SES-28
    if first is None:
        return Begun(sends=True, replaces=False, is_behind=False)
    at_once = session.generation == first.generation and not first_answered
    sends = session.is_before(first)
    is_behind = session.generation <= first.generation and not at_once and not sends  # HEA-6
    return Begun(sends, not at_once, is_behind)  # HEA-5


def check_trouble(word: str) -> None:
    """Whether a device begins anew because a message was refused with this word (HEA-1, HEA-7)."""
    check(word in TROUBLES, "policy")


def ciphertext_id(message: bytes) -> bytes:
    """Names a session message as it travelled (HEA-12)."""
    return H("aside/1 ciphertext", message)[:16]


def asks_at(now: int, began_at: int, drawn: int) -> int:
    """The plan: at the end of the hour since it last began anew, or now, and 1 to 5 seconds later (HEA-9, HEA-10)."""
    is_within_hour = began_at <= now < began_at + HOUR
    least, span = WAIT
    return (began_at + HOUR if is_within_hour else now) + least + drawn % span


class Sent(NamedTuple):
    """What is known of a frame that a device asks for again."""

    kind: int
    age: int
    times: int
    same_device: bool
    in_audience: bool
    arrived: bool
    there: bool


def check_repeat(sent: Sent) -> None:
    """Whether a frame is sent again."""
    check(sent.kind not in OPENED_ONCE, "policy")
    check(sent.age <= KEPT, "policy")  # HEA-12
    check(sent.same_device and sent.in_audience and not sent.arrived and sent.there, "policy")  # HEA-13
    check(sent.times < TIMES, "policy")  # HEA-14
