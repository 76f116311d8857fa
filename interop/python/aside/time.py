"""The time chapter: which time counts, whatever a clock or a relay says."""

from __future__ import annotations

from typing import NamedTuple

HOUR = 3_600_000


class Time(NamedTuple):
    """What a device keeps of the time (TIM-1); one that knows nothing yet begins with zeros (TIM-5)."""

    confirmed: int = 0
    mark: int = 0
    heard: int = 0

    def observe(self, wall: int, counted: int, told: int) -> Time:
        """The three numbers after an observation, which alone raises them (TIM-2)."""
        confirmed = max(self.confirmed, counted, min(wall, told))
        mark = max(self.mark, confirmed, min(wall, confirmed + HOUR))
        return Time(confirmed, mark, max(self.heard, told))

    def destroys_by(self) -> int:
        """What is due by this time is destroyed, and nothing else (TIM-4)."""
        return self.mark

    def hides_by(self, wall: int) -> int:
        """What is due by this time is not shown (TIM-3); a relay's word alone hides if the clock is known to be wrong."""
        if wall + HOUR < self.confirmed:
            return max(self.mark, wall, self.heard)
        return max(self.mark, wall)
