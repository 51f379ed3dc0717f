"""Wall clock to instant and back: the only place where a date and a time become UTC.

Pure. Bells and hours are facts of a wall clock (`date`, `time`, zone); everything else in
the program is an aware UTC instant. Nobody adds days to an instant.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scheduler.intervals import Interval


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The UTC instant at which `zone`'s clocks show `at` on `day`.

    A time that the clocks skip in spring is the instant after the same elapsed time (02:30
    becomes 03:30); a time shown twice in autumn is the first of the two (PEP 495, fold=0).
    """
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def span(day: date, starts_at: time, ends_at: time, zone: ZoneInfo) -> Interval:
    """`[starts_at, ends_at)` on `day`; `ends_at` 00:00 means the following midnight."""
    end_day = day + timedelta(days=1) if ends_at == time(0) else day
    return Interval(instant(day, starts_at, zone), instant(end_day, ends_at, zone))


def whole_day(day: date, zone: ZoneInfo) -> Interval:
    """From midnight to midnight in `zone`: 23, 24 or 25 hours."""
    return Interval(instant(day, time(0), zone), instant(day + timedelta(days=1), time(0), zone))


def local_date(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def local_time(at: datetime, zone: ZoneInfo) -> time:
    return at.astimezone(zone).time()


def dates(first: date, last: date) -> Iterator[date]:
    """Every date from `first` to `last`, both included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)
