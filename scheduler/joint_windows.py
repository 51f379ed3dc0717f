"""When several schools, each with its own bells, can be taught together.

Pure. A joint window takes one period of every school; what they share is the lesson, and what
they span is how long the teacher and the studio are busy (domain: education.md §5.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduler.dayplans import PeriodSpan
from scheduler.intervals import Interval, hull, intersection

ZERO = timedelta(0)


@dataclass(frozen=True, slots=True)
class JointWindow:
    """One period of every school, in the order in which the schools were given.

    `window` is what they share; `union` is from the first bell to the last: whoever serves all
    schools is busy for that.
    """

    chosen: tuple[PeriodSpan, ...]
    window: Interval
    union: Interval

    @property
    def minutes(self) -> int:
        return self.window.minutes

    def shortfall(self, wanted: timedelta) -> timedelta:
        """By how much the window is shorter than wanted; zero when it is long enough."""
        return max(ZERO, wanted - self.window.duration)

    def without(self, index: int) -> Interval | None:
        """What the others would share without the school at `index`; None if it is the only one."""
        others = [span.interval for n, span in enumerate(self.chosen) if n != index]
        return intersection(others) if others else None


def joint_windows(schools: Sequence[Sequence[PeriodSpan]], floor: timedelta) -> list[JointWindow]:
    """Every choice of one period per school that shares at least `floor`, by start.

    School by school, dropping at once what already shares too little. While no school has two
    periods at the same time, the windows are disjoint and therefore at most as many as there are
    periods, so the cost grows with schools times periods and not with their power.
    ValueError for a floor of nothing: periods that only touch share no lesson.
    """
    if floor <= ZERO:
        raise ValueError(f"a joint window needs a floor of some minutes, got {floor}")
    if not schools:
        return []
    shared: list[tuple[datetime, datetime, tuple[PeriodSpan, ...]]] = [
        (span.interval.start, span.interval.end, (span,))
        for span in schools[0]
        if span.interval.duration >= floor
    ]
    for spans in schools[1:]:
        shared = [
            (max(start, span.interval.start), min(end, span.interval.end), (*chosen, span))
            for start, end, chosen in shared
            for span in spans
            if min(end, span.interval.end) - max(start, span.interval.start) >= floor
        ]
    shared.sort(key=lambda window: (window[0], window[1]))
    return [
        JointWindow(chosen, Interval(start, end), hull(span.interval for span in chosen))
        for start, end, chosen in shared
    ]
