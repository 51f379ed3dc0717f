"""Offers: several times held, one chosen, the rest free; the other side's own proposals."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from clinics import access, acts, consultations, offers, parties
from clinics.models import CaseParty, Consultation, Offer
from clinics.states import Reason, Refused
from scheduler import bookings
from scheduler.models import AuditEntry, Booking, Claim, Membership, Notice, Role
from tests.cast import NOW
from tests.clinics.cast import Doctors, assigned, offered, scheduled, slot, submitted

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]


MINUTE = timedelta(minutes=1)
THURSDAY_NOON = NOW + timedelta(days=14)
"""After every offer made here."""


def states_of(case: Consultation) -> list[str]:
    return list(case.offers.order_by("pk").values_list("state", flat=True))


def test_an_accepted_offer_is_the_conference_and_the_others_are_free(doctors: Doctors) -> None:
    case, (first, second, third) = offered(doctors)
    assert Claim.objects.count() == 6
    booked = second.booking
    assert booked is not None

    case = offers.accept(second, by=doctors.miura, now=NOW, intention=uuid4())

    assert (case.state, case.owner, case.conference_id) == ("scheduled", "specialist", second.booking_id)
    assert states_of(case) == ["taken", "accepted", "taken"]
    assert case.conference is not None
    assert (case.conference.title, case.conference.visibility) == ("カンファレンス", "CONFIDENTIAL")
    assert case.due_at == case.conference.start + timedelta(minutes=15)
    assert set(Claim.objects.values_list("booking", "resource")) == {
        (second.booking_id, doctors.abe_person.pk),
        (second.booking_id, doctors.miura_person.pk),
    }
    assert {b.state for b in Booking.objects.exclude(pk=booked.pk)} == {"cancelled"}
    assert {first.booking_id, third.booking_id} == set(
        Booking.objects.exclude(pk=booked.pk).values_list("pk", flat=True)
    )


def test_accepting_another_one_says_what_was_chosen_and_changes_nothing(doctors: Doctors) -> None:
    case, (first, second, _third) = offered(doctors)
    offers.accept(first, by=doctors.miura, now=NOW, intention=uuid4())
    version = Consultation.objects.get().version

    with pytest.raises(offers.TakenError) as taken:
        offers.accept(second, by=doctors.miura, now=NOW, intention=uuid4())

    assert taken.value.chosen == first
    assert Consultation.objects.get().version == version
    assert states_of(case) == ["accepted", "taken", "taken"]


def test_the_same_request_again_gives_its_first_answer(doctors: Doctors) -> None:
    _case, (first, *_rest) = offered(doctors)
    intention = uuid4()

    one = offers.accept(first, by=doctors.miura, now=NOW, intention=intention)
    other = offers.accept(first, by=doctors.miura, now=NOW, intention=intention)

    assert (one.pk, one.version, one.conference_id) == (other.pk, other.version, other.conference_id)
    with pytest.raises(acts.IntentionError):
        consultations.cancel(one, by=doctors.miura, now=NOW, intention=intention, reason="x")


def test_an_expired_offer_says_so_and_a_withdrawn_one_too(doctors: Doctors) -> None:
    case, (first, second, _third) = offered(doctors)
    offers.withdraw(first, by=doctors.abe, now=NOW, intention=uuid4())

    with pytest.raises(offers.WithdrawnOfferError):
        offers.accept(first, by=doctors.miura, now=NOW, intention=uuid4())
    with pytest.raises(offers.ExpiredOfferError):
        offers.accept(second, by=doctors.miura, now=second.expires_at, intention=uuid4())

    case.refresh_from_db()
    assert (case.state, case.conference) == ("offered", None)


def test_when_the_last_offer_runs_out_the_office_has_the_case(doctors: Doctors) -> None:
    case, made = offered(doctors)
    later = max(offer.expires_at for offer in made)

    assert offers.settle_expired(now=later) == 1
    assert offers.settle_expired(now=later) == 0

    case.refresh_from_db()
    assert (case.state, case.owner) == ("triaged", "coordinator")
    assert case.due_at is not None
    assert states_of(case) == ["expired"] * 3
    assert Claim.objects.count() == 0
    told = Notice.objects.filter(kind="case_offers_over").values_list("recipient", flat=True)
    assert set(told) == {doctors.abe.pk, doctors.miura.pk}


def test_a_time_that_does_not_fit_is_refused_with_its_reasons_and_none_is_held(doctors: Doctors) -> None:
    offered(doctors, "13:00")
    other = assigned(doctors)

    with pytest.raises(offers.OfferConflictError) as refused:
        offers.propose(
            other, [slot("16:00"), slot("13:10")], specialist=doctors.abe_person, by=doctors.abe, now=NOW,
            intention=uuid4(),
        )  # fmt: skip

    assert refused.value.interval == slot("13:10")
    assert [c.kind for c in refused.value.verdict.conflicts] == ["person", "person"]
    assert isinstance(refused.value, bookings.ConflictError)
    assert other.offers.count() == 0


def test_five_offers_may_be_open_and_no_sixth(doctors: Doctors) -> None:
    case, _made = offered(doctors, "10:00", "11:00", "12:00", "13:00", "14:00")

    with pytest.raises(Refused) as refused:
        offers.propose(
            case, [slot("15:00")], specialist=doctors.abe_person, by=doctors.abe, now=NOW, intention=uuid4()
        )

    assert refused.value.reason == Reason.FEW_OFFERS


def test_the_requesters_own_time_holds_nothing_until_it_is_taken_up(doctors: Doctors) -> None:
    case, _made = offered(doctors, "13:00")
    (mine,) = offers.counter_propose(
        case, [slot("17:00")], by=doctors.miura, now=NOW, intention=uuid4()
    )  # fmt: skip
    case.refresh_from_db()
    assert (case.state, case.owner, Claim.objects.count()) == ("offered", "specialist", 2)
    with pytest.raises(Refused) as refused:
        offers.accept(mine, by=doctors.miura, now=NOW, intention=uuid4())
    assert refused.value.reason == Reason.TOO_EARLY

    taken_up = offers.take_up(
        mine, specialist=doctors.abe_person, rooms=[doctors.room], by=doctors.abe, now=NOW, intention=uuid4()
    )

    case.refresh_from_db()
    assert (case.owner, taken_up.side, Claim.objects.count()) == ("requester", "specialist", 5)
    assert offers.accept(taken_up, by=doctors.miura, now=NOW, intention=uuid4()).state == "scheduled"


def test_none_of_the_times_leads_back_to_looking_for_one(doctors: Doctors) -> None:
    case, (first, *_rest) = offered(doctors)

    assert offers.decline(case, only=first, by=doctors.miura, now=NOW, intention=uuid4()).state == "offered"
    case = offers.decline(case, by=doctors.miura, now=NOW, intention=uuid4())

    assert (case.state, case.owner) == ("triaged", "specialist")
    assert (states_of(case), Claim.objects.count()) == (["declined"] * 3, 0)


def test_a_second_specialist_whose_time_is_not_chosen_is_told_and_sees_the_case_no_more(
    doctors: Doctors,
) -> None:
    case, (first, *_rest) = offered(doctors)
    offers.propose(
        case, [slot("9:00")], specialist=doctors.endo_person, by=doctors.hayashi,
        now=NOW + timedelta(hours=1), intention=uuid4(),
    )  # fmt: skip
    assert CaseParty.objects.filter(person=doctors.endo_person, until=None).exists()

    offers.accept(first, by=doctors.miura, now=NOW + timedelta(hours=2), intention=uuid4())

    assert not CaseParty.objects.filter(person=doctors.endo_person, until=None).exists()
    assert Notice.objects.filter(kind="case_taken", recipient=doctors.endo).count() == 1


def test_cancelling_frees_the_conference(doctors: Doctors) -> None:
    case = scheduled(doctors)

    case = consultations.cancel(case, by=doctors.miura, now=NOW, intention=uuid4(), reason="転院")

    assert (case.state, case.owner, case.due_at, case.conference) == ("cancelled", "", None, None)
    assert Claim.objects.count() == 0
    assert {b.cancel_reason for b in Booking.objects.all()} == {""}
    assert Offer.objects.filter(state__in=["open", "accepted"]).count() == 0


def test_every_step_is_on_the_audit_once(doctors: Doctors) -> None:
    case = scheduled(doctors)

    events = (
        AuditEntry.objects.filter(object_key=str(case.uid)).order_by("pk").values_list("event", flat=True)
    )

    assert list(events) == [f"consultation.{change.event}" for change in case.changes.all()]
    assert list(case.changes.values_list("event", flat=True)) == [
        "create", "submit", "assign", "propose", "accept",
    ]  # fmt: skip


def test_an_offer_that_ran_out_before_the_last_was_withdrawn_is_settled_too(doctors: Doctors) -> None:
    case, (first, second) = offered(doctors, "13:00", "14:00")
    other, _made = offered(doctors, "15:00")
    soon = NOW + timedelta(minutes=30)
    assert first.booking_id is not None
    Offer.objects.filter(pk=first.pk).update(expires_at=soon)
    Booking.objects.filter(pk=first.booking_id).update(expires_at=soon)
    offers.withdraw(second, by=doctors.abe, now=soon, intention=uuid4())
    case.refresh_from_db()
    assert (case.state, case.offers.get(pk=first.pk).state) == ("triaged", "open")

    assert offers.settle_expired(now=THURSDAY_NOON) == 2

    assert states_of(case) == ["expired", "withdrawn"]
    case.refresh_from_db()
    other.refresh_from_db()
    assert (case.state, other.state) == ("triaged", "triaged")


def test_whose_times_were_not_chosen_sees_the_case_no_more(doctors: Doctors) -> None:
    """Neither by a wish that was taken up, nor by an offer that is over already."""
    case, (first, *_rest) = offered(doctors)
    (wish,) = offers.counter_propose(
        case, [slot("16:00")], by=doctors.miura, now=NOW + MINUTE, intention=uuid4()
    )
    later = NOW + 2 * MINUTE
    offers.take_up(wish, specialist=doctors.endo_person, by=doctors.hayashi, now=later, intention=uuid4())
    (over,) = offers.propose(
        case, [slot("17:00")], specialist=doctors.goto_person, by=doctors.hayashi, now=3 * MINUTE + NOW,
        intention=uuid4(),
    )  # fmt: skip
    offers.withdraw(over, by=doctors.hayashi, now=4 * MINUTE + NOW, intention=uuid4())
    assert access.may_read(doctors.endo, case, later)

    case = offers.accept(first, by=doctors.miura, now=5 * MINUTE + NOW, intention=uuid4())

    seeing = [user for user in (doctors.abe, doctors.endo, doctors.goto) if access.may_read(user, case, NOW)]
    assert seeing == [doctors.abe]


def test_who_was_let_in_while_times_were_offered_takes_part_and_who_was_let_out_does_not(
    doctors: Doctors,
) -> None:
    case, (first, *_rest) = offered(doctors)
    parties.add_party(case, doctors.ota_person, by=doctors.miura, now=NOW + MINUTE, intention=uuid4())
    parties.add_party(case, doctors.endo_person, by=doctors.abe, now=NOW + MINUTE, intention=uuid4())

    case = offers.accept(first, by=doctors.miura, now=NOW + 2 * MINUTE, intention=uuid4())

    assert case.conference is not None
    standing = case.conference.participants.standing().values_list("person", "role")
    assert dict(standing) == {
        doctors.abe_person.pk: "host", doctors.miura_person.pk: "guest",
        doctors.ota_person.pk: "guest", doctors.endo_person.pk: "host",
    }  # fmt: skip
    assert Claim.objects.filter(booking=first.booking_id).count() == 4


def test_who_was_let_out_is_not_held_by_an_offer(doctors: Doctors) -> None:
    case = assigned(doctors)
    parties.add_party(case, doctors.ota_person, by=doctors.miura, now=NOW + MINUTE, intention=uuid4())
    (offer,) = offers.propose(
        case, [slot("13:00")], specialist=doctors.endo_person, by=doctors.hayashi, now=NOW + 2 * MINUTE,
        intention=uuid4(),
    )  # fmt: skip
    assert Claim.objects.filter(booking=offer.booking_id).count() == 3
    with pytest.raises(Refused):  # the times first
        parties.remove_party(
            case.parties.get(person=doctors.endo_person),
            by=doctors.hayashi,
            now=NOW + MINUTE,
            intention=uuid4(),
        )

    parties.remove_party(
        case.parties.get(person=doctors.ota_person), by=doctors.miura, now=NOW + MINUTE, intention=uuid4()
    )

    case = offers.accept(offer, by=doctors.miura, now=NOW + 3 * MINUTE, intention=uuid4())
    assert case.conference is not None
    people = set(case.conference.participants.standing().values_list("person", flat=True))
    assert people == {doctors.endo_person.pk, doctors.miura_person.pk}


def test_nobody_advises_themselves(doctors: Doctors) -> None:
    """A doctor of the island who holds a post in the city as well."""
    Membership.objects.create(
        user=doctors.miura, organisation=doctors.hospital, role=Role.SPECIALIST,
        valid_from=NOW.date() - timedelta(days=30),
    )  # fmt: skip
    case = submitted(doctors)
    with pytest.raises(Refused) as refused:
        consultations.assign(case, doctors.miura_person, by=doctors.hayashi, now=NOW, intention=uuid4())
    assert refused.value.reason == Reason.ELIGIBLE
    case = consultations.assign(case, doctors.abe_person, by=doctors.hayashi, now=NOW, intention=uuid4())

    with pytest.raises(Refused) as refused:
        offers.propose(
            case, [slot("13:00")], specialist=doctors.miura_person, by=doctors.hayashi, now=NOW,
            intention=uuid4(),
        )  # fmt: skip

    assert refused.value.reason == Reason.ELIGIBLE
    assert Booking.objects.count() == 0
