"""Who sees a case, on which day, and what of it stands outside: nothing."""

from __future__ import annotations

import io
import json
import logging
import re
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction

from clinics import access, advice, conferences, consultations, offers
from clinics.models import Consultation
from clinics.states import Actor, Event, Refused
from scheduler import audit_words, deliveries, logs, notice_words
from scheduler.models import (
    AuditEntry,
    Booking,
    BookingChange,
    Membership,
    Notice,
    Participant,
    User,
)  # fmt: skip
from tests.cast import NOW
from tests.clinics.cast import CLINICAL, Doctors, assigned, draft, scheduled, submitted
from tests.clinics.test_conferences import LINES, START

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]


def readers(doctors: Doctors, case: Consultation) -> set[str]:
    names = ("miura", "ota", "abe", "endo", "goto", "hayashi", "clerk", "admin", "auditor", "kato")
    found = set()
    for name in names:
        user: User = getattr(doctors, name)
        is_seen = access.visible(user, NOW).filter(pk=case.pk).exists()
        assert is_seen == access.may_read(user, case, NOW)
        if is_seen:
            found.add(name)
    return found


def test_a_draft_is_the_requesters_a_sent_case_the_offices_and_an_assigned_one_the_specialists(
    doctors: Doctors,
) -> None:
    assert readers(doctors, draft(doctors)) == {"miura"}
    assert readers(doctors, submitted(doctors)) == {"miura", "hayashi"}
    assert readers(doctors, assigned(doctors)) == {"miura", "hayashi", "abe"}


def test_a_clerk_sees_what_they_prepared_and_cannot_send_it(doctors: Doctors) -> None:
    case = consultations.create(
        doctors.miura_person, doctors.island, by=doctors.clerk, now=NOW, intention=uuid4()
    )

    assert readers(doctors, case) == {"miura", "clerk"}
    assert access.part_of(doctors.clerk, case, NOW) == Actor.PROXY
    entry = AuditEntry.objects.get(object_key=str(case.uid))
    assert (entry.actor_id, entry.actor_role, entry.on_behalf_of_id) == (
        doctors.clerk.pk, "proxy", doctors.miura.pk,
    )  # fmt: skip
    with pytest.raises(Refused):
        consultations.submit(case, by=doctors.clerk, now=NOW, intention=uuid4())


@pytest.mark.parametrize("name", ["miura", "abe", "hayashi"])
def test_on_the_day_on_which_a_post_ends_its_holder_sees_nothing_more(doctors: Doctors, name: str) -> None:
    case = assigned(doctors)
    assert name in readers(doctors, case)

    Membership.objects.filter(user=getattr(doctors, name)).update(valid_until=date(2026, 11, 24))

    assert name not in readers(doctors, case)


def test_a_post_elsewhere_keeps_nothing_open(doctors: Doctors) -> None:
    case = assigned(doctors)
    Membership.objects.filter(user=doctors.miura).update(organisation=doctors.hospital, role="specialist")

    assert "miura" not in readers(doctors, case)


def test_a_case_passed_on_is_gone_from_the_first_hospital(doctors: Doctors) -> None:
    case = assigned(doctors)
    other = type(doctors.hospital).objects.create(
        kind="hospital", code="H9", name="旭川", short_name="旭川"
    )  # fmt: skip
    service = type(doctors.service).objects.create(organisation=other, telephone="0166-00-0000")

    case = consultations.redirect(
        case, service, by=doctors.hayashi, now=NOW, intention=uuid4(), reason="満床"
    )

    assert (case.state, case.owner, readers(doctors, case)) == ("submitted", "coordinator", {"miura"})


def test_every_reading_is_on_the_record(doctors: Doctors) -> None:
    case = submitted(doctors)

    access.read(case, by=doctors.hayashi, now=NOW)
    access.read(case, by=doctors.miura, now=NOW + timedelta(minutes=1))

    found = [(entry.actor_name, entry.actor_role) for entry in access.readings(case)]
    assert found == [("三浦 拓也", "requester"), ("林 由美", "coordinator")]


def test_no_clinical_word_leaves_the_case(doctors: Doctors) -> None:
    case = submitted(doctors)
    case = consultations.ask(case, "いつからですか", by=doctors.hayashi, now=NOW, intention=uuid4())
    case = consultations.answer(case, "二週間前から", by=doctors.miura, now=NOW, intention=uuid4())
    case = consultations.triage(
        case, urgency="today", by=doctors.hayashi, now=NOW, intention=uuid4(), reason="転院の相談"
    )
    consultations.cancel(case, by=doctors.miura, now=NOW, intention=uuid4(), reason="満床で転院")
    case = scheduled(doctors)
    case = conferences.start(case, by=doctors.abe, now=START, intention=uuid4())
    case = conferences.end(case, by=doctors.abe, now=START, intention=uuid4())
    advice.save_draft(case, LINES, by=doctors.abe, now=START)
    signed = advice.sign(case, by=doctors.abe, now=START, intention=uuid4())
    case = advice.acknowledge(signed, by=doctors.miura, now=START, intention=uuid4())
    advice.record_outcome(
        case, followed="yes", course="stayed", text="悪化すれば来院", by=doctors.miura, now=START,
        intention=uuid4(),
    )  # fmt: skip
    deliveries.deliver_due(clock=lambda: START + timedelta(days=1))

    tables = [AuditEntry, Booking, BookingChange, Participant, Notice]
    rows = [list(table.objects.values()) for table in tables]  # type: ignore[attr-defined]
    facts = list(case.changes.values("event", "facts"))
    words = [notice_words.of(notice, language="ja") for notice in Notice.objects.all()]
    mails = [(message.subject, message.body) for message in mail.outbox]
    said = json.dumps([rows, facts], cls=DjangoJSONEncoder, ensure_ascii=False) + str([words, mails])
    assert mails
    assert words
    for word in CLINICAL:
        assert word not in said
    assert f"相談 {case.number}" in said


@pytest.mark.parametrize("formatter", [logs.LineFormatter("%(message)s"), logs.JsonFormatter()])
def test_a_broken_constraint_takes_no_clinical_word_into_the_log(
    doctors: Doctors, formatter: logging.Formatter
) -> None:
    case = draft(doctors, summary="外用薬を三種\n\n糖尿病の既往")
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(formatter)
    logger = logging.Logger("case")
    logger.addHandler(handler)

    try:
        with transaction.atomic():
            Consultation.objects.filter(pk=case.pk).update(urgency=None)
    except IntegrityError as error:
        logger.exception("refused: %s", error)  # noqa: TRY401 -- its words must not come in by this way either

    said = written.getvalue()
    assert "IntegrityError" in said
    assert "urgency" in said
    for word in CLINICAL:
        assert word not in said


def test_an_offer_tells_nobody_who_asks_whom_what(doctors: Doctors) -> None:
    scheduled(doctors)

    (subject,) = {
        notice_words.of(n, language="ja").subject for n in Notice.objects.filter(kind="case_offered")
    }

    assert subject.endswith("：候補が届いています")
    assert offers.settle_expired(now=NOW) == 0


def test_the_audit_says_in_words_what_was_done_and_as_what() -> None:
    done = {audit_words.of(f"consultation.{event.value}") for event in Event}
    parts = {audit_words.of_role(actor.value) for actor in Actor}

    assert len(done) == len(Event)
    for words in (*done, *parts, audit_words.of("consultation.read"), audit_words.of("attachment.read")):
        assert not re.search("[a-z]", words), words
