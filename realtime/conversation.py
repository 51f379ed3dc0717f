"""What becomes of each message that a joined peer sends. Nothing here waits."""

from __future__ import annotations

from datetime import datetime

from realtime import ice, presence, protocol, tokens, topology
from realtime.access import Admission
from realtime.hubs import Message
from realtime.protocol import (
    Answer,
    Candidate,
    Chat,
    ClientMessage,
    Code,
    Hand,
    Heard,
    Join,
    Offer,
    Ping,
    Reset,
    State,
)
from realtime.rooms import Peer, Room, Socket, new_peer_id, registry


def join(socket: Socket, admission: Admission, message: Join) -> tuple[Room, Peer]:
    """The peer is in the room, the others know, and it has been told who they are."""
    room = registry.room(admission.uid, admission.mode)
    known = tokens.peer_of(message.resume, room=admission.uid, user_id=admission.user_id)
    peer = room.peers.get(known) if known else None
    now, at = presence.now_pair()
    if peer is not None:
        room.take_back(peer, socket, admission)
        presence.come_back(peer, now, at)
    else:
        peer = Peer(known or new_peer_id(), admission, socket, seen=now, seen_at=at)
        presence.enter(room, peer)
    socket.push(_joined(room, peer, is_resumed=known is not None))
    return room, peer


def _joined(room: Room, peer: Peer, *, is_resumed: bool) -> Message:
    who = peer.admission
    return {
        "t": "joined",
        "v": protocol.VERSION,
        "id": peer.id,
        "role": who.role,
        "mode": room.mode,
        "peers": room.snapshot(but=peer.id),
        "hands": list(room.hands),
        "chat": list(room.chat),
        "resumed": is_resumed,
        "resume": tokens.issue(room=room.uid, peer=peer.id, user_id=who.user_id),
        "ice": ice.servers(peer.id, valid_until=who.window.end),
        "caps": topology.caps(room.mode, who.role, max(who.expected, len(room.peers))),
        "hb": {"every": int(protocol.BEAT_EVERY_S * 1000), "dead": int(protocol.AWAY_AFTER_S * 1000)},
        "lim": {"bytes": protocol.FRAME_BYTES, "chat": protocol.CHAT_CHARACTERS},
        "srv": registry.server,
    }


def handle(room: Room, peer: Peer, message: ClientMessage, at: datetime) -> Code | None:
    """Acts on one message; the code of the refusal when it could not."""
    match message:
        case Ping():
            room.tell(peer.id, {"t": "pong", "ts": message.ts, "at": at.isoformat()})
        case Offer() | Answer() | Candidate() | Reset():
            return room.relay(peer, message.to, _relayed(message))
        case Heard():
            return room.relay(
                peer, message.to, {"t": "heard", "level": message.level, "packets": message.packets}
            )
        case State():
            peer.audio, peer.video = message.audio, message.video
            room.announce(
                {"t": "state", "from": peer.id, "audio": peer.audio, "video": peer.video}, but=peer.id
            )
        case Hand():
            room.raise_hand(peer.id) if message.up else room.lower(peer.id)
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
