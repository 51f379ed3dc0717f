"""Thousands of frames that nobody means, over real sockets: each is answered as the protocol's page says,
nothing breaks, and the others in the room notice nothing but what that page lets them be told."""

from __future__ import annotations

import json
import logging
import random
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator

from realtime.protocol import SERVER_TYPES, Close, Code
from scheduler.config.asgi import application
from scheduler.models import Booking
from tests.cast import World
from tests.realtime import frames
from tests.realtime.sockets import HOST, Knocker, cookie, enter

DOCUMENT = (Path(__file__).resolve().parent.parent.parent / "docs/signalling.md").read_text()
FRAMES = 4000
FRAMES_OF_A_SOCKET = 25
"""With a ping after each of them that is less than may be said at once."""
ERROR_FIELDS = {"t", "code", "ref", "to", "detail", "fatal", "supported", "opens_at"}


def _said_by_the_server() -> dict[str, set[str]]:
    """The fields of every message, as they stand in the document."""
    block = DOCUMENT.split("## What the server says")[1].split("```")[1]
    lines = [re.sub(r"\b(PEER|CHAT)\b", "{}", line) for line in block.strip().splitlines()]
    told = {message["t"]: set(message) for message in map(json.loads, lines)}
    return told | {"error": ERROR_FIELDS}


SAID = _said_by_the_server()


@dataclass
class Fuzzer:
    """A guest that says anything. `last` is what it said on this socket, for the report of a failure."""

    uid: UUID
    cookie: bytes
    dice: random.Random = field(default_factory=lambda: random.Random("frames"))
    resume: str = ""
    sent: int = 0
    last: list[str | bytes] = field(default_factory=list)
    closes: set[int] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)

    async def socket(self, to: str) -> None:
        """One socket, until it is closed or has said enough."""
        headers = [(b"host", HOST), (b"origin", b"http://" + HOST), (b"cookie", self.cookie)]
        wire = WebsocketCommunicator(application, f"/ws/rooms/{self.uid}/", headers=headers)
        assert (await wire.connect(timeout=5))[0]
        self.last = []
        if self.dice.random() > 0.05:  # else it speaks before it has joined
            knocker = Knocker(wire)
            await knocker.join(self.resume if self.dice.random() > 0.02 else "")
            self.resume = knocker.resume
        for number in range(FRAMES_OF_A_SOCKET):
            if not await self._say(wire, frames.frame(to, self.resume, self.dice), number):
                break
        else:
            await wire.disconnect(timeout=5)

    async def _say(self, wire: WebsocketCommunicator, frame: str | bytes, number: int) -> bool:
        """Whether the socket is still open after it."""
        self.sent += 1
        self.last.append(frame)
        kind = "bytes" if isinstance(frame, bytes) else "text"
        await wire.send_input({"type": "websocket.receive", kind: frame})
        await wire.send_to(text_data=json.dumps({"t": "ping", "ts": 10**14 + number}))
        while True:
            event = await wire.receive_output(timeout=5)
            if event["type"] == "websocket.close":
                assert event["code"] in set(Close), event
                self.closes.add(event["code"])
                return False
            message = checked(event["text"])
            if message["t"] == "error":
                self.codes.add(message["code"])
            elif message["t"] == "pong" and message["ts"] == 10**14 + number:
                return True


def checked(text: str) -> dict[str, Any]:
    """A message that the server may send, in valid text, with the fields of the document alone."""
    text.encode()
    message: dict[str, Any] = json.loads(text, parse_constant=_no_json)
    assert message["t"] in SERVER_TYPES
    assert set(message) <= SAID[message["t"]], message
    assert f'"{frames.INVENTED}' not in text, message
    if message["t"] == "error":
        assert message["code"] in set(Code)
    return message


def _no_json(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def heard_by(bystander: Knocker) -> int:
    """How many messages have come to it; each of them one that may come."""
    count = 0
    while not bystander.wire.output_queue.empty():
        event = bystander.wire.output_queue.get_nowait()
        assert event["type"] == "websocket.send", event
        checked(event["text"])
        count += 1
    return count


async def test_no_frame_breaks_the_socket_the_room_or_the_protocol(
    world: World, lesson_now: Booking, caplog: pytest.LogCaptureFixture
) -> None:
    teacher, rebun = await enter(world.sato, lesson_now.uid), await enter(world.rebun_device, lesson_now.uid)
    own = await database_sync_to_async(cookie)(world.rishiri_device)
    fuzzer, sockets, heard = Fuzzer(lesson_now.uid, own), 0, {teacher.id: 0, rebun.id: 0}

    while fuzzer.sent < FRAMES:
        try:
            await fuzzer.socket(fuzzer.dice.choice([teacher.id, teacher.id, rebun.id]))
            sockets += 1
            for bystander in (teacher, rebun):
                heard[bystander.id] += heard_by(bystander)
                if sockets % 25 == 0:
                    await bystander.say("ping", ts=sockets)
                    assert (await bystander.read_until("pong"))["ts"] == sockets
        except BaseException as failure:
            failure.add_note(f"after {fuzzer.sent} frames; on this socket: {fuzzer.last[-4:]!r:.2000}")
            raise

    assert not [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert all(heard.values())  # it was no empty room
    assert {Close.LEFT, Close.PROTOCOL, Close.TOO_LARGE} <= fuzzer.closes
    assert {Code.BAD_JSON, Code.BAD_TYPE, Code.BAD_FIELD, Code.NOT_LINKED, Code.NOT_ALLOWED} <= fuzzer.codes


def test_the_document_names_every_message_of_the_server() -> None:
    assert set(SAID) == SERVER_TYPES
