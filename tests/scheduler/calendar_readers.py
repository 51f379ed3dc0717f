"""A calendar as three independent programs read it: icalendar, and npm's ical.js and node-ical."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import icalendar
import pytest
import recurring_ical_events

ROOT = Path(__file__).resolve().parent.parent.parent


def events(content: bytes) -> list[icalendar.Event]:
    """The events that icalendar finds; every line ends and folds as RFC 5545 §3.1 has it."""
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")
    calendar = icalendar.Calendar.from_ical(content)
    assert not calendar.errors
    return [event for event in calendar.walk("VEVENT") if isinstance(event, icalendar.Event)]


class Shown(NamedTuple):
    """What a program shows of one event, series unrolled."""

    start: datetime
    end: datetime
    uid: str
    status: str
    summary: str


def shown_by_all(content: bytes) -> list[Shown]:
    """What the three show, by start; they agree in everything."""
    python = sorted(_by_icalendar(content))
    read = by_ical_js(content)
    for program in ("events", "nodeIcal"):
        theirs = sorted(
            Shown(instant(e["start"]), instant(e["end"]), e["uid"], e["status"], e["summary"])
            for e in read[program]
        )
        assert theirs == python, program
    return python


def _by_icalendar(content: bytes) -> list[Shown]:
    events(content)
    whole = recurring_ical_events.of(icalendar.Calendar.from_ical(content))
    found = whole.between(datetime(2000, 1, 1, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC))
    return [
        Shown(start(e), e.end.astimezone(UTC), str(e["uid"]), str(e["status"]), str(e["summary"]))
        for e in found
    ]


def by_ical_js(source: str | bytes) -> dict[str, Any]:
    """What ical.js understands of a calendar, given as its address or its bytes."""
    if not shutil.which("node") or not (ROOT / "node_modules" / "node-ical").exists():
        pytest.skip("Node with the packages of package.json is not here")
    command = ["node", "tests/js/read_calendar.js"]
    done = subprocess.run(
        [*command, source] if isinstance(source, str) else command,
        input=source if isinstance(source, bytes) else b"",
        cwd=ROOT, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def instant(written: str) -> datetime:
    """An instant as ical.js writes it."""
    return datetime.fromisoformat(written).astimezone(UTC)


def start(event: icalendar.Event) -> datetime:
    at = event.start
    assert isinstance(at, datetime)
    return at.astimezone(UTC)
