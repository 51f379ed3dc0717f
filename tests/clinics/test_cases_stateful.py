"""Any interleaving of the verbs, by anybody, at any time: no case is ever without an owner or a next step.

The machine draws verbs, actors and the passing of time in any order against the real verbs. What is
refused changes nothing and says why; what is done stands on the history and on the audit once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from clinics import advice, conferences, consultations, nudges, offers, parties, states
from clinics.models import Consultation, Offer
from clinics.states import CaseError, State
from realtime.models import Visit
from scheduler.bookings import BookingError
from scheduler.intervals import Interval
from scheduler.models import AuditEntry, Booking, Claim, User
from tests.cast import NOW
from tests.clinics import cast

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

PEOPLE = ("miura", "ota", "abe", "endo", "goto", "hayashi", "clerk", "admin", "kato")
people = st.sampled_from(PEOPLE)
LINES = {**dict.fromkeys(advice.LINES, "ステロイド外用"), "reason": "訂正"}


class Everybody(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.point = transaction.atomic()
        self.point.__enter__()
        self.doctors = cast.build()
        self.now = NOW
        self.case = cast.draft(self.doctors)
        self.done = 0
        self.refusals: set[str] = set()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.point.__exit__(None, None, None)

    def user(self, name: str) -> User:
        found: User = getattr(self.doctors, name)
        return found

    def attempt(self, verb: Callable[[], object]) -> None:
        """Done, or refused with a reason and without a trace."""
        before = Consultation.objects.filter(pk=self.case.pk).values().get()
        entries = AuditEntry.objects.count()
        try:
            verb()
        except (CaseError, BookingError) as refusal:
            # Refused cannot be made without its reason, and an offer's error is its reason.
            assert str(refusal)  # noqa: PT017 -- any of them may come
            self.unchanged(before, entries)
        self.case.refresh_from_db()

    def unchanged(self, before: Mapping[str, object], entries: int) -> None:
        assert Consultation.objects.filter(pk=self.case.pk).values().get() == before
        assert AuditEntry.objects.count() == entries

    @rule(who=people)
    def submit(self, who: str) -> None:
        self.attempt(
            lambda: consultations.submit(self.case, by=self.user(who), now=self.now, intention=uuid4())
        )

    @rule(who=people, name=st.sampled_from(["abe", "endo", "miura"]))
    def assign(self, who: str, name: str) -> None:
        person = getattr(self.doctors, f"{name}_person")
        self.attempt(
            lambda: consultations.assign(
                self.case, person, by=self.user(who), now=self.now, intention=uuid4()
            )
        )

    @rule(who=people, text=st.sampled_from(["", "いつから"]))
    def ask(self, who: str, text: str) -> None:
        self.attempt(
            lambda: consultations.ask(self.case, text, by=self.user(who), now=self.now, intention=uuid4())
        )

    @rule(who=people)
    def answer(self, who: str) -> None:
        self.attempt(
            lambda: consultations.answer(
                self.case, "二週間前", by=self.user(who), now=self.now, intention=uuid4()
            )
        )

    @rule(
        who=people,
        verb=st.sampled_from(["cancel", "decline", "unfill", "hand_back", "redirect", "triage"]),
        luck=st.integers(0, 3),
    )
    def leave(self, who: str, verb: str, luck: int) -> None:
        if luck:  # most cases should get further
            return
        by, now, key = self.user(who), self.now, uuid4()
        self.attempt({
            "cancel": lambda: consultations.cancel(self.case, by=by, now=now, intention=key, reason="転院"),
            "decline": lambda: consultations.decline(self.case, by=by, now=now, intention=key, reason="満床"),
            "unfill": lambda: consultations.unfill(self.case, by=by, now=now, intention=key, reason="満床"),
            "hand_back": lambda: consultations.hand_back(self.case, by=by, now=now, intention=key),
            "redirect": lambda: consultations.redirect(
                self.case, self.doctors.office, by=by, now=now, intention=key, reason="別の科"
            ),
            "triage": lambda: consultations.triage(
                self.case, urgency="today", by=by, now=now, intention=key, reason="早めに"
            ),
        }[verb])  # fmt: skip

    @rule(who=people, name=st.sampled_from(["abe", "endo"]), hours=st.lists(st.integers(0, 40), max_size=3))
    def propose(self, who: str, name: str, hours: list[int]) -> None:
        times = [self.time(n) for n in hours]
        person = getattr(self.doctors, f"{name}_person")
        self.attempt(
            lambda: offers.propose(
                self.case, times, specialist=person, by=self.user(who), now=self.now, intention=uuid4()
            )
        )

    @rule(who=people, hours=st.lists(st.integers(0, 40), max_size=2))
    def counter(self, who: str, hours: list[int]) -> None:
        times = [self.time(n) for n in hours]
        self.attempt(
            lambda: offers.counter_propose(
                self.case, times, by=self.user(who), now=self.now, intention=uuid4()
            )
        )

    @rule(
        who=people,
        verb=st.sampled_from(["accept", "accept", "withdraw", "take_up", "decline_counter", "decline"]),
        data=st.data(),
    )
    def on_offer(self, who: str, verb: str, data: st.DataObject) -> None:
        made = list(self.case.offers.order_by("-pk"))
        if not made:
            return
        offer: Offer = data.draw(st.sampled_from(made))
        by, now, key = self.user(who), self.now, uuid4()
        self.attempt({
            "accept": lambda: offers.accept(offer, by=by, now=now, intention=key),
            "withdraw": lambda: offers.withdraw(offer, by=by, now=now, intention=key),
            "take_up": lambda: offers.take_up(
                offer, specialist=self.doctors.abe_person, by=by, now=now, intention=key
            ),
            "decline_counter": lambda: offers.decline_counter(offer, by=by, now=now, intention=key),
            "decline": lambda: offers.decline(self.case, by=by, now=now, intention=key),
        }[verb])  # fmt: skip

    @rule(who=people, name=st.sampled_from(["ota", "endo", "goto", "miura"]), is_in=st.booleans())
    def party(self, who: str, name: str, is_in: bool) -> None:
        by, person = self.user(who), getattr(self.doctors, f"{name}_person")
        inside = self.case.parties.filter(person=person, until=None).first()
        if is_in:
            self.attempt(lambda: parties.add_party(self.case, person, by=by, now=self.now, intention=uuid4()))
        elif inside is not None:
            self.attempt(lambda: parties.remove_party(inside, by=by, now=self.now, intention=uuid4()))

    @rule(name=st.sampled_from(["miura", "abe", "ota", "endo"]), leaves=st.booleans())
    def in_the_room(self, name: str, leaves: bool) -> None:
        booking = self.case.conference
        if booking is None:
            return
        if leaves:
            Visit.objects.filter(booking=booking, user=self.user(name), ended_at=None).update(
                ended_at=self.now, last_beat_at=self.now
            )
            return
        side = booking.participants.standing().filter(person__user=self.user(name)).first()
        is_near = booking.start - timedelta(minutes=20) <= self.now
        if side is not None and is_near and not Visit.objects.filter(booking=booking, user=self.user(name)):
            Visit.objects.create(
                booking=booking, user=self.user(name), organisation=side.organisation, participant=side,
                peer=name, server="s", started_at=self.now, last_beat_at=self.now,
            )  # fmt: skip

    @rule(who=people, verb=st.sampled_from(["start", "end", "miss", "rebook", "reschedule"]))
    def conference(self, who: str, verb: str) -> None:
        by, now, key = self.user(who), self.now, uuid4()
        self.attempt({
            "start": lambda: conferences.start(self.case, by=by, now=now, intention=key),
            "end": lambda: conferences.end(self.case, by=by, now=now, intention=key),
            "miss": lambda: conferences.miss(self.case, by=by, now=now, intention=key),
            "rebook": lambda: conferences.rebook(self.case, by=by, now=now, intention=key),
            "reschedule": lambda: conferences.reschedule(
                self.case, by=by, now=now, intention=key, reason="外来"
            ),
        }[verb])  # fmt: skip

    @rule(
        who=st.sampled_from(["abe", "endo", "miura", "hayashi"]),
        verb=st.sampled_from(["draft", "sign", "amend", "acknowledge", "outcome"]),
    )
    def write(self, who: str, verb: str) -> None:
        by, now, key = self.user(who), self.now, uuid4()
        last = advice.newest(self.case)
        if verb == "acknowledge" and last is None:
            return
        self.attempt({
            "draft": lambda: advice.save_draft(self.case, LINES, by=by, now=now),
            "sign": lambda: advice.sign(self.case, by=by, now=now, intention=key),
            "amend": lambda: advice.amend(self.case, by=by, now=now, intention=key),
            "acknowledge": lambda: advice.acknowledge(last, by=by, now=now, intention=key),  # type: ignore[arg-type]
            "outcome": lambda: advice.record_outcome(
                self.case, followed="yes", course="stayed", by=by, now=now, intention=key
            ),
        }[verb])  # fmt: skip

    @rule(minutes=st.sampled_from([1, 5, 20, 60, 60 * 24, 60 * 24 * 8]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        offers.settle_expired(now=self.now)
        conferences.watch(now=self.now)
        nudges.remind(now=self.now)
        self.case.refresh_from_db()

    def time(self, quarters: int) -> Interval:
        start = self.now + timedelta(minutes=30 * quarters)
        return Interval(start, start + timedelta(minutes=20))

    @invariant()
    def the_case_has_an_owner_who_can_go_on_until_a_deadline(self) -> None:
        case = self.case
        state = State(case.state)
        assert (case.owner == "") == (state in states.ENDED)
        assert (case.due_at is None) == (state in states.ENDED or state == State.DRAFT)
        if case.owner:
            assert states.possible(state, [states.Actor(case.owner)])

    @invariant()
    def what_is_held_is_what_is_open_or_booked(self) -> None:
        live = {b.pk for b in Booking.objects.all() if b.is_live(self.now) and b.end > self.now}
        case = self.case
        wanted = {
            o.booking_id for o in case.offers.filter(state="open") if o.booking_id and o.expires_at > self.now
        }
        if case.conference is not None and case.conference.end > self.now:
            wanted.add(case.conference.pk)
        assert live == wanted
        assert set(Claim.objects.values_list("booking", flat=True)) >= live
        is_booked = case.state in {"scheduled", "live", "no_show", "report_due", "reported", "follow_up"}
        assert is_booked <= (case.conference_id is not None)
        assert case.state != "offered" or case.offers.filter(state="open").exists()

    @invariant()
    def every_transition_is_on_the_audit_once(self) -> None:
        events = list(self.case.changes.order_by("pk").values_list("event", flat=True))
        entries = AuditEntry.objects.filter(object_key=str(self.case.uid)).order_by("pk")
        assert [f"consultation.{event}" for event in events] == list(entries.values_list("event", flat=True))

    @invariant()
    def a_stranger_has_changed_nothing(self) -> None:
        strangers = [self.doctors.admin.pk, self.doctors.kato.pk, self.doctors.clerk.pk]
        assert not self.case.changes.filter(by__in=strangers).exists()


def test_no_interleaving_leaves_a_case_without_an_owner_or_a_next_step() -> None:
    run_state_machine_as_test(
        Everybody,
        settings=settings(
            max_examples=40,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
