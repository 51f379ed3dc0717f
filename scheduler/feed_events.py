"""What stands in one reader's calendar: which bookings, and each as an event.

Whose calendar it is decides: a person's has what they take part in, a school's people's has what
their school takes part in, each with the reader's own period on the reader's own clocks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from scheduler import ical, permissions, providers
from scheduler.models import Booking, BookingChange, Participant, Role
from scheduler.providers import Reader

BACK = timedelta(days=30)
AHEAD = timedelta(days=400)
"""Beyond the end of the next school year's first term: what is booked a year ahead is in."""
CANCELLED_FOR = timedelta(days=30)
"""How long a cancelled event says so: readers that only add would keep a vanished one for ever."""
SCHOOL_ROLES = frozenset({Role.SCHOOL_COORDINATOR, Role.ROOM_STAFF, Role.DEVICE})


def calendar_name(reader: Reader) -> str:
    """How the calendar is called in the reader's list of calendars: by school, or by person."""
    with translation.override(reader.language):
        schools = [m.organisation for m in reader.memberships if m.role in SCHOOL_ROLES]
        names = dict.fromkeys(school.label.in_language(reader.language) for school in schools)
        own = ", ".join(names) or reader.user.label.in_language(reader.language)
        return _("Enkaku: %(name)s") % {"name": own}


def of(reader: Reader, *, now: datetime) -> Iterator[ical.Event]:
    """The reader's events by start: the last 30 days and the next 400."""
    bookings = list(_chosen(reader, now).order_by("start", "pk"))
    sides = _own_sides(reader, bookings)
    told = _told(reader, bookings)
    with translation.override(reader.language):
        for booking in bookings:
            own = sides[booking.pk]
            standing = [side for side in own if side.withdrawn_at is None]
            is_called_off = not booking.is_live(now) or not standing
            event = told[booking.pk]
            is_cancelled = is_called_off or event.is_cancelled
            if _has_run_out(booking, now):
                # As it will stand once its rows are put in order, so that readers take it for newer.
                booking.sequence += 1
                booking.changed_at = booking.expires_at or now
            yield _event(booking, (standing or own)[0], event, is_cancelled=is_cancelled)


def facts(reader: Reader, *, now: datetime) -> tuple[object, ...]:
    """What `of` is made from, in two plain queries: equal facts on one day give equal events.

    Every change to a booking and its parties raises its sequence; beside it stand the names that
    are copied nowhere. The date is in it so that whatever else a vertical puts into words is
    looked at again at least once a day.
    """
    chosen = list(_chosen(reader, now).order_by("pk"))
    rows = [
        (b.pk, b.state, b.sequence, b.visibility, b.title, b.title_en, _has_run_out(b, now)) for b in chosen
    ]
    parties = Participant.objects.filter(booking__in=[row[0] for row in rows]).order_by()
    of_parties = [
        f"{table}__{name}" for table in ("organisation", "person", "location") for name in _NAMES[table]
    ]
    names = sorted(map(repr, parties.values_list(*of_parties).distinct()))
    return timezone.localdate(now), settings.PUBLIC_URL, reader.language, rows, names


_NAMES = {
    "organisation": ("short_name", "name_en", "time_zone"),
    "person": ("name", "name_en"),
    "location": ("name", "name_en"),
}


def _chosen(reader: Reader, now: datetime) -> QuerySet[Booking]:
    """Without a school's own lessons and the practice room (nobody is called to those), and without
    what was called off too long ago. A hold, whatever became of it, is shown to the person who
    made it to take part in it themself: nobody else was told of it."""
    recently = now - CANCELLED_FOR
    sides = Participant.objects.filter(Q(withdrawn_at=None) | Q(withdrawn_at__gte=recently))
    person = sides.filter(person__user=reader.user).values("booking")
    school = sides.filter(organisation__in=_schools(reader), person=None).values("booking")
    changes = BookingChange.objects.filter(booking=OuterRef("pk"))
    never_booked = Exists(changes.filter(verb="hold")) & ~Exists(changes.filter(verb="confirm"))
    seen = permissions.visible_bookings(reader.user, now, posts=reader.memberships).filter(
        Q(pk__in=person) | (Q(pk__in=school) & ~Q(kind=Booking.Kind.LOCAL)),
        kind__in=set(providers.registered()) - {Booking.Kind.PRACTICE},
        start__lt=now + AHEAD,
        end__gt=now - BACK,
    )
    is_hold = Q(state=Booking.State.TENTATIVE) | (Q(state=Booking.State.CANCELLED) & Q(never_booked))
    is_own = Q(created_by=reader.user, pk__in=person)
    return (
        seen.filter(~is_hold | is_own)
        .exclude(state=Booking.State.TENTATIVE, expires_at__lt=recently)
        .exclude(state=Booking.State.CANCELLED, cancelled_at__lt=recently)
    )


def _has_run_out(booking: Booking, now: datetime) -> bool:
    """A hold whose time is over and whose rows say nothing of it yet."""
    return booking.state == Booking.State.TENTATIVE and not booking.is_live(now)


def _schools(reader: Reader) -> list[int]:
    return [m.organisation_id for m in reader.memberships if m.role in SCHOOL_ROLES]


def _own_sides(reader: Reader, bookings: Sequence[Booking]) -> dict[int, list[Participant]]:
    """The parties by which the reader takes part, in person before school."""
    own = Q(person__user=reader.user) | Q(person=None, organisation__in=_schools(reader))
    rows = Participant.objects.filter(own, booking__in=[b.pk for b in bookings])
    found: dict[int, list[Participant]] = defaultdict(list)
    for side in rows.select_related("organisation").order_by("pk"):
        found[side.booking_id].append(side)
    for sides in found.values():
        sides.sort(key=lambda side: side.person_id is None)
    return found


def _told(reader: Reader, bookings: Sequence[Booking]) -> dict[int, providers.Event]:
    """Each booking in the words of its kind, one call per kind."""
    by_kind: dict[str, list[Booking]] = defaultdict(list)
    for booking in bookings:
        by_kind[booking.kind].append(booking)
    return {
        booking.pk: event
        for kind, some in by_kind.items()
        for booking, event in zip(some, providers.of(kind).events(some, reader), strict=True)
    }


def _event(booking: Booking, side: Participant, event: providers.Event, *, is_cancelled: bool) -> ical.Event:
    if is_cancelled:
        status, summary = ical.Status.CANCELLED, _("[Cancelled] %(title)s") % {"title": event.summary}
    elif booking.state == Booking.State.TENTATIVE:
        status, summary = ical.Status.TENTATIVE, _("[Held] %(title)s") % {"title": event.summary}
    else:
        status, summary = ical.Status.CONFIRMED, event.summary
    description = event.description
    if event.room_url and not is_cancelled:
        room = _("Enter the room: %(address)s") % {"address": settings.PUBLIC_URL + event.room_url}
        description = f"{description}\n\n{room}" if description else room
    return ical.Event(
        uid=uid(booking),
        sequence=booking.sequence,
        changed_at=booking.changed_at,
        interval=event.interval,
        zone=side.organisation.time_zone,
        status=status,
        visibility=booking.visibility,
        summary=summary,
        description=description,
        location=event.location,
        url=settings.PUBLIC_URL + event.url if event.url else "",
    )


def uid(booking: Booking) -> str:
    """The same for ever, also when the service moves to another host: the UUID alone is unique."""
    return f"{booking.uid}@enkaku"
