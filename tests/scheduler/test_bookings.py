"""The one writer: what it books, what it refuses with which reasons, and that a refusal writes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from scheduler import bookings
from scheduler.bookings import (
    CancelledError,
    ConflictError,
    ExpiredError,
    IntentionError,
    OverError,
    SeriesConflictError,
)
from scheduler.conflicts import Conflict, Kind
from scheduler.intervals import Interval
from scheduler.models import Booking, BookingChange, Claim, Participant, Person, Resource
from scheduler.names import Name
from scheduler.plans import Need, Override, Plan, Side
from scheduler.tasks import free_expired_holds
from tests.cast import NOW, THURSDAY, World, at
from tests.scheduler import plans

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def book(world: World, plan: Plan, key: UUID | None = None) -> Booking:
    return bookings.book(plan, by=world.sato, now=NOW, intention=key or uuid4())


def refused(world: World, plan: Plan) -> tuple[Conflict, ...]:
    before = (Booking.objects.count(), Claim.objects.count(), BookingChange.objects.count())
    with pytest.raises(ConflictError) as refusal:
        book(world, plan)
    assert (Booking.objects.count(), Claim.objects.count(), BookingChange.objects.count()) == before
    return refusal.value.verdict.conflicts


def test_book_gives_each_party_its_own_period_and_the_teacher_the_union(world: World) -> None:
    booking = book(world, plans.joint(world, 2))

    parties = {p.organisation_id: (p.interval, p.period_number) for p in booking.participants.all()}
    assert parties == {
        world.centre.pk: (Interval(at("9:45"), at("10:40")), None),
        world.rishiri.pk: (Interval(at("9:45"), at("10:35")), 2),
        world.rebun.pk: (Interval(at("9:50"), at("10:40")), 2),
    }
    held = {c.resource_id: c.interval for c in booking.claims.all()}
    assert held == {
        world.sato_person.pk: Interval(at("9:45"), at("10:40")),
        world.studios[0].pk: Interval(at("9:45"), at("10:40")),
        world.rishiri_2a.pk: Interval(at("9:45"), at("10:35")),
        world.rishiri_set.pk: Interval(at("9:45"), at("10:35")),
        world.rebun_2a.pk: Interval(at("9:50"), at("10:40")),
        world.rebun_set.pk: Interval(at("9:50"), at("10:40")),
    }


def test_book_takes_the_next_studio_when_the_first_is_taken(world: World) -> None:
    book(world, plans.lesson(world, plans.rishiri_side(world, 2)))

    other = book(world, plans.lesson(world, plans.rebun_side(world, 2), teacher=world.ito_person.pk))

    host = other.participants.get(role=Participant.Role.HOST)
    assert host.location_id == world.studios[1].pk


def test_book_refuses_with_every_reason_at_once(world: World) -> None:
    taken = book(world, plans.lesson(world, plans.rishiri_side(world, 2)))

    conflicts = refused(world, plans.joint(world, 2))

    assert [c.kind for c in conflicts] == [Kind.PERSON, Kind.CLASS_GROUP, Kind.RECEIVING_SET]
    assert {h.booking_id for c in conflicts for h in c.holders} == {taken.pk}
    person = conflicts[0]
    assert person.subject is not None
    assert person.subject.ja == "佐藤 直子"
    assert person.holders[0].interval == Interval(at("9:45"), at("10:35"))
    assert person.holders[0].booked_by == "佐藤 直子"


def test_book_refuses_when_all_studios_are_taken_and_names_the_last_booked(world: World) -> None:
    local = plans.rishiri_side(world, 2)
    for number, studio in enumerate(world.studios):
        person = Person.objects.create(
            kind=Resource.Kind.PERSON, organisation=world.centre, name=f"教員{number}"
        )
        side = replace(plans.lesson(world, local, teacher=person.pk).sides[0])
        later = NOW + timedelta(minutes=number)
        bookings.book(
            replace(plans.lesson(world, local), sides=(side,), wanted=None, minimum=None, title=studio.label),
            by=world.sato, now=later, intention=uuid4(),
        )  # fmt: skip

    conflicts = refused(world, plans.lesson(world, plans.rebun_side(world, 2)))

    assert [(c.kind, c.alternatives, c.subject and c.subject.ja) for c in conflicts] == [
        (Kind.LOCATION, 3, "配信室3")
    ]


def test_book_refuses_a_time_outside_the_bells_and_names_the_nearest_period(world: World) -> None:
    side = replace(plans.rishiri_side(world, 2), interval=Interval(at("10:00"), at("10:50")))

    conflicts = refused(world, plans.lesson(world, side))

    assert [(c.kind, c.nearest) for c in conflicts] == [
        (Kind.OUTSIDE_BELLS, Interval(at("9:45"), at("10:35")))
    ]


def test_book_accepts_two_periods_in_a_row(world: World) -> None:
    side = replace(plans.rishiri_side(world, 5), interval=Interval(at("13:20"), at("15:10")))

    booking = book(world, plans.lesson(world, side))

    assert booking.participants.get(organisation=world.rishiri).period_number == 5


def test_book_refuses_under_the_minimum_and_cautions_under_the_wanted(world: World) -> None:
    short = bookings.check(plans.joint(world, 2), now=NOW)
    assert [(c.kind, c.minutes, c.limit) for c in short.cautions] == [(Kind.SHORT, 45, 50)]
    assert short.is_free

    conflicts = refused(world, replace(plans.joint(world, 2), minimum=timedelta(minutes=46)))

    assert [(c.kind, c.minutes, c.limit) for c in conflicts] == [(Kind.JOINT_WINDOW, 45, 46)]


def test_book_refuses_more_pupils_than_the_rule_unless_a_reason_is_given(world: World) -> None:
    crowd = replace(plans.rebun_side(world, 2), headcount=35)
    plan = plans.lesson(world, plans.rishiri_side(world, 2), crowd)

    conflicts = refused(world, plan)
    assert [(c.kind, c.count, c.limit) for c in conflicts] == [(Kind.OVER_CAPACITY, 41, 40)]
    assert "27文科初第289号" in conflicts[0].source

    booking = bookings.book(
        plan, by=world.suzuki, now=NOW, intention=uuid4(),
        override=Override("転入生1名のため", frozenset({Kind.OVER_CAPACITY})),
    )  # fmt: skip
    assert booking.override_reason == "転入生1名のため"


def test_book_counts_exactly_forty_as_allowed(world: World) -> None:
    crowd = replace(plans.rebun_side(world, 2), headcount=34)

    booking = book(world, plans.lesson(world, plans.rishiri_side(world, 2), crowd))

    assert booking.headcount == 40


def test_override_books_beside_the_holder_and_stays_an_obstacle_for_others(world: World) -> None:
    first = book(world, plans.lesson(world, plans.rishiri_side(world, 2)))
    accepted = frozenset({Kind.PERSON, Kind.CLASS_GROUP, Kind.RECEIVING_SET})
    second = bookings.book(
        plans.lesson(world, plans.rishiri_side(world, 2), title="補講"), by=world.suzuki, now=NOW,
        intention=uuid4(), override=Override("二人で教える", accepted),
    )  # fmt: skip
    bookings.cancel(first, by=world.sato, now=NOW, intention=uuid4())

    conflicts = refused(world, plans.lesson(world, plans.rishiri_side(world, 2)))

    assert {h.booking_id for c in conflicts for h in c.holders} == {second.pk}


def test_the_same_intention_gives_the_first_answer_and_writes_nothing(world: World) -> None:
    key = uuid4()
    first = book(world, plans.joint(world, 2), key)

    again = book(world, plans.joint(world, 2), key)

    assert again == first
    assert Booking.objects.count() == 1


def test_a_hold_keeps_others_out_until_it_expires(world: World) -> None:
    hold = bookings.hold(plans.joint(world, 2), by=world.sato, now=NOW, intention=uuid4())
    conflicts = refused(world, plans.joint(world, 2))
    assert conflicts[0].holders[0].is_hold

    late = NOW + timedelta(minutes=10)
    with pytest.raises(ExpiredError):
        bookings.confirm(hold, by=world.sato, now=late, intention=uuid4())
    winner = bookings.book(plans.joint(world, 2), by=world.ito, now=late, intention=uuid4())

    hold.refresh_from_db()
    assert (hold.state, hold.claims.count()) == (Booking.State.CANCELLED, 0)
    assert winner.claims.count() == 6


def test_confirm_keeps_the_claims_and_confirming_twice_is_no_error(world: World) -> None:
    hold = bookings.hold(plans.joint(world, 2), by=world.sato, now=NOW, intention=uuid4())

    confirmed = bookings.confirm(hold, by=world.sato, now=NOW + timedelta(minutes=9), intention=uuid4())
    again = bookings.confirm(hold, by=world.sato, now=NOW + timedelta(hours=9), intention=uuid4())

    assert (confirmed.state, confirmed.expires_at, confirmed.claims.count()) == ("confirmed", None, 6)
    assert again == confirmed


def test_move_frees_the_old_time_and_counts_the_sequence_up(world: World) -> None:
    booking = book(world, plans.joint(world, 2))
    rows = {p.organisation_id: p.pk for p in booking.participants.all()}

    moved = bookings.move(booking, plans.joint(world, 3), by=world.sato, now=NOW, intention=uuid4())

    assert (moved.uid, moved.sequence, moved.start) == (booking.uid, 1, at("10:45"))
    assert {p.organisation_id: p.pk for p in moved.participants.all()} == rows
    book(world, plans.joint(world, 2))


def test_move_to_an_overlapping_time_does_not_collide_with_itself(world: World) -> None:
    booking = book(world, plans.lesson(world, plans.rishiri_side(world, 2)))

    moved = bookings.move(booking, plans.joint(world, 2), by=world.sato, now=NOW, intention=uuid4())

    assert moved.claims.count() == 6


def test_move_refused_leaves_everything_as_it_was(world: World) -> None:
    booking = book(world, plans.joint(world, 2))
    book(world, plans.joint(world, 3))
    before = sorted(booking.claims.values_list("resource", "start", "end"))

    with pytest.raises(ConflictError):
        bookings.move(booking, plans.joint(world, 3), by=world.sato, now=NOW, intention=uuid4())

    booking.refresh_from_db()
    assert (booking.sequence, sorted(booking.claims.values_list("resource", "start", "end"))) == (0, before)


def test_withdraw_frees_one_school_and_shrinks_the_teacher_to_what_remains(world: World) -> None:
    booking = book(world, plans.joint(world, 2))
    rishiri = booking.participants.get(organisation=world.rishiri)

    after = bookings.withdraw(rishiri, by=world.nakamura, now=NOW, intention=uuid4(), reason="校外学習")

    assert (after.state, after.sequence, after.headcount) == ("confirmed", 1, 5)
    assert {c.resource_id: c.interval.start for c in after.claims.all()} == dict.fromkeys(
        [world.sato_person.pk, world.studios[0].pk, world.rebun_2a.pk, world.rebun_set.pk], at("9:50")
    )
    rishiri.refresh_from_db()
    assert (rishiri.withdrawn_at, rishiri.withdraw_reason) == (NOW, "校外学習")


def test_withdraw_of_the_last_school_cancels_the_booking(world: World) -> None:
    booking = book(world, plans.lesson(world, plans.rishiri_side(world, 2)))

    after = bookings.withdraw(
        booking.participants.get(organisation=world.rishiri), by=world.nakamura, now=NOW, intention=uuid4()
    )

    assert (after.state, after.claims.count()) == ("cancelled", 0)


def test_cancel_frees_everything_and_cancelling_twice_is_no_error(world: World) -> None:
    booking = book(world, plans.joint(world, 2))

    cancelled = bookings.cancel(booking, by=world.sato, now=NOW, intention=uuid4(), reason="出張")
    again = bookings.cancel(booking, by=world.sato, now=NOW, intention=uuid4(), reason="二度目")

    assert (cancelled.state, again.cancel_reason, again.sequence) == ("cancelled", "出張", 1)
    assert Claim.objects.count() == 0
    with pytest.raises(CancelledError):
        bookings.move(booking, plans.joint(world, 3), by=world.sato, now=NOW, intention=uuid4())


def test_series_books_all_dates_and_lists_those_that_fail(world: World) -> None:
    days = [THURSDAY + timedelta(weeks=week) for week in range(4)]
    taken = book(world, plans.joint(world, 2, days[2]))
    wanted = [plans.joint(world, 2, day) for day in days]

    with pytest.raises(SeriesConflictError) as refusal:
        bookings.book_series(wanted, by=world.sato, now=NOW, intention=uuid4(), skip_conflicts=False)
    assert [plan for plan, _verdict in refusal.value.refused] == [wanted[2]]
    assert Booking.objects.count() == 1

    _series, booked, left_out = bookings.book_series(
        wanted, by=world.sato, now=NOW, intention=uuid4(), skip_conflicts=True
    )
    assert [b.start for b in booked] == [at("9:45", day) for i, day in enumerate(days) if i != 2]
    assert {h.booking_id for _p, v in left_out for c in v.conflicts for h in c.holders} == {taken.pk}


def test_series_takes_the_same_number_of_queries_for_two_dates_and_for_four(world: World) -> None:
    counts = []
    for first, many in ((0, 2), (3, 4)):
        days = [
            THURSDAY - timedelta(days=2) + timedelta(days=7 * week) for week in range(first, first + many)
        ]
        with CaptureQueriesContext(connection) as queries:
            bookings.book_series(
                [plans.joint(world, 4, day) for day in days], by=world.sato, now=NOW, intention=uuid4(),
                skip_conflicts=True,
            )  # fmt: skip
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 16


def test_book_refuses_a_public_holiday(world: World) -> None:
    monday = THURSDAY - timedelta(days=3)  # 23 November, 勤労感謝の日

    conflicts = refused(world, plans.lesson(world, plans.rishiri_side(world, 2, monday)))

    assert [(c.kind, c.subject and c.subject.ja) for c in conflicts] == [(Kind.CLOSED_DAY, "勤労感謝の日")]


_FIRST, _SECOND = ("9:00", "10:00"), ("10:00", "11:00")


def _call(world: World, line: Resource, start: str, end: str) -> Booking:
    side = Side(world.rishiri.pk, Interval(at(start), at(end)), (Need((line.pk,)),))
    return book(world, Plan("practice", Name("接続練習"), world.centre.pk, (side,)))


def test_a_line_of_two_units_is_refused_only_when_it_is_full(world: World) -> None:
    line = Resource.objects.create(
        kind=Resource.Kind.LINE, organisation=world.rishiri, name="利尻の回線", capacity=2
    )

    early, _left, _right, late = (_call(world, line, *t) for t in (_FIRST, _FIRST, _SECOND, _SECOND))
    bookings.cancel(early, by=None, now=NOW, intention=uuid4())
    bookings.cancel(late, by=None, now=NOW, intention=uuid4())

    through = _call(world, line, "9:00", "11:00")

    assert through.claims.count() == 1
    with pytest.raises(ConflictError):
        _call(world, line, "9:30", "9:40")


def test_the_periodic_job_frees_what_an_expired_hold_kept(world: World) -> None:
    hold = bookings.hold(
        plans.joint(world, 2), by=world.sato, now=NOW - timedelta(days=30), intention=uuid4()
    )
    waiting = bookings.hold(plans.joint(world, 3), by=world.sato, now=timezone.now(), intention=uuid4())

    free_expired_holds.call_local()

    hold.refresh_from_db()
    waiting.refresh_from_db()
    assert (hold.state, hold.claims.count()) == ("cancelled", 0)
    assert (waiting.state, waiting.claims.count()) == ("tentative", 6)


def test_a_line_keeps_its_seats_in_order_when_a_claim_leaves_while_others_change_places(world: World) -> None:
    line = Resource.objects.create(
        kind=Resource.Kind.LINE, organisation=world.rishiri, name="利尻の回線", capacity=2
    )
    early, left, right, late = (_call(world, line, *t) for t in (_FIRST, _FIRST, _SECOND, _SECOND))
    bookings.cancel(early, by=None, now=NOW, intention=uuid4())
    bookings.cancel(late, by=None, now=NOW, intention=uuid4())
    keys = set(Claim.objects.values_list("pk", flat=True))

    through = _call(world, line, "9:00", "11:00")

    assert keys < set(Claim.objects.values_list("pk", flat=True))
    units = {c.booking_id: c.unit for c in Claim.objects.all()}
    assert units[left.pk] == units[right.pk] != units[through.pk]


def test_what_is_over_cannot_be_changed(world: World) -> None:
    booking = book(world, plans.joint(world, 2))
    rishiri = booking.participants.get(organisation=world.rishiri)
    after = at("10:40")

    with pytest.raises(OverError):
        bookings.move(booking, plans.joint(world, 4), by=world.sato, now=after, intention=uuid4())
    with pytest.raises(OverError):
        bookings.cancel(booking, by=world.sato, now=after, intention=uuid4())
    with pytest.raises(OverError):
        bookings.withdraw(rishiri, by=world.sato, now=after, intention=uuid4())

    booking.refresh_from_db()
    assert (booking.state, booking.sequence, booking.claims.count()) == ("confirmed", 0, 6)


def test_a_key_that_was_used_for_something_else_is_refused(world: World) -> None:
    key = uuid4()
    first = book(world, plans.joint(world, 2), key)
    other = book(world, plans.joint(world, 3))

    with pytest.raises(IntentionError):
        book(world, plans.joint(world, 4), key)
    with pytest.raises(IntentionError):
        bookings.book(plans.joint(world, 2), by=world.ito, now=NOW, intention=key)
    with pytest.raises(IntentionError):
        bookings.hold(plans.joint(world, 2), by=world.sato, now=NOW, intention=key)
    with pytest.raises(IntentionError):
        bookings.cancel(other, by=world.sato, now=NOW, intention=key)
    with pytest.raises(IntentionError):
        bookings.move(other, plans.joint(world, 4), by=world.sato, now=NOW, intention=key)
    assert {b.pk: b.state for b in Booking.objects.all()} == {first.pk: "confirmed", other.pk: "confirmed"}
