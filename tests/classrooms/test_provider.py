"""What Today, feeds and notices are told of lessons, for each reader."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from classrooms import lessons
from classrooms.provider import LessonProvider
from scheduler.models import Booking, User
from scheduler.providers import Entry, Reader, Seen
from tests.cast import NOW, THURSDAY, World, at
from tests.classrooms import teaching


def _reader(user: User, language: str = "ja") -> Reader:
    return Reader(user, tuple(user.memberships.select_related("organisation")), language)


def _entry(user: User, booking: Booking, now: datetime = NOW, language: str = "ja") -> Entry:
    (entry,) = LessonProvider().entries([booking], _reader(user, language), now)
    return entry


def test_entry_of_a_school_has_its_own_period_and_set(world: World) -> None:
    lesson = teaching.book(world.section, 2)

    entry = _entry(world.kudo, lesson.booking)

    assert (entry.interval.start, entry.interval.end) == (at("9:50"), at("10:40"))
    assert (entry.period, entry.place) == ("2校時", "受信機材1")
    assert entry.detail == "佐藤 直子先生 利尻と合同"
    assert (entry.state, entry.state_words) == ("planned", "予定")


def test_entry_of_the_teacher_has_the_whole_with_its_legs(world: World) -> None:
    lesson = teaching.book(world.section, 2)

    entry = _entry(world.sato, lesson.booking)

    assert (entry.interval.start, entry.interval.end) == (at("9:45"), at("10:40"))
    assert (entry.title, entry.detail, entry.place) == ("数学Ⅱ（2年・合同）", "利尻・礼文", "配信室1")
    assert [(leg.name, leg.detail) for leg in entry.legs] == [("利尻", "2年A組 6名"), ("礼文", "2年A組 5名")]


def test_entry_of_the_planner_says_who_teaches_and_where(world: World) -> None:
    lesson = teaching.book(world.section, 2)

    entry = _entry(world.suzuki, lesson.booking)

    assert (entry.detail, entry.place) == ("利尻・礼文", "佐藤 直子先生 配信室1")


def test_entry_tells_a_school_of_its_partner_no_class_and_no_number(world: World) -> None:
    lesson = teaching.book(world.section, 2)

    entry = _entry(world.nakamura, lesson.booking)

    assert [(leg.name, leg.detail) for leg in entry.legs] == [("利尻", "2年A組 6名"), ("礼文", "")]


def test_entry_in_english_is_english(world: World) -> None:
    lesson = teaching.book(world.section, 2)

    entry = _entry(world.sato, lesson.booking, language="en")

    assert (entry.title, entry.detail) == ("Mathematics II (year 2, joint)", "Rishiri, Rebun")
    assert (entry.period, entry.place, entry.state_words) == ("Period 2", "Studio 1", "planned")


@pytest.mark.parametrize(
    ("clock", "state", "has_room"),
    [
        ("9:24", "planned", False),
        ("9:25", "soon", True),
        ("9:45", "live", True),
        ("10:40", "over", True),
        ("10:50", "over", False),
    ],
)
def test_entry_opens_the_room_twenty_minutes_before_and_shuts_it_ten_after(
    world: World, clock: str, state: str, has_room: bool
) -> None:
    lesson = teaching.book(world.section, 2)

    entry = _entry(world.sato, lesson.booking, at(clock))

    assert (entry.state, bool(entry.room_url)) == (state, has_room)


def test_entry_of_a_school_that_left_is_cancelled_for_it_alone(world: World) -> None:
    lesson = teaching.book(world.section, 2)
    reception = lesson.receptions.get(school=world.rishiri)
    lessons.withdraw_school(reception, by=world.nakamura, now=NOW, intention=uuid4(), reason="学校祭")

    left = _entry(world.nakamura, Booking.objects.get())
    stays = _entry(world.kudo, Booking.objects.get())

    assert (left.state, left.note) == ("cancelled", "学校祭")
    assert (stays.state, stays.note) == ("planned", "利尻は不参加")


def test_event_has_no_pupils_and_its_sides_own_period(world: World) -> None:
    lesson = teaching.book(world.section, 2)

    side = lesson.booking.participants.get(organisation=world.rebun)
    (event,) = LessonProvider().calendar([Seen(lesson.booking, side.pk)], "ja")

    assert event.summary == "数学Ⅱ（2年・合同） 佐藤 直子先生 利尻と合同"
    assert event.interval.start == at("9:50")
    assert event.location == "受信機材1"
    assert not event.is_cancelled
    assert "名" not in event.summary


def test_entries_and_calendars_take_the_same_queries_for_one_and_for_three(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    made = [teaching.book(world.section, 2, day=THURSDAY + timedelta(weeks=n)).booking for n in range(3)]
    provider, reader = LessonProvider(), _reader(world.sato)

    for bookings in (made[:1], made):
        found = list(Booking.objects.filter(pk__in=[b.pk for b in bookings]).select_related("organiser"))
        with django_assert_num_queries(3):
            provider.entries(found, reader, NOW)
        with django_assert_num_queries(3):
            provider.calendar([Seen(booking, 0) for booking in found], "ja")


def test_needs_name_the_hold_that_runs_out(world: World) -> None:
    lesson = teaching.hold(world, 2)

    (need,) = LessonProvider().needs(_reader(world.sato), NOW)

    assert need.title == "「数学Ⅱ（2年・合同）」の仮押さえを確定してください"
    assert need.detail == "11月26日（木）9:45–10:40（9:10まで）"
    assert need.url == f"/lessons/{lesson.booking.uid}/"
    assert list(LessonProvider().needs(_reader(world.ito), NOW)) == []
