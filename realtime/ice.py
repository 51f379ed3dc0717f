"""Which ICE servers a peer is told to use: none by default, fixed ones, or coturn with fresh passwords.

Credentials follow the TURN REST scheme (coturn `use-auth-secret`): the user name is the instant
at which they expire, the password its HMAC under the shared secret.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from typing import TypedDict

from django.conf import settings


class IceServer(TypedDict, total=False):
    urls: list[str]
    username: str
    credential: str


def servers(peer: str, *, valid_until: datetime) -> list[IceServer]:
    """RTCConfiguration.iceServers for one peer; credentials die at `valid_until`."""
    found: list[IceServer] = []
    stun: list[str] = list(getattr(settings, "STUN_URLS", ()))
    if stun:
        found.append({"urls": stun})
    turn: list[str] = list(getattr(settings, "TURN_URLS", ()))
    secret: str = getattr(settings, "TURN_SECRET", "")
    if turn and secret:
        username, credential = credentials(peer, secret=secret, valid_until=valid_until)
        found.append({"urls": turn, "username": username, "credential": credential})
    return found


def credentials(peer: str, *, secret: str, valid_until: datetime) -> tuple[str, str]:
    username = f"{int(valid_until.timestamp())}:{peer}"
    # SHA-1 is what the scheme prescribes; coturn knows no other.
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return username, base64.b64encode(digest).decode()
