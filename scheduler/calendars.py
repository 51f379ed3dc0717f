"""Reading schools' calendars: everything that decides what a date is there, in a few queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays
from django.db import connection
from django.db.backends.utils import CursorWrapper

from scheduler.dayplans import Bell, Bells, Entry, Pattern, SchoolFacts
from scheduler.names import Name

# Plain SQL: every booking reads these under its locks, and building the same four queries anew each
# time cost more than running them.
_ZONES = "SELECT id, time_zone FROM scheduler_organisation WHERE id IN ({ids})"
_PATTERNS = """
SELECT p.organisation_id, p.weekday, p.day_type_id, p.every, p.valid_from, p.valid_until, t.name, t.name_en
FROM scheduler_daypattern p JOIN scheduler_daytype t ON t.id = p.day_type_id
WHERE p.organisation_id IN ({ids}) AND p.valid_from <= %s AND (p.valid_until IS NULL OR p.valid_until > %s)
ORDER BY p.id
"""
_PERIODS = """
SELECT b.id, t.organisation_id, t.id, t.name, t.name_en, b.valid_from, b.valid_until,
  p.number, p.starts_at, p.ends_at
FROM scheduler_period p JOIN scheduler_bellschedule b ON b.id = p.bell_schedule_id
JOIN scheduler_daytype t ON t.id = b.day_type_id
WHERE t.organisation_id IN ({ids}) AND b.valid_from <= %s AND (b.valid_until IS NULL OR b.valid_until > %s)
ORDER BY b.id, p.number
"""
_DAYS = """
SELECT c.organisation_id, c.date, c.kind, c.title, c.title_en, c.grade, c.closed_from, c.closed_until,
  c.day_type_id, c.runs_as_weekday, t.name, t.name_en
FROM scheduler_calendarday c LEFT JOIN scheduler_daytype t ON t.id = c.day_type_id
WHERE c.withdrawn_at IS NULL AND c.organisation_id IN ({ids}) AND c.date >= %s AND c.date <= %s
ORDER BY c.id
"""

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
    with connection.cursor() as cursor:
        zones = dict(_rows(cursor, _ZONES, ids))
        patterns, pattern_types = _patterns(_rows(cursor, _PATTERNS, ids, last, first))
        bells, bell_types = _bells(_rows(cursor, _PERIODS, ids, last, first))
        entries, entry_types = _entries(_rows(cursor, _DAYS, ids, first, last))
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


def _rows(cursor: CursorWrapper, query: str, ids: Sequence[int], *dates: date) -> list[tuple[Any, ...]]:
    days = [connection.ops.adapt_datefield_value(day) for day in dates]
    cursor.execute(query.format(ids=", ".join(["%s"] * len(ids))), [*ids, *days])
    found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _patterns(rows: Iterable[tuple[Any, ...]]) -> tuple[dict[int, list[Pattern]], dict[int, Name]]:
    found: dict[int, list[Pattern]] = defaultdict(list)
    types: dict[int, Name] = {}
    for pk, weekday, type_id, every, valid_from, valid_until, name, name_en in rows:
        found[pk].append(Pattern(weekday, type_id, every, valid_from, valid_until))
        types[type_id] = Name(name, name_en or name)
    return found, types


def _bells(rows: Iterable[tuple[Any, ...]]) -> tuple[dict[int, list[Bells]], dict[int, Name]]:
    types: dict[int, Name] = {}
    schedules: dict[int, tuple[int, int, date, date | None, list[Bell]]] = {}
    for schedule, organisation, type_id, name, name_en, valid_from, valid_until, *period in rows:
        types[type_id] = Name(name, name_en or name)
        schedule_row = schedules.setdefault(schedule, (organisation, type_id, valid_from, valid_until, []))
        schedule_row[4].append(Bell(*period))
    found: dict[int, list[Bells]] = defaultdict(list)
    for organisation, type_id, valid_from, valid_until, periods in schedules.values():
        found[organisation].append(Bells(type_id, valid_from, valid_until, tuple(periods)))
    return found, types


def _entries(
    rows: Iterable[tuple[Any, ...]],
) -> tuple[dict[int, dict[date, list[Entry]]], dict[int, Name]]:
    found: dict[int, dict[date, list[Entry]]] = defaultdict(lambda: defaultdict(list))
    types: dict[int, Name] = {}
    for organisation, day, kind, title, title_en, grade, closed_from, closed_until, *rest in rows:
        type_id, weekday, type_name, type_name_en = rest
        found[organisation][day].append(
            Entry(kind, Name(title, title_en or title), grade, closed_from, closed_until, type_id, weekday)
        )
        if type_id is not None:
            types[type_id] = Name(type_name, type_name_en or type_name)
    return found, types
