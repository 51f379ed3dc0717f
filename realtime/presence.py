"""Who is here, who is away, who has left: the rooms' memory joined to the record of visits.

A stay is broken by 15 seconds of silence: it ends at its last beat, and a return opens a new
one. A reload, or a line that comes back sooner, stays one stay.
"""

from __future__ import annotations

import asyncio
import time
from datetime import datetime

from django.utils import timezone

from realtime import neighbours, protocol
from realtime.access import Admission
from realtime.models import Visit
from realtime.peers import Peer
from realtime.protocol import Close
from realtime.registry import Registry, registry
from realtime.rooms import Room
from realtime.visits import Stay, ledger

LOOK_EVERY_S = 1.0
SPREAD_S, PAUSE_S = 3.0, 0.02
"""Over how long, and how far from each other, a room's sockets are closed when the server stops."""

_watch: asyncio.Task[None] | None = None


def enter(room: Room, peer: Peer, *, is_new: bool) -> None:
    """`is_new`: nobody can have been here under this id before."""
    room.enter(peer)
    _begin_stay(peer, is_new=is_new)
    _keep_watch()


def come_back(peer: Peer, page: str, now: float, at: datetime) -> None:
    """After `room.take_back`: the old stay goes on, unless there was too long a silence."""
    if now - peer.seen >= protocol.AWAY_AFTER_S:
        _end_stay(peer, _silence(peer), peer.seen_at)
    beat(peer, now, at)
    peer.page, peer.is_hung_up = page, False
    _end_other_standing(peer)
    if isinstance(peer.visit, Stay) and ledger.holds(peer.visit):
        peer.visit.page = page
    else:
        _begin_stay(peer)
    _keep_watch()


def become(room: Room, peer: Peer, admission: Admission) -> None:
    """The gate says otherwise than before who this is: another side, another standing, another name."""
    room.become(peer, admission)
    _end_other_standing(peer)
    if peer.visit is None:
        _begin_stay(peer)


def beat(peer: Peer, now: float, at: datetime) -> None:
    """Any frame is a sign of life."""
    peer.seen = now
    peer.seen_at = at
    if isinstance(peer.visit, Stay):
        peer.visit.beat(at)


def supersede(room: Room, user_id: int) -> None:
    """This account comes in anew, without the token of a seat: nobody is to meet it twice. Its seats
    whose sockets are gone are left at once; one that lives is another page, and stays."""
    for one in list(room.occupants()):
        if one.account == user_id and one.is_vacant:
            neighbours.supersede(room, one.id, one.stamp, _make_way)
            room.hub.tell_superseded(room, one.id, one.stamp)


def _make_way(room: Room, peer: Peer) -> None:
    leave(room, peer, reason="replaced", end_reason=_silence(peer), at=peer.seen_at)


def leave(room: Room, peer: Peer, *, reason: str, end_reason: str, at: datetime) -> None:
    _end_stay(peer, end_reason, at)
    room.leave(peer, reason)
    registry.forget_empty(room)


def sweep(rooms: Registry, now: float) -> None:
    """Everybody who has been silent for too long at `now` is away, or has left."""
    for room, peer, silence in rooms.silent(now):
        _end_stay(peer, _silence(peer), peer.seen_at)
        if silence >= protocol.LEFT_AFTER_S:
            if peer.socket is not None:
                peer.socket.close(Close.SILENT)
            room.leave(peer, "timeout")
            rooms.forget_empty(room)
        elif peer.socket is not None:
            peer.socket.close(Close.SILENT)
            room.lose(peer)
    for room in list(rooms.rooms.values()):
        neighbours.look(room, now)


async def close_rooms(rooms: Registry, code: Close) -> None:
    """The server stops: every stay ends, is written, and every socket is closed with `code`.

    One after the other, over at most `SPREAD_S`: they all come to another process within a second."""
    everybody = list(rooms.peers())
    for room, peer in everybody:
        _end_stay(peer, Visit.EndReason.SERVER, peer.seen_at)
        if (socket := peer.socket) is not None:
            room.lose(peer)
            socket.close(code)
            await asyncio.sleep(min(PAUSE_S, SPREAD_S / len(everybody)))
    for waiting in list(rooms.sockets):
        waiting.close(code)
    await asyncio.gather(ledger.flush(), rooms.hub.stop())


async def on_stopping(sender: object, **facts: object) -> None:
    """Receiver of `scheduler.signals.stopping`."""
    await close_rooms(registry, Close.RESTART)


def hand_over(peer: Peer) -> None:
    """Another process goes on with this peer, and with its stay."""
    if isinstance(peer.visit, Stay):
        ledger.hand_over(peer.visit)
    peer.visit = None


def _silence(peer: Peer) -> str:
    """Why nothing more was heard, as far as can be told before it returns."""
    return Visit.EndReason.BROWSER if peer.is_hung_up else Visit.EndReason.TIMEOUT


def _begin_stay(peer: Peer, *, is_new: bool = False) -> None:
    who = peer.admission
    peer.visit = Stay(
        booking_id=who.booking.pk,
        user_id=who.user_id,
        organisation_id=who.organisation.pk,
        peer=peer.id,
        page=peer.page,
        is_first=is_new,
        server=registry.server,
        started_at=peer.seen_at,
        last_beat_at=peer.seen_at,
        standing=who.standing,
        participant_id=who.participant.pk if who.participant else None,
        location_id=who.location.pk if who.location else None,
    )
    ledger.begin(peer.visit)


def _end_other_standing(peer: Peer) -> None:
    """A stay is of one standing on one side; what it was before has been taken away."""
    stay, who = peer.visit, peer.admission
    if isinstance(stay, Stay) and (
        stay.standing, stay.organisation_id, stay.participant_id, stay.location_id
    ) != (
        who.standing,
        who.organisation.pk,
        who.participant.pk if who.participant else None,
        who.location.pk if who.location else None,
    ):  # fmt: skip
        _end_stay(peer, Visit.EndReason.REMOVED, peer.seen_at)


def _end_stay(peer: Peer, reason: str, at: datetime) -> None:
    if isinstance(peer.visit, Stay):
        ledger.end(peer.visit, reason, at)
    peer.visit = None


def _keep_watch() -> None:
    global _watch  # noqa: PLW0603 -- one watch per process
    ledger.seen_alive = registry.hub.seen_alive
    loop = asyncio.get_running_loop()
    if _watch is None or _watch.done() or _watch.get_loop() is not loop:
        _watch = loop.create_task(_watch_rooms())


async def _watch_rooms() -> None:
    while registry.rooms:
        await asyncio.sleep(LOOK_EVERY_S)
        now, at = now_pair()
        sweep(registry, now)
        registry.look(at)


def now_pair() -> tuple[float, datetime]:
    """The steady clock and the wall clock, read together at the edge."""
    return time.monotonic(), timezone.now()


registry.taken_over = hand_over
registry.superseded = _make_way
