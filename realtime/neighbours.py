"""What a room learns from other processes, and what it tells its own peers of that.

Processes tell each other states, not events ("this is what there is to know of that peer"), and
each works out for itself what is new in it. So the same thing heard twice, or out of order, or
again after Redis was away, does no harm.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from realtime import protocol
from realtime.hubs import Message
from realtime.peers import IDENTITY, Neighbour, Peer, Record
from realtime.protocol import Close
from realtime.rooms import Room


@dataclass(frozen=True, slots=True)
class Memory:
    """What is written down of a room outside its processes."""

    records: tuple[Record, ...] = ()
    floor: tuple[str | None, float] = (None, 0.0)
    lines: tuple[str, ...] = field(default=())


def remember(room: Room, memory: Memory, taken_over: Callable[[Peer], None]) -> None:
    """The room knows what is written of it; what it knew beyond that stays."""
    for record in memory.records:
        learn(room, record, taken_over)
    hear_floor(room, *memory.floor)
    _merge_lines(room, [json.loads(line) for line in memory.lines])


def learn(room: Room, record: Record, taken_over: Callable[[Peer], None]) -> None:
    """What another process says of a peer."""
    peer, stamp = str(record["facts"]["id"]), record["stamp"]
    mine, known = room.peers.get(peer), room.elsewhere.get(peer)
    if mine is not None:
        if _is_ours(mine, record):
            return
        _give_up(room, mine, record, taken_over)
    elif known is not None:
        if _is_news(known, record):
            _update(room, known, record)
    elif stamp > room.gone.get(peer, 0.0):
        room.elsewhere[peer] = one = Neighbour(record)
        room.tell_here({"t": "peer-joined", "peer": one.facts()})
        room.tell_companions(one.device_of)
        if one.hand is not None:
            room.tell_hands()


def _is_ours(mine: Peer, record: Record) -> bool:
    """Of two processes that carry one peer, the one with a living socket has it; of two such, the later."""
    if record["facts"]["away"]:
        return True
    return mine.socket is not None and record["stamp"] <= mine.stamp


def _is_news(known: Neighbour, record: Record) -> bool:
    if record["server"] == known.server:
        return record["stamp"] > known.record["stamp"]
    if record["facts"]["away"] != known.is_away:
        return not record["facts"]["away"]  # where it lives is where it is
    return record["stamp"] > known.record["stamp"]


def _give_up(room: Room, mine: Peer, record: Record, taken_over: Callable[[Peer], None]) -> None:
    """The peer has come back in another process."""
    was_away = mine.is_away
    if mine.socket is not None:
        mine.socket.close(Close.REPLACED)
        mine.socket = None
    del room.peers[mine.id]
    room.hub.give_up(room, mine)
    taken_over(mine)
    one = Neighbour(mine.record(record["server"]))
    one.told_away = was_away
    room.elsewhere[mine.id] = one
    _update(room, one, record)


def _update(room: Room, one: Neighbour, record: Record) -> None:
    before, one.record, one.is_lost = one.record, record, False
    facts, old = record["facts"], before["facts"]
    if any(facts.get(name) != old.get(name) for name in IDENTITY):
        one.told_away = one.is_away
        room.tell_here({"t": "peer-joined", "peer": one.facts()})
    _tell_presence(room, one)
    if record["device_of"] != before["device_of"]:
        room.tell_companions(before["device_of"])
        room.tell_companions(record["device_of"])
    if any(facts[name] != old[name] for name in ("audio", "video", "screen")):
        shown = {name: facts[name] for name in ("audio", "video", "screen")}
        room.tell_here({"t": "state", "from": one.id, **shown})
    if record["hand"] != before["hand"]:
        room.tell_hands()


def _tell_presence(room: Room, one: Neighbour) -> None:
    if one.is_away != one.told_away:
        one.told_away = one.is_away
        room.tell_here({"t": "peer-away" if one.is_away else "peer-back", "id": one.id})


def forget(room: Room, peer: str, server: str, reason: str, stamp: float) -> None:
    """The process that carried this peer says that it has left."""
    room.gone[peer] = max(stamp, room.gone.get(peer, 0.0))
    one = room.elsewhere.get(peer)
    if one is not None and one.server == server:
        del room.elsewhere[peer]
        room.tell_gone(one, reason)


def supersede(room: Room, seat: str, stamp: float, leave: Callable[[Room, Peer], None]) -> None:
    """The account of this seat has come in anew. Who has come back to the seat since then keeps it."""
    mine, known = room.peers.get(seat), room.elsewhere.get(seat)
    if mine is not None and mine.is_vacant and mine.stamp == stamp:
        leave(room, mine)
    elif known is not None and known.stamp == stamp:
        forget(room, seat, known.server, "replaced", stamp)


def miss(room: Room, before: Mapping[str, Record], servers: Collection[str], there: Collection[str]) -> None:
    """Neighbours carried by these servers, who have written all they carry, leave if they are not `there`.

    `before` is what was known when that was asked: whoever came or changed since is no matter of it.
    """
    for peer, record in before.items():
        one = room.elsewhere.get(peer)
        if one is not None and one.record is record and one.server in servers and peer not in there:
            forget(room, peer, one.server, "left", record["stamp"])


def hear_floor(room: Room, to: str | None, stamp: float) -> None:
    """Who has the floor, given at `stamp`; the latest word of all processes holds."""
    if stamp > room.floor_stamp:
        if to == room.floor:
            room.floor_stamp = stamp
        else:
            room.set_floor(to, stamp)


def hear_line(room: Room, text: str) -> None:
    """A chat line, as it is sent to browsers."""
    for peer in room.peers.values():
        if peer.socket is not None:
            peer.socket.push_text(text)
    room.keep_line(json.loads(text), text)


def _merge_lines(room: Room, lines: Iterable[Message]) -> None:
    known = {(line["from"], line["cid"], line["at"]): line for line in (*lines, *room.chat)}
    room.chat.clear()
    room.chat_bytes.clear()
    room.keep(*sorted(known.values(), key=lambda line: str(line["at"])))


def look(room: Room, now: float) -> None:
    """Neighbours whose server shows no life turn away, and leave, as silent peers do."""
    for one in list(room.elsewhere.values()):
        silence = room.hub.silence(one.server, now)
        one.is_lost = silence >= protocol.AWAY_AFTER_S
        _tell_presence(room, one)
        if silence >= protocol.LEFT_AFTER_S and room.hub.can_tell_the_dead(now):
            del room.elsewhere[one.id]
            room.tell_gone(one, "timeout")
            if room.floor == one.id:
                room.give_floor(None)
    _look_for_holder(room, now)


def _look_for_holder(room: Room, now: float) -> None:
    """A floor may be written down of somebody whose process died, and after whom nobody ended it."""
    if room.floor is None or room.find(room.floor) is not None or not room.hub.can_tell_the_dead(now):
        room.holder_missed = None
    elif room.holder_missed is None:
        room.holder_missed = now
    elif now - room.holder_missed >= protocol.LEFT_AFTER_S:
        room.give_floor(None)
