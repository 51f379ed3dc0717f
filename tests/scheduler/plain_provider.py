"""A provider for tests of the core that know no lessons: every booking by its title and times."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from scheduler import providers
from scheduler.models import Booking
from scheduler.providers import CalendarFacts, Entry, Event, Leg, Need, Reader, Seen

STATES = {
    "planned": "予定",
    "soon": "まもなく",
    "live": "授業中",
    "over": "終わりました",
    "cancelled": "取消",
}


class PlainProvider:
    """One query for all participants; the reader's own period where the reader takes part."""

    def __init__(self, needs: Sequence[Need] = ()) -> None:
        self._needs = needs

    def entries(self, bookings: Sequence[Booking], reader: Reader, now: datetime) -> list[Entry]:
        chosen = Booking.objects.filter(pk__in=[b.pk for b in bookings]).prefetch_related(
            "participants__organisation"
        )
        known = {booking.pk: booking for booking in chosen}
        return [self._entry(known[b.pk], reader, now) for b in bookings]

    def _entry(self, booking: Booking, reader: Reader, now: datetime) -> Entry:
        parties = list(booking.participants.all())
        mine = [p for p in parties if p.organisation_id in reader.organisation_ids]
        state = _state(booking, now)
        guests = [p for p in parties if p.role == "guest"]
        return Entry(
            booking=booking,
            interval=mine[0].interval if mine else booking.interval,
            title=booking.label.in_language(reader.language),
            detail="・".join(p.organisation.short_name for p in guests),
            period="",
            place="",
            state=state,
            state_words=STATES[state],
            url=f"/lessons/{booking.uid}/",
            room_url=f"/rooms/{booking.uid}/" if state in {"soon", "live"} else "",
            legs=[
                Leg(p.organisation.short_name, f"{p.headcount}名", p.interval, p.withdrawn_at is None)
                for p in guests
            ],
        )

    def calendar(self, seen: Sequence[Seen], language: str) -> list[Event]:
        return [Event(s.booking.title, "", "", s.booking.interval, False) for s in seen]

    def calendar_facts(self, booking_ids: Collection[int]) -> dict[int, CalendarFacts]:
        return {}

    def url(self, booking: Booking) -> str:
        return f"/lessons/{booking.uid}/"

    def needs(self, reader: Reader, now: datetime) -> Iterable[Need]:
        return self._needs


def _state(booking: Booking, now: datetime) -> str:
    if booking.state == Booking.State.CANCELLED:
        return "cancelled"
    if booking.end <= now:
        return "over"
    if booking.start <= now:
        return "live"
    return "soon" if booking.start - now <= timedelta(minutes=20) else "planned"


@contextmanager
def lessons_by_title_alone() -> Iterator[None]:
    """Inside, the core stands alone: lessons are plain, and no vertical has anything to say."""
    before = providers.registered()
    providers._providers.clear()
    providers.register("lesson", PlainProvider())
    try:
        yield
    finally:
        providers._providers.clear()
        providers._providers.update(before)
