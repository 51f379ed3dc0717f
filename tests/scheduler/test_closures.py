"""A closure takes one school out of its lessons and leaves the others standing."""

from __future__ import annotations

from datetime import time
from uuid import uuid4

import pytest

from scheduler import bookings, closures
from scheduler.bookings import ConflictError
from scheduler.conflicts import Kind
from scheduler.models import CalendarDay, Claim
from scheduler.names import Name
from tests.cast import NOW, THURSDAY, World, at
from tests.scheduler import plans

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

BLIZZARD = Name("臨時休業（暴風雪）", "Closed (blizzard)")


def test_close_takes_the_school_out_and_leaves_the_joint_lesson_to_the_other(world: World) -> None:
    joint = bookings.book(plans.joint(world, 2), by=world.sato, now=NOW, intention=uuid4())
    alone = bookings.book(
        plans.lesson(world, plans.rishiri_side(world, 4)), by=world.sato, now=NOW, intention=uuid4()
    )

    closed = closures.close(world.rishiri, THURSDAY, title=BLIZZARD, by=world.nakamura, now=NOW)

    assert closed.bookings == (joint, alone)
    joint.refresh_from_db()
    alone.refresh_from_db()
    assert (joint.state, alone.state) == ("confirmed", "cancelled")
    assert not Claim.objects.filter(resource__organisation=world.rishiri).exists()
    assert joint.participants.standing().filter(organisation=world.rebun).exists()


def test_close_from_an_hour_leaves_the_morning(world: World) -> None:
    morning = bookings.book(
        plans.lesson(world, plans.rishiri_side(world, 1)), by=world.sato, now=NOW, intention=uuid4()
    )

    closed = closures.close(
        world.rishiri, THURSDAY, title=BLIZZARD, by=world.nakamura, now=NOW, closed_from=time(11)
    )

    assert closed.bookings == ()
    morning.refresh_from_db()
    assert morning.state == "confirmed"
    with pytest.raises(ConflictError) as refusal:
        bookings.book(
            plans.lesson(world, plans.rishiri_side(world, 3)), by=world.sato, now=NOW, intention=uuid4()
        )
    conflict = refusal.value.verdict.conflicts[0]
    assert (conflict.kind, conflict.subject, conflict.closed and conflict.closed.start) == (
        Kind.CLOSED_DAY,
        BLIZZARD,
        at("11:00"),
    )


def test_close_leaves_what_is_over_at_the_school_and_takes_what_runs_on(world: World) -> None:
    over = bookings.book(plans.joint(world, 2), by=world.sato, now=NOW, intention=uuid4())
    running = bookings.book(
        plans.lesson(world, plans.rishiri_side(world, 3)), by=world.sato, now=NOW, intention=uuid4()
    )

    closed = closures.close(world.rishiri, THURSDAY, title=BLIZZARD, by=world.nakamura, now=at("10:50"))
    rebun = closures.close(world.rebun, THURSDAY, title=BLIZZARD, by=world.kudo, now=at("10:39"))

    over.refresh_from_db()
    assert (closed.bookings, rebun.bookings) == ((running,), (over,))
    assert (over.state, over.end) == ("confirmed", at("10:35"))


def test_close_of_another_grade_leaves_this_one(world: World) -> None:
    booking = bookings.book(plans.joint(world, 2), by=world.sato, now=NOW, intention=uuid4())

    closed = closures.close(world.rishiri, THURSDAY, title=BLIZZARD, by=None, now=NOW, grade=3)

    assert closed.bookings == ()
    assert booking.participants.standing().count() == 3


def test_closing_twice_is_no_error_and_reopening_allows_booking_again(world: World) -> None:
    closed = closures.close(world.rishiri, THURSDAY, title=BLIZZARD, by=None, now=NOW)
    again = closures.close(world.rishiri, THURSDAY, title=BLIZZARD, by=None, now=NOW)
    assert again.calendar_day == closed.calendar_day

    closures.reopen(closed.calendar_day, by=world.nakamura, now=NOW)

    assert CalendarDay.objects.get().withdrawn_at == NOW
    assert bookings.check(plans.joint(world, 2), now=NOW).is_free
