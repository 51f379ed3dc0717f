"""A booking changed by another process, such as the worker, reaches the rooms of this one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from channels.db import database_sync_to_async

from realtime import invalidations
from realtime.hubs import LocalHub
from realtime.protocol import Close
from realtime.redis_hub import RedisHub
from realtime.registry import registry
from scheduler.models import Booking, User
from tests.cast import World
from tests.realtime.sockets import enter, knock
from tests.servers import free_port


@pytest_asyncio.fixture
async def hub(redis_url: str) -> AsyncIterator[RedisHub]:
    hub = RedisHub(redis_url)
    registry.use(hub)
    yield hub
    await hub.stop()
    registry.use(LocalHub())


async def test_a_change_told_by_another_process_is_asked_about_at_the_gate(
    world: World, lesson_now: Booking, hub: RedisHub, redis_url: str
) -> None:
    sato = await enter(world.sato, lesson_now.uid)
    other = await enter(world.rishiri_device, lesson_now.uid)
    await sato.read_until("peer-joined")
    # Written past the verbs, so that nothing is announced in this process.
    cancel = Booking.objects.filter(pk=lesson_now.pk).update
    await database_sync_to_async(cancel)(state=Booking.State.CANCELLED)
    assert await sato.is_quiet()

    invalidations.publish(redis_url, lesson_now.pk)

    for socket in (sato, other):
        assert await socket.closed() == ("room-closed", Close.ROOM_CLOSED)
    assert registry.rooms == {}


async def test_an_account_closed_by_another_process_is_out(
    world: World, lesson_now: Booking, hub: RedisHub, redis_url: str
) -> None:
    sato = await enter(world.sato, lesson_now.uid)
    other = await enter(world.rishiri_device, lesson_now.uid)
    await sato.read_until("peer-joined")
    close = User.objects.filter(pk=world.rishiri_device.pk).update
    await database_sync_to_async(close)(is_active=False)
    assert await other.is_quiet()

    invalidations.publish_account(redis_url, world.rishiri_device.pk)

    assert await other.closed() == ("forbidden", Close.FORBIDDEN)
    assert await sato.read() == {"t": "peer-left", "id": other.id, "reason": "removed"}


async def test_whoever_is_at_the_door_hears_of_changes_before_the_gate_is_asked(
    world: World, lesson_now: Booking, hub: RedisHub, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = hub.ready

    async def cancelled_after() -> None:
        await ready()
        cancel = Booking.objects.filter(pk=lesson_now.pk).update
        await database_sync_to_async(cancel)(state=Booking.State.CANCELLED)
        invalidations.publish(redis_url, lesson_now.pk)

    monkeypatch.setattr(hub, "ready", cancelled_after)

    sato = await knock(world.sato, lesson_now.uid)

    assert await sato.closed() == ("room-closed", Close.ROOM_CLOSED)


def test_a_change_that_cannot_be_published_is_no_failure_of_the_change(
    caplog: pytest.LogCaptureFixture,
) -> None:
    invalidations.publish(f"redis://127.0.0.1:{free_port()}/0", 7)

    assert [record.message for record in caplog.records] == [
        "rooms: a change of booking 7 was not published (ConnectionError)"
    ]
