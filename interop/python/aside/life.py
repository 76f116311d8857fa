"""The expiry chapter, the life of a message: what a device knows about when it goes. All times are in milliseconds."""

from __future__ import annotations

from dataclasses import dataclass, field

from aside.expiry import Bounds, Terms, bounds_of, lower

GREATEST = 2**64 - 1


@dataclass
class Life:
    """Everything in it is a least or a union, so that neither order nor repetition of facts matters (EXP-11)."""

    is_author: bool
    bounds: Bounds
    # Nobody is told of an earlier beginning (EXP-14).
    floor: int
    start: int | None = None
    # May lie before the start, where it counts as the start.
    read_at: int | None = None
    openings: dict[int, int] = field(default_factory=dict)
    is_gone: bool = False

    # Facts

    def accepted(self, at: int, told: int) -> None:
        """The relay has accepted it: the life of the author's begins, not before it was sent (EXP-13)."""
        if self.is_author:
            self.start = lower(self.start, max(self.floor, min(at, told)))

    def seen(self, at: int) -> None:
        """Another own device of a reader's has it since then."""
        if not self.is_author:
            self.start = lower(self.start, at)

    def read(self, at: int, told: int) -> None:
        """It was read: the earlier of when, and when this was told, counts."""
        if not self.is_author:
            self.read_at = lower(self.read_at, min(at, told))

    def opened(self, id_: int, at: int, told: int) -> None:
        """It was opened, and thereby read; openings with the same id are one, and the earliest two are enough."""
        if self.is_author:
            return
        self.read(at, told)
        self.openings[id_] = min(at, told, self.openings.get(id_, GREATEST))
        earliest = sorted(self.openings.items(), key=lambda opening: (opening[1], opening[0]))
        self.openings = dict(earliest[:2])

    def shortened(self, terms: Terms) -> None:
        """Its author wants it gone sooner (EXP-6)."""
        self.bounds = self.bounds.shortened(terms)

    def gone(self) -> None:
        """It was taken back, or deleted here."""
        self.is_gone = True

    # What follows from them

    def deadline(self) -> int | None:
        """When it is gone: the earliest bound that applies (EXP-10); nothing if none does."""
        if self.is_gone:
            return 0
        return lower(
            after(self.start, self.bounds.after_send),
            after(self.first_reading(), self.bounds.after_read),
            after(self.start, self.bounds.unread_cap),
            self.last_opening(),
        )

    def first_reading(self) -> int | None:
        """When it was read, as far as it was; an author has read what they wrote (EXP-13)."""
        return self.start if self.is_author else self.not_before_start(self.read_at)

    def last_opening(self) -> int | None:
        """The opening after which it is gone, if there was that one; an author has opened what they wrote (EXP-13)."""
        if self.bounds.openings is None:
            return None
        if self.is_author:
            return self.start
        times = sorted(self.openings.values())[self.bounds.openings - 1 :]
        return self.not_before_start(times[0] if times else None)

    def not_before_start(self, time: int | None) -> int | None:
        """A reading or opening of a reader's, as it counts."""
        return None if time is None or self.start is None else max(time, self.start)

    def openings_left(self) -> int | None:
        """How often it can still be opened; nothing if openings are not counted."""
        if self.bounds.openings is None:
            return None
        if self.is_author or self.is_gone:
            return 0
        return self.bounds.openings - min(self.bounds.openings, len(self.openings))

    def may_be_shown(self, now: int) -> bool:
        """It counts as gone from the deadline on (EXP-10)."""
        deadline = self.deadline()
        return deadline is None or now < deadline

    def told(self) -> list[tuple[str | int, ...]]:
        """What a device tells the others of its account, as facts (EXP-14)."""
        return [*self.told_beginning(), *self.told_reading(), *([("gone",)] if self.is_gone else [])]

    def told_beginning(self) -> list[tuple[str | int, ...]]:
        """A beginning that is not before the earlier of sent and accepted; before the acceptance there is none to tell of."""
        if self.start is None:
            return []
        start = max(self.start, self.floor)
        return [("accepted", start, start) if self.is_author else ("seen", start)]

    def told_reading(self) -> list[tuple[str | int, ...]]:
        """The first reading and the openings, by the times at which they happened."""
        readings = [] if self.read_at is None else [("read", self.read_at, self.read_at)]
        return [*readings, *(("opened", id_, at, at) for id_, at in self.openings.items())]


def of_reader(terms: Terms, sent: int, accepted: int, seen: int) -> Life:
    """The life of what was received (EXP-12)."""
    return Life(False, bounds_of(terms), floor=min(sent, accepted), start=min(seen, max(sent, accepted)))


def of_author(terms: Terms, sent: int) -> Life:
    """The life of what the own account has sent, which begins when the relay has accepted it (EXP-13)."""
    return Life(True, bounds_of(terms), floor=sent)


def after(time: int | None, seconds: int | None) -> int | None:
    """So many seconds later, without overflow (EXP-10)."""
    return None if time is None or seconds is None else min(time + 1_000 * seconds, GREATEST)
