"""Visits: stays in rooms, kept by leases and written off the signalling path.

The rooms note who is here; one writer thread per process turns that into rows
(realtime.visit_rows), a batch at a time. A Visit ends at its last beat, however late the row is
closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.db import Error as DatabaseFailure
from django.db import close_old_connections

from realtime import visit_rows
from realtime.models import Visit

logger = logging.getLogger(__name__)

# With beats of 5 seconds a killed server's rows are then about one beat short, and no more.
WRITE_EVERY_S = 0.5
GATHER_S = 0.1
"""After somebody has come or gone: a class comes all at once, and its entering goes before its record."""
# Its own thread: a slow write must not hold up somebody at the door.
_writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="visits")


@dataclass(slots=True, eq=False)
class Stay:
    """An open Visit as the room sees it; `pk` is known once its row is written."""

    booking_id: int
    user_id: int
    organisation_id: int
    peer: str
    server: str
    started_at: datetime
    last_beat_at: datetime
    standing: str = Visit.Standing.OBSERVER
    participant_id: int | None = None
    location_id: int | None = None
    page: str = ""
    is_first: bool = False
    """Its peer has been given its id just now, so there is no earlier row to look for."""
    end_reason: str = ""
    pk: int | None = None
    written_beat: datetime | None = None

    def beat(self, at: datetime) -> None:
        """A sign of life. The wall clock may be set back; no stay grows shorter by that."""
        self.last_beat_at = max(self.last_beat_at, at)


@dataclass(slots=True, eq=False)
class Ledger:
    """Which stays are to be written; belongs to the event loop."""

    stays: dict[Stay, None] = field(default_factory=dict)
    """In the order in which they began."""
    seen_alive: Mapping[str, datetime] = field(default_factory=dict)
    """When each of the other server processes was last known to live (realtime.hubs)."""
    task: asyncio.Task[None] | None = None
    wake: asyncio.Event | None = None

    def begin(self, stay: Stay) -> None:
        self.stays[stay] = None
        self._soon()

    def end(self, stay: Stay, reason: str, at: datetime) -> None:
        """The stay ends at `at`, its last sign of life."""
        stay.beat(at)
        stay.end_reason = reason
        self._soon()

    def holds(self, stay: Stay) -> bool:
        """Whether the stay is still written here; another process may have gone on with it."""
        return stay in self.stays and not stay.end_reason

    def hand_over(self, stay: Stay) -> None:
        """Another process goes on with this stay: its row is there, or was never written."""
        if stay.pk is None:
            self.end(stay, Visit.EndReason.REPLACED, stay.last_beat_at)
        else:
            self.stays.pop(stay, None)

    def _soon(self) -> None:
        if self.task is None or self.task.done() or self.task.get_loop() is not asyncio.get_running_loop():
            self.wake = asyncio.Event()
            self.task = asyncio.get_running_loop().create_task(self._run(self.wake))
        if self.wake is not None:
            self.wake.set()

    async def _run(self, wake: asyncio.Event) -> None:
        """Writes when something begins or ends, and beats soon after; stops with the last stay."""
        while self.stays:
            # Not wait_for, which may swallow a cancellation that comes with the wake (CPython gh-86296).
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WRITE_EVERY_S):
                    await wake.wait()
                await asyncio.sleep(GATHER_S)
            wake.clear()
            await self.flush()

    async def flush(self) -> None:
        """Everything noted so far is in the database, or kept for the next time; what the database
        refuses for its content is dropped."""
        batch = [
            visit_rows.Line(stay, stay.last_beat_at, stay.page, stay.end_reason)
            for stay in self.stays
            if stay.end_reason or stay.last_beat_at != stay.written_beat
        ]
        if not batch:
            return
        # Not by asgiref, which goes on when it is cancelled while the thread is at work.
        write = partial(_write, batch, dict(self.seen_alive))
        try:
            over = set(await asyncio.get_running_loop().run_in_executor(_writer, write))
        except DatabaseFailure:
            logger.exception("visits: %d stays could not be written; trying again", len(batch))
            return
        for line in batch:
            line.stay.written_beat = line.last_beat_at
            if line.end_reason or line.stay in over:
                self.stays.pop(line.stay, None)


def _write(batch: Sequence[visit_rows.Line], seen_alive: Mapping[str, datetime]) -> Sequence[Stay]:
    """In the writer's thread, whose connection may have been closed from the other side meanwhile."""
    close_old_connections()
    try:
        return visit_rows.write_what_can_be(batch, seen_alive)
    finally:
        close_old_connections()


ledger = Ledger()
