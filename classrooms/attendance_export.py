"""The attendance of a school's term as CSV for its office: every mark, and the sums (docs/pupils.md).

What a school confirmed is written as it was confirmed (class, number and name of that day), with the
marks that were corrected since and why; what is not confirmed yet as it stands, and marked so. Lots
of 500 receptions are read in a fixed number of queries each, so a long term is never whole in memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime

from classrooms import evidence_reading, register_sheet, signed
from classrooms.evidence_reading import Witness
from classrooms.models import AttendanceMark, Confirmation, Enrolment, Reception, RemoteSeat, Student
from scheduler import spreadsheets, timegrid
from scheduler.intervals import Interval
from scheduler.models import Organisation, Term

LOT = 500
Mark = AttendanceMark.Mark

COLUMNS = (
    "学校コード", "学校名", "年度", "学期", "日付", "校時", "開始", "終了", "講座", "科目", "学級",
    "出席番号", "学籍番号", "氏名", "出欠", "確定", "確定日時", "受信分", "通信障害分", "備考",
)  # fmt: skip
SUM_COLUMNS = (
    "学校コード", "学校名", "年度", "学期", "講座", "科目", "学級", "出席番号", "学籍番号", "氏名",
    "授業時数", "出席", "欠課", "遅刻", "早退", "出停", "忌引", "公欠", "遠隔参加", "未確定",
)  # fmt: skip
WORDS: Mapping[str, str] = {
    Mark.PRESENT: "出席",
    Mark.ABSENT: "欠課",
    Mark.LATE: "遅刻",
    Mark.LEFT_EARLY: "早退",
    Mark.SUSPENDED: "出停",
    Mark.MOURNING: "忌引",
    Mark.OFFICIAL: "公欠",
    Mark.REMOTE: "遠隔参加",
}
"""The words of the file, whatever language the page is in."""
ATTENDED = frozenset({Mark.PRESENT, Mark.LATE, Mark.LEFT_EARLY, Mark.REMOTE})


@dataclass(frozen=True, slots=True)
class Line:
    """One pupil in one lesson."""

    student_id: int
    class_name: str
    seat: int
    number: str
    name: str
    mark: str
    note: str
    reason: str
    """Why it was changed after the confirmation."""
    minutes: int
    """Whole minutes that the school's room was connected; the pupil's own who took part remotely."""


@dataclass(frozen=True, slots=True)
class Register:
    """One reception with its lines; a confirmed one with everything as it was signed."""

    reception: Reception
    day: date
    period: Interval
    period_number: int | None
    section: str
    course: str
    confirmed_at: datetime | None
    outage_minutes: int
    """Minutes of outages, a minute begun counts."""
    is_self_study: bool
    lines: tuple[Line, ...]


@dataclass
class _Lot:
    """What 500 receptions need, read at once."""

    witnesses: Mapping[int, Witness]
    confirmations: Mapping[int, Confirmation]
    marks: Mapping[int, Mapping[int, list[AttendanceMark]]]
    enrolments: Mapping[int, list[Enrolment]]
    """By section, in the order of classes."""
    seats: Mapping[int, list[RemoteSeat]]
    """By pupil."""


@dataclass
class Sums:
    """One pupil in one section."""

    line: Line
    section: str
    course: str
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    lessons: int = 0
    unconfirmed: int = 0


def registers(receptions: QuerySet[Reception], now: datetime) -> Iterator[Register]:
    """The registers by time; a fixed number of queries for each lot."""
    keys = list(receptions.order_by("participant__start", "pk").values_list("pk", flat=True))
    for first in range(0, len(keys), LOT):
        rows = Reception.objects.filter(pk__in=keys[first : first + LOT]).select_related(
            "participant", "school", "lesson__section__course"
        )
        some = list(rows.order_by("participant__start", "pk"))
        lot = _lot(some, now)
        for reception in some:
            yield _register(reception, lot)


def rows(found: Iterable[Register], term: Term) -> Iterator[list[str]]:
    """The marks, one line for each pupil and lesson, under `COLUMNS`."""
    yield list(COLUMNS)
    for register in found:
        for line in register.lines:
            yield _row(register, line, term)


def sum_rows(found: Iterable[Register], term: Term) -> Iterator[list[str]]:
    """The sums, one line for each pupil and section, under `SUM_COLUMNS`.

    A pupil stands there with the class and number of the last lesson: a number that was corrected
    parts nobody in two, and one that was taken over adds nobody's absences to another's.
    """
    yield list(SUM_COLUMNS)
    known: dict[tuple[int, int], Sums] = {}
    school = None
    for register in found:
        section = register.reception.lesson.section
        school = register.reception.school
        for line in register.lines:
            key = (section.pk, line.student_id)
            sums = known.setdefault(key, Sums(line, section.name, section.course.name))
            sums.line = line
            sums.lessons += 1
            sums.counts[line.mark] += 1
            sums.unconfirmed += register.confirmed_at is None
    for sums in sorted(known.values(), key=_order):
        assert school is not None, "a line comes from a register"
        yield _sum_row(sums, school, term)


def unwritable(school: Organisation, receptions: QuerySet[Reception]) -> str:
    """The characters, each once, that CP932 lacks in what a file of these receptions holds."""
    texts: set[str] = set()
    texts.update(Student.objects.filter(school=school).values_list("name", flat=True))
    marks = AttendanceMark.objects.filter(reception__in=receptions.order_by().values("pk"))
    for row in marks.order_by().values_list("note", "reason").distinct():
        texts.update(row)
    names = receptions.order_by().values_list("lesson__section__name", "lesson__section__course__name")
    for row in names.distinct():
        texts.update(row)
    return "".join(sorted({sign for text in texts for sign in text if spreadsheets.lacking(sign)}))


def _lot(receptions: Sequence[Reception], now: datetime) -> _Lot:
    confirmations = Confirmation.objects.filter(reception__in=receptions)
    marks: dict[int, dict[int, list[AttendanceMark]]] = defaultdict(lambda: defaultdict(list))
    for mark in AttendanceMark.objects.filter(reception__in=receptions):
        marks[mark.reception_id][mark.student_id].append(mark)
    sections = {reception.lesson.section_id for reception in receptions}
    schools = {reception.school_id for reception in receptions}
    held = Enrolment.objects.filter(section__in=sections, student__school__in=schools)
    enrolments: dict[int, list[Enrolment]] = defaultdict(list)
    order = ("student__group__grade", "student__group__name", "student__seat", "student")
    for enrolment in held.select_related("student__group").order_by(*order):
        enrolments[enrolment.section_id].append(enrolment)
    seats: dict[int, list[RemoteSeat]] = defaultdict(list)
    for seat in RemoteSeat.objects.filter(student__school__in=schools):
        seats[seat.student_id].append(seat)
    return _Lot(
        witnesses=evidence_reading.of_receptions(receptions, now),
        confirmations={each.reception_id: each for each in confirmations},
        marks=marks,
        enrolments=enrolments,
        seats=seats,
    )


def _register(reception: Reception, lot: _Lot) -> Register:
    day = timegrid.local_date(reception.participant.start, reception.school.zone)
    confirmation = lot.confirmations.get(reception.pk)
    marks = lot.marks.get(reception.pk, {})
    witness = lot.witnesses[reception.pk]
    if confirmation is not None:
        return _signed_register(reception, confirmation, marks)
    section = reception.lesson.section
    outages = sum(gap.interval.duration.total_seconds() for gap in witness.school.outages)
    return Register(
        reception=reception,
        day=day,
        period=reception.participant.interval,
        period_number=reception.participant.period_number,
        section=section.name,
        course=section.course.name,
        confirmed_at=None,
        outage_minutes=-int(-outages // 60),
        is_self_study=reception.state == Reception.State.SELF_STUDY,
        lines=tuple(_standing(reception, day, lot, marks, witness)),
    )


def _signed_register(
    reception: Reception, confirmation: Confirmation, marks: Mapping[int, list[AttendanceMark]]
) -> Register:
    content = confirmation.content
    return Register(
        reception=reception,
        day=date.fromisoformat(content["date"]),
        period=signed.period(content),
        period_number=content["period"]["number"],
        section=content["section"],
        course=content["course"],
        confirmed_at=confirmation.at,
        outage_minutes=-int(-_signed_outages(content) // 60),
        is_self_study=content["outcome"] == Reception.State.SELF_STUDY,
        lines=tuple(_signed(content, marks)),
    )


def _standing(
    reception: Reception, day: date, lot: _Lot, marks: Mapping[int, list[AttendanceMark]], witness: Witness
) -> Iterator[Line]:
    """As it stands now: those who take the section that day, unmarked ones as they are proposed."""
    known: set[int] = set()
    for enrolment in lot.enrolments.get(reception.lesson.section_id, ()):
        student = enrolment.student
        is_on = _holds(enrolment, day) and _holds(student, day) and student.school_id == reception.school_id
        if not is_on or student.pk in known:
            continue
        known.add(student.pk)
        place = next((seat.place for seat in lot.seats.get(student.pk, ()) if _holds(seat, day)), "")
        own = witness.seat(student.user_id) if place else None
        last = next(iter(reversed(marks.get(student.pk, []))), None)
        line = Line(
            student_id=student.pk,
            class_name=student.group.name,
            seat=student.seat,
            number=student.number,
            name=student.name,
            mark=(last.mark if last else "") or register_sheet.default_mark(place, own),
            note=last.note if last else "",
            reason="",
            minutes=witness.school.minutes,
        )
        yield replace(line, minutes=own.minutes) if own and line.mark == Mark.REMOTE else line


def _signed(content: Mapping[str, Any], marks: Mapping[int, list[AttendanceMark]]) -> Iterator[Line]:
    """As the school confirmed it, with what was corrected since."""
    measured = content["measured"]["connected_s"]
    for each in content["pupils"]:
        last = next((mark for mark in reversed(marks.get(each["id"], [])) if mark.reason), None)
        mark = last.mark if last else each["mark"]
        own = each["connected_s"] if mark == Mark.REMOTE else None
        yield Line(
            student_id=each["id"],
            class_name=each["class"],
            seat=each["seat"],
            number=each["number"],
            name=each["name"],
            mark=mark,
            note=last.note if last else each["note"],
            reason=last.reason if last else "",
            minutes=int(measured if own is None else own) // 60,
        )


def _signed_outages(content: Mapping[str, Any]) -> float:
    spans = [
        (parse_datetime(gap["start"]), parse_datetime(gap["end"]))
        for gap in content["measured"]["gaps"]
        if gap["cause"] != "left"
    ]
    return sum((end - start).total_seconds() for start, end in spans if start and end)


def _holds(row: Enrolment | RemoteSeat | Student, day: date) -> bool:
    return row.valid_from <= day and (row.valid_until is None or day < row.valid_until)


def _row(register: Register, line: Line, term: Term) -> list[str]:
    school = register.reception.school
    zone = school.zone
    at = register.confirmed_at
    remarks = [
        "自習" if register.is_self_study else "",
        line.note,
        f"確定後に訂正：{line.reason}" if line.reason else "",
    ]
    return [
        school.code,
        school.name,
        str(term.academic_year),
        term.name,
        register.day.isoformat(),
        str(register.period_number or ""),
        f"{register.period.start.astimezone(zone):%H:%M}",
        f"{register.period.end.astimezone(zone):%H:%M}",
        register.section,
        register.course,
        line.class_name,
        str(line.seat),
        line.number,
        line.name,
        WORDS[line.mark],
        "済" if at else "未",
        f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else "",
        str(line.minutes),
        str(register.outage_minutes),
        "／".join(part for part in remarks if part),
    ]


def _order(sums: Sums) -> tuple[str, str, int, str]:
    return (sums.section, sums.line.class_name, sums.line.seat, sums.line.number)


def _sum_row(sums: Sums, school: Organisation, term: Term) -> list[str]:
    counts = sums.counts
    marks = (
        Mark.ABSENT,
        Mark.LATE,
        Mark.LEFT_EARLY,
        Mark.SUSPENDED,
        Mark.MOURNING,
        Mark.OFFICIAL,
        Mark.REMOTE,
    )
    return [
        school.code,
        school.name,
        str(term.academic_year),
        term.name,
        sums.section,
        sums.course,
        sums.line.class_name,
        str(sums.line.seat),
        sums.line.number,
        sums.line.name,
        str(sums.lessons),
        str(sum(counts[mark] for mark in ATTENDED)),
        *(str(counts[mark]) for mark in marks),
        str(sums.unconfirmed),
    ]
