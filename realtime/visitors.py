"""Who is at the door of a room: the account of the session whose cookie the socket brought.

What Channels' middleware would do, without its wrapper around every frame that is sent, and with
the account's posts read in the same statement, since the gate looks at them next.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module

from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.backends.base import SessionBase
from django.http import parse_cookie
from django.utils.crypto import constant_time_compare

from realtime import gate_rows
from scheduler import factors
from scheduler.models import User


@dataclass(frozen=True, slots=True)
class _Visitor:
    """What Django wants to know of a request to say whose it is."""

    session: SessionBase


def account(headers: Iterable[tuple[bytes, bytes]]) -> User | None:
    """None where nobody is signed in, or not with the second factor that the account needs. Two queries,
    and two more where a second factor is asked for."""
    cookies = parse_cookie("; ".join(value.decode("latin1") for name, value in headers if name == b"cookie"))
    store: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
    session = store(cookies.get(settings.SESSION_COOKIE_NAME))
    user = _account_of(session)
    if user is None:
        # Whatever is unusual, as a secret that was replaced, Django decides and cleans up.
        found = auth.get_user(_Visitor(session))  # type: ignore[arg-type]  # its session is all that is asked of it
        user = found if isinstance(found, User) else None
    return user if user is not None and factors.is_satisfied(user, session) else None


def _account_of(session: SessionBase) -> User | None:
    """As `auth.get_user` where all is as it should be, else None."""
    known_hash = session.get(auth.HASH_SESSION_KEY)
    if not known_hash or session.get(auth.BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    user = gate_rows.account(int(session[auth.SESSION_KEY]))
    if user is None or not user.is_active:
        return None
    return user if constant_time_compare(known_hash, user.get_session_auth_hash()) else None
