"""Two processes' rooms over one Redis, one of them over a line that can be cut."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from urllib.parse import SplitResult, urlsplit
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from redis.asyncio import Redis

from realtime import access, neighbours, protocol, redis_memory
from realtime.hubs import Message
from realtime.peers import Peer
from realtime.protocol import Close
from realtime.redis_hub import RedisHub
from realtime.registry import Registry
from realtime.rooms import Room
from tests.cast import World
from tests.realtime.lessons import book_lesson


class Screen:
    """A socket that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[Message] = []

    def push(self, message: Message) -> None:
        self.told.append(message)

    def push_text(self, text: str) -> None:
        pass

    def close(self, code: Close) -> None:
        pass


class Line:
    """Between one process and Redis."""

    def __init__(self, far: SplitResult) -> None:
        self.is_cut = False
        self._far = far
        self._ends: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_cut:
            return writer.transport.abort()
        far_reader, far_writer = await asyncio.open_connection(self._far.hostname, self._far.port or 6379)
        self._ends += [writer, far_writer]
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        return None

    def cut(self) -> None:
        self.is_cut = True
        for end in self._ends:
            end.transport.abort()
        self._ends.clear()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
    writer.close()


async def until(holds: Callable[[], object], within_s: float = 6) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


class Pair:
    def __init__(self, admission: access.Admission, line: Line) -> None:
        self.whole, self.cut_off, self.line = Registry(), Registry(), line
        self._admission = admission

    async def enter(self, at: Registry, uid: UUID, peer: str) -> tuple[Room, Peer]:
        async with at.opened(uid, "star") as room:
            one = Peer(peer, self._admission, Screen(), time.monotonic(), timezone.now())
            room.enter(one)
            return room, one


def hub(registry: Registry) -> RedisHub:
    assert isinstance(registry.hub, RedisHub)
    return registry.hub


@pytest.fixture
def admission(world: World) -> access.Admission:
    now = timezone.now()
    lesson = book_lesson(world, now - timedelta(minutes=5), now=now)
    found = access.decide(world.rishiri_device, lesson.uid, now)
    assert isinstance(found, access.Admission)
    return found


@pytest.fixture
async def pair(admission: access.Admission, redis_url: str) -> AsyncIterator[Pair]:
    far = urlsplit(redis_url)
    line = Line(far)
    server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sign_in = "".join(far.netloc.rpartition("@")[:2])
    pair = Pair(admission, line)
    pair.whole.use(RedisHub(redis_url))
    pair.cut_off.use(RedisHub(far._replace(netloc=f"{sign_in}127.0.0.1:{port}").geturl()))
    await asyncio.gather(pair.whole.hub.ready(), pair.cut_off.hub.ready())
    await until(lambda: pair.whole.hub.is_up and pair.cut_off.hub.is_up)
    yield pair
    await asyncio.gather(pair.whole.hub.stop(), pair.cut_off.hub.stop())
    line.cut()
    server.close()


async def test_whoever_leaves_during_a_break_is_gone_after_it_on_either_side(pair: Pair) -> None:
    uid, other = uuid4(), uuid4()
    here, stays = await pair.enter(pair.whole, uid, "stays")
    _, leaves = await pair.enter(pair.whole, uid, "leaves")
    there, cut = await pair.enter(pair.cut_off, uid, "cut")
    emptied_here, alone = await pair.enter(pair.whole, other, "alone")
    emptied_there, left = await pair.enter(pair.cut_off, other, "left")
    await until(lambda: set(here.elsewhere) == {"cut"} and set(emptied_here.elsewhere) == {"left"})
    assert set(there.elsewhere) == {"stays", "leaves"}

    pair.line.cut()
    await until(lambda: not pair.cut_off.hub.is_up)
    here.leave(leaves, "removed")
    emptied_there.leave(left, "removed")
    pair.cut_off.forget_empty(emptied_there)
    pair.line.is_cut = False

    await until(lambda: set(there.elsewhere) == {"stays"} and not emptied_here.elsewhere)
    assert set(here.elsewhere) == {"cut"}
    assert [one.socket is not None for one in (stays, cut, alone)] == [True] * 3


async def test_a_message_that_nobody_understands_costs_no_other(
    pair: Pair, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    uid = uuid4()
    here, _ = await pair.enter(pair.whole, uid, "one")
    task = hub(pair.whole)._task
    client = Redis.from_url(redis_url)

    await client.publish(hub(pair.whole)._keys.room(uid), 'other P {"facts":{}}')
    await client.aclose()
    await pair.enter(pair.cut_off, uid, "two")

    await until(lambda: set(here.elsewhere) == {"two"})
    assert task is not None
    assert not task.done()
    assert [record.getMessage() for record in caplog.records if "understood" in record.getMessage()] == [
        "rooms: a message was not understood (KeyError)"
    ]


async def test_a_room_left_while_it_was_read_is_read_again_by_whoever_comes_next(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    uid = uuid4()
    quick = redis_memory.read

    async def slow(*given: Any) -> Any:
        await asyncio.sleep(1)
        return await quick(*given)

    monkeypatch.setattr(redis_memory, "read", slow)
    first, one = await pair.enter(pair.cut_off, uid, "one")
    first.leave(one, "left")
    pair.cut_off.forget_empty(first)
    await asyncio.sleep(1.2)
    hub(pair.cut_off)._leave_channels()
    monkeypatch.setattr(redis_memory, "read", quick)

    here, _ = await pair.enter(pair.whole, uid, "here")
    there, _ = await pair.enter(pair.cut_off, uid, "there")

    await until(lambda: set(here.elsewhere) == {"there"} and set(there.elsewhere) == {"here"})


async def test_a_floor_of_nobody_ends_after_a_minute(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    room, _ = await pair.enter(pair.whole, uuid4(), "here")
    room.set_floor("ghost", 1.0)
    now = time.monotonic() + redis_memory.LEASE_S + 1

    neighbours.look(room, now)
    neighbours.look(room, now + protocol.LEFT_AFTER_S - 1)
    before = room.floor
    neighbours.look(room, now + protocol.LEFT_AFTER_S)

    assert (before, room.floor) == ("ghost", None)
