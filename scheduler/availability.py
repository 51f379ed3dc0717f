"""Who and what is free when, read once for a span of dates and then answered from memory.

`load` takes the same number of queries for one school and a day as for thirty and a year. It
reads without locks: good for showing and for proposing, never for deciding (`scheduler.bookings`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from operator import attrgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from scheduler import calendars, dayplans
from scheduler.claims import LONGEST
from scheduler.conflicts import Holder
from scheduler.intervals import Interval
from scheduler.models import Claim, Resource
from scheduler.names import Name

# Schools in other zones live on neighbouring dates at the same instant.
_NEIGHBOUR = timedelta(days=1)
_TIMES = ("resource_id", "start", "end", "unit", "booking_id")
_DETAILS = ("title", "title_en", "kind", "state", "expires_at", "created_at", "created_by__name")
_COLUMNS = (*_TIMES, *(f"booking__{name}" for name in _DETAILS))
_UNTOLD = ("", "", "", "", None, datetime.min.replace(tzinfo=UTC), None)


class Taken(NamedTuple):
    """One live claim: a unit of a resource over `[start, end)`, and the booking that holds it."""

    resource_id: int
    start: datetime
    end: datetime
    unit: int
    booking_id: int
    title_ja: str
    title_en: str
    kind: str
    state: str
    expires_at: datetime | None
    booked_at: datetime
    booked_by: str | None

    @property
    def interval(self) -> Interval:
        return Interval(self.start, self.end)

    @property
    def title(self) -> Name:
        return Name(self.title_ja, self.title_en or self.title_ja)

    @property
    def is_hold(self) -> bool:
        return self.state == "tentative"

    @property
    def holder(self) -> Holder:
        """The same as `scheduler.conflicts` and `scheduler.wording` speak of it."""
        return Holder(
            booking_id=self.booking_id,
            title=self.title,
            interval=self.interval,
            booked_by=self.booked_by or "",
            booked_at=self.booked_at,
            is_hold=self.is_hold,
            expires_at=self.expires_at if self.is_hold else None,
        )


@dataclass(frozen=True, slots=True)
class Kept:
    """A resource as shown: what it is, whose, and how many claims it bears at a time."""

    id: int
    kind: str
    name: Name
    organisation_id: int
    organisation: Name
    capacity: int


class _Timeline:
    """The claims of one resource by start, with the latest end so far beside each.

    The latest end tells in one bisection whether anything before a moment still runs at it,
    also where claims overlap (several units, overrides).
    """

    __slots__ = ("capacity", "rows", "starts", "until")

    def __init__(self, rows: Sequence[Taken], capacity: int) -> None:
        self.rows = rows
        self.capacity = capacity
        self.starts = [row.start for row in rows]
        self.until = list(accumulate((row.end for row in rows), max))

    def busy(self, start: datetime, end: datetime) -> list[Taken]:
        index = bisect_left(self.starts, end)
        found = []
        while index and self.until[index - 1] > start:
            index -= 1
            if self.rows[index].end > start:
                found.append(self.rows[index])
        return found[::-1]

    def has_room(self, start: datetime, end: datetime, besides: int) -> bool:
        index = bisect_left(self.starts, end)
        if not index or self.until[index - 1] <= start:
            return besides < self.capacity
        return self.capacity > 1 and self._most_at_once(start, end) + besides < self.capacity

    def _most_at_once(self, start: datetime, end: datetime) -> int:
        """How many claims run at the fullest moment between: units are given out anew at need."""
        busy = self.busy(start, end)
        moments = [start, *(row.start for row in busy if row.start > start)]
        return max(sum(1 for row in busy if row.start <= at < row.end) for at in moments)


@dataclass(slots=True)
class Availability:
    """Bells, calendars and live claims of `first` to `last`, both dates included.

    Asked for a school or a resource that was not loaded it raises KeyError, so that what nobody
    read never passes for free.
    """

    first: date
    last: date
    facts: Mapping[int, dayplans.SchoolFacts]
    resources: Mapping[int, Kept]
    _timelines: Mapping[int, _Timeline]
    _plans: dict[tuple[int, date, int | None], dayplans.DayPlan] = field(default_factory=dict)

    def plan(self, organisation_id: int, day: date, grade: int | None = None) -> dayplans.DayPlan:
        """What `day` is in that school for that grade; ValueError for a day that was not loaded."""
        key = (organisation_id, day, grade)
        if key not in self._plans:
            if not self.first - _NEIGHBOUR <= day <= self.last + _NEIGHBOUR:
                raise ValueError(f"calendars were loaded from {self.first} to {self.last}, asked for {day}")
            self._plans[key] = dayplans.day_plan(self.facts[organisation_id], day, grade=grade)
        return self._plans[key]

    def zone(self, organisation_id: int) -> ZoneInfo:
        return self.facts[organisation_id].zone

    def busy(self, resource_id: int, interval: Interval) -> list[Taken]:
        """The live claims on the resource that overlap, by start."""
        return self._timelines[resource_id].busy(interval.start, interval.end)

    def is_free(self, resource_id: int, interval: Interval, besides: int = 0) -> bool:
        """Whether the resource has room over the whole interval, `besides` so many others."""
        return self._timelines[resource_id].has_room(interval.start, interval.end, besides)

    def free_of(self, resource_ids: Iterable[int], interval: Interval) -> list[int]:
        """Those that are free over the whole interval, in the order given."""
        return [pk for pk in resource_ids if self.is_free(pk, interval)]


def load(
    organisation_ids: Collection[int],
    resource_ids: Collection[int],
    first: date,
    last: date,
    *,
    now: datetime,
    ignoring: int | None = None,
) -> Availability:
    """Everything about these schools and resources from `first` to `last`, both included.

    Holds that have expired at `now` are free; so is what the booking `ignoring` (its key) holds,
    for a booking that is to be moved. The calendars' fixed number of queries and two more.
    """
    rows = _claims(resource_ids, first, last, now, ignoring).values_list(*_COLUMNS)
    return _loaded(organisation_ids, resource_ids, first, last, map(Taken._make, rows))


def load_times(
    organisation_ids: Collection[int],
    resource_ids: Collection[int],
    first: date,
    last: date,
    *,
    now: datetime,
    ignoring: int | None = None,
) -> Availability:
    """The same without saying by whom anything is taken: half the cost over twelve weeks."""
    rows = _claims(resource_ids, first, last, now, ignoring).values_list(*_TIMES)
    return _loaded(organisation_ids, resource_ids, first, last, (Taken._make(row + _UNTOLD) for row in rows))


def _loaded(
    organisation_ids: Collection[int],
    resource_ids: Collection[int],
    first: date,
    last: date,
    claims: Iterable[Taken],
) -> Availability:
    facts = calendars.school_facts(organisation_ids, first - _NEIGHBOUR, last + _NEIGHBOUR)
    return of_rows(facts, _resources(resource_ids), claims, first, last)


def of_rows(
    facts: Mapping[int, dayplans.SchoolFacts],
    resources: Mapping[int, Kept],
    claims: Iterable[Taken],
    first: date,
    last: date,
) -> Availability:
    """The same from rows that are already in memory."""
    grouped: dict[int, list[Taken]] = {}
    for row in sorted(claims, key=attrgetter("start")):
        grouped.setdefault(row.resource_id, []).append(row)
    timelines = {pk: _Timeline(grouped.get(pk, ()), kept.capacity) for pk, kept in resources.items()}
    return Availability(first, last, facts, resources, timelines)


def _resources(resource_ids: Collection[int]) -> dict[int, Kept]:
    rows = Resource.objects.filter(pk__in=resource_ids).values_list(
        "pk",
        "kind",
        "name",
        "name_en",
        "capacity",
        "organisation_id",
        "organisation__short_name",
        "organisation__name_en",
    )
    return {
        pk: Kept(pk, kind, Name(name, name_en or name), org_id, Name(org, org_en or org), capacity)
        for pk, kind, name, name_en, capacity, org_id, org, org_en in rows
    }


def _claims(
    resource_ids: Collection[int], first: date, last: date, now: datetime, ignoring: int | None
) -> QuerySet[Claim]:
    live = Q(booking__state="confirmed") | Q(booking__state="tentative", booking__expires_at__gt=now)
    earliest = _midnight(first - 2 * _NEIGHBOUR)
    rows = Claim.objects.filter(
        live,
        resource_id__in=resource_ids,
        start__lt=_midnight(last + 3 * _NEIGHBOUR),
        start__gt=earliest - LONGEST,
        end__gt=earliest,
    )
    return rows if ignoring is None else rows.exclude(booking_id=ignoring)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), tzinfo=UTC)
