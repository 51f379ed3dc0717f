"""Who is at the door of a room: the account of the session whose cookie the socket brought.

What Channels' middleware would do, without its wrapper around every frame that is sent, and with
the account's posts read in the same statement, since the gate looks at them next.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.http import parse_cookie
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from realtime import gate_rows
from scheduler import factors, permissions, session_rules
from scheduler.models import Membership, User
from scheduler.session_store import SessionStore, is_key


class _Session(SessionStore):
    """The service's own, whose row the gate has read."""

    key_salt = SessionStore().key_salt  # Django takes the name of the class, and this one has another

    def __init__(self, key: str, data: str | None) -> None:
        super().__init__(key)
        self._data = data

    def load(self) -> dict[str, Any]:
        return self.decode(self._data) if self._data is not None else {}


@dataclass(frozen=True, slots=True)
class _Visitor:
    """What Django wants to know of a request to say whose it is."""

    session: _Session


def session_key(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """ "" where the socket brought none."""
    cookies = parse_cookie("; ".join(value.decode("latin1") for name, value in headers if name == b"cookie"))
    key = str(cookies.get(settings.SESSION_COOKIE_NAME, ""))
    return key if is_key(key) else ""


def account(headers: Iterable[tuple[bytes, bytes]]) -> User | None:
    """As `account_of`, of whoever is inside: no session runs out in a room. One query more."""
    key = session_key(headers)
    found = _signed_in(_Session(key, gate_rows.session_data(key, timezone.now())))
    return found[0] if found else None


def account_of(key: str, session_data: str | None, now: datetime) -> User | None:
    """None where nobody is signed in, not with the second factor that the account needs, or for too long.
    One query; two more where a second factor is asked for, and one for each limit that has passed."""
    session = _Session(key, session_data)
    found = _signed_in(session)
    if found is None:
        return None
    user, posts = found
    if factors.is_guarded(user, posts) and session_rules.is_over(session, user.pk, now):
        return None
    return user


def _signed_in(session: _Session) -> tuple[User, list[Membership]] | None:
    """With the posts that count today."""
    user = _account_of(session)
    if user is None:
        # Whatever is unusual, as a secret that was replaced, Django decides and cleans up.
        found = auth.get_user(_Visitor(session))  # type: ignore[arg-type]  # its session is all that is asked of it
        user = found if isinstance(found, User) else None
    if user is None:
        return None
    today = timezone.localdate()
    posts = [post for post in gate_rows.posts(user) if post.holds_on(today) and permissions.counts(post)]
    return (user, posts) if factors.is_satisfied(user, session, posts) else None


def _account_of(session: _Session) -> User | None:
    """As `auth.get_user` where all is as it should be, else None."""
    known_hash = session.get(auth.HASH_SESSION_KEY)
    if not known_hash or session.get(auth.BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    user = gate_rows.account(int(session[auth.SESSION_KEY]))
    if user is None or not user.is_active:
        return None
    return user if constant_time_compare(known_hash, user.get_session_auth_hash()) else None
