"""What is written down in Redis of a room, and under which names. Every key runs out by itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from redis.asyncio import Redis
from redis.asyncio.connection import parse_url

from realtime import protocol
from realtime.hubs import Message
from realtime.neighbours import Memory
from realtime.peers import Record
from realtime.rooms import CHAT_KEPT

LEASE_S = protocol.AWAY_AFTER_S
HELD_S = int(protocol.LEFT_AFTER_S)
"""For so long a dead process's peers stay written down; its lease ends earlier."""
KEPT_S = 12 * 60 * 60
"""Chat and floor outlive a break of everybody's, and no school day."""

Command = tuple[str | float, ...]


class Keys:
    """The names of keys and channels. Channels know no databases, so the number is in the name."""

    def __init__(self, url: str, server: str) -> None:
        self.prefix = f"{_prefix(url)}:"
        self.server = server
        self.bookings = bookings_channel(url)

    def lease(self, server: str) -> str:
        return f"{self.prefix}server:{server}"

    def room(self, uid: UUID) -> str:
        """The channel of a room."""
        return f"{self.prefix}{uid.hex}"

    def servers(self, uid: UUID) -> str:
        return f"{self.prefix}{uid.hex}:servers"

    def held(self, uid: UUID, server: str = "") -> str:
        """The peers that a process, or this one, carries in a room."""
        return f"{self.prefix}{uid.hex}:peers:{server or self.server}"

    def floor(self, uid: UUID) -> str:
        return f"{self.prefix}{uid.hex}:floor"

    def chat(self, uid: UUID) -> str:
        return f"{self.prefix}{uid.hex}:chat"

    # What is written

    def hold(self, uid: UUID, records: Mapping[str, str]) -> list[Command]:
        """These peers are carried by this process."""
        fields = [part for pair in records.items() for part in pair]
        return [
            ("HSET", self.held(uid), *fields),
            ("EXPIRE", self.held(uid), HELD_S),
            ("SADD", self.servers(uid), self.server),
            ("EXPIRE", self.servers(uid), KEPT_S),
        ]

    def hold_only(self, uid: UUID, records: Mapping[str, str]) -> list[Command]:
        """These peers are carried by this process and no others; whoever reads meanwhile sees all or
        nothing of it. That it carries nobody is written too, as its being among the servers."""
        held: list[Command] = self.hold(uid, records) if records else [
            ("SADD", self.servers(uid), self.server), ("EXPIRE", self.servers(uid), KEPT_S),
        ]  # fmt: skip
        return [("MULTI",), ("DEL", self.held(uid)), *held, ("EXEC",)]

    def give_floor(self, uid: UUID, floor: str) -> list[Command]:
        return [("SET", self.floor(uid), floor, "EX", KEPT_S)]

    def keep_lines(self, uid: UUID, lines: Iterable[tuple[Message, str]]) -> list[Command]:
        """Chat lines, each with its text. The same line again, from another process after Redis was
        away, is the same member."""
        chat = self.chat(uid)
        added: list[Command] = [
            ("ZADD", chat, datetime.fromisoformat(line["at"]).timestamp(), text) for line, text in lines
        ]
        return [*added, ("ZREMRANGEBYRANK", chat, 0, -CHAT_KEPT - 1), ("EXPIRE", chat, KEPT_S)]


def bookings_channel(url: str) -> str:
    """Where changes of bookings are published."""
    return f"{_prefix(url)}:bookings"


def _prefix(url: str) -> str:
    return f"enkaku:{parse_url(url).get('db') or 0}:rooms"


async def read(client: Redis, keys: Keys, uid: UUID) -> tuple[Memory, set[str]]:
    """What the other processes have written of a room, whether they live or not, and which they are."""
    async with client.pipeline(transaction=False) as pipe:
        pipe.smembers(keys.servers(uid))
        pipe.get(keys.floor(uid))
        pipe.zrange(keys.chat(uid), 0, -1)
        servers, floor, lines = await pipe.execute()
    others = {server.decode() for server in servers} - {keys.server}
    async with client.pipeline(transaction=False) as pipe:
        for server in others:
            pipe.hvals(keys.held(uid, server))
        held = await pipe.execute()
    records: tuple[Record, ...] = tuple(json.loads(text) for texts in held for text in texts)
    to, stamp = json.loads(floor) if floor else (None, 0.0)
    return Memory(records, (to, stamp), tuple(line.decode() for line in lines)), others


async def leases(client: Redis, keys: Keys, servers: Iterable[str]) -> dict[str, float]:
    """For how many seconds each process's lease still holds; 0 where it has run out."""
    asked = list(servers)
    async with client.pipeline(transaction=False) as pipe:
        for server in asked:
            pipe.pttl(keys.lease(server))
        return {server: max(0, ms) / 1000 for server, ms in zip(asked, await pipe.execute(), strict=True)}


async def renew(client: Redis, keys: Keys, rooms: Iterable[UUID]) -> list[UUID]:
    """This process lives; the rooms in which nothing is written of its peers any more."""
    asked = list(rooms)
    async with client.pipeline(transaction=False) as pipe:
        pipe.set(keys.lease(keys.server), 1, px=int(LEASE_S * 1000))
        for uid in asked:
            pipe.expire(keys.held(uid), HELD_S)
        _, *is_there = await pipe.execute()
    return [uid for uid, there in zip(asked, is_there, strict=True) if not there]
