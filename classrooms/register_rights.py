"""Who opens which register, and what they may do in it.

A register with names is for the school's coordinator, head and room staff, and for the teacher who
teaches that lesson while their post at the centre holds, on the lesson's day and today. All of them
mark; who attended in the room is the school's to record; who confirms is the school's setting
(`confirming`). For everybody else a register does not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import Q, QuerySet
from django.utils import timezone

from classrooms import confirming, pupil_permissions
from classrooms.models import Reception
from scheduler import permissions, timegrid
from scheduler.models import Booking, Membership, Organisation, Participant
from scheduler.providers import Reader


@dataclass(frozen=True, slots=True)
class Rights:
    """What a reader of a register may do in it, by the posts of today."""

    may_record_staff: bool
    may_confirm: bool
    post: Membership | None
    """As what they do it; None for the teacher, whose post is the centre's."""

    @property
    def is_school(self) -> bool:
        return self.post is not None


def visible(reader: Reader, now: datetime) -> QuerySet[Reception]:
    """The registers that this reader may open; lessons that are only held have none."""
    schools = {m.organisation_id for m in reader.memberships if _reads_school(reader, m)}
    mine = Q(school__in=schools)
    for post in reader.memberships:
        if post.role in permissions.CENTRE_ROLES:
            mine |= _taught(reader, post)
    visible_bookings = permissions.visible_bookings(reader.user, now, posts=reader.memberships)
    return (
        Reception.objects.filter(mine, lesson__booking__in=visible_bookings)
        .exclude(lesson__booking__state=Booking.State.TENTATIVE)
        .select_related(
            "school", "participant__location", "lesson__booking__organiser",
            "lesson__section__course", "lesson__section__teacher", "lesson__section__centre", "staff",
        )
    )  # fmt: skip


def _reads_school(reader: Reader, post: Membership) -> bool:
    return pupil_permissions.reads_school(reader, post.organisation_id)


def _taught(reader: Reader, post: Membership) -> Q:
    """Lessons of that centre within the post's dates, whose section or whose own host is the reader."""
    zone = post.organisation.zone
    hosted = Participant.objects.standing().filter(role=Participant.Role.HOST, person__user=reader.user)
    who = Q(lesson__section__teacher__user=reader.user) | Q(lesson__booking__in=hosted.values("booking"))
    within = Q(participant__start__gte=timegrid.instant(post.valid_from, time(0), zone))
    if post.valid_until is not None:
        within &= Q(participant__start__lt=timegrid.instant(post.valid_until, time(0), zone))
    return who & within & Q(lesson__section__centre=post.organisation_id)


def of(reader: Reader, school: Organisation, now: datetime) -> Rights:
    """What the reader of a visible register of that school may do. One query."""
    posts = _posts(reader, school.pk)
    roles = confirming.roles(school.pk, day_of(now))
    signing = next((post for post in posts if post.role in roles), None)
    return Rights(
        may_record_staff=bool(posts),
        may_confirm=signing is not None,
        post=signing or (posts[0] if posts else None),
    )


def loses_by_head_alone(reader: Reader, school_id: int) -> bool:
    """The reader confirms there as one who would no longer, were it the head alone."""
    roles = {post.role for post in _posts(reader, school_id)}
    return bool(roles & permissions.SCHOOL_OFFICE_ROLES) and not roles & confirming.HEAD_ALONE


def confirmed_schools(reader: Reader, now: datetime) -> list[int]:
    """The schools whose registers the reader confirms today."""
    posts = [m for m in reader.memberships if m.role in permissions.SCHOOL_OFFICE_ROLES]
    if not posts:
        return []
    roles = confirming.roles_of({post.organisation_id for post in posts}, day_of(now))
    return sorted({post.organisation_id for post in posts if post.role in roles[post.organisation_id]})


def _posts(reader: Reader, school_id: int) -> list[Membership]:
    roles = pupil_permissions.READING_ROLES
    return [m for m in reader.memberships if m.organisation_id == school_id and m.role in roles]


def day_of(now: datetime) -> date:
    """The day by which posts and settings hold, as everywhere (`scheduler.readers`)."""
    return timezone.localdate(now)
