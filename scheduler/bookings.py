"""The one writer of Booking, Participant and Claim.

Every verb is lock → check → write → announce after commit. After it returns the time is yours;
if it raises, nothing changed. Each takes `intention`, the key of the user's request: the same
request again gives its first answer and writes nothing.

Locks are taken in one order everywhere: resources by key, then bookings by key. Releasing takes
no resource lock.

BookingError
├── ConflictError        it does not fit; carries every reason
├── SeriesConflictError  some dates of a series do not fit; carries them with their reasons
├── ExpiredError         the hold has run out
├── CancelledError       the booking is cancelled and cannot be changed
├── TakenUpError         a hold that was to be given up has been confirmed
├── OverError            it has ended: what happened is not rewritten
│   └── PartlyOverError  for one party it has ended, for another not yet
└── IntentionError       the key of this request was used for another one
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from uuid import UUID, uuid5

from django.db import connection, transaction

from scheduler import judgement, writing
from scheduler.conflicts import Verdict
from scheduler.judgement import Judgement, Known
from scheduler.models import Booking, BookingChange, Participant, Series, User
from scheduler.plans import Override, Plan
from scheduler.signals import booking_changed
from scheduler.transactions import retried

HOLD_FOR = timedelta(minutes=10)


class BookingError(Exception):
    """Base of what this module refuses."""


class ConflictError(BookingError):
    """It does not fit. `verdict` has every conflict and every caution."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(", ".join(c.kind for c in verdict.conflicts))
        self.verdict = verdict


class SeriesConflictError(BookingError):
    """Some dates do not fit and the user wants all or none. `refused` has each with its reasons."""

    def __init__(self, refused: list[tuple[Plan, Verdict]]) -> None:
        super().__init__(f"{len(refused)} dates do not fit")
        self.refused = refused


class ExpiredError(BookingError):
    """The hold has run out; its time is free again."""


class CancelledError(BookingError):
    """The booking is cancelled and cannot be changed."""


class TakenUpError(BookingError):
    """The hold is a booking by now: giving it up would be calling off what people know of."""


class OverError(BookingError):
    """The booking has ended, or the part in it of whom this is about. The past is kept, not changed."""


class PartlyOverError(OverError):
    """For one of its guests the booking has ended: it stays as it was, and the others can leave."""


class IntentionError(BookingError):
    """The key of this request was used before, for another booking, verb, plan or person."""


def check(plan: Plan, *, now: datetime, ignoring: Booking | None = None) -> Verdict:
    """What `book` would say now, without locks: for showing, not for deciding."""
    plans = [plan]
    known = judgement.look(plans)
    return judgement.judge(plans, known, now=now, ignoring=ignoring.pk if ignoring else None)[0].verdict


@retried
def book(
    plan: Plan, *, by: User | None, now: datetime, intention: UUID, override: Override | None = None
) -> Booking:
    """A confirmed booking. Raises ConflictError; an `override` takes its kinds upon itself."""
    return _create(plan, by=by, now=now, intention=intention, override=override, expires_at=None)


@retried
def hold(
    plan: Plan, *, by: User | None, now: datetime, intention: UUID, lasting: timedelta = HOLD_FOR
) -> Booking:
    """A tentative booking that holds its claims until `now + lasting`. Raises ConflictError."""
    return _create(plan, by=by, now=now, intention=intention, override=None, expires_at=now + lasting)


@retried
def confirm(booking: Booking, *, by: User | None, now: datetime, intention: UUID) -> Booking:
    """The hold becomes a booking. Raises ExpiredError, CancelledError; confirming twice is no error."""
    locked = _locked(booking)
    if _is_answered(intention, locked, by=by, verbs={"confirm"}) or locked.state == Booking.State.CONFIRMED:
        return locked
    _must_be_live(locked, now)
    locked.state = Booking.State.CONFIRMED
    locked.expires_at = None
    change = writing.changed(
        locked, verb="confirm", now=now, by=by, intention=intention, fields=["state", "expires_at"]
    )
    _announce(change)
    return locked


@retried
def move(
    booking: Booking, plan: Plan, *, by: User | None, now: datetime, intention: UUID,
    override: Override | None = None, reason: str = "",
) -> Booking:  # fmt: skip
    """The same booking at the plan's times, with the plan's parties and needs.

    The plan decides who stands: a party that it leaves out is withdrawn, one that had withdrawn
    and is in it stands again. Raises ConflictError, ExpiredError, CancelledError, OverError.
    """
    known = judgement.lock([plan])
    locked = _locked(booking)
    if _is_answered(intention, locked, by=by, verbs={"move"}):
        return locked
    _must_be_live(locked, now)
    _must_be_ahead_for_all(locked, now)
    judged = _judged([plan], known, now=now, ignoring=locked.pk, override=override)[0]
    if judged.verdict.conflicts:
        raise ConflictError(judged.verdict)
    _announce(
        writing.moved(
            locked, judged, now=now, by=by, intention=intention, reason=reason,
            override_reason=override.reason if override else "",
        )
    )  # fmt: skip
    return locked


@retried
def withdraw(
    participant: Participant, *, by: User | None, now: datetime, intention: UUID | None, reason: str = ""
) -> Booking:
    """One party leaves; the others stand. The last guest's leaving cancels the booking.

    Withdrawing twice is no error. Raises CancelledError when the booking was cancelled before,
    OverError when the party's own time has ended.
    """
    locked = _locked(participant.booking)
    if intention and _is_answered(intention, locked, by=by, verbs={"withdraw", "cancel"}):
        return locked
    if locked.state == Booking.State.CANCELLED:
        raise CancelledError
    if locked.participants.standing().filter(pk=participant.pk, end__lte=now).exists():
        raise OverError
    change = writing.withdrawn(
        locked, [participant.pk], now=now, by=by, intention=intention, reason=reason, verb="withdraw"
    )
    if change:
        _announce(change)
    return locked


@retried
def cancel(booking: Booking, *, by: User | None, now: datetime, intention: UUID, reason: str = "") -> Booking:
    """Nobody takes part any more and all is free again. Cancelling twice is no error.

    Raises OverError once it has ended, be it for one of its guests.
    """
    locked = _locked(booking)
    is_answered = _is_answered(intention, locked, by=by, verbs={"cancel"})
    if is_answered or locked.state == Booking.State.CANCELLED:
        return locked
    _must_be_ahead_for_all(locked, now)
    _announce(writing.ended(locked, verb="cancel", now=now, by=by, intention=intention, reason=reason))
    return locked


@retried
def cancel_all(
    chosen: Collection[int], *, by: User | None, now: datetime, intention: UUID, reason: str = ""
) -> list[Booking]:
    """The bookings with these keys called off, by start; all or none. About five queries for each.

    Those called off before stay as they were and are not among them. Raises what `cancel` raises, and
    CancelledError when none was left to call off.
    """
    rows = Booking.objects.filter(pk__in=chosen).order_by("pk").select_for_update(no_key=True)
    # A change has one request, and a request one change.
    keys = {locked: uuid5(intention, str(locked.uid)) for locked in rows}
    ended = [locked for locked, key in keys.items() if _is_answered(key, locked, by=by, verbs={"cancel"})]
    if not ended:
        ended = [locked for locked in keys if locked.state != Booking.State.CANCELLED]
        for locked in ended:
            _must_be_ahead_for_all(locked, now)
        for locked in ended:
            _announce(
                writing.ended(
                    locked, verb="cancel", now=now, by=by, intention=keys[locked], reason=reason
                )
            )  # fmt: skip
    if not ended:
        raise CancelledError
    return sorted(ended, key=lambda booking: booking.start)


@retried
def release(booking: Booking, *, by: User | None, now: datetime, intention: UUID) -> Booking:
    """The hold given up before its time; what it held is free again. Releasing twice is no error.

    Raises TakenUpError when it has been confirmed, CancelledError when it was called off after that.
    """
    locked = _locked(booking)
    if _is_answered(intention, locked, by=by, verbs={"cancel"}):
        return locked
    if locked.expires_at is None:
        raise TakenUpError if locked.state == Booking.State.CONFIRMED else CancelledError
    if locked.state == Booking.State.CANCELLED:
        return locked
    _announce(writing.ended(locked, verb="cancel", now=now, by=by, intention=intention, reason=""))
    return locked


@retried
def book_series(
    plans: Sequence[Plan], *, by: User | None, now: datetime, intention: UUID, skip_conflicts: bool
) -> tuple[Series, list[Booking], list[tuple[Plan, Verdict]]]:
    """All plans in one transaction: the series, its bookings, and what was left out with its reasons.

    With `skip_conflicts` those that fit are booked; without it, or when none fits, a date that
    does not fit raises SeriesConflictError and nothing is written. ValueError when two plans
    overlap each other. Cost: the same number of queries for 1 date or 35.
    """
    known = judgement.lock(plans)
    earlier = Series.objects.filter(intention=intention).first()
    if earlier and earlier.created_by_id != (by.pk if by else None):
        raise IntentionError
    if earlier:
        return earlier, list(earlier.bookings.order_by("start")), []
    ordered = sorted(plans, key=lambda plan: plan.interval)
    if any(a.interval.overlaps(b.interval) for a, b in pairwise(ordered)):
        raise ValueError("the dates of a series must not overlap each other")
    judged = _judged(ordered, known, now=now, ignoring=None, override=None)
    refused = [(j.plan, j.verdict) for j in judged if j.verdict.conflicts]
    fitting = [j for j in judged if not j.verdict.conflicts]
    if refused and (not skip_conflicts or not fitting):
        raise SeriesConflictError(refused)
    series = Series.objects.create(intention=intention, created_by=by)
    changes = writing.created(
        fitting, by=by, now=now, intention=None, expires_at=None, override_reason="", series=series
    )
    for change in changes:
        _announce(change)
    return series, [change.booking for change in changes], refused


@retried
def expire_holds(*, now: datetime, only: Collection[int] | None = None) -> int:
    """Ends the holds that have run out (those of `only`, or all) and frees what they held; how many."""
    due = Booking.objects.filter(state=Booking.State.TENTATIVE, expires_at__lte=now)
    if only is not None:
        due = due.filter(pk__in=only)
    # Whoever confirms one of them this instant keeps it: the row is read again under its lock.
    expired = list(due.order_by("pk").select_for_update(no_key=True))
    for booking in expired:
        _announce(writing.ended(booking, verb="expire", now=now, by=None, intention=None, reason="expired"))
    return len(expired)


def _create(
    plan: Plan, *, by: User | None, now: datetime, intention: UUID, override: Override | None,
    expires_at: datetime | None,
) -> Booking:  # fmt: skip
    known = judgement.lock([plan])
    earlier = _made_before(intention, plan, by=by, verb="hold" if expires_at else "book")
    if earlier:
        return earlier
    judged = _judged([plan], known, now=now, ignoring=None, override=override)
    if judged[0].verdict.conflicts:
        raise ConflictError(judged[0].verdict)
    change = writing.created(
        judged, by=by, now=now, intention=intention, expires_at=expires_at,
        override_reason=override.reason if override else "", series=None,
    )[0]  # fmt: skip
    _announce(change)
    return change.booking


def _judged(
    plans: Sequence[Plan], known: dict[int, Known], *, now: datetime, ignoring: int | None,
    override: Override | None,
) -> list[Judgement]:  # fmt: skip
    """Judged under the locks, after the expired holds in the way were swept."""
    accepted = override.kinds if override else frozenset()
    judged = judgement.judge(plans, known, now=now, ignoring=ignoring, accepted=accepted)
    expired = frozenset().union(*(j.expired for j in judged))
    if not expired:
        return judged
    expire_holds(now=now, only=expired)
    # A hold may have been confirmed before we had its row: look once more, now nothing can change.
    return judgement.judge(plans, known, now=now, ignoring=ignoring, accepted=accepted)


def _locked(booking: Booking) -> Booking:
    return Booking.objects.select_for_update(no_key=True).get(pk=booking.pk)


def _must_be_live(booking: Booking, now: datetime) -> None:
    if booking.state == Booking.State.CANCELLED:
        raise ExpiredError if booking.cancel_reason == "expired" else CancelledError
    if not booking.is_live(now):
        raise ExpiredError


def _must_be_ahead_for_all(booking: Booking, now: datetime) -> None:
    if booking.end <= now:
        raise OverError
    # Schools have bells of their own: a joint lesson is over at one before it is at the next.
    guests = booking.participants.standing().filter(role=Participant.Role.GUEST)
    if booking.start < now and guests.filter(end__lte=now).exists():
        raise PartlyOverError


def _is_answered(intention: UUID, booking: Booking, *, by: User | None, verbs: Collection[str]) -> bool:
    """Whether this request changed `booking` before. Raises IntentionError if its key did something else."""
    found = BookingChange.objects.filter(intention=intention).values_list("booking", "by", "verb").first()
    if found is None:
        return False
    if found[:2] != (booking.pk, by.pk if by else None) or found[2] not in verbs:
        raise IntentionError
    return True


def _is_known(intention: UUID) -> bool:
    """Plain SQL: nearly every request is new, and asking this is part of every booking."""
    key = intention if connection.features.has_native_uuid_field else intention.hex
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM scheduler_bookingchange WHERE intention = %s", [key])
        return cursor.fetchone() is not None


def _made_before(intention: UUID, plan: Plan, *, by: User | None, verb: str) -> Booking | None:
    """What this request made when it first came. Raises IntentionError when its key made something else."""
    if not _is_known(intention):
        return None
    change = BookingChange.objects.filter(intention=intention)
    booking, made_by, made_verb, after = change.values_list("booking", "by", "verb", "after").get()
    same = (made_by, made_verb, after.get("plan")) == (by.pk if by else None, verb, plan.digest)
    if not same:
        raise IntentionError
    return Booking.objects.get(pk=booking)


def _announce(change: BookingChange) -> None:
    change.booking.written = change
    send = partial(
        booking_changed.send_robust,
        sender=Booking,
        booking_id=change.booking_id,
        verb=change.verb,
        by_id=change.by_id,
    )
    transaction.on_commit(send)
