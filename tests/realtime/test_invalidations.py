"""A booking changed by another process, such as the worker, reaches the rooms of this one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from channels.db import database_sync_to_async
from channels.layers import channel_layers, get_channel_layer
from pytest_django.fixtures import Settings

from realtime import invalidations
from realtime.protocol import Close
from realtime.rooms import registry
from scheduler.models import Booking
from tests.cast import World
from tests.realtime.sockets import enter, knock


@pytest.fixture
def listening(settings: Settings) -> Iterator[None]:
    """As with Redis configured; the layer in memory stands in for it within one loop."""
    settings.REDIS_URL = "redis://configured"
    channel_layers.backends.clear()
    yield
    invalidations._listener = None
    channel_layers.backends.clear()


async def test_a_change_told_by_another_process_is_asked_about_at_the_gate(
    listening: None, world: World, lesson_now: Booking
) -> None:
    sato = await enter(world.sato, lesson_now.uid)
    other = await enter(world.rishiri_device, lesson_now.uid)
    await sato.read_until("peer-joined")
    # Written past the verbs, so that nothing is announced in this process.
    cancel = Booking.objects.filter(pk=lesson_now.pk).update
    await database_sync_to_async(cancel)(state=Booking.State.CANCELLED)
    assert await sato.is_quiet()

    await get_channel_layer().group_send(
        f"booking.{lesson_now.pk}", {"type": "booking.changed", "booking": lesson_now.pk}
    )

    for socket in (sato, other):
        assert await socket.closed() == ("room-closed", Close.ROOM_CLOSED)
    assert registry.rooms == {}


async def test_a_change_between_the_gates_answer_and_the_subscription_is_not_missed(
    listening: None, world: World, lesson_now: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = get_channel_layer()
    subscribe = layer.group_add

    async def cancelled_meanwhile(group: str, channel: str) -> None:
        cancel = Booking.objects.filter(pk=lesson_now.pk).update
        await database_sync_to_async(cancel)(state=Booking.State.CANCELLED)
        await layer.group_send(group, {"type": "booking.changed", "booking": lesson_now.pk})
        await subscribe(group, channel)

    monkeypatch.setattr(layer, "group_add", cancelled_meanwhile)

    sato = await knock(world.sato, lesson_now.uid)

    assert await sato.closed() == ("room-closed", Close.ROOM_CLOSED)
