"""When a booking fits for everyone: the nearest times, and every joint window of a day with its verdict.

Computed in memory over an `Availability` (bells, calendars, live claims). Headcounts are not
judged here, because no other time would mend them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from scheduler import availability as availabilities
from scheduler import timegrid
from scheduler.availability import Availability
from scheduler.conflicts import Conflict, Kind
from scheduler.dayplans import PeriodSpan
from scheduler.intervals import Interval
from scheduler.joint_windows import JointWindow, joint_windows
from scheduler.models import Resource
from scheduler.plans import Need, Plan
from scheduler.wishes import Wish

HORIZON = timedelta(weeks=12)
CANDIDATES = 3
_KIND_OF: Mapping[str, Kind] = {
    Resource.Kind.PERSON: Kind.PERSON,
    Resource.Kind.CLASS_PART: Kind.CLASS_GROUP,
    Resource.Kind.STUDIO: Kind.LOCATION,
    Resource.Kind.CONFERENCE_ROOM: Kind.LOCATION,
    Resource.Kind.RECEIVING_SET: Kind.RECEIVING_SET,
    Resource.Kind.LINE: Kind.LINE,
}


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


class Fit(StrEnum):
    FITS = "fits"
    SHORT = "short"
    """Bookable, with fewer minutes than wanted."""
    CANNOT = "cannot"


@dataclass(frozen=True, slots=True)
class WindowVerdict:
    """One joint window of a day. `conflicts` say all that is in the way, and are empty if it fits.

    A window that has begun cannot be booked and has no conflict for it: `is_past` says so.
    """

    joint: JointWindow
    fit: Fit
    conflicts: tuple[Conflict, ...] = ()
    is_past: bool = False


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
    return availabilities.load(
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


def windows(
    wish: Wish,
    availability: Availability,
    day: date,
    *,
    not_before: datetime,
    floor: timedelta | None = None,
) -> list[WindowVerdict]:
    """Every joint window of `day` with what speaks against it, by start.

    `floor` is the shortest to be shown, half the minimum if not given: a window under the minimum
    is shown as too short, not hidden, and crumbs between two periods are left out.
    """
    search = _Search(wish, availability, not_before)
    return [search.verdict(joint) for joint in search.joints(day, floor or wish.minimum / 2)]


def counts(
    wish: Wish, availability: Availability, days: Iterable[date], *, not_before: datetime
) -> dict[date, int]:
    """How many bookable windows each day has."""
    search = _Search(wish, availability, not_before)
    return {day: sum(1 for _joint in search.free(day, wish.minimum)) for day in days}


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

    def verdict(self, joint: JointWindow) -> WindowVerdict:
        conflicts = self._conflicts(joint)
        is_past = joint.union.start < self._not_before
        if conflicts or is_past:
            return WindowVerdict(joint, Fit.CANNOT, conflicts, is_past)
        is_long = joint.window.duration >= self._wish.wanted
        return WindowVerdict(joint, Fit.FITS if is_long else Fit.SHORT)

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

    def _conflicts(self, joint: JointWindow) -> tuple[Conflict, ...]:
        conflicts: list[Conflict] = []
        given: list[tuple[int, Interval]] = []
        for need, interval in self._needs(joint):
            pk = self._first_free(need, interval, given)
            if pk is None:
                conflicts.append(self._in_use(need, interval))
            else:
                given.append((pk, interval))
        if joint.window.duration < self._wish.minimum:
            limit = int(self._wish.minimum.total_seconds() // 60)
            conflicts.append(
                Conflict(Kind.JOINT_WINDOW, wanted=joint.window, minutes=joint.window.minutes, limit=limit)
            )
        return tuple(conflicts)

    def _in_use(self, need: Need, interval: Interval) -> Conflict:
        """Why the need gets nothing. Of several resources the one that was booked last is named."""
        taken = [row for pk in need.resource_ids for row in self._availability.busy(pk, interval)]
        named = max(taken, key=lambda row: row.booked_at).resource_id if taken else need.resource_ids[0]
        resource = self._availability.resources[named]
        return Conflict(
            kind=_KIND_OF[resource.kind],
            organisation=resource.organisation,
            subject=resource.name,
            wanted=interval,
            holders=tuple(row.holder for row in taken if row.resource_id == named),
            alternatives=len(need.resource_ids),
        )


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
