"""Visits: stays in rooms, kept by leases and written off the signalling path.

The rooms note who is here; one writer thread per process turns that into rows, a batch at a
time. A Visit ends at its last beat, however late the row is closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from channels.db import DatabaseSyncToAsync
from django.db import DataError, IntegrityError, transaction
from django.db import Error as DatabaseFailure
from django.db.models import F

from realtime.models import Visit

logger = logging.getLogger(__name__)

WRITE_EVERY_S = 5.0
STALE_AFTER = timedelta(seconds=60)
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
    end_reason: str = ""
    pk: int | None = None
    written_beat: datetime | None = None

    def beat(self, at: datetime) -> None:
        """A sign of life. The wall clock may be set back; no stay ends before it began."""
        self.last_beat_at = max(self.started_at, at)


class Line(NamedTuple):
    """A Stay as it was when the batch was made."""

    stay: Stay
    last_beat_at: datetime
    end_reason: str


@dataclass(slots=True, eq=False)
class Ledger:
    """Which stays are to be written; belongs to the event loop."""

    stays: set[Stay] = field(default_factory=set)
    task: asyncio.Task[None] | None = None
    wake: asyncio.Event | None = None

    def begin(self, stay: Stay) -> None:
        self.stays.add(stay)
        self._soon()

    def end(self, stay: Stay, reason: str, at: datetime) -> None:
        """The stay ends at `at`, its last sign of life."""
        stay.beat(at)
        stay.end_reason = reason
        self._soon()

    def _soon(self) -> None:
        if self.task is None or self.task.done() or self.task.get_loop() is not asyncio.get_running_loop():
            self.wake = asyncio.Event()
            self.task = asyncio.get_running_loop().create_task(self._run(self.wake))
        if self.wake is not None:
            self.wake.set()

    async def _run(self, wake: asyncio.Event) -> None:
        """Writes when something begins or ends, and beats every few seconds; stops with the last stay."""
        while self.stays:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), WRITE_EVERY_S)
            wake.clear()
            await self.flush()

    async def flush(self) -> None:
        """Everything noted so far is in the database, or kept for the next time; what the database
        refuses for its content is dropped."""
        batch = [
            Line(stay, stay.last_beat_at, stay.end_reason)
            for stay in self.stays
            if stay.pk is None or stay.end_reason or stay.last_beat_at != stay.written_beat
        ]
        if not batch:
            return
        try:
            refused = await DatabaseSyncToAsync(write_what_can_be, thread_sensitive=False, executor=_writer)(
                batch
            )
        except DatabaseFailure:
            logger.exception("visits: %d stays could not be written; trying again", len(batch))
            return
        for line in batch:
            line.stay.written_beat = line.last_beat_at
            if line.end_reason or line in refused:
                self.stays.discard(line.stay)


def write_what_can_be(batch: Sequence[Line]) -> Sequence[Line]:
    """Writes a batch; where the database refuses it, line by line. The lines that were refused.

    One that is refused for its content, as when its booking is gone, would be refused for ever,
    and every other stay with it. A database that is away is no refusal.
    """
    try:
        write(batch)
    except (IntegrityError, DataError) as refusal:
        if len(batch) > 1:
            return [line for each in batch for line in write_what_can_be([each])]
        # The name alone: what a database says of a row holds who was where.
        logger.error("visits: a stay was refused by the database (%s)", type(refusal).__name__)  # noqa: TRY400
        return batch
    return ()


def write(batch: Sequence[Line]) -> None:
    """Writes a batch in one transaction. Batches follow each other in one thread, so that a stay
    begun in one is known by its key in the next."""
    with transaction.atomic():
        keys = [line.stay.pk or _open(line.stay) for line in batch]
        rows = [
            Visit(
                pk=key,
                last_beat_at=line.last_beat_at,
                ended_at=line.last_beat_at if line.end_reason else None,
                end_reason=line.end_reason,
            )
            for key, line in zip(keys, batch, strict=True)
        ]
        Visit.objects.bulk_update(rows, ["last_beat_at", "ended_at", "end_reason"])
    for line, key in zip(batch, keys, strict=True):
        line.stay.pk = key


def _open(stay: Stay) -> int:
    """A new row. A row that this peer left open under another server ends at its own last beat."""
    Visit.objects.filter(booking=stay.booking_id, peer=stay.peer, ended_at=None).update(
        ended_at=F("last_beat_at"), end_reason=Visit.EndReason.SERVER
    )
    return Visit.objects.create(
        booking_id=stay.booking_id,
        user_id=stay.user_id,
        organisation_id=stay.organisation_id,
        peer=stay.peer,
        server=stay.server,
        started_at=stay.started_at,
        last_beat_at=stay.started_at,
    ).pk


def close_stale(now: datetime) -> int:
    """Closes rows whose server died with them, each at its last beat; how many there were."""
    return Visit.objects.filter(ended_at=None, last_beat_at__lt=now - STALE_AFTER).update(
        ended_at=F("last_beat_at"), end_reason=Visit.EndReason.SERVER
    )


ledger = Ledger()
