"""Closing a school, or a grade of it: what can be taken there no more, and which lessons it hits.

A closure and a booking of one instant cannot miss each other: closing locks every resource of
the school, and whoever books there holds one of them while reading the calendar.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial

from django.db import transaction
from django.db.models import Q

from scheduler import notices, timegrid, writing
from scheduler.intervals import Interval
from scheduler.models import (
    Booking,
    BookingChange,
    CalendarDay,
    Claim,
    Organisation,
    Participant,
    Resource,
    User,
)
from scheduler.models.bookings import ParticipantQuerySet
from scheduler.names import Name
from scheduler.notices import Facts, Kind
from scheduler.signals import booking_changed, calendar_changed
from scheduler.transactions import retried


@dataclass(frozen=True, slots=True)
class Closed:
    """The calendar's row, and the bookings that lost this school's side by it, by start."""

    calendar_day: CalendarDay
    bookings: tuple[Booking, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """One booking that a closure would take the school out of: which of its classes, and who goes on
    without it. Nobody: the booking is cancelled."""

    booking: Booking
    groups: tuple[Name, ...]
    others: tuple[Name, ...]

    @property
    def is_own(self) -> bool:
        return self.booking.kind == Booking.Kind.LOCAL


@retried
def close(
    organisation: Organisation, day: date, *, title: Name, by: User | None, now: datetime,
    closed_from: time | None = None, closed_until: time | None = None, grade: int | None = None,
) -> Closed:  # fmt: skip
    """Closes `day` from `closed_from` to `closed_until` (None: the day's ends) on the school's clocks.

    The school leaves every live booking whose period there touches the closure and is not over; the
    other schools stay, and a booking that loses its last school is cancelled. What was over by `now`
    took place. Closing the same stretch twice is no error and changes nothing.
    """
    list(
        Resource.objects.filter(organisation=organisation)
        .order_by("pk")
        .select_for_update(no_key=True, of=("self",))
        .values_list("pk")
    )
    facts = {
        "organisation": organisation, "date": day, "kind": CalendarDay.Kind.CLOSURE, "grade": grade,
        "title": title.ja, "closed_from": closed_from, "closed_until": closed_until,
    }  # fmt: skip
    row = CalendarDay.objects.standing().filter(**facts).first()
    if row is None:
        row = CalendarDay.objects.create(**facts, title_en=title.en, created_by=by)
    span = timegrid.span(day, closed_from or time(0), closed_until or time(0), organisation.zone)
    changes = _hit(organisation, span, grade=grade, by=by, now=now, reason=title.ja)
    _tell(row, changes, by=by, now=now)
    _announce(row, changes)
    return Closed(row, tuple(change.booking for change in changes))


def would_leave(
    organisation: Organisation, day: date, *, now: datetime,
    closed_from: time | None = None, closed_until: time | None = None, grade: int | None = None,
) -> list[Participant]:  # fmt: skip
    """This school's sides that would leave their bookings if it closed then, by the booking's start."""
    span = timegrid.span(day, closed_from or time(0), closed_until or time(0), organisation.zone)
    live = Booking.objects.live(now).values("pk")
    parties = _parties(organisation, span, grade=grade, now=now).filter(booking__in=live)
    return list(parties.select_related("booking").order_by("booking__start", "booking", "pk"))


def hits(leaving: Sequence[Participant]) -> list[Hit]:
    """What becomes of each booking that these sides leave, in their order; two queries for any number."""
    bookings = {side.booking_id: side.booking for side in leaving}
    others: dict[int, list[Name]] = {}
    guests = Participant.objects.standing().filter(booking__in=bookings, role=Participant.Role.GUEST)
    staying = guests.exclude(pk__in=[side.pk for side in leaving]).select_related("organisation")
    for side in staying:
        others.setdefault(side.booking_id, []).append(side.organisation.label)
    groups: dict[int, list[Name]] = {}
    theirs = Claim.objects.filter(participant__in=leaving, resource__classpart__isnull=False)
    for booking, name, name_en in theirs.order_by("resource").values_list(
        "booking", "resource__classpart__group__name", "resource__classpart__group__name_en"
    ):
        groups.setdefault(booking, []).append(Name(name, name_en or name))
    return [
        Hit(booking, _once(groups.get(key, ())), _once(others.get(key, ())))
        for key, booking in bookings.items()
    ]


def _once(names: Iterable[Name]) -> tuple[Name, ...]:
    return tuple(dict.fromkeys(names))


def lessons_left(rows: Sequence[CalendarDay]) -> int:
    """How many bookings the school left by these closures of its own."""
    left: set[int] = set()
    for row in rows:
        span = timegrid.span(
            row.date, row.closed_from or time(0), row.closed_until or time(0), row.organisation.zone
        )
        gone = Participant.objects.filter(
            organisation=row.organisation, person=None, withdrawn_at__isnull=False,
            withdraw_reason=row.title, start__lt=span.end, end__gt=span.start,
        )  # fmt: skip
        left.update(gone.values_list("booking", flat=True))
    return len(left)


@retried
def reopen(calendar_day: CalendarDay, *, by: User | None, now: datetime) -> None:
    """The closure no longer stands; its row stays. Lessons that left do not return by themselves."""
    standing = CalendarDay.objects.standing().filter(pk=calendar_day.pk)
    if standing.update(withdrawn_at=now, withdrawn_by=by):
        _announce(calendar_day, [])


def _parties(
    organisation: Organisation, span: Interval, *, grade: int | None, now: datetime
) -> ParticipantQuerySet:
    """This school's sides of bookings that a closure touches and that are not over."""
    parties = Participant.objects.standing().filter(
        organisation=organisation,
        person=None,
        period_number__isnull=False,
        start__lt=span.end,
        end__gt=max(span.start, now),
    )
    if grade is not None:
        parties = parties.filter(Q(grade=grade) | Q(grade=None))
    return parties


def _hit(
    organisation: Organisation,
    span: Interval,
    *,
    grade: int | None,
    by: User | None,
    now: datetime,
    reason: str,
) -> list[BookingChange]:
    parties = _parties(organisation, span, grade=grade, now=now)
    live = Booking.objects.live(now).filter(pk__in=parties.values("booking")).order_by("pk")
    changes = []
    for booking in live.select_for_update(no_key=True):
        leaving = list(parties.filter(booking=booking).values_list("pk", flat=True))
        change = writing.withdrawn(
            booking, leaving, now=now, by=by, intention=None, reason=reason, verb="close"
        )
        changes += [change] if change else []
    return sorted(changes, key=lambda change: change.booking.start)


def _tell(row: CalendarDay, changes: list[BookingChange], *, by: User | None, now: datetime) -> None:
    """In the closing's own transaction, so that no lesson is lost without a word."""
    facts: Facts = {
        "school": row.organisation.label,
        "closure": Name(row.title, row.title_en or row.title),
    }
    for change in changes:
        booking = change.booking
        # A school knows of its own lessons, and of a hold nobody was told.
        if booking.kind == Booking.Kind.LOCAL or booking.expires_at is not None:
            continue
        recipients = notices.concerned(booking, now=now, besides=by)
        notices.tell(recipients, Kind.SCHOOL_CLOSED, booking, params=facts, now=now)


def _announce(row: CalendarDay, changes: list[BookingChange]) -> None:
    transaction.on_commit(
        partial(
            calendar_changed.send_robust,
            sender=CalendarDay,
            organisation_id=row.organisation_id,
            date=row.date,
            booking_ids=[change.booking_id for change in changes],
        )
    )
    for change in changes:
        transaction.on_commit(
            partial(
                booking_changed.send_robust,
                sender=Booking,
                booking_id=change.booking_id,
                verb=change.verb,
                by_id=change.by_id,
            )
        )
