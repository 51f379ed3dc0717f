"""What every HTTP request passes before Django: probes, a name for the log, security headers, a count.

Outside Django's middleware, so that probes answer whatever host they are asked by and whatever is
broken behind, and so that assets and refusals are counted and protected like pages. Behind it a few
requests are at work at a time and the others wait in the order they came.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.conf import settings

from scheduler import health, logs, metrics

Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
Application = Callable[[Any, Receive, Any], Awaitable[None]]
Probe = Callable[[Event], Awaitable[tuple[int, str, bytes]]]

PROBES: dict[str, Probe] = {
    "/healthz": health.alive,
    "/readyz": health.ready,
    "/metrics": metrics.exposed,
}
OURS = ("camera", "microphone", "display-capture", "fullscreen", "screen-wake-lock", "autoplay")
NOBODYS = ("geolocation", "payment", "usb", "serial", "hid", "bluetooth", "midi", "browsing-topics")
HEADERS = (
    (
        b"permissions-policy",
        ", ".join([*(f"{one}=(self)" for one in OURS), *(f"{one}=()" for one in NOBODYS)]).encode(),
    ),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_GIVEN_ID = re.compile(rb"[A-Za-z0-9-]{8,64}")


class Entrance:
    """The ASGI application of HTTP around Django's."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.turns = asyncio.Semaphore(settings.REQUESTS_AT_ONCE)

    async def __call__(self, scope: Event, receive: Receive, send: Send) -> None:
        if probe := PROBES.get(scope["path"]):
            await _answer(send, *await probe(scope))
            return
        name = _request_id(scope)
        logs.request_id.set(name)
        began, status = time.monotonic(), 500

        async def headed(event: Event) -> None:
            nonlocal status
            if event["type"] == "http.response.start":
                status = event["status"]
                event["headers"] = [*event.get("headers", ()), (b"x-request-id", name.encode()), *HEADERS]
            await send(event)

        try:
            # A thread each for whoever comes makes all of them slow, and a crowd would wait for the
            # database's connections until it is sent away.
            async with self.turns:
                await self.application(scope, receive, headed)
        finally:
            metrics.count_request(scope["method"], status, time.monotonic() - began)


def _request_id(scope: Event) -> str:
    """The proxy's, where there is one in front; what anybody else sends could be made to mislead."""
    if settings.BEHIND_PROXY:
        given = [value for header, value in scope["headers"] if header == b"x-request-id"]
        if len(given) == 1 and _GIVEN_ID.fullmatch(given[0]):
            return str(given[0].decode())
    return secrets.token_hex(8)


async def _answer(send: Send, status: int, content_type: str, body: bytes) -> None:
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
