"""What lessons add to the core's calendars: feeds of a section, and which class a lesson was for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from django.db.models import Q

from classrooms.models import Lesson, Section, SectionSchool
from scheduler import feed_epochs, feed_scopes, wallclock
from scheduler.feed_scopes import Classes, Subject, planned_centres
from scheduler.models import Booking, Claim, Feed, Membership, Participant, Resource, Role
from scheduler.names import Name
from scheduler.providers import CalendarFacts

_SEATS = ("student", "enrolment", "remoteseat")
"""On these a pupil's lessons from home depend."""


class Sections:
    """The centre's planners decide for its sections, and each section's teacher for it."""

    def find(self, pk: int) -> Subject | None:
        section = Section.objects.filter(pk=pk).select_related("centre").first()
        return self._subject(section) if section else None

    def managed(self, posts: Sequence[Membership], day: date) -> list[Subject]:
        taught = {(post.organisation_id, post.user_id) for post in posts if post.role == Role.TEACHER}
        mine = Q(centre__in=planned_centres(posts))
        for centre, user in taught:
            mine |= Q(centre=centre, teacher__user=user)
        if not posts:
            return []
        found = Section.objects.filter(mine, academic_year=wallclock.school_year(day))
        return [self._subject(section) for section in found.select_related("centre")]

    def sides(self, pk: int) -> Q:
        lessons = Lesson.objects.filter(section=pk)
        return Q(booking__in=lessons.values("booking"), role=Participant.Role.HOST)

    def _subject(self, section: Section) -> Subject:
        return Subject(Feed.Scope.SECTION, section.pk, section.label, section.centre)


class LessonClasses(Classes):
    """A lesson that holds nothing any more was for the classes that its section has there."""

    def sides(self, pk: int) -> Q:
        presets = SectionSchool.objects.filter(parts__group=pk).values_list("section", "school")
        known = super().sides(pk)
        for section, school in set(presets):
            lessons = Lesson.objects.filter(section=section).values("booking")
            own = Q(organisation=school, person=None, booking__in=lessons)
            gone = Q(withdrawn_at__isnull=False) | Q(booking__state=Booking.State.CANCELLED)
            known |= own & gone
        return known


def connect() -> None:
    """Once, in `AppConfig.ready()`."""
    feed_scopes.register(Feed.Scope.SECTION, Sections())
    feed_scopes.register(Feed.Scope.CLASS, LessonClasses())
    feed_epochs.watch("classrooms_course", "name", "name_en")
    for name in ("section", "lesson", "sectionschool", "sectionschool_parts", *_SEATS):
        feed_epochs.watch(f"classrooms_{name}")


def calendar_facts(booking_ids: Collection[int]) -> Mapping[int, CalendarFacts]:
    """A lesson's course, which names no person; a school's own lesson by its title and classes.

    Three queries.
    """
    lessons = Lesson.objects.filter(booking__in=booking_ids).order_by()
    courses = {
        booking: Name(name, name_en or name)
        for booking, name, name_en in lessons.values_list(
            "booking", "section__course__name", "section__course__name_en"
        )
    }
    local = Booking.objects.filter(pk__in=booking_ids).exclude(kind=Booking.Kind.LESSON).order_by()
    titles = {pk: Name(title, en or title) for pk, title, en in local.values_list("pk", "title", "title_en")}
    classes = _classes(titles)
    return {
        **{pk: CalendarFacts(title, tuple(classes[pk])) for pk, title in titles.items()},
        **{pk: CalendarFacts(title) for pk, title in courses.items()},
    }


def _classes(booking_ids: Collection[int]) -> dict[int, list[object]]:
    found: dict[int, list[object]] = defaultdict(list)
    if not booking_ids:
        return found
    claims = Claim.objects.filter(booking__in=booking_ids, resource__kind=Resource.Kind.CLASS_PART)
    columns = ("resource__classpart__group__name", "resource__classpart__group__name_en")
    for booking, *names in claims.order_by("pk").values_list("booking", *columns):
        found[booking].append(tuple(names))
    return found
