"""Whether the database and Redis answer, said in a sentence before work begins."""

from __future__ import annotations

from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.core.management.base import CommandError
from django.db import OperationalError, connection, connections
from django.db.migrations.executor import MigrationExecutor


def require() -> None:
    """Returns when everything answers; else raises `CommandError` with what to do."""
    if problems := [*_database(), *_redis()]:
        raise CommandError("\n".join(problems))


def _database() -> list[str]:
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except OperationalError as error:
        return [f"The database of DATABASE_URL does not answer: {str(error).strip()}"]
    if waiting:
        return [f"The database lacks {len(waiting)} migrations. Run manage.py migrate first."]
    return []


def _redis() -> list[str]:
    if not settings.REDIS_URL:
        return []
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5)
    try:
        client.ping()
    except redis.RedisError as error:
        # The address may carry a password: name the host alone.
        place = urlsplit(settings.REDIS_URL).hostname or "its socket"
        return [f"Redis of REDIS_URL does not answer at {place}: {error}"]
    finally:
        client.close()
    return []


def close() -> None:
    """Ends this thread's connections and PostgreSQL's pool, so that the process can end in silence."""
    connections.close_all()
    for each in connections.all(initialized_only=True):
        if close_pool := getattr(each, "close_pool", None):
            close_pool()
