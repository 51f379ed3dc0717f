"""Reading schools' calendars: everything that decides what a date is there, in a few queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
from django.db.models import Q, QuerySet

from scheduler.dayplans import Bell, Bells, Entry, Pattern, SchoolFacts
from scheduler.models import CalendarDay, DayPattern, Organisation, Period
from scheduler.names import Name

# Public holidays are national law; the time zone tells the nation for the zones that we know.
_COUNTRY_OF_ZONE = {"Asia/Tokyo": "JP"}


@lru_cache(maxsize=64)
def public_holidays(zone_key: str, year: int) -> dict[date, Name]:
    """Public holidays of the zone's country, substitute ones included; none for an unknown zone."""
    country = _COUNTRY_OF_ZONE.get(zone_key)
    if country is None:
        return {}
    english = holidays.country_holidays(country, years=year, language="en_US")
    japanese = holidays.country_holidays(country, years=year, language="ja")
    return {day: Name(name, english.get(day, name)) for day, name in japanese.items()}


def school_facts(organisation_ids: Collection[int], first: date, last: date) -> dict[int, SchoolFacts]:
    """Everything `dayplans.day_plan` needs for these organisations from `first` to `last`.

    Four queries, whatever the span and the number of organisations.
    """
    ids = sorted(set(organisation_ids))
    if not ids:
        return {}
    within = Q(valid_until=None) | Q(valid_until__gt=first)
    zones = dict(Organisation.objects.filter(pk__in=ids).values_list("pk", "time_zone"))
    patterns, pattern_types = _patterns(
        DayPattern.objects.filter(within, organisation__in=ids, valid_from__lte=last)
    )
    bells, bell_types = _bells(ids, first, last)
    entries, entry_types = _entries(
        CalendarDay.objects.standing().filter(organisation__in=ids, date__gte=first, date__lte=last)
    )
    types = pattern_types | bell_types | entry_types
    return {
        pk: SchoolFacts(
            zone=ZoneInfo(zone),
            day_types=types,
            patterns=patterns[pk],
            bells=bells[pk],
            entries=entries[pk],
            holidays={
                day: name
                for year in range(first.year, last.year + 1)
                for day, name in public_holidays(zone, year).items()
            },
        )
        for pk, zone in zones.items()
    }


def _patterns(rows: QuerySet[DayPattern]) -> tuple[dict[int, list[Pattern]], dict[int, Name]]:
    found: dict[int, list[Pattern]] = defaultdict(list)
    types: dict[int, Name] = {}
    columns = ("organisation", "weekday", "day_type", "every", "valid_from", "valid_until")
    names = ("day_type__name", "day_type__name_en")
    for pk, weekday, type_id, every, valid_from, valid_until, name, name_en in rows.values_list(
        *columns, *names
    ):
        found[pk].append(Pattern(weekday, type_id, every, valid_from, valid_until))
        types[type_id] = Name(name, name_en or name)
    return found, types


def _bells(ids: list[int], first: date, last: date) -> tuple[dict[int, list[Bells]], dict[int, Name]]:
    rows = (
        Period.objects.filter(
            Q(bell_schedule__valid_until=None) | Q(bell_schedule__valid_until__gt=first),
            bell_schedule__day_type__organisation__in=ids,
            bell_schedule__valid_from__lte=last,
        )
        .order_by("bell_schedule", "number")
        .values_list(
            "bell_schedule", "bell_schedule__day_type__organisation", "bell_schedule__day_type",
            "bell_schedule__day_type__name", "bell_schedule__day_type__name_en",
            "bell_schedule__valid_from", "bell_schedule__valid_until", "number", "starts_at", "ends_at",
        )
    )  # fmt: skip
    types: dict[int, Name] = {}
    schedules: dict[int, tuple[int, int, date, date | None, list[Bell]]] = {}
    for (
        schedule,
        organisation,
        type_id,
        name,
        name_en,
        valid_from,
        valid_until,
        number,
        starts_at,
        ends_at,
    ) in rows:
        types[type_id] = Name(name, name_en or name)
        schedule_row = schedules.setdefault(schedule, (organisation, type_id, valid_from, valid_until, []))
        schedule_row[4].append(Bell(number, starts_at, ends_at))
    found: dict[int, list[Bells]] = defaultdict(list)
    for organisation, type_id, valid_from, valid_until, periods in schedules.values():
        found[organisation].append(Bells(type_id, valid_from, valid_until, tuple(periods)))
    return found, types


def _entries(rows: QuerySet[CalendarDay]) -> tuple[dict[int, dict[date, list[Entry]]], dict[int, Name]]:
    found: dict[int, dict[date, list[Entry]]] = defaultdict(lambda: defaultdict(list))
    types: dict[int, Name] = {}
    columns = ("organisation", "date", "kind", "title", "title_en", "grade", "closed_from", "closed_until")
    of_type = ("day_type", "runs_as_weekday", "day_type__name", "day_type__name_en")
    for row in rows.order_by("pk").values_list(*columns, *of_type):
        organisation, day, kind, title, title_en, grade, closed_from, closed_until, *rest = row
        type_id, weekday, type_name, type_name_en = rest
        found[organisation][day].append(
            Entry(kind, Name(title, title_en or title), grade, closed_from, closed_until, type_id, weekday)
        )
        if type_id is not None:
            types[type_id] = Name(type_name, type_name_en or type_name)
    return found, types
