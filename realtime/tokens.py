"""The signed token with which a browser gets its peer id back after a reload or a restart.

It names room, peer and account and needs no store, so it outlives the server process. It gives
no right to enter: the gate decides that every time.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.core import signing

_SALT = "realtime.resume"
VALID_FOR = timedelta(hours=12)  # the longest school day, evening conference included


def issue(*, room: UUID, peer: str, user_id: int) -> str:
    return signing.dumps([str(room), peer, user_id], salt=_SALT)


def peer_of(token: str, *, room: UUID, user_id: int) -> str | None:
    """The peer id in a token of this room and account; None when it is anything else."""
    if not token:
        return None
    try:
        content = signing.loads(token, salt=_SALT, max_age=VALID_FOR)
    except signing.BadSignature:
        return None
    if not isinstance(content, list) or len(content) != 3 or content[0] != str(room) or content[2] != user_id:
        return None
    return str(content[1])
