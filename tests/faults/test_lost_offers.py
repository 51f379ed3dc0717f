"""An offer that never arrives, between real browsers: rollback and renewal as Chromium does them."""

from __future__ import annotations

import pytest

from tests.browser.live import LiveServer
from tests.faults.conftest import Seat, Sit
from tests.faults.witness import await_media

pytestmark = [pytest.mark.browser, pytest.mark.postgresql]

# The page's socket loses so many offers when told to, as a line does that dies under a frame.
LOSES_OFFERS = """
window.offersToLose = 0;
const NativeSocket = window.WebSocket;
window.WebSocket = class extends NativeSocket {
  send(text) {
    if (JSON.parse(text).t === "offer" && window.offersToLose > 0) window.offersToLose -= 1;
    else super.send(text);
  }
};
"""
STABLE = (
    "() => window.connections.filter((each) => each.connectionState !== 'closed')"
    ".every((each) => each.signalingState === 'stable' && each.connectionState === 'connected')"
)
RENEW = "window.connections.at(-1).restartIce()"
WATCHED_MS = 4000


def test_a_renewal_that_is_lost_does_not_block_the_pair(here: LiveServer, sit: Sit) -> None:
    """Fails when an offer without an answer is not taken back.

    The impolite of the two, waiting for an answer, would ignore every offer of the other.
    """
    pair = [sit(who, here, script=LOSES_OFFERS) for who in ("sato", "rishiri-set1")]
    await_media(*pair, within_s=40)
    impolite, polite = sorted(pair, key=_peer, reverse=True)

    impolite.page.evaluate("window.offersToLose = 1")
    impolite.page.evaluate(RENEW)
    impolite.page.wait_for_function("window.offersToLose === 0")
    polite.page.evaluate(RENEW)

    for seat in pair:
        seat.page.wait_for_timeout(500)
        seat.page.wait_for_function(STABLE, timeout=3 * WATCHED_MS)
    await_media(*pair, within_s=10)


def _peer(seat: Seat) -> str:
    """Of two peers the one with the greater id, as JavaScript compares strings, is impolite."""
    return seat.peer
