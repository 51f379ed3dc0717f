"""Whether this process lives (`/healthz`) and whether it can do its work (`/readyz`).

Both are public: they say of each part "ok" or what is missing, never where it is. Both are 503
once the process is about to end, so that a proxy which asks either sends nobody here any more.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import Error as DatabaseFailure
from django.utils import timezone
from redis import RedisError

from scheduler import connections

logger = logging.getLogger(__name__)

JSON = "application/json"
ANSWER_WITHIN_S = 3.0
"""A database that is away lets its askers wait for much longer."""
LOOK_EVERY_S = 1.0
WORKER_LATE_AFTER = timedelta(seconds=150)
"""Its sign of life is a job of every minute."""
_WORKER_KEY, _BACKUP_KEY = "enkaku.worker-seen", "enkaku.backup-made"

Parts = dict[str, str]


class Process:
    """What this process is about to do, and what it last saw of what it stands on."""

    is_stopping = False
    is_migrated = False
    """Once seen it stays so: migrations are not taken back under a running process."""
    look: asyncio.Future[Parts] | None = None
    looked_at = float("-inf")


_eyes = ThreadPoolExecutor(max_workers=1, thread_name_prefix="health")


async def alive(scope: Mapping[str, Any]) -> tuple[int, str, bytes]:
    """Asks nothing of anybody."""
    if Process.is_stopping:
        return 503, JSON, b'{"status": "stopping"}'
    return 200, JSON, b'{"status": "ok"}'


async def ready(scope: Mapping[str, Any]) -> tuple[int, str, bytes]:
    """The worker's silence is said, and is no reason to send visitors away."""
    if Process.is_stopping:
        return 503, JSON, b'{"status": "stopping"}'
    parts = await _look()
    is_ready = all(said == "ok" for part, said in parts.items() if part != "worker")
    status = "ok" if is_ready else "unavailable"
    return (200 if is_ready else 503), JSON, json.dumps({"status": status, **parts}).encode()


async def _look() -> Parts:
    """One look at a time and one a second, however many ask: anybody may."""
    loop, now = asyncio.get_running_loop(), time.monotonic()
    is_ours = Process.look is not None and Process.look.get_loop() is loop
    if not is_ours or (Process.look.done() and now - Process.looked_at >= LOOK_EVERY_S):  # type: ignore[union-attr]  # is_ours
        Process.look, Process.looked_at = loop.run_in_executor(_eyes, _parts), now
    assert Process.look is not None
    try:
        return await asyncio.wait_for(asyncio.shield(Process.look), ANSWER_WITHIN_S)
    except TimeoutError:
        return {"database": "slow"}


def _parts() -> Parts:
    try:
        return {"database": _database(), "redis": _redis(), "worker": _worker(timezone.now())}
    finally:
        connections.release()


def _database() -> str:
    try:
        if not Process.is_migrated:
            Process.is_migrated = not connections.waiting_migrations()
        else:
            connections.ask_database()
    except DatabaseFailure:
        return "away"
    return "ok" if Process.is_migrated else "migrations missing"


def _redis() -> str:
    return "away" if settings.REDIS_URL and connections.redis_failure() else "ok"


def _worker(now: datetime) -> str:
    silence = worker_silence(now)
    if silence is None:
        return "unknown"
    return "ok" if silence < WORKER_LATE_AFTER else "late"


def worker_lives(now: datetime) -> None:
    """The worker's sign of life; without Redis only its own process knows it."""
    cache.set(_WORKER_KEY, now, None)


def worker_silence(now: datetime) -> timedelta | None:
    """How long ago that was; None when nobody knows."""
    return _since(_WORKER_KEY, now)


def backup_made(now: datetime) -> None:
    cache.set(_BACKUP_KEY, now, None)


def backup_age(now: datetime) -> timedelta | None:
    return _since(_BACKUP_KEY, now)


def _since(key: str, now: datetime) -> timedelta | None:
    try:
        at: datetime | None = cache.get(key)
    except RedisError:
        return None
    return None if at is None else now - at
