"""The records' page as data: which stretch of time, whose lessons, and their counts.

A school's office reads its own sections by term and takes the files; room staff read the same
counts; a teacher those of the own sections; the centre's planner and administrator one line for
each school. Counts alone, no names: the files are for the school's office.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from classrooms import attendance_export, lesson_counts, pupil_permissions, terms
from classrooms.lesson_counts import Counts, Line
from scheduler import permissions
from scheduler.models import Organisation, Term
from scheduler.providers import Reader
from scheduler.typed_dates import EARLIEST, LATEST
from scheduler.wallclock import school_year


@dataclass(frozen=True, slots=True)
class Page:
    school: Organisation | None
    """Whose records these are; None for the centre's people."""
    schools: tuple[Organisation, ...]
    term: Term
    terms: tuple[Term, ...]
    """To choose from, the newest first; the whole year last."""
    has_terms: bool
    may_take_files: bool
    reads_names: bool
    """Whether there is a page of pupils for this reader."""
    lines: tuple[Line, ...]
    total: Counts
    by_school: bool
    unwritable: str
    """Characters of the files that Shift_JIS lacks."""


def load(reader: Reader, *, school: str, term: str, now: datetime, today: date) -> Page | None:
    """The page; None for who has no records to read."""
    schools = list(pupil_permissions.read_schools(reader))
    if schools:
        own = next((each for each in schools if str(each.pk) == school), None if school else schools[0])
        return _of_school(reader, own, schools, term, now, today) if own else None
    return _of_centre(reader, now, today)


def term_of(school: Organisation, asked: str, today: date) -> Term | None:
    """The term that was asked for (its key, or "year-2026"), else the one that today lies in, else the
    whole year; None for one that is not this school's."""
    listed = terms.of_school(school)
    if not asked:
        standing = (each for each in listed if each.starts_on <= today <= each.ends_on)
        return next(standing, None) or terms.whole_year(school, school_year(today))
    if asked.startswith("year-") and asked[5:].isdecimal() and len(asked) == 9:
        year = int(asked[5:])
        return terms.whole_year(school, year) if EARLIEST.year <= year < LATEST.year else None
    return next((each for each in listed if str(each.pk) == asked), None)


def _of_school(
    reader: Reader, school: Organisation, schools: list[Organisation], asked: str, now: datetime, today: date
) -> Page | None:
    term = term_of(school, asked, today)
    if term is None:
        return None
    receptions = lesson_counts.within(term.starts_on, term.ends_on, school)
    lines = lesson_counts.by_section(receptions, now)
    listed = terms.of_school(school)
    years = {school_year(today), term.academic_year, *(each.academic_year for each in listed)}
    may_take = pupil_permissions.writes_school(reader, school.pk)
    return Page(
        school=school,
        schools=tuple(schools),
        term=term,
        terms=(*listed, *(terms.whole_year(school, year) for year in sorted(years, reverse=True))),
        has_terms=bool(listed),
        may_take_files=may_take,
        reads_names=True,
        lines=tuple(lines),
        total=lesson_counts.total(lines),
        by_school=False,
        unwritable=attendance_export.unwritable(school, lesson_counts.taken_place(receptions, now))
        if may_take
        else "",
    )


def _of_centre(reader: Reader, now: datetime, today: date) -> Page | None:
    """This school year so far and to come: of all that the centre delivers, or of the own sections."""
    posts = [m for m in reader.memberships if m.role in permissions.CENTRE_ROLES]
    if not posts:
        return None
    term = terms.whole_year(posts[0].organisation, school_year(today))
    receptions = lesson_counts.within(term.starts_on, term.ends_on)
    receptions = receptions.filter(lesson__section__centre__in={m.organisation_id for m in posts})
    is_whole = any(m.role in permissions.OVERRIDE_ROLES for m in posts)
    if is_whole:
        lines = lesson_counts.by_school(receptions, now)
    else:
        taught = pupil_permissions.taught_sections(reader, today)
        lines = lesson_counts.by_section(receptions.filter(lesson__section__in=taught), now)
    return Page(
        school=None,
        schools=(),
        term=term,
        terms=(term,),
        has_terms=True,
        may_take_files=False,
        reads_names=pupil_permissions.taught_sections(reader, today).exists(),
        lines=tuple(lines),
        total=lesson_counts.total(lines),
        by_school=is_whole,
        unwritable="",
    )
