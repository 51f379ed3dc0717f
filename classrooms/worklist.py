"""出欠 at a glance: the registers of a reader, newest day first and each from its first lesson on.

For a school its own lessons, for a teacher those they teach; for those who plan or administer the
centre the counts of every school, without a pupil's name and without a way into a register.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from classrooms import register_rights, registers, sides
from classrooms.models import Confirmation, Reception, StaffPresence
from classrooms.register_sheet import TAKING_PLACE
from scheduler import timegrid, wallclock
from scheduler.models import Organisation, Role
from scheduler.providers import Reader

DAYS_SHOWN = 14
WHOLE_CENTRE_ROLES = frozenset({Role.CENTRE_ADMIN, Role.PLANNER})


@dataclass(frozen=True, slots=True)
class Item:
    """One school's side of one lesson. `state` is waiting, confirmed, running, ahead or off."""

    reception: Reception
    title: str
    classes: str
    school: str
    """Empty for the school's own people."""
    span: str
    state: str
    state_words: str
    by: str
    attending: int


@dataclass(frozen=True, slots=True)
class Day:
    date: date
    items: tuple[Item, ...]

    @property
    def waiting(self) -> int:
        return sum(item.state == "waiting" for item in self.items)


@dataclass(frozen=True, slots=True)
class SchoolCount:
    """A school as the centre sees it: how many lessons have been, how many of them wait."""

    name: str
    district: str
    held: int
    waiting: int
    oldest: date | None
    last_confirmed: datetime | None


@dataclass(frozen=True, slots=True)
class Worklist:
    days: tuple[Day, ...]
    waiting: int
    """All that wait, also before the days that are shown."""
    oldest: date | None
    until: date
    has_older: bool
    schools: tuple[SchoolCount, ...]
    has_registers: bool
    """The reader has registers of their own at all."""
    confirms: bool

    @property
    def before(self) -> date:
        """The last day of the page before."""
        return self.until - timedelta(days=DAYS_SHOWN)


def load(reader: Reader, until: date, now: datetime) -> Worklist:
    """The fortnight up to `until`, and the counts."""
    mine = register_rights.visible(reader, now)
    zone = ZoneInfo(timezone.get_default_timezone_name())
    first = until - timedelta(days=DAYS_SHOWN - 1)
    start = timegrid.instant(first, time(0), zone)
    end = timegrid.instant(until + timedelta(days=1), time(0), zone)
    shown = mine.filter(participant__start__gte=start, participant__start__lt=end)
    waiting = registers.unconfirmed(now).filter(pk__in=mine.values("pk"))
    oldest = waiting.aggregate(at=Min("participant__start"))["at"]
    return Worklist(
        days=tuple(_days(list(shown.order_by("participant__start", "school__code")), reader, now)),
        waiting=waiting.count(),
        oldest=timezone.localdate(oldest) if oldest else None,
        until=until,
        has_older=mine.filter(participant__start__lt=start).exists(),
        schools=tuple(_schools(reader, now)),
        has_registers=_has_registers(reader),
        confirms=bool(register_rights.confirmed_schools(reader, now)),
    )


def _has_registers(reader: Reader) -> bool:
    return any(m.role not in WHOLE_CENTRE_ROLES for m in reader.memberships)


def _days(receptions: Sequence[Reception], reader: Reader, now: datetime) -> Iterable[Day]:
    found = sides.of_bookings([reception.lesson.booking for reception in receptions])
    signed = {
        each.reception_id: each
        for each in Confirmation.objects.filter(reception__in=receptions)
        .select_related("by")
        .defer("content")
    }
    attending = _attending(receptions)
    by_day: dict[date, list[Item]] = defaultdict(list)
    for reception in receptions:
        side = next(s for s in found[reception.lesson_id] if s.participant_id == reception.participant_id)
        day = timegrid.local_date(side.interval.start, reception.school.zone)
        item = _item(reception, side, signed.get(reception.pk), attending.get(reception.pk, 0), reader, now)
        by_day[day].append(item)
    return [Day(day, tuple(items)) for day, items in sorted(by_day.items(), reverse=True)]


def _attending(receptions: Sequence[Reception]) -> dict[int, int]:
    rows = StaffPresence.objects.filter(reception__in=receptions, struck_at=None)
    return dict(rows.order_by().values_list("reception").annotate(Count("pk")))


def _item(
    reception: Reception,
    side: sides.Side,
    signed: Confirmation | None,
    attending: int,
    reader: Reader,
    now: datetime,
) -> Item:
    language, zone = reader.language, reception.school.zone
    state, words = _state(reception, side, signed, now)
    number = _("Period %(n)d") % {"n": side.period_number} if side.period_number is not None else ""
    course = reception.lesson.section.course.label.in_language(language)
    by = ""
    if signed is not None:
        by = f"{wallclock.point(signed.at, zone, language)} {signed.by.label.in_language(language)}"
    return Item(
        reception=reception,
        title=f"{number} {course}".strip(),
        classes=side.classes(language),
        school="" if reception.school_id in reader.organisation_ids else side.name(language),
        span=wallclock.clock_range(side.interval.start, side.interval.end, zone, language),
        state=state,
        state_words=words,
        by=by,
        attending=attending,
    )


def _state(
    reception: Reception, side: sides.Side, signed: Confirmation | None, now: datetime
) -> tuple[str, str]:
    if signed is not None:
        is_study = reception.state == Reception.State.SELF_STUDY
        return "confirmed", _("confirmed as self-study") if is_study else _("confirmed")
    is_off = reception.lesson.booking.state == reception.lesson.booking.State.CANCELLED
    if is_off or not side.is_standing or reception.state not in TAKING_PLACE:
        return "off", _("school closed") if side.is_closed else _("cancelled")
    if side.interval.end <= now:
        return "waiting", _("not confirmed")
    return ("running", _("on now")) if side.interval.start <= now else ("ahead", _("planned"))


def _schools(reader: Reader, now: datetime) -> list[SchoolCount]:
    """For those who see the whole centre: every school that has had a lesson of theirs."""
    centres = [m.organisation_id for m in reader.memberships if m.role in WHOLE_CENTRE_ROLES]
    if not centres:
        return []
    waiting = _by_school(registers.unconfirmed(now), centres)
    signed = Confirmation.objects.filter(reception__lesson__section__centre__in=centres)
    confirmed: dict[int, tuple[int, datetime | None]] = {
        row["reception__school"]: (row["n"], row["last"])
        for row in signed.order_by().values("reception__school").annotate(n=Count("pk"), last=Max("at"))
    }
    schools = Organisation.objects.filter(Q(pk__in=waiting) | Q(pk__in=confirmed))
    return [
        SchoolCount(
            name=school.label.in_language(reader.language),
            district=school.district,
            held=waiting.get(school.pk, (0, None))[0] + confirmed.get(school.pk, (0, None))[0],
            waiting=waiting.get(school.pk, (0, None))[0],
            oldest=waiting.get(school.pk, (0, None))[1],
            last_confirmed=confirmed.get(school.pk, (0, None))[1],
        )
        for school in schools.order_by("district", "code")
    ]


def _by_school(receptions: QuerySet[Reception], centres: Sequence[int]) -> dict[int, tuple[int, date | None]]:
    rows = receptions.filter(lesson__section__centre__in=centres).order_by().values("school")
    counted = rows.annotate(n=Count("pk"), oldest=Min("participant__start"))
    return {row["school"]: (row["n"], timezone.localdate(row["oldest"])) for row in counted}
