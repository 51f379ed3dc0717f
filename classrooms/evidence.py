"""What the signalling server witnessed of one party in one lesson: connected, cut off, left.

Pure. Stays of any number of devices in, the seconds of the party's own period out: a second in
which one device was connected is a connected second, an early arrival counts from the bell, and
what lies outside the own period is nobody's. `connected`, `late` and `gaps` share the period
without rest or overlap. Evidence stands beside a mark and never is one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from scheduler import intervals
from scheduler.intervals import Interval


class End(StrEnum):
    """How a stay ended; the values are those of `realtime.models.Visit.EndReason`."""

    OPEN = ""
    LEFT = "left"
    TIMEOUT = "timeout"
    BROWSER = "browser"
    REPLACED = "replaced"
    REMOVED = "removed"
    CLOSED = "closed"
    SERVER = "server"


class Began(StrEnum):
    """What lies before a stay; the values are those of `realtime.models.Visit.Began`."""

    ENTERED = "entered"
    LINE = "line"
    BROWSER = "browser"
    SERVER = "server"


class Cause(StrEnum):
    """Why nobody of the party was connected. All but LEFT are an outage (通信障害)."""

    LINE = "line"
    BROWSER = "browser"
    SERVER = "server"
    LEFT = "left"


_CAUSE_OF_END = {
    End.OPEN: Cause.LINE,
    End.TIMEOUT: Cause.LINE,
    End.BROWSER: Cause.BROWSER,
    End.SERVER: Cause.SERVER,
    End.LEFT: Cause.LEFT,
    End.REPLACED: Cause.BROWSER,
    End.REMOVED: Cause.LEFT,
    End.CLOSED: Cause.LEFT,
}
_CAUSE_OF_RETURN = {Began.LINE: Cause.LINE, Began.BROWSER: Cause.BROWSER, Began.SERVER: Cause.SERVER}
_GONE = frozenset({End.LEFT, End.REMOVED, End.CLOSED})
"""Ends after which a return is a new entry, whatever the server was doing meanwhile."""
ANOTHER_PAGE_WITHIN = timedelta(minutes=2)
"""How long after a server's fault a page that was loaded anew still counts as having waited for it.

The page that was there tries again until it is let in: all of its gap is the server's. Another page of
the same peer does not show that anybody waited, so it is given what a restart of the service and a
reload by hand take, and no more. It says how long machines and hands need, not what a school
forgives, so no school sets it: a gap beyond it is still shown, and the mark is the school's.
"""


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay of one peer, by the server's clock. `end` is its last sign of life; not before `start`."""

    peer: str
    start: datetime
    end: datetime
    end_reason: End = End.OPEN
    began: Began = Began.ENTERED
    page: str = ""
    """The load of the page it came from."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Part of the own period without anybody of the party, after they had been there."""

    interval: Interval
    cause: Cause
    is_ending: bool
    """Nobody has come back: until the bell, or until now."""

    @property
    def is_outage(self) -> bool:
        return self.cause != Cause.LEFT


@dataclass(frozen=True, slots=True)
class Evidence:
    """One party's own period so far. Everything is sorted, disjoint and within `so_far`."""

    period: Interval
    so_far: Interval | None
    """The period up to now; None before its bell."""
    connected: tuple[Interval, ...] = ()
    bridged: tuple[Interval, ...] = ()
    """Parts of `connected` in which the server was at fault and the same peer came back."""
    late: Interval | None = None
    """From the bell to the first connection, by somebody who had not been there before."""
    gaps: tuple[Gap, ...] = ()

    @property
    def seconds(self) -> int:
        """Connected seconds, rounded down."""
        return int(sum((part.duration for part in self.connected), timedelta()).total_seconds())

    @property
    def minutes(self) -> int:
        """Whole minutes: one that is not full is not counted."""
        return self.seconds // 60

    @property
    def outages(self) -> tuple[Gap, ...]:
        return tuple(gap for gap in self.gaps if gap.is_outage)

    @property
    def left(self) -> tuple[Gap, ...]:
        """Somebody left, on purpose, and nobody of the party stayed."""
        return tuple(gap for gap in self.gaps if not gap.is_outage)

    @property
    def left_at(self) -> datetime | None:
        """When they left for good before the bell."""
        return next((gap.interval.start for gap in self.left if gap.is_ending), None)

    @property
    def connected_from(self) -> datetime | None:
        return self.connected[0].start if self.connected else None

    @property
    def is_dark(self) -> bool:
        """The bell has rung and nobody has been connected for a second."""
        return self.so_far is not None and not self.connected

    @property
    def is_over(self) -> bool:
        return self.so_far == self.period


def witnessed(
    stays: Iterable[Stay], period: Interval, now: datetime, *, alive_for: timedelta = timedelta()
) -> Evidence:
    """The evidence of one party from all its stays, also those outside the period.

    A stay that is still open counts up to `now` when it gave a sign of life within `alive_for`,
    else up to its last one, by the server's fault: nobody lived to close it.
    """
    so_far = Interval(period.start, min(period.end, now)) if now > period.start else None
    known = sorted(
        (_settled(stay, now, alive_for) for stay in stays if stay.start <= now),
        key=lambda stay: (stay.start, stay.end, stay.peer, stay.end_reason, stay.began, stay.page),
    )
    if so_far is None or not known:
        return Evidence(period, so_far)
    stayed = [Interval(stay.start, stay.end) for stay in known if stay.start < stay.end]
    bridges = list(_bridges(known))
    covered = intervals.merged([*stayed, *bridges])
    first = known[0].start
    return Evidence(
        period=period,
        so_far=so_far,
        connected=_clipped(covered, so_far),
        bridged=_clipped(
            (part for bridge in intervals.merged(bridges) for part in intervals.subtracted(bridge, stayed)),
            so_far,
        ),
        late=Interval(so_far.start, min(first, so_far.end)) if first > so_far.start else None,
        gaps=tuple(_gaps(known, covered, so_far)),
    )


def _settled(stay: Stay, now: datetime, alive_for: timedelta) -> Stay:
    """An open stay as it stands at `now`."""
    end = min(stay.end, now)
    if stay.end_reason != End.OPEN:
        return replace(stay, end=end)
    if now - end <= alive_for:
        return replace(stay, end=now)
    return replace(stay, end=end, end_reason=End.SERVER)


def _bridges(known: Iterable[Stay]) -> Iterator[Interval]:
    """Silences of one peer that were the server's: it had not left, and came back as the same peer.

    Whole where the same page came back, else `ANOTHER_PAGE_WITHIN` at the most.
    """
    by_peer: dict[str, list[Stay]] = defaultdict(list)
    for stay in known:
        by_peer[stay.peer].append(stay)
    for stays in by_peer.values():
        for before, after in pairwise(stays):
            is_servers = before.end_reason == End.SERVER or after.began == Began.SERVER
            if is_servers and before.end_reason not in _GONE and before.end < after.start:
                is_same_page = before.page == after.page
                until = after.start if is_same_page else before.end + ANOTHER_PAGE_WITHIN
                yield Interval(before.end, min(until, after.start))


def _gaps(known: Sequence[Stay], covered: Sequence[Interval], so_far: Interval) -> Iterator[Gap]:
    """What of the period lies after the first stay and in none."""
    first = known[0].start
    horizon = max(so_far.end, first)
    if first == horizon:
        return
    for hole in intervals.subtracted(Interval(first, horizon), covered):
        part = hole.intersection(so_far)
        if part is not None:
            # Whoever came back after the bell was cut off until the bell, for a reason known by then.
            returned = [stay for stay in known if stay.start >= hole.end]
            yield Gap(part, _cause(known, hole, returned), is_ending=hole.end == horizon)


def _cause(known: Sequence[Stay], hole: Interval, returned: Sequence[Stay]) -> Cause:
    """As those say who came back first; else as the last stay ended.

    Where two say different things, an outage goes before leaving: it excuses, and leaving does not.
    """
    if returned:
        at = min(stay.start for stay in returned)
        for stay in returned:
            if stay.start == at and stay.began in _CAUSE_OF_RETURN:
                return _CAUSE_OF_RETURN[stay.began]
    before = [stay for stay in known if stay.end <= hole.start]
    last = max((stay.end for stay in before), default=hole.start)
    causes = [_CAUSE_OF_END[stay.end_reason] for stay in before if stay.end == last]
    return next((cause for cause in causes if cause != Cause.LEFT), Cause.LEFT)


def _clipped(parts: Iterable[Interval], whole: Interval) -> tuple[Interval, ...]:
    return tuple(part for each in parts if (part := each.intersection(whole)) is not None)
