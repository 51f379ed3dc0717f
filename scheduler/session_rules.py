"""What a session must be for a page to open: young enough, in use, and opened with what the account needs.

Holds for accounts that are guarded (`factors.is_guarded`). Idle is who has opened no page and sent no
form for so long; a page that refreshes itself is no use, a live session in a room is.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from scheduler import browsing, factors, readers
from scheduler.models import User

BEGAN, SEEN = "session_began", "session_seen"
_NOTED_EVERY = timedelta(minutes=1)
_OPEN = frozenset({"scheduler:factor_set_up", "account_logout", "scheduler:language", "scheduler:help"})
"""What opens before the second factor is set up."""

IsBusy = Callable[[int, datetime], bool]
_busy: list[IsBusy] = []


def register_busy(is_busy: IsBusy) -> None:
    """Whether the account with this key is in a live session. Called in `AppConfig.ready()`."""
    if is_busy not in _busy:
        _busy.append(is_busy)


class SessionRulesMiddleware(MiddlewareMixin):
    """Stands last: the audit then knows the request in which a session ends."""

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if not isinstance(request.user, User) or getattr(view, "login_required", True) is False:
            return None
        if not (settings.REQUIRE_SECOND_FACTOR or settings.SESSION_HOURS or settings.SESSION_IDLE_MINUTES):
            return None
        now = timezone.now()
        reader = readers.of_request(request, now)
        if reader is None or not factors.is_guarded(reader.user, reader.memberships):
            return None
        if _is_over(request, now):
            return _signed_out(
                request,
                _("You were signed out because nothing was done for a while. Sign in again to go on."),
            )
        if not settings.REQUIRE_SECOND_FACTOR or factors.is_proven(reader.user, request.session):
            return None
        return _to_factor(request, reader.user)


def _is_over(request: HttpRequest, now: datetime) -> bool:
    session = request.session
    began = datetime.fromisoformat(session.setdefault(BEGAN, now.isoformat()))
    seen = datetime.fromisoformat(session.setdefault(SEEN, now.isoformat()))
    if settings.SESSION_HOURS and now - began >= timedelta(hours=settings.SESSION_HOURS):
        return not _is_busy(request, now)
    if settings.SESSION_IDLE_MINUTES and now - seen >= timedelta(minutes=settings.SESSION_IDLE_MINUTES):
        if not _is_busy(request, now):
            return True
        session[SEEN] = now.isoformat()
    elif _is_use(request) and now - seen >= _NOTED_EVERY:
        session[SEEN] = now.isoformat()
    return False


def _is_busy(request: HttpRequest, now: datetime) -> bool:
    return any(is_busy(int(request.user.pk or 0), now) for is_busy in _busy)


def _is_use(request: HttpRequest) -> bool:
    """Somebody went somewhere or sent something."""
    return not browsing.is_by_itself(request)


def _to_factor(request: HttpRequest, user: User) -> HttpResponse | None:
    if not factors.is_enrolled(user):
        match = request.resolver_match
        is_open = match is not None and match.view_name in _OPEN
        return None if is_open else HttpResponseRedirect(reverse("scheduler:factor_set_up"))
    # Opened before the second factor was set up, or before it was reset.
    return _signed_out(request, _("Sign in again, with your second step."))


def _signed_out(request: HttpRequest, sentence: str) -> HttpResponse:
    logout(request)
    messages.warning(request, sentence)
    back = {"next": request.get_full_path()} if request.method == "GET" else {}
    return HttpResponseRedirect(f"{reverse('account_login')}?{urlencode(back)}")
