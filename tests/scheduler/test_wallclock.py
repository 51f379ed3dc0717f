"""Dates and times as people read them."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils.translation import override

from scheduler import wallclock
from scheduler.names import Name
from tests.cast import THURSDAY, TOKYO, at

FRIDAY = date(2026, 11, 27)


@pytest.mark.parametrize(
    ("language", "day", "range_", "moment", "point"),
    [
        ("ja", "11月26日（木）", "9:45–10:40", "11月26日（木）9:45–10:40", "11月26日（木）9:45"),
        ("en", "Thu 26 Nov", "9:45–10:40", "Thu 26 Nov, 9:45–10:40", "Thu 26 Nov, 9:45"),
    ],
)
def test_times_are_written_as_the_design_has_them(
    language: str, day: str, range_: str, moment: str, point: str
) -> None:
    start, end = at("9:45"), at("10:40")

    assert wallclock.day(THURSDAY, language) == day
    assert wallclock.clock_range(start, end, TOKYO, language) == range_
    assert wallclock.moment(start, end, TOKYO, language) == moment
    assert wallclock.point(start, TOKYO, language) == point


def test_year_stands_where_it_is_asked_for() -> None:
    assert wallclock.day(THURSDAY, "ja", year=True) == "2026年11月26日（木）"
    assert wallclock.day(THURSDAY, "en", year=True) == "Thu 26 Nov 2026"


@pytest.mark.parametrize(
    ("start", "end", "written"),
    [
        (at("23:30"), at("0:00", FRIDAY), "23:30–24:00"),
        (at("0:00"), at("0:00", FRIDAY), "0:00–24:00"),
        (at("23:30"), at("0:30", FRIDAY), "23:30–11月27日（金）0:30"),
    ],
)
def test_range_over_midnight_says_so(start: datetime, end: datetime, written: str) -> None:
    assert wallclock.clock_range(start, end, TOKYO, "ja") == written


def test_range_follows_the_clocks_of_the_place() -> None:
    # 1 November 2026: in Alberta 1:30 comes twice, an hour apart.
    edmonton = ZoneInfo("America/Edmonton")
    start = datetime(2026, 11, 1, 7, 30, tzinfo=ZoneInfo("UTC"))
    end = datetime(2026, 11, 1, 8, 30, tzinfo=ZoneInfo("UTC"))

    assert wallclock.clock_range(start, end, edmonton, "en") == "1:30–1:30"
    assert wallclock.clock_range(start, end, TOKYO, "en") == "16:30–17:30"


@pytest.mark.parametrize(
    ("clock", "ja", "en"),
    [
        ("9:03", "午前9時03分", "9:03 am"),
        ("0:05", "午前0時05分", "12:05 am"),
        ("12:00", "午後0時00分", "12:00 pm"),
        ("21:33", "午後9時33分", "9:33 pm"),
    ],
)
def test_clock_is_spoken_in_halves_of_the_day(clock: str, ja: str, en: str) -> None:
    assert wallclock.spoken_clock(at(clock), TOKYO, "ja") == ja
    assert wallclock.spoken_clock(at(clock), TOKYO, "en") == en


@pytest.mark.parametrize(
    ("on", "year"),
    [
        (date(2026, 4, 1), "令和8年"),
        (date(2019, 5, 1), "令和元年"),
        (date(2019, 4, 30), "平成31年"),
        (date(1989, 1, 7), "昭和64年"),
        (date(1900, 1, 1), "1900年"),
    ],
)
def test_era_changes_on_its_day(on: date, year: str) -> None:
    assert wallclock.era_year(on) == year


@pytest.mark.parametrize(
    ("on", "year"), [(date(2026, 3, 31), 2025), (date(2026, 4, 1), 2026), (date(2027, 1, 1), 2026)]
)
def test_school_year_begins_in_april(on: date, year: int) -> None:
    assert wallclock.school_year(on) == year


def written(source: str, language: str = "ja", **facts: object) -> str:
    with override(language):
        return Template(source).render(Context(facts))


def test_tags_write_in_the_language_of_the_page() -> None:
    facts: dict[str, Any] = {
        "start": at("9:45"),
        "end": at("10:40"),
        "zone": TOKYO,
        "name": Name("利尻", "Rishiri"),
        "day": THURSDAY,
    }
    source = "{% local_moment start end zone %} {{ name|in_language }} {{ 2026|school_year }}"

    assert written(source, **facts) == "11月26日（木）9:45–10:40 利尻 令和8年度"
    assert written(source, "en", **facts) == "Thu 26 Nov, 9:45–10:40 Rishiri School year 2026"
    assert (
        written("{% local_date day %} {% local_date start zone %}", **facts)
        == "11月26日（木） 11月26日（木）"
    )
    assert written("{% local_range start end %}", **facts) == "9:45–10:40"
    assert written("{{ nothing|in_language }}") == ""


def test_chip_is_a_word_with_its_sign_and_nothing_of_it_is_markup() -> None:
    chip = written("{% chip words state %}", words="<b>授業中</b>", state="live")

    assert chip.startswith('<span class="chip live"><svg class="ico"')
    assert "&lt;b&gt;授業中" in chip
    assert (
        written("{% chip words state %}", words="予定", state="planned") == '<span class="chip">予定</span>'
    )
    assert "予定" in written("{% chip words state %}", words="予定", state="unheard of")


@pytest.mark.parametrize(
    ("start", "end", "japanese", "english"),
    [
        (time(13), None, "13:00から", "from 13:00"),
        (time(0), time(12), "12:00まで", "until 12:00"),
        (time(9), time(12, 30), "9:00–12:30", "9:00–12:30"),
        (None, time(0), "", ""),
    ],
)
def test_a_part_of_a_day_names_no_end_that_is_the_days_own(
    start: time | None, end: time | None, japanese: str, english: str
) -> None:
    assert wallclock.part_of_day(start, end, "ja") == japanese
    assert wallclock.part_of_day(start, end, "en") == english
