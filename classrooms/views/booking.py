"""The planner: choosing a time for a section's schools, and booking, holding or moving it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from classrooms import board, lessons, picker, refusals, slots
from classrooms.choices import Choice
from classrooms.forms import ActionForm
from classrooms.models import Lesson
from classrooms.views import desk as desks
from classrooms.views.desk import Desk
from classrooms.wishes import Wish
from scheduler import bookings, calendars, wallclock
from scheduler.conflicts import OVERRIDABLE, Verdict
from scheduler.dayplans import PeriodSpan, day_plan
from scheduler.intervals import hull
from scheduler.plans import Override


@require_http_methods(["GET", "HEAD", "POST"])
def book(request: HttpRequest) -> HttpResponse:
    """GET shows the planner for what its address says; POST books, holds, moves, or looks for times near."""
    desk = desks.open_for(request, request.POST if request.method == "POST" else request.GET)
    if desk is None:
        return render(request, "classrooms/no_sections.html")
    if desk.is_too_late:
        return desks.turned_back(request, desk)
    if request.method == "POST":
        return _submit(request, desk)
    return _planner(request, desk)


def _planner(
    request: HttpRequest, desk: Desk, *, action: ActionForm | None = None, status: int = 200
) -> HttpResponse:
    choice = desk.choice
    shown = board.load(
        desk.section, choice, desk.schools, now=desk.now, language=desk.reader.language, moving=desk.moving
    )
    if choice.start and not choice.slot and not shown.chosen:
        desk.form.add_error("start", _("Nothing starts or runs at that time in all schools."))
    context: dict[str, Any] = {
        "board": shown,
        "desk": desk,
        "form": desk.form,
        "action": action,
        "picker": picker.load(desk.reader, desk.section, desk.schools, shown.wish, request.GET.get("q", "")),
        "intention": uuid4(),
        "zone": desk.section.centre.zone,
        "usual_query": choice.on(desk.form.usual_day).query(),
    }
    if shown.chosen:
        language, zone = desk.reader.language, desk.section.centre.zone
        context["reasons"] = refusals.reasons(shown.chosen.verdict.conflicts, zone, language)
        context["cautions"] = refusals.reasons(shown.chosen.verdict.cautions, zone, language)
    return render(request, "classrooms/book.html", context, status=status)


def _submit(request: HttpRequest, desk: Desk) -> HttpResponse:
    action = ActionForm(request.POST)
    is_valid = desk.form.is_valid() and action.is_valid()
    choice = desk.choice
    wish = board.wished(desk.section, choice, desk.schools, desk.moving)
    periods = _periods(desk, wish, choice) if is_valid else None
    if periods is None:
        return _planner(request, desk, action=action, status=422)
    if action.cleaned_data["action"] == "look":
        return _near(request, desk, wish, periods, action)
    try:
        lesson = _act(desk, wish, periods, action)
    except bookings.ConflictError as refusal:
        return _refused(request, desk, wish, periods, action, refusal.verdict)
    except bookings.BookingError as error:
        messages.error(request, refusals.sentence(error))
        if desk.moving:
            return redirect("classrooms:lesson", uid=desk.moving.booking.uid)
        return _planner(request, desk, status=409)
    messages.success(request, _done(desk, lesson, action.cleaned_data["action"]))
    return redirect("classrooms:lesson", uid=lesson.booking.uid)


def _near(
    request: HttpRequest, desk: Desk, wish: Wish, periods: Sequence[PeriodSpan], action: ActionForm
) -> HttpResponse:
    """What stands against the chosen time and which ones near it work. Nothing is booked by looking."""
    plan = lessons.plan(wish, lessons.periods_of(wish, periods))
    verdict = bookings.check(plan, now=desk.now, ignoring=desk.moving.booking if desk.moving else None)
    if verdict.conflicts:
        return _refused(request, desk, wish, periods, action, verdict)
    messages.success(request, _("This time is free by now. Nothing was booked yet."))
    return _planner(request, desk)


def _periods(desk: Desk, wish: Wish, choice: Choice) -> list[PeriodSpan] | None:
    """The chosen period of each school; None, with the reason in the form, when there is none."""
    if not wish.groups:
        desk.form.add_error("schools", _("Choose at least one school."))
        return None
    ids = [group.school.pk for group in wish.groups]
    facts = calendars.school_facts(ids, choice.day, choice.day)
    plans = [day_plan(facts[group.school.pk], choice.day, grade=group.grade) for group in wish.groups]
    found = slots.periods_of(wish, plans, choice)
    if found is None:
        desk.form.add_error("slot", _("Choose one of the times that the schools have on that day."))
    elif hull(period.interval for period in found).start <= desk.now:
        desk.form.add_error("slot", _("This time has passed. Choose a later one."))
        return None
    return found


def _act(desk: Desk, wish: Wish, chosen: Sequence[PeriodSpan], action: ActionForm) -> Lesson:
    values = action.cleaned_data
    periods = lessons.periods_of(wish, chosen)
    user, intention, override = desk.reader.user, values["intention"], _override(desk, action)
    if desk.moving:
        # Everybody concerned reads why a lesson moves; why it was booked in spite of something, not.
        return lessons.move(
            desk.moving, wish, periods, by=user, now=desk.now, intention=intention, override=override,
            reason="" if override else values["reason"],
        )  # fmt: skip
    if values["action"] == "hold":
        return lessons.hold(wish, periods, by=user, now=desk.now, intention=intention)
    return lessons.book(wish, periods, by=user, now=desk.now, intention=intention, override=override)


def _override(desk: Desk, action: ActionForm) -> Override | None:
    values = action.cleaned_data
    if not (values["override"] and desk.can_override):
        return None
    return Override(reason=values["reason"], kinds=frozenset(values["kinds"]))


def _done(desk: Desk, lesson: Lesson, action: str) -> str:
    booking = lesson.booking
    when = wallclock.moment(booking.start, booking.end, desk.section.centre.zone, desk.reader.language)
    if booking.expires_at is not None:
        return _("%(when)s is held for you. Confirm it before the time runs out.") % {"when": when}
    if action == "move":
        return _("The lesson is now on %(when)s. Everybody concerned is told.") % {"when": when}
    return _("%(when)s is booked. Everybody concerned is told.") % {"when": when}


def _refused(
    request: HttpRequest, desk: Desk, wish: Wish, periods: Sequence[PeriodSpan], action: ActionForm,
    verdict: Verdict,
) -> HttpResponse:  # fmt: skip
    choice, asked = desk.choice, action.cleaned_data["action"]
    zone, language = desk.section.centre.zone, desk.reader.language
    whole = hull(period.interval for period in periods)
    alternatives = refusals.nearest(
        wish, choice, periods, now=desk.now, language=language,
        moving=desk.moving.booking if desk.moving else None,
    )  # fmt: skip
    best = next((a for a in alternatives if a.gives_wanted), alternatives[0] if alternatives else None)
    kinds = {conflict.kind for conflict in verdict.conflicts}
    context = {
        "desk": desk,
        "choice": choice,
        "looked": asked == "look",
        "action": asked if asked != "look" else "move" if desk.moving else "book",
        "reason": action.cleaned_data["reason"],
        "when": wallclock.moment(whole.start, whole.end, zone, language),
        "reasons": refusals.reasons(verdict.conflicts, zone, language),
        "cautions": refusals.reasons(verdict.cautions, zone, language),
        "alternatives": alternatives,
        "best": best,
        "intention": uuid4(),
        "can_override": desk.can_override and kinds <= OVERRIDABLE and asked != "hold",
        "kinds": sorted(kinds),
        "now": timezone.now(),
    }
    return render(request, "classrooms/refused.html", context, status=200 if asked == "look" else 409)
