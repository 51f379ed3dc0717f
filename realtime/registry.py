"""Every live room and every socket of this server process.

Everything runs in the event loop of the server; `changed` and `account_changed` alone may be called
from any thread.
"""

from __future__ import annotations

import asyncio
import contextvars
import secrets
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from realtime import protocol, topology
from realtime.hubs import Hub, LocalHub
from realtime.peers import Peer
from realtime.protocol import Close
from realtime.rooms import Room


class Changed(Protocol):
    """A connection, in a room or on its way into one, that must ask the gate again."""

    def booking_changed(self, booking_id: int | None) -> None: ...
    def account_changed(self, user_id: int) -> None: ...
    def look(self, at: datetime) -> None: ...
    def close(self, code: Close) -> None: ...


def _no_visit(peer: Peer) -> None:
    return


def _leave(room: Room, peer: Peer) -> None:
    room.leave(peer, "replaced")


@dataclass(slots=True, eq=False)
class Registry:
    """Every room of this process."""

    server: str = field(default_factory=lambda: secrets.token_hex(8))
    hub: Hub = field(default_factory=LocalHub)
    rooms: dict[UUID, Room] = field(default_factory=dict)
    sockets: set[Changed] = field(default_factory=set)
    loop: asyncio.AbstractEventLoop | None = None
    taken_over: Callable[[Peer], None] = _no_visit
    """Told of a peer whom another process carries from now on."""
    superseded: Callable[[Room, Peer], None] = _leave
    """Makes a peer leave that was away, and whose account has come in anew."""

    def use(self, hub: Hub) -> None:
        """Rooms opened from now on are connected by this hub."""
        self.hub = hub
        hub.serve(self)

    def room(self, uid: UUID, mode: topology.Mode) -> Room:
        """The room of this uid, opened if nobody was in it."""
        if uid not in self.rooms:
            self.rooms[uid] = Room(uid, mode, self.hub)
        return self.rooms[uid]

    @asynccontextmanager
    async def opened(self, uid: UUID, mode: topology.Mode) -> AsyncIterator[Room]:
        """The room, knowing who is in it elsewhere, for somebody about to enter it."""
        room = self.room(uid, mode)
        room.opening += 1
        try:
            await self.hub.open(room)
            yield room
        finally:
            room.opening -= 1
            self.forget_empty(room)

    def forget_empty(self, room: Room) -> None:
        if not room.peers and not room.opening and self.rooms.get(room.uid) is room:
            del self.rooms[room.uid]
            room.hub.close(room)

    def peers(self) -> Iterable[tuple[Room, Peer]]:
        for room in list(self.rooms.values()):
            for peer in list(room.peers.values()):
                yield room, peer

    def register(self, socket: Changed) -> None:
        self.loop = asyncio.get_running_loop()
        self.sockets.add(socket)

    def changed(self, booking_id: int | None) -> None:
        """Every connection of this booking (None: of any) asks the gate again. Callable from any thread."""
        self._tell(lambda socket: socket.booking_changed(booking_id))

    def account_changed(self, user_id: int) -> None:
        """Every connection of this account asks the gate again. Callable from any thread."""
        self._tell(lambda socket: socket.account_changed(user_id))

    def look(self, at: datetime) -> None:
        """Connections whose right may have ended with a day ask the gate again."""
        for socket in list(self.sockets):
            socket.look(at)

    def _tell(self, what: Callable[[Changed], None]) -> None:
        if self.loop is not None and not self.loop.is_closed() and self.sockets:
            # An empty context: in the caller's, asking the gate would use the caller's own thread.
            self.loop.call_soon_threadsafe(self._tell_all, what, context=contextvars.Context())

    def _tell_all(self, what: Callable[[Changed], None]) -> None:
        for socket in list(self.sockets):
            what(socket)

    def silent(self, now: float) -> list[tuple[Room, Peer, float]]:
        """Peers that have missed their beats, with the seconds since the last sign of life."""
        return [
            (room, peer, now - peer.seen)
            for room, peer in self.peers()
            if now - peer.seen >= protocol.AWAY_AFTER_S
        ]


registry = Registry()


def new_peer_id() -> str:
    return secrets.token_urlsafe(9)
