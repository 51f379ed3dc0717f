"""The live rooms of this server process: who is in, and what each must be told.

A plain dict of peers per room, told directly; nothing here waits and nothing touches the
database. Peers of other processes are reached through a Hub (realtime.hubs). Everything runs in
the event loop of the server; `changed` alone may be called from any thread.
"""

from __future__ import annotations

import asyncio
import contextvars
import secrets
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from realtime import protocol, topology
from realtime.access import Admission
from realtime.hubs import Hub, LocalHub, Message
from realtime.protocol import Close, Code

CHAT_KEPT = 50


class Socket(Protocol):
    """What a room needs of a connection. Neither call waits."""

    def push(self, message: Message) -> None: ...
    def close(self, code: Close) -> None: ...


@dataclass(slots=True, eq=False)
class Peer:
    """One browser in a room. Without a socket it is away, and keeps its place for a minute."""

    id: str
    admission: Admission
    socket: Socket | None
    seen: float
    """Seconds of a steady clock at the last frame from it."""
    seen_at: datetime
    audio: bool = False
    video: bool = False
    visit: object | None = None
    """The handle of the open Visit (realtime.visits); None while the stay is interrupted."""

    def facts(self) -> Message:
        """What the others are told; identity comes from the gate, never from the peer."""
        who = self.admission
        return {
            "id": self.id,
            "role": who.role,
            "name": {"ja": who.name.ja, "en": who.name.en},
            "org": {"ja": who.organisation.label.ja, "en": who.organisation.label.en},
            "school": who.is_school,
            "audio": self.audio,
            "video": self.video,
            "away": self.socket is None,
        }


@dataclass(slots=True, eq=False)
class Room:
    uid: UUID
    mode: topology.Mode
    hub: Hub
    peers: dict[str, Peer] = field(default_factory=dict)
    hands: list[str] = field(default_factory=list)
    """Peer ids in the order in which they were raised."""
    chat: deque[Message] = field(default_factory=lambda: deque(maxlen=CHAT_KEPT))

    def tell(self, to: str, message: Message) -> None:
        peer = self.peers.get(to)
        if peer is not None and peer.socket is not None:
            peer.socket.push(message)

    def announce(self, message: Message, *, but: str = "") -> None:
        """To everybody in the room, in every process."""
        for peer in self.peers.values():
            if peer.socket is not None and peer.id != but:
                peer.socket.push(message)
        self.hub.announce(self.uid, message, but=but)

    def enter(self, peer: Peer) -> None:
        """The peer is known to the others before it is told who they are."""
        self.peers[peer.id] = peer
        self.announce({"t": "peer-joined", "peer": peer.facts()}, but=peer.id)

    def take_back(self, peer: Peer, socket: Socket, admission: Admission) -> None:
        """A peer returns on a new socket: same id, same place, the old socket closed."""
        if peer.socket is not None:
            peer.socket.close(Close.REPLACED)
        was_away = peer.socket is None
        peer.socket = socket
        peer.admission = admission
        if was_away:
            self.announce({"t": "peer-back", "id": peer.id}, but=peer.id)

    def lose(self, peer: Peer) -> None:
        """Its socket is gone. Connections that still carry media are nobody's business here."""
        peer.socket = None
        self.announce({"t": "peer-away", "id": peer.id})

    def leave(self, peer: Peer, reason: str) -> None:
        del self.peers[peer.id]
        self.announce({"t": "peer-left", "id": peer.id, "reason": reason})
        self.lower(peer.id)

    def snapshot(self, *, but: str) -> list[Message]:
        return [peer.facts() for peer in self.peers.values() if peer.id != but]

    def relay(self, sender: Peer, to: str, message: Message) -> Code | None:
        """Delivers to one other peer, or says why not."""
        receiver = self.peers.get(to)
        if receiver is None or receiver is sender:
            return Code.NO_SUCH_PEER
        if not topology.linked(self.mode, sender.admission.role, receiver.admission.role):
            return Code.NOT_LINKED
        if receiver.socket is None:
            return Code.PEER_AWAY
        receiver.socket.push({**message, "from": sender.id})
        return None

    def raise_hand(self, peer: str) -> None:
        if peer not in self.hands:
            self.hands.append(peer)
            self.announce({"t": "hands", "queue": list(self.hands)})

    def lower(self, peer: str) -> None:
        if peer in self.hands:
            self.hands.remove(peer)
            self.announce({"t": "hands", "queue": list(self.hands)})

    def say(self, message: Message) -> None:
        self.chat.append(message)
        self.announce(message)


class Changed(Protocol):
    """A connection, in a room or on its way into one, that must ask the gate again."""

    def booking_changed(self, booking_id: int) -> None: ...
    def close(self, code: Close) -> None: ...


@dataclass(slots=True, eq=False)
class Registry:
    """Every room of this process."""

    server: str = field(default_factory=lambda: secrets.token_hex(8))
    hub: Hub = field(default_factory=LocalHub)
    rooms: dict[UUID, Room] = field(default_factory=dict)
    sockets: set[Changed] = field(default_factory=set)
    loop: asyncio.AbstractEventLoop | None = None

    def room(self, uid: UUID, mode: topology.Mode) -> Room:
        """The room of this uid, opened if nobody was in it."""
        if uid not in self.rooms:
            self.rooms[uid] = Room(uid, mode, self.hub)
        return self.rooms[uid]

    def forget_empty(self, room: Room) -> None:
        if not room.peers and self.rooms.get(room.uid) is room:
            del self.rooms[room.uid]

    def peers(self) -> Iterable[tuple[Room, Peer]]:
        for room in list(self.rooms.values()):
            for peer in list(room.peers.values()):
                yield room, peer

    def register(self, socket: Changed) -> None:
        self.loop = asyncio.get_running_loop()
        self.sockets.add(socket)

    def changed(self, booking_id: int) -> None:
        """Every connection of this booking asks the gate again. Callable from any thread."""
        self._in_loop(lambda: self._tell_changed(booking_id))

    def _tell_changed(self, booking_id: int) -> None:
        for socket in list(self.sockets):
            socket.booking_changed(booking_id)

    def _in_loop(self, work: Callable[[], None]) -> None:
        if self.loop is not None and not self.loop.is_closed() and self.sockets:
            # An empty context: in the caller's, asking the gate would use the caller's own thread.
            self.loop.call_soon_threadsafe(work, context=contextvars.Context())

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
