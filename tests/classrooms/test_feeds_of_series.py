"""A weekly series in three programs: moved and cancelled dates, gaps, short days, clocks abroad."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import icalendar
import pytest

from classrooms import lessons, wishes
from classrooms.models import Lesson, Section
from scheduler import closures, feeds, readers
from scheduler.models import CalendarDay, User
from scheduler.names import Name
from tests import cast
from tests.cast import World, at
from tests.classrooms import feed_month, teaching
from tests.scheduler import calendar_readers
from tests.scheduler.calendar_readers import Shown

pytestmark = pytest.mark.both_databases
NOW = feed_month.NOW
WEEKS = [date(2027, 10, 28), date(2027, 11, 4), date(2027, 11, 11), date(2027, 11, 18)]


def weekly(world: World, section: Section, number: int = 2) -> list[Lesson]:
    wish = wishes.of_section(section)
    dates = [teaching.periods(wish, number, day) for day in WEEKS]
    made = lessons.book_series(wish, dates, by=world.suzuki, now=NOW, intention=uuid4(), skip_conflicts=True)
    return made[1]


def move(world: World, lesson: Lesson, day: date, number: int = 5) -> None:
    wish = wishes.of_section(lesson.section)
    periods = teaching.periods(wish, number, day)
    lessons.move(lesson, wish, periods, by=world.suzuki, now=NOW, intention=uuid4())


def content(user: User, now: datetime = NOW) -> bytes:
    live = feeds.live(feeds.own(user))
    secret = feeds.make(feeds.own(user), by=user, instead_of=live.pk if live else None, now=now)
    found = feeds.find(secret, now=now)
    assert found is not None
    whole = feeds.content(found[0], now=now)
    assert whole is not None
    return whole[1]


def shown(user: User, now: datetime = NOW) -> list[Shown]:
    return calendar_readers.shown_by_all(content(user, now))


def overrides(user: User) -> dict[str, tuple[str, str]]:
    """Start and status by RECURRENCE-ID, as written."""
    found: dict[str, tuple[str, str]] = {}
    for event in icalendar.Calendar.from_ical(content(user)).walk("VEVENT"):
        facts: dict[str, Any] = dict(event)
        if "RECURRENCE-ID" in facts:
            date_of, begins = (facts[name].to_ical().decode() for name in ("RECURRENCE-ID", "DTSTART"))
            found[date_of] = (begins, str(facts["STATUS"]))
    return found


def test_the_dates_of_a_series_share_its_uid_and_keep_their_recurrence_id(world: World) -> None:
    made = weekly(world, world.section)
    series = made[0].booking.series
    assert series is not None
    before = overrides(world.tanaka)

    move(world, made[0], date(2027, 10, 29))
    move(world, made[2], date(2027, 12, 2))
    lessons.cancel(made[1], by=world.suzuki, now=NOW, intention=uuid4())

    assert list(before) == [f"{day:%Y%m%d}T094500" for day in WEEKS]
    assert overrides(world.tanaka) == {
        "20271028T094500": ("20271029T132000", "CONFIRMED"),
        "20271104T094500": ("20271104T094500", "CANCELLED"),
        "20271111T094500": ("20271202T132000", "CONFIRMED"),
        "20271118T094500": ("20271118T094500", "CONFIRMED"),
    }
    found = shown(world.tanaka)
    assert [(event.start, event.status) for event in found] == [
        (at("13:20", date(2027, 10, 29)), "CONFIRMED"),
        (at("9:45", WEEKS[1]), "CANCELLED"),
        (at("9:45", WEEKS[3]), "CONFIRMED"),
        (at("13:20", date(2027, 12, 2)), "CONFIRMED"),
    ]
    assert {event.uid for event in found} == {f"{series.uid}@enkaku"}


def test_weeks_that_were_left_out_or_are_long_cancelled_do_not_come_back(world: World) -> None:
    closures.close(world.rebun, WEEKS[1], title=Name("学校祭", "Festival"), by=None, now=NOW)
    made = weekly(world, world.section)
    assert len(made) == 3
    lessons.cancel(made[1], by=world.suzuki, now=NOW, intention=uuid4())

    found = shown(world.tanaka, NOW + timedelta(days=20))
    assert [event.start for event in found] == [at("9:45", WEEKS[n]) for n in (0, 2, 3)]
    later = NOW + timedelta(days=31)
    assert [event.start for event in shown(world.tanaka, later)] == [at("9:45", WEEKS[n]) for n in (0, 3)]
    # 30 days after its first date the series begins with the next one that is left.
    assert [event.start for event in shown(world.tanaka, NOW + timedelta(days=45))] == [at("9:45", WEEKS[3])]


def test_a_short_day_is_its_week_s_date_at_another_time(world: World) -> None:
    for school in (world.rishiri, world.rebun):
        short = cast.add_bells(school, [("9:00", "9:45"), ("9:50", "10:35")], code="short", name="短縮")
        CalendarDay.objects.create(
            organisation=school, date=WEEKS[2], kind="day_type", title="短縮", day_type=short
        )
    weekly(world, world.section)

    assert overrides(world.tanaka)["20271111T094500"] == ("20271111T095000", "CONFIRMED")
    assert [event.start for event in shown(world.tanaka)][2] == at("9:50", WEEKS[2])


def test_a_school_abroad_has_its_own_clocks_over_their_change(world: World) -> None:
    month = feed_month.begin(world, 1)
    made = weekly(world, month.abroad)
    move(world, made[3], date(2027, 11, 19), 3)

    found = shown(month.lee)

    assert [event.start.astimezone(month.edmonton.zone).strftime("%d %H:%M") for event in found] == [
        "28 17:00", "04 17:00", "11 17:00", "19 18:00",
    ]  # fmt: skip
    # Japan's clocks do not change: 8:00, and 9:00 from November on.
    assert list(overrides(month.lee)) == [
        "20271029T080000", "20271105T080000", "20271112T080000", "20271119T080000",
    ]  # fmt: skip
    assert [event.start for event in shown(world.ito)] == [event.start for event in found]


def test_one_date_as_a_file_is_no_series(world: World) -> None:
    made = weekly(world, world.section)
    single = feeds.single(readers.of_user(world.tanaka, NOW, "ja"), made[1].booking.uid, now=NOW)

    assert single is not None
    (event,) = calendar_readers.shown_by_all(single)
    assert (event.uid, event.start) == (f"{made[1].booking.uid}@enkaku", at("9:45", WEEKS[1]))
