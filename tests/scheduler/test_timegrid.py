"""Wall clock to instant, also on the two nights on which the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from scheduler import timegrid

TOKYO = ZoneInfo("Asia/Tokyo")
EDMONTON = ZoneInfo("America/Edmonton")
SPRING = date(2026, 3, 8)
AUTUMN = date(2026, 11, 1)


def test_a_bell_in_hokkaido_rings_nine_hours_before_utc() -> None:
    assert timegrid.instant(date(2026, 11, 26), time(8, 45), TOKYO) == datetime(
        2026, 11, 25, 23, 45, tzinfo=UTC
    )


def test_a_bell_in_alberta_rings_at_nine_before_and_after_the_clocks_change() -> None:
    before = timegrid.instant(date(2026, 10, 31), time(9), EDMONTON)
    after = timegrid.instant(date(2026, 11, 1), time(9), EDMONTON)

    assert after - before == timedelta(hours=25)
    assert [timegrid.local_time(i, EDMONTON) for i in (before, after)] == [time(9), time(9)]


def test_a_day_has_23_hours_in_spring_and_25_in_autumn() -> None:
    lengths = [timegrid.whole_day(d, EDMONTON).duration for d in (SPRING, AUTUMN, date(2026, 7, 1))]

    assert lengths == [timedelta(hours=23), timedelta(hours=25), timedelta(hours=24)]


def test_a_time_that_the_clocks_skip_is_the_instant_after_the_same_elapsed_time() -> None:
    skipped = timegrid.instant(SPRING, time(2, 30), EDMONTON)

    assert timegrid.local_time(skipped, EDMONTON) == time(3, 30)
    assert skipped - timegrid.instant(SPRING, time(1, 30), EDMONTON) == timedelta(hours=1)


def test_a_time_that_the_clocks_show_twice_is_the_first_of_the_two() -> None:
    twice = timegrid.instant(AUTUMN, time(1, 30), EDMONTON)

    assert twice == datetime(2026, 11, 1, 7, 30, tzinfo=UTC)
    assert timegrid.instant(AUTUMN, time(2, 30), EDMONTON) - twice == timedelta(hours=2)


def test_midnight_at_the_end_is_the_following_day() -> None:
    assert timegrid.span(SPRING, time(0), time(0), EDMONTON) == timegrid.whole_day(SPRING, EDMONTON)


def test_dates_include_both_ends() -> None:
    assert list(timegrid.dates(AUTUMN, AUTUMN + timedelta(days=2))) == [
        date(2026, 11, 1),
        date(2026, 11, 2),
        date(2026, 11, 3),
    ]


@given(
    st.dates(date(2020, 1, 1), date(2035, 12, 31)),
    st.times(),
    st.sampled_from(["Asia/Tokyo", "America/Edmonton", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]),
)
def test_an_instant_shows_its_date_and_time_again_unless_the_clocks_skip_it(
    day: date, at: time, name: str
) -> None:
    zone = ZoneInfo(name)

    instant = timegrid.instant(day, at, zone)

    shown = (timegrid.local_date(instant, zone), timegrid.local_time(instant, zone))
    if shown != (day, at):
        # Only a time that does not exist there may be shown as another, later one.
        assert shown > (day, at)
        assert (
            datetime.combine(day, at, zone).replace(fold=1).utcoffset()
            != instant.astimezone(zone).utcoffset()
        )
