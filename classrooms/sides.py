"""Who takes part in bookings, each with its place and its class: one reading for many bookings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from classrooms.models import Reception
from scheduler.intervals import Interval
from scheduler.models import Booking, Claim, Location, Organisation, Participant, Person, Resource
from scheduler.names import Name, joined


@dataclass(frozen=True, slots=True)
class Side:
    """One party of a booking. A school has no person; one that left keeps its period."""

    participant_id: int
    organisation: Organisation
    person: Person | None
    location: Location | None
    interval: Interval
    period_number: int | None
    headcount: int
    is_host: bool
    is_standing: bool
    is_closed: bool
    reason: str
    class_names: tuple[Name, ...]

    @property
    def organisation_id(self) -> int:
        return self.organisation.pk

    @property
    def is_school(self) -> bool:
        return self.person is None and not self.is_host

    @property
    def user_id(self) -> int | None:
        return self.person.user_id if self.person else None

    def name(self, language: str) -> str:
        return self.organisation.label.in_language(language)

    def person_name(self, language: str) -> str:
        return self.person.label.in_language(language) if self.person else ""

    def place(self, language: str) -> str:
        return self.location.label.in_language(language) if self.location else ""

    def classes(self, language: str) -> str:
        return joined((name.in_language(language) for name in self.class_names), language)


def of_bookings(bookings: Iterable[Booking]) -> dict[int, list[Side]]:
    """The parties of each booking by its key, hosts first. Three queries."""
    ids = [booking.pk for booking in bookings]
    classes = _classes(ids)
    closed = dict(
        Reception.objects.filter(lesson__in=ids, state=Reception.State.CLOSED).values_list(
            "participant", "reason"
        )
    )
    found: dict[int, list[Side]] = {pk: [] for pk in ids}
    participants = Participant.objects.filter(booking__in=ids)
    for participant in participants.select_related("organisation", "person", "location").order_by("pk"):
        found[participant.booking_id].append(_side(participant, classes, closed))
    for sides in found.values():
        sides.sort(key=lambda side: not side.is_host)
    return found


def _side(participant: Participant, classes: dict[int, list[Name]], closed: dict[int, str]) -> Side:
    return Side(
        participant_id=participant.pk,
        organisation=participant.organisation,
        person=participant.person,
        location=participant.location,
        interval=participant.interval,
        period_number=participant.period_number,
        headcount=participant.headcount,
        is_host=participant.role == Participant.Role.HOST,
        is_standing=participant.withdrawn_at is None,
        is_closed=participant.pk in closed,
        reason=closed.get(participant.pk) or participant.withdraw_reason,
        class_names=tuple(dict.fromkeys(classes.get(participant.pk, ()))),
    )


def _classes(booking_ids: list[int]) -> dict[int, list[Name]]:
    """Names of the classes whose parts a participant holds."""
    rows = Claim.objects.filter(booking__in=booking_ids, resource__kind=Resource.Kind.CLASS_PART).order_by(
        "pk"
    )
    found: dict[int, list[Name]] = defaultdict(list)
    columns = ("participant", "resource__classpart__group__name", "resource__classpart__group__name_en")
    for participant_id, name, name_en in rows.values_list(*columns):
        found[participant_id].append(Name(name, name_en or name))
    return found
