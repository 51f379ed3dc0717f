"""Rooms, receiving sets and lines: entered, corrected, put out of use. None is ever deleted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db.models import QuerySet

from scheduler import audit, versions
from scheduler.models import Booking, Claim, Location, Organisation, Resource, User
from scheduler.transactions import retried

Kind = Resource.Kind
KINDS = (Kind.STUDIO, Kind.RECEIVING_SET, Kind.CONFERENCE_ROOM, Kind.LINE)
FIELDS = ("kind", "name", "name_en", "capacity", "position", "is_active")
MOST_UNITS = 99


class LocationsError(Exception):
    """Base of what this module refuses."""


class NameTakenError(LocationsError):
    """The organisation has another place of this name."""


class InUseError(LocationsError):
    """Lessons are booked that hold more of it at once."""


@dataclass(frozen=True, slots=True)
class Facts:
    kind: str
    name: str
    name_en: str = ""
    capacity: int = 1
    position: int = 0
    is_active: bool = True


def of_organisation(organisation: Organisation) -> QuerySet[Location]:
    """Those in use first, in the order of lists and of automatic choice."""
    places = Location.objects.filter(organisation=organisation, kind__in=KINDS)
    return places.order_by("-is_active", "kind", "position", "pk")


def facts_of(place: Location) -> Facts:
    return Facts(**{name: getattr(place, name) for name in FIELDS})


def version(place: Location) -> str:
    return versions.of(place, FIELDS)


def coming(place: Location, now: datetime) -> int:
    """How many live bookings hold it from now on."""
    claims = Claim.objects.filter(resource=place.pk, end__gt=now, booking__in=Booking.objects.live(now))
    return claims.values("booking").distinct().count()


@retried
def enter(organisation: Organisation, facts: Facts, *, by: User, now: datetime) -> Location:
    """A new place; the same one sent twice is found. Raises NameTakenError."""
    _lock(organisation)
    other = Location.objects.filter(organisation=organisation, name=facts.name).first()
    if other is not None and facts_of(other) == facts:
        return other
    if other is not None:
        raise NameTakenError
    place = Location.objects.create(organisation=organisation, **asdict(facts))
    _record("location.create", audit.Action.CREATE, place, by, now)
    return place


@retried
def correct(place: Location, facts: Facts, *, shown: str | None, by: User, now: datetime) -> bool:
    """The place as it is now; False when it was so already. Lessons that are booked there stay.

    Raises versions.StaleError, NameTakenError, InUseError.
    """
    _lock(place.organisation)
    stored = Location.objects.select_for_update(no_key=True, of=("self",)).get(pk=place.pk)
    if facts_of(stored) == facts:
        return False
    if shown is not None and shown != version(stored):
        raise versions.StaleError
    others = Location.objects.filter(organisation=stored.organisation_id, name=facts.name)
    if others.exclude(pk=stored.pk).exists():
        raise NameTakenError
    if is_too_small(stored, facts.capacity, now):
        raise InUseError
    for name, value in asdict(facts).items():
        setattr(stored, name, value)
    stored.save()
    _record("location.update", audit.Action.UPDATE, stored, by, now)
    return True


def is_too_small(place: Location, capacity: int, now: datetime) -> bool:
    """Whether a booking to come holds a unit that there would no longer be."""
    held = Claim.objects.filter(resource=place.pk, end__gt=now, unit__gte=capacity)
    return held.filter(booking__in=Booking.objects.live(now)).exists()


def _lock(organisation: Organisation) -> None:
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)


def _record(event: str, action: audit.Action, place: Location, by: User, now: datetime) -> None:
    told = {
        "organisation": place.organisation_id, "kind": place.kind, "capacity": place.capacity,
        "active": place.is_active,
    }  # fmt: skip
    audit.record(action, event, by=by, now=now, object_type="location", object_key=str(place.pk), facts=told)
