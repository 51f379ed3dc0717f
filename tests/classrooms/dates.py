"""School days that lie ahead of the real clock, for tests that go through pages."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone

from scheduler import calendars


def coming(weekday: int = 3, *, weeks: int = 1) -> date:
    """A Thursday (or other weekday, 0 is Monday) at least `weeks` ahead that is no public holiday."""
    today = timezone.localdate()
    day = today + timedelta(days=(weekday - today.weekday()) % 7, weeks=weeks)
    while day in calendars.public_holidays("Asia/Tokyo", day.year):
        day += timedelta(weeks=1)
    return day
