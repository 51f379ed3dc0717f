"""Looking into a room's page: what its connections have decoded, who it thinks is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core import signing
from playwright.sync_api import Page

from scheduler.models import Booking
from tests.browser.live import NewContext, sign_in

# Installed before the page's own scripts: remembers every connection, so that its statistics
# can be read. Nothing of the page is changed by it.
REMEMBER_CONNECTIONS = """
const Native = window.RTCPeerConnection;
window.connections = [];
window.RTCPeerConnection = class extends Native {
  constructor(...given) { super(...given); window.connections.push(this); }
};
"""
# Many pages on one machine: a small picture is decoded as truly as a large one.
SMALL_CAMERA = """
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = (wanted) =>
  open({...wanted, video: wanted.video && {width: 320, height: 180, frameRate: 15}});
"""
INBOUND = """
async () => {
  const legs = [];
  for (const connection of window.connections) {
    if (connection.connectionState === "closed") continue;
    const leg = {frames: 0, audio_bytes: 0, audio_packets: 0, state: connection.connectionState};
    for (const report of (await connection.getStats()).values()) {
      if (report.type !== "inbound-rtp") continue;
      if (report.kind === "video") leg.frames += report.framesDecoded;
      else { leg.audio_bytes += report.bytesReceived; leg.audio_packets += report.packetsReceived; }
    }
    legs.push(leg);
  }
  return legs;
}
"""


def enter(
    new_context: NewContext, booking: Booking, who: str, scripts: Sequence[str] = (), **options: object
) -> Page:
    """The booking's room as the account with this address sees it: opening the page is entering."""
    context = new_context(**options)
    for script in (REMEMBER_CONNECTIONS, *scripts):
        context.add_init_script(script)
    page = sign_in(context.new_page(), f"{who}@example.jp")
    page.goto(f"/rooms/{booking.uid}/?join=1")
    return page


@dataclass(frozen=True)
class Leg:
    """One connection of a page, as far as media came in on it."""

    frames: int
    audio_bytes: int
    audio_packets: int
    state: str


def legs(page: Page) -> list[Leg]:
    return [Leg(**facts) for facts in page.evaluate(INBOUND)]


def wait_for_media(page: Page, count: int, *, within_s: float = 90) -> list[Leg]:
    """Returns when `count` connections have decoded pictures and taken in sound.

    The page makes a leg anew that has hung for 45 seconds while it was made (legs.js); on two cores with
    nine browsers one does now and then.
    """
    for _ in range(int(within_s * 2)):
        now = legs(page)
        flowing = [
            leg for leg in now if leg.state == "connected" and leg.frames > 5 and leg.audio_bytes > 500
        ]
        if len(flowing) == count:
            return flowing
        page.wait_for_timeout(500)
    raise AssertionError(f"{count} legs wanted, got {legs(page)}")


def growth(page: Page, seconds: float = 2) -> list[tuple[int, int]]:
    """Frames decoded and bytes of sound on every open connection within so many seconds."""
    before = legs(page)
    page.wait_for_timeout(seconds * 1000)
    return [
        (after.frames - then.frames, after.audio_bytes - then.audio_bytes)
        for then, after in zip(before, legs(page), strict=True)
    ]


def growth_of_all(pages: Sequence[Page], seconds: float = 2) -> list[list[tuple[int, int]]]:
    """As `growth`, of several pages within the same seconds: frames and packets of sound."""
    before = [legs(page) for page in pages]
    pages[0].wait_for_timeout(seconds * 1000)
    return [
        [
            (after.frames - then.frames, after.audio_packets - then.audio_packets)
            for then, after in zip(were, legs(page), strict=True)
        ]
        for were, page in zip(before, pages, strict=True)
    ]


def peer_id(page: Page) -> str:
    """The id that the server gave this page, read from its resume token."""
    key = "Object.keys(sessionStorage).find((name) => name.startsWith('room '))"
    token: Any = page.evaluate(f"sessionStorage.getItem({key})")
    return str(signing.loads(token, salt="realtime.resume")[1])


def close_code(page: Page, room: object) -> int:
    """With which code a socket of this page into that room is closed."""
    script = """
    (room) => new Promise((resolve) => {
      const socket = new WebSocket(`ws://${location.host}/ws/rooms/${room}/`);
      socket.onclose = (event) => resolve(event.code);
    })
    """
    return int(page.evaluate(script, str(room)))
