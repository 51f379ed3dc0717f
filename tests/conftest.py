"""Fixtures that every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import redis
from django.conf import settings

from tests import cast

# A shared machine may stall any example, so no example has a deadline; CI tries the same ones each time.
ALONE = frozenset({"browser", "faults", "setup"})
"""Folders."""

hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Removes what a killed run left of SQLite's log: with a new file beside it, it reads as damage."""
    name = settings.DATABASES["default"].get("TEST", {}).get("NAME")
    for ending in ("-wal", "-shm"):
        if name:
            Path(f"{name}{ending}").unlink(missing_ok=True)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """A database that somebody is still connected to cannot be dropped: the gate's threads let go first."""
    yield
    from realtime import gate_threads  # noqa: PLC0415 -- applications must be ready

    gate_threads.release()


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    """What migrations wrote comes back before every test that commits, and those tests run last.

    After one of them the tables are empty, and a test that only rolls back would miss the national
    rules; pytest groups the browser's tests by their parameter, in the middle of the others.
    """
    for item in items:
        if _commits(item):
            item.add_marker(pytest.mark.django_db(transaction=True, serialized_rollback=True), append=False)
    yield
    items.sort(key=_commits)
    if part := os.environ.get("ENKAKU_TEST_PART"):
        others = [item for item in items if _is_alone(item) != (part == "alone")]
        items[:] = [item for item in items if _is_alone(item) == (part == "alone")]
        config.hook.pytest_deselected(items=others)


def _commits(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    is_marked = bool(marker and marker.kwargs.get("transaction"))
    return is_marked or bool({"transactional_db", "live_server"} & set(getattr(item, "fixturenames", ())))


def _is_alone(item: pytest.Item) -> bool:
    """Whether nothing else may run beside it: it commits, or it wants the machine for its browsers,
    servers and networks."""
    return _commits(item) or bool(ALONE & set(item.path.parts))


@pytest.fixture
def world(db: None) -> cast.World:
    return cast.build()


@pytest.fixture(scope="session")
def redis_url() -> str:
    """A Redis database that a test may fill and empty (`make test` starts one where none runs)."""
    url = os.environ.get("ENKAKU_TEST_REDIS", "redis://127.0.0.1:6379/15")
    server, _, number = url.rpartition("/")
    beside = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    url = f"{server}/{int(number) - beside}"
    client = redis.Redis.from_url(url, socket_connect_timeout=2)
    try:
        client.flushdb()
    except redis.RedisError:
        pytest.skip("Redis does not answer")
    finally:
        client.close()
    return url
