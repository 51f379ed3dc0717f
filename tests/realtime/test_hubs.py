"""Peers that move between processes, and that become another: several hubs over one Redis."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from uuid import uuid4

import pytest_asyncio
from channels.db import database_sync_to_async
from django.utils import timezone

from realtime import access
from realtime.access import Admission
from realtime.hubs import Message
from realtime.peers import Peer, encode
from realtime.protocol import Close
from realtime.redis_hub import RedisHub
from realtime.registry import Registry
from realtime.rooms import Room
from scheduler.models import Booking, User
from tests.cast import World

UID = uuid4()


@dataclass(eq=False)
class Ear:
    """A socket that keeps what it is told."""

    texts: list[str] = field(default_factory=list)

    def push(self, message: Message) -> None:
        self.push_text(encode(message))

    def push_text(self, text: str) -> None:
        self.texts.append(text)

    def close(self, code: Close) -> None:
        return


@pytest_asyncio.fixture
async def rooms(redis_url: str) -> AsyncIterator[list[Room]]:
    """One room in three processes, the third of which has not been asked for it yet."""
    registries = [Registry() for _ in range(3)]
    for each in registries:
        each.use(RedisHub(redis_url))
        await each.hub.ready()
    async with AsyncExitStack() as inside:
        found = [await inside.enter_async_context(each.opened(UID, "star")) for each in registries[:2]]
        yield [*found, registries[2].room(UID, "star")]
    for each in registries:
        await each.hub.stop()


async def admitted(user: User, lesson: Booking) -> Admission:
    decision = await database_sync_to_async(access.decide)(user, lesson.uid, timezone.now())
    assert isinstance(decision, Admission)
    return decision


def enter(room: Room, peer: str, admission: Admission) -> Peer:
    room.enter(Peer(peer, admission, Ear(), seen=0.0, seen_at=timezone.now()))
    return room.peers[peer]


async def until(holds: Callable[[], bool]) -> None:
    """What another process has said arrives by itself; there is no event for it."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_peer_that_moved_and_left_is_a_ghost_in_no_third_process(
    rooms: list[Room], world: World, lesson_now: Booking
) -> None:
    first, second, third = rooms
    rebun = await admitted(world.rebun_device, lesson_now)
    enter(first, "sato", await admitted(world.sato, lesson_now))
    enter(first, "rebun", rebun)
    await until(lambda: "rebun" in second.elsewhere)

    moved = enter(second, "rebun", rebun)
    await until(lambda: "rebun" not in first.peers)
    second.leave(moved, "left")
    await until(lambda: "rebun" not in first.elsewhere)
    await third.hub.open(third)

    assert set(third.elsewhere) == {"sato"}


async def test_what_a_peer_has_become_is_told_in_every_process(
    rooms: list[Room], world: World, lesson_now: Booking
) -> None:
    first, second, _ = rooms
    as_guest = await admitted(world.suzuki, lesson_now)
    suzuki = enter(first, "suzuki", as_guest)
    ear = enter(second, "rebun", await admitted(world.rebun_device, lesson_now)).socket
    await until(lambda: "suzuki" in second.elsewhere and "rebun" in first.elsewhere)

    first.become(suzuki, replace(as_guest, role="host"))
    await until(lambda: second.elsewhere["suzuki"].role == "host")

    assert isinstance(ear, Ear)
    told = [json.loads(text) for text in ear.texts if '"peer-joined"' in text]
    assert [(each["peer"]["id"], each["peer"]["role"]) for each in told][-1:] == [("suzuki", "host")]
