"""Half-open stretches of time `[start, end)` and their algebra.

Pure: works on aware datetimes in UTC and knows nothing of schools or databases.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """`[start, end)` in aware UTC; never empty.

    Raises ValueError when `end` is not after `start` or either is naive.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.utcoffset() is None or self.end.utcoffset() is None:
            raise ValueError(f"an interval needs aware instants, got {self.start} to {self.end}")
        if self.end <= self.start:
            raise ValueError(f"an interval must end after it starts, got {self.start} to {self.end}")

    @property
    def duration(self) -> timedelta:
        return self.end - self.start

    @property
    def minutes(self) -> int:
        """Whole minutes, rounded down: a minute that is not full is not promised."""
        return int(self.duration.total_seconds() // 60)

    def overlaps(self, other: Interval) -> bool:
        return self.start < other.end and other.start < self.end

    def contains(self, other: Interval) -> bool:
        return self.start <= other.start and other.end <= self.end

    def intersection(self, other: Interval) -> Interval | None:
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Interval(start, end) if start < end else None


def hull(intervals: Iterable[Interval]) -> Interval:
    """The shortest interval that contains all of `intervals`; ValueError if there is none."""
    listed = list(intervals)
    return Interval(min(i.start for i in listed), max(i.end for i in listed))


def intersection(intervals: Iterable[Interval]) -> Interval | None:
    """What all of `intervals` share, or None; ValueError if there is none given."""
    listed = list(intervals)
    start, end = max(i.start for i in listed), min(i.end for i in listed)
    return Interval(start, end) if start < end else None


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """The same instants as sorted, disjoint intervals; touching ones become one."""
    result: list[Interval] = []
    for interval in sorted(intervals):
        if result and interval.start <= result[-1].end:
            result[-1] = Interval(result[-1].start, max(result[-1].end, interval.end))
        else:
            result.append(interval)
    return result


def subtracted(whole: Interval, taken: Iterable[Interval]) -> list[Interval]:
    """What of `whole` is left after `taken`, sorted and disjoint."""
    left: list[Interval] = []
    start = whole.start
    for interval in merged(taken):
        if interval.end <= start:
            continue
        if interval.start >= whole.end:
            break
        if interval.start > start:
            left.append(Interval(start, interval.start))
        start = max(start, interval.end)
    if start < whole.end:
        left.append(Interval(start, whole.end))
    return left
