"""A school's or the centre's term as one file, iCalendar or CSV.

Short ones are written while the page waits, long ones by the worker, which says after every lot how
far it is. A worker that died is seen by its silence; the export is then begun again by whoever asked.
No pupil's name is in it: how many sat where, not who.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q

from scheduler import (
    export_tables,
    feed_events,
    feed_scopes,
    feed_selections,
    feed_store,
    feeds,
    ical,
    permissions,
    spreadsheets,
    timegrid,
)
from scheduler.feed_selections import Selection
from scheduler.feed_store import ChangedMeanwhileError
from scheduler.models import Membership, Organisation, TermExport, User
from scheduler.spreadsheets import Encoding

KEPT = timedelta(days=1)
SILENT_AFTER = timedelta(seconds=60)
"""A worker writes a lot in a second or two; after this long it is taken for dead."""
AT_ONCE = 200
"""So many bookings are written within a second."""
LONGEST = timedelta(days=370)

Clock = Callable[[], datetime]


class ExportError(Exception):
    """Base of what this module refuses."""


class TooLongError(ExportError):
    """More than a school year was asked for."""


@dataclass(frozen=True, slots=True)
class File:
    """A finished export as it is handed out."""

    name: str
    content_type: str
    content: bytes


def exportable(posts: Sequence[Membership]) -> list[Organisation]:
    """Whose terms the holder of these posts may export: a coordinator's or head's own school, for
    the centre's planners and administrators the centre and every school that it delivers to."""
    offices = [m.organisation_id for m in posts if m.role in permissions.SCHOOL_OFFICE_ROLES]
    centres = feed_scopes.planned_centres(posts)
    schools = Q(kind=Organisation.Kind.HIGH_SCHOOL)
    wanted = Q(pk__in=offices) & schools
    if centres:
        wanted |= schools | Q(pk__in=[centre.pk for centre in centres])
    return sorted(
        Organisation.objects.filter(wanted),
        key=lambda o: (o.kind == Organisation.Kind.HIGH_SCHOOL, o.district, o.kana or o.short_name),
    )


def may_export(posts: Sequence[Membership]) -> bool:
    """Whether `exportable` has anything, without asking the database."""
    offices = permissions.SCHOOL_OFFICE_ROLES | permissions.OVERRIDE_ROLES
    return any(post.role in offices for post in posts)


def ask(
    organisation: Organisation, first: date, last: date, form: str, *, by: User, language: str, now: datetime
) -> TermExport:
    """An export that nobody writes yet. Raises TooLongError."""
    if last - first > LONGEST:
        raise TooLongError
    export = TermExport(
        asked_by=by, organisation=organisation, first=first, last=last, form=form, language=language,
        asked_at=now, beat_at=now,
    )  # fmt: skip
    export.wanted = _selection(export).bookings.count()
    export.save()
    return export


def is_short(export: TermExport) -> bool:
    return export.wanted <= AT_ONCE


def is_silent(export: TermExport, now: datetime) -> bool:
    """Nobody writes it, though it is not finished."""
    unfinished = {TermExport.State.WAITING, TermExport.State.RUNNING}
    return export.state in unfinished and export.beat_at <= now - SILENT_AFTER


def again(export: TermExport, *, now: datetime) -> TermExport:
    """Begun anew; a worker that is still at it finds that it is no longer wanted."""
    TermExport.objects.filter(pk=export.pk, attempt=export.attempt).exclude(
        state=TermExport.State.DONE
    ).update(state=TermExport.State.WAITING, attempt=export.attempt + 1, made=0, beat_at=now)
    export.refresh_from_db()
    return export


def write(pk: int, attempt: int, *, clock: Clock) -> None:
    """Writes it to its end, unless somebody else began it anew or it was taken back."""
    mine = TermExport.objects.filter(pk=pk, attempt=attempt)
    if not mine.filter(state=TermExport.State.WAITING).update(
        state=TermExport.State.RUNNING, beat_at=clock()
    ):
        return
    export = mine.select_related("organisation").get()

    def tell(made: int) -> bool:
        running = mine.filter(state=TermExport.State.RUNNING)
        return running.update(made=made, beat_at=clock()) > 0

    try:
        content = _content(export, tell, clock)
    except Exception:
        mine.update(state=TermExport.State.FAILED, beat_at=clock())
        raise
    if content is not None:
        mine.filter(state=TermExport.State.RUNNING).update(
            content=content, state=TermExport.State.DONE, finished_at=clock(), made=export.wanted
        )


def file_of(export: TermExport) -> File:
    """Named by organisation, dates and encoding, so that several lie side by side in a folder."""
    is_calendar = export.form == TermExport.Form.ICALENDAR
    encoding = _encoding(export)
    ending = ".ics" if is_calendar else f"-{spreadsheets.NAMES[encoding]}.csv"
    return File(
        name=f"{export.organisation.short_name}-{export.first}-{export.last}{ending}",
        content_type=f"text/{'calendar' if is_calendar else 'csv'}; charset={encoding}",
        content=bytes(export.content),
    )


def remove_old(*, now: datetime) -> int:
    """A file is kept for a day."""
    return TermExport.objects.filter(asked_at__lt=now - KEPT).delete()[0]


def _selection(export: TermExport) -> Selection:
    zone = export.organisation.zone
    first = timegrid.instant(export.first, time(0), zone)
    until = timegrid.instant(export.last + timedelta(days=1), time(0), zone)
    return feed_selections.of_term(export.organisation, first, until, export.language)


def _content(export: TermExport, tell: Callable[[int], bool], clock: Clock) -> bytes | None:
    """The whole file; None when `tell` says that it is no longer wanted."""
    if export.form == TermExport.Form.ICALENDAR:
        return _calendar(export, tell, clock)
    return export_tables.written(
        _selection(export).bookings,
        export.organisation,
        export.language,
        encoding=_encoding(export),
        tell=tell,
    )


def _encoding(export: TermExport) -> Encoding:
    return Encoding.CP932 if export.form == TermExport.Form.CSV_CP932 else Encoding.UTF8


def _calendar(export: TermExport, tell: Callable[[int], bool], clock: Clock) -> bytes | None:
    """The same stored events as in the organisation's feed, as many as are there already."""
    selection = _selection(export)
    for _attempt in range(feeds.ATTEMPTS):
        items = feed_events.items(selection, now=clock())
        try:
            for first in range(0, len(items), feed_store.LOT):
                if not tell(first):
                    return None
                feed_store.write_missing(items[first : first + feed_store.LOT], selection, now=clock())
            parts, _digest = feed_store.stored(items, selection, now=clock())
        except ChangedMeanwhileError:
            continue
        head = ical.head(selection.name, selection.zone, feeds.REFRESH, feed_events.zones(items))
        return feed_store.joined(head, feed_store.packed(parts))
    raise feeds.BusyError
