"""Every answer is confined: no script but our own files, no frame around us, no address told to others.

Asked of every address of the service, of the administration's and of sign-in's, and of every refusal.
"""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.core.cache import cache
from django.db import DatabaseError, OperationalError, connection
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver, reverse
from pytest_django.fixtures import Settings

from scheduler import account_urls
from scheduler.models import User
from tests import confinement, leaking
from tests.cast import World
from tests.leaking import Stage
from tests.scheduler.test_database_away import failing
from tests.test_documents import addresses
from tests.test_leaks import ADDRESSES

READERS = ("", "admin", "suzuki", "sato", "nakamura", "rishiri_device", "board", "auditor", "case")
"""Nobody, and whoever opens what the others do not; "case" is the doctor of the only consultation."""

WRITERS = {"", "admin", "root"}


@pytest.fixture
def stage(world: World) -> Stage:
    return leaking.build(world)


def _client(stage: Stage, who: str) -> Client:
    client = Client(raise_request_exception=False)
    if who:
        client.force_login(User.objects.get(email="okabe@example.jp") if who == "case" else stage.people[who])
    return client


def _looked_at(client: Client, paths: list[str], who: str) -> dict[str, list[str]]:
    answers = [(f"GET {path}", client.get(path)) for path in paths]
    if who in WRITERS:
        answers += [(f"POST {path}", client.post(path, {})) for path in paths]
    return {
        f"{asked} by {who or 'nobody'}: {response.status_code}": wrong
        for asked, response in answers
        if (wrong := confinement.faults(response))
    }


def test_every_page_is_confined_whoever_asks(stage: Stage) -> None:
    found: dict[str, list[str]] = {}
    for who in READERS:
        paths = [path for each in ADDRESSES.values() for path in each(stage)[:1]]
        found |= _looked_at(_client(stage, who), paths, who)

    assert found == {}


def test_pages_of_sign_in_are_confined(stage: Stage) -> None:
    names = {entry.name for entry in account_urls.urlpatterns}
    paths = [path for path, name in addresses(get_resolver()) if name in names and "^" not in path]
    paths.append(reverse("account_reset_password_from_key", args=["1", "abc-def"]))
    found: dict[str, list[str]] = {}

    for who in ("", "sato"):
        found |= _looked_at(_client(stage, who), paths, who)

    assert len(paths) == len(names)
    assert found == {}


def test_pages_of_the_administration_are_confined(stage: Stage) -> None:
    root = User.objects.create_superuser("root@example.jp", "snow-on-the-ferry", name="管理")
    client = Client()
    client.force_login(root)
    paths = ["/admin/", "/admin/login/", "/admin/password_change/", "/admin/jsi18n/", "/admin/nowhere/"]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        first = model._default_manager.order_by("pk").first()
        paths += [reverse(f"{name}_changelist"), reverse(f"{name}_add")]
        if first is not None:
            paths += [reverse(f"{name}_{page}", args=[first.pk]) for page in ("change", "delete", "history")]

    assert len(paths) > 20
    assert _looked_at(client, paths, "root") == {}


def test_every_refusal_is_a_page_with_words_and_confined(stage: Stage, settings: Settings) -> None:
    signed_in, stranger, unproven = (
        _client(stage, "sato"),
        _client(stage, ""),
        Client(enforce_csrf_checks=True),
    )
    too_many = {f"field-{n}": "" for n in range(2001)}
    answers = {
        404: [signed_in.get("/nowhere/"), stranger.get("/nowhere/")],
        403: [unproven.post("/language/", {"language": "en"})],
        400: [
            stranger.get("/", headers={"host": "nowhere.example"}),
            signed_in.post("/language/", too_many),
        ],
    }
    for error, status in ((OperationalError, 503), (DatabaseError, 500)):
        with connection.execute_wrapper(failing(error)):
            answers[status] = [signed_in.get("/")]
    settings.POSTS_PER_MINUTE = 1
    cache.clear()
    answers[429] = [stranger.post("/language/", {}) for _ in range(2)][1:]

    for status, responses in answers.items():
        for response in responses:
            assert response.status_code == status
            assert confinement.faults(response) == [], status
            assert '<html lang="ja">' in response.content.decode()
            assert response.content.decode().count("<h1>") == 1


@pytest.mark.parametrize(
    "policy",
    [
        "",
        "default-src 'self'; frame-ancestors 'none'",
        "default-src 'none'; script-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
        "default-src 'none'; script-src 'self' https://cdn.example; frame-ancestors 'none'",
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        "default-src 'none'; script-src 'self'",
    ],
)
def test_the_check_finds_what_is_wrong(policy: str) -> None:
    rest = {"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}

    assert confinement.faults(HttpResponse(headers={"Content-Security-Policy": policy, **rest}))
