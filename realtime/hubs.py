"""How a room of this process reaches its peers in other processes.

One process needs none of it, and LocalHub does nothing. With several, a hub (realtime.redis_hub)
carries what is told and asked of peers elsewhere, and brings what others say to the room
(realtime.neighbours). Nothing here waits but `ready` and `open`, and they only for a moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from realtime.peers import Peer
    from realtime.registry import Registry
    from realtime.rooms import Room

Message = dict[str, Any]
AT_THE_DOOR_S = 0.5
"""For so long somebody at the door waits for what is elsewhere; then the room does without."""


class Hub(Protocol):
    @property
    def seen_alive(self) -> Mapping[str, datetime]:
        """When each other server process was last known to live; a view that stays current."""

    @property
    def is_up(self) -> bool:
        """Whether what is said now reaches the others."""

    def serve(self, registry: Registry) -> None:
        """Whose rooms this hub connects; called once, before anything else."""

    async def ready(self) -> None:
        """Changes of bookings made elsewhere are heard from now on, or once the hub is up."""

    async def open(self, room: Room) -> None:
        """The room hears its peers elsewhere and knows who they are."""

    def close(self, room: Room) -> None:
        """Nobody is in this room any more, in this process."""

    def tell_peer(self, room: Room, peer: Peer) -> None:
        """What there is to know of a peer of this process has changed."""

    def tell_left(self, room: Room, peer: Peer, reason: str) -> None: ...
    def tell_superseded(self, room: Room, seat: str, stamp: float) -> None:
        """Whoever was away from this seat elsewhere, as known at `stamp`, has come in anew here."""

    def give_up(self, room: Room, peer: Peer) -> None:
        """Another process carries this peer and has said so: nothing is to be told, or kept, from here."""

    def tell_floor(self, room: Room) -> None: ...
    def tell_line(self, room: Room, line: Message, text: str) -> None:
        """A chat line, and the same as it is sent to browsers."""

    def send(self, room: Room, to: str, text: str) -> None:
        """A frame for one peer elsewhere."""

    def silence(self, server: str, now: float) -> float:
        """Seconds for which nothing has shown that this server lives."""

    def can_tell_the_dead(self, now: float) -> bool:
        """Whether a server that still lived would have shown itself here by now."""

    async def stop(self) -> None:
        """What was said is on its way, and nothing more is heard."""


class LocalHub:
    """There is no other process."""

    seen_alive: Mapping[str, datetime] = {}
    is_up = False

    def serve(self, registry: Registry) -> None:
        return

    async def ready(self) -> None:
        return

    async def open(self, room: Room) -> None:
        return

    def close(self, room: Room) -> None:
        return

    def tell_peer(self, room: Room, peer: Peer) -> None:
        return

    def tell_left(self, room: Room, peer: Peer, reason: str) -> None:
        return

    def tell_superseded(self, room: Room, seat: str, stamp: float) -> None:
        return

    def give_up(self, room: Room, peer: Peer) -> None:
        return

    def tell_floor(self, room: Room) -> None:
        return

    def tell_line(self, room: Room, line: Message, text: str) -> None:
        return

    def send(self, room: Room, to: str, text: str) -> None:
        return

    def silence(self, server: str, now: float) -> float:
        return 0.0

    def can_tell_the_dead(self, now: float) -> bool:
        return False

    async def stop(self) -> None:
        return
