"""What is kept of the chat for whoever comes later: it never keeps anybody out."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from realtime import consumers, neighbours
from realtime.consumers import QUEUE_BYTES, RoomSocket
from realtime.hubs import LocalHub, Message
from realtime.neighbours import Memory
from realtime.peers import encode
from realtime.rooms import CHAT_BYTES, CHAT_KEPT, Room
from scheduler.models import Booking
from tests.cast import World
from tests.realtime.sockets import enter, knock

LONG = "あ" * 2000


def size(lines: list[Message]) -> int:
    return sum(len(encode(line).encode()) for line in lines)


def line(number: int, text: str) -> Message:
    return {
        "t": "chat",
        "from": "p",
        "cid": str(number),
        "text": text,
        "at": f"2026-11-21T10:{number:02}:00Z",
    }


async def test_whoever_fills_the_chat_locks_nobody_out(world: World, lesson_now: Booking) -> None:
    rishiri = await enter(world.rishiri_device, lesson_now.uid)
    for number in range(CHAT_KEPT):
        await rishiri.say("chat", cid=str(number), text=LONG)
        await rishiri.read_until("chat")

    joined = await (await knock(world.sato, lesson_now.uid)).join()

    assert joined["chat"][-1]["cid"] == str(CHAT_KEPT - 1)
    assert CHAT_BYTES / 2 < size(joined["chat"]) <= CHAT_BYTES


async def test_a_single_frame_is_no_sign_of_a_slow_reader(
    world: World, lesson_now: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    rishiri = await knock(world.rishiri_device, lesson_now.uid)
    monkeypatch.setattr(consumers, "QUEUE_BYTES", 100)

    assert (await rishiri.join())["id"]


def test_lines_of_other_processes_are_kept_within_the_same_bounds() -> None:
    lines = [line(number, LONG) for number in range(CHAT_KEPT)]
    read, heard = Room(uuid4(), "star", LocalHub()), Room(uuid4(), "star", LocalHub())

    neighbours.remember(read, Memory(lines=tuple(map(encode, reversed(lines)))), lambda _: None)
    for one in lines:
        neighbours.hear_line(heard, encode(one))

    assert list(read.chat) == list(heard.chat) == lines[-len(read.chat) :]
    assert CHAT_BYTES / 2 < size(list(read.chat)) <= CHAT_BYTES


def test_short_lines_are_counted_and_the_last_is_kept_however_long() -> None:
    room = Room(uuid4(), "star", LocalHub())

    room.keep(*(line(number % 60, "はい") for number in range(CHAT_KEPT + 5)))
    counted = len(room.chat)
    room.keep(line(59, "あ" * CHAT_BYTES))

    assert (counted, len(room.chat)) == (CHAT_KEPT, 1)


def test_what_waits_for_a_slow_reader_is_counted_in_bytes() -> None:
    async def nothing(*_: object) -> Any:
        return {}

    scope: dict[str, Any] = {"url_route": {"kwargs": {"uid": uuid4()}}, "headers": [], "session": None}
    socket = RoomSocket(scope, nothing, nothing)

    for _ in range(100):
        socket.push_text(LONG)

    assert socket._queue.qsize() == QUEUE_BYTES // len(LONG.encode()) + 1  # the last is the close
