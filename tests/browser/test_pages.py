"""Every page of `make pictures`: no serious finding of axe, nothing wider than the window, by keyboard."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from classrooms import demonstration
from tests import pictures_list
from tests.browser.live import LiveServer, NewContext, database_url, rows, sign_in

pytestmark = pytest.mark.browser

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
SHOWS = datetime(2026, 11, 24, 0, 33, tzinfo=UTC)
"""Tuesday 24 November 2026, 9:33 in Japan: twelve minutes before a lesson of the demonstration."""


@pytest.fixture
def live(
    transactional_db: None,
    django_db_serialized_rollback: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[LiveServer]:
    """A server on the demonstration, its clock at SHOWS."""
    started = datetime.now(UTC)
    real_now = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: real_now() + (SHOWS - started))
    demonstration.load(now=SHOWS)
    server = LiveServer(
        database_url(),
        tmp_path / "server.log",
        environment={
            "ENKAKU_VAR": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "tests.pictures_settings",
            "PICTURES_STARTED": started.isoformat(),
            "PICTURES_AT": SHOWS.isoformat(),
        },
    )
    server.start()
    yield server
    server.kill()


def axe_findings(page: Page) -> list[str]:
    """Serious and critical findings, each with the first element that has it."""
    page.evaluate(AXE.read_text())
    result: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{finding['id']}: {finding['nodes'][0]['html'][:160]}"
        for finding in result["violations"]
        if finding["impact"] in {"serious", "critical"}
    ]


@pytest.mark.skipif(not AXE.exists() and not os.environ.get("CI"), reason="npm ci has not run")
@pytest.mark.parametrize("width", [360, 1280])
def test_every_page_is_accessible_and_fits_its_window(new_context: NewContext, width: int) -> None:
    """No serious or critical finding of axe, and nothing to scroll sideways for."""
    found = {}
    for picture in rows(pictures_list.pictures):
        page = new_context(viewport={"width": width, "height": 720}).new_page()
        if picture.email:
            sign_in(page, picture.email)
        page.goto(picture.path)
        if picture.act:
            picture.act(page)
        findings = axe_findings(page)
        beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if beyond > 0:
            findings.append(f"{beyond} px wider than the window")
        if findings:
            found[picture.name] = findings
        page.context.close()

    assert found == {}
