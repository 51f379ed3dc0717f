"""What every page of the planner begins with: who asks, when, and what they may choose from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from classrooms import refusals, sections
from classrooms.choices import Choice
from classrooms.forms import PlannerForm
from classrooms.models import Lesson, Section
from scheduler import bookings, calendars, permissions, readers
from scheduler.models import Booking, Organisation
from scheduler.providers import Reader


@dataclass(frozen=True, slots=True)
class Desk:
    """`moving` is the lesson that is to be given another time, if one is."""

    reader: Reader
    now: datetime
    section: Section
    schools: dict[int, Organisation]
    form: PlannerForm
    moving: Lesson | None

    @property
    def choice(self) -> Choice:
        return self.form.choice

    @property
    def is_too_late(self) -> bool:
        """Whether the lesson to be moved is over."""
        return self.moving is not None and self.moving.booking.end <= self.now

    @property
    def can_override(self) -> bool:
        return any(
            m.role in permissions.OVERRIDE_ROLES and m.organisation_id == self.section.centre_id
            for m in self.reader.memberships
        )


def open_for(request: HttpRequest, data: QueryDict) -> Desk | None:
    """The desk for this request; None when the reader's centre has no section yet.

    404 for who may not book, and for a section or a lesson that the reader may not plan.
    """
    now = timezone.now()
    reader = readers.of_request(request, now)
    if reader is None or not any(m.role in permissions.BOOKING_ROLES for m in reader.memberships):
        raise Http404
    moving = _moving(reader, data.get("move", ""), now)
    section = moving.section if moving else _section(reader, data.get("section", ""))
    if section is None:
        return None
    today = timezone.localdate(now, section.centre.zone)
    visible = permissions.visible_organisations(reader.user, today, posts=reader.memberships)
    schools = (
        visible.filter(kind=Organisation.Kind.HIGH_SCHOOL).order_by("district", "kana", "code").in_bulk()
    )
    form = PlannerForm(data, section=section, schools=schools, usual_day=_usual_day(section, moving, today))
    return Desk(reader, now, section, schools, form, moving)


def turned_back(request: HttpRequest, desk: Desk) -> HttpResponse:
    """To the page of the lesson that is over and is not moved any more."""
    if desk.moving is None:
        raise Http404
    messages.error(request, refusals.sentence(bookings.OverError()))
    return redirect("classrooms:lesson", uid=desk.moving.booking.uid)


def _section(reader: Reader, asked: str) -> Section | None:
    mine = sections.of_posts(reader.memberships)
    if asked:
        # Digits beyond a database's integers are no key of ours either.
        return get_object_or_404(mine, pk=int(asked) if asked.isdecimal() and len(asked) < 19 else 0)
    # Aligning schools is what the planner is for: one's joint sections come before the others.
    ordered = mine.annotate(width=Count("schools")).order_by("-width", "name", "pk")
    return ordered.filter(teacher__user=reader.user).first() or ordered.first()


def _moving(reader: Reader, asked: str, now: datetime) -> Lesson | None:
    if not asked:
        return None
    try:
        uid = UUID(asked)
    except ValueError:
        raise Http404 from None
    visible = permissions.visible_bookings(reader.user, now, posts=reader.memberships)
    booking = visible.filter(uid=uid).select_related("lesson").first()
    if booking is None or booking.state == Booking.State.CANCELLED or not hasattr(booking, "lesson"):
        raise Http404
    if not permissions.can_change(reader.user, booking, timezone.localdate(now)):
        raise Http404
    section = sections.of_posts(reader.memberships).get(pk=booking.lesson.section_id)
    lesson = booking.lesson
    lesson.section, lesson.booking = section, booking
    return lesson


def _usual_day(section: Section, moving: Lesson | None, today: date) -> date:
    """Today, or the next working day; a lesson's own date when it is to be moved."""
    zone = section.centre.zone
    if moving:
        return timezone.localdate(moving.booking.start, zone)
    day = today
    while day.weekday() > 4 or day in calendars.public_holidays(zone.key, day.year):
        day += timedelta(days=1)
    return day
