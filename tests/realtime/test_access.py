"""The gate: who may enter, when, as what; absent and forbidden are the same answer."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from realtime import access
from realtime.access import Admission, Reason, Refusal
from scheduler import bookings, permissions
from scheduler.models import Booking, Location, Membership, Resource, User
from tests.cast import NOW, World, at
from tests.realtime.lessons import book_lesson, book_practice

START = at("9:45")


@pytest.fixture
def lesson(world: World) -> Booking:
    return book_lesson(world, START, now=NOW)


def reason(user: User, booking: Booking, now: datetime) -> str:
    """ "" for an admission."""
    decision = access.decide(user, booking.uid, now)
    return decision.reason if isinstance(decision, Refusal) else ""


@pytest.mark.parametrize(
    ("who", "role", "is_school"),
    [
        ("sato", "host", False),
        ("rishiri_device", "guest", True),
        ("tanaka", "guest", True),
        ("kudo", "guest", True),
        ("suzuki", "guest", False),
        ("admin", "guest", False),
    ],
)
def test_decide_admits_those_who_take_part(
    world: World, lesson: Booking, who: str, role: str, is_school: bool
) -> None:
    decision = access.decide(getattr(world, who), lesson.uid, START)

    assert isinstance(decision, Admission)
    assert (decision.role, decision.is_school, decision.mode) == (role, is_school, "star")


@pytest.mark.parametrize("who", ["kato", "ito"])
def test_decide_refuses_everybody_else_as_if_there_were_no_room(
    world: World, lesson: Booking, who: str
) -> None:
    user = getattr(world, who)

    assert access.decide(user, lesson.uid, START) == Refusal(Reason.NO_RIGHT)
    assert access.decide(user, uuid4(), START) == Refusal(Reason.NO_RIGHT)
    assert access.decide(user, lesson.uid, START - timedelta(days=1)) == Refusal(Reason.NO_RIGHT)


def test_who_has_moved_on_neither_enters_nor_opens_what_they_were_booked_for(
    world: World, lesson: Booking
) -> None:
    """A posting ends in March, and the lessons of April are still in the name of who has left."""
    world.sato.memberships.update(valid_until=START.date())

    assert access.decide(world.sato, lesson.uid, START) == Refusal(Reason.NO_RIGHT)
    assert lesson not in permissions.visible_bookings(world.sato, START)
    assert lesson in permissions.visible_bookings(world.sato, START - timedelta(days=1))


def test_decide_admits_to_a_confidential_booking_its_persons_alone(world: World, lesson: Booking) -> None:
    Booking.objects.filter(pk=lesson.pk).update(visibility=Booking.Visibility.CONFIDENTIAL)

    assert reason(world.sato, lesson, START) == ""
    for who in (world.rishiri_device, world.tanaka, world.kudo, world.suzuki, world.admin):
        assert access.decide(who, lesson.uid, START) == Refusal(Reason.NO_RIGHT)


def test_decide_opens_twenty_minutes_before_and_closes_ten_minutes_after(
    world: World, lesson: Booking
) -> None:
    opens, closes = START - timedelta(minutes=20), lesson.end + timedelta(minutes=10)
    second = timedelta(seconds=1)

    answers = [reason(world.sato, lesson, now) for now in (opens - second, opens, closes - second, closes)]

    assert answers == [Reason.TOO_EARLY, "", "", Reason.ENDED]
    early = access.decide(world.sato, lesson.uid, opens - second)
    assert isinstance(early, Refusal)
    assert early.window is not None
    assert early.window.start == opens


def test_decide_refuses_a_cancelled_lesson_to_its_own_and_hides_it_from_others(
    world: World, lesson: Booking
) -> None:
    bookings.cancel(lesson, by=world.suzuki, now=NOW, intention=uuid4())

    assert reason(world.sato, lesson, START) == Reason.CANCELLED
    assert reason(world.tanaka, lesson, START) == Reason.CANCELLED
    assert reason(world.kato, lesson, START) == Reason.NO_RIGHT


def test_decide_refuses_a_withdrawn_school_and_admits_the_other(world: World, lesson: Booking) -> None:
    rebun = lesson.participants.get(organisation=world.rebun)

    bookings.withdraw(rebun, by=world.kudo, now=NOW, intention=uuid4())

    assert reason(world.rebun_device, lesson, START) == Reason.NO_RIGHT
    assert reason(world.rishiri_device, lesson, START) == ""


def test_decide_reads_posts_by_the_clocks_of_their_own_organisation(world: World, lesson: Booking) -> None:
    # 8:00 in Japan is still the day before in UTC.
    post = Membership.objects.get(user=world.tanaka)
    post.valid_from = date(2026, 11, 26)
    post.save()
    morning = book_lesson(world, at("8:00"), now=NOW)

    assert reason(world.tanaka, morning, at("8:00")) == ""
    assert reason(world.tanaka, lesson, at("9:45")) == ""
    post.valid_until = date(2026, 11, 27)
    post.save()
    assert reason(world.tanaka, lesson, at("9:45")) == ""
    post.valid_from, post.valid_until = date(2026, 4, 1), date(2026, 11, 26)
    post.save()
    assert reason(world.tanaka, lesson, at("9:45")) == Reason.NO_RIGHT


def test_decide_refuses_a_closed_account(world: World, lesson: Booking) -> None:
    User.objects.filter(pk=world.sato.pk).update(is_active=False)

    assert access.decide_for(world.sato.pk, lesson.uid, START) == Refusal(Reason.NO_RIGHT)


def test_decide_admits_whoever_has_a_post_to_the_practice_room(world: World) -> None:
    practice = book_practice(world, now=NOW)

    decision = access.decide(world.tanaka, practice.uid, NOW)

    assert isinstance(decision, Admission)
    assert (decision.mode, decision.role, decision.organisation) == ("mesh", "guest", world.rishiri)
    assert reason(world.ito, practice, NOW) == ""
    assert reason(world.kato, practice, NOW) == Reason.NO_RIGHT


def test_decide_puts_a_device_on_the_side_of_its_own_set(world: World, lesson: Booking) -> None:
    other_set = Location.objects.create(
        kind=Resource.Kind.RECEIVING_SET, organisation=world.rishiri, name="受信機材2", position=2
    )
    first = lesson.participants.get(organisation=world.rishiri)
    second = lesson.participants.create(
        organisation=world.rishiri, role="guest", location=other_set, start=first.start, end=first.end
    )
    Membership.objects.filter(user=world.rishiri_device).update(location=other_set)

    decision = access.decide(world.rishiri_device, lesson.uid, START)

    assert isinstance(decision, Admission)
    assert decision.participant == second


@pytest.mark.parametrize("many", [1, 3])
def test_decide_asks_the_database_as_often_for_many_posts_as_for_one(
    world: World, lesson: Booking, many: int, django_assert_max_num_queries: Any
) -> None:
    for organisation in [world.rebun, world.centre][: many - 1]:
        Membership.objects.create(
            user=world.tanaka, organisation=organisation, role="room_staff", valid_from=date(2026, 4, 1)
        )

    with django_assert_max_num_queries(2):
        access.decide_for(world.tanaka.pk, lesson.uid, START)
