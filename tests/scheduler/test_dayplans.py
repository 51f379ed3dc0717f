"""What a date is in one school: patterns, bells in season, closures, swaps and holidays."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from scheduler import timegrid
from scheduler.dayplans import Bell, Bells, Entry, Pattern, SchoolFacts, day_plan
from scheduler.intervals import Interval
from scheduler.names import Name

TOKYO = ZoneInfo("Asia/Tokyo")
MONDAY = date(2026, 6, 15)
APRIL = date(2026, 4, 1)
NORMAL, SHORT = 1, 2
ALL_DAY = timegrid.whole_day(MONDAY, TOKYO)


def bell(number: int, start: str, end: str) -> Bell:
    return Bell(number, time.fromisoformat(start), time.fromisoformat(end))


FACTS = SchoolFacts(
    zone=TOKYO,
    day_types={NORMAL: Name("通常", "Normal"), SHORT: Name("45分授業", "Short")},
    patterns=[Pattern(weekday, NORMAL, 1, APRIL, None) for weekday in range(5)],
    bells=[
        Bells(NORMAL, APRIL, None, (bell(1, "08:30", "09:20"), bell(2, "09:30", "10:20"))),
        Bells(NORMAL, date(2026, 7, 1), date(2026, 8, 1), (bell(1, "09:00", "09:50"),)),
        Bells(SHORT, APRIL, None, (bell(1, "08:30", "09:15"),)),
    ],
    entries={},
    holidays={},
)


def with_entries(*entries: Entry, day: date = MONDAY) -> SchoolFacts:
    return replace(FACTS, entries={day: entries})


def starts(facts: SchoolFacts, day: date = MONDAY, grade: int | None = None) -> list[str]:
    periods = day_plan(facts, day, grade=grade).open_periods
    return [f"{timegrid.local_time(p.interval.start, TOKYO):%H:%M}" for p in periods]


def test_an_ordinary_monday_rings_its_bells() -> None:
    plan = day_plan(FACTS, MONDAY)

    assert plan.day_type == Name("通常", "Normal")
    assert [(p.number, p.interval.minutes) for p in plan.periods] == [(1, 50), (2, 50)]
    assert plan.closures == ()


def test_no_bells_ring_on_a_weekday_without_a_pattern() -> None:
    plan = day_plan(FACTS, MONDAY + timedelta(days=5))

    assert (plan.day_type, plan.periods) == (None, ())


@pytest.mark.parametrize(
    ("day", "first"),
    [
        (date(2026, 6, 30), "08:30"),
        (date(2026, 7, 1), "09:00"),
        (date(2026, 7, 31), "09:00"),
        (date(2026, 8, 3), "08:30"),
    ],
)
def test_a_table_in_season_stands_over_the_yearly_one(day: date, first: str) -> None:
    assert starts(FACTS, day)[0] == first


def test_a_closure_of_the_day_leaves_no_open_period_and_says_why() -> None:
    plan = day_plan(with_entries(Entry("closure", Name("臨時休業"))), MONDAY)

    assert plan.open_periods == ()
    assert [(c.title, c.interval) for c in plan.closures] == [(Name("臨時休業"), ALL_DAY)]
    assert len(plan.periods) == 2


def test_a_closure_from_an_hour_on_leaves_the_periods_before_it() -> None:
    facts = with_entries(Entry("closure", Name("下校"), closed_from=time(9, 20)))

    assert starts(facts) == ["08:30"]


def test_a_closure_until_an_hour_leaves_the_periods_after_it() -> None:
    facts = with_entries(Entry("closure", Name("登校を遅らせる"), closed_until=time(9, 30)))

    assert starts(facts) == ["09:30"]


def test_a_closure_of_one_grade_leaves_the_others() -> None:
    facts = with_entries(Entry("closure", Name("学年閉鎖"), grade=2))

    assert [starts(facts, grade=g) for g in (1, 2, None)] == [["08:30", "09:30"], [], ["08:30", "09:30"]]


def test_a_day_type_given_to_the_date_decides_over_the_weekdays() -> None:
    plan = day_plan(with_entries(Entry("day_type", Name("短縮"), day_type_id=SHORT)), MONDAY)

    assert plan.day_type == Name("45分授業", "Short")
    assert [p.interval.minutes for p in plan.periods] == [45]


def test_a_saturday_that_runs_as_monday_rings_mondays_bells() -> None:
    saturday = MONDAY + timedelta(days=5)

    assert starts(with_entries(Entry("swap", Name("振替"), runs_as_weekday=0), day=saturday), saturday) == [
        "08:30",
        "09:30",
    ]


def test_a_public_holiday_is_closed_unless_the_school_gave_it_a_day() -> None:
    holiday = {MONDAY: Name("祝日", "Holiday")}
    plain = replace(FACTS, holidays=holiday)
    swapped = replace(with_entries(Entry("swap", Name("授業日"), runs_as_weekday=1)), holidays=holiday)
    eventful = replace(with_entries(Entry("event", Name("学校祭"))), holidays=holiday)

    assert [starts(facts) for facts in (plain, swapped, eventful)] == [[], ["08:30", "09:30"], []]


def test_an_event_stands_in_the_calendar_and_lessons_go_on() -> None:
    plan = day_plan(with_entries(Entry("event", Name("学校祭"))), MONDAY)

    assert plan.events == (Name("学校祭"),)
    assert len(plan.open_periods) == 2


def test_weeks_a_and_b_take_turns_by_the_week_of_their_beginning() -> None:
    # Week A began on a Wednesday, week B on the Monday after it.
    facts = replace(
        FACTS,
        patterns=[
            Pattern(0, NORMAL, 2, date(2026, 4, 1), None),
            Pattern(0, SHORT, 2, date(2026, 4, 6), None),
        ],
    )
    mondays = [date(2026, 4, 6) + timedelta(weeks=n) for n in range(4)]

    types = [day_plan(facts, day).day_type for day in mondays]

    assert [t.ja if t else "" for t in types] == ["45分授業", "通常", "45分授業", "通常"]


def test_a_late_period_closed_from_an_hour_that_it_only_touches_stays_open() -> None:
    facts = with_entries(Entry("closure", Name("下校"), closed_from=time(10, 20)))

    assert starts(facts) == ["08:30", "09:30"]


def test_bells_keep_the_wall_clock_on_the_nights_on_which_the_clocks_change() -> None:
    edmonton = ZoneInfo("America/Edmonton")
    facts = replace(
        FACTS,
        zone=edmonton,
        patterns=[Pattern(6, NORMAL, 1, date(2026, 1, 1), None)],
        bells=[Bells(NORMAL, date(2026, 1, 1), None, (bell(1, "01:30", "03:30"), bell(2, "09:00", "09:50")))],
    )

    spring, autumn = (day_plan(facts, day).periods for day in (date(2026, 3, 8), date(2026, 11, 1)))

    assert [p.interval.minutes for p in spring] == [60, 50]
    assert [p.interval.minutes for p in autumn] == [180, 50]
    assert spring[1].interval == Interval(
        timegrid.instant(date(2026, 3, 8), time(9), edmonton),
        timegrid.instant(date(2026, 3, 8), time(9, 50), edmonton),
    )
