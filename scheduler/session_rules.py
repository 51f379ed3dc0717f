"""What a session must be for a page or a room to open: young enough, in use, and opened with what the
account needs.

Holds for accounts that are guarded (`factors.is_guarded`). Idle is who has opened no page and sent no
form for so long; a page that refreshes itself is no use, a stay in a room is. A stay keeps a session
that would run out in its course; none that had run out before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.sessions.backends.base import SessionBase
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

_BACK_WITHIN = timedelta(minutes=5)
"""A line that breaks after `SESSION_HOURS` may stay broken for so long before they sign in again."""

LastingUntil = Callable[[int, datetime, timedelta], datetime]
_lasting: list[LastingUntil] = []


def register_lasting(lasting_until: LastingUntil) -> None:
    """Given an account's key, when its session would run out, and a pause: until when it lasts because
    of live sessions that had begun by then and that no pause as long interrupted. Called in
    `AppConfig.ready()`."""
    if lasting_until not in _lasting:
        _lasting.append(lasting_until)


def is_over(session: SessionBase, user_id: int, now: datetime) -> bool:
    """Whether a guarded account must sign in again. Asks the database only once a limit has passed."""
    return any(
        end <= now and all(lasting_until(user_id, end, pause) <= now for lasting_until in _lasting)
        for end, pause in _ends(session, now)
    )


def _ends(session: SessionBase, now: datetime) -> Iterator[tuple[datetime, timedelta]]:
    """When the session runs out, by use and by age, and how long a line may be broken meanwhile."""
    idle, most = timedelta(minutes=settings.SESSION_IDLE_MINUTES), timedelta(hours=settings.SESSION_HOURS)
    if idle:
        yield _noted(session, SEEN, now) + idle, idle
    if most:
        yield _noted(session, BEGAN, now) + most, _BACK_WITHIN


def _noted(session: SessionBase, name: str, now: datetime) -> datetime:
    """The clocks run from the first page that is opened."""
    return datetime.fromisoformat(session.get(name, now.isoformat()))


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
        if is_over(request.session, reader.user.pk, now):
            return _signed_out(
                request,
                _("You were signed out because nothing was done for a while. Sign in again to go on."),
            )
        _note(request, now)
        if not settings.REQUIRE_SECOND_FACTOR or factors.is_proven(reader.user, request.session):
            return None
        return _to_factor(request, reader.user)


def _note(request: HttpRequest, now: datetime) -> None:
    session = request.session
    session.setdefault(BEGAN, now.isoformat())
    seen = datetime.fromisoformat(session.setdefault(SEEN, now.isoformat()))
    if _is_use(request) and now - seen >= _NOTED_EVERY:
        session[SEEN] = now.isoformat()


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
