"""One WebSocket of a room: from the door to the last frame.

A plain ASGI application instead of a Channels consumer: signalling then costs no thread hop and
no channel layer per frame. The database is asked at the door alone, and again when the booking
changes. A socket is accepted first and closed with a code after, because a refusal before
accepting reaches the browser as 1006 and nothing more.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from autobahn.exception import Disconnected
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from realtime import (
    access,
    conversation,
    gate_rows,
    gate_threads,
    metrics,
    origins,
    presence,
    protocol,
    visitors,
)
from realtime.access import Admission, Reason, Refusal
from realtime.allowances import Allowance
from realtime.hubs import Message
from realtime.models import Visit
from realtime.peers import Peer, encode
from realtime.protocol import ClientMessage, Close, Code, Join, Leave, ProtocolError
from realtime.registry import registry
from realtime.rooms import Room

logger = logging.getLogger(__name__)

Event = MutableMapping[str, Any]
Answer = TypeVar("Answer", Admission | Refusal, Admission | Refusal | None)
Gate: TypeAlias = Callable[[datetime], Answer]
QUEUE_BYTES = 256 * 1024
"""What may wait for a slow reader before its socket is given up."""
ASK_AGAIN_AFTER_S = (0.5, 1.0, 2.0, 4.0)
"""Pauses between the attempts to ask a gate whose database fails."""
ASKED_FOR_S = 10.0
"""After so long the browser is told, and comes again by itself."""
REFUSALS = {
    Reason.NO_RIGHT: (Code.FORBIDDEN, Close.FORBIDDEN),
    Reason.WAITING: (Code.WAITING, Close.WAITING),
}


async def room_socket(
    scope: Event, receive: Callable[[], Awaitable[Event]], send: Callable[[Event], Awaitable[None]]
) -> None:
    await RoomSocket(scope, receive, send).run()


class RoomSocket:
    def __init__(
        self, scope: Event, receive: Callable[[], Awaitable[Event]], send: Callable[[Event], Awaitable[None]]
    ) -> None:
        self.uid: UUID = scope["url_route"]["kwargs"]["uid"]
        self.user_id: int | None = None
        self._headers: list[tuple[bytes, bytes]] = scope["headers"]
        self.is_ours = origins.is_ours(scope["headers"])
        self.admission: Admission | None = None
        self.room: Room | None = None
        self.peer: Peer | None = None
        self._receive, self._send = receive, send
        self._queue: asyncio.Queue[str | Close] = asyncio.Queue()
        self._queued = 0
        self._closing = False
        self._is_hung_up = False
        self._is_stale = False
        self._asked_at = self._holds_until = timezone.now()
        self._allowance = Allowance()
        self._asking: set[asyncio.Task[None]] = set()

    # What rooms ask of a socket

    def push(self, message: Message) -> None:
        if not self._closing:
            self.push_text(encode(message))

    def push_text(self, text: str) -> None:
        if self._closing:
            return
        size = _bytes(text)
        # A single frame that finds nothing waiting says nothing of the reader, however long it is.
        if self._queued and self._queued + size > QUEUE_BYTES:
            self.close(Close.SILENT)
        else:
            self._queued += size
            self._queue.put_nowait(text)

    def close(self, code: Close) -> None:
        if not self._closing:
            self._closing = True
            self._queue.put_nowait(code)

    def booking_changed(self, booking_id: int | None) -> None:
        if self.admission is None:
            self._is_stale = True
        elif booking_id is None:  # accounts may have changed as well
            self._look_again(self._signed_in_again)
        elif self.admission.booking.pk == booking_id:
            self._look_again(self._again)

    def account_changed(self, user_id: int) -> None:
        if self.user_id in (None, user_id):
            self._is_stale = True
            if self.admission is not None:
                self._look_again(self._signed_in_again)

    def look(self, at: datetime) -> None:
        if self.admission is not None and at >= self._holds_until:
            self._holds_until = access.holds_until(self.admission.organisation, at)
            self._look_again(self._again)

    def _look_again(self, gate: Gate[Admission | Refusal | None]) -> None:
        task = asyncio.get_running_loop().create_task(self._ask_again(gate))
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
            if not self._closing and (join := self._take_frame(event)) is not None:
                await self._join(join)
        deadline.cancel()
        # Whoever has found us silent hangs up as well, once the line is back.
        self._is_hung_up = not self._closing and event.get("code") != Close.SILENT

    async def _write(self) -> None:
        # That the other end has gone is no failure: the reader is about to hear of it.
        with contextlib.suppress(Disconnected, OSError):
            while True:
                item = await self._queue.get()
                if isinstance(item, Close):
                    await self._send({"type": "websocket.close", "code": int(item)})
                    return
                self._queued -= _bytes(item)
                await self._send({"type": "websocket.send", "text": item})

    async def _pass_the_door(self) -> None:
        if not self.is_ours:
            return self._refuse(Code.FORBIDDEN, Close.FORBIDDEN)
        await registry.hub.ready()
        decision = await self._ask(self._whose)
        while decision is not None and self._is_stale:  # it changed while we asked
            decision = await self._ask(self._signed_in_again)
        if decision is None:
            return self._refuse(Code.AUTH_FAILED, Close.AUTH)
        if isinstance(decision, Admission):
            self.admission = decision
            self._holds_until = access.holds_until(decision.organisation, self._asked_at)
            return None
        if decision.reason is Reason.TOO_EARLY and decision.window is not None:
            return self._refuse(Code.TOO_EARLY, Close.FORBIDDEN, opens_at=decision.window.start.isoformat())
        return self._refuse(*REFUSALS.get(decision.reason, (Code.ROOM_CLOSED, Close.ROOM_CLOSED)))

    async def _ask(self, gate: Gate[Answer]) -> Answer:
        """What the gate says. A database that is away is tried again for some seconds; one that cannot be
        reached has kept us waiting for longer than that, and the browser comes again by itself. What it
        refuses it would refuse again."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        for pause in ASK_AGAIN_AFTER_S:
            try:
                return await self._ask_once(gate)
            except (OperationalError, InterfaceError) as failure:
                logger.warning("rooms: the gate could not be asked (%s)", type(failure).__name__)
                if loop.time() - began > ASKED_FOR_S:
                    raise
            await asyncio.sleep(pause)
        return await self._ask_once(gate)

    async def _ask_once(self, gate: Gate[Answer]) -> Answer:
        self._is_stale, self._asked_at = False, timezone.now()
        return await gate_threads.ask(partial(gate, self._asked_at))

    def _whose(self, now: datetime) -> Admission | Refusal | None:
        """For the account of the session; None where nobody is signed in."""
        key = visitors.session_key(self._headers)
        door = gate_rows.door(self.uid, key, now)
        user = visitors.account_of(key, door.session_data, now)
        if user is None:
            return None
        self.user_id = user.pk
        return access.decide_on(user, door.booked, now)

    def _again(self, now: datetime) -> Admission | Refusal:
        assert self.user_id is not None
        return access.decide_for(self.user_id, self.uid, now)

    def _signed_in_again(self, now: datetime) -> Admission | Refusal | None:
        """None where the session has ended meanwhile."""
        decision = self._again(now)
        if isinstance(decision, Refusal):
            return decision
        user = visitors.account(self._headers)
        return decision if user is not None and user.pk == self.user_id else None

    async def _ask_again(self, gate: Gate[Admission | Refusal | None]) -> None:
        """Something changed. The end of the lesson throws nobody out; anything else may."""
        decision = await self._ask(gate)
        if isinstance(decision, Admission):
            self._stand_as(decision)
        elif decision is None:
            # Who signs in anew, or changes the own password, has another session and comes back with it.
            self._remove(Visit.EndReason.REMOVED, Code.AUTH_FAILED, Close.ASK_ANEW)
        elif decision.reason is Reason.NO_RIGHT:
            self._remove(Visit.EndReason.REMOVED, Code.FORBIDDEN, Close.FORBIDDEN)
        elif decision.reason is Reason.WAITING:
            self._remove(Visit.EndReason.REMOVED, Code.WAITING, Close.WAITING)
        elif decision.reason is not Reason.ENDED:
            self._remove(Visit.EndReason.CLOSED, Code.ROOM_CLOSED, Close.ROOM_CLOSED)

    def _stand_as(self, admission: Admission) -> None:
        before, self.admission = self.admission, admission
        self._holds_until = access.holds_until(admission.organisation, self._asked_at)
        room, peer = self.room, self.peer
        if room is None or peer is None or peer.socket is not self:
            return
        if before is not None and not admission.is_as(before):
            conversation.become(room, peer, admission)
        else:
            peer.admission = admission

    def _remove(self, reason: Visit.EndReason, code: Code, close: Close) -> None:
        room, peer = self.room, self.peer
        if room is not None and peer is not None and peer.socket is self:
            presence.leave(room, peer, reason=reason.value, end_reason=reason, at=peer.seen_at)
        self.peer = None
        self._refuse(code, close)

    def _refuse(self, code: Code, close: Close, **facts: object) -> None:
        metrics.refusals.labels(code).inc()
        self.push({"t": "error", "code": code, "fatal": True, **facts})
        self.close(close)

    def _expect_joined(self) -> None:
        if self.peer is None:
            self.close(Close.SILENT)

    def _lose_peer(self) -> None:
        """The socket is gone: its peer is away, and keeps its place for a minute."""
        if self.room is not None and self.peer is not None and self.peer.socket is self:
            self.room.lose(self.peer, is_hung_up=self._is_hung_up)

    # Frames

    def _take_frame(self, event: Event) -> Join | None:
        """Acts on a frame; a `join`, for which one has to wait, is given back."""
        now, at = presence.now_pair()
        try:
            message = self._read(event.get("text") or "", now)
        except ProtocolError as error:
            self._complain(error, now)
            return None
        if not isinstance(message, Join):
            self._act(message, now, at)
        elif self.peer is None:
            return message
        else:
            self._complain(ProtocolError(Code.ALREADY_JOINED, "once is enough", ref="join"), now)
        return None

    def _act(self, message: ClientMessage, now: float, at: datetime) -> None:
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

    async def _join(self, message: Join) -> None:
        if self.admission is None:
            return
        async with registry.opened(self.admission.uid, self.admission.mode) as room:
            if conversation.is_full(room, self.admission, message):
                self._refuse(Code.ROOM_FULL, Close.FULL)
            elif not self._closing:
                self.room, self.peer = room, conversation.join(room, self, self.admission, message)


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())
