"""Which dates the demonstration speaks of: two weeks around the day it is loaded for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from scheduler import calendars, timegrid

ZONE = ZoneInfo("Asia/Tokyo")


@dataclass(frozen=True, slots=True)
class Days:
    """About two weeks from the Monday of `today`'s week.

    The story of the demonstration is told in school days: 0 is today, or the next school day when
    today is none, 1 to 4 are the weekdays after it. So each of them is another weekday, and a
    weekly timetable can have its meetings on them.
    """

    today: date

    @property
    def first(self) -> date:
        return self.today - timedelta(days=self.today.weekday())

    @property
    def last(self) -> date:
        """Two weeks on, or later when holidays put the story's last school day behind that."""
        return max(self.first + timedelta(days=13), self.on(4))

    @property
    def year(self) -> int:
        """The academic year, which begins in April."""
        return self.today.year if self.today.month >= 4 else self.today.year - 1

    @property
    def is_snowy(self) -> bool:
        """Whether a blizzard can close a school in Hokkaido at this time of the year."""
        return self.today.month in {11, 12, 1, 2, 3, 4}

    @property
    def focus(self) -> date:
        """Today, or the next day that is neither at the weekend nor a public holiday."""
        return self._school_day_from(self.today)

    def weekday(self, offset: int) -> int:
        """The weekday (0 is Monday) of school day `offset`."""
        return (self.focus.weekday() + offset) % 5

    def on(self, offset: int) -> date:
        """The date of school day `offset`: the first of its weekday from today that is no holiday."""
        day = self.focus
        while day.weekday() != self.weekday(offset) or _is_off(day):
            day += timedelta(days=1)
        return day

    def dates_of(self, weekday: int) -> list[date]:
        """The dates of the two weeks on this weekday, public holidays left out."""
        return [
            day
            for day in timegrid.dates(self.first, self.last)
            if day.weekday() == weekday and not _is_off(day)
        ]

    def _school_day_from(self, day: date) -> date:
        while _is_off(day):
            day += timedelta(days=1)
        return day


def _is_off(day: date) -> bool:
    return day.weekday() > 4 or day in calendars.public_holidays(ZONE.key, day.year)
