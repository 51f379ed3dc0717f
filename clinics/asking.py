"""Who may ask, whom can be asked, and by when an answer may be expected: what the request's page shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from clinics import access, consultations, deadlines
from clinics.models import Consultation, Service, Specialty, Urgency
from scheduler.models import Organisation, Person
from scheduler.names import Name
from scheduler.providers import Reader


@dataclass(frozen=True, slots=True)
class Asker:
    """A doctor in whose name a request can be written, at one hospital."""

    person: Person
    organisation: Organisation

    @property
    def key(self) -> str:
        return f"{self.person.pk}-{self.organisation.pk}"


def askers(reader: Reader, now: datetime) -> list[Asker]:
    """The reader as a doctor, then the doctors for whom the reader's office prepares requests."""
    own = Person.objects.filter(user=reader.user, is_active=True).first()
    found = [
        Asker(own, post.organisation)
        for post in reader.memberships
        if own is not None and post.role in access.DOCTORS
    ]
    for post in access.offices_of(reader.user, now).select_related("organisation"):
        found += [Asker(each, post.organisation) for each in access.doctors(post.organisation_id, now)]
    return list({asker.key: asker for asker in found}.values())


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom a specialty reaches: the hospital's service, its telephone, what is welcome there."""

    value: str
    specialty: Name | None
    """None: nobody knows, the office decides."""
    hospital: Name
    telephone: str
    welcome: str


def asked() -> list[Asked]:
    """Every specialty that somebody answers for, and last the office."""
    found = []
    for specialty in [*Specialty.objects.all(), None]:
        service = consultations.service_for(specialty)
        if service is not None and (specialty is None or service.specialty_id == specialty.pk):
            found.append(_asked(specialty, service))
    return found


def _asked(specialty: Specialty | None, service: Service) -> Asked:
    return Asked(
        value=str(specialty.pk) if specialty else "",
        specialty=specialty.label if specialty else None,
        hospital=service.organisation.label,
        telephone=service.telephone,
        welcome=service.welcome,
    )


@dataclass(frozen=True, slots=True)
class Telephone:
    name: Name | None
    """None: the office."""
    hospital: Name
    number: str


def telephones(case: Consultation | None) -> list[Telephone]:
    """Who is on duty for this case; without one everybody who is."""
    if case is not None:
        service = case.service or consultations.service_for(case.specialty)
        services: Iterable[Service] = [service] if service else []
    else:
        services = Service.objects.filter(is_active=True).select_related("specialty", "organisation")
    return [
        Telephone(each.specialty.label if each.specialty else None, each.organisation.label, each.telephone)
        for each in services
    ]


def targets(specialty: Specialty | None, now: datetime) -> dict[str, datetime]:
    """By urgency when an answer may be expected; empty where nobody answers."""
    service = consultations.service_for(specialty)
    if service is None:
        return {}
    return {each: deadlines.propose(each, service.organisation, now) for each in Urgency.values}
