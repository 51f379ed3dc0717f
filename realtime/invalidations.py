"""How the rooms hear that a booking or an account changed, in this process and from others.

Within a process the registry is told directly. With Redis the id is published besides, because
the change may be made by the worker or by a neighbour; every process hears it through its hub
(realtime.redis_hub). Only "booking 7 changed", or "account 7", travels; whoever it concerns asks
the gate again.
"""

from __future__ import annotations

import functools
import logging

import redis
from django.conf import settings

from realtime.redis_memory import bookings_channel
from realtime.registry import registry

logger = logging.getLogger(__name__)

ANSWER_WITHIN_S = 1.0


def on_booking_changed(sender: object, booking_id: int, **facts: object) -> None:
    """Receiver of `scheduler.signals.booking_changed`; telling twice is harmless."""
    registry.changed(booking_id)
    if settings.REDIS_URL:
        publish(settings.REDIS_URL, booking_id)


def on_account_changed(sender: object, user_id: int, **facts: object) -> None:
    """Receiver of `scheduler.signals.account_changed`; telling twice is harmless."""
    registry.account_changed(user_id)
    if settings.REDIS_URL:
        publish_account(settings.REDIS_URL, user_id)


def publish(url: str, booking_id: int) -> None:
    """The change is committed: where Redis is away, the hubs ask about everything once it is back."""
    _publish(url, str(booking_id), f"booking {booking_id}")


def publish_account(url: str, user_id: int) -> None:
    """As `publish`, of an account."""
    _publish(url, f"account {user_id}", f"account {user_id}")


def _publish(url: str, message: str, what: str) -> None:
    try:
        _client(url).publish(bookings_channel(url), message)
    except redis.RedisError as failure:
        logger.warning("rooms: a change of %s was not published (%s)", what, type(failure).__name__)


@functools.cache
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=ANSWER_WITHIN_S, socket_connect_timeout=ANSWER_WITHIN_S)
