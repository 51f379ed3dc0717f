"""Signing in, out, and getting a new password."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.test import Client

from tests.cast import PASSWORD, World

LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def fresh_limits() -> Iterator[None]:
    """allauth counts attempts in the cache, which outlives a test."""
    cache.clear()
    yield
    cache.clear()


def sign_in(client: Client, password: str = PASSWORD, *, to: str = "/") -> int:
    facts = {"login": "sato@example.jp", "password": password, "next": to}
    return client.post(LOGIN, facts).status_code


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_sign_in_with_the_right_password_leads_where_one_was_going(world: World, client: Client) -> None:
    asked = client.get("/calendar/")
    assert (asked.status_code, asked.headers["Location"]) == (302, "/accounts/login/?next=/calendar/")

    answer = client.post(LOGIN, {"login": "SATO@example.jp", "password": PASSWORD, "next": "/calendar/"})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/calendar/")
    assert is_signed_in(client)


def test_sign_in_never_leads_to_another_site(world: World, client: Client) -> None:
    answer = client.post(
        LOGIN, {"login": "sato@example.jp", "password": PASSWORD, "next": "https://elsewhere.example/"}
    )

    assert answer.headers["Location"] == "/"


def test_sign_in_with_a_wrong_password_says_so_in_one_summary(world: World, client: Client) -> None:
    page = client.post(LOGIN, {"login": "sato@example.jp", "password": "wrong"}).content.decode()

    assert "まだサインインしていません" in page
    assert "メールアドレスかパスワードが違います。" in page
    assert 'role="alert" tabindex="-1" autofocus' in page
    assert not is_signed_in(client)


def test_sign_in_with_nothing_marks_both_fields(world: World, client: Client) -> None:
    page = client.post(LOGIN, {"login": "", "password": ""}).content.decode()

    assert page.count('aria-invalid="true"') == 2
    assert '<a href="#id_login">メールアドレス' in page
    assert "This field" not in page


def test_unknown_address_reads_like_a_wrong_password(world: World, client: Client) -> None:
    answers = [
        client.post(LOGIN, {"login": login, "password": "wrong"}).content.decode()
        for login in ("sato@example.jp", "nobody@example.jp")
    ]

    shown = [re.search(r'<div class="banner bad".*?</ul>', page, re.DOTALL) for page in answers]
    assert shown[0] is not None
    assert shown[1] is not None
    assert shown[0].group() == shown[1].group()


def test_sixth_attempt_is_refused_even_with_the_right_password(world: World, client: Client) -> None:
    for _attempt in range(5):
        sign_in(client, "wrong")

    page = client.post(LOGIN, {"login": "sato@example.jp", "password": PASSWORD})

    assert not is_signed_in(client)
    assert "5分待って" in page.content.decode()


def test_account_that_is_closed_cannot_sign_in(world: World, client: Client) -> None:
    world.sato.is_active = False
    world.sato.save()

    sign_in(client)

    assert not is_signed_in(client)


def test_sign_up_is_closed_and_makes_no_account(world: World, client: Client) -> None:
    facts = {"email": "new@example.jp", "password1": PASSWORD, "password2": PASSWORD}

    pages = [client.get("/accounts/signup/"), client.post("/accounts/signup/", facts)]

    assert all("配信センターの管理者が作ります" in page.content.decode() for page in pages)
    assert not type(world.sato).objects.filter(email="new@example.jp").exists()


def test_sign_out_ends_the_session_on_a_press_and_not_on_a_visit(world: World, client: Client) -> None:
    sign_in(client)

    client.get("/accounts/logout/")
    assert is_signed_in(client)

    client.post("/accounts/logout/")
    assert not is_signed_in(client)


def test_password_reset_by_mail_sets_the_new_password_once(world: World, client: Client) -> None:
    client.post("/accounts/password/reset/", {"email": "sato@example.jp"})
    (letter,) = mail.outbox
    assert letter.subject == "遠隔：パスワードを決め直す"
    assert letter.to == ["sato@example.jp"]
    found = re.search(rf"{settings.PUBLIC_URL}(/accounts/password/reset/key/\S+)", str(letter.body))
    assert found is not None

    form = client.get(found.group(1), follow=True)
    new = {"password1": "ferry-in-the-snow", "password2": "ferry-in-the-snow"}
    client.post(form.request["PATH_INFO"], new)

    assert sign_in(Client(), "ferry-in-the-snow") == 302
    assert sign_in(Client(), PASSWORD) == 200
    assert "このリンクはもう使えません" in Client().get(found.group(1)).content.decode()


def test_password_reset_of_an_unknown_address_answers_alike_and_sends_nothing(
    world: World, client: Client
) -> None:
    answer = client.post("/accounts/password/reset/", {"email": "nobody@example.jp"})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/password/reset/done/")
    assert mail.outbox == []


def test_too_short_a_password_changes_nothing(world: World, client: Client) -> None:
    sign_in(client)

    page = client.post(
        "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": "short", "password2": "short"}
    ).content.decode()

    assert "パスワードは変わっていません" in page
    assert "10" in page
    world.sato.refresh_from_db()
    assert world.sato.check_password(PASSWORD)
