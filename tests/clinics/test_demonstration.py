"""The doctors of the demonstration: a case in every state somebody acts on, and nothing left behind."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.db.models import Q
from django.test import RequestFactory

from classrooms import demonstration as schools
from clinics.demonstration import Doctors
from clinics.models import Consultation, Offer, Service, Specialty
from scheduler.models import Booking, Notice, Organisation, User
from tests.cast import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_a_case_stands_in_every_state_that_waits_for_somebody() -> None:
    Doctors().load(now=NOW + timedelta(hours=2))
    Doctors().load(now=NOW + timedelta(hours=2))  # a second time changes nothing

    states = sorted(Consultation.objects.values_list("state", flat=True))
    assert states == sorted([
        "draft", "submitted", "needs_info", "offered", "scheduled", "report_due", "reported", "closed",
    ])  # fmt: skip
    assert Offer.objects.filter(state="open").count() == 3
    assert not Consultation.objects.exclude(state__in=["draft", "closed"]).filter(
        Q(due_at=None) | Q(owner="")
    )


def test_every_sign_in_works() -> None:
    Doctors().load(now=NOW)

    for _label, email, password in Doctors().sign_ins():
        assert authenticate(RequestFactory().post("/"), email=email, password=password) is not None, email


def test_remove_takes_everything_away() -> None:
    Doctors().load(now=NOW)

    Doctors().remove()
    schools.remove()

    for model in (Consultation, Offer, Service, Specialty, Booking, Notice, Organisation, User):
        assert not model.objects.exists(), model
