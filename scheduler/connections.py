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


def waiting_migrations() -> int:
    """How many migrations the database lacks."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def ask_database() -> None:
    """Raises `django.db.Error` when it does not answer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _database() -> list[str]:
    try:
        waiting = waiting_migrations()
    except OperationalError as error:
        return [f"The database of DATABASE_URL does not answer: {str(error).strip()}"]
    if waiting:
        return [f"The database lacks {waiting} migrations. Run manage.py migrate first."]
    return []


def _redis() -> list[str]:
    if not settings.REDIS_URL or not (error := redis_failure(within_s=5)):
        return []
    # The address may carry a password: name the host alone.
    place = urlsplit(settings.REDIS_URL).hostname or "its socket"
    return [f"Redis of REDIS_URL does not answer at {place}: {error}"]


def redis_failure(*, within_s: float = 2) -> redis.RedisError | None:
    """Why Redis does not answer, if it does not."""
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=within_s, socket_connect_timeout=within_s
    )
    try:
        client.ping()
    except redis.RedisError as error:
        return error
    finally:
        client.close()
    return None


def release() -> None:
    """This thread's connection goes back to the pool, or is closed."""
    connections.close_all()


def close() -> None:
    """Ends this thread's connections and PostgreSQL's pool, so that the process can end in silence."""
    connections.close_all()
    for each in connections.all(initialized_only=True):
        if close_pool := getattr(each, "close_pool", None):
            close_pool()
