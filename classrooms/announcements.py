"""Who hears of a lesson's change, and how receptions learn of what the core did.

`tell_*` are called by the verbs of `classrooms.lessons` inside their transaction. The receivers
run after commit, perhaps twice or in another order than the events; the outcome is the same.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from classrooms import receptions
from classrooms.models import Lesson
from scheduler import notices
from scheduler.models import Booking, Organisation, User
from scheduler.names import Name
from scheduler.notices import Facts, Kind, Times
from scheduler.signals import booking_changed, calendar_changed


def connect() -> None:
    booking_changed.connect(_on_booking, dispatch_uid="classrooms.on_booking")
    calendar_changed.connect(_on_calendar, dispatch_uid="classrooms.on_calendar")


def tell_booked(lesson: Lesson, *, by: User | None, now: datetime) -> None:
    _tell(Kind.LESSON_BOOKED, lesson.booking, _facts(by), by=by, now=now)


def tell_series(first: Lesson, *, dates: int, by: User | None, now: datetime) -> None:
    _tell(Kind.SERIES_BOOKED, first.booking, {**_facts(by), "dates": dates}, by=by, now=now)


def tell_moved(lesson: Lesson, before: Times, *, by: User | None, now: datetime) -> None:
    _tell(Kind.LESSON_MOVED, lesson.booking, {**_facts(by), "before": before}, by=by, now=now)


def tell_cancelled(lesson: Lesson, *, by: User | None, now: datetime) -> None:
    _tell(Kind.LESSON_CANCELLED, lesson.booking, _facts(by), by=by, now=now)


def tell_withdrawn(lesson: Lesson, school: Organisation, *, by: User | None, now: datetime) -> None:
    _tell(Kind.SCHOOL_WITHDRAWN, lesson.booking, {**_facts(by), "school": school.label}, by=by, now=now)


def _facts(by: User | None) -> Facts:
    return {"by": Name(by.name, by.name_en or by.name)} if by else {}


def _tell(kind: Kind, booking: Booking, facts: Facts, *, by: User | None, now: datetime) -> None:
    recipients = notices.concerned(booking, now=now, besides=by)
    notices.tell(recipients, kind, booking, params=facts, now=now)


def _on_booking(*, booking_id: int, verb: str, **_signal: Any) -> None:
    # What is new has its receptions from the verb that made it.
    if verb not in {"book", "hold", "confirm"}:
        receptions.settle(booking_id)


def _on_calendar(*, organisation_id: int, booking_ids: Collection[int], **_signal: Any) -> None:
    receptions.mark_closed(organisation_id, booking_ids)
