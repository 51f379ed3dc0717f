"""One register as its page shows it to one reader: words, the drawn period, what can be done now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from classrooms import confirming, register_since, register_words, sides, signed
from classrooms.evidence import Evidence
from classrooms.models import AttendanceMark, Reception, StaffPresence
from classrooms.register_rights import Rights
from classrooms.register_sheet import Change, Line, Sheet
from classrooms.register_words import Phrases
from scheduler import wallclock
from scheduler.intervals import Interval
from scheduler.names import Name, joined

Mark = AttendanceMark.Mark
FIRST_MARKS = (Mark.PRESENT, Mark.LATE, Mark.ABSENT)
OTHER_MARKS = (Mark.LEFT_EARLY, Mark.REMOTE, Mark.OFFICIAL, Mark.SUSPENDED, Mark.MOURNING)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the drawn period, in hundredths of a per cent of its length."""

    kind: str
    """on, bridged, outage, left or late"""
    start: str
    length: str


@dataclass(frozen=True, slots=True)
class Choice:
    mark: str
    words: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class Row:
    line: Line
    first: tuple[Choice, ...]
    others: tuple[Choice, ...]
    facts: tuple[str, ...]
    """What is on record beside the mark, without the note."""
    words: str
    signed: str
    class_words: str
    """The class, where the register has more than one."""

    @property
    def other(self) -> Choice | None:
        """What was chosen under 「その他」."""
        return next((choice for choice in self.others if choice.is_on), None)


@dataclass(frozen=True, slots=True)
class Changed:
    """One change after the confirmation, in words."""

    name: str
    before: str
    after: str
    reason: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Page:
    sheet: Sheet
    rights: Rights
    now: datetime
    phrases: Phrases
    classes: str
    rows: tuple[Row, ...]
    signers: str
    """Who confirms at the reader's school, for a reader who does not; "" otherwise."""

    @property
    def reception(self) -> Reception:
        return self.sheet.reception

    @property
    def title(self) -> str:
        """「2校時 数学Ⅱ 2年A組」: how a lesson is written everywhere. No pupil is named in it."""
        number = self.sheet.period_number
        period = _("Period %(n)d") % {"n": number} if number is not None else ""
        course = self.reception.lesson.section.course.label.in_language(self.phrases.language)
        return " ".join(part for part in (period, course, self.classes) if part)

    @property
    def span(self) -> str:
        return self.phrases.span(self.sheet.period)

    @property
    def school_year(self) -> int:
        return wallclock.school_year(self.sheet.day)

    @property
    def teachers(self) -> str:
        return joined(
            (n.in_language(self.phrases.language) for n in self.sheet.teachers), self.phrases.language
        )

    @property
    def place(self) -> str:
        place = self.reception.participant.location
        return place.label.in_language(self.phrases.language) if place else ""

    @property
    def staff(self) -> str:
        """As it was signed, once it was; `since` tells what was changed afterwards."""
        confirmation = self.sheet.confirmation
        found = self.sheet.standing_staff if confirmation is None else signed.staff(confirmation.content)
        return register_words.presences(found, self.phrases.language)

    @property
    def totals(self) -> str:
        return register_words.totals(self.sheet.lines)

    @property
    def short_totals(self) -> str:
        return register_words.short_totals(self.sheet.lines)

    @property
    def counting_words(self) -> dict[str, Any]:
        return register_words.counting_words()

    @property
    def exceptions(self) -> list[Row]:
        """Everybody who was not simply present."""
        return [row for row in self.rows if row.line.mark != Mark.PRESENT]

    @property
    def marks(self) -> list[tuple[str, str]]:
        """Every mark with its word."""
        return [(each.value, register_words.mark(each)) for each in (*FIRST_MARKS, *OTHER_MARKS)]

    @property
    def is_confirmed(self) -> bool:
        return self.sheet.confirmation is not None

    @property
    def is_markable(self) -> bool:
        """One tap is enough; after the confirmation a change says why."""
        return self.sheet.takes_place and not self.is_confirmed

    @property
    def is_shown(self) -> bool:
        """Whether there is anything to read: no marks of a lesson that did not take place."""
        return self.sheet.takes_place or self.is_confirmed

    @property
    def is_confirmable(self) -> bool:
        return self.is_markable and self.rights.may_confirm and self.now >= self.sheet.period.end

    @property
    def is_running(self) -> bool:
        return self.is_markable and self.sheet.period.start <= self.now < self.sheet.period.end

    @property
    def confirmed_words(self) -> str:
        """「確定 11月24日（火）10:52 工藤 誠（教頭）」."""
        word = self.sheet.confirmation
        if word is None:
            return ""
        by = word.by.label.in_language(self.phrases.language)
        return _("Confirmed %(at)s %(by)s") % {
            "at": wallclock.point(word.at, self.sheet.zone, self.phrases.language),
            "by": _("%(name)s (%(post)s)") % {"name": by, "post": word.post} if word.post else by,
        }

    @property
    def is_touched(self) -> bool:
        """What is stored is not what was signed."""
        confirmation = self.sheet.confirmation
        return confirmation is not None and not confirming.is_untouched(confirmation)

    @property
    def since(self) -> list[str]:
        """What could be read otherwise today than it was signed, apart from the marks."""
        return list(register_since.facts(self.sheet, self.phrases))

    @property
    def changes(self) -> list[Changed]:
        """What was changed since the confirmation, oldest first."""
        found = [_changed(row.line, change, self.phrases) for row in self.rows for change in row.line.changes]
        return sorted(found, key=lambda changed: changed.at)

    @property
    def staff_rows(self) -> list[tuple[StaffPresence, str]]:
        return [(row, register_words.presence(row)) for row in self.sheet.staff]

    @property
    def evidence(self) -> Evidence:
        return self.sheet.witness.school

    @property
    def segments(self) -> list[Segment]:
        return list(_segments(self.evidence))

    @property
    def facts(self) -> list[str]:
        """What was measured of the room, apart from the minutes."""
        seen, phrases = self.evidence, self.phrases
        said = [phrases.late(seen), *(phrases.gap(gap, seen.period) for gap in seen.gaps)]
        said += [phrases.bridged(part) for part in seen.bridged]
        said.append(phrases.teacher(self.sheet.witness.teacher))
        return [words for words in said if words]

    @property
    def cautions(self) -> list[str]:
        """What contradicts itself once the period is over. It prevents nothing."""
        is_dark = self.evidence.is_over and self.evidence.is_dark
        if not (is_dark and self.sheet.takes_place and self._says_somebody_was_there()):
            return []
        return [_("The room was never connected, and the register says that pupils were present in it.")]

    @property
    def confirm_cautions(self) -> list[str]:
        """The same, and what is missing under the signature."""
        has_staff = bool(self.staff)
        return self.cautions + ([] if has_staff else [_("Nobody is recorded as attending in the room.")])

    def _says_somebody_was_there(self) -> bool:
        there = {Mark.PRESENT, Mark.LATE, Mark.LEFT_EARLY}
        return any(line.mark in there for line in self.sheet.lines)

    def state(self) -> dict[str, Any]:
        """What a page that is open must know to stay true; no names."""
        return {
            "version": self.sheet.version,
            "confirmed": self.is_confirmed,
            "totals": self.totals,
            "short": self.short_totals,
            "pupils": {
                str(row.line.student_id): {
                    "mark": row.line.mark,
                    "note": row.line.note,
                    "last": row.line.last,
                    "facts": list(row.facts),
                }
                for row in self.rows
            },
        }


def build(sheet: Sheet, rights: Rights, now: datetime, language: str) -> Page:
    """Three queries more than the sheet's, for the classes' names; and who confirms, for who may not."""
    phrases = Phrases(sheet.zone, language)
    found = sides.of_bookings([sheet.reception.lesson.booking])[sheet.reception.lesson_id]
    own = next(side for side in found if side.participant_id == sheet.reception.participant_id)
    has_classes = len({line.class_name for line in sheet.lines}) > 1
    return Page(
        sheet=sheet,
        rights=rights,
        now=now,
        phrases=phrases,
        classes=own.classes(language),
        rows=tuple(_row(line, phrases, sheet.period, has_classes=has_classes) for line in sheet.lines),
        signers=_signers(sheet, now, language) if rights.is_school and not rights.may_confirm else "",
    )


def _signers(sheet: Sheet, now: datetime, language: str) -> str:
    posts = confirming.signers(sheet.reception.school_id, timezone.localdate(now))
    names = (
        _("%(name)s (%(post)s)")
        % {"name": post.user.label.in_language(language), "post": post.post or post.get_role_display()}
        for post in posts
    )
    return joined(names, language)


def _row(line: Line, phrases: Phrases, period: Interval, *, has_classes: bool) -> Row:
    label = Name(line.class_name, line.class_name_en)
    return Row(
        line=line,
        first=tuple(_choice(mark, line) for mark in FIRST_MARKS),
        others=tuple(_choice(mark, line) for mark in OTHER_MARKS),
        facts=tuple(phrases.line_facts(line, period)),
        words=register_words.mark(line.mark),
        signed=register_words.mark(line.signed) if line.is_changed else "",
        class_words=label.in_language(phrases.language) if has_classes else "",
    )


def _changed(line: Line, change: Change, phrases: Phrases) -> Changed:
    return Changed(
        name=line.name,
        before=register_words.mark(change.before),
        after=register_words.mark(change.after),
        reason=change.reason,
        at=change.at,
        by=change.by.in_language(phrases.language),
    )


def _choice(mark: str, line: Line) -> Choice:
    return Choice(mark, register_words.mark(mark), is_on=line.mark == mark)


def _segments(seen: Evidence) -> Iterator[Segment]:
    parts: list[tuple[str, Interval]] = [("on", part) for part in seen.connected]
    parts += [("bridged", part) for part in seen.bridged]
    parts += [("outage" if gap.is_outage else "left", gap.interval) for gap in seen.gaps]
    if seen.late is not None:
        parts.append(("late", seen.late))
    whole = seen.period
    for kind, part in parts:
        start = _share(part.start - whole.start, whole.duration)
        yield Segment(kind, start, _share(part.duration, whole.duration))


def _share(part: timedelta, whole: timedelta) -> str:
    return f"{part / whole * 100:.3f}%"
