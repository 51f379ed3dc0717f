"""Who is connected to whom, and with how much video each sends. Pure.

In a star every school sends to and receives from the hosts alone, and whoever has the floor sends
to all the others besides; in a mesh everybody is connected to everybody. Of a pair, the newcomer
offers, or whoever has the floor.
"""

from __future__ import annotations

from typing import Literal, TypedDict

Mode = Literal["star", "mesh"]
Role = Literal["host", "guest"]

# What a centre's or a school's line carries upwards with room for everything else on it.
UPLINK_KBPS = 2400
MOST_IN_CONFERENCE = 5
"""Browsers: each sends its picture to every other, over one rural line upwards."""
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


def linked(mode: Mode, one: Role, other: Role, *, has_floor: bool = False) -> bool:
    """Whether the room connects these two. `has_floor`: one of them has it."""
    return mode == "mesh" or "host" in (one, other) or has_floor


def caps(mode: Mode, role: Role, expected: int, *, has_floor: bool = False) -> Caps:
    """Encoding limits of a peer when `expected` peers are in the room, itself included.

    A guest with the floor sends to the host and to every other guest over one uplink.
    """
    sends_to_all = mode == "mesh" or role == "host" or has_floor
    receivers = max(1, expected - 1 if sends_to_all else 1)
    kbps = max(VIDEO_KBPS_LEAST, min(VIDEO_KBPS_MOST, UPLINK_KBPS // receivers))
    if kbps >= 240:
        return Caps(video_kbps=kbps, fps=15, w=640, h=360)
    return Caps(video_kbps=kbps, fps=15, w=320, h=180)
