"""A conference as the core knows it: who is on which side, what each needs, and a title without content."""

from __future__ import annotations

from collections.abc import Collection

from clinics.models import CaseParty, Consultation
from scheduler.intervals import Interval
from scheduler.models import Booking, Location, Organisation, Participant, Person
from scheduler.names import Name
from scheduler.plans import Need, Plan, Side

TITLE = Name("カンファレンス", "Conference")
"""All that anybody outside the case ever reads."""


def plan(
    case: Consultation,
    interval: Interval,
    specialist: Person,
    rooms: Collection[Location] = (),
) -> Plan:
    """The specialist leads, the requesting doctor is the guest; both are held, and each side's rooms.

    The other parties of the case, who see it already, are invited and held besides.
    """
    assert case.service is not None
    hospital = case.service.organisation
    sides = [
        Side(
            organisation_id=hospital.pk, interval=interval, person_id=specialist.pk, is_host=True,
            needs=(Need((specialist.pk,)), *_rooms(rooms, hospital)),
        ),
        Side(
            organisation_id=case.organisation_id, interval=interval, person_id=case.requester_id,
            needs=(Need((case.requester_id,)), *_rooms(rooms, case.organisation)),
        ),
        *(
            Side(
                organisation_id=party.organisation_id, interval=interval, person_id=party.person_id,
                needs=(Need((party.person_id,)),),
            )
            for party in case.parties.filter(part=CaseParty.Part.COLLEAGUE, until=None)
        ),
    ]  # fmt: skip
    return Plan(
        kind=Booking.Kind.CONFERENCE, title=TITLE, organiser_id=hospital.pk, sides=tuple(sides),
        visibility=Booking.Visibility.CONFIDENTIAL,
    )  # fmt: skip


def with_guest(booking: Booking, person: Person, organisation: Organisation, *, is_held: bool) -> Plan:
    """The booking as it stands, with one more party; without `is_held` their time may be taken already."""
    stands = booking.participants.standing().prefetch_related("claims")
    interval = booking.interval
    sides = [
        Side(
            organisation_id=each.organisation_id, interval=each.interval, person_id=each.person_id,
            needs=tuple(Need((claim.resource_id,)) for claim in each.claims.all()),
            is_host=each.role == Participant.Role.HOST,
        )
        for each in stands
    ]  # fmt: skip
    is_host = any(each.organisation_id == organisation.pk and each.role == "host" for each in stands)
    added = Side(
        organisation_id=organisation.pk, interval=interval, person_id=person.pk,
        needs=(Need((person.pk,)),) if is_held else (), is_host=is_host,
    )  # fmt: skip
    return Plan(
        kind=booking.kind, title=TITLE, organiser_id=booking.organiser_id, sides=(*sides, added),
        visibility=booking.visibility,
    )  # fmt: skip


def _rooms(rooms: Collection[Location], organisation: Organisation) -> tuple[Need, ...]:
    return tuple(Need((room.pk,)) for room in rooms if room.organisation_id == organisation.pk)
