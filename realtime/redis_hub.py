"""Rooms over several processes: one subscription to Redis per process and room.

What a process says of its peers it first writes down, under its own name, and then publishes; so
whoever subscribes first and reads second misses nothing. A process shows that it lives by a
lease. Redis may be away, or come back empty: every process then goes on with its own peers, and
writes all it knows again when Redis answers. Why so: docs/decisions/rooms-redis-hub.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from realtime import neighbours, protocol, redis_memory, redis_wire
from realtime.hubs import AT_THE_DOOR_S, Message
from realtime.neighbours import Memory
from realtime.peers import Peer, encode
from realtime.redis_memory import LEASE_S, Command, Keys
from realtime.redis_wire import Reply, Wire
from realtime.registry import Registry
from realtime.rooms import Room

logger = logging.getLogger(__name__)

LEASE_EVERY_S = protocol.AWAY_AFTER_S / 7.5
ANSWER_WITHIN_S = 2.0
AGAIN_AFTER_S = 0.5


class RedisHub:
    def __init__(self, url: str) -> None:
        self.is_up = False
        self.seen_alive: dict[str, datetime] = {}
        self._url = url
        self._seen: dict[str, float] = {}
        self._up_since = 0.0
        self._is_missed = True
        """Its absence is worth a line in the log: it was there, or has not been asked for yet."""
        self._tried = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._uids: dict[bytes, UUID] = {}
        self._confirmed: dict[bytes, asyncio.Event] = {}
        self._known: set[Room] = set()
        """Rooms that are subscribed to and read."""
        self._syncing: dict[Room, asyncio.Task[None]] = {}
        self._emptied: set[UUID] = set()
        """Rooms left by everybody here while that could be told to nobody."""
        self._client: Redis | None = None
        self._saying: Wire | None = None
        self._hearing: Wire | None = None

    def serve(self, registry: Registry) -> None:
        self.registry = registry
        self._keys = Keys(self._url, registry.server)
        self._own = registry.server.encode()

    # At the door

    async def ready(self) -> None:
        loop = asyncio.get_running_loop()
        if self._task is None or self._task.done() or self._task.get_loop() is not loop:
            self._tried = asyncio.Event()
            self._task = loop.create_task(self._run())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(AT_THE_DOOR_S):
                await self._tried.wait()

    async def open(self, room: Room) -> None:
        if room in self._known or not self.is_up:
            return
        task = self._syncing.get(room)
        if task is None:
            task = self._syncing[room] = asyncio.get_running_loop().create_task(self._sync(room))
            task.add_done_callback(lambda done: self._synced(room, done))
        await asyncio.wait({task}, timeout=AT_THE_DOOR_S)

    def close(self, room: Room) -> None:
        self._known.discard(room)
        if (task := self._syncing.pop(room, None)) is not None:
            task.cancel()
        if self.is_up:
            self._say(*self._keys.hold_only(room.uid, {}))
        else:
            self._emptied.add(room.uid)

    # Saying

    def tell_peer(self, room: Room, peer: Peer) -> None:
        if self.is_up:
            record = encode(peer.record(self._keys.server))
            self._say(*self._keys.hold(room.uid, {peer.id: record}))
            self._publish(room.uid, "P", record)

    def tell_left(self, room: Room, peer: Peer, reason: str) -> None:
        self._say(("HDEL", self._keys.held(room.uid), peer.id))
        self._publish(room.uid, "L", encode([peer.id, reason, peer.stamp]))

    def tell_superseded(self, room: Room, seat: str, stamp: float) -> None:
        self._publish(room.uid, "S", encode([seat, stamp]))

    def give_up(self, room: Room, peer: Peer) -> None:
        self._say(("HDEL", self._keys.held(room.uid), peer.id))

    def tell_floor(self, room: Room) -> None:
        floor = encode([room.floor, room.floor_stamp])
        self._say(*self._keys.give_floor(room.uid, floor))
        self._publish(room.uid, "F", floor)

    def tell_line(self, room: Room, line: Message, text: str) -> None:
        self._say(*self._keys.keep_lines(room.uid, [(line, text)]))
        self._publish(room.uid, "C", text)

    def send(self, room: Room, to: str, text: str) -> None:
        self._publish(room.uid, "D", f"{to} {text}")

    def _publish(self, uid: UUID, kind: str, text: str) -> None:
        self._say(("PUBLISH", self._keys.room(uid), f"{self._keys.server} {kind} {text}"))

    def _say(self, *commands: Command) -> None:
        """While Redis is away nothing is kept for it: everything is written again when it is back."""
        if self.is_up and self._saying is not None:
            for command in commands:
                self._saying.say(*command)

    # Who lives

    def silence(self, server: str, now: float) -> float:
        return now - self._seen.setdefault(server, now)

    def can_tell_the_dead(self, now: float) -> bool:
        return self.is_up and now - self._up_since >= LEASE_S

    def _hears(self, server: str) -> None:
        """With every message; to the second is close enough."""
        if time.monotonic() - self._seen.get(server, 0.0) > 1:
            self._saw(server)

    def _saw(self, server: str, ago_s: float = 0.0) -> None:
        self._seen[server] = max(self._seen.get(server, 0.0), time.monotonic() - ago_s)
        at = timezone.now() - timedelta(seconds=ago_s)
        self.seen_alive[server] = max(self.seen_alive.get(server, at), at)

    async def _look_for(self, servers: Iterable[str]) -> None:
        assert self._client is not None
        for server, left_s in (await redis_memory.leases(self._client, self._keys, servers)).items():
            if left_s:
                self._saw(server, LEASE_S - left_s)
            else:
                self._seen.setdefault(server, time.monotonic() - LEASE_S)

    # The connection

    async def stop(self) -> None:
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=AT_THE_DOOR_S)

    async def _run(self) -> None:
        while True:
            try:
                await self._live()
            except (RedisError, OSError) as failure:
                if self._is_missed:
                    logger.warning("rooms: Redis does not answer (%s)", type(failure).__name__)
                self._is_missed = False
            except Exception:
                logger.exception("rooms: the connection over Redis failed")
            self._tried.set()  # nobody at the door need wait to learn that it is away
            await asyncio.sleep(AGAIN_AFTER_S)

    async def _live(self) -> None:
        """From one connection to its loss, which is raised."""
        async with contextlib.AsyncExitStack() as stack:
            self._client = await stack.enter_async_context(_client(self._url))
            self._saying = await redis_wire.connect(self._url, _ignore)
            stack.callback(self._saying.close)
            self._hearing = await redis_wire.connect(self._url, self._hear)
            stack.callback(self._hearing.close)
            stack.callback(self._down)
            written = asyncio.Event()
            tasks = [asyncio.create_task(self._begin(written)), asyncio.create_task(self._keep(written))]
            stack.push_async_callback(_cancel, tasks)
            ends = [*tasks, self._saying.lost, self._hearing.lost]
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_EXCEPTION)
            for end in done:
                end.result()

    def _down(self) -> None:
        self.is_up = False
        self._known.clear()
        self._uids.clear()
        self._confirmed.clear()
        for task in self._syncing.values():
            task.cancel()

    async def _begin(self, written: asyncio.Event) -> None:
        """Everything this process knows is written again, and everything the others wrote is read."""
        assert self._saying is not None
        # Nobody reads what Redis would answer to what is only said.
        self._saying.say("CLIENT", "REPLY", "OFF")
        await self._subscribed(self._keys.bookings)
        self._up_since, self.is_up = time.monotonic(), True
        if not self._is_missed:
            logger.warning("rooms: Redis answers")
        self._is_missed = True
        self._tried.set()
        # What changed before is known to nobody here.
        self.registry.changed(None)
        for uid in self._emptied - set(self.registry.rooms):
            self._write_all(uid, {})
        self._emptied.clear()
        rooms = list(self.registry.rooms.values())
        for room in rooms:
            self._write_again(room)
        written.set()
        for room in rooms:
            await self._sync(room)
            room.tell_anew()

    def _write_all(self, uid: UUID, records: dict[str, str]) -> None:
        """These and no others are carried here: whoever left meanwhile was told to nobody."""
        self._say(*self._keys.hold_only(uid, records))
        self._publish(uid, "A", encode(list(records)))

    def _write_again(self, room: Room) -> None:
        records = {peer.id: encode(peer.record(self._keys.server)) for peer in room.peers.values()}
        self._write_all(room.uid, records)
        for record in records.values():
            self._publish(room.uid, "P", record)
        if room.floor_stamp:
            self.tell_floor(room)
        if room.chat:
            self._say(*self._keys.keep_lines(room.uid, [(line, encode(line)) for line in room.chat]))

    async def _sync(self, room: Room) -> None:
        channel = self._keys.room(room.uid)
        self._uids[channel.encode()] = room.uid
        await self._subscribed(channel)
        assert self._client is not None
        before = {one.id: one.record for one in room.elsewhere.values()}
        memory, servers = await redis_memory.read(self._client, self._keys, room.uid)
        await self._look_for(servers)
        if self.registry.rooms.get(room.uid) is not room:
            return
        neighbours.remember(room, self._of_the_living(room, memory), self.registry.taken_over)
        now = time.monotonic()
        living = {server for server in servers if self.silence(server, now) < LEASE_S}
        neighbours.miss(room, before, living, {record["facts"]["id"] for record in memory.records})
        self._known.add(room)

    def _of_the_living(self, room: Room, memory: Memory) -> Memory:
        """Without the peers of dead processes, unless they are known here and not yet given up."""
        now = time.monotonic()
        records = tuple(
            record
            for record in memory.records
            if self.silence(record["server"], now) < LEASE_S or record["facts"]["id"] in room.elsewhere
        )
        return Memory(records, memory.floor, memory.lines)

    def _synced(self, room: Room, task: asyncio.Task[None]) -> None:
        if self._syncing.get(room) is task:
            del self._syncing[room]
        if task.cancelled():
            return
        if (failure := task.exception()) is not None:
            logger.warning("rooms: a room could not be read (%s)", type(failure).__name__)
        elif not room.opening:
            room.tell_anew()  # it came too late for those at the door

    async def _subscribed(self, channel: str) -> None:
        assert self._hearing is not None
        if channel.encode() not in self._confirmed:
            self._confirmed[channel.encode()] = asyncio.Event()
            self._hearing.say("SUBSCRIBE", channel)
        await self._confirmed[channel.encode()].wait()

    async def _keep(self, written: asyncio.Event) -> None:
        """Shows that this process lives, and looks who else does. What is written of a process that
        lives is taken for complete, so that comes first."""
        await written.wait()
        rooms = self.registry.rooms
        while True:
            assert self._client is not None
            held = [room.uid for room in rooms.values() if room.peers]
            for uid in await redis_memory.renew(self._client, self._keys, held):
                if self.is_up and uid in rooms:  # emptied while we were connected
                    self._write_again(rooms[uid])
            await self._look_for({one.server for room in rooms.values() for one in room.elsewhere.values()})
            self._leave_channels()
            await asyncio.sleep(LEASE_EVERY_S)

    def _leave_channels(self) -> None:
        """Of rooms in which nobody of this process is any more; somebody may still wait to be heard."""
        assert self._hearing is not None
        left = [
            channel
            for channel, uid in self._uids.items()
            if uid not in self.registry.rooms
            and (channel not in self._confirmed or self._confirmed[channel].is_set())
        ]
        for channel in left:
            del self._uids[channel]
            self._confirmed.pop(channel, None)
        if left:
            self._hearing.say("UNSUBSCRIBE", *left)

    # Hearing

    def _hear(self, reply: Reply) -> None:
        match reply:
            case [b"message", bytes(channel), bytes(data)]:
                try:
                    self._take(channel, data)
                except Exception as failure:  # noqa: BLE001 -- one bad message costs itself and no other
                    # The name alone: what was said in a room is nobody's business.
                    logger.warning("rooms: a message was not understood (%s)", type(failure).__name__)
            case [b"subscribe", bytes(channel), int()] if channel in self._confirmed:
                self._confirmed[channel].set()

    def _take(self, channel: bytes, data: bytes) -> None:
        uid = self._uids.get(channel)
        if uid is None:
            if data.isdigit():
                self.registry.changed(int(data))
            elif data.startswith(b"account "):
                self.registry.account_changed(int(data.split()[1]))
            return
        room = self.registry.rooms.get(uid)
        if room is None or data.startswith(self._own):
            return
        self._hear_of(room, *data.decode().split(" ", 2))

    def _hear_of(self, room: Room, server: str, kind: str, text: str) -> None:
        self._hears(server)
        match kind:
            case "D":
                to, frame = text.split(" ", 1)
                if (peer := room.peers.get(to)) is not None and peer.socket is not None:
                    peer.socket.push_text(frame)
            case "C":
                neighbours.hear_line(room, text)
            case "P":
                neighbours.learn(room, json.loads(text), self.registry.taken_over)
                self.registry.forget_empty(room)
            case "L":
                peer_id, reason, stamp = json.loads(text)
                neighbours.forget(room, peer_id, server, reason, stamp)
            case "S":
                seat, changed_at = json.loads(text)
                neighbours.supersede(room, seat, changed_at, self.registry.superseded)
                self.registry.forget_empty(room)
            case "A":
                ids = set(json.loads(text))
                neighbours.miss(room, {i: one.record for i, one in room.elsewhere.items()}, {server}, ids)
            case "F":
                neighbours.hear_floor(room, *json.loads(text))


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _ignore(reply: Reply) -> None:
    """Nothing but the answers to signing in comes over a wire that only says."""


def _client(url: str) -> Redis:
    """For what is rare. redis-py's own retries are off: a lost connection is made anew, with all of it."""
    pool = BlockingConnectionPool.from_url(
        url, max_connections=4, timeout=ANSWER_WITHIN_S, socket_timeout=ANSWER_WITHIN_S,
        socket_connect_timeout=ANSWER_WITHIN_S, retry=Retry(NoBackoff(), 0),
    )  # fmt: skip
    return Redis.from_pool(pool)  # closes it in the end
