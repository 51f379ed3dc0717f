"""The verbs of lessons: book, hold, confirm, release, move, cancel, and one school's leaving.

Each wraps the core's verb of the same name in one transaction with the lesson's own rows, so
that a Lesson and its Receptions exist exactly when their booking does. Refusals are the core's
(`scheduler.bookings.BookingError`). `intention` makes every verb safe to repeat. Whoever is
concerned is told in the same transaction (`classrooms.announcements`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from classrooms import announcements, receptions, standing
from classrooms.models import Confirmation, Lesson, Reception, Section
from classrooms.wishes import Group, Wish
from scheduler import bookings, permissions
from scheduler.conflicts import Verdict
from scheduler.dayplans import PeriodSpan
from scheduler.models import Booking, BookingChange, Location, Series, User
from scheduler.plans import Need, Override, Plan
from scheduler.transactions import retried
from scheduler.wishes import Wish as CoreWish
from scheduler.wishes import WishHost, WishSide

MOST_PUPILS = "lesson.most_pupils"
"""The rule that bounds the pupils of a lesson over all its rooms."""

Periods = Mapping[int, PeriodSpan]
"""The period that each school takes, by the school's key."""


class ConfirmedError(bookings.BookingError):
    """A school has confirmed its register: that lesson is neither moved nor called off."""


class UnmovedError(bookings.BookingError):
    """The lesson already stands at that time with those schools: the move would change nothing."""


@dataclass(frozen=True, slots=True)
class Refused:
    """One date of a series that does not fit, and every reason."""

    plan: Plan
    verdict: Verdict


def plan(wish: Wish, periods: Periods) -> Plan:
    """What the core is asked to set aside, at one period of each school."""
    return sought(wish).plan([periods[group.school.pk] for group in wish.groups])


def sought(wish: Wish) -> CoreWish:
    """The wish as the core knows it: a plan that has no time yet, for `scheduler.finding`.

    Teacher and studio are busy from the first school's bell to the last one's, each school over
    its own period. Any studio will do and any set of the school, the preferred ones first;
    where none is registered there is none to run out of, and nothing is claimed.
    """
    section = wish.section
    host = WishHost(
        organisation_id=section.centre_id,
        needs=(Need((section.teacher_id,)), *_any_of(wish.studios)),
        person_id=section.teacher_id,
    )
    return CoreWish(
        kind=Booking.Kind.LESSON,
        title=section.label,
        organiser_id=section.centre_id,
        sides=tuple(_side(group) for group in wish.groups),
        hosts=(host,),
        wanted=wish.wanted,
        minimum=wish.minimum,
        most_rule=MOST_PUPILS,
    )


def _side(group: Group) -> WishSide:
    return WishSide(
        organisation_id=group.school.pk,
        needs=(*(Need((part.pk,)) for part in group.parts), *_any_of(group.sets)),
        grade=group.grade,
        headcount=group.headcount,
    )


def _any_of(places: Sequence[Location]) -> tuple[Need, ...]:
    return (Need(tuple(place.pk for place in places)),) if places else ()


def periods_of(wish: Wish, chosen: Sequence[PeriodSpan]) -> dict[int, PeriodSpan]:
    """The periods by school, from one per group in the wish's order."""
    return {group.school.pk: period for group, period in zip(wish.groups, chosen, strict=True)}


@retried
def book(
    wish: Wish,
    periods: Periods,
    *,
    by: User | None,
    now: datetime,
    intention: UUID,
    override: Override | None = None,
) -> Lesson:
    """The confirmed lesson. Raises `bookings.ConflictError` with every reason."""
    booking = bookings.book(plan(wish, periods), by=by, now=now, intention=intention, override=override)
    lesson = _of_booking(booking, wish.section)
    if change := booking.written:
        announcements.tell_booked(change, by=by, now=now)
    return lesson


@retried
def hold(wish: Wish, periods: Periods, *, by: User | None, now: datetime, intention: UUID) -> Lesson:
    """The lesson held for `bookings.HOLD_FOR`: its time is set aside until then. Nobody is told."""
    booking = bookings.hold(plan(wish, periods), by=by, now=now, intention=intention)
    return _of_booking(booking, wish.section)


@retried
def confirm(lesson: Lesson, *, by: User | None, now: datetime, intention: UUID) -> Lesson:
    """The held lesson, booked. Raises `bookings.ExpiredError` when the hold has run out."""
    booking = bookings.confirm(lesson.booking, by=by, now=now, intention=intention)
    confirmed = _of_booking(booking, lesson.section)
    if change := booking.written:
        announcements.tell_booked(change, by=by, now=now)
    return confirmed


@retried
def move(
    lesson: Lesson,
    wish: Wish,
    periods: Periods,
    *,
    by: User | None,
    now: datetime,
    intention: UUID,
    override: Override | None = None,
    reason: str = "",
) -> Lesson:
    """The same lesson at another time, or with other schools; its own claims are not in its way.

    Raises ConfirmedError, UnmovedError, and what `bookings.move` raises.
    """
    _must_not_be_confirmed(lesson.receptions.all(), intention)
    wanted = plan(wish, periods)
    if override is None:
        _must_change_something(lesson.booking, wanted, intention)
    booking = bookings.move(
        lesson.booking,
        wanted,
        by=by,
        now=now,
        intention=intention,
        override=override,
        reason=reason,
    )
    moved = _of_booking(booking, lesson.section)
    receptions.settle(booking.pk)
    if change := _told_change(booking):
        announcements.tell_moved(change, by=by, now=now)
    return moved


@retried
def cancel(lesson: Lesson, *, by: User | None, now: datetime, intention: UUID, reason: str = "") -> Lesson:
    """The lesson called off for every school. Cancelling twice is not an error.

    Raises ConfirmedError, and what `bookings.cancel` raises.
    """
    _must_not_be_confirmed(lesson.receptions.all(), intention)
    lesson.booking = bookings.cancel(lesson.booking, by=by, now=now, intention=intention, reason=reason)
    receptions.settle(lesson.pk)
    if change := _told_change(lesson.booking):
        announcements.tell_cancelled(change, by=by, now=now)
    return lesson


def from_here(lesson: Lesson) -> QuerySet[Booking]:
    """This date of the lesson's weekly series and the later ones, by start."""
    booking = lesson.booking
    later = Q(series=booking.series_id, start__gte=booking.start, series__isnull=False)
    return Booking.objects.filter(Q(pk=booking.pk) | later).order_by("start")


def following(lesson: Lesson, reader: User, now: datetime) -> QuerySet[Booking]:
    """Of `from_here` what the reader may change."""
    return permissions.changeable(reader, from_here(lesson), timezone.localdate(now))


@retried
def cancel_following(
    lesson: Lesson, *, by: User, now: datetime, intention: UUID, reason: str = ""
) -> list[Booking]:
    """`following` called off, by start; all or none. Raises what `bookings.cancel_all` raises, and
    `bookings.IntentionError` when this request's key called off other dates before."""
    chosen = list(following(lesson, by, now).values_list("pk", flat=True))
    ended = bookings.cancel_all(chosen, by=by, now=now, intention=intention, reason=reason)
    if not any(booking.written or booking.pk == lesson.pk for booking in ended):
        raise bookings.IntentionError
    for booking in ended:
        receptions.settle(booking.pk)
    announcements.tell_cancelled_together([b for b in ended if b.written], by=by, now=now)
    return ended


@retried
def release(lesson: Lesson, *, by: User | None, now: datetime, intention: UUID) -> Lesson:
    """The held lesson given up. Nobody was told of the hold, nobody is of its end.

    Raises what `bookings.release` raises.
    """
    lesson.booking = bookings.release(lesson.booking, by=by, now=now, intention=intention)
    receptions.settle(lesson.pk)
    return lesson


@retried
def withdraw_school(
    reception: Reception, *, by: User | None, now: datetime, intention: UUID, reason: str = ""
) -> Lesson:
    """The lesson without this school's side; the other schools' stand.

    Raises ConfirmedError, and what `bookings.withdraw` raises.
    """
    _must_not_be_confirmed(Reception.objects.filter(pk=reception.pk), intention)
    lesson = reception.lesson
    lesson.booking = bookings.withdraw(
        reception.participant, by=by, now=now, intention=intention, reason=reason
    )
    receptions.settle(lesson.pk)
    if change := _told_change(lesson.booking):
        announcements.tell_withdrawn(change, reception.school, by=by, now=now)
    return lesson


@retried
def book_series(
    wish: Wish,
    dates: Sequence[Periods],
    *,
    by: User | None,
    now: datetime,
    intention: UUID,
    skip_conflicts: bool,
) -> tuple[Series, list[Lesson], list[Refused]]:
    """A lesson for each of `dates`, which fit or are left out with their reasons.

    Without `skip_conflicts` it is all of them or none: `bookings.SeriesConflictError` then.
    """
    series, made, refused = bookings.book_series(
        [plan(wish, periods) for periods in dates],
        by=by,
        now=now,
        intention=intention,
        skip_conflicts=skip_conflicts,
    )
    lessons = _of_bookings(made, wish.section)
    if made[0].written:
        announcements.tell_series(lessons[0], dates=len(lessons), by=by, now=now)
    return series, lessons, [Refused(plan, verdict) for plan, verdict in refused]


def _must_not_be_confirmed(receptions: QuerySet[Reception], intention: UUID) -> None:
    """Read without a lock: a side is confirmed from its end on, and then the core refuses as well."""
    if not Confirmation.objects.filter(reception__in=receptions).exists():
        return
    # A request sent again has its first answer, also when the school has confirmed since.
    if not _is_repeated(intention):
        raise ConfirmedError


def _must_change_something(booking: Booking, wanted: Plan, intention: UUID) -> None:
    """Read without a lock: what slips through is a move that harms nobody."""
    if standing.of_booking(booking).meets(wanted) and not _is_repeated(intention):
        raise UnmovedError


def _is_repeated(intention: UUID) -> bool:
    return BookingChange.objects.filter(intention=intention).exists()


def _told_change(booking: Booking) -> BookingChange | None:
    """What was written, if people knew of the lesson: nobody was told of a hold, nor is of its end."""
    change = booking.written
    return change if change and change.before["state"] == Booking.State.CONFIRMED else None


def _of_booking(booking: Booking, section: Section) -> Lesson:
    return _of_bookings([booking], section)[0]


def _of_bookings(made: Sequence[Booking], section: Section) -> list[Lesson]:
    """The bookings' lessons with their receptions, in order; those made before as they are.

    At most four queries, however many bookings. Raises `bookings.IntentionError` for another kind's
    booking: the request's key belonged to that one.
    """
    if any(booking.kind != Booking.Kind.LESSON for booking in made):
        raise bookings.IntentionError
    before = [booking.pk for booking in made if booking.written is None or booking.written.sequence]
    known = Lesson.objects.in_bulk(before) if before else {}
    created = [Lesson(booking=booking, section=section) for booking in made if booking.pk not in known]
    Lesson.objects.bulk_create(created)
    known |= {lesson.pk: lesson for lesson in created}
    for booking in made:
        known[booking.pk].booking = booking
    receptions.ensure([booking.pk for booking in made])
    return [known[booking.pk] for booking in made]
