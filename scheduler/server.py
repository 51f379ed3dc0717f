"""One web process: Daphne on a socket that is already ours, with an orderly end.

Daphne alone drops requests in flight when it is told to stop, or waits for them without end.
Here the probes say first that this process ends, and every answer closes its connection, so that a
proxy moves on; after `DRAIN_S` the door is closed, `signals.stopping` lets live rooms say goodbye,
requests in flight are answered, and what is not done after `GRACE_S` is left.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import socket
from collections.abc import Callable
from typing import Any

import autobahn.twisted.websocket
import autobahn.websocket.protocol
import daphne.server
from daphne.http_protocol import HTTPFactory, WebRequest
from daphne.ws_protocol import WebSocketProtocol
from django.conf import settings
from twisted.internet import defer, reactor

from scheduler import frames, signals
from scheduler.health import Process
from scheduler.slow_readers import BoundedWebSocket

logger = logging.getLogger(__name__)


def _as_it_is(value: object, *how: object, **also: object) -> object:
    return value


# Autobahn lays out its configuration at every connection, and colours words at every frame, for
# debug lines that nobody reads: a quarter of what it costs to enter a room, or to be told something.
for module in (autobahn.websocket.protocol, autobahn.twisted.websocket):
    for name in {"pformat", "hltype", "hlval"} & set(vars(module)):
        setattr(module, name, _as_it_is)

GRACE_S = 20.0
"""The longest page here takes well under a second; a proxy gives up after 30."""
GOODBYE_S = 2.0
"""For sockets to be closed with their own code; clients come back by themselves."""
BACKLOG = 512


class ListenError(Exception):
    """The address cannot be listened on; its text is a sentence for the console."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; connections wait in it until the server runs."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    # A port left a moment ago may be taken again; one that is being listened on may not.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setblocking(False)
    try:
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise ListenError(_refusal(host, port, error)) from error
    return listening


def _refusal(host: str, port: int, error: OSError) -> str:
    """In both languages: a console does not say which its reader prefers."""
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else 8000
        return (
            f"ポート {port} はほかのプログラムが使っています。別の番号で起動できます: make run PORT={other}\n"
            f"Port {port} is in use by another program. Choose another one: make run PORT={other}"
        )
    return (
        f"{host} のポート {port} を開けませんでした。\n"
        f"Cannot listen on {host}, port {port}: {error.strerror or error}."
    )


class WebSocket(frames.Protocol, BoundedWebSocket):
    """Quick while the line takes everything; behind what waits, every frame is counted."""


class Request(WebRequest):  # type: ignore[misc]  # Daphne has no types
    """Refuses a body that is too long while it comes: Daphne would gather all of it first."""

    def gotLength(self, length: int | None) -> None:  # noqa: N802 -- Twisted's name
        super().gotLength(length)
        self._refuse_beyond(length or 0)

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802 -- Twisted's name
        super().handleContentChunk(data)
        # A sender in chunks says no length before.
        self._refuse_beyond(self.content.tell())

    def _refuse_beyond(self, length: int) -> None:
        if length > settings.MAX_BODY_BYTES and not self.channel.transport.disconnecting:
            self.channel.transport.write(
                b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            )
            self.channel.loseConnection()

    def process(self) -> Any:
        if Process.is_stopping:
            # Whoever kept this connection for another request finds the next process with it.
            self.channel.persistent = False
            self.responseHeaders.setRawHeaders(b"connection", [b"close"])
        return super().process()


class Server(daphne.server.Server):  # type: ignore[misc]  # Daphne has no types
    """Serves `application` on `listening` until SIGINT or SIGTERM; a second one stops at once."""

    def __init__(
        self, application: Any, *, listening: socket.socket, on_ready: Callable[[], None], **options: Any
    ) -> None:
        super().__init__(
            application,
            endpoints=["adopted"],
            signal_handlers=False,
            ready_callable=self._open,
            server_name="",
            **options,
        )
        # Daphne insists on an endpoint to open; ours is open and adopted in `_open`.
        self.endpoints: list[str] = []
        self.listening = listening
        self.on_ready = on_ready
        self.abandoned = 0
        self._draining: asyncio.Task[None] | None = None

    def _open(self) -> None:
        """Once Daphne's factories are made and before its reactor runs."""
        self.ws_factory.protocol = WebSocket
        self.http_factory.buildProtocol = self._build_protocol
        port = reactor.adoptStreamPort(self.listening.fileno(), self.listening.family, self.http_factory)
        self.listeners.append(defer.succeed(port))
        loop = asyncio.get_event_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.drain)
        reactor.callWhenRunning(self.on_ready)

    async def handle_reply(self, protocol: Any, message: Any) -> None:
        if not (isinstance(protocol, frames.Protocol) and protocol.takes(message)):
            await super().handle_reply(protocol, message)

    def _build_protocol(self, address: Any) -> Any:
        protocol = HTTPFactory.buildProtocol(self.http_factory, address)
        protocol.requestFactory = Request
        return protocol

    def drain(self) -> None:
        """Starts the orderly end; called again, ends it."""
        if self._draining is None:
            self._draining = asyncio.ensure_future(self._drain())
        else:
            self.stop()

    async def _drain(self) -> None:
        Process.is_stopping = True
        await asyncio.sleep(settings.DRAIN_S)
        for listener in self.listeners:
            listener.addCallback(lambda port: port.stopListening())
        self.listening.close()
        for receiver, answer in await signals.stopping.asend_robust(sender=type(self)):
            if isinstance(answer, Exception):
                logger.error("%r failed while stopping", receiver, exc_info=answer)
        await self._wait(self._open_sockets, GOODBYE_S)
        await self._wait(self._open_requests, GRACE_S)
        self.stop()

    async def _wait(self, remaining: Callable[[], list[Any]], seconds: float) -> None:
        clock = asyncio.get_running_loop().time
        deadline = clock() + seconds
        while remaining() and clock() < deadline:  # noqa: ASYNC110 -- Daphne has no event for it
            await asyncio.sleep(0.02)

    def _running(self) -> dict[Any, Any]:
        """The application of each connection that is still at work."""
        tasks = {protocol: facts.get("application_instance") for protocol, facts in self.connections.items()}
        return {protocol: task for protocol, task in tasks.items() if task is not None and not task.done()}

    def _open_sockets(self) -> list[Any]:
        return [task for protocol, task in self._running().items() if isinstance(protocol, WebSocketProtocol)]

    def _open_requests(self) -> list[Any]:
        return [
            task for protocol, task in self._running().items() if not isinstance(protocol, WebSocketProtocol)
        ]

    def kill_all_applications(self) -> Any:
        """Daphne's own waits without end, and fails on a connection whose application has gone."""
        self.abandoned = len(self._open_requests())
        pending = list(self._running().values())
        for task in pending:
            task.cancel()
        if not pending:
            return None
        return defer.Deferred.fromFuture(asyncio.ensure_future(asyncio.wait(pending, timeout=1)))
