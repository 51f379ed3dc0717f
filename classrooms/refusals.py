"""What to say when a time could not be had: every reason, and the nearest times that work."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from classrooms import board, choices, lessons, standing
from classrooms.wishes import Wish
from scheduler import bookings, finding, timegrid, wallclock, wording
from scheduler.bookings import BookingError
from scheduler.conflicts import Conflict
from scheduler.dayplans import PeriodSpan
from scheduler.finding import Candidate
from scheduler.intervals import hull
from scheduler.models import Booking
from scheduler.names import joined


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason or caution: the word on its chip, and the sentence."""

    label: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Alternative:
    """A time that works for everyone, as its card shows it."""

    slot: str
    why: str
    day: str
    times: str
    legs: str
    studio: str
    minutes: str
    gives_wanted: bool
    query: str


def sentence(error: BookingError) -> str:
    """What to tell somebody whose change of a booking was refused for what it has become."""
    match error:
        case bookings.OverError() | lessons.ConfirmedError():
            return _past(error)
        case lessons.UnmovedError() | bookings.TakenUpError():
            return _pointless(error)
        case bookings.IntentionError():
            return _(
                "This request was already handled. Look at what stands now, and do it again only if it "
                "is still needed."
            )
        case bookings.ExpiredError():
            return _("The hold ran out before it was confirmed. Its time is free again.")
        case bookings.CancelledError():
            return _("This lesson was cancelled. Nothing more can be changed in it.")
        case _other:
            return _("This could not be done. Look at what stands now and try again.")


def _past(error: BookingError) -> str:
    match error:
        case lessons.ConfirmedError():
            return _(
                "A school has confirmed its register of this lesson. It can neither be moved nor "
                "cancelled any more."
            )
        case bookings.PartlyOverError():
            return _(
                "This lesson is over at one of its schools. What happened there can no longer be changed; "
                "the other schools can still be taken out one by one."
            )
        case _over:
            return _("This lesson is over. What happened can no longer be changed.")


def _pointless(error: BookingError) -> str:
    if isinstance(error, lessons.UnmovedError):
        return _("This is the time that the lesson has already. Nothing has changed.")
    return _("This lesson is booked by now. Cancel it if it is not to take place.")


def reasons(conflicts: Sequence[Conflict], zone: ZoneInfo, language: str) -> list[Reason]:
    return [
        Reason(wording.label(conflict.kind, language), wording.sentence(conflict, zone, language))
        for conflict in conflicts
    ]


def by_booking(
    conflicts: Sequence[Conflict], zone: ZoneInfo, language: str, *, own: Collection[int]
) -> list[Reason]:
    """As `reasons`, but what one booking alone causes is said once; `own` are the section's lessons."""
    causes: dict[int, list[Conflict]] = {}
    for position, conflict in enumerate(conflicts):
        is_sole = len(conflict.holders) == 1 and conflict.alternatives == 1
        # What has no single cause stands by itself.
        cause = conflict.holders[0].booking_id if is_sole else -position - 1
        causes.setdefault(cause, []).append(conflict)
    found = []
    for cause, together in causes.items():
        label = wording.label(together[0].kind, language)
        if cause in own:
            found.append(Reason(label, _already(together, zone, language)))
        elif len(together) > 1:
            found.append(Reason(label, wording.shared_sentence(together, zone, language)))
        else:
            found += reasons(together, zone, language)
    return found


def _already(conflicts: Sequence[Conflict], zone: ZoneInfo, language: str) -> SafeString:
    """Another lesson of the same section is in the way: who it keeps busy goes without saying."""
    holder = conflicts[0].holders[0]
    whole = hull(conflict.holders[0].interval for conflict in conflicts)
    template = (
        _("This section is held already at {range}")
        if holder.is_hold
        else _("This section is booked already at {range}")
    )
    times = wallclock.clock_range(whole.start, whole.end, zone, language)
    said = format_html(template, range=format_html("<b>{}</b>", times))
    return wording.with_booker(said, holder, zone, language)


def nearest(
    wish: Wish,
    choice: choices.Choice,
    wanted: Sequence[PeriodSpan],
    *,
    now: datetime,
    language: str,
    moving: Booking | None = None,
) -> list[Alternative]:
    """The three nearest times that work for everyone, by start; not where `moving` stands already."""
    near = hull(period.interval for period in wanted).start
    sought = lessons.sought(wish)
    known = finding.load(sought, near=near, now=now, ignoring=moving.pk if moving else None)
    found = finding.nearest(sought, known, near=near, not_before=now, count=finding.CANDIDATES + bool(moving))
    if moving:
        present = standing.of_booking(moving)
        found = [candidate for candidate in found if not present.meets(candidate.plan)]
    found = found[: finding.CANDIDATES]
    found.sort(key=lambda candidate: candidate.interval)
    names = {studio.pk: studio.label.in_language(language) for studio in wish.studios}
    return [_alternative(wish, choice, wanted, candidate, names, language) for candidate in found]


def _alternative(
    wish: Wish,
    choice: choices.Choice,
    wanted: Sequence[PeriodSpan],
    candidate: Candidate,
    studios: dict[int, str],
    language: str,
) -> Alternative:
    zone, interval, joint = wish.section.centre.zone, candidate.interval, candidate.joint
    day = timegrid.local_date(interval.start, zone)
    slot = choices.of_periods([group.school.pk for group in wish.groups], joint.chosen)
    template = _("%(n)d minutes together") if candidate.gives_wanted else _("%(n)d minutes shared")
    return Alternative(
        slot=choices.dated(day, slot),
        why=_why(wanted, candidate, zone),
        day=wallclock.day(day, language),
        times=wallclock.clock_range(interval.start, interval.end, zone, language),
        legs=joined(
            (f"{leg.schools} {leg.period}" for leg in board.legs(wish, joint.chosen, language)), language
        ),
        studio=next((studios[pk] for pk in candidate.granted if pk in studios), ""),
        minutes=template % {"n": joint.minutes},
        gives_wanted=candidate.gives_wanted,
        query=choice.at(day, slot).query(),
    )


def _why(wanted: Sequence[PeriodSpan], candidate: Candidate, zone: ZoneInfo) -> str:
    """「同じ日・1時間後」, 「翌日・同じ校時」, 「同じ日・希望どおりの長さ」."""
    before = hull(period.interval for period in wanted).start
    first = timegrid.local_date(before, zone)
    day = timegrid.local_date(candidate.interval.start, zone)
    if candidate.gives_wanted:
        what = _("the length you wished")
    elif [p.number for p in wanted] == [p.number for p in candidate.joint.chosen]:
        what = _("the same period")
    elif day == first:
        what = _distance(candidate.interval.start - before)
    else:
        what = _("another period")
    return _("%(day)s · %(what)s") % {"day": day_words(day, first), "what": what}


def day_words(day: date, first: date) -> str:
    days = (day - first).days
    if days == 0:
        return _("Same day")
    if abs(days) == 1:
        return _("Next day") if days > 0 else _("Day before")
    template = (
        ngettext("%(n)d day later", "%(n)d days later", days)
        if days > 0
        else ngettext("%(n)d day earlier", "%(n)d days earlier", -days)
    )
    return template % {"n": abs(days)}


def _distance(distance: timedelta) -> str:
    minutes = round(abs(distance).total_seconds() / 60)
    is_later = distance > timedelta(0)
    if minutes < 60:
        return (_("%(n)d minutes later") if is_later else _("%(n)d minutes earlier")) % {"n": minutes}
    hours = round(minutes / 60)
    template = (
        ngettext("%(n)d hour later", "%(n)d hours later", hours)
        if is_later
        else ngettext("%(n)d hour earlier", "%(n)d hours earlier", hours)
    )
    return template % {"n": hours}
