"""The rows of visits: opened, extended, taken over from another process, and closed once.

Called in the one thread in which a process writes them (realtime.visits). Several processes may
write at once: a row belongs to the server named in it, and nobody else extends or ends it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import F, Max

from realtime import protocol
from realtime.models import Visit

if TYPE_CHECKING:
    from realtime.visits import Stay

logger = logging.getLogger(__name__)

STALE_AFTER = timedelta(seconds=60)
GAP = timedelta(seconds=protocol.AWAY_AFTER_S)
"""A shorter interruption is none."""
# A live server has heard of its peers within a beat, and says so itself at least as often.
BEAT_OVERDUE = timedelta(seconds=protocol.BEAT_EVERY_S + 2)
_WAITING = frozenset({Visit.EndReason.TIMEOUT, Visit.EndReason.BROWSER, Visit.EndReason.REPLACED})
"""Ends after which a return is the end of a gap, and no new entry."""
_EXTEND = """
UPDATE realtime_visit SET last_beat_at = %s, page = %s, ended_at = %s, end_reason = %s
WHERE id = %s AND server = %s AND ended_at IS NULL
"""


class Line(NamedTuple):
    """A Stay as it was when the batch was made."""

    stay: Stay
    last_beat_at: datetime
    page: str
    end_reason: str

    @property
    def ended_at(self) -> datetime | None:
        return self.last_beat_at if self.end_reason else None


def write_what_can_be(batch: Sequence[Line], seen_alive: Mapping[str, datetime]) -> Sequence[Stay]:
    """Writes a batch; where the database refuses it, line by line. The stays that are over: refused,
    or gone on with by another process.

    One that is refused for its content, as when its booking is gone, would be refused for ever,
    and every other stay with it. A database that is away is no refusal.
    """
    try:
        return write(batch, seen_alive)
    except (IntegrityError, DataError) as refusal:
        if len(batch) > 1:
            return [stay for each in batch for stay in write_what_can_be([each], seen_alive)]
        # The name alone: what a database says of a row holds who was where.
        logger.error("visits: a stay was refused by the database (%s)", type(refusal).__name__)  # noqa: TRY400
        return [line.stay for line in batch]


def write(batch: Sequence[Line], seen_alive: Mapping[str, datetime]) -> Sequence[Stay]:
    """Writes a batch in one transaction, what is there before what is new; the stays that another
    process goes on with. Batches follow each other in one thread, so that a stay begun in one is
    known by its key in the next."""
    known = [line for line in batch if line.stay.pk is not None]
    new = [line for line in batch if line.stay.pk is None]
    with transaction.atomic():
        lost = _extend(known) if known else []
        opened = _open_all(new, _Deaths(seen_alive))
    for line, visit in zip(new, opened, strict=True):
        line.stay.pk = visit.pk
    return [line.stay for line in lost if not _begins_anew(line)]


def _extend(lines: Sequence[Line]) -> list[Line]:
    """Beats and ends of rows that are there; of the stays that go on, those whose row is another's by
    now, or closed."""
    instant = connection.ops.adapt_datetimefield_value
    rows = [
        (instant(line.last_beat_at), line.page, instant(line.ended_at) if line.ended_at else None,
         line.end_reason, line.stay.pk, line.stay.server)
        for line in lines
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.executemany(_EXTEND, rows)
        if cursor.rowcount == len(rows):
            return []
    for line in lines:
        if line.end_reason:
            _end_late(line)
    going_on = [line for line in lines if not line.end_reason]
    ours = set(
        Visit.objects.filter(pk__in=[line.stay.pk or 0 for line in going_on], ended_at=None)
        .filter(server__in={line.stay.server for line in going_on})
        .values_list("pk", flat=True)
    )
    return [line for line in going_on if line.stay.pk not in ours]


def _end_late(line: Line) -> None:
    """The end of a stay whose row a job has closed meanwhile, taking this server for dead: what was
    witnessed here holds, and not the last beat that was written."""
    closed = Visit.objects.filter(pk=line.stay.pk or 0, server=line.stay.server).filter(
        end_reason=Visit.EndReason.SERVER, ended_at=F("last_beat_at"), last_beat_at__lte=line.last_beat_at
    )
    closed.update(
        last_beat_at=line.last_beat_at, ended_at=line.ended_at, end_reason=line.end_reason, page=line.page
    )


def _begins_anew(line: Line) -> bool:
    """Whether a stay goes on here though its row was closed, by a job that took this server for dead
    while its database was away. Another row then follows, after a gap that is the server's."""
    stay = line.stay
    if not Visit.objects.filter(pk=stay.pk or 0, server=stay.server).exists():
        return False
    stay.pk, stay.started_at, stay.is_first = None, line.last_beat_at, False
    return True


class _Deaths:
    """Whether a server died with its peers, or only no longer heard one of them."""

    def __init__(self, seen_alive: Mapping[str, datetime]) -> None:
        self._seen = dict(seen_alive)
        self._asked: set[str] = set()

    def explains(self, before: Visit) -> bool:
        """Whether this row's server was never seen alive after the next beat was due."""
        if not self._is_after(before) and before.server not in self._asked:
            self._asked.add(before.server)
            of_late = Visit.objects.filter(server=before.server, started_at__gte=_yesterday(before))
            written = of_late.aggregate(at=Max("last_beat_at"))["at"]
            seen = self._seen.get(before.server)
            self._seen[before.server] = max(filter(None, (written, seen)))
        return not self._is_after(before)

    def _is_after(self, before: Visit) -> bool:
        seen = self._seen.get(before.server)
        return seen is not None and seen > before.last_beat_at + BEAT_OVERDUE


def _yesterday(visit: Visit) -> datetime:
    return visit.started_at - timedelta(days=1)


def _open_all(lines: Sequence[Line], deaths: _Deaths) -> list[Visit]:
    """The rows of these stays, in their order. Whoever is here for the first time is written with all
    others of the kind: a class comes at once, and one statement is a tenth of the work."""
    opened: list[Visit] = []
    waiting: list[Visit] = []
    for line in lines:
        if not line.stay.is_first:
            Visit.objects.bulk_create(waiting)  # among them may be an earlier stay of this peer
            waiting.clear()
        visit = _open(line, deaths)
        opened.append(visit)
        if visit.pk is None:
            waiting.append(visit)
    Visit.objects.bulk_create(waiting)
    return opened


def _open(line: Line, deaths: _Deaths) -> Visit:
    """A new row, not yet written, or the one that this peer left open elsewhere a moment ago."""
    stay = line.stay
    earlier = Visit.objects.filter(booking=stay.booking_id, peer=stay.peer).order_by("-pk")
    if line.end_reason:
        # Over before it was written: another process may have gone on since, and its row is no earlier
        # one. A stay that goes on follows whatever is there, also when the clock was set back.
        earlier = earlier.filter(started_at__lte=stay.started_at)
    if line.end_reason == Visit.EndReason.REPLACED:
        # The process that has gone on with it may have written its row before us.
        earlier = earlier.filter(started_at__lt=stay.started_at)
    before = None if stay.is_first else earlier.first()
    began = Visit.Began.ENTERED
    if before is not None:
        if before.ended_at is None and stay.started_at - before.last_beat_at < GAP and _take(before, line):
            return before
        began = _cause(before, stay, deaths)
        _close(before, began)
    return _new(line, began)


def _take(before: Visit, line: Line) -> bool:
    """The open row of a peer that has come from another process, or after a crash, goes on."""
    latest = max(before.last_beat_at, line.last_beat_at)
    mine = {"server": line.stay.server, "page": line.page, "last_beat_at": latest}
    end = {"ended_at": latest if line.end_reason else None, "end_reason": line.end_reason}
    return bool(Visit.objects.filter(pk=before.pk, ended_at=None).update(**mine, **end))


def _cause(before: Visit, stay: Stay, deaths: _Deaths) -> Visit.Began:
    """What the gap between an earlier stay and this one is due to."""
    if before.ended_at is None:
        is_servers = deaths.explains(before)
    elif before.end_reason in _WAITING:
        is_servers = False
    elif before.end_reason == Visit.EndReason.SERVER:
        is_servers = True
    else:
        return Visit.Began.ENTERED
    if is_servers:
        return Visit.Began.SERVER
    return Visit.Began.LINE if before.page == stay.page else Visit.Began.BROWSER


def _close(before: Visit, cause: Visit.Began) -> None:
    """A row that was left open ends at its last beat."""
    reasons = {Visit.Began.SERVER: Visit.EndReason.SERVER, Visit.Began.BROWSER: Visit.EndReason.BROWSER}
    Visit.objects.filter(pk=before.pk, ended_at=None).update(
        ended_at=F("last_beat_at"), end_reason=reasons.get(cause, Visit.EndReason.TIMEOUT)
    )


def _new(line: Line, began: Visit.Began) -> Visit:
    stay = line.stay
    return Visit(
        booking_id=stay.booking_id,
        user_id=stay.user_id,
        organisation_id=stay.organisation_id,
        participant_id=stay.participant_id,
        location_id=stay.location_id,
        standing=stay.standing,
        page=line.page,
        began=began,
        peer=stay.peer,
        server=stay.server,
        started_at=stay.started_at,
        last_beat_at=line.last_beat_at,
        ended_at=line.ended_at,
        end_reason=line.end_reason,
    )


def close_stale(now: datetime) -> int:
    """Closes rows whose server died with them, each at its last beat; how many there were."""
    return Visit.objects.filter(ended_at=None, last_beat_at__lt=now - STALE_AFTER).update(
        ended_at=F("last_beat_at"), end_reason=Visit.EndReason.SERVER
    )
