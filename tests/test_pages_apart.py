"""What is said to give no page gives none to anybody; every other address is looked at in a browser."""

from __future__ import annotations

import pytest
from django.http import HttpResponseBase
from django.test import Client

from scheduler.models import User
from tests import leaking
from tests.cast import World
from tests.leaking import Stage
from tests.pages_apart import ACTS_ALONE, WITHOUT_PAGE
from tests.test_leaks import ADDRESSES


@pytest.fixture
def stage(world: World) -> Stage:
    return leaking.build(world)


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _is_page(response: HttpResponseBase) -> bool:
    """Whether a person looks at it: HTML of a whole page that is no refusal."""
    if response.status_code in {404, 410} or response.streaming:
        return False
    return b"<html" in response.content  # type: ignore[attr-defined]  # it does not stream


def test_an_address_without_a_page_gives_none_to_anybody(stage: Stage) -> None:
    clients = {name: _client(user) for name, user in stage.people.items()}
    acts = {name for name, reason in WITHOUT_PAGE.items() if reason == ACTS_ALONE}

    for name in acts:
        assert clients["sato"].get(ADDRESSES[name](stage)[0]).status_code == 405, name
    for name in set(WITHOUT_PAGE) - acts:
        opened = [who for who, client in clients.items() if _is_page(client.get(ADDRESSES[name](stage)[0]))]
        assert opened == [], name
