"""How often anybody may send something, and whose count it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings

from tests.cast import World

MOST = 3


@pytest.fixture(autouse=True)
def _few(settings: Settings) -> Iterator[None]:
    settings.POSTS_PER_MINUTE = MOST
    settings.BEHIND_PROXY = True
    cache.clear()
    yield
    cache.clear()


def post(client: Client, address: str = "203.0.113.9") -> int:
    return client.post("/language/", {"language": "en"}, headers={"x-forwarded-for": address}).status_code


def test_beyond_the_limit_an_account_is_told_to_wait_and_others_are_not(world: World) -> None:
    sato, ito = Client(), Client()
    sato.force_login(world.sato)
    ito.force_login(world.ito)

    answers = [post(sato) for _ in range(MOST + 1)]
    elsewhere = post(sato, "198.51.100.7")
    page = sato.post("/language/", {"language": "en"})

    assert 429 not in answers[:MOST]
    assert (answers[MOST], elsewhere) == (429, 429)
    assert page.headers["Retry-After"] == "60"
    assert post(ito) != 429
    assert sato.get("/").status_code == 200


@pytest.mark.parametrize(
    ("first", "second", "is_same"),
    [
        ("203.0.113.9", "203.0.113.9", True),
        ("203.0.113.9", "203.0.113.10", False),
        ("2001:db8:1:2::3", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::3", "2001:db8:1:3::3", False),
        ("198.51.100.1, 203.0.113.9", "198.51.100.2, 203.0.113.9", True),
    ],
)
def test_who_is_not_signed_in_is_counted_by_the_address_that_the_proxy_saw(
    db: None, first: str, second: str, is_same: bool
) -> None:
    client = Client()
    for _ in range(MOST):
        post(client, first)

    assert (post(client, second) == 429) is is_same


def test_without_a_proxy_what_a_visitor_writes_is_not_believed(db: None, settings: Settings) -> None:
    settings.BEHIND_PROXY = False
    client = Client()

    answers = [post(client, f"203.0.113.{n}") for n in range(MOST + 1)]

    assert answers[MOST] == 429
