"""The frame of the browser tests itself."""

from __future__ import annotations

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page

from tests.browser.live import LiveServer, rows, sign_in

pytestmark = pytest.mark.browser


def test_a_signed_in_page_is_known_to_the_server(live: LiveServer, page: Page) -> None:
    sign_in(page, "sato@example.jp")

    response = page.goto("/accounts/password/change/")

    assert response is not None
    assert response.status == 200
    assert "/accounts/password/change/" in page.url
    assert rows(Session.objects.count) == 1
