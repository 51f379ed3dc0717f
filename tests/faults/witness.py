"""What a test of faults measures for itself, and what the service has recorded, side by side."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.html import strip_tags

from classrooms import evidence_reading, register_words
from classrooms.evidence import Evidence
from classrooms.models import Reception
from realtime.models import Visit
from scheduler.intervals import Interval
from scheduler.models import Booking, Organisation, User
from tests.browser.live import rows
from tests.browser.rooms import legs
from tests.faults.conftest import Seat

BEAT = timedelta(seconds=5)
"""Nothing is recorded more finely than a beat, and nothing may be off by more."""
WRITTEN_WITHIN_S = 40
"""Beats are written every five seconds, and TCP sends again what was lost at doubling intervals."""


def stays(lesson: Booking, school: Organisation, since: datetime) -> list[Visit]:
    """The school's rows, once a sign of life from after `since` has been written."""
    every = Visit.objects.filter(booking=lesson, organisation=school).order_by("started_at")
    deadline = time.monotonic() + WRITTEN_WITHIN_S
    while not rows(every.filter(last_beat_at__gt=since).exists):
        assert time.monotonic() < deadline, f"no sign of life: {rows(lambda: list(every.values()))}"
        time.sleep(0.5)
    return rows(lambda: list(every.all()))


def evidence(lesson: Booking, school: Organisation, now: datetime) -> Evidence:
    """What the register says of the school's own period at `now`."""

    def read() -> Evidence:
        reception = Reception.objects.select_related("participant").get(lesson=lesson.pk, school=school)
        return evidence_reading.of_reception(reception, now).school

    return rows(read)


def register(lesson: Booking, school: Organisation, reader: User) -> str:
    """The words of the school's register, as this account reads them."""

    def read() -> str:
        client = Client(SERVER_NAME="127.0.0.1")
        client.force_login(reader)
        reception = Reception.objects.get(lesson=lesson.pk, school=school)
        page = client.get(reverse("classrooms:register", args=[reception.pk]))
        assert page.status_code == 200
        return strip_tags(page.content.decode())

    return rows(read)


def length(start: datetime, end: datetime) -> str:
    """As the register says it: 「27秒」,「1分5秒」."""
    with translation.override("ja"):
        return register_words.length(Interval(start, end))


def assert_true_seconds(measured: Evidence, seat: Seat, now: datetime) -> None:
    """The school has been there since this seat was taken, and nothing was taken from it."""
    least, most = (
        (now - at - slack).total_seconds() for at, slack in ((seat.entered_at, BEAT), (seat.asked_at, -BEAT))
    )
    assert least <= measured.seconds <= most


def is_within_a_beat(recorded: datetime | None, true: datetime) -> bool:
    return recorded is not None and abs(recorded - true) <= BEAT


def await_media(*seats: Seat, within_s: float) -> float:
    """Seconds until pictures and sound arrive at all of them."""
    began = time.monotonic()
    while (taken := time.monotonic() - began) < within_s:
        if all(_flows(seat) for seat in seats):
            return taken
    raise AssertionError(f"no media within {within_s} s: {[legs(seat.page) for seat in seats]}")


def _flows(seat: Seat) -> bool:
    """Whether there are connections, the same for a moment, and media comes in on every one."""
    before = legs(seat.page)
    seat.page.wait_for_timeout(700)
    after = legs(seat.page)
    return 0 < len(before) == len(after) and all(
        now.frames - then.frames > 3 and now.audio_bytes - then.audio_bytes > 300
        for then, now in zip(before, after, strict=True)
    )
