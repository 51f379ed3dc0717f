"""The best times of the next 12 weeks: which hour is free every week, and what each week has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from classrooms import board, choices, planner
from classrooms.choices import Choice
from classrooms.planner import Fit, Outlook
from classrooms.wishes import Wish
from scheduler import timegrid, wallclock
from scheduler.models import Booking
from scheduler.names import joined

WEEKS = 12
SHOWN_PER_WEEK = 4
SHOWN_HOURS = 6


@dataclass(frozen=True, slots=True)
class Prospect:
    """One bookable time."""

    day: str
    times: str
    legs: str
    minutes: int
    is_short: bool
    query: str


@dataclass(frozen=True, slots=True)
class WeekOf:
    """The best times of one week, in order of time; `more` are not shown."""

    label: str
    prospects: tuple[Prospect, ...]
    more: int
    query: str


@dataclass(frozen=True, slots=True)
class Hour:
    """The same periods on one weekday: in how many of the weeks they can be had."""

    label: str
    times: str
    legs: str
    minutes: int
    free: int
    query: str


@dataclass(frozen=True, slots=True)
class Prospects:
    hours: tuple[Hour, ...]
    weeks: tuple[WeekOf, ...]


def search(
    wish: Wish, choice: Choice, *, now: datetime, language: str, moving: Booking | None = None
) -> Prospects:
    """Everything bookable from today for 12 weeks. Queries as for one day (`planner.look`)."""
    first = timegrid.local_date(now, wish.section.centre.zone)
    last = first + timedelta(weeks=WEEKS)
    outlook = planner.look(wish, first, last, now=now, moving=moving)
    found = [(day, fit) for day in timegrid.dates(first, last) for fit in _bookable(outlook, day)]
    return Prospects(
        hours=tuple(_hours(wish, choice, found, language)),
        weeks=tuple(_weeks(wish, choice, found, language)),
    )


def _bookable(outlook: Outlook, day: date) -> Iterator[Fit]:
    if outlook.wish.groups:
        yield from (fit for fit in outlook.fits(day) if fit.state != "no")


def _query(wish: Wish, choice: Choice, day: date, fit: Fit) -> str:
    slot = choices.of_periods([group.school.pk for group in wish.groups], fit.window.chosen)
    return choice.at(day, slot).query()


def _legs(wish: Wish, fit: Fit, language: str) -> str:
    numbers = {period.number for period in fit.window.chosen}
    if len(numbers) == 1:
        return _("Period %(n)d") % {"n": numbers.pop()}
    legs = board.legs(wish, fit.window.chosen, language)
    return joined((f"{leg.schools} {leg.period}" for leg in legs), language)


def _weeks(wish: Wish, choice: Choice, found: list[tuple[date, Fit]], language: str) -> Iterator[WeekOf]:
    grouped: dict[date, list[tuple[date, Fit]]] = defaultdict(list)
    for day, fit in found:
        grouped[planner.monday_of(day)].append((day, fit))
    for monday, fits in grouped.items():
        # The full length first, then by time: a stable sort keeps the order of the days.
        best = sorted(fits, key=lambda each: bool(each[1].shortfall))[:SHOWN_PER_WEEK]
        best.sort(key=lambda each: each[1].window.union)
        yield WeekOf(
            label=_("Week of %(day)s") % {"day": wallclock.day(monday, language)},
            prospects=tuple(_prospect(wish, choice, day, fit, language) for day, fit in best),
            more=len(fits) - len(best),
            query=choice.on(max(monday, fits[0][0])).query(),
        )


def _prospect(wish: Wish, choice: Choice, day: date, fit: Fit, language: str) -> Prospect:
    union, zone = fit.window.union, wish.section.centre.zone
    return Prospect(
        day=wallclock.day(day, language),
        times=wallclock.clock_range(union.start, union.end, zone, language),
        legs=_legs(wish, fit, language),
        minutes=fit.window.minutes,
        is_short=bool(fit.shortfall),
        query=_query(wish, choice, day, fit),
    )


def _hours(wish: Wish, choice: Choice, found: list[tuple[date, Fit]], language: str) -> Iterator[Hour]:
    """Those free in the most weeks, the longer first of equals."""
    grouped: dict[tuple[int, tuple[int, ...]], list[tuple[date, Fit]]] = defaultdict(list)
    for day, fit in found:
        grouped[day.weekday(), tuple(period.number for period in fit.window.chosen)].append((day, fit))
    ranked = sorted(grouped.items(), key=lambda item: (-len(item[1]), -item[1][0][1].window.minutes, item[0]))
    weekdays = wallclock.WEEKDAYS_JA if wallclock.is_japanese(language) else wallclock.WEEKDAYS_EN
    for (weekday, _numbers), fits in ranked[:SHOWN_HOURS]:
        day, fit = fits[0]
        prospect = _prospect(wish, choice, day, fit, language)
        label = _("Every %(weekday)s") % {"weekday": weekdays[weekday]}
        yield Hour(label, prospect.times, prospect.legs, prospect.minutes, len(fits), prospect.query)
