"""How the rooms hear that a booking changed, in this process and from others.

Within a process the registry is told directly. With Redis every process also subscribes to the
bookings whose rooms it carries (`booking.<id>`), because a change may come from the worker or
from a neighbour. Only "booking 7 changed" travels; everybody asks the gate again.
"""

from __future__ import annotations

import asyncio
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings

from realtime.rooms import registry

_listener: asyncio.Task[None] | None = None
_channel = ""


def on_booking_changed(sender: object, booking_id: int, **facts: object) -> None:
    """Receiver of `scheduler.signals.booking_changed`; telling twice is harmless."""
    registry.changed(booking_id)
    if settings.REDIS_URL:
        send: Any = async_to_sync(get_channel_layer().group_send)
        send(_group(booking_id), {"type": "booking.changed", "booking": booking_id})


async def watch(booking_id: int) -> bool:
    """From now on this process hears of changes that others make to this booking.

    Whether there are others; what they changed before is to be asked after this.
    """
    if not settings.REDIS_URL:
        return False
    layer = get_channel_layer()
    channel = await _listening(layer)
    await layer.group_add(_group(booking_id), channel)
    return True


async def _listening(layer: Any) -> str:
    global _listener, _channel  # noqa: PLW0603 -- one subscription per process
    if _listener is None or _listener.done():
        _channel = await layer.new_channel()
        _listener = asyncio.get_running_loop().create_task(_listen(layer, _channel))
    return _channel


async def _listen(layer: Any, channel: str) -> None:
    while True:
        message = await layer.receive(channel)
        registry.changed(int(message["booking"]))


def _group(booking_id: int) -> str:
    return f"booking.{booking_id}"
