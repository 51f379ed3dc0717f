"""The one writer of Booking, Participant and Claim.

Every verb is lock → check → write → announce after commit. After it returns the time is yours;
if it raises, nothing changed. Each takes `intention`, the key of the user's request: the same
request again gives its first answer and writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from scheduler.conflicts import Verdict
from scheduler.models import Booking, Participant, Series, User
from scheduler.plans import Override, Plan

HOLD_FOR = timedelta(minutes=10)


class BookingError(Exception):
    """Base of what this module refuses."""


class ConflictError(BookingError):
    """It does not fit. `verdict` has every conflict and every caution."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(", ".join(c.kind for c in verdict.conflicts))
        self.verdict = verdict


class ExpiredError(BookingError):
    """The hold has run out; its time is free again."""


class CancelledError(BookingError):
    """The booking is cancelled and cannot be changed."""


def check(plan: Plan, *, now: datetime, ignoring: Booking | None = None) -> Verdict:
    """What `book` would say now, without locks: for showing, not for deciding."""
    raise NotImplementedError


def book(
    plan: Plan, *, by: User | None, now: datetime, intention: UUID, override: Override | None = None
) -> Booking:
    raise NotImplementedError


def hold(
    plan: Plan, *, by: User | None, now: datetime, intention: UUID, lasting: timedelta = HOLD_FOR
) -> Booking:
    raise NotImplementedError


def confirm(booking: Booking, *, by: User | None, now: datetime, intention: UUID) -> Booking:
    raise NotImplementedError


def move(
    booking: Booking, plan: Plan, *, by: User | None, now: datetime, intention: UUID,
    override: Override | None = None, reason: str = "",
) -> Booking:  # fmt: skip
    raise NotImplementedError


def withdraw(
    participant: Participant, *, by: User | None, now: datetime, intention: UUID, reason: str = ""
) -> Booking:
    """One party leaves; the others stand. The last school's leaving cancels the booking."""
    raise NotImplementedError


def cancel(booking: Booking, *, by: User | None, now: datetime, intention: UUID, reason: str = "") -> Booking:
    raise NotImplementedError


def book_series(
    plans: Sequence[Plan], *, by: User | None, now: datetime, intention: UUID, skip_conflicts: bool
) -> tuple[Series, list[Booking], list[tuple[Plan, Verdict]]]:
    raise NotImplementedError
