"""How evidence, marks and presences are said. Without a pupil's name anywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from classrooms.evidence import Cause, Evidence, Gap
from classrooms.models import AttendanceMark, RemoteSeat, StaffPresence
from classrooms.register_sheet import Line
from scheduler import wallclock
from scheduler.intervals import Interval
from scheduler.names import joined

Mark = AttendanceMark.Mark
ATTENDED = (Mark.PRESENT, Mark.LATE, Mark.LEFT_EARLY, Mark.REMOTE)
MINUTE_S = 60


def mark(value: str) -> str:
    """「欠課」, "Absent"."""
    words = str(Mark(value).label)
    return words[:1].upper() + words[1:]


def length(interval: Interval) -> str:
    """「2分15秒」, "2 min 15 s"."""
    return seconds_long(int(interval.duration.total_seconds()))


def seconds_long(whole: int) -> str:
    minutes, seconds = divmod(whole, MINUTE_S)
    if not seconds and minutes:
        return _("%(n)d min") % {"n": minutes}
    if not minutes:
        return _("%(n)d s") % {"n": seconds}
    return _("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": seconds}


def _cause(cause: Cause) -> str:
    return {Cause.LINE: _("the line"), Cause.BROWSER: _("the page"), Cause.SERVER: _("the service")}[cause]


@dataclass(frozen=True, slots=True)
class Phrases:
    """The words of one register, in its school's zone and its reader's language."""

    zone: ZoneInfo
    language: str

    def clock(self, at: datetime) -> str:
        return wallclock.clock(at, self.zone)

    def span(self, interval: Interval) -> str:
        return wallclock.clock_range(interval.start, interval.end, self.zone, self.language)

    def gap(self, gap: Gap, period: Interval) -> str:
        """「通信障害 10:11–10:13（2分15秒・回線）」, or that they left, and whether they came back.

        How long before the bell they left is known when it has rung.
        """
        facts = {"span": self.span(gap.interval), "length": length(gap.interval)}
        if gap.is_outage:
            return _("Outage %(span)s (%(length)s, %(cause)s)") % {**facts, "cause": _cause(gap.cause)}
        if gap.is_ending and gap.interval.end < period.end:
            return _("Left at %(at)s") % {"at": self.clock(gap.interval.start)}
        if gap.is_ending:
            return _("Left at %(at)s (%(length)s before the bell)") % {
                "at": self.clock(gap.interval.start),
                "length": facts["length"],
            }
        return _("Out of the room %(span)s (%(length)s)") % facts

    def bridged(self, part: Interval) -> str:
        facts = {"span": self.span(part), "length": length(part)}
        return _("%(span)s (%(length)s): the service was away; counted as connected") % facts

    def late(self, evidence: Evidence) -> str:
        """「9:52から接続（7分遅れ）」, empty when they were there at the bell."""
        if evidence.late is None or evidence.connected_from is None:
            return ""
        return _("Connected from %(at)s (%(length)s after the bell)") % {
            "at": self.clock(evidence.connected_from),
            "length": length(evidence.late),
        }

    def teacher(self, teacher: Evidence) -> str:
        """That the teacher's account came late; empty when there is nothing to say."""
        if teacher.late is None or teacher.connected_from is None:
            return ""
        return _("The teacher was connected from %(at)s; the school's minutes are not reduced by it") % {
            "at": self.clock(teacher.connected_from)
        }

    def place(self, place: str) -> str:
        return str(RemoteSeat.Place(place).label) if place else ""

    def line_facts(self, line: Line, period: Interval) -> Iterator[str]:
        """When somebody was marked late, and what was measured of a pupil who takes part from elsewhere."""
        at = line.marked_at
        if line.mark == Mark.LATE and at is not None and period.start < at < period.end:
            yield _("Marked at %(at)s, %(n)d min after the bell") % {
                "at": self.clock(at),
                "n": Interval(period.start, at).minutes,
            }
        if not line.place:
            return
        facts = {"place": self.place(line.place)}
        seen = line.evidence
        if seen is None or not seen.seconds:
            if line.mark == Mark.REMOTE or line.is_default:
                yield _("%(place)s: not connected") % facts
            return
        yield _("%(place)s %(n)d min") % {**facts, "n": seen.minutes}
        if late := self.late(seen):
            yield late
        for gap in seen.gaps:
            yield self.gap(gap, period)


def totals(lines: Iterable[Line]) -> str:
    """「出席 4（遅刻 1・遠隔参加 1 を含む） 欠課 1」."""
    counts = Counter(line.mark for line in lines)
    attended = sum(counts[each] for each in ATTENDED)
    parts = [_counted(each, counts[each]) for each in ATTENDED[1:] if counts[each]]
    said = _counted(Mark.PRESENT, attended)
    if parts:
        listed = pgettext("marks", ", ").join(parts)
        said = _("%(attended)s (of them %(parts)s)") % {"attended": said, "parts": listed}
    return _with_others(said, counts)


def _with_others(said: str, counts: Counter[str]) -> str:
    """Absences are always said, what else keeps from a lesson where there is any."""
    others = [each for each in Mark if each not in ATTENDED and (counts[each] or each == Mark.ABSENT)]
    return pgettext("totals", "; ").join([said, *(_counted(each, counts[each]) for each in others)])


def short_totals(lines: Iterable[Line]) -> str:
    """For a phone's bar: 「出席 4 欠課 1」."""
    counts = Counter(line.mark for line in lines)
    return _with_others(_counted(Mark.PRESENT, sum(counts[each] for each in ATTENDED)), counts)


def counting_words() -> dict[str, Any]:
    """What a page needs to count its own rows in the same words (`counts.js`)."""
    return {
        "marks": {each.value: mark(each) for each in Mark},
        "attended": [each.value for each in ATTENDED],
        "always": Mark.ABSENT.value,
        "counted": _("%(mark)s %(n)d"),
        "of": _("%(attended)s (of them %(parts)s)"),
        "comma": pgettext("marks", ", "),
        "semicolon": pgettext("totals", "; "),
    }


def _counted(value: str, count: int) -> str:
    return _("%(mark)s %(n)d") % {"mark": mark(value), "n": count}


def presence(row: StaffPresence) -> str:
    """「工藤 誠（教頭）」, or why nobody had to attend."""
    who = _("%(name)s (%(post)s)") % {"name": row.name, "post": row.post} if row.post else row.name
    if not row.exemption:
        return who
    why = str(row.get_exemption_display())
    return _("%(who)s: %(why)s") % {"who": who, "why": why} if row.name else why


def presences(rows: Iterable[StaffPresence], language: str) -> str:
    return joined((presence(row) for row in rows), language)
