"""Who hears of a lesson's change, and how receptions learn of what the core did.

`tell_*` are called by the verbs of `classrooms.lessons` inside their transaction. The receivers
run after commit, perhaps twice or in another order than the events; the outcome is the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from classrooms import receptions
from classrooms.models import Lesson
from scheduler import notices
from scheduler.models import Booking, BookingChange, Organisation, Participant, User
from scheduler.names import Name
from scheduler.notices import Facts, Kind
from scheduler.signals import booking_changed, calendar_changed


def connect() -> None:
    booking_changed.connect(_on_booking, dispatch_uid="classrooms.on_booking")
    calendar_changed.connect(_on_calendar, dispatch_uid="classrooms.on_calendar")


def tell_booked(change: BookingChange, *, by: User | None, now: datetime) -> None:
    _tell(Kind.LESSON_BOOKED, change, _facts(by), by=by, now=now)


def tell_series(first: Lesson, *, dates: int, by: User | None, now: datetime) -> None:
    recipients = notices.concerned(first.booking, now=now, besides=by)
    notices.tell(
        recipients, Kind.SERIES_BOOKED, first.booking, params={**_facts(by), "dates": dates}, now=now
    )


def tell_moved(change: BookingChange, *, by: User | None, now: datetime) -> None:
    """Each party as it looks from their side: a lesson moved, new to them, or without them.

    That a school left by the move is told to all, as when it leaves by itself.
    """
    facts, before, booking = _facts(by), notices.times_before(change), change.booking
    kept: list[int] = []
    joined: list[int] = []
    for one in booking.participants.select_related("organisation"):
        was_in = notices.party(one) in before
        if one.withdrawn_at is None:
            (kept if was_in else joined).append(one.pk)
        elif was_in:
            _tell_left(change, one, facts, by=by, now=now)
    moved: Facts = {**facts, "before": before}
    parties = booking.participants.all()
    _tell(Kind.LESSON_MOVED, change, moved, by=by, now=now, parties=parties.filter(pk__in=kept))
    _tell(Kind.LESSON_BOOKED, change, facts, by=by, now=now, parties=parties.filter(pk__in=joined))


def tell_cancelled(change: BookingChange, *, by: User | None, now: datetime) -> None:
    _tell(Kind.LESSON_CANCELLED, change, _facts(by), by=by, now=now)


def tell_cancelled_together(ended: Sequence[Booking], *, by: User | None, now: datetime) -> None:
    """Everybody once, of the dates that concern them: how many, and the first. One query for each date."""
    concerning: dict[User, list[Booking]] = defaultdict(list)
    for booking in ended:
        for user in notices.concerned(booking, now=now, besides=by):
            concerning[user].append(booking)
    alike: dict[tuple[Booking, int], list[User]] = defaultdict(list)
    for user, dates in concerning.items():
        alike[dates[0], len(dates)].append(user)
    for (first, count), users in alike.items():
        if count > 1:
            facts: Facts = {**_facts(by), "dates": count}
            notices.tell(users, Kind.SERIES_CANCELLED, first, params=facts, now=now)
        elif change := first.written:
            key = str(change.sequence)
            notices.tell(users, Kind.LESSON_CANCELLED, first, params=_facts(by), now=now, key=key)


def tell_withdrawn(change: BookingChange, school: Organisation, *, by: User | None, now: datetime) -> None:
    _tell(Kind.SCHOOL_WITHDRAWN, change, {**_facts(by), "school": school.label}, by=by, now=now)


def _tell_left(
    change: BookingChange, party: Participant, facts: Facts, *, by: User | None, now: datetime
) -> None:
    """One that the move left out: a school's leaving concerns all, a teacher's themself."""
    parties = change.booking.participants.all()
    if party.person_id is not None:
        own = parties.filter(pk=party.pk)
        _tell(Kind.LESSON_CANCELLED, change, facts, by=by, now=now, parties=own)
        return
    left: Facts = {**facts, "school": party.organisation.label}
    concerned = parties.filter(withdrawn_at=None) | parties.filter(pk=party.pk)
    key = f"{change.sequence}.{party.pk}"  # one move may leave out several schools
    _tell(Kind.SCHOOL_WITHDRAWN, change, left, by=by, now=now, parties=concerned, key=key)


def _facts(by: User | None) -> Facts:
    return {"by": Name(by.name, by.name_en or by.name)} if by else {}


def _tell(
    kind: Kind,
    change: BookingChange,
    facts: Facts,
    *,
    by: User | None,
    now: datetime,
    parties: QuerySet[Participant] | None = None,
    key: str | None = None,
) -> None:
    """Of this change once, by its own sequence, however often its request is repeated."""
    booking = change.booking
    recipients = notices.concerned(booking, now=now, besides=by, parties=parties)
    notices.tell(recipients, kind, booking, params=facts, now=now, key=key or str(change.sequence))


def _on_booking(*, booking_id: int, verb: str, **_signal: Any) -> None:
    # What is new has its receptions from the verb that made it.
    if verb not in {"book", "hold", "confirm"}:
        receptions.settle(booking_id)


def _on_calendar(*, organisation_id: int, booking_ids: Collection[int], **_signal: Any) -> None:
    receptions.mark_closed(organisation_id, booking_ids)
