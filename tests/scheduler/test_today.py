"""Today: what is next, for whom, and at what cost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from scheduler import bookings, providers, readers, today
from scheduler.models import Booking, CalendarDay, Location, Membership, Resource, Role, User
from scheduler.providers import Need
from tests.cast import THURSDAY, World, at
from tests.scheduler.plain_provider import PlainProvider, lessons_by_title_alone
from tests.scheduler.plans import joint, lesson, rishiri_side

MONDAY = date(2026, 11, 30)
BEFORE = at("9:33")


@pytest.fixture(autouse=True)
def core_alone(world: World) -> Iterator[None]:
    with lessons_by_title_alone():
        yield


def book(world: World, number: int, day: date = THURSDAY) -> Booking:
    return bookings.book(
        joint(world, number, day), by=world.suzuki, now=at("9:00", date(2026, 11, 24)), intention=uuid4()
    )


def page_of(user: User, *, now: datetime = BEFORE, day: date = THURSDAY) -> today.Page:
    return today.page(readers.of_user(user, now, "ja"), day, now)


def titles(page: today.Page) -> list[str]:
    return [row.entry.title for row in page.rows]


def test_next_of_a_teacher_is_the_first_lesson_still_to_come_with_its_minutes(world: World) -> None:
    book(world, 1)
    second = book(world, 2)
    book(world, 5)

    page = page_of(world.sato, now=at("9:42"))

    assert page.upcoming is not None
    assert page.upcoming.entry.booking == second
    assert page.upcoming.to_start == today.Countdown(at("9:45"), 0, 3)
    assert [row.is_next for row in page.rows] == [False, True, False]


def test_next_is_the_running_lesson_until_its_own_end(world: World) -> None:
    running = book(world, 2)
    later = book(world, 3)

    during, after = page_of(world.tanaka, now=at("10:34")), page_of(world.tanaka, now=at("10:35"))

    assert during.upcoming is not None
    assert (during.upcoming.entry.booking, during.upcoming.to_start) == (running, None)
    assert during.upcoming.to_end.minutes == 1
    assert after.upcoming is not None
    assert after.upcoming.entry.booking == later


@pytest.mark.parametrize(
    ("seconds", "hours", "minutes"),
    [(1, 0, 1), (60, 0, 1), (61, 0, 2), (3540, 0, 59), (3541, 1, 0), (3600, 1, 0), (7321, 2, 3)],
)
def test_countdown_counts_a_minute_begun(seconds: int, hours: int, minutes: int) -> None:
    until = BEFORE + timedelta(seconds=seconds)

    assert today.countdown(until, BEFORE) == today.Countdown(until, hours, minutes)


def test_day_of_a_teacher_holds_their_own_lessons_alone(world: World) -> None:
    book(world, 2)
    others = lesson(world, rishiri_side(world, 3), title="物理基礎", teacher=world.ito_person.pk)
    bookings.book(others, by=world.suzuki, now=BEFORE, intention=uuid4())

    assert titles(page_of(world.sato)) == ["数学Ⅱ 合同"]
    assert titles(page_of(world.ito)) == ["物理基礎"]
    assert titles(page_of(world.suzuki)) == ["数学Ⅱ 合同", "物理基礎"]


@pytest.mark.parametrize("name", ["nakamura", "tanaka", "rishiri_device"])
def test_day_of_a_school_holds_what_it_takes_part_in(world: World, name: str) -> None:
    book(world, 2)
    bookings.book(
        lesson(world, rishiri_side(world, 3), title="利尻だけ"), by=world.sato, now=BEFORE, intention=uuid4()
    )

    assert titles(page_of(getattr(world, name))) == ["数学Ⅱ 合同", "利尻だけ"]
    assert titles(page_of(world.kudo)) == ["数学Ⅱ 合同"]


def test_next_of_a_receiving_set_is_its_own_lesson_before_the_schools(world: World) -> None:
    others = book(world, 2)
    own = book(world, 3)
    elsewhere = Location.objects.create(
        kind=Resource.Kind.RECEIVING_SET, organisation=world.rishiri, name="受信機材2", position=2
    )
    others.participants.filter(organisation=world.rishiri).update(location=elsewhere)

    page = page_of(world.rishiri_device)
    bookings.cancel(own, by=world.suzuki, now=BEFORE, intention=uuid4())
    without_own = page_of(world.rishiri_device)

    assert page.upcoming is not None
    assert page.upcoming.entry.booking == own
    assert without_own.upcoming is not None
    assert without_own.upcoming.entry.booking == others


def test_day_of_a_stranger_is_empty_and_says_that_no_post_is_known(world: World) -> None:
    book(world, 2)

    page = page_of(world.kato)

    assert (page.rows, page.upcoming, page.has_post, page.next_day) == ([], None, False, None)


def test_day_without_lessons_names_the_next_day_with_some(world: World) -> None:
    book(world, 2, MONDAY)

    page = page_of(world.tanaka, day=date(2026, 11, 27), now=at("9:00", date(2026, 11, 27)))

    assert (page.rows, page.next_day) == ([], MONDAY)
    assert page.later is not None
    assert (page.later.entry.title, page.later.entry.interval.start) == ("数学Ⅱ 合同", at("9:45", MONDAY))
    assert page.is_bare


def test_day_that_is_over_names_the_next_day_with_some(world: World) -> None:
    book(world, 2)
    book(world, 2, MONDAY)

    page = page_of(world.tanaka, now=at("17:00"))

    assert (len(page.rows), page.upcoming, page.next_day) == (1, None, MONDAY)


def test_cancelled_lesson_stays_in_the_day_and_is_never_next(world: World) -> None:
    cancelled = book(world, 2)
    bookings.cancel(cancelled, by=world.suzuki, now=BEFORE, intention=uuid4())

    page = page_of(world.sato)

    assert [(row.entry.booking, row.is_off) for row in page.rows] == [(cancelled, True)]
    assert page.upcoming is None


def test_hold_is_in_the_day_until_it_expires(world: World) -> None:
    bookings.hold(joint(world, 3), by=world.sato, now=BEFORE, intention=uuid4())

    assert len(page_of(world.sato).rows) == 1
    assert page_of(world.sato, now=BEFORE + bookings.HOLD_FOR).rows == []


def test_overview_counts_what_runs_and_what_starts_next(world: World) -> None:
    book(world, 2)
    book(world, 3)

    page = page_of(world.admin, now=at("10:00"))

    assert page.upcoming is None
    assert page.overview == today.Overview(running=1, starts_at=at("10:45"), starting=1)


def test_another_day_has_no_countdown(world: World) -> None:
    book(world, 2, MONDAY)

    page = page_of(world.sato, day=MONDAY)

    assert (len(page.rows), page.upcoming, page.is_today) == (1, None, False)


def test_school_sees_its_closure_and_the_centre_does_not(world: World) -> None:
    CalendarDay.objects.create(
        organisation=world.rishiri, date=THURSDAY, kind="closure", title="臨時休業（暴風雪）"
    )

    (closed,) = page_of(world.tanaka).closed

    assert (closed.school.ja, closed.closure.title.ja, closed.is_all_day) == (
        "利尻",
        "臨時休業（暴風雪）",
        True,
    )
    assert page_of(world.kudo).closed == []
    assert page_of(world.suzuki).closed == []


def test_what_needs_the_reader_is_counted_apart_from_what_there_is_to_read(world: World) -> None:
    providers.register("lesson", PlainProvider([Need("出欠を確定してください", "", "/somewhere/")]))
    world.sato.notices.create(
        kind="lesson_booked", dedupe_key="one", due_at=BEFORE,
        params={"title": ["数学Ⅱ", ""], "after": [at("9:45").isoformat(), at("10:40").isoformat()],
                "zone": "Asia/Tokyo", "home_zone": "Asia/Tokyo"},
    )  # fmt: skip

    page = page_of(world.sato)

    assert (len(page.needs), page.unread) == (1, 1)
    assert (len(page_of(world.ito).needs), page_of(world.ito).unread) == (1, 0)


def test_post_begins_at_midnight_in_japan_not_in_greenwich(world: World) -> None:
    Membership.objects.create(
        user=world.kato, organisation=world.rishiri, role=Role.SCHOOL_COORDINATOR, valid_from=THURSDAY
    )
    book(world, 2)

    assert page_of(world.kato, now=at("0:01")).has_post
    assert not page_of(world.kato, now=at("0:00") - timedelta(seconds=1), day=date(2026, 11, 25)).has_post


@pytest.mark.parametrize("name", ["sato", "tanaka", "suzuki"])
@pytest.mark.parametrize("lessons", [1, 3])
def test_queries_do_not_grow_with_the_day(
    world: World, name: str, lessons: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(1, lessons + 1):
        book(world, number)
    expected = {"sato": 7, "tanaka": 12, "suzuki": 7}

    with django_assert_num_queries(expected[name]):
        page = page_of(getattr(world, name))

    assert len(page.rows) == lessons
