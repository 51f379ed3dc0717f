"""What an operator watches, for Prometheus at `/metrics`: counts and states, never who or what.

Counters are of this process; what stands in the database or in Redis is read at the scrape and the
same from every process. Other packages add a `Collector` when they are ready (`add`). Labels are words
of the code alone: no address, account, booking or title ever becomes one.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseFailure
from django.db import connection
from django.db.models import Min
from django.utils import timezone
from huey.contrib.djhuey import HUEY
from prometheus_client import CollectorRegistry, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from redis import RedisError

from scheduler import connections, health, logs
from scheduler.checks import is_loopback
from scheduler.models import Notice

ANSWER_WITHIN_S = 8.0
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})

registry = CollectorRegistry(auto_describe=False)
ProcessCollector(registry=registry)
PlatformCollector(registry=registry)
_requests = Histogram(
    "enkaku_http_request_seconds",
    "Answered requests, assets included",
    ["method", "status"],
    registry=registry,
    buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30),
)
_reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="metrics")

Facts = Callable[[datetime], Iterable[GaugeMetricFamily]]
_stored: list[Facts] = []


def count_request(method: str, status: int, seconds: float) -> None:
    _requests.labels(method if method in METHODS else "other", str(status)).observe(seconds)


class _Lines:
    def collect(self) -> Iterable[Metric]:
        family = CounterMetricFamily(
            "enkaku_log_lines", "Lines of the log that were warnings or worse", labels=["level"]
        )
        for level in ("warning", "error", "critical"):
            family.add_metric([level], logs.written[level])
        yield family


registry.register(_Lines())


def stored(facts: Facts) -> Facts:
    """Registers what is read from the database at each scrape; called in a thread of its own."""
    _stored.append(facts)
    return facts


def gauge(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"enkaku_{name}", about, value=value)


async def exposed(scope: Mapping[str, Any]) -> tuple[int, str, bytes]:
    """For whoever has the token, or asks from this very machine past no proxy; else 404."""
    if not _may_read(scope):
        return 404, "text/plain; charset=utf-8", b"Not Found\n"
    # Of this process, in its event loop, where its rooms are; of the database, in a thread.
    families = await _read_stored()
    own = CollectorRegistry(auto_describe=False)
    own.register(_Given(families))
    return 200, CONTENT_TYPE_LATEST, generate_latest(registry) + generate_latest(own)


def _may_read(scope: Mapping[str, Any]) -> bool:
    headers = dict(scope["headers"])
    if settings.METRICS_TOKEN:
        wanted = f"Bearer {settings.METRICS_TOKEN}".encode()
        return hmac.compare_digest(headers.get(b"authorization", b""), wanted)
    # A proxy on this machine asks from loopback too, for anybody.
    is_direct = not {b"x-forwarded-for", b"forwarded", b"via", b"x-real-ip"} & headers.keys()
    client = scope.get("client")
    return is_direct and client is not None and is_loopback(client[0])


class _Given:
    def __init__(self, families: list[GaugeMetricFamily]) -> None:
        self.families = families

    def collect(self) -> list[GaugeMetricFamily]:
        return self.families


async def _read_stored() -> list[GaugeMetricFamily]:
    """A scrape is answered also while the database is away, and says so."""
    reading = asyncio.get_running_loop().run_in_executor(_reader, _read)
    try:
        return await asyncio.wait_for(asyncio.shield(reading), ANSWER_WITHIN_S)
    except TimeoutError:
        return [gauge("database_up", "Whether the database answers", 0)]


def _read() -> list[GaugeMetricFamily]:
    now = timezone.now()
    found: list[GaugeMetricFamily] = []
    up = 1
    try:
        for facts in _stored:
            found += facts(now)
    except DatabaseFailure:
        up = 0
    finally:
        connections.release()
    return [*found, gauge("database_up", "Whether the database answers", up)]


@stored
def _signs(now: datetime) -> Iterable[GaugeMetricFamily]:
    """First, because it asks no database."""
    for name, about, age in (
        ("worker_silence_seconds", "Since the worker's last sign of life", health.worker_silence(now)),
        ("backup_age_seconds", "Since the last finished backup", health.backup_age(now)),
    ):
        if age is not None:
            yield gauge(name, about, age.total_seconds())
    try:
        yield gauge("jobs_waiting", "Jobs that the worker has not begun", HUEY.pending_count())
    except RedisError:
        yield gauge("redis_up", "Whether Redis answers", 0)


@stored
def _outbox(now: datetime) -> Iterable[GaugeMetricFamily]:
    due = Notice.objects.filter(state=Notice.State.DUE)
    oldest = due.aggregate(at=Min("created_at"))["at"]
    age = (now - oldest).total_seconds() if oldest else 0.0
    failed = Notice.objects.filter(state=Notice.State.FAILED).count()
    yield gauge("outbox_waiting", "Notices whose mail has not left", due.count())
    yield gauge("outbox_oldest_seconds", "Age of the oldest of them", age)
    yield gauge("outbox_failed", "Notices whose mail was given up", failed)


@stored
def _pool(now: datetime) -> Iterable[GaugeMetricFamily]:
    """This process's connections to PostgreSQL."""
    pool = getattr(connection, "pool", None)
    if pool is None:
        return
    stats = pool.get_stats()
    yield gauge("database_pool_size", "Connections that are open", stats.get("pool_size", 0))
    yield gauge("database_pool_free", "Those that wait for a request", stats.get("pool_available", 0))
    yield gauge("database_pool_queue", "Requests that wait for one", stats.get("requests_waiting", 0))
