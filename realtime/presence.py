"""Who is here, who is away, who has left: the rooms' memory joined to the record of visits.

A stay is broken by 15 seconds of silence: it ends at its last beat, and a return opens a new
one. A reload, or a line that comes back sooner, stays one stay.
"""

from __future__ import annotations

import asyncio
import time
from datetime import datetime

from django.utils import timezone

from realtime import protocol
from realtime.models import Visit
from realtime.protocol import Close
from realtime.rooms import Peer, Registry, Room, registry
from realtime.visits import Stay, ledger

LOOK_EVERY_S = 1.0

_watch: asyncio.Task[None] | None = None


def enter(room: Room, peer: Peer) -> None:
    room.enter(peer)
    _begin_stay(peer)
    _keep_watch()


def come_back(peer: Peer, now: float, at: datetime) -> None:
    """After `room.take_back`: the old stay goes on, unless there was too long a silence."""
    if now - peer.seen >= protocol.AWAY_AFTER_S:
        _end_stay(peer, Visit.EndReason.TIMEOUT, peer.seen_at)
    beat(peer, now, at)
    if peer.visit is None:
        _begin_stay(peer)
    _keep_watch()


def beat(peer: Peer, now: float, at: datetime) -> None:
    """Any frame is a sign of life."""
    peer.seen = now
    peer.seen_at = at
    if isinstance(peer.visit, Stay):
        peer.visit.beat(at)


def leave(room: Room, peer: Peer, *, reason: str, end_reason: str, at: datetime) -> None:
    _end_stay(peer, end_reason, at)
    room.leave(peer, reason)
    registry.forget_empty(room)


def sweep(rooms: Registry, now: float) -> None:
    """Everybody who has been silent for too long at `now` is away, or has left."""
    for room, peer, silence in rooms.silent(now):
        _end_stay(peer, Visit.EndReason.TIMEOUT, peer.seen_at)
        if silence >= protocol.LEFT_AFTER_S:
            if peer.socket is not None:
                peer.socket.close(Close.SILENT)
            room.leave(peer, "timeout")
            rooms.forget_empty(room)
        elif peer.socket is not None:
            peer.socket.close(Close.SILENT)
            room.lose(peer)


async def close_rooms(rooms: Registry, code: Close) -> None:
    """The server stops: every stay ends, is written, and every socket is closed with `code`."""
    for _, peer in rooms.peers():
        _end_stay(peer, Visit.EndReason.SERVER, peer.seen_at)
    for socket in list(rooms.sockets):
        socket.close(code)
    await ledger.flush()


async def on_stopping(sender: object, **facts: object) -> None:
    """Receiver of `scheduler.signals.stopping`."""
    await close_rooms(registry, Close.RESTART)


def _begin_stay(peer: Peer) -> None:
    who = peer.admission
    peer.visit = Stay(
        booking_id=who.booking.pk,
        user_id=who.user_id,
        organisation_id=who.organisation.pk,
        peer=peer.id,
        server=registry.server,
        started_at=peer.seen_at,
        last_beat_at=peer.seen_at,
    )
    ledger.begin(peer.visit)


def _end_stay(peer: Peer, reason: str, at: datetime) -> None:
    if isinstance(peer.visit, Stay):
        ledger.end(peer.visit, reason, at)
    peer.visit = None


def _keep_watch() -> None:
    global _watch  # noqa: PLW0603 -- one watch per process
    loop = asyncio.get_running_loop()
    if _watch is None or _watch.done() or _watch.get_loop() is not loop:
        _watch = loop.create_task(_watch_rooms())


async def _watch_rooms() -> None:
    while registry.rooms:
        await asyncio.sleep(LOOK_EVERY_S)
        sweep(registry, time.monotonic())


def now_pair() -> tuple[float, datetime]:
    """The steady clock and the wall clock, read together at the edge."""
    return time.monotonic(), timezone.now()
