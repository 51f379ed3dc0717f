"""A live room: who is in, and what each must be told.

A plain dict of peers, told directly; nothing here waits and nothing touches the database. Peers
of other processes are known as neighbours and reached through a hub (realtime.hubs). Everything
runs in the event loop of the server.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from realtime import topology
from realtime.access import Admission
from realtime.hubs import Hub, Message
from realtime.peers import IDENTITY, Neighbour, Occupant, Peer, Socket, encode, next_stamp
from realtime.protocol import Close, Code

CHAT_KEPT = 50
CHAT_BYTES = 64 * 1024
"""Of the lines that are kept: whoever joins gets them in one frame, a quarter of what may wait for it."""


@dataclass(slots=True, eq=False)
class Room:
    uid: UUID
    mode: topology.Mode
    hub: Hub
    peers: dict[str, Peer] = field(default_factory=dict)
    elsewhere: dict[str, Neighbour] = field(default_factory=dict)
    gone: dict[str, float] = field(default_factory=dict)
    """Neighbours who have left, and when: an older record of them is no news."""
    floor: str | None = None
    """The guest who is heard and seen by all."""
    floor_stamp: float = 0.0
    holder_missed: float | None = None
    """Since when, by the steady clock, whoever has the floor is nowhere to be found."""
    chat: deque[Message] = field(default_factory=deque)
    chat_bytes: deque[int] = field(default_factory=deque)
    """Of each line of `chat`."""
    opening: int = 0
    """How many are on their way in."""

    def occupants(self) -> Iterator[Occupant]:
        yield from self.peers.values()
        yield from self.elsewhere.values()

    def find(self, peer: str) -> Occupant | None:
        return self.peers.get(peer) or self.elsewhere.get(peer)

    # Telling

    def tell(self, to: str, message: Message) -> None:
        """One peer, wherever it is."""
        peer = self.peers.get(to)
        if peer is not None:
            if peer.socket is not None:
                peer.socket.push(message)
        elif to in self.elsewhere:
            self.hub.send(self, to, encode(message))

    def tell_here(self, message: Message, *, but: str = "") -> str:
        """Everybody in this process; the text as it was sent."""
        text = encode(message)
        for peer in self.peers.values():
            if peer.socket is not None and peer.id != but:
                peer.socket.push_text(text)
        return text

    def snapshot(self, *, but: str) -> list[Message]:
        return [one.facts() for one in self.occupants() if one.id != but]

    def tell_anew(self) -> None:
        """Everybody in this process learns who is here, as if they had just joined."""
        for peer in self.peers.values():
            if peer.socket is not None:
                others = self.snapshot(but=peer.id)
                peer.socket.push({"t": "peers", "peers": others, "hands": self.hands, "floor": self.floor})

    def _changed(self, peer: Peer) -> None:
        peer.changed()
        self.hub.tell_peer(self, peer)

    # Coming and going

    def enter(self, peer: Peer) -> None:
        """The peer is known to the others before it is told who they are."""
        before = self.elsewhere.pop(peer.id, None)
        self.peers[peer.id] = peer
        if before is None:
            self.tell_here({"t": "peer-joined", "peer": peer.facts()}, but=peer.id)
        else:
            self._take_over(peer, before)
        self._changed(peer)
        self.tell_companions(peer.device_of)

    def _take_over(self, peer: Peer, before: Neighbour) -> None:
        """The peer comes from another process, with the same id and the same hand."""
        facts, now = before.record["facts"], peer.facts()
        peer.hand, peer.stamp = before.hand, before.record["stamp"]
        peer.audio, peer.video, peer.screen = facts["audio"], facts["video"], facts["screen"]
        if any(facts.get(name) != now[name] for name in IDENTITY):
            self.tell_here({"t": "peer-joined", "peer": peer.facts()}, but=peer.id)
        elif before.told_away:
            self.tell_here({"t": "peer-back", "id": peer.id}, but=peer.id)

    def become(self, peer: Peer, admission: Admission) -> None:
        """The gate says otherwise than before who this is; the others learn it before the peer does."""
        device_of, peer.admission = peer.device_of, admission
        self.tell_here({"t": "peer-joined", "peer": peer.facts()}, but=peer.id)
        self._changed(peer)
        if peer.role == "host":  # who leads asks nobody for a turn
            self.lower(peer)
            if self.floor == peer.id:
                self.give_floor(None)
        if peer.device_of != device_of:
            self.tell_companions(device_of)
            self.tell_companions(peer.device_of)
        if peer.audio and self.listens(peer):
            self.show(peer, audio=False, video=peer.video, screen=peer.screen)

    def take_back(self, peer: Peer, socket: Socket, admission: Admission) -> None:
        """A peer returns on a new socket: same id, same place, the old socket closed."""
        if peer.socket is not None:
            peer.socket.close(Close.REPLACED)
        was_away = peer.socket is None
        peer.socket = socket
        if not admission.is_as(peer.admission):
            return self.become(peer, admission)
        peer.admission = admission
        if was_away:
            self.tell_here({"t": "peer-back", "id": peer.id}, but=peer.id)
        return self._changed(peer)

    def lose(self, peer: Peer, *, is_hung_up: bool = False) -> None:
        """Its socket is gone. Connections that still carry media are nobody's business here."""
        peer.socket = None
        peer.is_hung_up = is_hung_up
        self.tell_here({"t": "peer-away", "id": peer.id})
        self._changed(peer)

    def leave(self, peer: Peer, reason: str) -> None:
        del self.peers[peer.id]
        peer.changed()
        self.hub.tell_left(self, peer, reason)
        self.tell_gone(peer, reason)
        if self.floor == peer.id:
            self.give_floor(None)

    def tell_gone(self, one: Occupant, reason: str) -> None:
        """Everybody in this process: that one is no longer in the room."""
        self.tell_here({"t": "peer-left", "id": one.id, "reason": reason})
        self.tell_companions(one.device_of)
        if one.hand is not None:
            self.tell_hands()

    # Talking

    def relay(self, sender: Peer, to: str, message: Message) -> Code | None:
        """Delivers to one other peer, or says why not."""
        receiver = self.find(to)
        if receiver is None or receiver is sender:
            return Code.NO_SUCH_PEER
        has_floor = self.floor is not None and self.floor in (sender.id, to)
        if not topology.linked(self.mode, sender.role, receiver.role, has_floor=has_floor):
            return Code.NOT_LINKED
        if not self._is_reached(receiver):
            return Code.PEER_AWAY
        self.tell(to, {**message, "from": sender.id})
        return None

    def _is_reached(self, one: Occupant) -> bool:
        return not one.is_away and (isinstance(one, Peer) or self.hub.is_up)

    def keep(self, *lines: Message) -> None:
        """Of the lines so far and these, the newest; the last of all, however long it is."""
        for line in lines:
            self.keep_line(line, encode(line))

    def keep_line(self, line: Message, text: str) -> None:
        """As `keep`, of one line whose text is at hand."""
        self.chat.append(line)
        self.chat_bytes.append(len(text.encode()))
        while len(self.chat) > CHAT_KEPT or (len(self.chat) > 1 and sum(self.chat_bytes) > CHAT_BYTES):
            self.chat.popleft()
            self.chat_bytes.popleft()

    def say(self, message: Message) -> None:
        text = self.tell_here(message)
        self.keep_line(message, text)
        self.hub.tell_line(self, message, text)

    def show(self, peer: Peer, *, audio: bool, video: bool, screen: bool) -> None:
        """What the peer sends from now on. A companion of its school's device sends no sound."""
        peer.audio = audio and not self.listens(peer)
        peer.video, peer.screen = video, screen
        facts = {"audio": peer.audio, "video": video, "screen": screen}
        self.tell_here({"t": "state", "from": peer.id, **facts}, but=peer.id)
        self._changed(peer)

    def listens(self, peer: Peer) -> bool:
        """Whether its own school's device is here, so that a second microphone would howl."""
        school = peer.accompanies
        return school is not None and any(other.device_of == school for other in self.occupants())

    def tell_companions(self, school: int | None) -> None:
        """This school's device came or went: its other peers here may not, or may, bring sound."""
        if school is None:
            return
        for peer in self.peers.values():
            if peer.accompanies == school:
                on = self.listens(peer)
                self.tell(peer.id, {"t": "listen", "on": on})
                if on and peer.audio:
                    self.show(peer, audio=False, video=peer.video, screen=peer.screen)

    # Hands and the floor

    @property
    def hands(self) -> list[str]:
        """Peer ids in the order in which they were raised."""
        return [
            one for _, one in sorted((one.hand, one.id) for one in self.occupants() if one.hand is not None)
        ]

    def raise_hand(self, peer: Peer) -> None:
        if peer.hand is None:
            peer.hand = next_stamp(max((one.hand or 0.0 for one in self.occupants()), default=0.0))
            self.tell_hands()
            self._changed(peer)

    def lower(self, peer: Peer) -> None:
        if peer.hand is not None:
            peer.hand = None
            self.tell_hands()
            self._changed(peer)

    def tell_hands(self) -> None:
        self.tell_here({"t": "hands", "queue": self.hands})

    def pass_floor(self, host: Peer, to: str | None) -> Code | None:
        """The host gives the floor to a guest, or takes it back; or why not."""
        refused = self._may_ask(host, to)
        if refused is None:
            self.give_floor(to)
        return refused

    def give_floor(self, to: str | None) -> None:
        if to != self.floor:
            self.set_floor(to, next_stamp(self.floor_stamp))
            self.hub.tell_floor(self)

    def set_floor(self, to: str | None, stamp: float) -> None:
        """The floor as it is now; whoever is given it needs no hand any more."""
        self.floor, self.floor_stamp = to, stamp
        self.tell_here({"t": "floor", "id": to})
        if to is not None and (peer := self.peers.get(to)) is not None:
            self.lower(peer)

    def mute(self, host: Peer, to: str | None) -> Code | None:
        """The host asks a guest, or all guests, to switch the microphone off; or why not."""
        refused = self._may_ask(host, to)
        if refused is None:
            for one in list(self.occupants()):
                if to == one.id or (to is None and one.role == "guest"):
                    self.tell(one.id, {"t": "mute", "from": host.id})
        return refused

    def _may_ask(self, host: Peer, guest: str | None) -> Code | None:
        """Why this peer may not ask that of this one (None: of all), if it may not."""
        if host.role != "host":
            return Code.NOT_ALLOWED
        if guest is None:
            return None
        asked = self.find(guest)
        if asked is None:
            return Code.NO_SUCH_PEER
        if asked.role == "host":
            return Code.NOT_ALLOWED
        return None if self._is_reached(asked) else Code.PEER_AWAY
