"""The small part of Redis's protocol that a room uses with every frame: say, and hear what is published.

redis-py costs about 300 µs of processor for a message from one process to another, of which Redis
itself needs a tenth; for what is rare it is used nevertheless (realtime.redis_hub).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from typing import Any

from redis.asyncio.connection import SSLConnection, parse_url

Reply = bytes | int | list[Any] | None
CONNECT_WITHIN_S = 2.0
BUFFERED_BYTES = 4 * 1024 * 1024
"""What may wait for a Redis that no longer reads."""


class RefusedError(ConnectionError):
    """Redis answered with an error; its text is Redis's own."""


def pack(*parts: str | float | bytes) -> bytes:
    """One command as it goes over the wire."""
    texts = [part if isinstance(part, bytes) else str(part).encode() for part in parts]
    return b"".join([b"*%d\r\n" % len(texts), *[b"$%d\r\n%b\r\n" % (len(text), text) for text in texts]])


def unpack(data: bytes, at: int = 0) -> tuple[Reply, int] | None:
    """The reply that begins at `at`, and where the next one does; None while it is incomplete.

    Raises RefusedError for a reply that is an error, and ValueError for what is no reply.
    """
    end = data.find(b"\r\n", at)
    if end < 0:
        return None
    kind, head, at = data[at : at + 1], data[at + 1 : end], end + 2
    if kind == b"+":
        return head, at
    if kind == b"-":
        raise RefusedError(head.decode(errors="replace"))
    count = int(head)
    if kind == b":":
        return count, at
    if kind == b"$":
        return _text(data, at, count)
    if kind == b"*":
        return _items(data, at, count)
    raise ValueError(f"no reply of Redis begins with {kind!r}")


def _text(data: bytes, at: int, count: int) -> tuple[Reply, int] | None:
    if count < 0:
        return None, at
    return None if len(data) < at + count + 2 else (data[at : at + count], at + count + 2)


def _items(data: bytes, at: int, count: int) -> tuple[Reply, int] | None:
    items: list[Reply] = []
    for _ in range(count):
        item = unpack(data, at)
        if item is None:
            return None
        items.append(item[0])
        at = item[1]
    return items, at


class Wire(asyncio.Protocol):
    """One connection. What is said goes out together at the end of the loop's turn; `take` is given
    every reply. `lost` fails when the connection has ended, whoever ended it."""

    def __init__(self, take: Callable[[Reply], None]) -> None:
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # Whoever closes the wire need not ask how it ended.
        self.lost.add_done_callback(lambda lost: lost.cancelled() or lost.exception())
        self._take = take
        self._transport: asyncio.Transport | None = None
        self._said: list[bytes] = []
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_exception(exc or ConnectionError("Redis closed the connection"))

    def data_received(self, data: bytes) -> None:
        data, at = self._rest + data, 0
        while at < len(data):
            try:
                found = unpack(data, at)
            except (RefusedError, ValueError) as failure:
                return self._fail(failure)
            if found is None:
                break
            at = found[1]
            self._take(found[0])
        self._rest = data[at:]
        return None

    def say(self, *parts: str | float | bytes) -> None:
        """Never waits; what Redis does not take off the wire in the end breaks it."""
        if not self._said:
            asyncio.get_running_loop().call_soon(self.flush)
        self._said.append(pack(*parts))

    def flush(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(b"".join(self._said))
        self._said.clear()
        if self._transport.get_write_buffer_size() > BUFFERED_BYTES:
            self._fail(ConnectionError("Redis no longer reads"))

    def close(self) -> None:
        """What was said is still sent, if the other end takes it."""
        self.flush()
        if self._transport is not None:
            self._transport.close()

    def _fail(self, failure: Exception) -> None:
        if not self.lost.done():
            self.lost.set_exception(ConnectionError(str(failure)))
        if self._transport is not None:
            self._transport.abort()


async def connect(url: str, take: Callable[[Reply], None]) -> Wire:
    """A wire to the Redis of a URL, signed in, its database chosen. Raises OSError."""
    given: Mapping[str, Any] = parse_url(url)
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(CONNECT_WITHIN_S):
        if "path" in given:
            _, wire = await loop.create_unix_connection(lambda: Wire(take), given["path"])
        else:
            tls = None
            if given.get("connection_class") is SSLConnection:
                tls = ssl.create_default_context(cafile=given.get("ssl_ca_certs"))
            host, port = given.get("host", "localhost"), given.get("port", 6379)
            _, wire = await loop.create_connection(lambda: Wire(take), host, port, ssl=tls)
    if given.get("password"):
        wire.say("AUTH", *filter(None, [given.get("username")]), given["password"])
    if given.get("db"):
        wire.say("SELECT", given["db"])
    return wire
