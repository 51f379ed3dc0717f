"""Who may open the pages of settings, and which school a page is about."""

from __future__ import annotations

from datetime import datetime

from django.http import Http404, HttpRequest

from scheduler import readers, setting_permissions
from scheduler.models import Organisation, User
from scheduler.setting_permissions import Scope


def scope_of(request: HttpRequest, now: datetime) -> tuple[User, Scope]:
    """Who asks, and what they may set up; for everybody else the page does not exist."""
    reader = readers.of_request(request, now)
    scope = setting_permissions.scope(reader.memberships) if reader else None
    if reader is None or not scope:
        raise Http404
    return reader.user, scope


def whole_of(request: HttpRequest, now: datetime) -> tuple[User, Scope]:
    """The same for pages of the centre alone."""
    user, scope = scope_of(request, now)
    if not scope.is_whole:
        raise Http404
    return user, scope


def school_of(request: HttpRequest, scope: Scope) -> Organisation:
    """The school that the address names, else the first. 404 for another's."""
    asked = request.GET.get("school", "")
    schools = scope.schools.filter(pk=asked) if asked.isdecimal() and len(asked) < 19 else scope.schools
    school = schools.first()
    if school is None or (asked and str(school.pk) != asked):
        raise Http404
    return school


def digest_of(request: HttpRequest) -> str | None:
    """The name of what was shown before the button was pressed; None when nothing was."""
    return request.POST.get("shown") or None
