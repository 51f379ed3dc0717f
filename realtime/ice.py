"""Which ICE servers a peer is told to use: none by default, fixed ones, or coturn with fresh passwords.

Credentials follow the TURN REST scheme (coturn `use-auth-secret`): the user name is the instant
at which they expire and whom they are for, the password its HMAC under the shared secret. Of one
account in one room it is always the same user name, however often it joins: so the relay's
`user-quota` is a limit per participant.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from typing import TypedDict
from uuid import UUID

from django.conf import settings
from django.utils.crypto import salted_hmac

OVERTIME = timedelta(minutes=10)
"""Whoever is inside may stay when the door closes; for so long they find new ways over the relay."""


class IceServer(TypedDict, total=False):
    urls: list[str]
    username: str
    credential: str


def holder(room: UUID, user_id: int) -> str:
    """For whom credentials are: an account in a room, unreadable in the relay's log."""
    return salted_hmac("realtime.ice", f"{room} {user_id}").hexdigest()[:16]


def servers(holder: str, *, valid_until: datetime) -> list[IceServer]:
    """RTCConfiguration.iceServers; credentials die at `valid_until`."""
    found: list[IceServer] = []
    stun: list[str] = list(getattr(settings, "STUN_URLS", ()))
    if stun:
        found.append({"urls": stun})
    turn: list[str] = list(getattr(settings, "TURN_URLS", ()))
    secret: str = getattr(settings, "TURN_SECRET", "")
    if turn and secret:
        username, credential = credentials(holder, secret=secret, valid_until=valid_until)
        found.append({"urls": turn, "username": username, "credential": credential})
    return found


def credentials(holder: str, *, secret: str, valid_until: datetime) -> tuple[str, str]:
    username = f"{int(valid_until.timestamp())}:{holder}"
    # SHA-1 is what the scheme prescribes; coturn knows no other.
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return username, base64.b64encode(digest).decode()
