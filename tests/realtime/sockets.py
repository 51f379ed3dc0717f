"""A peer for tests: a real socket into the real application, without a browser."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client

from scheduler.config.asgi import application
from scheduler.models import User

HOST = b"127.0.0.1:8000"
Message = dict[str, Any]
Application = Callable[[Any, Any, Any], Awaitable[None]]


def cookie(user: User) -> bytes:
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={client.cookies[name].value}".encode()


@dataclass
class Knocker:
    """One socket. `read` skips nothing: what comes must be expected."""

    wire: WebsocketCommunicator
    id: str = ""
    resume: str = ""

    async def say(self, t: str, **fields: object) -> None:
        await self.wire.send_to(text_data=json.dumps({"t": t, **fields}))

    async def say_text(self, text: str) -> None:
        await self.wire.send_to(text_data=text)

    async def read(self) -> Message:
        message: Message = json.loads(await self.wire.receive_from(timeout=3))
        return message

    async def read_until(self, t: str) -> Message:
        while (message := await self.read())["t"] != t:
            pass
        return message

    async def closed(self) -> tuple[str, int]:
        """The code of the last error before the close ("" if none), and the close code."""
        error = ""
        while (event := await self.wire.receive_output(timeout=3))["type"] == "websocket.send":
            message = json.loads(event["text"])
            error = message["code"] if message["t"] == "error" else error
        return error, event["code"]

    async def is_quiet(self) -> bool:
        return bool(await self.wire.receive_nothing(timeout=0.1))

    async def join(self, resume: str = "") -> Message:
        await self.say("join", v=1, **({"resume": resume} if resume else {}))
        joined = await self.read_until("joined")
        self.id, self.resume = joined["id"], joined["resume"]
        return joined

    async def vanish(self) -> None:
        """The line breaks without a word."""
        await self.wire.disconnect(timeout=3)


async def knock(
    user: User | None, uid: UUID, *, origin: bytes = b"http://" + HOST, app: Application = application
) -> Knocker:
    """A socket that has been accepted; what the gate says comes after."""
    brought = b"" if user is None else await database_sync_to_async(cookie)(user)
    return await knock_with(brought, uid, origin=origin, app=app)


async def knock_with(
    brought: bytes, uid: UUID, *, origin: bytes = b"http://" + HOST, app: Application = application
) -> Knocker:
    """As `knock`, with this cookie; "" for none."""
    headers = [(b"host", HOST), (b"origin", origin)]
    if brought:
        headers.append((b"cookie", brought))
    wire = WebsocketCommunicator(app, f"/ws/rooms/{uid}/", headers=headers)
    is_accepted, _ = await wire.connect(timeout=3)
    assert is_accepted
    return Knocker(wire)


async def enter(user: User, uid: UUID, resume: str = "") -> Knocker:
    knocker = await knock(user, uid)
    await knocker.join(resume)
    return knocker


async def answers(socket: Knocker) -> None:
    """The socket is alive, also after whatever was under way has been done."""
    for ts in (1, 2):
        await socket.say("ping", ts=ts)
        assert (await socket.read())["ts"] == ts
        assert await socket.is_quiet()
