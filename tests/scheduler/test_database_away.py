"""While the database does not answer, pages say so in words, and a bug stays a bug."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.test import Client
from django.urls import reverse

from tests.cast import World


def failing(error: type[DatabaseError | InterfaceError]) -> Callable[..., Any]:
    def execute(*_anything: object) -> None:
        raise error("the connection is closed")

    return execute


@pytest.mark.parametrize(
    ("error", "status"), [(OperationalError, 503), (InterfaceError, 503), (DatabaseError, 500)]
)
def test_a_database_that_is_away_is_503_with_words_and_a_bug_is_500(
    world: World, error: type[DatabaseError], status: int
) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(world.tanaka)

    with connection.execute_wrapper(failing(error)):
        answer = client.get(reverse("scheduler:today"))

    assert answer.status_code == status
    assert ("二重には記録されません" in answer.content.decode()) == (status == 503)
    assert answer.headers.get("Retry-After") == ("3" if status == 503 else None)
