"""The demonstration's bells and calendars: illustrative, but different as real ones are."""

from __future__ import annotations

from collections import Counter
from datetime import date, time

import pytest

from classrooms.demonstration import accounts, school_days, schools, tables
from classrooms.demonstration.days import Days
from scheduler import calendars, timegrid
from scheduler.dayplans import DayPlan, day_plan
from tests.cast import TOKYO

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

TUESDAY = date(2026, 11, 24)


def day_of(name: str, day: date, loaded_for: date = TUESDAY) -> DayPlan:
    days = Days(loaded_for)
    built = schools.build_schools(tables.schools(), tables.bell_tables(), days)
    school_days.build(built, days)
    school = built[name].organisation
    return day_plan(calendars.school_facts([school.pk], day, day)[school.pk], day)


def clock(plan: DayPlan) -> list[str]:
    return [p.interval.start.astimezone(TOKYO).strftime("%H:%M") for p in plan.periods]


def test_tables_are_at_least_six_with_one_of_45_and_one_of_55_minutes() -> None:
    used = {row.bells for row in tables.schools()}
    normal = {t.bells: t.periods for t in tables.bell_tables() if t.day_type == "normal" and not t.season}
    minutes = {
        bells: {(end.hour - start.hour) * 60 + end.minute - start.minute for _, start, end in periods}
        for bells, periods in normal.items()
        if bells in used
    }

    assert len({normal[bells] for bells in used}) == 8
    assert Counter(m for found in minutes.values() for m in found) == {50: 6, 45: 1, 55: 1}


@pytest.mark.parametrize(
    ("day", "first"),
    [
        (date(2026, 6, 30), time(8, 30)),
        (date(2026, 7, 1), time(9, 0)),
        (date(2026, 7, 31), time(9, 0)),
        (date(2027, 7, 15), time(9, 0)),
        (date(2026, 8, 3), time(8, 30)),
    ],
)
def test_minamikayabe_begins_half_an_hour_later_in_july_alone(day: date, first: time) -> None:
    begins = day_of("南茅部", day).periods[0].interval.start

    assert timegrid.local_time(begins, TOKYO) == first


def test_another_school_with_the_same_bells_begins_in_july_as_ever() -> None:
    assert clock(day_of("厚真", date(2026, 7, 15)))[0] == "08:30"


def test_a_seventh_period_rings_on_wednesday_alone() -> None:
    assert len(day_of("夕張", date(2026, 12, 2)).periods) == 7


def test_calendars_have_short_days_examinations_a_swap_and_events() -> None:
    days = Days(TUESDAY)

    assert [days.on(n) for n in range(5)] == [
        date(2026, 11, 24), date(2026, 11, 25), date(2026, 11, 26), date(2026, 11, 27), date(2026, 11, 30),
    ]  # fmt: skip
    short = day_of("利尻", days.on(1))
    assert (short.day_type and short.day_type.ja, short.periods[0].interval.minutes) == ("短縮授業", 45)


def test_exam_days_have_three_periods() -> None:
    assert len(day_of("清里", Days(TUESDAY).on(2)).periods) == 3


def test_a_swapped_monday_runs_as_the_weekday_of_the_first_day() -> None:
    built = schools.build_schools(tables.schools(), tables.bell_tables(), Days(TUESDAY))
    school_days.build(built, Days(TUESDAY))

    swap = built["常呂"].organisation.calendar_days.get(kind="swap")

    assert (swap.date, swap.runs_as_weekday, swap.title) == (date(2026, 11, 30), 1, "火曜日課")


@pytest.mark.parametrize(
    ("today", "focus", "last"),
    [
        (date(2026, 11, 21), date(2026, 11, 24), date(2026, 11, 30)),
        (date(2026, 11, 25), date(2026, 11, 25), date(2026, 12, 6)),
        (date(2027, 1, 1), date(2027, 1, 4), date(2027, 1, 10)),
    ],
)
def test_days_begin_with_the_next_school_day(today: date, focus: date, last: date) -> None:
    days = Days(today)

    assert (days.focus, days.last) == (focus, last)
    assert sorted({days.on(n).weekday() for n in range(5)}) == [0, 1, 2, 3, 4]


def test_a_class_that_splits_by_ability_has_two_halves() -> None:
    built = schools.build_schools(tables.schools(), tables.bell_tables(), Days(TUESDAY))

    assert [(p.name, p.headcount) for p in built["寿都"].parts[2]] == [("2年A組 発展", 8), ("2年A組 基礎", 8)]


def test_names_are_all_different() -> None:
    people = tables.school_people()
    names = [t.name for t in tables.teachers()] + [p.coordinator for p in people] + [p.staff for p in people]

    assert len(set(names)) == len(names) == 25 + 62
    assert len(accounts.sign_ins()) == 9
