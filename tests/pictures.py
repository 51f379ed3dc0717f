"""`make pictures`: every page in its states, at 1280 and 360 px, Japanese and English.

Fills a database of its own with the demonstration, starts a server on it whose clock shows
Tuesday 24 November 2026, 9:33, and drives Chromium over the list in `tests.pictures_list`.
`python -m tests.pictures today` takes only what has "today" in its name.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "pictures"
SHOWS = "2026-11-24T09:33:00+09:00"
WIDTHS = {"1280": (1280, 900), "360": (360, 720)}
LANGUAGES = ("ja", "en")

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.live import LiveServer
    from tests.pictures_cast import Picture


def prepare(folder: Path) -> dict[str, str]:
    """The environment of this process and of the server, set before Django starts."""
    environment = {
        "PICTURES_AT": os.environ.get("PICTURES_AT", SHOWS),
        "PICTURES_STARTED": datetime.now(UTC).isoformat(),
        "DJANGO_SETTINGS_MODULE": "tests.pictures_settings",
        "DATABASE_URL": f"sqlite:///{folder}/pictures.sqlite3",
        "ENKAKU_VAR": str(folder),
        "ENKAKU_EMBEDDED": "1",
        "REDIS_URL": "",
        "LOG_LEVEL": "WARNING",
    }
    os.environ.update(environment)
    return environment


def fill() -> None:
    from django.core.management import call_command  # noqa: PLC0415 -- after prepare()
    from django.utils import timezone  # noqa: PLC0415 -- after prepare()

    call_command("migrate", verbosity=0)
    call_command("demonstrate", date=timezone.localdate())


def sessions(pictures: list[Picture]) -> dict[tuple[str, str], str]:
    """A session key for everybody who looks, in each language."""
    from django.conf import settings  # noqa: PLC0415 -- after prepare()
    from django.test import Client  # noqa: PLC0415 -- after prepare()

    from scheduler.models import User  # noqa: PLC0415 -- after prepare()

    keys = {}
    for email in {p.email for p in pictures if p.email}:
        for language in LANGUAGES:
            User.objects.filter(email=email).update(language=language)
            client = Client()
            client.force_login(User.objects.get(email=email))
            keys[email, language] = client.cookies[settings.SESSION_COOKIE_NAME].value
        User.objects.filter(email=email).update(language=settings.LANGUAGE_CODE)
    return keys


def take(
    browser: Browser, server: LiveServer, pictures: list[Picture], keys: dict[tuple[str, str], str]
) -> int:
    """Writes the files; says and counts the pages that fail or are wider than their window."""
    from tests.pictures_acts import ACTS  # noqa: PLC0415 -- after setup()

    failed = 0
    for width, (across, down) in WIDTHS.items():
        for language in LANGUAGES:
            for picture in pictures:
                context = browser.new_context(
                    base_url=server.url,
                    viewport={"width": across, "height": down},
                    locale="ja-JP",
                    timezone_id="Asia/Tokyo",
                    reduced_motion="reduce",
                    permissions=["camera", "microphone"],
                )
                cookies = [{"name": "enkaku_language", "value": language, "url": server.url}]
                if picture.email:
                    cookies.append(
                        {"name": "sessionid", "value": keys[picture.email, language], "url": server.url}
                    )
                context.add_cookies(cookies)  # type: ignore[arg-type]  # a plain dict is a SetCookieParam
                page = context.new_page()
                answer = page.goto(picture.path)
                if answer is None or answer.status >= 500:
                    failed += 1
                    print(f"{picture.name} {width} {language}: {answer.status if answer else 'no answer'}")
                    context.close()
                    continue
                if picture.name in ACTS:
                    ACTS[picture.name](page)
                if picture.name.startswith("room-"):
                    page.wait_for_timeout(3000)  # a room is never idle; its picture needs this long
                else:
                    page.wait_for_load_state("networkidle")
                # The window as high as the page, or what sticks to its edge would lie over the middle.
                height = page.evaluate("document.documentElement.scrollHeight")
                page.set_viewport_size({"width": across, "height": max(height, down)})
                page.screenshot(path=FOLDER / f"{picture.name}-{width}-{language}.png")
                beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                if beyond > 0:
                    failed += 1
                    print(f"{picture.name} {width} {language}: {beyond} px wider than the window")
                context.close()
    return failed


def fill_for_tests(folder: Path) -> None:
    """A filled database in `folder`, and in `stage.json` what a test needs to look at it."""
    environment = prepare(folder)
    import django  # noqa: PLC0415 -- after prepare()

    django.setup()
    from tests import pictures_list  # noqa: PLC0415 -- after setup()

    fill()
    pictures = pictures_list.pictures()
    keys = sessions(pictures)
    stage = {
        "environment": environment,
        "pictures": [[p.name, p.path, p.email] for p in pictures],
        "sessions": {email: key for (email, language), key in keys.items() if language == "ja"},
    }
    (folder / "stage.json").write_text(json.dumps(stage))


def main(arguments: list[str]) -> int:
    began = time.monotonic()
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="enkaku-pictures-") as scratch:
        environment = prepare(Path(scratch))
        import django  # noqa: PLC0415 -- after prepare()

        django.setup()
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 -- slow to import

        from tests import pictures_list  # noqa: PLC0415 -- after setup()
        from tests.browser.live import AUTOPLAY, CHROMIUM, FLAGS, LiveServer  # noqa: PLC0415 -- after setup()

        fill()
        wanted = [p for p in pictures_list.pictures() if all(a in p.name for a in arguments)]
        keys = sessions(wanted)
        server = LiveServer(
            environment["DATABASE_URL"], Path(scratch) / "server.log", environment=environment
        )
        server.start()
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, AUTOPLAY])
                failed = take(browser, server, wanted, keys)
                browser.close()
        finally:
            server.kill()
    taken = len(wanted) * len(WIDTHS) * len(LANGUAGES)
    print(f"{taken} pictures in {FOLDER}, {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--fill"]:
        fill_for_tests(Path(sys.argv[2]))
    else:
        sys.exit(main(sys.argv[1:]))
