"""One WebSocket of a room: from the door to the last frame.

A plain ASGI application instead of a Channels consumer: signalling then costs no thread hop and
no channel layer per frame. The database is asked at the door alone, and again when the booking
changes. A socket is accepted first and closed with a code after, because a refusal before
accepting reaches the browser as 1006 and nothing more.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from django.db import Error as DatabaseFailure
from django.utils import timezone

from realtime import access, conversation, invalidations, origins, presence, protocol
from realtime.access import Admission, Reason, Refusal
from realtime.allowances import Allowance
from realtime.hubs import Message
from realtime.models import Visit
from realtime.protocol import ClientMessage, Close, Code, Join, Leave, ProtocolError
from realtime.rooms import Peer, Room, registry

logger = logging.getLogger(__name__)

Event = MutableMapping[str, Any]
QUEUE_BYTES = 256 * 1024
"""What may wait for a slow reader before its socket is given up."""
ASK_AGAIN_AFTER_S = (0.5, 1.0, 2.0, 4.0)
"""Pauses between the attempts to ask a gate whose database fails."""


async def room_socket(
    scope: Event, receive: Callable[[], Awaitable[Event]], send: Callable[[Event], Awaitable[None]]
) -> None:
    await RoomSocket(scope, receive, send).run()


class RoomSocket:
    def __init__(
        self, scope: Event, receive: Callable[[], Awaitable[Event]], send: Callable[[Event], Awaitable[None]]
    ) -> None:
        self.uid: UUID = scope["url_route"]["kwargs"]["uid"]
        self.user_id: int | None = scope["user"].pk if scope["user"].is_authenticated else None
        self.is_ours = origins.is_ours(scope["headers"])
        self.admission: Admission | None = None
        self.room: Room | None = None
        self.peer: Peer | None = None
        self._receive, self._send = receive, send
        self._queue: asyncio.Queue[str | Close] = asyncio.Queue()
        self._queued = 0
        self._closing = False
        self._is_stale = False
        self._allowance = Allowance()
        self._asking: set[asyncio.Task[None]] = set()

    # What rooms ask of a socket

    def push(self, message: Message) -> None:
        if self._closing:
            return
        text = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        self._queued += len(text)
        if self._queued > QUEUE_BYTES:
            self.close(Close.SILENT)
        else:
            self._queue.put_nowait(text)

    def close(self, code: Close) -> None:
        if not self._closing:
            self._closing = True
            self._queue.put_nowait(code)

    def booking_changed(self, booking_id: int) -> None:
        if self.admission is None:
            self._is_stale = True
        elif self.admission.booking.pk == booking_id:
            task = asyncio.get_running_loop().create_task(self._ask_again())
            self._asking.add(task)
            task.add_done_callback(self._asked)

    def _asked(self, task: asyncio.Task[None]) -> None:
        self._asking.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            # Not to know is no right to stay; at the door it will be asked anew.
            logger.error("rooms: the gate could not be asked again", exc_info=failure)
            self.close(Close.FAILED)

    # Life

    async def run(self) -> None:
        await self._receive()
        await self._send({"type": "websocket.accept"})
        writer = asyncio.create_task(self._write())
        reader = asyncio.create_task(self._listen())
        reader.add_done_callback(lambda _: writer.cancel())
        registry.register(self)
        try:
            # The writer may end well before the browser hangs up, but if it fails nobody is heard either.
            await asyncio.wait((reader, writer), return_when=asyncio.FIRST_EXCEPTION)
        finally:
            registry.sockets.discard(self)
            self._lose_peer()
            self._closing = True
            reader.cancel()
            writer.cancel()
            ends = await asyncio.gather(reader, writer, return_exceptions=True)
        failures = [end for end in ends if isinstance(end, Exception)]
        if failures:
            logger.error("rooms: a socket failed", exc_info=failures[0])
            await self._send({"type": "websocket.close", "code": int(Close.FAILED)})

    async def _listen(self) -> None:
        await self._pass_the_door()
        deadline = asyncio.get_running_loop().call_later(protocol.JOIN_WITHIN_S, self._expect_joined)
        while (event := await self._receive())["type"] != "websocket.disconnect":
            if not self._closing:
                self._take_frame(event)
        deadline.cancel()

    async def _write(self) -> None:
        while True:
            item = await self._queue.get()
            if isinstance(item, Close):
                await self._send({"type": "websocket.close", "code": int(item)})
                return
            self._queued -= len(item)
            await self._send({"type": "websocket.send", "text": item})

    async def _pass_the_door(self) -> None:
        if not self.is_ours:
            return self._refuse(Code.FORBIDDEN, Close.FORBIDDEN)
        if self.user_id is None:
            return self._refuse(Code.AUTH_FAILED, Close.AUTH)
        decision = await self._ask()
        if isinstance(decision, Admission) and await invalidations.watch(decision.booking.pk):
            # What others changed between the answer and the subscription was told to nobody here.
            decision = await self._ask()
        while self._is_stale:  # it changed while we asked
            decision = await self._ask()
        if isinstance(decision, Admission):
            self.admission = decision
            return None
        if decision.reason is Reason.TOO_EARLY and decision.window is not None:
            return self._refuse(Code.TOO_EARLY, Close.FORBIDDEN, opens_at=decision.window.start.isoformat())
        if decision.reason is Reason.NO_RIGHT:
            return self._refuse(Code.FORBIDDEN, Close.FORBIDDEN)
        return self._refuse(Code.ROOM_CLOSED, Close.ROOM_CLOSED)

    async def _ask(self) -> Admission | Refusal:
        """What the gate says. A database that fails is tried again for some seconds."""
        for pause in ASK_AGAIN_AFTER_S:
            try:
                return await self._ask_once()
            except DatabaseFailure as failure:
                logger.warning("rooms: the gate could not be asked (%s)", type(failure).__name__)
            await asyncio.sleep(pause)
        return await self._ask_once()

    async def _ask_once(self) -> Admission | Refusal:
        self._is_stale = False
        ask = database_sync_to_async(access.decide_for)
        decision: Admission | Refusal = await ask(self.user_id, self.uid, timezone.now())
        return decision

    async def _ask_again(self) -> None:
        """The booking changed. The end of the lesson throws nobody out; anything else may."""
        decision = await self._ask()
        if isinstance(decision, Admission):
            self.admission = decision
            if self.peer is not None:
                self.peer.admission = decision
        elif decision.reason is Reason.NO_RIGHT:
            self._remove(Visit.EndReason.REMOVED, Code.FORBIDDEN, Close.FORBIDDEN)
        elif decision.reason is not Reason.ENDED:
            self._remove(Visit.EndReason.CLOSED, Code.ROOM_CLOSED, Close.ROOM_CLOSED)

    def _remove(self, reason: Visit.EndReason, code: Code, close: Close) -> None:
        room, peer = self.room, self.peer
        if room is not None and peer is not None and peer.socket is self:
            presence.leave(room, peer, reason=reason.value, end_reason=reason, at=peer.seen_at)
        self.peer = None
        self._refuse(code, close)

    def _refuse(self, code: Code, close: Close, **facts: object) -> None:
        self.push({"t": "error", "code": code, "fatal": True, **facts})
        self.close(close)

    def _expect_joined(self) -> None:
        if self.peer is None:
            self.close(Close.SILENT)

    def _lose_peer(self) -> None:
        """The socket is gone: its peer is away, and keeps its place for a minute."""
        if self.room is not None and self.peer is not None and self.peer.socket is self:
            self.room.lose(self.peer)

    # Frames

    def _take_frame(self, event: Event) -> None:
        now, at = presence.now_pair()
        try:
            message = self._read(event.get("text") or "", now)
        except ProtocolError as error:
            return self._complain(error, now)
        if isinstance(message, Join):
            return self._join(message, now)
        room, peer = self.room, self.peer
        if room is None or peer is None:
            return self._complain(ProtocolError(Code.NOT_JOINED, "join first", close=Close.PROTOCOL), now)
        presence.beat(peer, now, at)
        if isinstance(message, Leave):
            presence.leave(room, peer, reason="left", end_reason=Visit.EndReason.LEFT, at=at)
            self.peer = None
            return self.close(Close.LEFT)
        refused = conversation.handle(room, peer, message, at)
        if refused is not None:
            self.push({"t": "error", "code": refused, "ref": protocol.name_of(message),
                       "to": getattr(message, "to", "")})  # fmt: skip
        return None

    def _read(self, frame: str, now: float) -> ClientMessage:
        message = protocol.parse(frame)
        if not self._allowance.spend(message, now):
            raise ProtocolError(Code.RATE_LIMITED, "slower, please", ref=protocol.name_of(message))
        return message

    def _complain(self, error: ProtocolError, now: float) -> None:
        close = error.close
        if self._allowance.violate(now) and close is None:
            close = Close.FLOOD if error.code is Code.RATE_LIMITED else Close.PROTOCOL
        complaint: Message = {"t": "error", "code": error.code, "ref": error.ref, "detail": error.detail}
        if error.code is Code.BAD_VERSION:
            complaint["supported"] = [protocol.VERSION]
        if close is not None:
            complaint["fatal"] = True
        self.push(complaint)
        if close is not None:
            self.close(close)

    def _join(self, message: Join, now: float) -> None:
        if self.peer is not None:
            return self._complain(ProtocolError(Code.ALREADY_JOINED, "once is enough", ref="join"), now)
        if self.admission is not None:
            self.room, self.peer = conversation.join(self, self.admission, message)
        return None
