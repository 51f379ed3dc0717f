"""What becomes of each message that a joined peer sends. Nothing here waits."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from realtime import access, ice, metrics, presence, protocol, tokens, topology
from realtime.access import Admission
from realtime.hubs import Message
from realtime.peers import Peer, Socket
from realtime.protocol import (
    Answer,
    Candidate,
    Chat,
    ClientMessage,
    Code,
    Floor,
    Hand,
    Heard,
    Join,
    Mute,
    Offer,
    Ping,
    Reset,
    State,
)
from realtime.registry import new_peer_id, registry
from realtime.rooms import Room


def join(room: Room, socket: Socket, admission: Admission, message: Join) -> Peer:
    """The peer is in the room, the others know, and it has been told who they are."""
    known = tokens.peer_of(message.resume, room=admission.uid, user_id=admission.user_id)
    peer = room.peers.get(known) if known else None
    now, at = presence.now_pair()
    if peer is not None:
        room.take_back(peer, socket, admission)
        presence.come_back(peer, message.page, now, at)
    else:
        if known is None:
            presence.supersede(room, admission.user_id)
        peer = Peer(known or new_peer_id(), admission, socket, seen=now, seen_at=at, page=message.page)
        presence.enter(room, peer, is_new=known is None)
    metrics.joins.labels("anew" if known is None else "again").inc()
    socket.push(_joined(room, peer, is_resumed=known is not None))
    return peer


def become(room: Room, peer: Peer, admission: Admission) -> None:
    """The gate says otherwise than before who this is: everybody is told, the peer
    itself as if it had just joined."""
    presence.become(room, peer, admission)
    if peer.socket is not None:
        peer.socket.push(_joined(room, peer, is_resumed=True))


def is_full(room: Room, admission: Admission, message: Join) -> bool:
    """Whether a conference has no place for this one. Whoever is away keeps none, the host always has one."""
    if not access.has_waiting_room(admission.booking):
        return False
    known = tokens.peer_of(message.resume, room=admission.uid, user_id=admission.user_id)
    others = [one for one in room.occupants() if not one.is_away and one.id != known]
    leads = admission.role == "host" or any(one.role == "host" for one in others)
    return len(others) >= topology.MOST_IN_CONFERENCE - (0 if leads else 1)


def _joined(room: Room, peer: Peer, *, is_resumed: bool) -> Message:
    who = peer.admission
    expected = max(who.expected, len(room.peers) + len(room.elsewhere))
    return {
        "t": "joined",
        "v": protocol.VERSION,
        "id": peer.id,
        "role": who.role,
        "mode": room.mode,
        "peers": room.snapshot(but=peer.id),
        "hands": room.hands,
        "floor": room.floor,
        "listen": room.listens(peer),
        "chat": list(room.chat),
        "resumed": is_resumed,
        "resume": tokens.issue(room=room.uid, peer=peer.id, user_id=who.user_id),
        "ice": ice.servers(ice.holder(room.uid, who.user_id), valid_until=who.window.end + ice.OVERTIME),
        "relay": settings.ICE_RELAY_ONLY,
        "caps": topology.caps(room.mode, who.role, expected),
        "floor_caps": topology.caps(room.mode, who.role, expected, has_floor=True),
        "hb": {"every": int(protocol.BEAT_EVERY_S * 1000), "dead": int(protocol.AWAY_AFTER_S * 1000)},
        "lim": {"bytes": protocol.FRAME_BYTES, "chat": protocol.CHAT_CHARACTERS},
        "srv": registry.server,
    }


def handle(room: Room, peer: Peer, message: ClientMessage, at: datetime) -> Code | None:
    """Acts on one message; the code of the refusal when it could not."""
    match message:
        case Ping():
            if peer.socket is not None:
                peer.socket.push({"t": "pong", "ts": message.ts, "at": at.isoformat()})
        case Offer() | Answer() | Candidate() | Reset():
            return room.relay(peer, message.to, _relayed(message))
        case Heard():
            peer.hears[message.to] = (peer.seen, message.packets > 0)
            return room.relay(
                peer,
                message.to,
                {"t": "heard", "level": message.level, "packets": message.packets, "frames": message.frames},
            )
        case State():
            room.show(peer, audio=message.audio, video=message.video, screen=message.screen)
        case Hand():
            room.raise_hand(peer) if message.up else room.lower(peer)
        case Floor():
            return room.pass_floor(peer, message.to)
        case Mute():
            return room.mute(peer, message.to)
        case Chat():
            room.say(_said(peer, message, at))
        case _:
            return Code.ALREADY_JOINED
    return None


def _said(peer: Peer, message: Chat, at: datetime) -> Message:
    who = peer.facts()
    return {
        "t": "chat",
        "from": peer.id,
        "name": who["name"],
        "org": who["org"],
        "school": who["school"],
        "observer": who["observer"],
        "cid": message.cid,
        "text": message.text,
        "at": at.isoformat(),
    }


def _relayed(message: Offer | Answer | Candidate | Reset) -> Message:
    match message:
        case Offer():
            return {"t": "offer", "pc": message.pc, "sdp": message.sdp, "restart": message.restart}
        case Answer():
            return {"t": "answer", "pc": message.pc, "sdp": message.sdp}
        case Candidate():
            return {"t": "candidate", "pc": message.pc, "list": list(message.list)}
        case Reset():
            return {"t": "reset", "pc": message.pc}
