"""Many sockets of many rooms in one process: join, talk at a steady rate, count what arrives, come back.

They speak the protocol of docs/signalling.md and retry as the browser does; nothing of what
arrives is parsed but `joined`, so that one process can carry a thousand of them.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

JOINED = '{"t":"joined"'
BEAT_EVERY_S = 5.0
FIRST_RETRY_S, LAST_RETRY_S = 0.3, 3.0
JOINS_WITHIN_S = 60
NOTHING_COMES_S = 3.0


@dataclass(slots=True, eq=False)
class Seat:
    """One peer of one room; `cookie` was made before anything is measured."""

    room: str
    cookie: str
    port: int
    leads: bool = False
    id: str = ""
    resume: str = ""
    counted: int = 0
    prefix: str = "\0"
    """Frames that begin so are counted."""
    joins: int = 0
    socket: ClientConnection | None = None
    task: asyncio.Task[None] | None = None
    entered: asyncio.Event = field(default_factory=asyncio.Event)

    async def enter(self) -> float:
        """Seconds from opening the socket until we know who is in the room."""
        self.entered.clear()
        began = time.perf_counter()
        self.task = asyncio.create_task(self._stay())
        await asyncio.wait_for(self.entered.wait(), JOINS_WITHIN_S)
        return time.perf_counter() - began

    async def _stay(self) -> None:
        failures = 0
        while True:
            joins = self.joins
            try:
                await self._visit()
            except (OSError, WebSocketException):
                failures = failures + 1 if self.joins == joins else 0
            self.socket = None
            ceiling = min(LAST_RETRY_S, FIRST_RETRY_S * 2**failures)
            await asyncio.sleep(ceiling * random.uniform(0.5, 1))

    async def _visit(self) -> None:
        place = f"127.0.0.1:{self.port}"
        async with connect(
            f"ws://{place}/ws/rooms/{self.room}/",
            origin=f"http://{place}",  # type: ignore[arg-type]  # a NewType of str
            additional_headers={"Cookie": self.cookie},
            compression=None,
            ping_interval=None,
            close_timeout=1,
            max_queue=None,
            proxy=None,
        ) as socket:
            self.socket = socket
            resume = {"resume": self.resume} if self.resume else {}
            await socket.send(json.dumps({"t": "join", "v": 1, **resume}))
            async for text in socket:
                self._take(str(text))

    def _take(self, text: str) -> None:
        if text.startswith(self.prefix):
            self.counted += 1
        elif text.replace(" ", "").startswith(JOINED):
            joined = json.loads(text)
            self.id, self.resume = joined["id"], joined["resume"]
            self.joins += 1
            self.entered.set()

    async def back(self, since: float) -> float:
        """Seconds of the steady clock from `since` until it is in the room for the second time."""
        while self.joins < 2:
            self.entered.clear()
            await asyncio.wait_for(self.entered.wait(), JOINS_WITHIN_S)
        return time.perf_counter() - since

    async def say(self, frame: str) -> None:
        if self.socket is not None:
            await self.socket.send(frame)

    async def vanish(self) -> None:
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)
        self.task = self.socket = None


async def enter_all(seats: Iterable[Seat], *, at_once: int = 20) -> list[float]:
    """Seconds of each, so many at a time."""
    free = asyncio.Semaphore(at_once)

    async def enter(seat: Seat) -> float:
        async with free:
            return await seat.enter()

    return list(await asyncio.gather(*(enter(seat) for seat in seats)))


async def vanish_all(seats: Iterable[Seat]) -> None:
    await asyncio.gather(*(seat.vanish() for seat in seats))


async def beat(seats: Sequence[Seat]) -> None:
    """Signs of life of those who say nothing else, spread over the time between two; without end."""
    while True:
        for seat in seats:
            await seat.say('{"t":"ping","ts":1}')
            await asyncio.sleep(BEAT_EVERY_S / len(seats))


async def talk(
    seats: Sequence[Seat],
    frame: Callable[[Seat], str],
    *,
    counts: str,
    per_second: float,
    seconds: float,
    receivers: int,
) -> tuple[int, int]:
    """Everybody says `frame(seat)` at this rate, each heard by so many.

    How many frames beginning with `counts` arrived, and how many should have; returns when all
    have, or nothing more comes.
    """
    for seat in seats:
        seat.counted, seat.prefix = 0, counts
    said = int(seconds * per_second * len(seats))
    interval = 1 / (per_second * len(seats))
    clock = asyncio.get_running_loop().time
    began = clock()
    for number in range(said):
        ahead = began + number * interval - clock()
        if ahead > 0.001:
            await asyncio.sleep(ahead)
        seat = seats[number % len(seats)]
        await seat.say(frame(seat))
    return await _arrived(seats, said * receivers), said * receivers


async def _arrived(seats: Sequence[Seat], expected: int) -> int:
    before, arrived = -1, 0
    while before < arrived < expected:
        before = arrived
        for _ in range(int(NOTHING_COMES_S / 0.05)):
            await asyncio.sleep(0.05)  # the seats read meanwhile, in this loop
            arrived = sum(seat.counted for seat in seats)
            if arrived > before:
                break
    return arrived
