"""The peer of the one writer: the same locks, checks and rows in plain SQL, with nothing in between.

It answers with one bit instead of reasons, and knows one kind of plan only.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import psycopg

from scheduler.plans import Plan

_LOCK = """
SELECT r.id, r.kind, r.name, r.name_en, r.capacity, o.short_name, o.name_en FROM scheduler_resource r
JOIN scheduler_organisation o ON o.id = r.organisation_id
WHERE r.id = ANY(%s) ORDER BY r.id FOR NO KEY UPDATE OF r
"""
_ANSWERED = "SELECT booking_id FROM scheduler_bookingchange WHERE intention = %s"
_SERIES_ANSWERED = "SELECT id FROM scheduler_series WHERE intention = %s"
_IN_THE_WAY = """
SELECT w.i, c.resource_id, c.unit, c.start, c."end", b.id, b.title, b.state, b.expires_at, u.name
FROM unnest(%s::int[], %s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS w(i, r, s, e)
JOIN scheduler_claim c ON c.resource_id = w.r AND c.start < w.e
  AND c.start > w.s - interval '25 hours' AND c."end" > w.s
JOIN scheduler_booking b ON b.id = c.booking_id LEFT JOIN scheduler_user u ON u.id = b.created_by_id
"""
_ZONES = "SELECT id, time_zone FROM scheduler_organisation WHERE id = ANY(%s)"
_PATTERNS = """
SELECT p.organisation_id, p.weekday, p.day_type_id FROM scheduler_daypattern p
JOIN scheduler_daytype t ON t.id = p.day_type_id
WHERE p.organisation_id = ANY(%s) AND (p.valid_until IS NULL OR p.valid_until > %s) AND p.valid_from <= %s
"""
_PERIODS = """
SELECT t.organisation_id, b.day_type_id, p.number, p.starts_at, p.ends_at FROM scheduler_period p
JOIN scheduler_bellschedule b ON b.id = p.bell_schedule_id JOIN scheduler_daytype t ON t.id = b.day_type_id
WHERE t.organisation_id = ANY(%s) AND (b.valid_until IS NULL OR b.valid_until > %s) AND b.valid_from <= %s
ORDER BY b.id, p.number
"""
_DAYS = """
SELECT organisation_id, date, kind, grade, closed_from, closed_until FROM scheduler_calendarday
WHERE withdrawn_at IS NULL AND organisation_id = ANY(%s) AND date BETWEEN %s AND %s
"""
_RULE = "SELECT value, source FROM scheduler_rule WHERE key = ANY(%s)"
_SERIES = """
INSERT INTO scheduler_series (uid, intention, created_by_id, created_at) VALUES (%s, %s, %s, %s) RETURNING id
"""
_BOOKINGS = """
INSERT INTO scheduler_booking (uid, kind, state, title, title_en, visibility, organiser_id, start, "end",
  headcount, sequence, override_reason, series_id, recurrence_start, created_by_id, created_at, changed_at,
  cancel_reason)
SELECT u, %s, 'confirmed', %s, %s, 'PUBLIC', %s, s, e, %s, 0, '', %s, CASE WHEN %s THEN s END, %s, %s, %s, ''
FROM unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[]) AS w(u, s, e) RETURNING id
"""
_PARTICIPANTS = """
INSERT INTO scheduler_participant (booking_id, organisation_id, person_id, role, location_id, start, "end",
  period_number, grade, headcount, withdraw_reason)
SELECT *, '' FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::bigint[],
  %s::timestamptz[], %s::timestamptz[], %s::smallint[], %s::smallint[], %s::int[]) RETURNING id
"""
_CLAIMS = """
INSERT INTO scheduler_claim (booking_id, participant_id, resource_id, unit, start, "end", is_override)
SELECT b, p, r, 0, s, e, false FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[],
  %s::timestamptz[]) AS w(b, p, r, s, e)
"""
_CHANGES = """
INSERT INTO scheduler_bookingchange (booking_id, intention, verb, sequence, at, by_id, reason, before, after)
SELECT b, %s, 'book', 0, %s, %s, '', '{}', a::jsonb FROM unnest(%s::bigint[], %s::text[]) AS w(b, a)
"""
Connection = psycopg.Connection[tuple[Any, ...]]


def book(connection: Connection, plans: Sequence[Plan], *, by: int, now: datetime, is_series: bool) -> bool:
    """Books all plans in one transaction, or none."""
    intention = uuid4()
    ids = sorted({pk for plan in plans for side in plan.sides for n in side.needs for pk in n.resource_ids})
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(_LOCK, [ids])
        cursor.fetchall()
        cursor.execute(_SERIES_ANSWERED if is_series else _ANSWERED, [intention])
        if cursor.fetchone():
            return True
        granted = _granted(cursor, plans, now)
        if granted is None or not _on_the_bells(cursor, plans):
            return False
        cursor.execute(_RULE, [[plans[0].most_rule]])
        rule = cursor.fetchone()
        if rule and plans[0].headcount > rule[0]:
            return False
        _write(cursor, plans, granted, by=by, now=now, intention=intention, is_series=is_series)
    return True


def _granted(
    cursor: psycopg.Cursor[tuple[Any, ...]], plans: Sequence[Plan], now: datetime
) -> list[list[list[int]]] | None:
    """Per plan and side the resource of each need; None if one gets nothing."""
    wants = [
        (pk, side.interval)
        for plan in plans
        for side in plan.sides
        for need in side.needs
        for pk in need.resource_ids
    ]
    cursor.execute(
        _IN_THE_WAY,
        [
            list(range(len(wants))),
            [pk for pk, _ in wants],
            [interval.start for _, interval in wants],
            [interval.end for _, interval in wants],
        ],
    )
    taken = {row[0] for row in cursor if not (row[7] == "tentative" and row[8] <= now)}
    index, result = 0, []
    for plan in plans:
        sides = []
        for side in plan.sides:
            chosen = []
            for need in side.needs:
                numbered = list(enumerate(need.resource_ids, index))
                index += len(numbered)
                free = next((pk for number, pk in numbered if number not in taken), None)
                if free is None:
                    return None
                chosen.append(free)
            sides.append(chosen)
        result.append(sides)
    return result


def _on_the_bells(cursor: psycopg.Cursor[tuple[Any, ...]], plans: Sequence[Plan]) -> bool:
    sides = [side for plan in plans for side in plan.sides if side.follows_bells]
    schools = sorted({side.organisation_id for side in sides})
    first = min(side.interval.start for side in sides).date() - timedelta(days=1)
    last = max(side.interval.end for side in sides).date() + timedelta(days=1)
    cursor.execute(_ZONES, [schools])
    zones = {pk: ZoneInfo(str(zone)) for pk, zone in cursor}
    cursor.execute(_PATTERNS, [schools, first, last])
    types = {(school, weekday): day_type for school, weekday, day_type in cursor}
    cursor.execute(_PERIODS, [schools, first, last])
    bells = {row[:2] + row[3:] for row in cursor}
    cursor.execute(_DAYS, [schools, first, last])
    closed = {(row[0], row[1]) for row in cursor if row[2] == "closure"}
    for side in sides:
        school, zone = side.organisation_id, zones[side.organisation_id]
        start, end = side.interval.start.astimezone(zone), side.interval.end.astimezone(zone)
        day: date = start.date()
        key = (school, types.get((school, day.weekday())), _bare(start), _bare(end))
        if key not in bells or (school, day) in closed:
            return False
    return True


def _bare(at: datetime) -> time:
    return at.time()


def _write(
    cursor: psycopg.Cursor[tuple[Any, ...]], plans: Sequence[Plan], granted: list[list[list[int]]], *,
    by: int, now: datetime, intention: UUID, is_series: bool,
) -> None:  # fmt: skip
    one, series = plans[0], None
    if is_series:
        cursor.execute(_SERIES, [uuid4(), intention, by, now])
        series = _first(cursor)
    starts = [plan.interval.start for plan in plans]
    ends = [plan.interval.end for plan in plans]
    cursor.execute(
        _BOOKINGS,
        [one.kind, one.title.ja, one.title.en, one.organiser_id, one.headcount, series, is_series, by, now,
         now, [uuid4() for _ in plans], starts, ends],
    )  # fmt: skip
    bookings = [row[0] for row in cursor]
    sides = [(b, s) for b, plan in zip(bookings, plans, strict=True) for s in plan.sides]
    places = [chosen[-1] for plan in granted for chosen in plan]
    cursor.execute(
        _PARTICIPANTS,
        [
            [b for b, _ in sides], [s.organisation_id for _, s in sides], [s.person_id for _, s in sides],
            ["host" if s.is_host else "guest" for _, s in sides], places,
            [s.interval.start for _, s in sides], [s.interval.end for _, s in sides],
            [s.period_number for _, s in sides], [s.grade for _, s in sides], [s.headcount for _, s in sides],
        ],
    )  # fmt: skip
    participants = [row[0] for row in cursor]
    chosen = [pks for plan in granted for pks in plan]
    claims = [
        (b, p, pk, s.interval)
        for (b, s), p, pks in zip(sides, participants, chosen, strict=True)
        for pk in pks
    ]
    cursor.execute(
        _CLAIMS,
        [[c[0] for c in claims], [c[1] for c in claims], [c[2] for c in claims],
         [c[3].start for c in claims], [c[3].end for c in claims]],
    )  # fmt: skip
    after = [
        json.dumps({"state": "confirmed", "start": s.isoformat(), "end": e.isoformat()})
        for s, e in zip(starts, ends, strict=True)
    ]
    cursor.execute(_CHANGES, [None if is_series else intention, now, by, bookings, after])


def _first(cursor: psycopg.Cursor[tuple[Any, ...]]) -> int:
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])
