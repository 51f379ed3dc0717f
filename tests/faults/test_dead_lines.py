"""Lines that swallow everything for a while, between real browsers and a real server.

Nobody is told: the interfaces stay up and packets vanish in the network. Needs root, for namespaces.
"""

from __future__ import annotations

import time

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from realtime.models import Visit
from realtime.protocol import AWAY_AFTER_S
from scheduler.models import Booking
from tests.browser.live import LiveServer
from tests.cast import World
from tests.faults import netlab
from tests.faults.conftest import DOWN, Seat, Sit
from tests.faults.netlab import Network
from tests.faults.witness import (
    assert_true_seconds,
    await_media,
    evidence,
    is_within_a_beat,
    length,
    register,
    stays,
)

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, netlab.needed()]

Pair = tuple[Seat, Seat]
SLACK_S = 5


@pytest.fixture
def pair(far: LiveServer, network: Network, sit: Sit) -> Pair:
    """The teacher and a school, with media."""
    teacher = sit("sato", far, network.places["centre"])
    school = sit("rishiri-set1", far, network.places["school"])
    await_media(teacher, school, within_s=40)
    return teacher, school


def test_after_8_s_of_dead_line_media_returns_and_the_stay_is_one(
    pair: Pair, network: Network, lesson: Booking, world: World
) -> None:
    """Fails when the page waits for its old socket: TCP tries that one again after 13 s or more."""
    teacher, school = pair
    peer = school.peer

    network.cut("school")
    time.sleep(8)
    network.mend("school")
    mended_at = timezone.now()
    await_media(teacher, school, within_s=15)

    assert school.peer == peer
    (stay,) = stays(lesson, world.rishiri, since=mended_at)
    assert stay.ended_at is None
    now = timezone.now()
    measured = evidence(lesson, world.rishiri, now)
    assert measured.outages == ()
    assert_true_seconds(measured, school, now)


def test_after_25_s_of_dead_line_media_returns_and_the_gap_is_the_lines(
    pair: Pair, network: Network, lesson: Booking, world: World
) -> None:
    """Both sides give the line up by themselves while nobody tells them anything.

    Fails when the page does not count the seconds of silence (its line never breaks), and when the
    server does not (the school never goes away).
    """
    teacher, school = pair
    peer = school.peer
    present = teacher.page.locator("#people-count")
    expect(present).to_have_text("2")

    network.cut("school")
    cut_at = timezone.now()
    school.await_line(DOWN, within_s=AWAY_AFTER_S / 2 + SLACK_S)
    expect(present).to_have_text("1", timeout=(AWAY_AFTER_S + SLACK_S) * 1000)
    time.sleep(max(0, 25 - (timezone.now() - cut_at).total_seconds()))
    network.mend("school")
    mended_at = timezone.now()
    school.await_line()
    back_at = timezone.now()
    await_media(teacher, school, within_s=30)

    assert school.peer == peer
    before, after = stays(lesson, world.rishiri, since=back_at)
    assert (before.peer, after.peer) == (peer, peer)
    assert is_within_a_beat(before.ended_at, cut_at)
    assert before.end_reason == Visit.EndReason.TIMEOUT
    assert mended_at <= after.started_at <= back_at
    assert after.began == Visit.Began.LINE
    (outage,) = evidence(lesson, world.rishiri, timezone.now()).outages
    assert outage.cause == "line"
    assert is_within_a_beat(outage.interval.start, cut_at)
    assert outage.interval.end == after.started_at
    lasted = length(outage.interval.start, outage.interval.end)
    assert f"（{lasted}・回線）" in register(lesson, world.rishiri, world.nakamura)
