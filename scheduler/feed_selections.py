"""What stands in a calendar: which bookings, and by which of their sides the reader takes part.

A person's has what they take part in, and for a school's people what their school takes part in; a
school's, class's, section's, studio's or room's has its own sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from scheduler import feed_scopes, permissions, providers, timegrid
from scheduler.feed_scopes import Subject
from scheduler.models import Booking, BookingChange, Organisation, Participant, Role
from scheduler.providers import Reader

BACK = timedelta(days=30)
AHEAD = timedelta(days=400)
"""Beyond the end of the next school year's first term: what is booked a year ahead is in."""
CANCELLED_FOR = timedelta(days=30)
"""How long a cancelled event says so: readers that only add would keep a vanished one for ever."""
SCHOOL_ROLES = frozenset({Role.SCHOOL_COORDINATOR, Role.SCHOOL_HEAD, Role.ROOM_STAFF, Role.DEVICE})


@dataclass(frozen=True, slots=True)
class Selection:
    """What a calendar has: `bookings`, and by which sides of them (a condition on Participant) the
    reader takes part. `name`, `zone` and `language` are the calendar's own."""

    bookings: QuerySet[Booking]
    sides: Q
    name: str
    zone: str
    language: str
    is_public: bool = False


def of_reader(reader: Reader, *, now: datetime) -> Selection:
    """A person's own calendar.

    Without a school's own lessons and the practice room: nobody is called to those. A hold,
    whatever became of it, is shown to the person who made it to take part in it themself: nobody
    else was told of it.
    """
    schools = [m.organisation_id for m in reader.memberships if m.role in SCHOOL_ROLES]
    person = Q(person__user=reader.user)
    school = Q(person=None, organisation__in=schools)
    recent = Participant.objects.filter(_stood_lately(now))
    by_person = Q(pk__in=recent.filter(person).values("booking"))
    by_school = Q(pk__in=recent.filter(school).values("booking")) & ~Q(kind=Booking.Kind.LOCAL)
    taking_part = by_person | by_school
    sides = person | school
    at_home = _taught_at_home(reader, now)
    if at_home is not None:
        homes = [m.organisation_id for m in reader.memberships if m.role == Role.STUDENT]
        taking_part |= at_home & ~Q(kind=Booking.Kind.LOCAL)
        sides |= Q(person=None, organisation__in=homes)
    visible = permissions.visible_bookings(reader.user, now, posts=reader.memberships)
    hold = _is_hold()
    chosen = (
        _in_time(visible, now).filter(taking_part).filter(~hold | (Q(created_by=reader.user) & by_person))
    )
    return Selection(
        bookings=chosen,
        sides=sides,
        name=_calendar_name(reader),
        zone=reader.memberships[0].organisation.time_zone,
        language=reader.language,
    )


def of_subject(subject: Subject, *, language: str, is_public: bool, now: datetime) -> Selection:
    """The calendar of a school, class, section, studio or room. No hold is in it: a hold is one
    person's. On a public screen stands only what is PUBLIC."""
    source = feed_scopes.of(subject.scope)
    assert source is not None, "a subject comes from its source"
    sides = source.sides(subject.pk)
    recent = Participant.objects.filter(_stood_lately(now)).filter(sides)
    chosen = _in_time(Booking.objects.filter(feed_scopes.bookings(subject)), now).filter(
        ~_is_hold(), pk__in=recent.values("booking")
    )
    if is_public:
        chosen = chosen.filter(visibility=Booking.Visibility.PUBLIC)
    with translation.override(language):
        name = _("Enkaku: %(name)s") % {"name": subject.name.in_language(language)}
    return Selection(chosen, sides, name, subject.organisation.time_zone, language, is_public)


def of_booking(reader: Reader, uid: UUID, *, now: datetime) -> Selection:
    """One booking that the reader may open, by their own side, else their school's, else the host's."""
    visible = permissions.visible_bookings(reader.user, now, posts=reader.memberships)
    chosen = visible.filter(uid=uid, kind__in=set(providers.registered()) - {Booking.Kind.PRACTICE})
    sides = Participant.objects.filter(booking__uid=uid)
    schools = [m.organisation_id for m in permissions.working(reader.memberships)]
    own = Q(person__user=reader.user) | Q(person=None, organisation__in=schools)
    if not sides.filter(own).exists():
        own = Q(role=Participant.Role.HOST)
    zone = reader.memberships[0].organisation.time_zone if reader.memberships else settings.TIME_ZONE
    return Selection(
        chosen.filter(~_is_hold() | Q(created_by=reader.user)), own, "Enkaku", zone, reader.language
    )


def of_term(organisation: Organisation, first: datetime, until: datetime, language: str) -> Selection:
    """All that a school takes part in from `first` to `until`, or that a centre delivers; whatever
    was called off says so."""
    is_school = organisation.kind == Organisation.Kind.HIGH_SCHOOL
    sides = Q(organisation=organisation, person=None) if is_school else Q(organisation=organisation)
    mine = Participant.objects.filter(sides)
    excluded = (Booking.Kind.PRACTICE, Booking.Kind.LOCAL)
    chosen = Booking.objects.filter(
        ~_is_hold(), pk__in=mine.values("booking"), start__lt=until, end__gt=first
    ).exclude(Q(kind__in=excluded) | Q(visibility=Booking.Visibility.CONFIDENTIAL))
    name = organisation.label.in_language(language)
    return Selection(chosen, sides, name, organisation.time_zone, language)


def changes_by_time(selection: Selection, *, now: datetime) -> datetime:
    """When the passing of time alone may change what it says: a hold's end, or midnight, when the
    window moves and posts begin and end."""
    held = selection.bookings.filter(state=Booking.State.TENTATIVE, expires_at__gt=now)
    ends = held.order_by("expires_at").values_list("expires_at", flat=True).first()
    tomorrow = _midnight(now, days=1)
    return min(ends, tomorrow) if ends else tomorrow


def _in_time(bookings: QuerySet[Booking], now: datetime) -> QuerySet[Booking]:
    """By whole days: the calendar is the same from one midnight to the next."""
    recently = _midnight(now) - CANCELLED_FOR
    return (
        bookings.filter(
            kind__in=set(providers.registered()) - {Booking.Kind.PRACTICE},
            start__lt=_midnight(now) + AHEAD,
            end__gt=_midnight(now) - BACK,
        )
        .exclude(state=Booking.State.TENTATIVE, expires_at__lt=recently)
        .exclude(state=Booking.State.CANCELLED, cancelled_at__lt=recently)
    )


def _stood_lately(now: datetime) -> Q:
    return Q(withdrawn_at=None) | Q(withdrawn_at__gte=_midnight(now) - CANCELLED_FOR)


def _is_hold() -> Q:
    changes = BookingChange.objects.filter(booking=OuterRef("pk"))
    never_booked = Exists(changes.filter(verb="hold")) & ~Exists(changes.filter(verb="confirm"))
    return Q(state=Booking.State.TENTATIVE) | (Q(state=Booking.State.CANCELLED) & Q(never_booked))


def _taught_at_home(reader: Reader, now: datetime) -> Q | None:
    """What a pupil with a remote seat may open on a vertical's ground; None for everybody else."""
    if not any(m.role == Role.STUDENT for m in reader.memberships):
        return None
    return permissions.on_grounds(reader.user, now)


def _midnight(now: datetime, *, days: int = 0) -> datetime:
    """The beginning of today, or of a day from today, where people are."""
    day = timezone.localdate(now) + timedelta(days=days)
    return timegrid.instant(day, time(0), ZoneInfo(settings.TIME_ZONE))


def _calendar_name(reader: Reader) -> str:
    """How the calendar is called in the reader's list of calendars: by school, or by person."""
    with translation.override(reader.language):
        schools = [m.organisation for m in reader.memberships if m.role in SCHOOL_ROLES]
        names = dict.fromkeys(school.label.in_language(reader.language) for school in schools)
        own = ", ".join(names) or reader.user.label.in_language(reader.language)
        return _("Enkaku: %(name)s") % {"name": own}
