"""By when: the targets of domain/telemedicine.md §1.7, counted on the clocks of one organisation.

The numbers are rows of `Rule` with dates, and an organisation may have its own. Working time is
what lies between the office's hours on days that are neither weekend, public holiday nor closed all
day in the organisation's calendar.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from clinics.models import Consultation, Urgency
from clinics.states import Deadline
from scheduler import calendars, rules, timegrid
from scheduler.dayplans import SchoolFacts, day_plan
from scheduler.intervals import Interval
from scheduler.models import Organisation, Rule

AHEAD = timedelta(days=60)
"""How far a deadline may lie; the calendar is read that far."""
DAY_STARTS, DAY_ENDS = "consultation.day_starts", "consultation.day_ends"
MOST_OFFERS = "consultation.offers_most"
HORIZON = "consultation.horizon"
GRACE = "consultation.grace"


@dataclass(frozen=True, slots=True)
class Target:
    value: int
    unit: str


class Clock:
    """The rules and the calendar of one organisation, read once: five queries."""

    def __init__(self, organisation: Organisation, now: datetime) -> None:
        self._organisation = organisation
        self._now = now
        self._today = timegrid.local_date(now, organisation.zone)
        self._rows = list(Rule.objects.filter(key__startswith="consultation."))
        self._book = rules.Rulebook(self._rows)
        self._facts: SchoolFacts | None = None

    def target(self, key: str) -> Target:
        """The rule that holds today; KeyError when nobody has set it."""
        limit = self._book.limit(key, on=self._today, organisation_id=self._organisation.pk)
        if limit is None:
            raise KeyError(key)
        unit = next(row.unit for row in self._rows if row.key == key)
        return Target(limit.value, unit)

    def number(self, key: str) -> int:
        return self.target(key).value

    def after(self, key: str, start: datetime | None = None) -> datetime:
        """When the target of `key` runs out, counted from `start` (by default now)."""
        target = self.target(key)
        begin = start or self._now
        if target.unit == "minutes":
            return begin + timedelta(minutes=target.value)
        if target.unit == "days":
            return begin + timedelta(days=target.value)
        if target.unit == "working_minutes":
            return self._working(begin, timedelta(minutes=target.value))
        if target.unit == "working_days":
            return self._working(begin, self._day_length * target.value)
        if target.unit == "duty_day_ends":
            return self._duty_days(begin, target.value + 1)[target.value].end
        raise ValueError(f"unknown unit of {key}: {target.unit}")

    @property
    def _day_length(self) -> timedelta:
        return timedelta(minutes=self.number(DAY_ENDS) - self.number(DAY_STARTS))

    def _working(self, start: datetime, wanted: timedelta) -> datetime:
        left = wanted
        for span in self._spans(start):
            begin = max(start, span.start)
            if begin + left <= span.end:
                return begin + left
            left -= span.end - begin
        # Closed for two months: the deadline is then, and seen, instead of never.
        return start + AHEAD

    def _duty_days(self, start: datetime, count: int) -> list[Interval]:
        found = self._spans(start)[:count]
        return found if len(found) == count else [Interval(start, start + AHEAD)] * count

    def _spans(self, start: datetime) -> list[Interval]:
        """The working hours from `start` on that have not ended by then, in order."""
        zone = self._organisation.zone
        opens, closes = (_clock(self.number(key)) for key in (DAY_STARTS, DAY_ENDS))
        first = timegrid.local_date(start, zone)
        days = timegrid.dates(first, first + AHEAD)
        spans = [timegrid.span(day, opens, closes, zone) for day in days if self._is_open(day, first)]
        return [span for span in spans if span.end > start]

    def _is_open(self, day: date, first: date) -> bool:
        if self._facts is None:
            pk = self._organisation.pk
            self._facts = calendars.school_facts([pk], first, first + AHEAD)[pk]
        whole = timegrid.whole_day(day, self._organisation.zone)
        return day.weekday() < 5 and all(c.interval != whole for c in day_plan(self._facts, day).closures)


def _clock(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)


def day_end(organisation: Organisation, day: date, now: datetime) -> datetime:
    """When the organisation's working hours of `day` end."""
    clock = Clock(organisation, now)
    return timegrid.instant(day, _clock(clock.number(DAY_ENDS)), organisation.zone)


def propose(urgency: str, organisation: Organisation, now: datetime) -> datetime:
    """When an answer may be expected, for the doctor to keep or to change."""
    return Clock(organisation, now).after(f"consultation.answer.{Urgency(urgency).value}")


def due(case: Consultation, kind: Deadline, now: datetime, *, clock: Clock | None = None) -> datetime | None:
    """`due_at` after a step whose deadline is of this kind. None for drafts and what has ended."""
    if kind in {Deadline.KEEP, Deadline.NONE}:
        return case.due_at if kind == Deadline.KEEP else None
    if kind == Deadline.CONFERENCE_END and case.conference:
        return case.conference.end
    clock = clock or Clock(_reckoned_at(case, kind), now)
    if kind == Deadline.CONFERENCE:
        assert case.conference is not None, "what is booked has its time"
        return clock.after(GRACE, case.conference.start)
    return clock.after(_key(kind, case.urgency or Urgency.ROUTINE))


def _key(kind: Deadline, urgency: str) -> str:
    by_urgency = {Deadline.ACKNOWLEDGE, Deadline.INFORMATION, Deadline.OFFER, Deadline.COUNTER}
    name = {Deadline.CONFERENCE_END: Deadline.REPORT}.get(kind, kind)
    return f"consultation.{name}.{urgency}" if kind in by_urgency else f"consultation.{name}"


def _reckoned_at(case: Consultation, kind: Deadline) -> Organisation:
    """Whose working hours count: those of the side that has the next step."""
    asking = {Deadline.INFORMATION, Deadline.READ, Deadline.OUTCOME, Deadline.NUDGE}
    if kind in asking or case.service is None:
        return case.organisation
    return case.service.organisation
