"""Who is in a room: peers of this process, and neighbours, whom another process carries."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeAlias, TypedDict

from realtime import topology
from realtime.access import Admission
from realtime.hubs import Message
from realtime.protocol import Close

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""A message as the text of a frame."""


IDENTITY = ("role", "name", "org", "school", "observer")
"""What of a peer's facts the gate says; it may say otherwise later."""


class Socket(Protocol):
    """What a room needs of a connection. No call waits."""

    def push(self, message: Message) -> None: ...
    def push_text(self, text: str) -> None: ...
    def close(self, code: Close) -> None: ...


class Record(TypedDict):
    """What processes tell each other of a peer."""

    facts: dict[str, Any]
    hand: float | None
    device_of: int | None
    accompanies: int | None
    account: int
    """By key: whose page it is."""
    server: str
    stamp: float


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
    screen: bool = False
    hand: float | None = None
    """When it was raised, in seconds of the wall clock."""
    page: str = ""
    """The load of the page that it came with last."""
    is_hung_up: bool = False
    """Its socket was closed from there, so that silence is no sign of a bad line."""
    stamp: float = 0.0
    """When what there is to know of it last changed: the newer of two records holds."""
    visit: object | None = None
    """The handle of the open Visit (realtime.visits); None while the stay is interrupted."""
    hears: dict[str, tuple[float, bool]] = field(default_factory=dict)
    """By peer: when it last said whether that one's sound arrives, and whether it does."""

    @property
    def role(self) -> topology.Role:
        return self.admission.role

    @property
    def is_away(self) -> bool:
        return self.socket is None

    @property
    def is_vacant(self) -> bool:
        return self.socket is None

    @property
    def account(self) -> int:
        return self.admission.user_id

    @property
    def device_of(self) -> int | None:
        """The school whose own device in the room this is, by key."""
        who = self.admission
        return who.organisation.pk if who.is_school and who.location is not None else None

    @property
    def accompanies(self) -> int | None:
        """The school whose people this account is of without being its device, by key."""
        who = self.admission
        return who.organisation.pk if who.is_school and who.location is None else None

    def facts(self) -> Message:
        """What the others are told; identity comes from the gate, never from the peer."""
        who = self.admission
        return {
            "id": self.id,
            "role": who.role,
            "name": {"ja": who.name.ja, "en": who.name.en},
            "org": {"ja": who.organisation.label.ja, "en": who.organisation.label.en},
            "school": who.is_school,
            "observer": who.is_observer,
            "audio": self.audio,
            "video": self.video,
            "screen": self.screen,
            "away": self.socket is None,
        }

    def changed(self) -> None:
        self.stamp = next_stamp(self.stamp)

    def record(self, server: str) -> Record:
        return Record(
            facts=self.facts(), hand=self.hand, device_of=self.device_of, accompanies=self.accompanies,
            account=self.account, server=server, stamp=self.stamp,
        )  # fmt: skip


@dataclass(slots=True, eq=False)
class Neighbour:
    """A peer whom another process carries, as last heard of it."""

    record: Record
    is_lost: bool = False
    """Its server has shown no life for as long as makes a silent peer away."""
    told_away: bool = field(init=False)
    """As the peers of this process were told."""

    def __post_init__(self) -> None:
        self.told_away = self.is_away

    @property
    def id(self) -> str:
        return str(self.record["facts"]["id"])

    @property
    def server(self) -> str:
        return self.record["server"]

    @property
    def role(self) -> topology.Role:
        role: topology.Role = self.record["facts"]["role"]
        return role

    @property
    def hand(self) -> float | None:
        return self.record["hand"]

    @property
    def audio(self) -> bool:
        return bool(self.record["facts"]["audio"])

    @property
    def device_of(self) -> int | None:
        return self.record["device_of"]

    @property
    def accompanies(self) -> int | None:
        return self.record["accompanies"]

    @property
    def is_vacant(self) -> bool:
        """Away by the word of its own server: one that is only lost sight of may be sitting there."""
        return bool(self.record["facts"]["away"])

    @property
    def account(self) -> int | None:
        return self.record.get("account")

    @property
    def stamp(self) -> float:
        return self.record["stamp"]

    @property
    def is_away(self) -> bool:
        return self.is_lost or bool(self.record["facts"]["away"])

    def facts(self) -> Message:
        return {**self.record["facts"], "away": self.is_away}


Occupant: TypeAlias = Peer | Neighbour


def next_stamp(last: float) -> float:
    """The wall clock's seconds, but always later than `last`, whatever other servers' clocks say."""
    return max(time.time(), last + 1e-5)
