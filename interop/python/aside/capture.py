"""The capture chapter: who is told of a capture, of what and how often, and what of a notice is shown."""

from __future__ import annotations

from typing import NamedTuple

from aside.reject import check

REFS = 8
BURST = 2_000
NAMED = 64

# Where captures are told of (CAP-3); elsewhere nobody is told.
TOLD_OF = ("accepted", "group-with-notices")


class Message(NamedTuple):
    """A message of a conversation; in this order messages are listed."""

    author: bytes
    id: bytes


class Waiting(NamedTuple):
    """A notice that is not sealed yet, and after which nothing was said."""

    refs: list[bytes]
    since: int


class Notices(NamedTuple):
    """What the notice that waits names from now on, nothing if it stays as it is; and what each further one names."""

    waiting: list[bytes] | None
    further: list[list[bytes]]


def tell(
    scene: str, own: bytes, screen: list[Message], told: list[tuple[bytes, int]], waiting: Waiting | None, now: int
) -> Notices:
    """What is said of a capture of a screen: `policy` if nobody is told of anything."""
    check(scene in TOLD_OF, "policy")
    newest = newest_of_others(screen, own)
    if waiting is not None and not is_one_burst(waiting.since, now):
        waiting = None
    named_before = {id_ for id_, at in told if is_one_burst(at, now)} | set(waiting.refs if waiting else ())
    left = sorted(id_ for id_ in newest if id_ not in named_before)
    check(left != [], "policy")
    room = REFS - len(waiting.refs) if waiting else 0
    grown = sorted(waiting.refs + left[:room]) if waiting and room > 0 else None
    return Notices(grown, in_notices(left[room:]))


def newest_of_others(screen: list[Message], own: bytes) -> list[bytes]:
    """The ids on a screen that others wrote (CAP-5), each once, the newest 64 (CAP-7)."""
    newest_first = [message.id for message in reversed(screen) if message.author != own]
    return list(dict.fromkeys(newest_first))[:NAMED]


def is_one_burst(at: int, now: int) -> bool:
    """Whether two captures of one kind are one (CAP-6), also when the clock was set in between."""
    return abs(now - at) < BURST


def in_notices(ids: list[bytes]) -> list[list[bytes]]:
    """As few notices as hold them."""
    return [ids[start : start + REFS] for start in range(0, len(ids), REFS)]


def show(scene: str, by: bytes, refs: list[bytes], here: list[Message], said: list[Message]) -> list[Message]:
    """Of which messages a notice is shown: `policy` if it has no effect (CAP-11, CAP-12)."""
    check(scene in TOLD_OF, "policy")
    named = {message for message in here if message.id in refs and message.author != by}  # CAP-11
    shown = sorted(named - set(said))  # CAP-12
    check(shown != [], "policy")
    return shown
