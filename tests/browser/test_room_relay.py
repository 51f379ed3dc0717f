"""Media over the relay alone, by UDP and by TCP; and no relay for credentials that have run out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from realtime import ice
from scheduler.models import Booking
from tests.browser.live import LiveServer, NewContext
from tests.browser.relay import SECRET, TURNSERVER, Relay, relay
from tests.browser.rooms import SMALL_CAMERA, enter, growth, wait_for_media
from tests.cast import World
from tests.realtime.lessons import book_lesson

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not TURNSERVER, reason="coturn is not installed: apt install coturn"),
]

SELECTED = """
async () => {
  const found = [];
  for (const connection of window.connections) {
    if (connection.connectionState !== "connected") continue;
    const reports = await connection.getStats();
    for (const {selectedCandidatePairId} of [...reports.values()].filter(({type}) => type === "transport")) {
      const pair = reports.get(selectedCandidatePairId);
      const {candidateType, relayProtocol} = reports.get(pair.localCandidateId);
      found.push([candidateType, relayProtocol, reports.get(pair.remoteCandidateId).candidateType]);
    }
  }
  return found;
}
"""
GATHER = """
(servers) => new Promise((resolve) => {
  const said = {candidates: 0, errors: []};
  const connection = new RTCPeerConnection({iceServers: servers, iceTransportPolicy: "relay"});
  connection.onicecandidate = ({candidate}) => {
    if (candidate?.candidate) said.candidates += 1;
    if (candidate === null) resolve(said);
  };
  connection.onicecandidateerror = ({errorCode}) => said.errors.push(errorCode);
  connection.createDataChannel("x");
  connection.setLocalDescription();
})
"""


@pytest.fixture
def running_relay(tmp_path: Path) -> Iterator[Relay]:
    with relay(tmp_path) as running:
        yield running


@pytest.fixture
def lesson(transactional_db: None, world: World) -> Booking:
    now = timezone.now()
    return book_lesson(world, now - timedelta(minutes=5), now=now)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_media_goes_over_the_relay_alone(
    lesson: Booking, live: LiveServer, new_context: NewContext, running_relay: Relay, transport: str
) -> None:
    live.environment |= running_relay.environment(transport)
    live.restart()

    teacher, school = (enter(new_context, lesson, who, [SMALL_CAMERA]) for who in ("sato", "rishiri-set1"))
    wait_for_media(teacher, 1)
    wait_for_media(school, 1)

    for page in (teacher, school):
        assert page.evaluate(SELECTED) == [["relay", transport, "relay"]]
        assert all(frames > 10 and sound > 1000 for frames, sound in growth(page))


def test_credentials_that_have_run_out_are_refused(
    page: Page, live: LiveServer, running_relay: Relay
) -> None:
    page.goto("/accounts/login/")
    urls = [f"turn:127.0.0.1:{running_relay.port}?transport=udp"]

    def gathered(ends_in: timedelta) -> dict[str, Any]:
        username, credential = ice.credentials("peer", secret=SECRET, valid_until=timezone.now() + ends_in)
        servers = [{"urls": urls, "username": username, "credential": credential}]
        return dict(page.evaluate(GATHER, servers))

    assert gathered(timedelta(hours=1))["candidates"] != 0
    expired = gathered(timedelta(minutes=-1))
    assert expired["candidates"] == 0
    assert 401 in expired["errors"]
