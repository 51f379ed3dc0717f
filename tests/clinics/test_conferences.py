"""The conference as it runs, who may be let in, advice and what came of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from clinics import access, advice, conferences, consultations, nudges, offers, parties
from clinics.models import Advice, Consultation
from clinics.states import Reason, Refused
from realtime.models import Visit
from scheduler.models import Claim, Notice, User
from tests.cast import NOW, at
from tests.clinics.cast import Doctors, scheduled, slot, submitted

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]

START = at("13:00")
LINES = {
    "assessment": "湿疹の慢性化",
    "recommendation": "ステロイド外用を二週間",
    "warning": "悪化すれば来院",
    "basis": "写真を拝見",
}


def visit(case: Consultation, user: User, start: datetime, end: datetime | None = None) -> Visit:
    assert case.conference is not None
    side = case.conference.participants.get(person__user=user)
    return Visit.objects.create(
        booking=case.conference, user=user, organisation=side.organisation, participant=side, peer="p",
        server="s", started_at=start, last_beat_at=end or start, ended_at=end,
    )  # fmt: skip


def live(doctors: Doctors) -> Consultation:
    return conferences.start(scheduled(doctors), by=doctors.abe, now=START, intention=uuid4())


def due(doctors: Doctors) -> Consultation:
    return conferences.end(
        live(doctors), by=doctors.abe, now=START + timedelta(minutes=18), intention=uuid4()
    )


def reported(doctors: Doctors, now: datetime = START + timedelta(hours=1)) -> tuple[Consultation, Advice]:
    case = due(doctors)
    advice.save_draft(case, LINES, by=doctors.abe, now=now)
    signed = advice.sign(case, by=doctors.abe, now=now, intention=uuid4())
    case.refresh_from_db()
    return case, signed


def test_both_in_the_room_is_the_beginning_and_everybody_gone_after_its_time_the_end(
    doctors: Doctors,
) -> None:
    case = scheduled(doctors)
    visit(case, doctors.abe, START - timedelta(minutes=2))
    assert conferences.watch(now=START) == 0
    visit(case, doctors.miura, START)

    assert conferences.watch(now=START + timedelta(minutes=1)) == 1
    assert conferences.watch(now=START + timedelta(minutes=25)) == 0
    Visit.objects.update(ended_at=START + timedelta(minutes=26), last_beat_at=START + timedelta(minutes=26))
    assert conferences.watch(now=START + timedelta(minutes=27)) == 1

    case.refresh_from_db()
    assert (case.state, case.owner) == ("report_due", "specialist")
    assert case.due_at == START + timedelta(hours=24, minutes=27)
    assert [(c.event, c.actor) for c in case.changes.all()][-2:] == [("start", "system"), ("end", "system")]
    assert Notice.objects.filter(kind="case_report_due", recipient=doctors.abe).count() == 1


@pytest.mark.parametrize(
    ("who", "missing"), [([], "both"), (["abe"], "requester"), (["miura"], "specialist")]
)
def test_who_did_not_come_within_the_grace_is_named_and_the_office_finds_another_time(
    doctors: Doctors, who: list[str], missing: str
) -> None:
    case = scheduled(doctors)
    for name in who:
        visit(case, getattr(doctors, name), START, START + timedelta(minutes=10))
    assert conferences.watch(now=START + timedelta(minutes=14)) == 0

    assert conferences.watch(now=START + timedelta(minutes=15)) == 1

    case.refresh_from_db()
    assert (case.state, case.owner) == ("no_show", "coordinator")
    assert case.changes.get(event="miss").facts == {"missing": missing}
    case = conferences.rebook(case, by=doctors.hayashi, now=START + timedelta(minutes=16), intention=uuid4())
    assert (case.state, case.conference, Claim.objects.count()) == ("triaged", None, 0)


def test_a_late_conference_still_begins(doctors: Doctors) -> None:
    case = scheduled(doctors)
    conferences.watch(now=START + timedelta(minutes=15))
    visit(case, doctors.abe, START + timedelta(minutes=16))
    visit(case, doctors.miura, START + timedelta(minutes=17))

    conferences.watch(now=START + timedelta(minutes=18))

    case.refresh_from_db()
    assert case.state == "live"


def test_rescheduling_frees_the_time_and_another_offer_can_be_accepted(doctors: Doctors) -> None:
    case = scheduled(doctors)
    case = conferences.reschedule(case, by=doctors.miura, now=NOW, intention=uuid4(), reason="外来が長引く")
    assert (case.state, case.owner, Claim.objects.count()) == ("triaged", "specialist", 0)

    (offer,) = offers.propose(
        case, [slot("16:00")], specialist=doctors.abe_person, by=doctors.abe, now=NOW, intention=uuid4()
    )

    assert offers.accept(offer, by=doctors.miura, now=NOW, intention=uuid4()).state == "scheduled"


def test_a_colleague_is_let_in_and_out_before_and_during_the_conference(doctors: Doctors) -> None:
    case = scheduled(doctors)
    assert not access.may_read(doctors.ota, case, NOW)
    with pytest.raises(Refused) as refused:
        parties.add_party(case, doctors.endo_person, by=doctors.miura, now=NOW, intention=uuid4())
    assert refused.value.reason == Reason.ELIGIBLE

    parties.add_party(case, doctors.ota_person, by=doctors.miura, now=NOW, intention=uuid4())
    case = conferences.start(case, by=doctors.abe, now=START, intention=uuid4())
    case = parties.add_party(case, doctors.endo_person, by=doctors.abe, now=START, intention=uuid4())

    assert case.conference is not None
    people = case.conference.participants.standing().values_list("person", "role")
    assert dict(people) == {
        doctors.abe_person.pk: "host",
        doctors.miura_person.pk: "guest",
        doctors.ota_person.pk: "guest",
        doctors.endo_person.pk: "host",
    }
    assert access.may_read(doctors.ota, case, NOW)
    party = case.parties.get(person=doctors.ota_person)
    parties.remove_party(party, by=doctors.miura, now=START, intention=uuid4())
    assert not access.may_read(doctors.ota, case, NOW)
    assert case.conference.participants.standing().count() == 3


def test_advice_is_signed_whole_read_corrected_and_read_again(doctors: Doctors) -> None:
    case = due(doctors)
    advice.save_draft(case, {**LINES, "warning": ""}, by=doctors.abe, now=START)
    with pytest.raises(Refused) as refused:
        advice.sign(case, by=doctors.abe, now=START, intention=uuid4())
    assert (refused.value.reason, refused.value.detail) == (Reason.LINES, ("warning",))
    advice.save_draft(case, LINES, by=doctors.abe, now=START)
    key = uuid4()

    first = advice.sign(case, by=doctors.abe, now=START, intention=key)
    assert advice.sign(case, by=doctors.abe, now=START, intention=key) == first
    case = advice.acknowledge(first, by=doctors.miura, now=START, intention=uuid4())
    assert (case.state, case.owner) == ("follow_up", "requester")
    shorter = {**LINES, "recommendation": "ステロイド外用を一週間"}
    advice.save_draft(case, shorter, by=doctors.abe, now=START)
    with pytest.raises(Refused) as refused:
        advice.amend(case, by=doctors.abe, now=START, intention=uuid4())
    assert refused.value.reason == Reason.REASON
    advice.save_draft(case, {**shorter, "reason": "日数の訂正"}, by=doctors.abe, now=START)
    second = advice.amend(case, by=doctors.abe, now=START, intention=uuid4())

    case.refresh_from_db()
    first.refresh_from_db()
    assert (case.state, case.owner, first.version, second.version) == ("reported", "requester", 1, 2)
    assert first.recommendation == LINES["recommendation"]
    assert advice.is_intact(first)
    assert advice.is_intact(Advice.objects.get(pk=second.pk))
    with pytest.raises(Refused) as stale:
        advice.acknowledge(first, by=doctors.miura, now=START, intention=uuid4())
    assert stale.value.reason == Reason.NEWEST
    case = advice.acknowledge(second, by=doctors.miura, now=START, intention=uuid4())
    case = advice.record_outcome(
        case, followed="yes", course="stayed", by=doctors.miura, now=START, intention=uuid4()
    )
    assert (case.state, case.owner, case.due_at) == ("closed", "", None)


def test_a_changed_word_is_found(doctors: Doctors) -> None:
    _case, signed = reported(doctors)

    Advice.objects.filter(pk=signed.pk).update(warning="様子を見る")

    assert not advice.is_intact(Advice.objects.get(pk=signed.pk))


def test_a_draft_is_its_authors_alone(doctors: Doctors) -> None:
    case = due(doctors)
    advice.save_draft(case, LINES, by=doctors.abe, now=START)

    assert advice.draft_of(case, doctors.miura) is None
    with pytest.raises(Refused):
        advice.save_draft(case, LINES, by=doctors.miura, now=START)


def test_unwritten_and_unread_advice_is_told_once_and_a_missing_outcome_is_asked_twice(
    doctors: Doctors,
) -> None:
    case = due(doctors)
    late = START + timedelta(days=2)
    assert [nudges.remind(now=late), nudges.remind(now=late)] == [1, 0]
    assert set(Notice.objects.filter(kind="case_unwritten").values_list("recipient", flat=True)) == {
        doctors.abe.pk,
        doctors.hayashi.pk,
    }
    advice.save_draft(case, LINES, by=doctors.abe, now=late)
    signed = advice.sign(case, by=doctors.abe, now=late, intention=uuid4())
    later = late + timedelta(days=7)
    assert [nudges.remind(now=later), nudges.remind(now=later)] == [1, 0]
    case = advice.acknowledge(signed, by=doctors.miura, now=later, intention=uuid4())
    states = []
    for week in range(2, 7):
        nudges.remind(now=later + timedelta(weeks=week))
        case.refresh_from_db()
        states.append(case.state)

    assert states == ["follow_up", "follow_up", "closed", "closed", "closed"]
    assert Notice.objects.filter(kind="case_nudged").count() == 2


def test_a_question_stops_the_clock_and_an_unanswered_one_goes_back_to_the_office(doctors: Doctors) -> None:
    case = submitted(doctors)
    before = case.due_at
    assert before is not None
    case = consultations.ask(case, "いつからですか", by=doctors.hayashi, now=NOW, intention=uuid4())
    assert (case.state, case.owner) == ("needs_info", "requester")

    answered = NOW + timedelta(hours=3)
    case = consultations.answer(case, "二週間前から", by=doctors.miura, now=answered, intention=uuid4())

    assert (case.state, case.owner, case.due_at) == ("submitted", "coordinator", before + timedelta(hours=3))
    case = consultations.ask(case, "写真はありますか", by=doctors.hayashi, now=answered, intention=uuid4())
    assert nudges.remind(now=answered + timedelta(days=7)) == 1
    case.refresh_from_db()
    assert (case.state, case.owner) == ("submitted", "coordinator")
