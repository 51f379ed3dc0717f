"""Who reads this page: the account, its posts of today and its language, asked once a request."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language

from scheduler import permissions
from scheduler.models import User
from scheduler.providers import Reader

_ATTRIBUTE = "_enkaku_reader"


def of_user(user: User, now: datetime, language: str) -> Reader:
    """The reader with the posts that hold at `now`; one query."""
    return Reader(
        user=user,
        memberships=tuple(permissions.memberships(user, timezone.localdate(now))),
        language=language,
    )


def of_request(request: HttpRequest, now: datetime) -> Reader | None:
    """The signed-in reader, None for everybody else. The page and its header share one query."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return None
    known: Reader | None = getattr(request, _ATTRIBUTE, None)
    if known is None or known.user.pk != user.pk:
        known = of_user(user, now, get_language() or "ja")
        setattr(request, _ATTRIBUTE, known)
    return known
