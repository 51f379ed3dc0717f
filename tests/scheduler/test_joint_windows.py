"""Joint windows, held against a count of every single minute and against real bell tables."""

from __future__ import annotations

import time as clock
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler import dayplans, timegrid
from scheduler.dayplans import Bell, Bells, Pattern, PeriodSpan, SchoolFacts
from scheduler.intervals import Interval
from scheduler.joint_windows import joint_windows
from scheduler.names import Name

TOKYO = ZoneInfo("Asia/Tokyo")
EDMONTON = ZoneInfo("America/Edmonton")
MONDAY = date(2026, 6, 15)
# Real tables, published by the schools.
YONEZAWA = "8:45-9:40 9:50-10:45 10:55-11:50 12:00-12:55 13:35-14:30 14:40-15:35"
TOYAMA = "9:00-9:50 9:55-10:45 10:55-11:45 11:50-12:40 13:25-14:15 14:20-15:10"
KANAGAWA = "9:00-10:30 10:45-12:15 13:05-14:35 14:50-16:20"
# Minamikayabe begins at 8:30, and at 9:00 in July for the kelp harvest; times of later periods illustrative.
MINAMIKAYABE = "8:30-9:20 9:30-10:20 10:30-11:20 11:30-12:20 13:10-14:00 14:10-15:00"
MINAMIKAYABE_JULY = "9:00-9:50 10:00-10:50 11:00-11:50 12:00-12:50 13:40-14:30 14:40-15:30"
SHIKABE = "8:30-9:20 9:30-10:20 10:30-11:20 11:30-12:20 13:10-14:00 14:10-15:00"
MINUTE = timedelta(minutes=1)


def bells(table: str) -> tuple[Bell, ...]:
    def at(text: str) -> time:
        hour, minute = text.split(":")
        return time(int(hour), int(minute))

    pairs = (period.split("-") for period in table.split())
    return tuple(Bell(n, at(start), at(end)) for n, (start, end) in enumerate(pairs, 1))


def school(table: str, *, zone: ZoneInfo = TOKYO, july: str = "") -> SchoolFacts:
    tables = [Bells(1, date(2026, 4, 1), None, bells(table))]
    if july:
        tables.append(Bells(1, date(2026, 7, 1), date(2026, 8, 1), bells(july)))
    patterns = [Pattern(weekday, 1, 1, date(2026, 4, 1), None) for weekday in range(7)]
    return SchoolFacts(zone, {1: Name("通常", "Normal")}, patterns, tables, {}, {})


def periods(facts: SchoolFacts, day: date = MONDAY) -> tuple[PeriodSpan, ...]:
    return dayplans.day_plan(facts, day).open_periods


def minutes(tables: list[str], floor: int, day: date = MONDAY) -> list[int]:
    schools = [periods(school(table), day) for table in tables]
    return [w.minutes for w in joint_windows(schools, floor * MINUTE)]


def test_yonezawa_and_toyama_share_40_50_50_40_40_and_30_minutes() -> None:
    assert minutes([YONEZAWA, TOYAMA], 25) == [40, 50, 50, 40, 40, 30]


def test_yonezawa_and_toyama_share_50_minutes_in_periods_2_and_3_alone() -> None:
    found = joint_windows([periods(school(YONEZAWA)), periods(school(TOYAMA))], 50 * MINUTE)

    assert [[span.number for span in w.chosen] for w in found] == [[2, 2], [3, 3]]


def test_teacher_and_studio_are_busy_for_the_union_of_all_periods() -> None:
    second = joint_windows([periods(school(YONEZAWA)), periods(school(TOYAMA))], 50 * MINUTE)[0]

    assert second.union == timegrid.span(MONDAY, time(9, 50), time(10, 45), TOKYO)
    assert second.window == timegrid.span(MONDAY, time(9, 55), time(10, 45), TOKYO)


def test_schools_whose_periods_differ_by_half_an_hour_share_them_with_other_numbers() -> None:
    found = joint_windows([periods(school(YONEZAWA)), periods(school(KANAGAWA))], 50 * MINUTE)

    assert [[span.number for span in w.chosen] for w in found] == [[3, 2], [5, 3]]


def test_a_window_that_is_too_short_names_what_is_missing_and_what_one_school_costs() -> None:
    first = joint_windows([periods(school(YONEZAWA)), periods(school(TOYAMA))], 25 * MINUTE)[0]

    assert first.shortfall(50 * MINUTE) == 10 * MINUTE
    assert first.shortfall(40 * MINUTE) == timedelta(0)
    assert [w.minutes for w in (first.without(0), first.without(1)) if w] == [50, 55]


def test_a_school_alone_is_left_out_of_nothing() -> None:
    only = joint_windows([periods(school(TOYAMA))], 50 * MINUTE)

    assert len(only) == 6
    assert only[0].without(0) is None


def test_no_school_and_a_closed_school_give_no_window() -> None:
    assert joint_windows([], MINUTE) == []
    assert joint_windows([periods(school(TOYAMA)), ()], MINUTE) == []


def test_a_floor_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="floor"):
        joint_windows([periods(school(TOYAMA))], timedelta(0))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 6, 30), [50] * 6),
        (date(2026, 7, 1), []),
        (date(2026, 7, 31), []),
        (date(2026, 8, 1), [50] * 6),
    ],
)
def test_minamikayabe_and_shikabe_fit_except_in_july(day: date, expected: list[int]) -> None:
    seasonal = school(MINAMIKAYABE, july=MINAMIKAYABE_JULY)

    found = joint_windows([periods(seasonal, day), periods(school(SHIKABE), day)], 45 * MINUTE)

    assert [w.minutes for w in found] == expected


def test_in_july_minamikayabe_and_shikabe_share_20_minutes_at_most() -> None:
    seasonal = school(MINAMIKAYABE, july=MINAMIKAYABE_JULY)
    july = date(2026, 7, 1)

    found = joint_windows([periods(seasonal, july), periods(school(SHIKABE), july)], MINUTE)

    assert max(w.minutes for w in found) == 20


@pytest.mark.parametrize(
    ("evening", "expected"),
    [
        # Alberta's 18:00 is 9:00 in Hokkaido in summer and 10:00 in winter.
        (date(2026, 3, 7), [3]),
        (date(2026, 3, 8), [1]),
        (date(2026, 10, 31), [1]),
        (date(2026, 11, 1), [3]),
    ],
)
def test_an_evening_in_alberta_meets_another_period_after_the_clocks_change(
    evening: date, expected: list[int]
) -> None:
    start = Interval(
        timegrid.instant(evening, time(18, 5), EDMONTON), timegrid.instant(evening, time(18, 45), EDMONTON)
    )
    quarters = "9:00-9:45 9:45-9:55 10:00-10:50"
    facts = SchoolFacts(
        TOKYO,
        {1: Name("通常")},
        [Pattern(w, 1, 1, date(2026, 1, 1), None) for w in range(7)],
        [Bells(1, date(2026, 1, 1), None, bells(quarters))],
        {},
        {},
    )
    there = dayplans.day_plan(facts, evening + timedelta(days=1)).open_periods

    found = joint_windows([(PeriodSpan(9, start),), there], 40 * MINUTE)

    assert [w.chosen[1].number for w in found] == expected


@st.composite
def bell_tables(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Periods of one school in minutes of the day: disjoint, of any length and break."""
    at = draw(st.integers(0, 40))
    table = []
    for _ in range(draw(st.integers(0, 6))):
        length = draw(st.integers(1, 60))
        table.append((at, at + length))
        at += length + draw(st.integers(0, 25))
    return table


def spans(table: list[tuple[int, int]], origin: datetime) -> tuple[PeriodSpan, ...]:
    return tuple(
        PeriodSpan(n, Interval(origin + start * MINUTE, origin + end * MINUTE))
        for n, (start, end) in enumerate(table, 1)
    )


def by_minutes(tables: list[list[tuple[int, int]]], floor: int) -> list[tuple[tuple[int, ...], int, int]]:
    """For every minute, which period each school is in; runs of one combination are the windows."""
    runs: dict[tuple[int, ...], list[int]] = {}
    for minute in range(700):
        inside = [
            next((n for n, (start, end) in enumerate(table, 1) if start <= minute < end), None)
            for table in tables
        ]
        if all(n is not None for n in inside):
            runs.setdefault(tuple(n for n in inside if n is not None), []).append(minute)
    return sorted(
        ((combination, run[0], run[-1] + 1) for combination, run in runs.items() if len(run) >= floor),
        key=lambda window: window[1],
    )


@given(
    st.lists(bell_tables(), min_size=1, max_size=5),
    st.integers(1, 60),
    # Nights on which the clocks change, in case anything but instants were compared.
    st.sampled_from([datetime(2026, 11, 1, 6, tzinfo=UTC), datetime(2026, 3, 8, 7, tzinfo=UTC)]),
)
def test_joint_windows_equal_a_count_of_every_minute(
    tables: list[list[tuple[int, int]]], floor: int, origin: datetime
) -> None:
    found = joint_windows([spans(table, origin) for table in tables], floor * MINUTE)

    assert [
        (
            tuple(span.number for span in w.chosen),
            (w.window.start - origin) // MINUTE,
            (w.window.end - origin) // MINUTE,
        )
        for w in found
    ] == by_minutes(tables, floor)
    for window in found:
        assert window.union.start == min(span.interval.start for span in window.chosen)
        assert window.union.end == max(span.interval.end for span in window.chosen)
    assert all(a.window.end <= b.window.start for a, b in pairwise(found))


def test_32_schools_with_different_bells_take_no_time() -> None:
    origin = datetime(2026, 11, 26, tzinfo=UTC)
    schools = [spans([(n + 60 * p, n + 60 * p + 50) for p in range(7)], origin) for n in range(32)]

    began = clock.perf_counter()
    found = joint_windows(schools, MINUTE)

    assert [w.minutes for w in found] == [19] * 7
    # A hundred times what it takes; trying all 7^32 choices would not end at all.
    assert clock.perf_counter() - began < 1.0
