"""School days that lie ahead of the real clock, for tests that go through pages."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone

from scheduler import calendars


def coming(weekday: int = 3, *, weeks: int = 1, times: int = 1) -> date:
    """A Thursday (or other weekday, 0 is Monday) at least `weeks` ahead that is no public holiday, nor is
    any of the `times - 1` in the weeks after it."""
    today = timezone.localdate()
    day = today + timedelta(days=(weekday - today.weekday()) % 7, weeks=weeks)
    while any(_is_holiday(day + timedelta(weeks=n)) for n in range(times)):
        day += timedelta(weeks=1)
    return day


def _is_holiday(day: date) -> bool:
    return day in calendars.public_holidays("Asia/Tokyo", day.year)
