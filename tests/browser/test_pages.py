"""Every page of `make pictures`: no serious finding of axe, nothing wider than the window, by keyboard."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.urls import Resolver404, get_resolver, resolve
from playwright.sync_api import ConsoleMessage, Page

from tests import pages_apart
from tests.browser.live import ROOT, LiveServer, NewContext
from tests.pictures_acts import ACTS
from tests.pictures_cast import PASSWORD, TEACHER, Picture
from tests.test_documents import addresses

pytestmark = pytest.mark.browser

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


@dataclass(frozen=True, slots=True)
class Stage:
    """The demonstration in a database of its own: its pages, and who is signed in how."""

    environment: dict[str, str]
    pictures: list[Picture]
    sessions: dict[str, str]

    def sign_in(self, page: Page, email: str) -> None:
        cookie = {"name": "sessionid", "value": self.sessions[email], "url": "http://127.0.0.1"}
        page.context.add_cookies([cookie])  # type: ignore[list-item]  # a plain dict is a SetCookieParam


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Loaded once for the module, in another process: nobody here changes what another looks at."""
    folder = tmp_path_factory.mktemp("pages")
    environment = {**os.environ, "SECRET_KEY": settings.SECRET_KEY}
    subprocess.run(
        [sys.executable, "-m", "tests.pictures", "--fill", str(folder)],
        cwd=ROOT, check=True, stdout=subprocess.DEVNULL, env=environment,
    )  # fmt: skip
    facts = json.loads((folder / "stage.json").read_text())
    return Stage(facts["environment"], [Picture(*p) for p in facts["pictures"]], facts["sessions"])


@pytest.fixture(scope="module")
def live(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server whose clock shows Tuesday 24 November 2026, 9:33: twelve minutes before a lesson."""
    log = tmp_path_factory.mktemp("log") / "server.log"
    server = LiveServer(stage.environment["DATABASE_URL"], log, environment=stage.environment)
    server.start()
    yield server
    server.kill()


def axe_findings(page: Page) -> list[str]:
    """Serious and critical findings, each with the first element that has it."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    result: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{finding['id']}: {finding['nodes'][0]['html'][:160]}"
        for finding in result["violations"]
        if finding["impact"] in {"serious", "critical"}
    ]


def said_wrong(page: Page) -> list[str]:
    """Fills with what the browser finds wrong: failing scripts, and what the policy refused."""
    found: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # That the page itself is a refusal is no fault of the page.
        if message.type == "error" and message.location["url"] != page.url:
            found.append(f"console: {message.text[:200]}")

    page.on("console", hear)
    page.on("pageerror", lambda error: found.append(f"script: {error}"[:200]))
    return found


def faults(page: Page, width: int) -> list[str]:
    """What is wrong with the page in a window of this width; axe is there already."""
    page.set_viewport_size({"width": width, "height": 720})
    found = axe_findings(page)
    beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if beyond > 0:
        found.append(f"{beyond} px wider than the window")
    headings = page.locator("h1").filter(visible=True).count()
    if headings != 1:
        found.append(f"{headings} headings of the first level")
    if not page.title().endswith("遠隔") or page.title().startswith("|"):
        found.append(f"title: {page.title()}")
    return [f"{width}: {each}" for each in found]


@pytest.mark.skipif(not AXE.exists() and not os.environ.get("CI"), reason="npm ci has not run")
def test_every_page_is_accessible_and_fits(stage: Stage, new_context: NewContext) -> None:
    """No serious or critical finding of axe, nothing to scroll sideways for, one heading and a title,
    nothing that a script or the policy stumbled over; and no page of the service is left out."""
    found, seen = {}, set()
    for email, pictures in groupby(sorted(stage.pictures, key=_account), key=_account):
        context = new_context()
        for picture in pictures:
            if not email:  # these sign in, or lose their cookies
                context.close()
                context = new_context()
            page = context.new_page()
            wrong = said_wrong(page)
            if email:
                stage.sign_in(page, email)
            page.goto(picture.path)
            seen.add(_view(page.url))
            if act := ACTS.get(picture.name):
                act(page)
            seen.add(_view(page.url))
            if findings := [*wrong, *faults(page, 1280), *faults(page, 360)]:
                found[picture.name] = findings
            page.close()
        context.close()

    assert found == {}
    assert {name for _, name in addresses(get_resolver())} - seen == set(pages_apart.WITHOUT_PAGE)


def _account(picture: Picture) -> str:
    return picture.email


def _view(url: str) -> str:
    """The name of the address in the service."""
    try:
        return resolve(urlsplit(url).path).view_name
    except Resolver404:
        return ""


def test_axe_finds_what_is_wrong(new_context: NewContext) -> None:
    """The check itself: a picture without words is found."""
    page = new_context().new_page()
    page.set_content('<html lang="ja"><title>t</title><main><h1>t</h1><img src="data:,"></main></html>')

    assert [finding.split(":")[0] for finding in axe_findings(page)] == ["image-alt"]


def focused(page: Page) -> str:
    """The words of the element that has the focus."""
    words: str = page.evaluate("document.activeElement.innerText || document.activeElement.name || ''")
    return words.strip()


def test_room_is_reached_from_sign_in_by_keyboard_alone(new_context: NewContext) -> None:
    page = new_context().new_page()
    page.goto("/")
    page.keyboard.press("Tab")
    assert focused(page) == "本文へ"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type(TEACHER)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="11月24日（火）").wait_for()

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert focused(page) == "教室に入る"
    page.keyboard.press("Enter")
    page.wait_for_url("**/rooms/**")


def test_refused_sign_in_puts_the_focus_on_the_summary(new_context: NewContext) -> None:
    page = new_context().new_page()
    page.goto("/accounts/login/")

    page.get_by_role("textbox", name="メールアドレス").fill(TEACHER)
    page.get_by_label("パスワード").fill("wrong")
    page.get_by_role("button", name="サインインする").press("Enter")

    page.get_by_role("alert").wait_for()
    assert page.evaluate("document.activeElement.id") == "errors"


def test_minutes_count_down_while_the_page_stays_open(stage: Stage, new_context: NewContext) -> None:
    page = new_context().new_page()
    page.clock.install()
    stage.sign_in(page, TEACHER)
    page.goto("/")
    minutes = page.locator(".count:not([hidden]) [data-minutes] b")
    before = int(minutes.inner_text())

    page.clock.run_for(3 * 60 * 1000)
    assert int(minutes.inner_text()) in {before - 3, before - 2}

    page.clock.run_for(before * 60 * 1000)
    assert "授業中" in page.locator(".count:not([hidden])").inner_text()


def test_tabs_of_a_phone_let_go_when_enlarged(stage: Stage, new_context: NewContext) -> None:
    page = new_context(viewport={"width": 360, "height": 720}).new_page()
    stage.sign_in(page, TEACHER)
    page.goto("/")

    def place() -> str:
        result: str = page.evaluate("getComputedStyle(document.querySelector('.main-nav')).position")
        return result

    assert place() == "fixed"
    tabs = page.locator(".main-nav a").filter(visible=True)
    assert tabs.all_inner_texts() == ["今日", "予約", "出欠", "困ったとき"]
    # A window of 640 × 450 CSS pixels is what 200 % leaves of a laptop's 1280 × 900.
    page.set_viewport_size({"width": 640, "height": 450})
    assert place() == "static"
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0


def test_today_works_without_javascript(stage: Stage, new_context: NewContext) -> None:
    page = new_context(java_script_enabled=False).new_page()
    stage.sign_in(page, TEACHER)
    page.goto("/")

    page.get_by_role("link", name="教室に入る").wait_for()
    assert "開始まで" in page.locator(".count:not([hidden])").inner_text()
    page.get_by_role("button", name="English").click()
    page.get_by_role("link", name="Enter the room").wait_for()
