"""How many lessons were planned, held and lost: by section of a school, or by school.

Counts of receptions, because one joint broadcast is one lesson for each of its schools
(domain/education.md §3). A hold was never a lesson, and neither was one that ran out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, QuerySet, Sum
from django.utils import timezone

from classrooms.models import Reception
from scheduler import timegrid
from scheduler.models import Booking, Organisation
from scheduler.names import Name

State = Reception.State
LOST = (State.CANCELLED, State.CLOSED)
_MINUTE = timedelta(minutes=1)
TAKING_PLACE = (State.PLANNED, State.HELD, State.SELF_STUDY)


@dataclass(frozen=True, slots=True)
class Counts:
    """`planned` is the sum of held, self-study, lost, and what is still to come."""

    planned: int
    held: int
    self_study: int
    lost: int
    to_come: int
    unconfirmed: int
    """Of those held or in self-study: whose register the school has not confirmed."""


@dataclass(frozen=True, slots=True)
class Line:
    school: Name
    section: Name
    """Empty where a line is a whole school."""
    counts: Counts


def within(first: date, last: date, school: Organisation | None = None) -> QuerySet[Reception]:
    """The receptions of these dates, both included, on the school's clocks."""
    zone = school.zone if school else ZoneInfo(timezone.get_default_timezone_name())
    start = timegrid.whole_day(first, zone).start
    end = timegrid.whole_day(last + timedelta(days=1), zone).start
    held = Q(lesson__booking__state=Booking.State.TENTATIVE)
    held |= Q(lesson__booking__state=Booking.State.CANCELLED, lesson__booking__expires_at__isnull=False)
    found = Reception.objects.filter(participant__start__gte=start, participant__start__lt=end)
    return (found.filter(school=school) if school else found).exclude(held | Q(state=State.MOVED))


def taken_place(receptions: QuerySet[Reception], now: datetime) -> QuerySet[Reception]:
    """Those of which there is a register: over by `now`, and neither cancelled nor closed; or confirmed."""
    return receptions.filter(_over(now))


def by_section(receptions: QuerySet[Reception], now: datetime) -> list[Line]:
    """A line for each school and section; one query."""
    names = ("school__code", "school__short_name", "school__name_en")
    section = ("lesson__section__name", "lesson__section", "lesson__section__name_en")
    rows = _counted(receptions.order_by(), (*names, *section), now).order_by(names[0], *section[:2])
    return [
        Line(
            _name(row["school__short_name"], row["school__name_en"]),
            _name(row["lesson__section__name"], row["lesson__section__name_en"]),
            _counts(row),
        )
        for row in rows
    ]


def by_school(receptions: QuerySet[Reception], now: datetime) -> list[Line]:
    """A line for each school; one query."""
    names = ("school__code", "school__short_name", "school__name_en")
    rows = _counted(receptions.order_by(), names, now).order_by("school__code")
    return [
        Line(_name(row["school__short_name"], row["school__name_en"]), Name(""), _counts(row)) for row in rows
    ]


def of_schools(receptions: QuerySet[Reception], now: datetime) -> dict[int, tuple[Counts, int]]:
    """By a school's key its counts and the whole minutes that were held; one query."""
    held = _over(now) & ~Q(state=State.SELF_STUDY)
    length = ExpressionWrapper(F("participant__end") - F("participant__start"), output_field=DurationField())
    rows = _counted(receptions.order_by(), ("school",), now).annotate(length=Sum(length, filter=held))
    return {row["school"]: (_counts(row), (row["length"] or timedelta()) // _MINUTE) for row in rows}


def total(lines: list[Line]) -> Counts:
    columns = ("planned", "held", "self_study", "lost", "to_come", "unconfirmed")
    return Counts(*(sum(getattr(line.counts, column) for line in lines) for column in columns))


def _over(now: datetime) -> Q:
    """What a school has confirmed took place, whatever the calendar says since."""
    return Q(confirmation__isnull=False) | Q(
        state__in=TAKING_PLACE,
        participant__end__lte=now,
        participant__withdrawn_at=None,
        lesson__booking__state=Booking.State.CONFIRMED,
    )


def _counted(receptions: QuerySet[Reception], by: tuple[str, ...], now: datetime) -> QuerySet[Any, Any]:
    over, study = _over(now), Q(state=State.SELF_STUDY)
    counted: QuerySet[Any, Any] = receptions.values(*by).annotate(
        n_planned=Count("pk"),
        n_held=Count("pk", filter=over & ~study),
        n_study=Count("pk", filter=over & study),
        n_lost=Count("pk", filter=Q(state__in=LOST)),
        n_unconfirmed=Count("pk", filter=over & Q(confirmation=None)),
    )
    return counted


def _counts(row: dict[str, Any]) -> Counts:
    planned, held, study, lost = (row[f"n_{name}"] for name in ("planned", "held", "study", "lost"))
    return Counts(planned, held, study, lost, planned - held - study - lost, row["n_unconfirmed"])


def _name(ja: str, en: str) -> Name:
    return Name(ja, en or ja)
