"""A telephone's calendar follows a lesson: the real service, the real lessons, two readers."""

from __future__ import annotations

from datetime import datetime
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.cast import at
from tests.classrooms.feed_story import next_thursday
from tests.scheduler import calendar_readers
from tests.setup.service import manage, running, wait_until

PUBLIC_URL = "http://localhost:8859"
"""What its users call the service; the test itself asks it by its port."""


def do(folder: Path, step: str) -> str:
    code = f"from tests.classrooms import feed_story; print(feed_story.{step}() or '')"
    done = manage(folder, "shell", "--no-imports", "-c", code)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def ask(url: str, **headers: str) -> tuple[int, Message, bytes]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urlopen(Request(url, headers=named), timeout=30) as answer:  # noqa: S310 -- http to ourselves
            return answer.status, answer.headers, answer.read()
    except HTTPError as refusal:
        return refusal.code, refusal.headers, refusal.read()


def facts(url: str) -> tuple[str, int, str, datetime]:
    """UID, SEQUENCE, STATUS and start of the one event, on which both readers agree."""
    (event,) = calendar_readers.events(ask(url)[2])
    (said,) = calendar_readers.by_ical_js(url)["events"]
    read = (said["uid"], said["sequence"], said["status"], calendar_readers.instant(said["start"]))
    assert read == (
        str(event["uid"]), event.sequence, str(event["status"]), calendar_readers.start(event)
    )  # fmt: skip
    assert said["summary"] == str(event["summary"])
    return read


def mails(folder: Path) -> list[str]:
    """What lies in the mail folder: addressee and subject."""
    found = []
    for file in sorted((folder / "mail").glob("*")):
        for part in file.read_bytes().split(b"-" * 79):
            message = message_from_bytes(part.strip(), policy=default)
            if message["To"]:
                found.append(f"{message['To']} {message['Subject']}")
    return found


def story(folder: Path, url: str) -> None:
    uid, sequence, status, start = facts(url)
    assert (sequence, status, start) == (0, "CONFIRMED", at("9:45", next_thursday()))
    code, headers, _content = ask(url)
    assert ask(url, If_None_Match=headers["ETag"])[0] == 304
    assert ask(url, If_Modified_Since=headers["Last-Modified"])[0] == 304

    do(folder, "move")

    assert facts(url) == (uid, 1, "CONFIRMED", at("11:45", next_thursday()))
    code, changed, content = ask(url, If_None_Match=headers["ETag"])
    assert (code, changed["ETag"] == headers["ETag"]) == (200, False)
    (event,) = calendar_readers.events(content)
    assert str(event["summary"]) == "数学Ⅱ（2年・合同） 佐藤 直子先生 礼文と合同"
    assert str(event["location"]) == "受信機材1"
    assert str(event["description"]).splitlines()[0] == "利尻 4校時 11:45–12:35"
    page, room = str(event["url"]), str(event["description"]).split()[-1]
    assert page.startswith(f"{PUBLIC_URL}/lessons/")
    assert room.endswith(f"{PUBLIC_URL}/rooms/{uid.removesuffix('@enkaku')}/")

    do(folder, "cancel")

    assert facts(url) == (uid, 2, "CANCELLED", at("11:45", next_thursday()))


def test_a_subscribed_calendar_follows_a_lesson_that_is_moved_and_cancelled(tmp_path: Path) -> None:
    done = manage(tmp_path, "migrate", "--verbosity=0")
    assert done.returncode == 0, done.stderr
    secret = do(tmp_path, "begin")

    with running(tmp_path, "--port", "0", PUBLIC_URL=PUBLIC_URL, LOG_LEVEL="DEBUG") as service:
        url = f"{service.url}/calendar/{secret}.ics"
        story(tmp_path, url)
        told = 3 * 4
        wait_until(lambda: len(mails(tmp_path)) >= told, 20)
        ask(f"{service.url}/calendar/{secret}-wrong.ics")

    sent = mails(tmp_path)
    # Sato, Tanaka, Nakamura and Kudo, of three things each, once.
    assert len(sent) == len(set(sent)) == told
    assert sum(line.startswith("tanaka@example.jp") for line in sent) == 3
    kept = "".join(file.read_text(errors="replace") for file in (tmp_path / "mail").glob("*"))
    assert "山田" not in kept
    assert f"{PUBLIC_URL}/lessons/" in kept
    assert "Not Found: /calendar/….ics" in service.output
    assert secret not in service.output
