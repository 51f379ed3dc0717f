"""Japanese first; the reader's choice decides, and it is kept."""

from __future__ import annotations

from django.test import Client

from tests.cast import PASSWORD, World


def language_of(client: Client, path: str = "/help/", **headers: str) -> str:
    response = client.get(path, headers=headers)
    return "en" if '<html lang="en">' in response.content.decode() else "ja"


def test_first_visit_is_japanese_whatever_the_browser_prefers(db: None, client: Client) -> None:
    assert language_of(client, **{"Accept-Language": "en-GB,en;q=0.9"}) == "ja"


def test_choice_before_sign_in_is_kept_by_the_browser(db: None, client: Client) -> None:
    answer = client.post("/language/", {"language": "en", "next": "/help/"})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/help/")
    assert language_of(client) == "en"


def test_sign_in_brings_the_language_of_the_account(world: World, client: Client) -> None:
    client.post("/language/", {"language": "en"})

    client.post("/accounts/login/", {"login": "sato@example.jp", "password": PASSWORD})

    assert language_of(client) == "ja"


def test_choice_after_sign_in_is_kept_by_the_account(world: World, client: Client) -> None:
    client.force_login(world.sato)

    client.post("/language/", {"language": "en", "next": "/"})

    world.sato.refresh_from_db()
    assert world.sato.language == "en"
    elsewhere = Client()
    elsewhere.force_login(world.sato)
    assert language_of(elsewhere, "/") == "en"


def test_choice_of_no_language_of_ours_changes_nothing(world: World, client: Client) -> None:
    client.force_login(world.sato)

    assert client.post("/language/", {"language": "tlh"}).status_code == 400
    assert client.get("/language/").status_code == 405
    world.sato.refresh_from_db()
    assert world.sato.language == "ja"


def test_choice_never_leads_to_another_site(db: None, client: Client) -> None:
    answer = client.post("/language/", {"language": "en", "next": "//elsewhere.example/"})

    assert answer.headers["Location"] == "/"
