"""From what somebody chose to the periods of each school on that date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time

from classrooms.choices import Choice
from classrooms.wishes import Wish
from scheduler import timegrid
from scheduler.dayplans import DayPlan, PeriodSpan
from scheduler.intervals import hull, intersection
from scheduler.joint_windows import JointWindow, joint_windows


def periods_of(wish: Wish, plans: Sequence[DayPlan], choice: Choice) -> list[PeriodSpan] | None:
    """The period of each school that the choice names, by number or by a typed start; None if none."""
    if not wish.groups:
        return None
    if not choice.slot:
        return _starting_at(choice.start, wish, plans, choice) if choice.start else None
    found = []
    for group, plan in zip(wish.groups, plans, strict=True):
        number = choice.slot.get(group.school.pk)
        found.append(next((period for period in plan.periods if period.number == number), None))
    return None if None in found else [period for period in found if period is not None]


def window_of(wish: Wish, plans: Sequence[DayPlan], choice: Choice) -> JointWindow | None:
    """The same as a joint window; None also where the periods share nothing."""
    periods = periods_of(wish, plans, choice)
    if periods is None:
        return None
    spans = [period.interval for period in periods]
    shared = intersection(spans)
    return JointWindow(tuple(periods), shared, hull(spans)) if shared else None


def _starting_at(
    start: time, wish: Wish, plans: Sequence[DayPlan], choice: Choice
) -> list[PeriodSpan] | None:
    """The joint window that begins at `start` on the centre's clocks, else the one that runs then."""
    at = timegrid.instant(choice.day, start, wish.section.centre.zone)
    windows = joint_windows([plan.periods for plan in plans], wish.minimum / 2)
    beginning = (w for w in windows if at in {w.union.start, w.window.start})
    running = (w for w in windows if w.union.start <= at < w.union.end)
    found = next(beginning, None) or next(running, None)
    return list(found.chosen) if found else None
