"""Who reads pupils' names, and who writes them: the one place where it is decided.

    role                          reads                                   writes
    coordinator, head of school   every pupil of their school             pupils, enrolments, remote seats
    room staff                    every pupil of their school             –
    teacher (centre)              the pupils of the sections they teach   –
                                  this school year, while their post at
                                  the centre holds
    everybody else                nobody: a planner, an administrator, a receiving set, another
                                  school, and a pupil who takes part from home

A post counts on the day on which it is read: `Reader.memberships` are today's. Enrolments stay open
beyond March, so a teacher's sections are those of the school year in which `today` lies, the day by
the centre's clocks. Registers have their own rule (`register_rights`). Absent and forbidden are the
same answer (404).
"""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from classrooms.models import Section
from scheduler import permissions
from scheduler.models import Organisation, Role
from scheduler.providers import Reader
from scheduler.wallclock import school_year

READING_ROLES = frozenset({Role.ROOM_STAFF, *permissions.SCHOOL_OFFICE_ROLES})
WRITING_ROLES = permissions.SCHOOL_OFFICE_ROLES


def reads_school(reader: Reader, school_id: int) -> bool:
    """Whether every pupil of that school may be read."""
    return school_id in _schools(reader, READING_ROLES)


def writes_school(reader: Reader, school_id: int) -> bool:
    """Whether that school's pupils, enrolments and remote seats may be changed."""
    return school_id in _schools(reader, WRITING_ROLES)


def teaches(reader: Reader, section: Section, today: date) -> bool:
    """Whether the reader teaches it this school year and has a post at its centre today."""
    is_own = section.centre_id in _centres(reader) and section.teacher.user_id == reader.user.pk
    return is_own and section.academic_year == school_year(today)


def read_schools(reader: Reader) -> QuerySet[Organisation]:
    """The schools whose pupils may be read whole."""
    return _high_schools(_schools(reader, READING_ROLES))


def written_schools(reader: Reader) -> QuerySet[Organisation]:
    """The schools whose pupils may be changed."""
    return _high_schools(_schools(reader, WRITING_ROLES))


def taught_sections(reader: Reader, today: date) -> QuerySet[Section]:
    """The sections that the reader teaches this school year, at a centre where a post holds today."""
    return Section.objects.filter(
        centre__in=_centres(reader), teacher__user=reader.user, academic_year=school_year(today)
    )


def visible_sections(reader: Reader, today: date) -> QuerySet[Section]:
    """The sections of which some pupils may be read: a school's own, and those one teaches."""
    schools = _schools(reader, READING_ROLES)
    return Section.objects.filter(
        Q(pk__in=taught_sections(reader, today).values("pk")) | Q(schools__school__in=schools)
    ).distinct()


def _schools(reader: Reader, roles: frozenset[Role]) -> set[int]:
    kind = Organisation.Kind.HIGH_SCHOOL
    return {m.organisation_id for m in reader.memberships if m.role in roles and m.organisation.kind == kind}


def _centres(reader: Reader) -> set[int]:
    return {m.organisation_id for m in reader.memberships if m.role in permissions.CENTRE_ROLES}


def _high_schools(keys: set[int]) -> QuerySet[Organisation]:
    return Organisation.objects.filter(pk__in=keys)
