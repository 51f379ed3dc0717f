"""One lesson as its page shows it to one reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from classrooms import lessons, provider, receiving, sides
from classrooms.models import Lesson, Reception
from classrooms.sides import Side
from realtime import access
from scheduler import permissions, wallclock
from scheduler.models import Booking, BookingChange, User
from scheduler.providers import Reader


@dataclass(frozen=True, slots=True)
class ReceptionLine:
    """One school's side. `state` is a chip's, `withdraw_url` empty where it may not be cancelled."""

    school: str
    classes: str
    headcount: int
    period: str
    side: Side
    staff: str
    state: str
    state_words: str
    reason: str
    withdraw_url: str
    device: receiving.DeviceLine | None
    """Before and during the lesson, for whom `is_shown_whole`."""
    is_shown_whole: bool
    """Class, pupils, place and reasons are the school's own and the centre's to read, no partner's."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened to the lesson."""

    at: datetime
    words: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class LessonPage:
    lesson: Lesson
    booking: Booking
    zone: ZoneInfo
    now: datetime
    title: str
    state: str
    state_words: str
    teacher: str
    studio: str
    receptions: tuple[ReceptionLine, ...]
    history: tuple[Happening, ...]
    can_change: bool
    is_centre: bool
    exception: str
    """Why it was booked in spite of something: for those who may change it."""
    room_url: str
    room_opens_at: datetime | None
    minutes_left: int
    """Of a hold: whole minutes, a minute begun counts."""

    @property
    def shows_devices(self) -> bool:
        """It is near enough for the receiving rooms' devices to matter."""
        return any(line.device is not None for line in self.receptions)

    @property
    def is_held(self) -> bool:
        return self.state == "held"

    @property
    def is_changeable(self) -> bool:
        return self.can_change and self.state in {"planned", "soon", "live", "held"}


@dataclass(frozen=True, slots=True)
class Following:
    """`count` dates that may be cancelled together, this one the first; `staying` are of others."""

    count: int
    last: Booking
    staying: int


def following(page: LessonPage, reader: Reader) -> Following | None:
    """This date of a weekly lesson and the later ones; None where no later one may be cancelled with it.

    So, too, where a school is through with this date: the others are taken out of it one by one.
    """
    standing = [line.side for line in page.receptions if line.side.is_standing]
    if any(side.interval.end <= page.now for side in standing):
        return None
    confirmed = Booking.State.CONFIRMED
    dates = list(lessons.following(page.lesson, reader.user, page.now).filter(state=confirmed))
    if len(dates) < 2:
        return None
    every = lessons.from_here(page.lesson).filter(state=confirmed).count()
    return Following(len(dates), dates[-1], every - len(dates))


def load(lesson: Lesson, reader: Reader, now: datetime) -> LessonPage:
    """The page; the number of queries does not depend on how many schools take part."""
    booking = lesson.booking
    found = sides.of_bookings([booking])[booking.pk]
    host = next((side for side in found if side.is_host), None)
    state = _state(booking, now)
    window = access.window_of(booking)
    is_live = state in {"planned", "soon", "live", "over"}
    can_change = permissions.can_change(reader.user, booking, timezone.localdate(now))
    return LessonPage(
        lesson=lesson,
        booking=booking,
        zone=lesson.section.centre.zone,
        now=now,
        title=booking.label.in_language(reader.language),
        state=state,
        state_words=_state_words(state),
        teacher=lesson.section.teacher.label.in_language(reader.language),
        studio=host.place(reader.language) if host else "",
        receptions=tuple(_receptions(lesson, found, reader, now, can_change=can_change)),
        history=tuple(_history(booking, lesson.section.centre.zone, reader.language)),
        can_change=can_change,
        is_centre=booking.organiser_id in reader.organisation_ids,
        exception=booking.override_reason if can_change else "",
        room_url=provider.room_url(booking) if is_live and window.start <= now < window.end else "",
        room_opens_at=window.start if is_live and now < window.start else None,
        minutes_left=_left(booking, now),
    )


def _state_words(state: str) -> str:
    if state == "released":
        return _("hold given up")
    return _("hold ran out") if state == "expired" else provider.state_words(state)


def _left(booking: Booking, now: datetime) -> int:
    if booking.expires_at is None or booking.expires_at <= now:
        return 0
    return -int((now - booking.expires_at).total_seconds() // 60)


def _state(booking: Booking, now: datetime) -> str:
    """As `provider.state_of`; "expired" or "released" for a hold that was never confirmed."""
    if booking.expires_at is not None and booking.state == Booking.State.CANCELLED:
        # With another reason it was a closure that took its last school.
        return {"expired": "expired", "": "released"}.get(booking.cancel_reason, "cancelled")
    if booking.state == Booking.State.TENTATIVE and not booking.is_live(now):
        return "expired"
    return provider.state_of(booking, None, now)


def _receptions(
    lesson: Lesson, found: list[Side], reader: Reader, now: datetime, *, can_change: bool
) -> list[ReceptionLine]:
    by_participant = {side.participant_id: side for side in found}
    language, booking = reader.language, lesson.booking
    mine = {m.organisation_id for m in reader.memberships if m.role in permissions.SCHOOL_OFFICE_ROLES}
    lines = []
    is_hold = booking.state == Booking.State.TENTATIVE
    rooms = receiving.of_bookings([booking], {booking.pk: found}, now)
    for reception in lesson.receptions.select_related("staff"):
        side = by_participant[reception.participant_id]
        is_open = side.is_standing and booking.is_live(now) and side.interval.end > now
        can_withdraw = is_open and not is_hold and (can_change or reception.school_id in mine)
        state, state_words = _hold_state(booking, now) if is_hold else _reception_state(reception)
        is_whole = bool({booking.organiser_id, reception.school_id} & reader.organisation_ids)
        lines.append(
            ReceptionLine(
                school=side.name(language),
                classes=side.classes(language),
                headcount=side.headcount,
                period=_("Period %(n)d") % {"n": side.period_number} if side.period_number else "",
                side=side,
                staff=reception.staff.label.in_language(language) if reception.staff else "",
                state=state,
                state_words=state_words,
                reason=reception.reason,
                withdraw_url=reverse("classrooms:withdraw", args=[booking.uid, reception.pk])
                if can_withdraw
                else "",
                device=receiving.line(side, rooms, language) if is_whole else None,
                is_shown_whole=is_whole,
            )
        )
    return lines


def _hold_state(booking: Booking, now: datetime) -> tuple[str, str]:
    """Of every side of a hold: nobody receives anything yet."""
    if booking.is_live(now):
        return "held", provider.state_words("held")
    return Reception.State.CANCELLED, _("hold ran out")


def _reception_state(reception: Reception) -> tuple[str, str]:
    words = {
        Reception.State.PLANNED: pgettext("reception", "receives"),
        Reception.State.HELD: pgettext("reception", "was held"),
        Reception.State.CANCELLED: pgettext("reception", "cancelled"),
        Reception.State.CLOSED: pgettext("reception", "school closed"),
        Reception.State.SELF_STUDY: pgettext("reception", "self-study"),
        Reception.State.MOVED: pgettext("reception", "moved"),
    }
    return reception.state, words[Reception.State(reception.state)]


def _history(booking: Booking, zone: ZoneInfo, language: str) -> list[Happening]:
    """Newest first."""
    changes = BookingChange.objects.filter(booking=booking).select_related("by").order_by("-pk")
    return [
        Happening(
            at=change.at,
            words=_verb_words(change, zone, language),
            by=_by(change.by, language),
            reason="" if change.verb == "expire" else change.reason,
        )
        for change in changes
    ]


def _by(user: User | None, language: str) -> str:
    return user.label.in_language(language) if user else ""


def _verb_words(change: BookingChange, zone: ZoneInfo, language: str) -> str:
    before, after = _when(change.before, zone, language), _when(change.after, zone, language)
    facts = {"before": before, "after": after}
    is_hold = change.before.get("state") == Booking.State.TENTATIVE
    if change.verb == "cancel" and is_hold and not change.reason:
        return _("The hold was given up")
    words = {
        "book": _("Booked for %(after)s"),
        "hold": _("Held for %(after)s"),
        "confirm": _("Booked for %(after)s"),
        "move": _("Moved from %(before)s to %(after)s"),
        "withdraw": _("A school's side was cancelled"),
        "close": _("A school closed and left the lesson"),
        "cancel": _("Cancelled"),
        "expire": _("The hold ran out"),
    }
    return words.get(change.verb, change.verb) % facts


def _when(facts: Mapping[str, Any], zone: ZoneInfo, language: str) -> str:
    start, end = parse_datetime(facts.get("start", "")), parse_datetime(facts.get("end", ""))
    return wallclock.moment(start, end, zone, language) if start and end else ""
