"""The expiry chapter: terms, stamps, policies, and what is made of messages that go. `life` has the life of one message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from aside import proto
from aside.kinds import Kind
from aside.messages import ExpiryMode
from aside.primitives import H, u32, u64
from aside.proto import Record
from aside.reject import check

YEAR = 31_536_000
POLICY_STEP = 2**32

# Which times a mode has (stamps).
HAS_DURATION = (ExpiryMode.AFTER_SEND, ExpiryMode.AFTER_READ)
HAS_UNREAD_CAP = (ExpiryMode.AFTER_READ, ExpiryMode.ONCE, ExpiryMode.ONCE_WITH_REPLAY)

# How often what opens once can be opened.
OPENINGS = {ExpiryMode.ONCE: 1, ExpiryMode.ONCE_WITH_REPLAY: 2}


class Terms(NamedTuple):
    """What starts the clock of a message, and how long it runs, in seconds."""

    mode: int
    duration: int = 0
    unread_cap: int = 0


OFF = Terms(ExpiryMode.OFF)


def check_terms(mode: int, duration: int, unread_cap: int) -> Terms:
    """A mode that this version names, and every time from a second to a year where the mode has it, and 0 elsewhere."""
    check(proto.known("ExpiryMode", mode), "malformed")
    check_time(duration, mode in HAS_DURATION)
    check_time(unread_cap, mode in HAS_UNREAD_CAP)
    return Terms(mode, duration, unread_cap)


def check_time(seconds: int, is_there: bool) -> None:
    """A time of terms."""
    check(1 <= seconds <= YEAR if is_there else seconds == 0, "malformed")


# Stamps


def decode_stamp(data: bytes) -> Record:
    """A stamp that does not stand in a frame."""
    stamp = proto.decode("Expiry", data)
    check_stamp(stamp)
    return stamp


def check_stamp(stamp: Record) -> None:
    """A stamp by itself: terms, and one that says `OFF` names the policy that says so (EXP-1)."""
    check_terms(stamp.mode, stamp.duration_s, stamp.unread_cap_s)
    check(stamp.mode != ExpiryMode.OFF or stamp.policy != 0, "malformed")


def check_stamp_fits(stamp: Record | None, kind: Kind) -> None:
    """Only messages have a stamp, and one is opened once if and only if it is a `ViewOnce` (EXP-1, EXP-20)."""
    opens_once = stamp is not None and stamp.mode in OPENINGS
    check(opens_once == (kind.message == "ViewOnce"), "malformed")
    check(stamp is None or kind.shown, "malformed")


class Bounds(NamedTuple):
    """Upper bounds on the life of a message: seconds, and how often it can be opened; nothing bounds nothing."""

    after_send: int | None = None
    after_read: int | None = None
    unread_cap: int | None = None
    openings: int | None = None

    def lower(self, other: Bounds) -> Bounds:
        """Of each bound the lower one."""
        return Bounds(*map(lower, self, other))

    def shortened(self, terms: Terms) -> Bounds:
        """Each bound, if lower; no openings where none are counted (EXP-6)."""
        shorter = self.lower(bounds_of(terms))
        return shorter if self.openings is not None else shorter._replace(openings=None)

    def terms(self) -> Terms:
        """The terms that say so in one mode, or are shorter if none can (EXP-4)."""
        cap = lower(self.after_send, self.unread_cap)
        if cap is None:
            return OFF
        if self.openings is not None:
            twice = self.openings == 2 and self.after_read is None
            return Terms(ExpiryMode.ONCE_WITH_REPLAY if twice else ExpiryMode.ONCE, unread_cap=cap)
        if self.after_read is not None:
            return Terms(ExpiryMode.AFTER_READ, self.after_read, cap)
        return Terms(ExpiryMode.AFTER_SEND, cap)


def lower(*bounds: int | None) -> int | None:
    """The lowest of bounds that are there, if any is."""
    return min((bound for bound in bounds if bound is not None), default=None)


def bounds_of(terms: Terms) -> Bounds:
    """The bounds that terms set: the table of the life of a message."""
    return Bounds(
        after_send=terms.duration if terms.mode == ExpiryMode.AFTER_SEND else None,
        after_read=terms.duration if terms.mode == ExpiryMode.AFTER_READ else None,
        unread_cap=terms.unread_cap if terms.mode in HAS_UNREAD_CAP else None,
        openings=OPENINGS.get(ExpiryMode(terms.mode)),
    )


def stamp(policy: Terms, wish: Terms) -> Terms:
    """The stamp of a message: the policy in force, made shorter by what is wished for it (EXP-4)."""
    return bounds_of(policy).lower(bounds_of(wish)).terms()


# Policies


class Policy(NamedTuple):
    """A policy of a chat; in this order policies are compared (EXP-3)."""

    version: int
    setter: bytes
    name: bytes


def policy_of(said: Record, chat: bytes, setter: bytes) -> Policy:
    """The policy that a frame of the setter's has set, with its name."""
    name = H(
        "aside/1 expiry policy",
        chat,
        setter,
        u64(said.version),
        u32(said.mode),
        u32(said.duration_s),
        u32(said.unread_cap_s),
        said.parent,
    )
    return Policy(said.version, setter, name)


@dataclass
class Policies:
    """What a device of an account knows of the policies of a chat: the one in force is all that has to be kept."""

    own: bytes
    in_force: Policy | None = None

    def learn(self, policy: Policy) -> bool:
        """Takes a policy in, and says whether it is in force (EXP-3); the peer does not skip too many versions (EXP-5)."""
        version = self.in_force.version if self.in_force else 0
        check(policy.setter == self.own or policy.version <= version + POLICY_STEP, "policy")
        if self.in_force is None or policy > self.in_force:
            self.in_force = policy
        return self.in_force == policy


# What is made of a message

# By how far the message is: it stays, goes some time, is closed until it is opened, or has gone (EXP-31 to EXP-33).
MADE: dict[str, dict[str, str | None]] = {
    "quote": {"stays": "as_it_is", "goes": "as_it_is", "closed": "placeholder", "gone": "placeholder"},
    "forward": {"stays": "as_it_is", "goes": None, "closed": None, "gone": None},
    "export": {"stays": "as_it_is", "goes": None, "closed": None, "gone": None},
    "notification": {"stays": "as_it_is", "goes": "without_words", "closed": "without_words", "gone": "nothing"},
    "search_index": {"stays": "as_it_is", "goes": "nothing", "closed": "nothing", "gone": "nothing"},
    "storage": {"stays": "as_it_is", "goes": "sealed", "closed": "sealed", "gone": "nothing"},
}


def made(derived: str, stage: str) -> str | None:
    """What becomes of something made of a message; nothing if it is refused."""
    return MADE[derived][stage]
