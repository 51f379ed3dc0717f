"""Which unit of a resource each claim sits on, when a resource has several.

Pure. Claims come and go, so the free units of a moment may not line up into one that is free for
a longer stretch; then those who sit there change places. Sorted by start, first fit needs exactly
as many units as claims ever overlap, so somebody is refused only when the resource is full.
"""

from __future__ import annotations

from collections.abc import Mapping

from scheduler.intervals import Interval


def seated(
    sitting: Mapping[int, Interval], wanted: Interval, capacity: int
) -> tuple[int, dict[int, int]] | None:
    """The unit for `wanted` and the unit of every claim in `sitting` (by key), or None when it is full.

    `sitting` must hold every claim that overlaps `wanted`, and every one that overlaps those, and
    so on: a part of them could be seated on somebody who is not listed.
    """
    newcomer = -1
    by_start = sorted([*sitting.items(), (newcomer, wanted)], key=lambda item: (item[1].start, item[0]))
    free_from: list[Interval | None] = [None] * capacity
    units: dict[int, int] = {}
    for key, interval in by_start:
        unit = next(
            (u for u, last in enumerate(free_from) if last is None or last.end <= interval.start), None
        )
        if unit is None:
            return None
        free_from[unit] = interval
        units[key] = unit
    return units.pop(newcomer), units
