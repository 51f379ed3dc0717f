"""How often anybody may send something, and whose count it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings

from scheduler.models import Invitation, Role
from tests.cast import World
from tests.scheduler import test_people

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


RESET = "/accounts/password/reset/"


def test_mails_for_a_new_password_are_five_an_hour_to_one_address_and_the_answer_is_the_same(
    world: World, settings: Settings
) -> None:
    settings.POSTS_PER_MINUTE = 0

    answers = [Client().post(RESET, {"email": "Sato@example.jp"}) for _ in range(7)]
    unknown = [Client().post(RESET, {"email": "nobody@example.jp"}) for _ in range(7)]
    Client().post(RESET, {"email": world.ito.email})

    told = {(answer.status_code, answer.headers["Location"]) for answer in answers + unknown}
    assert told == {(302, "/accounts/password/reset/done/")}
    assert [letter.to for letter in mail.outbox] == [["sato@example.jp"]] * 5 + [["ito@example.jp"]]


def test_mails_for_a_new_password_are_twenty_an_hour_from_one_address(
    world: World, settings: Settings
) -> None:
    settings.POSTS_PER_MINUTE = 0

    for n in range(20):
        Client().post(RESET, {"email": f"nobody{n}@example.jp"})
    answer = Client().post(RESET, {"email": world.sato.email})
    here = len(mail.outbox)
    Client().post(RESET, {"email": world.sato.email}, headers={"x-forwarded-for": "203.0.113.9"})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/password/reset/done/")
    assert (here, len(mail.outbox)) == (0, 1)


def test_the_hundred_and_first_invitation_of_an_hour_is_refused_and_nothing_typed_is_lost(
    world: World, settings: Settings
) -> None:
    settings.POSTS_PER_MINUTE = 0
    client = test_people.as_(world.admin)
    for n in range(100):
        offer = test_people.offer(world, world.centre, Role.TEACHER, email=f"new{n}@example.jp")
        assert client.post("/people/invite/", offer).status_code == 302

    facts = test_people.offer(world, world.centre, Role.TEACHER, email="late@example.jp", post="教諭")
    refused = client.post("/people/invite/", facts)
    one = Invitation.objects.order_by("pk")[0]
    again = client.post(f"/people/invitations/{one.uid}/resend/", follow=True)

    page = refused.content.decode()
    assert refused.status_code == 422
    assert "1時間に100件" in page
    assert all(f'value="{typed}"' in page for typed in ("late@example.jp", "高橋 実", "教諭"))
    assert "1時間に100件" in again.content.decode()
    assert (Invitation.objects.count(), len(mail.outbox)) == (100, 100)
    other = test_people.offer(world, world.rishiri, Role.ROOM_STAFF, email="another@example.jp")
    assert test_people.as_(world.nakamura).post("/people/invite/", other).status_code == 302
