"""毎週くり返す: every date with what stands against it, then booking all, the others, or none."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from classrooms import board, lessons, refusals
from classrooms import series as weekly
from classrooms.forms import SeriesActionForm, SeriesForm
from classrooms.models import Lesson
from classrooms.series import Occurrence
from classrooms.views import desk as desks
from classrooms.views.desk import Desk
from scheduler import bookings


@require_http_methods(["GET", "HEAD", "POST"])
def series(request: HttpRequest) -> HttpResponse:
    """GET asks how long and shows the dates; POST books them."""
    data = request.POST if request.method == "POST" else request.GET
    desk = desks.open_for(request, data)
    if desk is None:
        return render(request, "classrooms/no_sections.html")
    context = _context(desk, data)
    if request.method != "POST":
        return render(request, "classrooms/series.html", context)
    action = SeriesActionForm(request.POST)
    if not action.is_valid() or "occurrences" not in context:
        if not context["form"].errors:
            context["failure"] = _("This was sent incompletely. Look at the dates once more.")
        return render(request, "classrooms/series.html", context, status=422)
    return _book(request, desk, context, action)


def _context(desk: Desk, data: QueryDict) -> dict[str, Any]:
    choice = desk.choice
    wish = board.wished(desk.section, choice, desk.schools)
    asked = any(name in data for name in ("weeks", "until"))
    form = SeriesForm(data if asked else None, first=choice.day)
    context = {"desk": desk, "choice": choice, "wish": wish, "form": form, "intention": uuid4()}
    if choice.slot:
        context["repeated"] = weekly.repeated(choice, language=desk.reader.language)
    if choice.slot and asked and form.is_valid():
        weeks = form.cleaned_data["weeks"]
        found = weekly.preview(wish, choice, weeks, now=desk.now, language=desk.reader.language)
        fitting = [occurrence for occurrence in found if occurrence.fits]
        context |= {
            "weeks": weeks,
            "occurrences": found,
            "fitting": fitting,
            "refused": weekly.refused(found),
            "short": sum(bool(occurrence.cautions) for occurrence in fitting),
        }
    return context


def _book(
    request: HttpRequest, desk: Desk, context: dict[str, Any], action: SeriesActionForm
) -> HttpResponse:
    # Asked after the dates were judged: lessons that were in their way by then are found here too.
    before = weekly.booked_before(action.cleaned_data["intention"], desk.reader.user)
    if before:
        left_out = weekly.left_out(context["occurrences"], before, desk.section.centre.zone)
        return _told(request, context, before, left_out)
    skips = action.cleaned_data["take"] == "fitting"
    wanted = context["fitting"] if skips else context["occurrences"]
    if not wanted or not all(occurrence.fits for occurrence in wanted):
        return _nothing_booked(request, context)
    try:
        _series, made, refused = lessons.book_series(
            context["wish"],
            [occurrence.periods for occurrence in wanted],
            by=desk.reader.user,
            now=desk.now,
            intention=action.cleaned_data["intention"],
            skip_conflicts=skips,
        )
    except bookings.SeriesConflictError:
        # Somebody was quicker: the dates are judged again, so that the page says by whom.
        return _nothing_booked(request, _context(desk, request.POST))
    except bookings.BookingError as error:
        return _nothing_booked(request, context, refusals.sentence(error))
    # What was taken between looking and booking is told with what did not fit before.
    late = weekly.late(desk.section, refused, desk.reader.language)
    return _told(request, context, made, [*(context["refused"] if skips else []), *late])


def _told(
    request: HttpRequest, context: dict[str, Any], made: list[Lesson], left_out: list[Occurrence]
) -> HttpResponse:
    facts = {"made": made, "left_out": left_out}
    return render(request, "classrooms/series_booked.html", context | facts)


def _nothing_booked(request: HttpRequest, context: dict[str, Any], why: str = "") -> HttpResponse:
    context["failure"] = why or _("Not every date fits, so nothing was booked.")
    return render(request, "classrooms/series.html", context, status=409)
