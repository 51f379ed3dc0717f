"""今日: what is next, the day, and what waits for this reader.

Asks the registered providers for words; knows kinds of bookings by name only where the core does
itself (the practice room is always open, so it is never "next").
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from scheduler import calendars, navigation, notice_words, notices, permissions, providers, timegrid
from scheduler.dayplans import Closure, day_plan
from scheduler.models import Booking, Notice, Organisation, Participant, Role
from scheduler.names import Name
from scheduler.providers import Entry, Need, Reader

WHOLE_CENTRE_ROLES = frozenset({Role.CENTRE_ADMIN, Role.PLANNER})
WHOLE_SCHOOL_ROLES = frozenset({Role.SCHOOL_COORDINATOR, Role.SCHOOL_HEAD, Role.ROOM_STAFF, Role.DEVICE})
CLINICAL = frozenset({Organisation.Kind.HOSPITAL, Organisation.Kind.CLINIC})
AHEAD_OF_US = frozenset({"planned", "soon", "live"})
NEVER_NEXT = frozenset({Booking.Kind.PRACTICE, Booking.Kind.LOCAL})
FURTHEST = timedelta(days=3660)
"""Nothing is booked ten years away, and the calendar's own ends (year 1, year 9999) break arithmetic."""
NOTICES_SHOWN = 3
LONG_DAY = 10
"""From so many lines on, what is over folds away, so that the next hour stays in sight."""


@dataclass(frozen=True, slots=True)
class Countdown:
    """Whole hours and minutes until `until`; a minute begun counts, so "1" never lies."""

    until: datetime
    hours: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Next:
    """The booking that the first card shows; `to_start` is None once it runs."""

    entry: Entry
    to_start: Countdown | None
    to_end: Countdown
    telephone: str
    """The organiser's, for readers who are elsewhere."""


@dataclass(frozen=True, slots=True)
class Overview:
    """The whole centre at a glance, for those who plan and don't teach."""

    running: int
    starts_at: datetime | None
    starting: int


@dataclass(frozen=True, slots=True)
class Later:
    """The first booking of a day after the one shown, on the reader's own clock."""

    day: date
    entry: Entry


@dataclass(frozen=True, slots=True)
class Row:
    entry: Entry
    is_next: bool

    @property
    def is_off(self) -> bool:
        return self.entry.state in {"cancelled", "closed", "moved"}


@dataclass(frozen=True, slots=True)
class Closed:
    """A stretch of the day on which one of the reader's own schools has no lessons."""

    school: Name
    closure: Closure
    is_all_day: bool


@dataclass(frozen=True, slots=True)
class Page:
    reader: Reader
    now: datetime
    day: date
    zone: ZoneInfo
    is_today: bool
    is_whole_centre: bool
    book_url: str
    """Where this reader books, "" for who may not."""
    device_url: str
    """Where a receiving room's device waits, "" for everybody else."""
    rows: list[Row]
    over: list[Row]
    """What of a long day is behind us; empty on a short one, where `rows` is everything."""
    practice: list[Entry]
    upcoming: Next | None
    overview: Overview | None
    needs: list[Need]
    notices: list[tuple[Notice, notice_words.Words]]
    """The newest unread ones with their words."""
    unread: int
    closed: list[Closed]
    later: Later | None
    """When nothing is left of the day: what comes next."""

    @property
    def next_day(self) -> date | None:
        return self.later.day if self.later else None

    @property
    def is_bare(self) -> bool:
        """The card above says already that nothing is booked today."""
        return self.is_today and not self.has_day and self.overview is None

    @property
    def hears_calls(self) -> bool:
        """Calls for help reach this reader, so what waits is asked again and again."""
        return any(m.role in permissions.CENTRE_ROLES for m in self.reader.memberships)

    @property
    def is_of_doctors(self) -> bool:
        """For whom nothing that stands here is a lesson."""
        return self.has_post and all(m.organisation.kind in CLINICAL for m in self.reader.memberships)

    @property
    def has_post(self) -> bool:
        return bool(self.reader.memberships)

    @property
    def has_day(self) -> bool:
        """Whether anything of this day stands here, over or not."""
        return bool(self.rows or self.over)

    @property
    def day_before(self) -> date:
        return self.day - timedelta(days=1)

    @property
    def day_after(self) -> date:
        return self.day + timedelta(days=1)


def zone_of(reader: Reader) -> ZoneInfo:
    """The clocks by which this reader works."""
    if reader.memberships:
        return reader.memberships[0].organisation.zone
    return ZoneInfo(timezone.get_default_timezone_name())


def asked_day(text: str, reader: Reader, now: datetime) -> date:
    """The date that the address asks for, today if it asks for none or for nonsense."""
    today = timegrid.local_date(now, zone_of(reader))
    try:
        asked = date.fromisoformat(text)
    except ValueError:
        return today
    return asked if abs(asked - today) <= FURTHEST else today


def own_bookings(reader: Reader, now: datetime) -> QuerySet[Booking]:
    """What of the visible bookings is this reader's own day.

    Planners and administrators: all that their centre organises. A school's people: what their
    school takes part in. Everybody: where they are a person, and what a vertical opens to them.
    """
    mine = Q(person__user=reader.user)
    organised: list[int] = []
    for membership in reader.memberships:
        if membership.role in WHOLE_CENTRE_ROLES:
            organised.append(membership.organisation_id)
        elif membership.role in WHOLE_SCHOOL_ROLES:
            mine |= Q(organisation=membership.organisation_id)
    taking_part = Participant.objects.filter(mine)
    return (
        permissions.visible_bookings(reader.user, now, posts=reader.memberships)
        .filter(
            Q(pk__in=taking_part.values("booking"))
            | Q(organiser__in=organised)
            | permissions.on_grounds(reader.user, now)
            | Q(kind=Booking.Kind.PRACTICE)
        )
        # Expired holds are nobody's; a hold that was let go was never a lesson.
        .exclude(state=Booking.State.TENTATIVE, expires_at__lte=now)
        .exclude(state=Booking.State.CANCELLED, expires_at__isnull=False)
    )


def page(reader: Reader, day: date, now: datetime) -> Page:
    """Everything the page shows; the number of queries does not grow with the bookings."""
    zone = zone_of(reader)
    is_today = day == timegrid.local_date(now, zone)
    bookings = _bookings_of(reader, day, zone, now)
    entries = _entries(bookings, reader, now)
    listed = [e for e in entries if e.booking.kind != Booking.Kind.PRACTICE]
    mine = {b.pk for b in bookings if b.is_readers_own}  # type: ignore[attr-defined]  # annotated below
    is_whole_centre = any(m.role in WHOLE_CENTRE_ROLES for m in reader.memberships)
    own = [e for e in listed if e.booking.pk in mine]
    upcoming = _next(own, reader, now) if is_today else None
    if is_today and not upcoming and not is_whole_centre:
        # A receiving set with nothing of its own still leads to what its school takes part in.
        upcoming = _next(listed, reader, now)
    rows = [Row(e, upcoming is not None and e is upcoming.entry) for e in listed]
    over = [r for r in rows if r.entry.interval.end <= now] if is_today and len(rows) >= LONG_DAY else []
    # A call for help stands among the needs, for as long as somebody is needed.
    unread = notices.of(reader.user).filter(read_at=None).exclude(kind=notices.Kind.HELP_CALLED)
    return Page(
        reader=reader,
        now=now,
        day=day,
        zone=zone,
        is_today=is_today,
        is_whole_centre=is_whole_centre,
        book_url=navigation.book_url(reader),
        device_url=navigation.device_url(reader),
        rows=[row for row in rows if row not in over],
        over=over,
        practice=[e for e in entries if e.booking.kind == Booking.Kind.PRACTICE and e.room_url],
        upcoming=upcoming,
        overview=_overview(listed, now) if is_whole_centre and is_today and not upcoming else None,
        needs=_needs(reader, now),
        notices=[(n, notice_words.of(n, language=reader.language)) for n in unread[:NOTICES_SHOWN]],
        unread=unread.count(),
        closed=_closed(reader, day),
        later=None if any(e.interval.end > now for e in listed) else _later(reader, day, zone, now),
    )


def _bookings_of(reader: Reader, day: date, zone: ZoneInfo, now: datetime) -> list[Booking]:
    whole = timegrid.whole_day(day, zone)
    sets = [m.location_id for m in reader.memberships if m.location_id is not None]
    own = Participant.objects.filter(
        Q(person__user=reader.user) | Q(location__in=sets), booking=OuterRef("pk"), withdrawn_at=None
    )
    return list(
        own_bookings(reader, now)
        .filter(start__lt=whole.end, end__gt=whole.start)
        .filter(kind__in=providers.registered())
        .annotate(is_readers_own=Exists(own))
        # A school's own lessons are in its timetable; here they would hide the broadcasts.
        .filter(~Q(kind=Booking.Kind.LOCAL) | Q(is_readers_own=True))
        .select_related("organiser")
        .order_by("start", "pk")
    )


def _entries(bookings: Sequence[Booking], reader: Reader, now: datetime) -> list[Entry]:
    """One provider call per kind, in the order of the reader's own periods."""
    by_kind: dict[str, list[Booking]] = defaultdict(list)
    for booking in bookings:
        by_kind[booking.kind].append(booking)
    entries = [
        entry for kind, some in by_kind.items() for entry in providers.of(kind).entries(some, reader, now)
    ]
    return sorted(entries, key=lambda e: (e.interval.start, e.booking.pk))


def _next(entries: Iterable[Entry], reader: Reader, now: datetime) -> Next | None:
    """The one that runs, else the one that starts first."""
    for entry in entries:
        if entry.state in AHEAD_OF_US and entry.interval.end > now:
            is_elsewhere = entry.booking.organiser_id not in reader.organisation_ids
            return Next(
                entry=entry,
                to_start=countdown(entry.interval.start, now) if entry.interval.start > now else None,
                to_end=countdown(entry.interval.end, now),
                telephone=entry.booking.organiser.telephone if is_elsewhere else "",
            )
    return None


def countdown(until: datetime, now: datetime) -> Countdown:
    minutes = -((now - until) // timedelta(minutes=1))
    return Countdown(until=until, hours=minutes // 60, minutes=minutes % 60)


def _overview(entries: Sequence[Entry], now: datetime) -> Overview:
    ahead = [e for e in entries if e.state in AHEAD_OF_US]
    later = [e.interval.start for e in ahead if e.interval.start > now]
    first = min(later, default=None)
    return Overview(
        running=sum(e.interval.start <= now < e.interval.end for e in ahead),
        starts_at=first,
        starting=later.count(first) if first else 0,
    )


def _needs(reader: Reader, now: datetime) -> list[Need]:
    return [need for provider in _each_once() for need in provider.needs(reader, now)]


def _each_once() -> list[providers.Provider]:
    """A provider that serves several kinds is asked once."""
    return list({id(p): p for p in providers.registered().values()}.values())


def _closed(reader: Reader, day: date) -> list[Closed]:
    schools = {
        m.organisation_id: m.organisation
        for m in reader.memberships
        if m.organisation.kind == Organisation.Kind.HIGH_SCHOOL
    }
    if not schools:
        return []
    facts = calendars.school_facts(schools, day, day)
    return [
        Closed(
            school=schools[pk].label,
            closure=closure,
            is_all_day=closure.interval == timegrid.whole_day(day, schools[pk].zone),
        )
        for pk in schools
        for closure in day_plan(facts[pk], day).closures
    ]


def _later(reader: Reader, day: date, zone: ZoneInfo, now: datetime) -> Later | None:
    after = timegrid.whole_day(day, zone).end
    booking = (
        own_bookings(reader, now)
        .filter(start__gte=after, kind__in=set(providers.registered()) - NEVER_NEXT)
        .exclude(state=Booking.State.CANCELLED)
        .select_related("organiser")
        .order_by("start", "pk")
        .first()
    )
    if booking is None:
        return None
    entry = providers.of(booking.kind).entries([booking], reader, now)[0]
    return Later(day=timegrid.local_date(booking.start, zone), entry=entry)
