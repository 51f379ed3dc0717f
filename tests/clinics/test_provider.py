"""What conferences are called outside, and what waits for whom on Today."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from clinics import consultations, provider, sides
from scheduler import readers
from scheduler.models import Booking, User
from scheduler.providers import CalendarFacts, Seen
from tests import cast as schools
from tests.cast import NOW
from tests.clinics.cast import Doctors, assigned, draft, offered, scheduled, submitted

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]
CONFERENCES = provider.ConferenceProvider()


def needs(user: User, now: object = NOW) -> list[tuple[str, str]]:
    reader = readers.of_user(user, now, "ja")  # type: ignore[arg-type]
    return [(need.title, need.detail) for need in CONFERENCES.needs(reader, now)]  # type: ignore[arg-type]


def test_the_number_stands_beside_the_neutral_title_for_those_of_the_case_alone(doctors: Doctors) -> None:
    case = scheduled(doctors)
    booking = Booking.objects.get(consultation=case)

    (mine,) = CONFERENCES.entries([booking], readers.of_user(doctors.miura, NOW, "ja"), NOW)
    (other,) = CONFERENCES.entries([booking], readers.of_user(doctors.goto, NOW, "ja"), NOW)

    assert (mine.title, mine.detail, mine.state) == ("カンファレンス", f"相談 {case.number}", "planned")
    assert (other.title, other.detail, other.url) == ("カンファレンス", "", "")


def test_a_calendar_says_conference_and_no_more(doctors: Doctors) -> None:
    case = scheduled(doctors)
    booking = Booking.objects.get(consultation=case)
    side = booking.participants.get(person=doctors.miura_person)

    (event,) = CONFERENCES.calendar([Seen(booking, side.pk)], "ja")

    assert (event.summary, event.description, event.location) == ("カンファレンス", "", "")
    assert CONFERENCES.calendar_facts([booking.pk]) == {booking.pk: CalendarFacts(sides.TITLE)}


def test_a_conference_is_opened_at_its_case(doctors: Doctors) -> None:
    case = scheduled(doctors)

    assert CONFERENCES.url(Booking.objects.get(consultation=case)) == f"/consultations/{case.uid}/"


def test_what_waits_stands_with_whoever_has_the_next_step(doctors: Doctors) -> None:
    case = submitted(doctors)
    assert needs(doctors.hayashi) == [(f"相談 {case.number}：受け付けてください", "期限 11月25日（水）9:00")]
    assert needs(doctors.miura) == needs(doctors.abe) == []

    consultations.assign(case, doctors.abe_person, by=doctors.hayashi, now=NOW, intention=uuid4())
    said = f"相談 {case.number}：候補の日時を出してください"
    assert needs(doctors.abe) == [(said, "期限 11月26日（木）9:00")]
    assert needs(doctors.hayashi) == []
    late = NOW + timedelta(days=3)
    assert needs(doctors.hayashi, late) == [(said, "期限を過ぎています（11月26日（木）9:00）")]


def test_an_offer_waits_for_the_requester_and_a_prepared_draft_too(doctors: Doctors) -> None:
    case, _made = offered(doctors)
    consultations.create(doctors.miura_person, doctors.island, by=doctors.clerk, now=NOW, intention=uuid4())
    draft(doctors)

    titles = {title for title, _detail in needs(doctors.miura)}

    assert titles == {
        f"相談 {case.number}：日時を選んでください",
        "相談の下書き：用意された内容を確かめて送信してください",
    }


def test_who_is_no_doctor_costs_no_query(
    doctors: Doctors, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assigned(doctors)
    world = schools.build()
    reader = readers.of_user(world.sato, NOW, "ja")

    with django_assert_num_queries(0):
        assert CONFERENCES.needs(reader, NOW) == []
