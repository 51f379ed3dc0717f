"""Two at once over the same offers: one outcome, and both are told the truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import partial
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection

from clinics import conferences, consultations, offers, parties
from clinics.models import Consultation, Offer
from clinics.states import CaseError
from scheduler import audit, bookings
from scheduler.models import AuditEntry, Booking, Claim
from tests.cast import NOW
from tests.clinics.cast import Doctors, assigned, draft, slot

pytestmark = [
    pytest.mark.both_databases,
    pytest.mark.usefixtures("transactional_db", "django_db_serialized_rollback"),
]
ROUNDS = 50


def at_once(*verbs: Callable[[], object]) -> list[object]:
    """What each of them gave or raised; they start together, each on a connection of its own."""
    barrier = Barrier(len(verbs))

    def run(verb: Callable[[], object]) -> object:
        try:
            connection.ensure_connection()
            barrier.wait(30)
            return verb()
        except CaseError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(verbs)) as executor:
        return list(executor.map(run, verbs))


def round_of(
    doctors: Doctors, case: Consultation, number: int, count: int = 2
) -> tuple[Consultation, list[Offer]]:
    """The case with new offers, at times that no other round has."""
    case.refresh_from_db()
    if case.state == "scheduled":
        conferences.reschedule(case, by=doctors.miura, now=NOW, intention=uuid4(), reason="外来")
    day = date(2026, 11, 26) + timedelta(days=number // 10)
    times = [slot(f"{8 + number % 10}:{30 * n:02}", day=day) for n in range(count)]
    made = offers.propose(
        case, times, specialist=doctors.abe_person, by=doctors.abe, now=NOW, intention=uuid4()
    )
    case.refresh_from_db()
    return case, made


def outcome(case: Consultation, made: Sequence[Offer]) -> tuple[str, list[str], list[str]]:
    """The state of the case, of these offers and of their bookings; nothing may be half done."""
    case.refresh_from_db()
    found = list(Offer.objects.filter(pk__in=[o.pk for o in made]).order_by("pk").select_related("booking"))
    booked = [offer.booking for offer in found if offer.booking]
    live = {b.pk for b in booked if b.state != Booking.State.CANCELLED}
    assert set(Claim.objects.values_list("booking", flat=True)) == live
    assert {case.conference_id} - {None} == {b.pk for b in booked if b.state == Booking.State.CONFIRMED}
    return case.state, [offer.state for offer in found], [b.state for b in booked]


def assert_all_is_written_down_once(case: Consultation) -> None:
    transitions = case.changes.order_by("pk").values_list("event", flat=True)
    audited = AuditEntry.objects.filter(object_key=str(case.uid)).order_by("pk")
    assert [f"consultation.{event}" for event in transitions] == list(audited.values_list("event", flat=True))
    assert audit.verify() == []


def results(found: Sequence[object]) -> list[str]:
    return [type(each).__name__ for each in found]


@pytest.mark.parametrize("same", [True, False])
def test_of_two_accepts_one_wins_and_the_other_is_told_what_was_chosen(doctors: Doctors, same: bool) -> None:
    case = assigned(doctors)
    parties.add_party(case, doctors.ota_person, by=doctors.miura, now=NOW, intention=uuid4())
    for number in range(ROUNDS // 2):
        case, made = round_of(doctors, case, number)
        first, second = made[0], made[0] if same else made[1]

        found = at_once(
            partial(offers.accept, first, by=doctors.miura, now=NOW, intention=uuid4()),
            partial(offers.accept, second, by=doctors.ota, now=NOW, intention=uuid4()),
        )

        assert sorted(results(found)) == ["Consultation", "TakenError"]
        state, offered, booked = outcome(case, made)
        assert (state, sorted(offered), sorted(booked)) == (
            "scheduled", ["accepted", "taken"], ["cancelled", "confirmed"],
        )  # fmt: skip
        (refusal,) = [each for each in found if isinstance(each, offers.TakenError)]
        assert refusal.chosen == case.offers.get(state="accepted")
        if not same:
            winner = first if isinstance(found[0], Consultation) else second
            assert refusal.chosen == winner
    assert_all_is_written_down_once(case)


def test_of_accept_and_withdraw_one_happens_and_the_other_says_so(doctors: Doctors) -> None:
    seen = set()
    case = assigned(doctors)
    for number in range(ROUNDS):
        case, (offer,) = round_of(doctors, case, number, count=1)

        found = at_once(
            partial(offers.accept, offer, by=doctors.miura, now=NOW, intention=uuid4()),
            partial(offers.withdraw, offer, by=doctors.abe, now=NOW, intention=uuid4()),
        )

        expected = {
            ("Consultation", "TakenError"): ("scheduled", ["accepted"], ["confirmed"]),
            ("WithdrawnOfferError", "Consultation"): ("triaged", ["withdrawn"], ["cancelled"]),
        }
        told = (results(found)[0], results(found)[1])
        seen.add(told)
        assert outcome(case, [offer]) == expected[told]
    assert_all_is_written_down_once(case)
    assert seen <= set(expected)


def test_of_accept_and_expiry_one_happens_and_the_other_says_so(doctors: Doctors) -> None:
    case = assigned(doctors)
    for number in range(ROUNDS):
        case, (offer,) = round_of(doctors, case, number, count=1)
        ends = offer.expires_at

        found = at_once(
            partial(
                offers.accept, offer, by=doctors.miura, now=ends - timedelta(seconds=1), intention=uuid4()
            ),
            partial(bookings.expire_holds, now=ends),
            partial(offers.settle_expired, now=ends),
        )
        offers.settle_expired(now=ends)

        expected = {
            "Consultation": ("scheduled", ["accepted"], ["confirmed"]),
            "ExpiredOfferError": ("triaged", ["expired"], ["cancelled"]),
        }
        assert outcome(case, [offer]) == expected[results(found)[0]]
    assert_all_is_written_down_once(case)


def test_eight_submissions_at_once_have_eight_numbers(doctors: Doctors) -> None:

    drafts = [draft(doctors) for _ in range(8)]

    at_once(*(
        partial(consultations.submit, case, by=doctors.miura, now=NOW, intention=uuid4())
        for case in drafts
    ))  # fmt: skip

    numbers = sorted(Consultation.objects.values_list("number", flat=True))
    assert numbers == [f"R-{n:04d}" for n in range(1, 9)]
