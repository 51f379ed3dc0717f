"""When a booking fits for everyone: the times nearest to the one that was wanted.

Computed in memory over an `Availability` (bells, calendars, live claims). Headcounts are not
judged here, because no other time would mend them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from scheduler import availability as availabilities
from scheduler import timegrid
from scheduler.availability import Availability
from scheduler.dayplans import PeriodSpan
from scheduler.intervals import Interval
from scheduler.joint_windows import JointWindow, joint_windows
from scheduler.plans import Need, Plan
from scheduler.wishes import Wish

HORIZON = timedelta(weeks=12)
CANDIDATES = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """A time that works for everyone. `granted` has the free resource of each need, in the plan's order."""

    plan: Plan
    joint: JointWindow
    granted: tuple[int, ...]
    gives_wanted: bool

    @property
    def interval(self) -> Interval:
        return self.joint.union


_Entry = tuple[timedelta, JointWindow]
"""A joint window with its distance from the time that was wanted."""


def load(
    wish: Wish,
    *,
    near: datetime,
    now: datetime,
    ignoring: int | None = None,
    horizon: timedelta = HORIZON,
) -> Availability:
    """What `nearest` needs: the horizon from today on, or around `near` when that is far ahead.

    `ignoring` is the key of a booking that is to be moved: what it holds counts as free.
    """
    today, wanted_day = now.date(), near.date()
    first = max(today, wanted_day - horizon / 2)
    return availabilities.load_times(
        wish.organisation_ids, wish.resource_ids, first, first + horizon, now=now, ignoring=ignoring
    )


def nearest(
    wish: Wish,
    availability: Availability,
    *,
    near: datetime,
    not_before: datetime,
    count: int = CANDIDATES,
) -> list[Candidate]:
    """The `count` times that suit best, of those that work for everyone and start at `not_before` or later.

    First the nearest that gives the wanted minutes; after it the nearest of all that give the
    minimum, longer or shorter alike. Nearness is the distance between `near` and the first bell;
    of two equally near ones the earlier, then the longer comes first. Fewer, or none, if the days
    that were loaded have no more.
    """
    search = _Search(wish, availability, not_before)
    closest: list[_Entry] = []
    longest: _Entry | None = None
    for day, bound in _outwards(wish, availability, near):
        is_settled = len(closest) == count and closest[-1][0] < bound
        if is_settled and longest is not None and longest[0] < bound:
            break
        # Once the close ones are settled only a window of full length can change the answer.
        for joint in search.free(day, wish.wanted if is_settled else wish.minimum):
            entry = (abs(joint.union.start - near), joint)
            closest = sorted([*closest, entry], key=_order)[:count]
            if joint.window.duration >= wish.wanted:
                longest = entry if longest is None else min(longest, entry, key=_order)
    first = [longest] if longest is not None else []
    chosen = [*first, *(entry for entry in closest if entry not in first)][:count]
    return [search.candidate(joint) for _distance, joint in chosen]


class _Search:
    """One wish over one availability."""

    def __init__(self, wish: Wish, availability: Availability, not_before: datetime) -> None:
        if not wish.sides:
            raise ValueError("a wish needs at least one school whose bells decide the time")
        self._wish = wish
        self._availability = availability
        self._not_before = not_before
        self._zones = [availability.zone(side.organisation_id) for side in wish.sides]

    def joints(self, day: date, floor: timedelta) -> list[JointWindow]:
        """The joint windows whose first school's period is on `day`."""
        return joint_windows([self._spans(index, day) for index in range(len(self._wish.sides))], floor)

    def free(self, day: date, floor: timedelta) -> Iterator[JointWindow]:
        for joint in self.joints(day, floor):
            if joint.union.start >= self._not_before and self._grants(joint) is not None:
                yield joint

    def candidate(self, joint: JointWindow) -> Candidate:
        granted = tuple(self._grants(joint) or ())
        is_long = joint.window.duration >= self._wish.wanted
        return Candidate(self._wish.plan(joint.chosen), joint, granted, is_long)

    def _spans(self, index: int, day: date) -> Sequence[PeriodSpan]:
        side = self._wish.sides[index]
        if self._zones[index] == self._zones[0]:
            return self._availability.plan(side.organisation_id, day, side.grade).open_periods
        around = timegrid.dates(day - timedelta(days=1), day + timedelta(days=1))
        return [
            span
            for date_there in around
            for span in self._availability.plan(side.organisation_id, date_there, side.grade).open_periods
        ]

    def _needs(self, joint: JointWindow) -> Iterator[tuple[Need, Interval]]:
        union = joint.union
        for host in self._wish.hosts:
            for need in host.needs:
                yield need, union
        for side, span in zip(self._wish.sides, joint.chosen, strict=True):
            for need in side.needs:
                yield need, span.interval

    def _grants(self, joint: JointWindow) -> list[int] | None:
        """What each need gets, or None as soon as one gets nothing."""
        given: list[tuple[int, Interval]] = []
        for need, interval in self._needs(joint):
            pk = self._first_free(need, interval, given)
            if pk is None:
                return None
            given.append((pk, interval))
        return [pk for pk, _interval in given]

    def _first_free(
        self, need: Need, interval: Interval, given: Sequence[tuple[int, Interval]]
    ) -> int | None:
        for pk in need.resource_ids:
            besides = sum(1 for other, taken in given if other == pk and taken.overlaps(interval))
            if self._availability.is_free(pk, interval, besides):
                return pk
        return None


def _order(entry: _Entry) -> tuple[timedelta, datetime, timedelta, datetime]:
    distance, joint = entry
    return distance, joint.union.start, -joint.window.duration, joint.window.start


def _outwards(wish: Wish, availability: Availability, near: datetime) -> Iterator[tuple[date, timedelta]]:
    """The days that were loaded, nearest first, each with the least distance that it can still give.

    As no later one can give less, a search may stop when what it has is nearer.
    """
    zones = [availability.zone(side.organisation_id) for side in wish.sides]
    # A school elsewhere may ring its first bell on the day before the first school's.
    slack = timedelta(0) if all(zone == zones[0] for zone in zones) else timedelta(days=1)

    def bound(day: date) -> timedelta:
        there = timegrid.whole_day(day, zones[0])
        return max(there.start - slack - near, near - there.end, timedelta(0))

    days = timegrid.dates(availability.first, availability.last)
    yield from sorted(((day, bound(day)) for day in days), key=lambda entry: (entry[1], entry[0]))
