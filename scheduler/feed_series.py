"""Which date of which recurrence a booking of a series is (RFC 5545 RECURRENCE-ID).

A series was made weekly on the wall clock of whoever organises it, so its recurrence is the clock
time of its first date, every week. A date for which a short day's bells gave another time is that
day's occurrence, moved from the start. Why so: docs/decisions/feeds-series-have-a-master.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from scheduler import ical, timegrid
from scheduler.models import Booking

_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """`starts` are the occurrences' by the key of their booking; `zone` the organiser's."""

    uid: UUID
    zone: str
    starts: dict[int, datetime]

    def occurrence(self, booking_id: int) -> ical.Occurrence | None:
        """None for a date that lies outside the weekly rhythm: it stands by itself."""
        start = self.starts.get(booking_id)
        return ical.Occurrence(start, self.zone) if start else None


def of(series_ids: Iterable[int | None]) -> dict[int | None, Recurrence]:
    """The recurrences of these series, from all their dates; one query or none."""
    ids = {pk for pk in series_ids if pk is not None}
    if not ids:
        return {}
    rows: dict[int, list[tuple[int, datetime, str, UUID]]] = defaultdict(list)
    found = Booking.objects.filter(series__in=ids, recurrence_start__isnull=False)
    columns = ("series", "pk", "recurrence_start", "organiser__time_zone", "series__uid")
    for series, *row in found.order_by("recurrence_start", "pk").values_list(*columns):
        rows[series].append((row[0], row[1], row[2], row[3]))
    return {series: _recurrence(dates) for series, dates in rows.items()}


def _recurrence(dates: Sequence[tuple[int, datetime, str, UUID]]) -> Recurrence:
    """From the dates in their order, of which the first sets the rhythm."""
    _first, begin, key, uid = dates[0]
    zone = ZoneInfo(key)
    clock, day = timegrid.local_time(begin, zone), timegrid.local_date(begin, zone)
    starts: dict[int, datetime] = {}
    taken: set[datetime] = set()
    for pk, made_for, _zone, _uid in dates:
        on = timegrid.local_date(made_for, zone)
        start = timegrid.instant(on, clock, zone)
        in_rhythm = (on - day).days % 7 == 0 and timegrid.local_time(start, zone) == clock
        if in_rhythm and start not in taken and ical.is_told_apart(start, zone):
            starts[pk] = start
            taken.add(start)
    return Recurrence(uid, key, starts)


def gaps(starts: Sequence[datetime], zone: str) -> tuple[datetime, ...]:
    """The weeks between the first and the last of these occurrences in which none is (EXDATE)."""
    clocks = ZoneInfo(zone)
    day, clock = timegrid.local_date(starts[0], clocks), timegrid.local_time(starts[0], clocks)
    present, missing = set(starts), []
    while (start := timegrid.instant(day, clock, clocks)) < starts[-1]:
        if start not in present:
            missing.append(start)
        day += _WEEK
    return tuple(missing)
