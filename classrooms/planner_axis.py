"""The minute axis of the planner: who is free when on one day, drawn to the minute.

Turns an Outlook into rows and boxes whose places are minutes from the axis' start; the template
writes those as one stylesheet. Words are in the reader's language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from classrooms.axis_boxes import GROUPED_FROM, Axis, Box, Row, WindowBox
from classrooms.planner import Fit, Outlook
from classrooms.wishes import Group
from scheduler import timegrid, wallclock
from scheduler.availability import Taken
from scheduler.conflicts import Kind
from scheduler.dayplans import DayPlan, PeriodSpan
from scheduler.intervals import Interval, hull
from scheduler.joint_windows import JointWindow
from scheduler.models import Booking
from scheduler.names import joined

_STEP = timedelta(minutes=30)
_USUAL = (time(8, 30), time(16, 0))


@dataclass(slots=True)
class AxisBuilder:
    """One day of an outlook; `partners` are the schools of each booking that the teacher gives."""

    outlook: Outlook
    day: date
    language: str
    chosen: JointWindow | None
    partners: Mapping[int, str] = field(default_factory=dict)
    zone: ZoneInfo = field(init=False)
    span: Interval = field(init=False)
    fits: list[Fit] = field(init=False)
    plans: list[DayPlan] = field(init=False)

    def __post_init__(self) -> None:
        self.zone = self.outlook.wish.section.centre.zone
        self.plans = [self.outlook.day_plan(group, self.day) for group in self.outlook.wish.groups]
        self.fits = self.outlook.fits(self.day)
        self.span = self._span()

    def build(self) -> Axis:
        rows = [self._teacher(), self._studios(), *self._schools()]
        return Axis(
            length=self.span.minutes,
            hours=tuple(self._hours()),
            rows=tuple(row for row in rows if row is not None),
            windows=tuple(self._window(fit) for fit in self.fits),
            band=self._box("band", self.chosen.union, "") if self.chosen else None,
        )

    def _span(self) -> Interval:
        """From the first thing to the last, in whole half hours, with a little air."""
        usual = timegrid.span(self.day, *_USUAL, self.zone)
        periods = [period.interval for plan in self.plans for period in plan.periods]
        whole = hull(periods) if periods else usual
        origin = timegrid.instant(self.day, time(0), self.zone)
        first = (whole.start - timedelta(minutes=20) - origin) // _STEP
        last = -((origin - whole.end - timedelta(minutes=10)) // _STEP)
        return Interval(origin + first * _STEP, origin + last * _STEP)

    def _hours(self) -> Iterator[tuple[Box, str]]:
        at = self.span.start
        while at < self.span.end:
            local = at.astimezone(self.zone)
            if local.minute == 0 and self._offset(at) >= 10:
                yield Box("hour", self._offset(at), 0, ""), f"{local.hour}:00"
            at += _STEP

    def _offset(self, at: datetime) -> int:
        return round((at - self.span.start).total_seconds() / 60)

    def _box(self, kind: str, interval: Interval, first: str, second: str = "", words: str = "") -> Box:
        """Clipped to the axis."""
        shown = self.span.intersection(interval) or Interval(
            self.span.start, self.span.start + timedelta(minutes=1)
        )
        start = self._offset(shown.start)
        return Box(kind, start, self._offset(shown.end) - start, first, second, words)

    def _clock(self, at: datetime) -> str:
        return wallclock.clock(at, self.zone)

    def _range(self, interval: Interval) -> str:
        return wallclock.clock_range(interval.start, interval.end, self.zone, self.language)

    def _title(self, taken: Taken) -> str:
        """The course alone: what a section adds to it in brackets is too long for a box."""
        return re.split("[（(]", taken.title.in_language(self.language))[0].strip()

    def _pick(self, interval: Interval, first: str, second: str) -> Box:
        return self._box(
            "pick", interval, first, second, _("chosen, %(times)s") % {"times": self._range(interval)}
        )

    def _teacher(self) -> Row:
        teacher = self.outlook.wish.section.teacher
        boxes = []
        for taken in self.outlook.known.busy(teacher.pk, self.span):
            partners = self.partners.get(taken.booking_id, "")
            words = _("taken %(times)s: %(title)s") % {
                "times": self._range(taken.interval),
                "title": f"{self._title(taken)} {partners}".strip(),
            }
            boxes.append(self._box("busy", taken.interval, self._title(taken), partners, words))
        now = self.outlook.present.of_person(teacher.pk) if self.outlook.present else None
        if now and now.overlaps(self.span) and not (self.chosen and self.chosen.union.overlaps(now)):
            boxes.append(self._box("now", now, _now_words(), "", f"{self._range(now)} {_now_words()}"))
        if self.chosen and self.outlook.known.is_free(teacher.pk, self.chosen.union):
            union = self.chosen.union
            boxes.append(self._pick(union, f"{self._clock(union.start)}–", self._clock(union.end)))
        return Row("person", teacher.label.in_language(self.language), _("Teacher"), tuple(boxes))

    def _studios(self) -> Row | None:
        studios = self.outlook.wish.studios
        if not studios:
            return None
        taken = self.chosen.union if self.chosen else None
        unions = _disjoint(fit.window.union for fit in self.fits)
        boxes = [self._studio_box(union) for union in unions if not (taken and union.overlaps(taken))]
        if taken:
            boxes.append(self._chosen_studio(taken))
        detail = _("free of %(n)d rooms") % {"n": len(studios)}
        return Row("studio", _("Studios"), detail, tuple(boxes))

    def _studio_box(self, union: Interval) -> Box:
        free = len(self.outlook.known.free_of((s.pk for s in self.outlook.wish.studios), union))
        words = _("%(times)s: %(n)d studios free") % {"times": self._range(union), "n": free}
        return self._box("free" if free else "busy", union, _("%(n)d free") % {"n": free}, "", words)

    def _chosen_studio(self, union: Interval) -> Box:
        studios = {studio.pk: studio for studio in self.outlook.wish.studios}
        free = self.outlook.known.free_of(studios, union)
        if not free:
            return self._studio_box(union)
        left = _("%(n)d more") % {"n": len(free) - 1}
        return self._pick(union, studios[free[0]].label.in_language(self.language), left)

    def _schools(self) -> list[Row]:
        rows = [self._school(index) for index in range(len(self.outlook.wish.groups))]
        if len(rows) < GROUPED_FROM:
            return rows
        return list(self._by_bells(rows))

    def _by_bells(self, rows: Sequence[Row]) -> Iterator[Row]:
        """Schools with equal bells together, those with the fewest open periods first."""
        bells: dict[tuple[Interval, ...], list[int]] = {}
        for index, plan in enumerate(self.plans):
            bells.setdefault(tuple(p.interval for p in plan.open_periods), []).append(index)
        for intervals, members in sorted(bells.items(), key=lambda item: (len(item[0]), item[0])):
            heading = self._bells_words(intervals, len(members))
            for position, index in enumerate(members):
                row = rows[index]
                yield Row(row.kind, row.name, row.detail, row.boxes, "" if position else heading)

    def _bells_words(self, intervals: Sequence[Interval], count: int) -> str:
        if not intervals:
            return _("no lessons that day (%(count)d schools)") % {"count": count}
        return _("from %(start)s, %(periods)d periods of %(minutes)d minutes (%(count)d schools)") % {
            "start": self._clock(intervals[0].start),
            "periods": len(intervals),
            "minutes": intervals[0].minutes,
            "count": count,
        }

    def _school(self, index: int) -> Row:
        group, plan = self.outlook.wish.groups[index], self.plans[index]
        classes = list(dict.fromkeys(part.group.label.in_language(self.language) for part in group.parts))
        name = f"{group.school.label.in_language(self.language)} {joined(classes, self.language)}"
        day_type = plan.day_type.in_language(self.language) if plan.day_type else _("no lessons")
        detail = _("%(n)d pupils · %(day)s") % {"n": group.headcount, "day": day_type}
        return Row("school", name, detail, tuple(self._school_boxes(index, group, plan)))

    def _school_boxes(self, index: int, group: Group, plan: DayPlan) -> Iterator[Box]:
        for closure in plan.closures:
            if closure.interval.overlaps(self.span):
                title = closure.title.in_language(self.language)
                words = _("closed: %(title)s") % {"title": title}
                yield self._box("closed", closure.interval, title, _("closed"), words)
        chosen = self.chosen.chosen[index] if self.chosen else None
        for period in plan.periods:
            if any(closure.interval.overlaps(period.interval) for closure in plan.closures):
                continue
            box = self._period(group, period)
            is_picked = period == chosen and box.kind in {"bell", "now"}
            yield self._pick_period(period) if is_picked else box
        for taken in self._beside_periods(group, plan):
            title, kind = self._title(taken), _kind_words(taken)
            words = f"{self._range(taken.interval)} {title} {kind}"
            yield self._box("busy", taken.interval, title, kind, words)

    def _beside_periods(self, group: Group, plan: DayPlan) -> list[Taken]:
        """What the class does between its bells."""
        found = {t.booking_id: t for part in group.parts for t in self.outlook.known.busy(part.pk, self.span)}
        return [t for t in found.values() if not any(p.interval.overlaps(t.interval) for p in plan.periods)]

    def _number(self, period: PeriodSpan) -> str:
        return _("Period %(n)d") % {"n": period.number}

    def _pick_period(self, period: PeriodSpan) -> Box:
        return self._pick(period.interval, self._number(period), self._clock(period.interval.start))

    def _period(self, group: Group, period: PeriodSpan) -> Box:
        number, times = self._number(period), self._range(period.interval)
        known = self.outlook.known
        lessons = [t for part in group.parts for t in known.busy(part.pk, period.interval)]
        if lessons:
            title = self._title(lessons[0])
            words = _taken_words(f"{number} {times}", title, _kind_words(lessons[0]))
            return self._box("busy", period.interval, number, title, words)
        if group.sets and not known.free_of((place.pk for place in group.sets), period.interval):
            holder = known.busy(group.sets[0].pk, period.interval)[0]
            words = _taken_words(f"{number} {times}", self._title(holder), _("set in use"))
            return self._box("busy", period.interval, number, _("set in use"), words)
        present = self.outlook.present
        if present and present.of_school(group.school.pk) == period.interval:
            return self._box("now", period.interval, number, _("now"), f"{number} {times} {_now_words()}")
        words = _("%(period)s, free") % {"period": f"{number} {times}"}
        return self._box("bell", period.interval, number, self._clock(period.interval.start), words)

    def _window(self, fit: Fit) -> WindowBox:
        is_chosen = fit.window == self.chosen
        first = _("%(n)d min") % {"n": fit.window.minutes}
        second = _("chosen") if is_chosen else self._fit_words(fit)
        if fit.is_present:
            first, second = _("now"), ""
        elif fit.state == "no" and not is_chosen:
            first, second = self._cannot_words(fit), ""
        said = _now_words() if fit.is_present else second or first
        words = " ".join([self._range(fit.window.window), _("%(n)d min") % {"n": fit.window.minutes}, said])
        total = len(fit.window.chosen)
        if fit.without and not is_chosen:
            school = self.outlook.wish.groups[fit.without.group].school.label.in_language(self.language)
            facts = {"school": school, "n": fit.without.minutes}
            words += _("; without %(school)s %(n)d min") % facts
            if total > 2:
                first = _("%(n)d of %(total)d schools") % {"n": total - 1, "total": total}
                second = _("%(n)d min") % {"n": fit.without.minutes}
        box = self._box("window", fit.window.window, first, second, words)
        return WindowBox(box, fit, is_chosen)

    def _fit_words(self, fit: Fit) -> str:
        if fit.shortfall:
            return _("%(n)d short") % {"n": int(fit.shortfall.total_seconds() // 60)}
        return _("exactly") if fit.window.window.duration == self.outlook.wish.wanted else _("to spare")

    def _cannot_words(self, fit: Fit) -> str:
        if fit.is_past:
            return _("is over")
        kind = fit.obstacles[0].kind
        if kind is Kind.JOINT_WINDOW:
            return _("only %(n)d min") % {"n": fit.window.minutes}
        return reason_words(kind)


def _taken_words(period: str, title: str, kind: str) -> str:
    return _("%(period)s, taken by %(title)s (%(kind)s)") % {"period": period, "title": title, "kind": kind}


def _now_words() -> str:
    """Where a lesson that is to be moved stands already."""
    return _("its time now")


def reason_words(kind: Kind) -> str:
    """The shortest true reason, for a box of 60 pixels."""
    return {
        Kind.PERSON: _("teacher busy"),
        Kind.LOCATION: _("no studio"),
        Kind.CLOSED_DAY: _("closed"),
        Kind.CLASS_GROUP: _("in class"),
        Kind.RECEIVING_SET: _("no set"),
    }.get(kind, _("cannot"))


def _kind_words(taken: Taken) -> str:
    if taken.is_hold:
        return _("held")
    if taken.kind == Booking.Kind.LOCAL:
        return _("own lesson")
    return _("remote") if taken.kind == Booking.Kind.LESSON else _("taken")


def _disjoint(unions: Iterable[Interval]) -> list[Interval]:
    """Those that don't overlap an earlier one, so that no box hides another."""
    result: list[Interval] = []
    for union in sorted(set(unions)):
        if not any(union.overlaps(other) for other in result):
            result.append(union)
    return result
