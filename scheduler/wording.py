"""Refusals and cautions in plain words: one sentence per reason, with names and times.

The facts come from `scheduler.conflicts`; who reads decides zone and language. Names and times
are bold, everything else is text; nothing a person typed is trusted as markup.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override, pgettext

from scheduler import timegrid, wallclock
from scheduler.conflicts import Conflict, Holder, Kind
from scheduler.intervals import Interval, hull
from scheduler.names import Name


class _Words:
    """One reader's way of writing names and times."""

    def __init__(self, zone: ZoneInfo, language: str) -> None:
        self.zone = zone
        self.language = language

    def name(self, name: Name | None) -> str:
        return name.in_language(self.language) if name else ""

    def bold(self, text: str | int) -> SafeString:
        return format_html("<b>{}</b>", text)

    def range(self, interval: Interval) -> SafeString:
        return self.bold(wallclock.clock_range(interval.start, interval.end, self.zone, self.language))

    def place(self, conflict: Conflict) -> str:
        """「利尻の受信機材1」: a set or a class is said with its school."""
        subject, organisation = self.name(conflict.subject), self.name(conflict.organisation)
        return pgettext("resource of a school", "%(subject)s of %(school)s") % {
            "subject": subject,
            "school": organisation,
        }

    def holder(self, holder: Holder) -> SafeString:
        """What holds it, and until when a hold does."""
        title = format_html(_("“{title}”"), title=self.name(holder.title))
        words = _("a hold for {title}, until {until}") if holder.is_hold else _("{title}")
        until = wallclock.clock(holder.expires_at, self.zone) if holder.expires_at else ""
        return format_html(words, title=title, until=until)

    def booked(self, holder: Holder) -> str:
        """When it was taken; the date only if it is another than the lesson's."""
        wanted_day = timegrid.local_date(holder.interval.start, self.zone)
        same_day = timegrid.local_date(holder.booked_at, self.zone) == wanted_day
        if same_day:
            return wallclock.clock(holder.booked_at, self.zone)
        return wallclock.point(holder.booked_at, self.zone, self.language)


def sentence(conflict: Conflict, zone: ZoneInfo, language: str) -> SafeString:
    """Why, in one sentence ending with a full stop. Holders beyond the third are counted."""
    with override(language):
        return _SENTENCES[conflict.kind](conflict, _Words(zone, language))


def shared_sentence(conflicts: Sequence[Conflict], zone: ZoneInfo, language: str) -> SafeString:
    """The same for several conflicts that one booking alone causes: said once, with all it holds."""
    with override(language):
        words = _Words(zone, language)
        holder = conflicts[0].holders[0]
        said = format_html(
            _("{what} at {range} takes {subjects}"),
            what=words.holder(holder),
            range=words.range(hull(conflict.holders[0].interval for conflict in conflicts)),
            subjects=format_html_join(_(" and "), "{}", ((_subject(c, words),) for c in conflicts)),
        )
        return _booked_by(said, holder, words)


def with_booker(said: SafeString, holder: Holder, zone: ZoneInfo, language: str) -> SafeString:
    """A vertical's own sentence about a holder, with who took it and when."""
    with override(language):
        return _booked_by(said, holder, _Words(zone, language))


def label(kind: Kind, language: str) -> str:
    """The word on the reason's chip: 先生, 学級, 配信室 …"""
    with override(language):
        return {
            Kind.PERSON: pgettext("reason", "Teacher"),
            Kind.CLASS_GROUP: pgettext("reason", "Class"),
            Kind.LOCATION: pgettext("reason", "Studio"),
            Kind.RECEIVING_SET: pgettext("reason", "Receiving set"),
            Kind.LINE: pgettext("reason", "Line"),
            Kind.CLOSED_DAY: pgettext("reason", "Closed"),
            Kind.OUTSIDE_BELLS: pgettext("reason", "Bells"),
            Kind.JOINT_WINDOW: pgettext("reason", "Minutes"),
            Kind.OVER_CAPACITY: pgettext("reason", "Pupils"),
            Kind.SHORT: pgettext("reason", "Caution"),
        }[kind]


def _subject(conflict: Conflict, words: _Words) -> SafeString:
    if conflict.kind in {Kind.PERSON, Kind.LOCATION}:
        return words.bold(words.name(conflict.subject))
    return words.bold(words.place(conflict))


def _booked_by(said: SafeString, holder: Holder, words: _Words) -> SafeString:
    if not holder.booked_by:
        return format_html(_("{sentence}."), sentence=said)
    return format_html(
        _("{sentence} (booked by {person} at {when})."),
        sentence=said,
        person=holder.booked_by,
        when=words.booked(holder),
    )


def _in_use(conflict: Conflict, words: _Words) -> SafeString:
    subject = _subject(conflict, words)
    if not conflict.holders:
        return format_html(_("{subject} is needed twice by this booking."), subject=subject)
    if conflict.alternatives > 1:
        last = max(conflict.holders, key=lambda holder: holder.booked_at)
        return format_html(
            _(
                "All {count} are in use. The last one, {subject}, was booked by {person} at {when}"
                " ({title}, {range})."
            ),
            count=words.bold(conflict.alternatives),
            subject=subject,
            person=words.bold(last.booked_by or _("the system")),
            when=words.bold(words.booked(last)),
            title=words.name(last.title),
            range=words.range(last.interval),
        )
    is_somebody = conflict.kind in {Kind.PERSON, Kind.CLASS_GROUP}
    template = _("{subject} has {holders}") if is_somebody else _("{subject} is in use: {holders}")
    said = format_html(template, subject=subject, holders=_holders(conflict, words))
    if len(conflict.holders) > 1:
        return format_html(_("{sentence}."), sentence=said)
    return _booked_by(said, conflict.holders[0], words)


def _holders(conflict: Conflict, words: _Words) -> SafeString:
    """What is held and when; who took it is said of a single one alone, by the caller."""
    shown = conflict.holders[:3]
    listed = format_html_join(
        _(" and "),
        "{}",
        (
            (format_html(_("{what} at {range}"), what=words.holder(h), range=words.range(h.interval)),)
            for h in shown
        ),
    )
    more = len(conflict.holders) - len(shown)
    if not more:
        return listed
    rest = ngettext("{count} more", "{count} more", more).format(count=more)
    return format_html("{}{}{}", listed, _(" and "), rest)


def _closed_day(conflict: Conflict, words: _Words) -> SafeString:
    """A whole day is told by its date, a part of it by its hours."""
    assert conflict.closed is not None
    zone, language = words.zone, words.language
    day = timegrid.local_date(conflict.closed.start, zone)
    if conflict.closed == timegrid.whole_day(day, zone):
        when = wallclock.day(day, language)
    else:
        when = wallclock.moment(conflict.closed.start, conflict.closed.end, zone, language)
    return format_html(
        _("{school} is closed on {when}: {event}."),
        school=words.bold(words.name(conflict.organisation)),
        when=words.bold(when),
        event=words.name(conflict.subject),
    )


def _outside_bells(conflict: Conflict, words: _Words) -> SafeString:
    assert conflict.wanted is not None
    school, wanted = words.bold(words.name(conflict.organisation)), words.range(conflict.wanted)
    if conflict.nearest is None:
        return format_html(
            _("{school} has no lessons on that day, so {wanted} does not fit."), school=school, wanted=wanted
        )
    return format_html(
        _("{wanted} is not a period of {school}. The nearest period is {nearest}."),
        school=school,
        wanted=wanted,
        nearest=words.range(conflict.nearest),
    )


def _joint_window(conflict: Conflict, words: _Words) -> SafeString:
    return format_html(
        _("All schools together have {minutes} minutes at that time; this section needs at least {limit}."),
        minutes=words.bold(conflict.minutes),
        limit=words.bold(conflict.limit),
    )


def _over_capacity(conflict: Conflict, words: _Words) -> SafeString:
    return format_html(
        _("{count} pupils over all rooms; at most {limit} may be taught at once ({source})."),
        count=words.bold(conflict.count),
        limit=words.bold(conflict.limit),
        source=conflict.source,
    )


def _short(conflict: Conflict, words: _Words) -> SafeString:
    return format_html(
        _("All schools together have {minutes} minutes, {missing} fewer than the {limit} wanted."),
        minutes=words.bold(conflict.minutes),
        missing=conflict.limit - conflict.minutes,
        limit=conflict.limit,
    )


_SENTENCES: dict[Kind, Callable[[Conflict, _Words], SafeString]] = {
    Kind.PERSON: _in_use,
    Kind.CLASS_GROUP: _in_use,
    Kind.LOCATION: _in_use,
    Kind.RECEIVING_SET: _in_use,
    Kind.LINE: _in_use,
    Kind.CLOSED_DAY: _closed_day,
    Kind.OUTSIDE_BELLS: _outside_bells,
    Kind.JOINT_WINDOW: _joint_window,
    Kind.OVER_CAPACITY: _over_capacity,
    Kind.SHORT: _short,
}
