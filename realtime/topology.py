"""Who is connected to whom, and with how much video each sends. Pure.

In a star every school sends to and receives from the hosts alone; in a mesh everybody is
connected to everybody. Of a pair, the newcomer offers.
"""

from __future__ import annotations

from typing import Literal, TypedDict

Mode = Literal["star", "mesh"]
Role = Literal["host", "guest"]

# What a centre's or a school's line carries upwards with room for everything else on it.
UPLINK_KBPS = 2400
VIDEO_KBPS_LEAST, VIDEO_KBPS_MOST = 120, 700


class Caps(TypedDict):
    """What one sender encodes for one receiver."""

    video_kbps: int
    fps: int
    w: int
    h: int


def mode_of(kind: str) -> Mode:
    """Lessons have a host whom everybody looks at; every other kind is a meeting of equals."""
    return "star" if kind == "lesson" else "mesh"


def linked(mode: Mode, one: Role, other: Role) -> bool:
    return mode == "mesh" or "host" in (one, other)


def caps(mode: Mode, role: Role, expected: int) -> Caps:
    """Encoding limits of a peer when `expected` peers are in the room, itself included."""
    receivers = max(1, expected - 1 if mode == "mesh" or role == "host" else 1)
    kbps = max(VIDEO_KBPS_LEAST, min(VIDEO_KBPS_MOST, UPLINK_KBPS // receivers))
    if kbps >= 240:
        return Caps(video_kbps=kbps, fps=15, w=640, h=360)
    return Caps(video_kbps=kbps, fps=15, w=320, h=180)
