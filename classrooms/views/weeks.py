"""12週間から探す: the best times of the next 12 weeks."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from classrooms import board, prospects
from classrooms.views import desk as desks


@require_safe
def weeks(request: HttpRequest) -> HttpResponse:
    desk = desks.open_for(request, request.GET)
    if desk is None:
        return render(request, "classrooms/no_sections.html")
    if desk.is_too_late:
        return desks.turned_back(request, desk)
    choice = desk.choice
    wish = board.wished(desk.section, choice, desk.schools, desk.moving)
    found = prospects.search(
        wish, choice, now=desk.now, language=desk.reader.language,
        moving=desk.moving.booking if desk.moving else None,
    )  # fmt: skip
    context = {"desk": desk, "choice": choice, "wish": wish, "found": found, "weeks": prospects.WEEKS}
    return render(request, "classrooms/weeks.html", context)
