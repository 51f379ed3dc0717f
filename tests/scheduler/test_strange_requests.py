"""Whatever stands in cookies and headers, a page answers: who cannot be known is nobody."""

from __future__ import annotations

import pytest
from django.conf import settings as served
from django.test import Client
from pytest_django.fixtures import Settings

from tests.cast import World

NUL = '"\\000aaaaaaaaaaaa"'
"""As a cookie writes it; Python's parser gives the character."""
STRANGE = [NUL, "é" * 12, "A" * 32, "a" * 41, "a" * 4000, "../" * 12, ""]
COOKIES = [
    served.SESSION_COOKIE_NAME, served.CSRF_COOKIE_NAME, served.LANGUAGE_COOKIE_NAME, "messages",
]  # fmt: skip
HEADERS = [
    "accept", "accept-language", "forwarded", "hx-current-url", "hx-request", "hx-target",
    "if-modified-since", "if-none-match", "range", "referer", "sec-fetch-mode", "user-agent",
    "x-csrftoken", "x-forwarded-for", "x-requested-with",
]  # fmt: skip
PATHS = ["/accounts/login/", "/accounts/password/reset/", "/help/", "/invitations/secret/"]


def answers(**headers: str) -> set[int]:
    client = Client(raise_request_exception=False)
    found = {client.get(path, headers=headers).status_code for path in PATHS}
    found |= {client.post(path, {"email": "sato@example.jp"}, headers=headers).status_code for path in PATHS}
    return found | {client.get("/", headers=headers).status_code}


@pytest.mark.parametrize("value", STRANGE)
def test_strange_cookies_are_none(world: World, value: str) -> None:
    cookie = "; ".join(f"{name}={value}" for name in COOKIES)

    page = Client(raise_request_exception=False).get("/", headers={"cookie": cookie})

    assert (page.status_code, page.headers["Location"]) == (302, "/accounts/login/?next=/")
    assert not {status for status in answers(cookie=cookie) if status >= 500}


@pytest.mark.parametrize("value", ["\0", "a" * 10_000, "é"])
@pytest.mark.parametrize("is_behind_proxy", [False, True])
def test_strange_headers_break_no_page(
    world: World, settings: Settings, value: str, is_behind_proxy: bool
) -> None:
    settings.BEHIND_PROXY = is_behind_proxy

    assert not {status for status in answers(**dict.fromkeys(HEADERS, value)) if status >= 500}
