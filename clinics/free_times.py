"""The nearest times when both doctors are free (and a room), within both hospitals' working hours.

Doctors follow no bells, so this looks at claims and calendars alone. For proposing: what can be had
is decided by `scheduler.bookings`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from clinics import deadlines
from scheduler import availability, timegrid
from scheduler.intervals import Interval
from scheduler.models import Organisation

DAYS = 14
SHOWN = 6
STEP = timedelta(minutes=30)


def nearest(
    organisations: Sequence[Organisation], resource_ids: Sequence[int], minutes: int, now: datetime
) -> list[Interval]:
    """Up to six, two a day, by start; the first at least an hour ahead."""
    zone = organisations[0].zone
    first = timegrid.local_date(now, zone)
    last = first + timedelta(days=DAYS)
    pks = [each.pk for each in organisations]
    known = availability.load_times(pks, resource_ids, first, last, now=now)
    clocks = [deadlines.Clock(each, now) for each in organisations]
    hours = [(c.number(deadlines.DAY_STARTS), c.number(deadlines.DAY_ENDS)) for c in clocks]
    opens, closes = max(h[0] for h in hours), min(h[1] for h in hours)
    length = timedelta(minutes=minutes)
    found: list[Interval] = []
    for day in timegrid.dates(first, last):
        if day.weekday() >= 5 or any(_is_closed(known, each, day) for each in organisations):
            continue
        span = timegrid.span(day, _clock(opens), _clock(closes), zone)
        fitting = [
            each
            for each in _steps(span, length)
            if each.start >= now + timedelta(hours=1) and all(known.is_free(pk, each) for pk in resource_ids)
        ]
        # One in the morning and one in the afternoon where there are both.
        found += fitting[:1] + ([fitting[len(fitting) // 2]] if len(fitting) > 1 else [])
        if len(found) >= SHOWN:
            break
    return found[:SHOWN]


def _steps(span: Interval, length: timedelta) -> Iterator[Interval]:
    start = span.start
    while start + length <= span.end:
        yield Interval(start, start + length)
        start += STEP


def _is_closed(known: availability.Availability, organisation: Organisation, day: date) -> bool:
    whole = timegrid.whole_day(day, organisation.zone)
    return any(closure.interval == whole for closure in known.plan(organisation.pk, day).closures)


def _clock(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)
