"""Remote seats: a pupil takes part from home or hospital, approved by the school for some time.

Approving makes (or renews) an account whose post is "pupil" from the seat's first day to its last,
and mails a link to set a password. The account carries no pupil's name: in the room the others read
「利尻（自宅から）」. It opens the lessons of the pupil's own sections on days on which the seat holds,
and nothing else; when the seat ends so does all of it (domain/education.md §2.7).
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import TruncDate
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from classrooms.models import Enrolment, RemoteSeat, Student
from realtime.access import Ground
from realtime.models import Visit
from scheduler import account_changes, password_links, timegrid
from scheduler.models import Booking, Membership, Organisation, Participant, Role, User
from scheduler.names import Name

logger = logging.getLogger(__name__)

_WORDS = {
    RemoteSeat.Place.HOME: Name("自宅から", "from home"),
    RemoteSeat.Place.HOSPITAL: Name("病院から", "from hospital"),
}


class RemoteSeatError(Exception):
    """Base of what this module refuses."""


class AddressTakenError(RemoteSeatError):
    """Another account signs in with this address; whose is nobody's to learn."""


class OverlapError(RemoteSeatError):
    """The pupil has a seat in these days already: `until` is the first day on which it no longer holds."""

    def __init__(self, until: date) -> None:
        super().__init__()
        self.until = until


def name_of(school: Organisation, place: str) -> Name:
    """「利尻（自宅から）」: how a pupil with a remote seat is called wherever others can read it."""
    words, label = _WORDS[RemoteSeat.Place(place)], school.label
    return Name(f"{label.ja}（{words.ja}）", f"{label.in_language('en')} ({words.en})")


@transaction.atomic
def approve(
    student: Student, *, place: str, valid_from: date, valid_until: date, email: str, by: User
) -> RemoteSeat:
    """A seat from `valid_from` to the day before `valid_until`, with the account that opens it.

    Raises AddressTakenError and OverlapError; nothing is changed then. Nobody is written to: see `invite`.
    """
    Student.objects.select_for_update(no_key=True).get(pk=student.pk)
    standing = student.remote_seats.filter(valid_from__lt=valid_until, valid_until__gt=valid_from)
    if last := standing.order_by("valid_until").last():
        raise OverlapError(last.valid_until)
    account = _account(student, email, name_of(student.school, place))
    Membership.objects.create(
        user=account,
        organisation_id=student.school_id,
        role=Role.STUDENT,
        valid_from=valid_from,
        valid_until=valid_until,
    )
    return RemoteSeat.objects.create(
        student=student, place=place, valid_from=valid_from, valid_until=valid_until, approved_by=by
    )


def _account(student: Student, email: str, name: Name) -> User:
    address = User.objects.normalize_email(email).lower()
    if User.objects.filter(email=address).exclude(pk=student.user_id or 0).exists():
        raise AddressTakenError
    if student.user is None:
        student.user = User.objects.create_user(address, None, name=name.ja, name_en=name.en)
        student.save(update_fields=["user"])
        return student.user
    account = student.user
    if account.email != address:
        account.set_unusable_password()  # the password was the old address's reader's
    account.email, account.name, account.name_en, account.is_active = address, name.ja, name.en, True
    account.save()
    return account


@transaction.atomic
def end(seat: RemoteSeat, today: date) -> None:
    """The seat no longer opens anything, from now on. Ending it twice is not an error.

    One that never held is taken away; one that began today keeps its one day.
    """
    if seat.valid_from > today:
        _posts(seat).delete()
        seat.delete()
        return
    if seat.valid_until > today:
        _posts(seat).filter(valid_from__gte=today).delete()
        _posts(seat).update(valid_until=today)
        seat.valid_until = max(today, seat.valid_from + timedelta(days=1))
        seat.save(update_fields=["valid_until"])
        look_again([seat.student_id])


def _posts(seat: RemoteSeat) -> QuerySet[Membership]:
    """The post that was given with the seat."""
    return Membership.objects.filter(
        user__student=seat.student_id,
        role=Role.STUDENT,
        valid_from=seat.valid_from,
        valid_until=seat.valid_until,
    )


def look_again(student_ids: Collection[int]) -> None:
    """Rooms in which these pupils are ask the gate again, once what was changed is committed.

    For everything that takes away what a seat opens: its end, leaving the school or the section.
    """
    account_changes.tell(User.objects.filter(student__in=student_ids).values_list("pk", flat=True))


def holding(day: date) -> QuerySet[RemoteSeat]:
    """The seats that open something on `day`: approved, the pupil at the school, the post standing."""
    post = "student__user__memberships"
    return RemoteSeat.objects.valid_on(day).filter(
        Q(student__valid_until=None) | Q(student__valid_until__gt=day),
        Q(**{f"{post}__valid_until": None}) | Q(**{f"{post}__valid_until__gt": day}),
        **{
            f"{post}__role": Role.STUDENT,
            f"{post}__valid_from__lte": day,
            f"{post}__organisation": F("student__school"),
        },
    )


def opening(day: date) -> QuerySet[RemoteSeat]:
    """The seats that hold on `day` or will."""
    return RemoteSeat.objects.filter(valid_until__gt=day).select_related("student__user")


def invite(seat: RemoteSeat) -> bool:
    """Mails the pupil's address how to come in: a link to set a password (good for three days), or
    where to sign in when there is one already. No name, no school in the subject. False if the mail
    server did not take it."""
    account = seat.student.user
    if account is None:
        return False
    with translation.override(account.language):
        facts = {
            "first": seat.valid_from,
            "last": seat.valid_until - timedelta(days=1),
            "sign_in": settings.PUBLIC_URL + reverse("account_login"),
            "link": "" if account.has_usable_password() else password_links.address(account),
        }
        message = EmailMessage(
            subject=_("Enkaku: take part in lessons"),
            body=render_to_string("email/remote_seat.txt", facts),
            to=[account.email],
        )
    try:
        message.send()
    except (SMTPException, OSError) as error:
        logger.warning("remote seat %s: the invitation was not sent: %s", seat.pk, type(error).__name__)
        return False
    return True


def visible(user: User, now: datetime) -> Q:
    """The lessons that a remote seat opens, as a condition on Booking: sections in which the pupil is
    enrolled on the lesson's date, on a date and a day on which the seat holds, at the pupil's school."""
    on = TruncDate("section__lessons__booking__start", tzinfo=timezone.get_default_timezone())
    seats = holding(timezone.localdate(now)).filter(student__user=user)
    lessons = Enrolment.objects.filter(
        Q(valid_until=None) | Q(valid_until__gt=on),
        valid_from__lte=on,
        student__remote_seats__in=seats,
        student__remote_seats__valid_from__lte=on,
        student__remote_seats__valid_until__gt=on,
        section__lessons__receptions__school=F("student__school"),
        section__lessons__booking__state__in=[Booking.State.CONFIRMED, Booking.State.CANCELLED],
    )
    return Q(pk__in=lessons.values("section__lessons"))


def ground(user: User, booking: Booking, participants: Sequence[Participant], now: datetime) -> Ground | None:
    """On which ground a pupil enters the room of a lesson; two queries. What is only held is no lesson."""
    if booking.state == Booking.State.TENTATIVE:
        return None
    today = timezone.localdate(now)
    on = timegrid.local_date(booking.start, booking.organiser.zone)
    seat = (
        holding(today)
        .filter(student__user=user, valid_from__lte=on, valid_until__gt=on)
        .select_related("student__school")
        .first()
    )
    if seat is None:
        return None
    enrolled = Enrolment.objects.valid_on(on).filter(student=seat.student_id, section__lessons=booking.pk)
    school = seat.student.school
    own = (side for side in participants if side.organisation_id == school.pk and side.person_id is None)
    side = next(own, None)
    if side is None or not enrolled.exists():
        return None
    return Ground(school, "guest", Visit.Standing.SEAT, side, name=name_of(school, seat.place))
