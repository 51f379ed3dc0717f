"""VTIMEZONE blocks (RFC 5545 §3.6.5): when a zone's clocks change, for whoever has no zone table.

Pure. Written here because the icalendar library's blocks start summer time an hour late (they give
the clock after the jump, where the RFC wants the one before it) and list many dates in one RDATE,
of which ical.js (Thunderbird) reads the first alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import icalendar

FIRST = date(2020, 1, 1)
LAST = date(2038, 1, 1)
"""Fixed, so that a zone's block is the same bytes every day. Beyond 2038 many readers' clocks end."""
_STEP = timedelta(days=1)


class Observance(NamedTuple):
    """What the clocks show from an onset on, and what they showed before."""

    offset_from: timedelta
    offset_to: timedelta
    name: str
    is_summer: bool


@lru_cache(maxsize=64)
def block(zone: str) -> bytes:
    """The block of an IANA zone."""
    onsets: dict[Observance, list[datetime]] = {}
    for observance, onset in _changes(ZoneInfo(zone)):
        onsets.setdefault(observance, []).append(onset)
    written = icalendar.Timezone()
    written.add("tzid", zone)
    for observance, times in onsets.items():
        written.add_component(_component(observance, times))
    content: bytes = written.to_ical(sorted=False)
    return content


def _changes(zone: ZoneInfo) -> Iterator[tuple[Observance, datetime]]:
    """Every observance with its onset on the clock that it ends, the one at FIRST included."""
    at = datetime.combine(FIRST, time(0), tzinfo=UTC)
    yield _observance(at.astimezone(zone), at.astimezone(zone)), at.replace(tzinfo=None)
    while at.date() < LAST:
        if at.astimezone(zone).utcoffset() != (at + _STEP).astimezone(zone).utcoffset():
            change = _instant_of_change(at, at + _STEP, zone)
            before = (change - timedelta(seconds=1)).astimezone(zone)
            offset = before.utcoffset() or timedelta(0)
            yield _observance(before, change.astimezone(zone)), (change + offset).replace(tzinfo=None)
        at += _STEP


def _instant_of_change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first second of the new offset between two instants that have different ones."""
    old = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=int((after - before).total_seconds()) // 2)
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


def _observance(before: datetime, after: datetime) -> Observance:
    return Observance(
        offset_from=before.utcoffset() or timedelta(0),
        offset_to=after.utcoffset() or timedelta(0),
        name=after.tzname() or "",
        is_summer=bool(after.dst()),
    )


def _component(observance: Observance, onsets: list[datetime]) -> icalendar.Component:
    part = icalendar.TimezoneDaylight() if observance.is_summer else icalendar.TimezoneStandard()
    part.add("dtstart", onsets[0])
    if len(onsets) > 1:
        # The first again: ical.js takes DTSTART for an onset only where no RDATE is.
        for onset in onsets:
            part.add("rdate", onset)
    part.add("tzoffsetfrom", observance.offset_from)
    part.add("tzoffsetto", observance.offset_to)
    part.add("tzname", observance.name)
    return part
