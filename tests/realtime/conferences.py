"""A conference of doctors that is going on, for the tests of the waiting room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from realtime import admittances
from scheduler import bookings
from scheduler.intervals import Interval
from scheduler.models import Booking, Organisation, Role, User
from scheduler.names import Name
from scheduler.plans import Need, Plan, Side
from tests.cast import add_person, add_user

TITLE = Name("カンファレンス", "Conference")


@dataclass(slots=True)
class Doctors:
    hospital: Organisation
    abe: User
    """The specialist who answers from the city, and leads."""
    mori: User
    """Asks from the island."""
    ueda: User
    """Works beside Mori, and was invited too."""
    hara: User
    """Another doctor of Abe's hospital, who was not."""


def add_doctors() -> Doctors:
    hospital = Organisation.objects.create(
        kind=Organisation.Kind.HOSPITAL, code="H1", name="札幌総合病院", short_name="札幌総合病院",
        name_en="Sapporo General Hospital", telephone="011-111-1111",
    )  # fmt: skip
    clinic = Organisation.objects.create(
        kind=Organisation.Kind.CLINIC, code="H2", name="利尻島国保病院", short_name="利尻島国保病院",
        name_en="Rishiri Island Hospital",
    )  # fmt: skip
    return Doctors(
        hospital,
        abe=add_user("abe", "阿部 桜", hospital, Role.SPECIALIST),
        mori=add_user("mori", "森 誠", clinic, Role.LOCAL_DOCTOR),
        ueda=add_user("ueda", "上田 翔", clinic, Role.LOCAL_DOCTOR),
        hara=add_user("hara", "原 恵", hospital, Role.SPECIALIST),
    )


def conference_plan(doctors: Doctors, start: datetime, *more: User) -> Plan:
    """Abe leads for 50 minutes; Mori, Ueda and whoever else is named take part."""
    whole = Interval(start, start + timedelta(minutes=50))

    def side(user: User) -> Side:
        post = user.memberships.select_related("organisation").get()
        person = getattr(user, "person", None) or add_person(user, post.organisation)
        return Side(
            organisation_id=post.organisation_id, interval=whole, needs=(Need((person.pk,)),),
            person_id=person.pk, is_host=user == doctors.abe,
        )  # fmt: skip

    return Plan(
        kind=Booking.Kind.CONFERENCE,
        title=TITLE,
        organiser_id=doctors.hospital.pk,
        visibility=Booking.Visibility.CONFIDENTIAL,
        sides=tuple(side(user) for user in (doctors.abe, doctors.mori, doctors.ueda, *more)),
    )


def book_conference(doctors: Doctors, start: datetime, *more: User, now: datetime) -> Booking:
    plan = conference_plan(doctors, start, *more)
    return bookings.book(plan, by=doctors.abe, now=now, intention=uuid4())


def let_all_in(booking: Booking, *, by: User, now: datetime) -> None:
    """The host has let in every guest already."""
    for guest in User.objects.filter(person__participations__booking=booking).exclude(pk=by.pk):
        admittances.knock(booking, guest, now=now)
    keys = [admittances.key_of(row) for row in booking.admittances.all()]
    admittances.admit(booking, keys, by=by, now=now)
