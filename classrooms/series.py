"""A lesson every week: which dates that gives, and what stands against each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from classrooms import lessons, refusals, slots
from classrooms.choices import Choice
from classrooms.lessons import Periods, Refused
from classrooms.models import Lesson, Section
from classrooms.refusals import Reason
from classrooms.wishes import Wish
from scheduler import calendars, judgement, timegrid, wallclock
from scheduler.conflicts import Verdict
from scheduler.dayplans import SchoolFacts, day_plan
from scheduler.intervals import hull
from scheduler.models import User
from scheduler.names import joined


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One date of the series; `periods` is None where a school has no such period that day."""

    day: date
    label: str
    times: str
    periods: Periods | None
    reasons: tuple[Reason, ...] = ()
    cautions: tuple[Reason, ...] = ()

    @property
    def fits(self) -> bool:
        return self.periods is not None and not self.reasons


def preview(wish: Wish, choice: Choice, weeks: int, *, now: datetime, language: str) -> list[Occurrence]:
    """Every date from the chosen one on, once a week, judged without locks.

    The same number of queries for 2 weeks or 35.
    """
    days = [choice.day + timedelta(weeks=n) for n in range(weeks)]
    ids = [group.school.pk for group in wish.groups]
    facts = calendars.school_facts(ids, days[0], days[-1])
    found = {day: _periods(wish, facts, choice.on_same_periods(day)) for day in days}
    bookable = [day for day in days if found[day] is not None]
    plans = [lessons.plan(wish, periods) for day in bookable if (periods := found[day]) is not None]
    judged = judgement.judge(plans, judgement.look(plans), now=now) if plans else []
    verdicts = {day: each.verdict for day, each in zip(bookable, judged, strict=True)}
    zone, own = wish.section.centre.zone, _own(wish.section, verdicts.values())
    return [_occurrence(day, found[day], verdicts.get(day), now, zone, language, own) for day in days]


def _own(section: Section, verdicts: Iterable[Verdict]) -> frozenset[int]:
    """Of the bookings in the way, the lessons of this section."""
    holders = {h.booking_id for verdict in verdicts for c in verdict.conflicts for h in c.holders}
    if not holders:
        return frozenset()
    return frozenset(Lesson.objects.filter(pk__in=holders, section=section).values_list("pk", flat=True))


def _periods(wish: Wish, facts: dict[int, SchoolFacts], choice: Choice) -> Periods | None:
    plans = [day_plan(facts[group.school.pk], choice.day, grade=group.grade) for group in wish.groups]
    chosen = slots.periods_of(wish, plans, choice)
    return lessons.periods_of(wish, chosen) if chosen else None


def _occurrence(
    day: date, periods: Periods | None, verdict: Verdict | None, now: datetime, zone: ZoneInfo, language: str,
    own: frozenset[int],
) -> Occurrence:  # fmt: skip
    label = wallclock.day(day, language)
    if periods is None or verdict is None:
        missing = Reason(_("Bells"), _("A school has no such period on that day."))
        return Occurrence(day, label, "", None, (missing,))
    whole = hull(period.interval for period in periods.values())
    reasons = refusals.by_booking(verdict.conflicts, zone, language, own=own)
    if whole.start <= now:
        reasons.append(Reason(_("Time"), _("This time has passed.")))
    return Occurrence(
        day=day,
        label=label,
        times=wallclock.clock_range(whole.start, whole.end, zone, language),
        periods=periods,
        reasons=tuple(reasons),
        cautions=tuple(refusals.reasons(verdict.cautions, zone, language)),
    )


def booked_before(intention: UUID, by: User) -> list[Lesson]:
    """The lessons that this request booked when it first came; none if it is new."""
    booked = Lesson.objects.filter(booking__series__intention=intention, booking__series__created_by=by)
    return list(booked.select_related("booking").order_by("booking__start"))


def left_out(occurrences: Sequence[Occurrence], made: Sequence[Lesson], zone: ZoneInfo) -> list[Occurrence]:
    """The dates that don't fit, without those which are taken because they are `made`."""
    days = {timegrid.local_date(lesson.booking.start, zone) for lesson in made}
    return [occurrence for occurrence in refused(occurrences) if occurrence.day not in days]


def refused(occurrences: Sequence[Occurrence]) -> list[Occurrence]:
    return [occurrence for occurrence in occurrences if not occurrence.fits]


def late(section: Section, refused: Sequence[Refused], language: str) -> list[Occurrence]:
    """Dates that fitted when they were shown and no longer when they were booked."""
    zone, own = section.centre.zone, _own(section, (each.verdict for each in refused))
    return [
        Occurrence(
            day=timegrid.local_date(each.plan.interval.start, zone),
            label=wallclock.day(timegrid.local_date(each.plan.interval.start, zone), language),
            times=wallclock.clock_range(each.plan.interval.start, each.plan.interval.end, zone, language),
            periods=None,
            reasons=tuple(refusals.by_booking(each.verdict.conflicts, zone, language, own=own)),
        )
        for each in refused
    ]


def repeated(choice: Choice, *, language: str) -> str:
    """「毎週木曜 3校時（11月26日（木）から）」: what is repeated, before anybody says how often."""
    numbers = sorted(set((choice.slot or {}).values()))
    names = wallclock.WEEKDAYS_JA if wallclock.is_japanese(language) else wallclock.WEEKDAYS_EN
    return _("Every %(weekday)s, period %(periods)s, from %(first)s") % {
        "weekday": names[choice.day.weekday()],
        "periods": joined((str(number) for number in numbers), language),
        "first": wallclock.day(choice.day, language),
    }
