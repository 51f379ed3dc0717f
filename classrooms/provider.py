"""How lessons, schools' own lessons and the practice room are told to Today, feeds and notices.

Written for one reader: a school reads its own period and place, the centre the whole. No pupil's
name anywhere. Three queries for any number of bookings.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from classrooms import feeds, receiving, registers, sides
from classrooms.sides import Side
from realtime import access, help_calls
from scheduler import permissions, wallclock
from scheduler.models import Booking
from scheduler.names import joined
from scheduler.providers import CalendarFacts, Entry, Event, Leg, Need, Reader, Seen


class LessonProvider:
    """For the kinds lesson, local and practice."""

    def entries(self, bookings: Sequence[Booking], reader: Reader, now: datetime) -> list[Entry]:
        found = sides.of_bookings(bookings)
        rooms = receiving.of_bookings(bookings, found, now)
        with override(reader.language):
            return [_entry(booking, found[booking.pk], reader, now, rooms) for booking in bookings]

    def calendar(self, seen: Sequence[Seen], language: str) -> list[Event]:
        found = sides.of_bookings([each.booking for each in seen])
        with override(language):
            return [
                _event(each.booking, found[each.booking.pk], _side(found[each.booking.pk], each), language)
                for each in seen
            ]

    def calendar_facts(self, booking_ids: Collection[int]) -> Mapping[int, CalendarFacts]:
        return feeds.calendar_facts(booking_ids)

    def url(self, booking: Booking) -> str:
        return _url(booking)

    def needs(self, reader: Reader, now: datetime) -> Iterable[Need]:
        """What every source knows, most urgent first."""
        return [need for source in NEED_SOURCES for need in source(reader, now)]


def state_words(state: str) -> str:
    return {
        "planned": pgettext("lesson", "planned"),
        "soon": pgettext("lesson", "soon"),
        "live": pgettext("lesson", "on now"),
        "over": pgettext("lesson", "over"),
        "held": pgettext("lesson", "held"),
        "cancelled": pgettext("lesson", "cancelled"),
        "closed": pgettext("lesson", "school closed"),
    }[state]


def state_of(booking: Booking, own: Side | None, now: datetime) -> str:
    """One of the states of `scheduler.providers.Entry`, as this side sees it."""
    if booking.state == Booking.State.CANCELLED:
        return "cancelled"
    if own is not None and not own.is_standing:
        return "closed" if own.is_closed else "cancelled"
    if booking.state == Booking.State.TENTATIVE:
        return "held"
    interval = own.interval if own else booking.interval
    if interval.end <= now:
        return "over"
    if interval.start <= now:
        return "live"
    return "soon" if interval.start - access.OPENS_BEFORE <= now else "planned"


def _entry(
    booking: Booking, found: Sequence[Side], reader: Reader, now: datetime, rooms: receiving.Found
) -> Entry:
    own = _own(found, reader)
    state = state_of(booking, own, now)
    if state == "cancelled" and _closed(found):
        state = "closed"
    window = access.window_of(booking)
    is_open = state not in {"cancelled", "closed", "held"} and window.start <= now < window.end
    has_room = booking.kind != Booking.Kind.LOCAL
    return Entry(
        booking=booking,
        interval=own.interval if own else booking.interval,
        title=booking.label.in_language(reader.language),
        detail=_detail(booking, found, own, reader.language),
        period=_period(found, own),
        place=_place_of_entry(found, own, reader.language),
        state=state,
        state_words=state_words(state),
        url=_url(booking),
        room_url=room_url(booking) if is_open and has_room else "",
        note=_note(booking, found, own, reader.language),
        legs=tuple(_leg(side, booking, reader, rooms) for side in found if side.is_school)
        if booking.kind == Booking.Kind.LESSON
        else (),
        receiving=receiving.beside(booking, own, rooms, reader, now),
    )


def _event(booking: Booking, found: Sequence[Side], own: Side | None, language: str) -> Event:
    title = booking.label.in_language(language)
    detail = _detail(booking, found, own, language)
    lines = [
        f"{side.name(language)} {_number(side.period_number)} {_range(side, language)}".replace("  ", " ")
        for side in found
        if side.is_school and side.is_standing
    ]
    teachers = _teachers(found, language)
    is_gone = own is not None and not own.is_standing
    return Event(
        summary=f"{title} {detail}".strip(),
        description="\n".join([*lines, *([teachers] if teachers else [])]),
        location=_place(found, own, language),
        interval=own.interval if own else booking.interval,
        is_cancelled=booking.state == Booking.State.CANCELLED or is_gone,
        url=_url(booking),
        room_url="" if booking.kind == Booking.Kind.LOCAL else room_url(booking),
    )


def _side(found: Sequence[Side], seen: Seen) -> Side | None:
    return next((side for side in found if side.participant_id == seen.side_id), None)


def _own(found: Sequence[Side], reader: Reader) -> Side | None:
    """The reader's side: the person's own, else the school's; one that stands before one that left."""
    persons = [side for side in found if side.user_id == reader.user.pk]
    schools = [side for side in found if side.is_school and side.organisation_id in reader.organisation_ids]
    return next(iter(sorted(persons or schools, key=lambda side: not side.is_standing)), None)


def _detail(booking: Booking, found: Sequence[Side], own: Side | None, language: str) -> str:
    """For a school its teacher and its partners, for the centre the schools."""
    if booking.kind == Booking.Kind.PRACTICE:
        return _("Always open: try microphone and camera")
    if booking.kind == Booking.Kind.LOCAL:
        return own.classes(language) if own else ""
    is_off = booking.state == Booking.State.CANCELLED
    schools = [side for side in found if side.is_school and (side.is_standing or is_off)]
    if own is None or not own.is_school:
        return joined((side.name(language) for side in schools), language)
    partners = joined((side.name(language) for side in schools if side is not own), language)
    joint = _("with %(schools)s") % {"schools": partners} if partners else ""
    return " ".join(part for part in (_teachers(found, language), joint) if part)


def _teachers(found: Sequence[Side], language: str) -> str:
    names = [side.person_name(language) for side in found if side.is_host and side.person]
    return _("%(name)s (teacher)") % {"name": joined(names, language)} if names else ""


def _period(found: Sequence[Side], own: Side | None) -> str:
    """The reader's own period; for the centre the number on which all schools agree."""
    if own is not None and own.period_number is not None:
        return _number(own.period_number)
    numbers = {side.period_number for side in found if side.is_school and side.is_standing}
    return _number(numbers.pop()) if len(numbers) == 1 else ""


def _number(number: int | None) -> str:
    return "" if number is None else _("Period %(n)d") % {"n": number}


def _range(side: Side, language: str) -> str:
    return wallclock.clock_range(side.interval.start, side.interval.end, side.organisation.zone, language)


def _place(found: Sequence[Side], own: Side | None, language: str) -> str:
    side = own if own is not None else next((side for side in found if side.is_host), None)
    return side.place(language) if side else ""


def _place_of_entry(found: Sequence[Side], own: Side | None, language: str) -> str:
    """The centre has many teachers and studios: it reads who teaches, and where."""
    who = _teachers(found, language) if own is None else ""
    return " ".join(part for part in (who, _place(found, own, language)) if part)


def _note(booking: Booking, found: Sequence[Side], own: Side | None, language: str) -> str:
    if booking.state == Booking.State.CANCELLED:
        return joined(dict.fromkeys(side.reason for side in _closed(found)), language)
    if own is not None and not own.is_standing:
        return own.reason
    gone = [side.name(language) for side in found if side.is_school and not side.is_standing]
    return _("%(schools)s not taking part") % {"schools": joined(gone, language)} if gone else ""


def _closed(found: Sequence[Side]) -> list[Side]:
    """The schools' sides when every one of them was closed; none when one left for another reason."""
    schools = [side for side in found if side.is_school]
    return schools if all(side.is_closed for side in schools) else []


def _leg(side: Side, booking: Booking, reader: Reader, rooms: receiving.Found) -> Leg:
    """A school's part; its class and pupils are for itself and for the centre, not for its partners.

    How many take it and how the device stands is for who works there, not for a pupil at home.
    """
    concerned = {booking.organiser_id, side.organisation_id}
    is_whole = bool(concerned & reader.organisation_ids)
    is_staff = any(post.organisation_id in concerned for post in permissions.working(reader.memberships))
    pupils = _("%(n)d pupils") % {"n": side.headcount} if is_staff and side.headcount else ""
    device = receiving.line(side, rooms, reader.language) if is_staff else None
    return Leg(
        name=side.name(reader.language),
        detail=f"{side.classes(reader.language)} {pupils}".strip() if is_whole else "",
        interval=side.interval,
        is_standing=side.is_standing,
        reason=side.reason if is_whole else "",
        device=device.words if device else "",
        device_state=device.chip if device else "",
    )


def _holds(reader: Reader, now: datetime) -> Iterable[Need]:
    """Holds of the reader that run out."""
    held = Booking.objects.filter(
        kind=Booking.Kind.LESSON,
        state=Booking.State.TENTATIVE,
        created_by=reader.user,
        expires_at__gt=now,
    ).select_related("organiser")
    with override(reader.language):
        return [_hold_need(booking, reader) for booking in held.order_by("expires_at")]


def _hold_need(booking: Booking, reader: Reader) -> Need:
    assert booking.expires_at is not None, "a hold has its end"
    zone = booking.organiser.zone
    when = wallclock.moment(booking.start, booking.end, zone, reader.language)
    until = wallclock.clock(booking.expires_at, zone)
    return Need(
        title=_("Confirm the held time of %(title)s") % {"title": booking.label.in_language(reader.language)},
        detail=_("%(when)s, held until %(until)s") % {"when": when, "until": until},
        url=_url(booking),
    )


def _url(booking: Booking) -> str:
    if booking.kind != Booking.Kind.LESSON:
        return ""
    return reverse("classrooms:lesson", args=[booking.uid])


def room_url(booking: Booking) -> str:
    """The address of the booking's room; whether its door is open is another question."""
    return reverse("realtime:by_booking", args=[booking.uid])


NEED_SOURCES: tuple[Callable[[Reader, datetime], Iterable[Need]], ...] = (
    help_calls.needs,
    _holds,
    registers.needs,
)
"""The most urgent first."""
