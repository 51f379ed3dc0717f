"""Any interleaving of the verbs: claims never overlap and exist exactly while their booking is live.

The machine draws bookings, holds, confirmations, moves, withdrawals, cancellations, closures and
the passing of time in any order, against the real verbs, and keeps a naive list of what should be
held beside them. What the verbs refuse must really be taken, what they take must really be free.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from scheduler import bookings, closures
from scheduler.bookings import CancelledError, ConflictError, ExpiredError
from scheduler.intervals import Interval
from scheduler.models import Booking, CalendarDay, Claim
from scheduler.names import Name
from scheduler.plans import Override, Plan
from tests import cast
from tests.cast import NOW, THURSDAY
from tests.scheduler import plans, racing

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

DAYS = [THURSDAY, THURSDAY + timedelta(days=1)]
EVERYTHING = Override("公開授業のため", frozenset({"person", "class_group", "location", "receiving_set"}))
plan_facts = st.tuples(
    st.sampled_from(["joint", "rishiri", "rebun"]), st.integers(1, 4), st.sampled_from(DAYS), st.booleans()
)
Facts = tuple[str, int, date, bool]


class Writers(RuleBasedStateMachine):
    """The verbs on one side, `held` on the other: per booking its state, hold's end and resources."""

    def __init__(self) -> None:
        super().__init__()
        self.point = transaction.atomic()
        self.point.__enter__()
        self.world = cast.build()
        self.now = NOW
        self.made: list[Booking] = []
        self.keys: list[tuple[UUID, Facts, bool]] = []

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.point.__exit__(None, None, None)

    def plan(self, facts: Facts) -> Plan:
        which, number, day, is_ito = facts
        rishiri = plans.rishiri_side(self.world, number, day)
        rebun = plans.rebun_side(self.world, number, day)
        guests = {"joint": [rishiri, rebun], "rishiri": [rishiri], "rebun": [rebun]}[which]
        teacher = self.world.ito_person.pk if is_ito else self.world.sato_person.pk
        return plans.lesson(self.world, *guests, teacher=teacher)

    def fits(self, plan: Plan, ignoring: Booking | None = None) -> bool:
        """Whether the plan fits, by looking at every claim of every live booking."""
        live = [
            (c.resource_id, c.interval)
            for b in Booking.objects.all()
            if b.is_live(self.now) and (ignoring is None or b.pk != ignoring.pk)
            for c in b.claims.all()
        ]

        def is_free(resource: int, interval: Interval) -> bool:
            return not any(r == resource and i.overlaps(interval) for r, i in live)

        return not self.is_closed(plan) and all(
            any(is_free(pk, side.interval) for pk in need.resource_ids)
            for side in plan.sides
            for need in side.needs
        )

    def is_closed(self, plan: Plan) -> bool:
        closed = set(CalendarDay.objects.values_list("organisation_id", "date"))
        return any(
            (side.organisation_id, (side.interval.start + timedelta(hours=9)).date()) in closed
            for side in plan.sides
            if side.follows_bells
        )

    def expect(self, fits: bool, act: Callable[[], Booking]) -> Booking | None:
        """Done when it fits; refused, with nothing changed, when it does not."""
        before = sorted(Claim.objects.values_list("resource_id", "unit", "start", "end", "is_override"))
        booking: Booking | None
        try:
            booking = act()
        except ConflictError:
            booking = None
        after = sorted(Claim.objects.values_list("resource_id", "unit", "start", "end", "is_override"))
        assert (booking is not None) == fits
        assert booking is not None or after == before
        return booking

    @rule(facts=plan_facts, is_hold=st.booleans())
    def book_or_hold(self, facts: Facts, is_hold: bool) -> None:
        plan, key = self.plan(facts), uuid4()
        verb = bookings.hold if is_hold else bookings.book
        booking = self.expect(
            self.fits(plan), lambda: verb(plan, by=self.world.sato, now=self.now, intention=key)
        )
        if booking:
            self.made.append(booking)
            self.keys.append((key, facts, is_hold))

    @precondition(lambda self: self.keys)
    @rule(data=st.data())
    def book_again_with_the_same_key(self, data: st.DataObject) -> None:
        key, facts, is_hold = data.draw(st.sampled_from(self.keys))
        count = Booking.objects.count()
        verb = bookings.hold if is_hold else bookings.book
        verb(self.plan(facts), by=self.world.sato, now=self.now, intention=key)
        assert Booking.objects.count() == count

    @rule(facts=plan_facts)
    def book_in_spite_of_it(self, facts: Facts) -> None:
        plan = self.plan(facts)

        def act() -> Booking:
            return bookings.book(
                plan, by=self.world.sato, now=self.now, intention=uuid4(), override=EVERYTHING
            )

        # A closed day is nobody's to accept.
        booking = self.expect(not self.is_closed(plan), act)
        if booking:
            self.made.append(booking)

    @precondition(lambda self: self.made)
    @rule(data=st.data(), facts=plan_facts)
    def move(self, data: st.DataObject, facts: Facts) -> None:
        booking, plan = self.drawn(data), self.plan(facts)
        if not booking.is_live(self.now):
            with pytest.raises((CancelledError, ExpiredError)):
                bookings.move(booking, plan, by=self.world.sato, now=self.now, intention=uuid4())
            return
        self.expect(
            self.fits(plan, ignoring=booking),
            lambda: bookings.move(booking, plan, by=self.world.sato, now=self.now, intention=uuid4()),
        )

    @precondition(lambda self: self.made)
    @rule(data=st.data())
    def confirm(self, data: st.DataObject) -> None:
        booking = self.drawn(data)
        if booking.is_live(self.now):
            confirmed = bookings.confirm(booking, by=self.world.sato, now=self.now, intention=uuid4())
            assert confirmed.state == "confirmed"
            return
        with pytest.raises((CancelledError, ExpiredError)):
            bookings.confirm(booking, by=self.world.sato, now=self.now, intention=uuid4())

    @precondition(lambda self: self.made)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        booking = self.drawn(data)
        guest = data.draw(st.sampled_from(list(booking.participants.filter(role="guest").order_by("pk"))))
        if booking.state == "cancelled":
            with pytest.raises(CancelledError):
                bookings.withdraw(guest, by=self.world.sato, now=self.now, intention=uuid4())
            return
        bookings.withdraw(guest, by=self.world.sato, now=self.now, intention=uuid4())
        assert not Claim.objects.filter(participant=guest).exists()

    @precondition(lambda self: self.made)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        booking = self.drawn(data)
        assert (
            bookings.cancel(booking, by=self.world.sato, now=self.now, intention=uuid4()).state == "cancelled"
        )

    @rule(minutes=st.sampled_from([1, 5, 10]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def holds_expire(self) -> None:
        bookings.expire_holds(now=self.now)
        left = Booking.objects.filter(state="tentative")
        assert all(b.is_live(self.now) for b in left)

    @rule(day=st.sampled_from(DAYS), is_rishiri=st.booleans())
    def close(self, day: date, is_rishiri: bool) -> None:
        school = self.world.rishiri if is_rishiri else self.world.rebun
        closures.close(school, day, title=Name("臨時休業"), by=self.world.suzuki, now=self.now)

    def drawn(self, data: st.DataObject) -> Booking:
        return Booking.objects.get(pk=data.draw(st.sampled_from(self.made)).pk)

    @invariant()
    def no_two_claims_of_the_same_unit_overlap_but_by_override(self) -> None:
        claims = list(Claim.objects.filter(is_override=False).order_by("resource_id", "unit", "start"))
        for one, other in pairwise(claims):
            same = (one.resource_id, one.unit) == (other.resource_id, other.unit)
            assert not (same and one.end > other.start)

    @invariant()
    def claims_exist_exactly_while_their_booking_is_live_and_their_party_stands(self) -> None:
        assert racing.orphaned_claims() == 0
        assert racing.bare_parties() == 0
        assert [b for b in Booking.objects.filter(claims=None) if b.is_live(self.now)] == []
        # Closed days hit live bookings; a hold that had run out before has nothing to lose.
        closed = {
            (p.organisation_id, (p.start + timedelta(hours=9)).date())
            for b in Booking.objects.all()
            if b.is_live(self.now)
            for p in b.participants.standing().filter(role="guest")
        } & set(CalendarDay.objects.values_list("organisation_id", "date"))
        assert closed == set()


def test_no_interleaving_of_the_verbs_books_anything_twice() -> None:
    run_state_machine_as_test(
        Writers,
        settings=settings(
            max_examples=40,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
