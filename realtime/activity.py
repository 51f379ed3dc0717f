"""Whether somebody is in a room, for those who would sign out whoever sits still."""

from __future__ import annotations

from datetime import datetime, timedelta

from realtime.models import Visit

_STALE_AFTER = timedelta(minutes=2)
"""Beats are written every few seconds; a process that died leaves a visit open that nobody is in."""


def is_in_a_room(user_id: int, now: datetime) -> bool:
    return Visit.objects.filter(user=user_id, ended_at=None, last_beat_at__gt=now - _STALE_AFTER).exists()
