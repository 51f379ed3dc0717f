"""Who is connected to whom, with how much video, and over which relay."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest
from pytest_django.fixtures import Settings

from realtime import ice, topology
from realtime.topology import Mode, Role


@pytest.mark.parametrize(
    ("mode", "one", "other", "expected"),
    [
        ("star", "host", "guest", True),
        ("star", "guest", "host", True),
        ("star", "host", "host", True),
        ("star", "guest", "guest", False),
        ("mesh", "guest", "guest", True),
    ],
)
def test_linked_follows_the_shape_of_the_room(mode: Mode, one: Role, other: Role, *, expected: bool) -> None:
    assert topology.linked(mode, one, other) is expected


def test_the_floor_links_two_guests() -> None:
    assert topology.linked("star", "guest", "guest", has_floor=True)


@pytest.mark.parametrize(("expected", "kbps"), [(2, 700), (5, 600), (9, 300), (10, 266)])
def test_the_uplink_of_the_floor_is_shared_among_the_host_and_every_other_guest(
    expected: int, kbps: int
) -> None:
    with_floor = topology.caps("star", "guest", expected, has_floor=True)

    assert with_floor["video_kbps"] == kbps
    assert kbps * (expected - 1) <= topology.UPLINK_KBPS
    assert topology.caps("star", "guest", expected)["video_kbps"] == 700


def test_only_a_lesson_is_a_star() -> None:
    assert [topology.mode_of(kind) for kind in ("lesson", "practice", "conference")] == [
        "star",
        "mesh",
        "mesh",
    ]


@pytest.mark.parametrize(
    ("mode", "role", "expected", "kbps", "height"),
    [
        ("star", "host", 2, 700, 360),
        ("star", "host", 9, 300, 360),
        ("star", "host", 16, 160, 180),
        ("star", "host", 40, 120, 180),
        ("star", "guest", 9, 700, 360),
        ("mesh", "guest", 5, 600, 360),
    ],
)
def test_caps_share_one_uplink_among_the_receivers(
    mode: Mode, role: Role, expected: int, kbps: int, height: int
) -> None:
    caps = topology.caps(mode, role, expected)

    assert (caps["video_kbps"], caps["h"]) == (kbps, height)
    receivers = expected - 1 if mode == "mesh" or role == "host" else 1
    assert kbps == topology.VIDEO_KBPS_LEAST or kbps * receivers <= topology.UPLINK_KBPS


def test_servers_are_none_where_none_is_set(settings: Settings) -> None:
    settings.STUN_URLS = settings.TURN_URLS = []

    assert ice.servers("p1", valid_until=datetime(2026, 11, 26, tzinfo=UTC)) == []


def test_servers_carry_credentials_that_the_relay_can_check_and_that_end_with_the_room(
    settings: Settings,
) -> None:
    settings.STUN_URLS = ["stun:relay.example:3478"]
    settings.TURN_URLS = ["turn:relay.example:3478?transport=udp", "turns:relay.example:443?transport=tcp"]
    settings.TURN_SECRET = "snow"
    closes = datetime(2026, 11, 26, 1, 50, tzinfo=UTC)

    stun, turn = ice.servers("p1", valid_until=closes)

    username = f"{int(closes.timestamp())}:p1"
    assert stun == {"urls": settings.STUN_URLS}
    assert (turn["urls"], turn["username"]) == (settings.TURN_URLS, username)
    digest = hmac.new(b"snow", username.encode(), hashlib.sha1).digest()
    assert base64.b64decode(turn["credential"]) == digest
