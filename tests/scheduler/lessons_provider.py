"""A provider for lessons, for tests of the core: as plain as the interface allows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from scheduler import providers
from scheduler.models import Booking
from scheduler.names import Name
from scheduler.providers import CalendarFacts, Entry, Event, Need, Reader, Seen


class PlainProvider:
    """Titles as booked; the reader's own period, the whole for a person."""

    def entries(self, bookings: Sequence[Booking], reader: Reader, now: datetime) -> list[Entry]:
        raise NotImplementedError("a calendar and a notice ask for less")

    def calendar(self, seen: Sequence[Seen], language: str) -> list[Event]:
        return [self._calendar_event(each, language) for each in seen]

    def calendar_facts(self, booking_ids: Collection[int]) -> dict[int, CalendarFacts]:
        return {pk: CalendarFacts(Name("数学Ⅱ", "Mathematics II")) for pk in booking_ids}

    def _calendar_event(self, seen: Seen, language: str) -> Event:
        side = seen.booking.participants.get(pk=seen.side_id)
        return Event(
            summary=seen.booking.label.in_language(language),
            description="2校時" if language == "ja" else "Period 2",
            location=side.location.name if side.location else "",
            interval=side.interval,
            is_cancelled=False,
            url=f"/lessons/{seen.booking.uid}/",
            room_url=f"/rooms/{seen.booking.uid}/",
        )

    def url(self, booking: Booking) -> str:
        return f"/lessons/{booking.uid}/"

    def needs(self, reader: Reader, now: datetime) -> Iterable[Need]:
        return []


@contextmanager
def plain_lessons() -> Iterator[None]:
    """Lessons are told by `PlainProvider` inside the block, by whoever told them before after it."""
    before = providers.registered().get("lesson")
    providers.register("lesson", PlainProvider())
    try:
        yield
    finally:
        if before is not None:
            providers.register("lesson", before)
