"""Until when somebody's stay in rooms keeps a session that would run out meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta

from realtime.models import Visit


def lasting_until(user_id: int, end: datetime, pause: timedelta) -> datetime:
    """`end`, or a pause after the last beat of the stays that had begun by then and followed each other
    within it."""
    stays = Visit.objects.filter(user=user_id, last_beat_at__gt=end - pause).order_by("started_at")
    for started_at, last_beat_at in stays.values_list("started_at", "last_beat_at"):
        if started_at >= end:
            break
        end = max(end, last_beat_at + pause)
    return end
