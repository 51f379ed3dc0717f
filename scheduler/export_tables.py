"""A term as CSV: one row per school and lesson, since a joint broadcast is a lesson at each school."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from scheduler import spreadsheets, timegrid, wallclock
from scheduler.models import Booking, Claim, Organisation, Participant, Resource
from scheduler.names import Name, joined
from scheduler.spreadsheets import Encoding

LOT = 200


def headings() -> list[str]:
    """In the order of the columns; docs/interfaces.md has them."""
    return [
        pgettext("column", "Date"), pgettext("column", "Weekday"), pgettext("column", "From"),
        pgettext("column", "To"), pgettext("column", "Time zone"), pgettext("column", "Period"),
        pgettext("column", "School"), pgettext("column", "Class"), pgettext("column", "Lesson"),
        pgettext("column", "Teacher"), pgettext("column", "Place"), pgettext("column", "Pupils"),
        pgettext("column", "State"), "UID",
    ]  # fmt: skip


def written(
    bookings: QuerySet[Booking], organisation: Organisation, language: str, *, encoding: Encoding,
    tell: Callable[[int], bool],
) -> bytes | None:  # fmt: skip
    """All rows by start. `tell` hears how many bookings are written; None when it says to stop."""
    ids = list(bookings.order_by("start", "pk").values_list("pk", flat=True))
    with translation.override(language):
        pieces = list(spreadsheets.written([headings()], encoding))
        for first in range(0, len(ids), LOT):
            if not tell(first):
                return None
            pieces += spreadsheets.lines(_rows(ids[first : first + LOT], organisation, language), encoding)
    return b"".join(pieces)


def _rows(ids: Sequence[int], organisation: Organisation, language: str) -> Iterator[list[str]]:
    found = Participant.objects.filter(booking__in=ids).order_by("booking__start", "booking", "pk")
    sides: dict[int, list[Participant]] = defaultdict(list)
    for side in found.select_related("booking", "organisation", "person", "location"):
        sides[side.booking_id].append(side)
    classes = _classes(ids)
    is_school = organisation.kind == Organisation.Kind.HIGH_SCHOOL
    for parties in sides.values():
        hosts = [side.person.label.in_language(language) for side in parties if side.person]
        for side in parties:
            is_row = side.person is None and side.role == Participant.Role.GUEST
            if is_row and (not is_school or side.organisation_id == organisation.pk):
                yield _row(side, hosts, classes[side.pk], language)


def _row(side: Participant, teachers: list[str], classes: list[Name], language: str) -> list[str]:
    zone, booking = side.organisation.zone, side.booking
    day = timegrid.local_date(side.start, zone)
    weekdays = wallclock.WEEKDAYS_JA if wallclock.is_japanese(language) else wallclock.WEEKDAYS_EN
    return [
        day.isoformat(),
        weekdays[day.weekday()],
        f"{timegrid.local_time(side.start, zone):%H:%M}",
        f"{timegrid.local_time(side.end, zone):%H:%M}",
        zone.key,
        str(side.period_number or ""),
        side.organisation.label.in_language(language),
        joined((name.in_language(language) for name in classes), language),
        booking.label.in_language(language),
        joined(teachers, language),
        side.location.label.in_language(language) if side.location else "",
        str(side.headcount),
        _state(side),
        str(booking.uid),
    ]


def _state(side: Participant) -> str:
    if side.booking.state == Booking.State.CANCELLED:
        return _("cancelled")
    return _("not taking part") if side.withdrawn_at else _("booked")


def _classes(ids: Sequence[int]) -> dict[int, list[Name]]:
    """The classes that a side holds; one that was called off holds none any more."""
    found: dict[int, list[Name]] = defaultdict(list)
    claims = Claim.objects.filter(booking__in=ids, resource__kind=Resource.Kind.CLASS_PART).order_by("pk")
    columns = ("participant", "resource__classpart__group__name", "resource__classpart__group__name_en")
    for side, name, name_en in claims.values_list(*columns):
        label = Name(name, name_en or name)
        if label not in found[side]:
            found[side].append(label)
    return found
