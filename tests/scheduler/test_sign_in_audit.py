"""What the audit keeps of signing in: who, when, from where; never what was typed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from scheduler import audit
from scheduler.models import AuditEntry
from tests.cast import PASSWORD, World

LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def fresh_limits() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def sign_in(client: Client, login: str = "sato@example.jp", password: str = PASSWORD) -> None:
    client.post(LOGIN, {"login": login, "password": password})


def kept() -> list[tuple[str, str, str, int | None, str]]:
    """Action, event, outcome, actor and object of every entry."""
    columns = ("action", "event", "outcome", "actor_id", "object_key")
    return list(AuditEntry.objects.values_list(*columns))


def everything() -> str:
    return json.dumps(list(AuditEntry.objects.values()), default=str)


def test_signing_in_and_out_are_kept_with_the_address_and_the_post(world: World, client: Client) -> None:
    sign_in(client)
    client.post("/accounts/logout/")

    key = str(world.sato.pk)
    assert kept() == [
        ("sign_in", "account.sign_in", "success", world.sato.pk, key),
        ("sign_out", "account.sign_out", "success", world.sato.pk, key),
    ]
    entry = AuditEntry.objects.first()
    assert entry is not None
    assert (entry.address, entry.actor_role, entry.organisation_id) == (
        "127.0.0.1", "teacher", world.centre.pk,
    )  # fmt: skip
    assert audit.verify() == []


def test_failed_sign_in_names_the_account_and_not_the_password(world: World, client: Client) -> None:
    sign_in(client, password="my-other-secret")

    assert kept() == [("sign_in_failed", "account.sign_in", "failure", None, str(world.sato.pk))]
    assert "my-other-secret" not in everything()


def test_failed_sign_in_of_an_unknown_address_keeps_nothing_that_was_typed(
    world: World, client: Client
) -> None:
    sign_in(client, login="hunter2@typed.example", password="my-other-secret")

    assert kept() == [("sign_in_failed", "account.sign_in", "failure", None, "")]
    assert "hunter2" not in everything()
    assert "my-other-secret" not in everything()


def test_locked_account_is_kept_as_such(world: World, client: Client) -> None:
    for _attempt in range(5):
        sign_in(client, password="wrong")

    sign_in(client)

    assert kept()[-1] == ("sign_in_failed", "account.locked", "failure", None, str(world.sato.pk))


def test_changed_and_reset_passwords_are_kept(world: World, client: Client) -> None:
    sign_in(client)
    new = {"oldpassword": PASSWORD, "password1": "ferry-in-the-snow", "password2": "ferry-in-the-snow"}
    client.post("/accounts/password/change/", new)
    stranger = Client()
    stranger.post("/accounts/password/reset/", {"email": "sato@example.jp"})
    link = re.search(r"https?://[^/]+(/accounts/password/reset/key/\S+)", str(mail.outbox[0].body))
    assert link is not None

    form = stranger.get(link.group(1), follow=True)
    stranger.post(
        form.request["PATH_INFO"], {"password1": "snow-on-the-hills", "password2": "snow-on-the-hills"}
    )

    assert [event for _action, event, *_rest in kept()] == [
        "account.sign_in", "account.password_change", "account.password_reset",
    ]  # fmt: skip
