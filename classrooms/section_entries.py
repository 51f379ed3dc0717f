"""Sections as the centre enters and corrects them: course, teacher, minutes, and whose classes take it.

Lessons that are booked stay as they are; a school with lessons to come or with pupils entered stays in.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from classrooms import enrolments
from classrooms.models import Course, Enrolment, Section, SectionSchool
from scheduler import audit
from scheduler.models import Booking, ClassPart, Location, Organisation, Participant, Person, Resource, User
from scheduler.names import Name
from scheduler.transactions import retried
from scheduler.versions import StaleError

LEAST, MOST = 20, 120
"""Minutes of a lesson that anybody plans."""
MOST_MEETINGS = 10


class SectionEntriesError(Exception):
    """Base of what this module refuses."""


class NameTakenError(SectionEntriesError):
    """The centre has another section of this name in that school year."""


class StillTakesPartError(SectionEntriesError):
    """A school has lessons to come in the section, or pupils entered for it."""

    def __init__(self, school: Organisation) -> None:
        super().__init__()
        self.school = school


@dataclass(frozen=True, slots=True)
class Facts:
    """`groups`: the parts of classes that take it, with the number of pupils of each school."""

    course: Course
    academic_year: int
    name: Name
    teacher: Person
    studio: Location | None
    wanted_minutes: int
    minimum_minutes: int
    meetings_per_week: int
    parts: frozenset[int]
    headcounts: Mapping[int, int]
    """By school. As soon as a school enters pupils, their number is counted instead."""


def of_centres(centre_ids: frozenset[int], year: int) -> QuerySet[Section]:
    sections = Section.objects.filter(centre__in=centre_ids, academic_year=year)
    return sections.select_related("course", "teacher", "centre", "studio").prefetch_related(
        "schools__school", "schools__parts__group"
    )


def facts_of(section: Section) -> Facts:
    pairs = list(section.schools.prefetch_related("parts"))
    return Facts(
        course=section.course,
        academic_year=section.academic_year,
        name=Name(section.name, section.name_en),
        teacher=section.teacher,
        studio=section.studio,
        wanted_minutes=section.wanted_minutes,
        minimum_minutes=section.minimum_minutes,
        meetings_per_week=section.meetings_per_week,
        parts=frozenset(part.pk for pair in pairs for part in pair.parts.all()),
        headcounts={pair.school_id: pair.headcount for pair in pairs},
    )


def version(section: Section) -> str:
    """Which state a form was filled in from."""
    facts = facts_of(section)
    keys = (facts.course.pk, facts.teacher.pk, facts.studio.pk if facts.studio else 0)
    numbers = (facts.academic_year, facts.wanted_minutes, facts.minimum_minutes, facts.meetings_per_week)
    told = (keys, numbers, facts.name, sorted(facts.parts), sorted(facts.headcounts.items()))
    return hashlib.sha256(repr(told).encode()).hexdigest()[:24]


@retried
def enter(centre: Organisation, facts: Facts, *, by: User, now: datetime) -> Section:
    """A new section; the same one sent twice is found. Raises NameTakenError."""
    _lock(centre)
    same = Section.objects.filter(centre=centre, academic_year=facts.academic_year, name=facts.name.ja)
    for other in same:
        if facts_of(other) == facts:
            return other
    if same.exists():
        raise NameTakenError
    section = Section(centre=centre)
    _write(section, facts)
    _record("section.create", audit.Action.CREATE, section, by, now)
    return section


@retried
def correct(section: Section, facts: Facts, *, shown: str | None, by: User, now: datetime) -> bool:
    """The section as it is now; False when it was so already.

    Raises StaleError, NameTakenError, StillTakesPartError.
    """
    _lock(section.centre)
    stored = Section.objects.select_for_update(no_key=True, of=("self",)).get(pk=section.pk)
    before = facts_of(stored)
    if before == facts:
        return False
    if shown is not None and shown != version(stored):
        raise StaleError
    same = Section.objects.filter(centre=stored.centre_id, academic_year=facts.academic_year)
    if facts.name.ja != before.name.ja and same.filter(name=facts.name.ja).exists():
        raise NameTakenError
    check_leaving(stored, facts, now)
    _write(stored, facts)
    enrolments.recount(timezone.localdate(now), section_id=stored.pk)
    _record("section.update", audit.Action.UPDATE, stored, by, now)
    return True


def check_leaving(section: Section, facts: Facts, now: datetime) -> None:
    """Raises StillTakesPartError for a school that would go and cannot."""
    staying = set(_by_school(facts))
    for pair in section.schools.exclude(school__in=staying).select_related("school"):
        day = timezone.localdate(now)
        held = Enrolment.objects.filter(
            enrolments.not_over(day), section=section, student__school=pair.school
        )
        sides = Participant.objects.standing().filter(organisation=pair.school, end__gt=now)
        lessons = Booking.objects.live(now).filter(lesson__section=section, pk__in=sides.values("booking"))
        if held.exists() or lessons.exists():
            raise StillTakesPartError(pair.school)


def _by_school(facts: Facts) -> dict[int, list[ClassPart]]:
    found: dict[int, list[ClassPart]] = defaultdict(list)
    for part in ClassPart.objects.filter(pk__in=facts.parts).order_by("pk"):
        found[part.organisation_id].append(part)
    return found


def _write(section: Section, facts: Facts) -> None:
    section.course, section.academic_year = facts.course, facts.academic_year
    section.name, section.name_en = facts.name
    section.teacher, section.studio = facts.teacher, facts.studio
    section.wanted_minutes, section.minimum_minutes = facts.wanted_minutes, facts.minimum_minutes
    section.meetings_per_week = facts.meetings_per_week
    section.save()
    by_school = _by_school(facts)
    SectionSchool.objects.filter(section=section).exclude(school__in=by_school).delete()
    for school_id, parts in by_school.items():
        pair = SectionSchool.objects.filter(section=section, school=school_id).first()
        if pair is None:
            pair = SectionSchool(section=section, school_id=school_id, location=_first_set(school_id))
        pair.headcount = facts.headcounts.get(school_id, sum(part.headcount for part in parts))
        pair.save()
        pair.parts.set(parts)


def _first_set(school_id: int) -> Location | None:
    sets = Location.objects.filter(organisation=school_id, kind=Resource.Kind.RECEIVING_SET, is_active=True)
    return sets.first()


def _lock(centre: Organisation) -> None:
    Organisation.objects.select_for_update(no_key=True).get(pk=centre.pk)


def _record(event: str, action: audit.Action, section: Section, by: User, now: datetime) -> None:
    told = {
        "organisation": section.centre_id,
        "year": section.academic_year,
        "schools": section.schools.count(),
    }
    audit.record(action, event, by=by, now=now, object_type="section", object_key=str(section.pk), facts=told)
