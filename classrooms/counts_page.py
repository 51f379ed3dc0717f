"""What a board of education sees: how many lessons and hours each school of its district had, by term.

Numbers of schools alone: no person, no section, no single lesson.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet
from django.utils import timezone

from classrooms import lesson_counts, terms
from classrooms.lesson_counts import Counts
from scheduler.models import Membership, Organisation, Role, Term
from scheduler.wallclock import school_year

_NOTHING = (Counts(0, 0, 0, 0, 0, 0), 0)
Span = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Line:
    """`hours` and `minutes` of what was held."""

    school: Organisation
    term: Term
    counts: Counts
    hours: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Page:
    """`district` is empty for a board of all districts."""

    year: int
    years: tuple[int, ...]
    district: str
    lines: tuple[Line, ...]


def page(posts: Sequence[Membership], asked: str, now: datetime) -> Page | None:
    """None for who is not of a board. Two queries, and one for every different term of the schools."""
    boards = [post.organisation for post in posts if post.role == Role.BOARD_VIEWER]
    if not boards:
        return None
    present = school_year(timezone.localdate(now))
    years = (present, present - 1, present - 2)
    year = next((one for one in years if str(one) == asked), present)
    return Page(
        year=year,
        years=years,
        district="・".join(sorted({board.district for board in boards if board.district})),
        lines=tuple(_lines(_schools(boards), year, now)),
    )


def _schools(boards: Sequence[Organisation]) -> QuerySet[Organisation]:
    """Of a board without a district: all."""
    found = Organisation.objects.filter(kind=Organisation.Kind.HIGH_SCHOOL)
    if all(board.district for board in boards):
        found = found.filter(district__in=[board.district for board in boards])
    return found.order_by("district", "kana", "code")


def _lines(schools: QuerySet[Organisation], year: int, now: datetime) -> list[Line]:
    entered: dict[int, list[Term]] = defaultdict(list)
    for term in Term.objects.filter(organisation__in=schools, academic_year=year).order_by("starts_on"):
        entered[term.organisation_id].append(term)
    known: dict[Span, dict[int, tuple[Counts, int]]] = {}
    lines = []
    for school in schools:
        for term in entered[school.pk] or [terms.whole_year(school, year)]:
            span = (term.starts_on, term.ends_on)
            if span not in known:
                known[span] = lesson_counts.of_schools(lesson_counts.within(*span), now)
            counts, minutes = known[span].get(school.pk, _NOTHING)
            lines.append(Line(school, term, counts, *divmod(minutes, 60)))
    return lines
