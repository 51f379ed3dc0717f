"""Simultaneous writers in several processes: whatever their order, nothing is ever booked twice."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta
from uuid import uuid4

import pytest

from scheduler import bookings
from scheduler.models import Booking, BookingChange, CalendarDay, Claim
from scheduler.plans import Plan
from tests.cast import NOW, THURSDAY, World
from tests.scheduler import plans, racing
from tests.scheduler.racing import Outcome, Task, race

pytestmark = [
    pytest.mark.both_databases,
    pytest.mark.usefixtures("transactional_db", "django_db_serialized_rollback"),
]


def assert_sound() -> None:
    assert racing.overlapping_claims() == 0
    assert racing.orphaned_claims() == 0
    assert racing.bare_parties() == 0
    assert racing.sides_on_closed_days() == []


def counted(outcomes: list[Outcome]) -> Counter[str]:
    return Counter(o.result for o in outcomes)


def test_64_requests_for_one_slot_make_one_booking_and_63_explained_refusals(world: World) -> None:
    tasks = [Task("book", plans.joint(world, 2)) for _ in range(64)]

    outcomes = race(tasks, by=world.suzuki, now=NOW)

    assert counted(outcomes) == {"done": 1, "refused": 63}
    assert {o.reasons for o in outcomes if o.result == "refused"} == {
        ("person", "class_group", "receiving_set", "class_group", "receiving_set")
    }
    assert (Booking.objects.count(), Claim.objects.count(), BookingChange.objects.count()) == (1, 6, 1)
    assert_sound()


def test_one_request_sent_32_times_at_once_is_one_booking_and_32_equal_answers(world: World) -> None:
    task = Task("book", plans.joint(world, 2))

    outcomes = race([task] * 32, by=world.suzuki, now=NOW)

    assert counted(outcomes) == {"done": 32}
    assert {o.booking for o in outcomes} == {Booking.objects.get().pk}
    assert_sound()


def test_32_holds_and_bookings_that_share_one_school_take_each_period_once(world: World) -> None:
    rishiri = [plans.lesson(world, plans.rishiri_side(world, n)) for n in (1, 2, 3, 4)]
    tasks = [Task(verb, plan) for verb in ("hold", "book") for plan in rishiri for _ in range(4)]

    outcomes = race(tasks, by=world.suzuki, now=NOW)

    assert counted(outcomes) == {"done": 4, "refused": 28}
    assert_sound()


def slots(world: World, days: list[date]) -> list[Plan]:
    """Joint and single lessons at every period of the days, by either teacher."""
    found = []
    for day in days:
        for number in range(1, 7):
            rishiri, rebun = plans.rishiri_side(world, number, day), plans.rebun_side(world, number, day)
            found += [
                plans.lesson(world, rishiri, rebun),
                plans.lesson(world, rishiri, teacher=world.ito_person.pk),
                plans.lesson(world, rebun),
            ]
    return found


def test_40_moves_against_40_bookings_against_10_closures_leave_nothing_twice_and_nothing_on_a_closed_day(
    world: World,
) -> None:
    days = [THURSDAY + timedelta(days=n) for n in (0, 1, 4, 5, 6, 7, 8, 11, 12, 13)]
    dice = random.Random(20261121)
    booked = []
    for day in days:
        for number in (1, 2, 4, 5):
            plan = plans.joint(world, number, day)
            booked.append(bookings.book(plan, by=world.suzuki, now=NOW, intention=uuid4()))
    wanted = slots(world, days)
    tasks = [Task("move", dice.choice(wanted), booking=booking.pk) for booking in booked]
    tasks += [Task("book", plan) for plan in dice.sample(wanted, 40)]
    schools = [world.rishiri.pk, world.rebun.pk]
    tasks += [Task("close", school=dice.choice(schools), day=day) for day in days]
    dice.shuffle(tasks)

    outcomes = race(tasks, by=world.suzuki, now=NOW)

    assert set(counted(outcomes)) <= {"done", "refused"}
    assert all(o.result == "done" for o in outcomes if o.task.verb == "close")
    assert CalendarDay.objects.count() == 10
    # Some of each won, or there was no race.
    assert {o.task.verb for o in outcomes if o.result == "done"} == {"move", "book", "close"}
    assert_sound()


def test_20_moves_and_20_cancellations_of_the_same_bookings_end_with_all_of_them_cancelled(
    world: World,
) -> None:
    days = [THURSDAY + timedelta(days=n) for n in (0, 1, 4, 5)]
    booked = [
        bookings.book(plans.joint(world, n, day), by=world.suzuki, now=NOW, intention=uuid4())
        for day in days
        for n in range(1, 6)
    ]
    tasks = [Task("move", plans.joint(world, 6, days[0]), booking=b.pk) for b in booked]
    tasks += [Task("cancel", booking=b.pk) for b in booked]
    random.Random(7).shuffle(tasks)

    outcomes = race(tasks, by=world.suzuki, now=NOW)

    assert set(counted(outcomes)) <= {"done", "refused"}
    assert set(Booking.objects.values_list("state", flat=True)) == {"cancelled"}
    assert Claim.objects.count() == 0


def test_a_series_called_off_four_times_while_its_dates_are_moved_and_called_off_ends_cancelled(
    world: World,
) -> None:
    days = [THURSDAY + timedelta(weeks=n) for n in range(8)]
    _series, booked, _refused = bookings.book_series(
        [plans.joint(world, 2, day) for day in days], by=world.suzuki, now=NOW, intention=uuid4(),
        skip_conflicts=False,
    )  # fmt: skip
    tasks = [Task("cancel series", booking=booked[0].pk) for _time in range(4)]
    tasks += [
        Task("move", plans.joint(world, 5, day), booking=b.pk) for day, b in zip(days, booked, strict=True)
    ]
    tasks += [Task("cancel", booking=b.pk) for b in booked[::2]]
    random.Random(11).shuffle(tasks)

    outcomes = race(tasks, by=world.suzuki, now=NOW)

    assert set(counted(outcomes)) <= {"done", "refused"}
    assert set(Booking.objects.values_list("state", flat=True)) == {"cancelled"}
    assert Claim.objects.count() == 0
    assert BookingChange.objects.filter(verb="cancel").count() == len(booked)
