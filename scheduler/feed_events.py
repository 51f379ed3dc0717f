"""The events of a calendar: their facts as plain rows, the key of each, and the words.

Everything that an event is made of is read first, in a fixed number of queries, and hashed to
`Item.key`. Words are made only for keys that nobody wrote before (`scheduler.feed_store`).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from scheduler import feed_series, ical, providers
from scheduler.feed_selections import Selection
from scheduler.intervals import Interval
from scheduler.models import Booking, Participant
from scheduler.names import Name
from scheduler.providers import CalendarFacts, Seen

FORMAT = 2
"""Raised when the same facts begin to be written differently, so that nobody keeps the old bytes."""


class BookingRow(NamedTuple):
    pk: int
    uid: UUID
    kind: str
    state: str
    sequence: int
    visibility: str
    title: str
    title_en: str
    start: datetime
    end: datetime
    expires_at: datetime | None
    changed_at: datetime
    series_id: int | None

    def has_run_out(self, now: datetime) -> bool:
        """A hold whose time is over and whose rows say nothing of it yet."""
        is_held = self.state == Booking.State.TENTATIVE
        return is_held and (self.expires_at is None or self.expires_at <= now)

    @property
    def label(self) -> Name:
        return Name(self.title, self.title_en or self.title)


class SideRow(NamedTuple):
    booking_id: int
    pk: int
    start: datetime
    end: datetime
    period_number: int | None
    withdrawn_at: datetime | None
    person_id: int | None
    time_zone: str
    names: tuple[object, ...]

    @property
    def interval(self) -> Interval:
        return Interval(self.start, self.end)


_BOOKING = (
    "pk", "uid", "kind", "state", "sequence", "visibility", "title", "title_en", "start", "end",
    "expires_at", "changed_at", "series",
)  # fmt: skip
_SIDE = (
    "booking", "pk", "start", "end", "period_number", "withdrawn_at", "person", "organisation__time_zone",
    "organisation__short_name", "organisation__name_en", "person__name", "person__name_en",
    "location__name", "location__name_en", "role", "headcount",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """One event to be: a booking as `side` sees it. `key` names all that its bytes are made of."""

    key: str
    row: BookingRow
    side: SideRow
    facts: CalendarFacts
    is_cancelled: bool
    has_run_out: bool
    occurrence: ical.Occurrence | None
    series_uid: UUID | None


def items(selection: Selection, *, now: datetime, only: Collection[int] | None = None) -> list[Item]:
    """The events by their start (of all bookings, or `only` of these). Six queries or fewer."""
    bookings = selection.bookings if only is None else selection.bookings.filter(pk__in=only)
    rows = [BookingRow(*values) for values in bookings.order_by().values_list(*_BOOKING)]
    ids = [row.pk for row in rows]
    sides = _sides(ids)
    own = set(
        Participant.objects.filter(selection.sides, booking__in=ids).order_by().values_list("pk", flat=True)
    )
    facts = _facts(rows)
    series = feed_series.of(row.series_id for row in rows)
    made = []
    for row in rows:
        mine = [side for side in sides[row.pk] if side.pk in own]
        if mine:  # read a moment later than the booking, they may have gone
            made.append(
                _item(selection, row, mine, sides[row.pk], facts[row.pk], series.get(row.series_id), now)
            )
    return sorted(made, key=lambda item: (item.side.start, item.row.pk))


def _item(
    selection: Selection, row: BookingRow, mine: Sequence[SideRow], sides: Sequence[SideRow],
    facts: CalendarFacts, series: feed_series.Recurrence | None, now: datetime,
) -> Item:  # fmt: skip
    # One that stands before one that left, a person's own before the school's.
    side = min(mine, key=lambda s: (s.withdrawn_at is not None, s.person_id is None, s.pk))
    has_run_out = row.has_run_out(now)
    is_cancelled = row.state == Booking.State.CANCELLED or has_run_out or side.withdrawn_at is not None
    occurrence = series.occurrence(row.pk) if series else None
    series_uid = series.uid if series and occurrence else None
    made_of = (
        settings.PUBLIC_URL, selection.language, selection.is_public, row, side.pk, sides, facts,
        has_run_out, occurrence, series_uid,
    )  # fmt: skip
    return Item(digest(made_of), row, side, facts, is_cancelled, has_run_out, occurrence, series_uid)


def _sides(booking_ids: Sequence[int]) -> dict[int, list[SideRow]]:
    found: dict[int, list[SideRow]] = defaultdict(list)
    rows = Participant.objects.filter(booking__in=booking_ids).order_by("pk").values_list(*_SIDE)
    for values in rows:
        side = SideRow._make((*values[:8], values[8:]))
        found[side.booking_id].append(side)
    return found


def _facts(rows: Iterable[BookingRow]) -> dict[int, CalendarFacts]:
    """What the verticals know; a booking of which they know nothing is nameless in public."""
    by_kind: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        by_kind[row.kind].append(row.pk)
    found: dict[int, CalendarFacts] = {}
    for kind, ids in by_kind.items():
        known = providers.of(kind).calendar_facts(ids)
        found |= {pk: known.get(pk) or CalendarFacts(Name("予定", "Booked")) for pk in ids}
    return found


def written(items: Sequence[Item], selection: Selection) -> list[ical.Event]:
    """The same items in words, one call of their vertical per kind."""
    with translation.override(selection.language):
        told = {} if selection.is_public else _told(items, selection.language)
        return [_event(item, told.get(item.row.pk), selection) for item in items]


def _told(items: Sequence[Item], language: str) -> Mapping[int, providers.Event]:
    bookings = Booking.objects.select_related("organiser").in_bulk([item.row.pk for item in items])
    by_kind: dict[str, list[Seen]] = defaultdict(list)
    for item in items:
        if item.row.pk in bookings:
            by_kind[item.row.kind].append(Seen(bookings[item.row.pk], item.side.pk))
    return {
        each.booking.pk: event
        for kind, seen in by_kind.items()
        for each, event in zip(seen, providers.of(kind).calendar(seen, language), strict=True)
    }


def _event(item: Item, told: providers.Event | None, selection: Selection) -> ical.Event:
    """`told` is None on a public screen, for which course and period are enough."""
    row, side = item.row, item.side
    title = told.summary if told else _public_title(item, selection.language)
    if item.is_cancelled:
        status, title = ical.Status.CANCELLED, _("[Cancelled] %(title)s") % {"title": title}
    elif row.state == Booking.State.TENTATIVE:
        status, title = ical.Status.TENTATIVE, _("[Held] %(title)s") % {"title": title}
    else:
        status = ical.Status.CONFIRMED
    return ical.Event(
        uid=uid(item.series_uid or row.uid),
        # A hold that ran out stands as it will once its rows are put in order, so that readers
        # take it for newer.
        sequence=row.sequence + item.has_run_out,
        changed_at=(row.expires_at or row.changed_at) if item.has_run_out else row.changed_at,
        interval=side.interval,
        zone=side.time_zone,
        status=status,
        visibility="PUBLIC" if selection.is_public else row.visibility,
        summary=title,
        description=_description(item, told) if told else "",
        location=told.location if told else "",
        url=settings.PUBLIC_URL + told.url if told and told.url else "",
        occurrence=item.occurrence,
    )


def _description(item: Item, told: providers.Event) -> str:
    room = ""
    if told.room_url and not item.is_cancelled:
        room = _("Enter the room: %(address)s") % {"address": settings.PUBLIC_URL + told.room_url}
    return "\n\n".join(words for words in (told.description, room) if words)


def _public_title(item: Item, language: str) -> str:
    title = item.facts.public_title.in_language(language)
    if item.side.period_number is None:
        return title
    return f"{title} {_('Period %(n)d') % {'n': item.side.period_number}}"


def series(items: Sequence[Item], selection: Selection) -> dict[int, ical.Series]:
    """The recurrences of which dates are among the items, by the key of their Series."""
    dates: dict[int, list[Item]] = defaultdict(list)
    for item in items:
        if item.occurrence and item.row.series_id:
            dates[item.row.series_id].append(item)
    return {pk: _series(those, selection) for pk, those in dates.items()}


def _series(dates: Sequence[Item], selection: Selection) -> ical.Series:
    first = min(dates, key=lambda item: item.row.pk)
    starts = sorted(item.occurrence.start for item in dates if item.occurrence)
    assert first.occurrence is not None, "only dates of a recurrence are passed in"
    assert first.series_uid is not None, "it has one where it has an occurrence"
    zone = first.occurrence.zone
    title = first.facts.public_title if selection.is_public else first.row.label
    length = first.row.end - first.row.start
    return ical.Series(
        uid=uid(first.series_uid),
        changed_at=max(item.row.changed_at for item in dates),
        first=Interval(starts[0], starts[0] + length),
        last=starts[-1],
        gaps=feed_series.gaps(starts, zone),
        zone=zone,
        visibility="PUBLIC" if selection.is_public else first.row.visibility,
        summary=title.in_language(selection.language),
    )


def series_key(recurrence: ical.Series) -> str:
    """As `Item.key`."""
    return digest(recurrence)


def zones(items: Iterable[Item]) -> set[str]:
    """The zones on whose clocks these events are written."""
    return {item.side.time_zone for item in items} | {
        item.occurrence.zone for item in items if item.occurrence
    }


def uid(uid: UUID) -> str:
    """The same for ever, also when the service moves to another host: the UUID alone is unique."""
    return f"{uid}@enkaku"


def digest(facts: Any) -> str:
    return hashlib.sha256(repr((FORMAT, facts)).encode()).hexdigest()
