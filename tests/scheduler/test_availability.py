"""What is free when, from memory, held against a look at every claim."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler import availability as availabilities
from scheduler import bookings
from scheduler.availability import Kept, Taken
from scheduler.conflicts import Holder
from scheduler.intervals import Interval
from scheduler.names import Name
from scheduler.plans import Override
from tests.cast import NOW, THURSDAY, World, at
from tests.scheduler import plans

MINUTE = timedelta(minutes=1)
ORIGIN = datetime(2026, 11, 26, tzinfo=UTC)
DAY = date(2026, 11, 26)


def stretch(start: int, length: int) -> Interval:
    return Interval(ORIGIN + start * MINUTE, ORIGIN + (start + length) * MINUTE)


def claim(start: int, length: int, unit: int) -> Taken:
    at = stretch(start, length)
    return Taken(1, at.start, at.end, unit, 7, "数学", "", "lesson", "confirmed", None, ORIGIN, None)


@given(
    st.lists(st.builds(claim, st.integers(0, 200), st.integers(1, 120), st.integers(0, 2)), max_size=12),
    st.builds(stretch, st.integers(0, 220), st.integers(1, 60)),
    st.integers(1, 3),
    st.integers(0, 2),
)
def test_busy_and_free_are_what_a_look_at_every_claim_says(
    claims: list[Taken], asked: Interval, capacity: int, besides: int
) -> None:
    kept = {1: Kept(1, "line", Name("回線"), 1, Name("校"), capacity)}
    world = availabilities.of_rows({}, kept, claims, DAY, DAY)

    busy = world.busy(1, asked)

    overlapping = sorted((c for c in claims if c.interval.overlaps(asked)), key=lambda c: c.start)
    assert busy == overlapping
    minutes = [asked.start + n * MINUTE for n in range(asked.minutes)]
    fullest = max(sum(c.start <= minute < c.end for c in claims) for minute in minutes)
    assert world.is_free(1, asked, besides) == (fullest + besides < capacity)


@pytest.mark.both_databases
def test_a_claim_is_shown_with_the_booking_that_holds_it(world: World) -> None:
    booking = bookings.book(plans.joint(world, 2), by=world.suzuki, now=NOW, intention=uuid4())
    ids = [world.sato_person.pk, world.rebun_set.pk]

    loaded = availabilities.load([world.rebun.pk], ids, THURSDAY, THURSDAY, now=NOW)

    union = Interval(at("9:45"), at("10:40"))
    title = Name("数学Ⅱ 合同", "数学Ⅱ 合同")
    taken = loaded.busy(world.sato_person.pk, Interval(at("8:00"), at("17:00")))
    assert [t.holder for t in taken] == [
        Holder(booking.pk, title, union, "鈴木 和也", NOW, is_hold=False, expires_at=None)
    ]
    assert [t.kind for t in taken] == ["lesson"]
    # A school is busy for its own period, the teacher for the union.
    assert not loaded.is_free(world.sato_person.pk, Interval(at("9:45"), at("9:50")))
    assert loaded.is_free(world.rebun_set.pk, Interval(at("9:45"), at("9:50")))


@pytest.mark.both_databases
def test_free_studios_come_in_the_order_given(world: World) -> None:
    bookings.book(plans.joint(world, 2), by=world.suzuki, now=NOW, intention=uuid4())
    ids = [s.pk for s in reversed(world.studios)]

    loaded = availabilities.load([], ids, THURSDAY, THURSDAY, now=NOW)

    assert loaded.free_of(ids, Interval(at("9:45"), at("10:35"))) == ids[:2]
    assert loaded.free_of(ids, Interval(at("10:40"), at("11:35"))) == ids


@pytest.mark.both_databases
def test_what_an_override_holds_is_taken_too(world: World) -> None:
    override = Override("公開授業のため", frozenset({"person", "class_group", "receiving_set"}))
    for _ in range(2):
        bookings.book(plans.joint(world, 2), by=world.suzuki, now=NOW, intention=uuid4(), override=override)

    loaded = availabilities.load([], [world.sato_person.pk], THURSDAY, THURSDAY, now=NOW)

    assert len(loaded.busy(world.sato_person.pk, Interval(at("9:45"), at("10:40")))) == 2


@pytest.mark.both_databases
def test_cancelled_and_withdrawn_claims_are_free(world: World) -> None:
    booking = bookings.book(plans.joint(world, 2), by=world.suzuki, now=NOW, intention=uuid4())
    rebun = booking.participants.get(organisation=world.rebun)
    bookings.withdraw(rebun, by=world.suzuki, now=NOW, intention=uuid4())
    ids = [world.rishiri_set.pk, world.rebun_set.pk]

    def free() -> list[int]:
        loaded = availabilities.load([], ids, THURSDAY, THURSDAY, now=NOW)
        return loaded.free_of(ids, Interval(at("9:50"), at("10:35")))

    assert free() == [world.rebun_set.pk]
    bookings.cancel(booking, by=world.suzuki, now=NOW, intention=uuid4())
    assert free() == ids


@pytest.mark.both_databases
def test_a_day_that_was_not_loaded_is_refused_and_not_guessed(world: World) -> None:
    loaded = availabilities.load([world.rebun.pk], [], THURSDAY, THURSDAY, now=NOW)

    with pytest.raises(ValueError, match="loaded from"):
        loaded.plan(world.rebun.pk, THURSDAY + timedelta(days=7))
