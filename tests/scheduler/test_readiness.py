"""What `/readyz` says when something is away: which part, and never where it was looked for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from pytest_django.fixtures import Settings

from scheduler.config.asgi import application

pytestmark = pytest.mark.usefixtures("transactional_db")
SCOPE = {
    "type": "http", "method": "GET", "path": "/readyz", "headers": [(b"host", b"10.0.0.7")],
    "query_string": b"", "client": ["203.0.113.9", 1],
}  # fmt: skip


async def readiness() -> tuple[int, dict[str, Any]]:
    asking = ApplicationCommunicator(application, dict(SCOPE))  # type: ignore[no-untyped-call]
    await asking.send_input({"type": "http.request"})  # type: ignore[no-untyped-call]
    start = await asking.receive_output(timeout=20)  # type: ignore[no-untyped-call]
    body = await asking.receive_output(timeout=20)  # type: ignore[no-untyped-call]
    await asking.wait()  # type: ignore[no-untyped-call]
    return start["status"], json.loads(body["body"])


async def test_with_everything_there_it_is_ready_though_the_worker_is_not_known() -> None:
    status, said = await readiness()

    assert (status, said["status"], said["database"], said["redis"]) == (200, "ok", "ok", "ok")


async def test_a_redis_that_is_away_is_named_without_its_address(settings: Settings) -> None:
    settings.REDIS_URL = "redis://:hush-hush@127.0.0.1:9/0"

    status, said = await readiness()

    assert (status, said["status"], said["redis"]) == (503, "unavailable", "away")
    assert "hush" not in json.dumps(said)
    assert "127.0.0.1" not in json.dumps(said)
