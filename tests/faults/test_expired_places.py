"""A dead line that outlives the minute for which a peer keeps its place.

The server runs the service with that minute, and what belongs to it, five times as fast.
"""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

from realtime.protocol import LEFT_AFTER_S
from tests.browser.live import LiveServer
from tests.faults import netlab
from tests.faults.conftest import Sit
from tests.faults.netlab import Network
from tests.faults.witness import await_media

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, netlab.needed()]


@pytest.fixture
def application() -> str:
    return "tests.faults.hurried:application"


def test_whoever_returns_after_its_place_is_gone_has_media_again(
    far: LiveServer, network: Network, sit: Sit
) -> None:
    """The teacher has dropped the old connection; the school, which knows nothing of it, renews it.

    Fails when the renewal of a connection that is gone is answered on another instead of by `reset`.
    """
    teacher = sit("sato", far, network.places["centre"])
    school = sit("rishiri-set1", far, network.places["school"])
    await_media(teacher, school, within_s=40)
    peer = school.peer
    tile = teacher.page.locator(f"[data-peer='{peer}']")

    network.cut("school")
    expect(tile).to_have_count(0, timeout=(LEFT_AFTER_S / 5 + 3) * 1000)
    time.sleep(2)
    network.mend("school")
    await_media(teacher, school, within_s=30)

    assert school.peer == peer
    expect(tile).to_have_count(1)
    for seat in (teacher, school):
        # Each has given up the connection that the other no longer had, and met it on a new one.
        assert seat.page.evaluate("window.connections.map((each) => each.connectionState)") == [
            "closed",
            "connected",
        ]
