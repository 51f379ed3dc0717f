"""A lesson's page: what is arranged, what happened to it, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from classrooms import lesson_page, lessons, refusals
from classrooms.forms import CancelForm, ConfirmForm, ReasonForm
from classrooms.models import Lesson, Reception
from scheduler import bookings, permissions, readers
from scheduler.models import Booking
from scheduler.providers import Reader


def _visible(reader: Reader) -> QuerySet[Lesson]:
    visible = permissions.visible_bookings(reader.user, timezone.now(), posts=reader.memberships)
    return Lesson.objects.filter(booking__in=visible).select_related(
        "booking__organiser", "booking__series", "section__course", "section__centre", "section__teacher"
    )


def _found(request: HttpRequest, uid: UUID) -> tuple[Reader, Lesson]:
    reader = readers.of_request(request, timezone.now())
    if reader is None:
        raise Http404
    return reader, get_object_or_404(_visible(reader), booking__uid=uid)


def _changeable(request: HttpRequest, uid: UUID) -> tuple[Reader, Lesson]:
    reader, lesson = _found(request, uid)
    if not permissions.can_change(reader.user, lesson.booking, timezone.localdate()):
        raise Http404
    return reader, lesson


@require_safe
def lesson(request: HttpRequest, uid: UUID) -> HttpResponse:
    reader, found = _found(request, uid)
    shown = lesson_page.load(found, reader, timezone.now())
    return render(request, "classrooms/lesson.html", {"page": shown, "intention": uuid4()})


@require_POST
def confirm(request: HttpRequest, uid: UUID) -> HttpResponse:
    return _of_a_hold(request, uid, lessons.confirm, _("The lesson is booked. Everybody concerned is told."))


@require_POST
def release(request: HttpRequest, uid: UUID) -> HttpResponse:
    """A hold is given up with one press: nobody was told of it, and there is nothing to explain."""
    return _of_a_hold(request, uid, lessons.release, _("The hold is given up. Its time is free again."))


def _of_a_hold(request: HttpRequest, uid: UUID, verb: Callable[..., Lesson], said: str) -> HttpResponse:
    reader, found = _changeable(request, uid)
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        raise Http404
    try:
        verb(found, by=reader.user, now=timezone.now(), intention=form.cleaned_data["intention"])
    except bookings.BookingError as error:
        return _refused(request, uid, error)
    messages.success(request, said)
    return redirect("classrooms:lesson", uid=uid)


@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, uid: UUID) -> HttpResponse:
    reader, found = _changeable(request, uid)
    # A request that is sent again is told what it did, not shown the page in silence.
    is_sent_again = request.method == "POST" and found.booking.state == Booking.State.CANCELLED
    if found.booking.state != Booking.State.CONFIRMED and not is_sent_again:
        return redirect("classrooms:lesson", uid=uid)
    if found.booking.end <= timezone.now():
        return _refused(request, uid, bookings.OverError())
    form = CancelForm(request.POST if request.method == "POST" else None, initial={"intention": uuid4()})
    if form.is_valid():
        try:
            said = _cancelled(found, reader, form)
        except bookings.BookingError as error:
            return _refused(request, uid, error)
        messages.success(request, said)
        return redirect("classrooms:lesson", uid=uid)
    page = lesson_page.load(found, reader, timezone.now())
    context = {
        "page": page,
        "form": form,
        "reception": None,
        "following": lesson_page.following(page, reader),
    }
    return _asking(request, context, form)


def _cancelled(lesson: Lesson, reader: Reader, form: CancelForm) -> str:
    """What was done, as a sentence."""
    now, values = timezone.now(), form.cleaned_data
    of_request = {"intention": values["intention"], "reason": values["reason"]}
    if form.wants_following:
        ended = lessons.cancel_following(lesson, by=reader.user, now=now, **of_request)
        return ngettext(
            "%(n)d lesson is cancelled. Everybody concerned is told.",
            "%(n)d lessons are cancelled. Everybody concerned is told.",
            len(ended),
        ) % {"n": len(ended)}
    lessons.cancel(lesson, by=reader.user, now=now, **of_request)
    return _("The lesson is cancelled. Everybody concerned is told.")


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, uid: UUID, reception_id: int) -> HttpResponse:
    reader, found = _found(request, uid)
    reception = get_object_or_404(
        Reception.objects.select_related("school", "participant__booking", "lesson"),
        pk=reception_id,
        lesson=found,
    )
    today = timezone.localdate()
    if not permissions.can_withdraw_school(reader.user, reception.school, found.booking, today):
        raise Http404
    if reception.participant.withdrawn_at or found.booking.state != Booking.State.CONFIRMED:
        return redirect("classrooms:lesson", uid=uid)
    if reception.participant.end <= timezone.now():
        return _refused(request, uid, bookings.OverError())
    form = ReasonForm(request.POST if request.method == "POST" else None, initial={"intention": uuid4()})
    if form.is_valid():
        try:
            lessons.withdraw_school(reception, by=reader.user, now=timezone.now(), **form.cleaned_data)
        except bookings.BookingError as error:
            return _refused(request, uid, error)
        school = reception.school.label.in_language(reader.language)
        messages.success(
            request, _("%(school)s's side is cancelled. The others' stands as before.") % {"school": school}
        )
        return redirect("classrooms:lesson", uid=uid)
    context = {
        "page": lesson_page.load(found, reader, timezone.now()),
        "form": form,
        "reception": reception,
    }
    return _asking(request, context, form)


def _refused(request: HttpRequest, uid: UUID, error: bookings.BookingError) -> HttpResponse:
    messages.error(request, refusals.sentence(error))
    return redirect("classrooms:lesson", uid=uid)


def _asking(request: HttpRequest, context: dict[str, Any], form: ReasonForm) -> HttpResponse:
    status = 422 if form.is_bound else 200
    return render(request, "classrooms/cancel.html", context, status=status)
