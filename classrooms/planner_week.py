"""The planner's week: what each day is in the schools, and how many times it has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from classrooms import planner
from classrooms.choices import Choice
from classrooms.planner import Outlook
from scheduler import wallclock


@dataclass(frozen=True, slots=True)
class WeekDay:
    day: date
    label: str
    note: str
    is_shown: bool
    query: str


def days(outlook: Outlook, choice: Choice, language: str) -> list[WeekDay]:
    """Monday to Friday, and the weekend's days on which a school has lessons."""
    monday = planner.monday_of(choice.day)
    dates = [monday + timedelta(days=n) for n in range(7)]
    usual = _usual_day_types(outlook, dates)
    return [
        WeekDay(
            day=day,
            label=_day_label(outlook, day, language),
            note=_day_note(outlook, day, usual, language),
            is_shown=day == choice.day,
            query=choice.on(day).query(),
        )
        for day in dates
        if day.weekday() < 5 or day == choice.day or not outlook.is_closed(day)
    ]


def _day_label(outlook: Outlook, day: date, language: str) -> str:
    """「26（木）」; a public holiday says so: 「23（月・祝）」."""
    holidays = [outlook.known.facts[group.school.pk].holidays for group in outlook.wish.groups]
    is_holiday = any(day in named for named in holidays)
    if not wallclock.is_japanese(language):
        return f"{wallclock.WEEKDAYS_EN[day.weekday()]} {day.day}"
    weekday = wallclock.WEEKDAYS_JA[day.weekday()]
    return f"{day.day}（{weekday}{'・祝' if is_holiday else ''}）"


def _usual_day_types(outlook: Outlook, days: list[date]) -> dict[int, str]:
    """Each school's commonest day type of these days."""
    usual = {}
    for group in outlook.wish.groups:
        named = [plan.day_type.ja for day in days if (plan := outlook.day_plan(group, day)).day_type]
        usual[group.school.pk] = Counter(named).most_common(1)[0][0] if named else ""
    return usual


def _is_closed_for_a_reason(outlook: Outlook, day: date) -> bool:
    """Whether bells would ring on this day, had a school not closed."""
    facts, groups = outlook.known.facts, outlook.wish.groups
    is_day_off = day.weekday() > 4 or any(day in facts[group.school.pk].holidays for group in groups)
    return not is_day_off and any(outlook.day_plan(group, day).closures for group in groups)


def _day_note(outlook: Outlook, day: date, usual: Mapping[int, str], language: str) -> str:
    """「4枠」, 「短縮・0枠」 where a school's day differs from its usual one, 「休日」 or 「休業」."""
    if outlook.is_closed(day):
        return _("closed") if _is_closed_for_a_reason(outlook, day) else _("no school")
    special = ""
    for group in outlook.wish.groups:
        day_type = outlook.day_plan(group, day).day_type
        if day_type and day_type.ja != usual[group.school.pk]:
            special = day_type.in_language(language)
    count = _("%(n)d slots") % {"n": outlook.count(day)}
    return _("%(day)s, %(count)s") % {"day": special, "count": count} if special else count
