"""Taking the demonstration away, and only it: what belongs to illustrative organisations."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q, QuerySet

from classrooms.models import (
    AttendanceMark,
    Confirmation,
    Enrolment,
    Lesson,
    Reception,
    RemoteSeat,
    Section,
    SectionSchool,
    StaffPresence,
    Student,
)
from realtime.models import DeviceStatus, HelpCall, Visit
from scheduler.models import (
    Booking,
    CalendarDay,
    Claim,
    ClassGroup,
    ClassPart,
    Location,
    Membership,
    Organisation,
    Participant,
    Person,
    Resource,
    Series,
    User,
)


@transaction.atomic
def remove() -> None:
    """All that hangs on the illustrative organisations, with what was booked there since.

    Courses stay: they are the ministry's. So does whoever has a post elsewhere too.
    """
    made_up = Organisation.objects.filter(is_illustrative=True)
    ids = list(made_up.values_list("pk", flat=True))
    own_bookings = Booking.objects.filter(
        Q(organiser__in=ids) | Q(pk__in=Participant.objects.filter(organisation__in=ids).values("booking"))
    )
    booking_ids = list(own_bookings.values_list("pk", flat=True))
    series_ids = list(own_bookings.exclude(series=None).values_list("series", flat=True))
    elsewhere = Membership.objects.exclude(organisation__in=ids).values("user")
    users = User.objects.filter(memberships__organisation__in=ids).exclude(pk__in=elsewhere)
    user_ids = list(users.values_list("pk", flat=True))
    _delete_registers(ids, Reception.objects.filter(lesson__booking__in=own_bookings))
    HelpCall.objects.filter(Q(booking__in=own_bookings) | Q(organisation__in=ids)).delete()
    DeviceStatus.objects.filter(user__in=user_ids).delete()
    Visit.objects.filter(Q(booking__in=own_bookings) | Q(organisation__in=ids)).delete()
    Claim.objects.filter(booking__in=own_bookings).delete()
    Reception.objects.filter(lesson__booking__in=own_bookings).delete()
    Lesson.objects.filter(booking__in=own_bookings).delete()
    _delete_bookings(booking_ids)
    Series.objects.filter(pk__in=series_ids, bookings=None).delete()
    SectionSchool.objects.filter(Q(school__in=ids) | Q(section__centre__in=ids)).delete()
    Section.objects.filter(centre__in=ids).delete()
    CalendarDay.objects.filter(organisation__in=ids).delete()
    Membership.objects.filter(organisation__in=ids).delete()
    for model in (Person, ClassPart, Location):
        model.objects.filter(organisation__in=ids).delete()
    Resource.objects.filter(organisation__in=ids).delete()
    ClassGroup.objects.filter(organisation__in=ids).delete()
    User.objects.filter(pk__in=user_ids).delete()
    made_up.delete()


def _delete_registers(organisation_ids: list[int], receptions: QuerySet[Reception]) -> None:
    """The registers of these receptions and the schools' pupils."""
    students = Student.objects.filter(school__in=organisation_ids)
    AttendanceMark.objects.filter(Q(reception__in=receptions) | Q(student__in=students)).delete()
    for model in (StaffPresence, Confirmation):
        model.objects.filter(reception__in=receptions).delete()
    Enrolment.objects.filter(student__in=students).delete()
    RemoteSeat.objects.filter(student__in=students).delete()
    students.delete()


def _delete_bookings(ids: list[int]) -> None:
    """In lots: the databases bound how many values one statement may name."""
    lot = 500
    for first in range(0, len(ids), lot):
        Booking.objects.filter(pk__in=ids[first : first + lot]).delete()
