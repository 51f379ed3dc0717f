"""Calendar days as a file: a line for each event, closure, other day type or weekday swap."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from scheduler import fitting, listings, school_days, texts
from scheduler.imports import Cells, Layout, Problem, Row, listed_words
from scheduler.listings import CODE, Change, Findings, Preview
from scheduler.models import CalendarDay, DayType, Organisation, User
from scheduler.names import Name
from scheduler.school_days import Effects, Facts, Kind
from scheduler.setting_permissions import Scope
from scheduler.wallclock import WEEKDAYS_JA, school_year

DATE, KIND, TITLE, TITLE_EN, GRADE = "日付", "種類", "件名", "英語名", "学年"
FROM, UNTIL, TYPE, RUNS_AS = "休業開始", "休業終了", "日課", "曜日"
_COLUMNS = (CODE, DATE, KIND, TITLE, TITLE_EN, GRADE, FROM, UNTIL, TYPE, RUNS_AS)
KINDS = {"行事": Kind.EVENT, "臨時休業": Kind.CLOSURE, "日課変更": Kind.DAY_TYPE, "曜日振替": Kind.SWAP}
_WORDS = {kind: word for word, kind in KINDS.items()}
HIGHEST_GRADE = 4
"""Part-time courses have a fourth year."""


@dataclass(frozen=True, slots=True)
class Line:
    row: Row
    school: Organisation
    facts: Facts


class SchoolDayListing:
    slug = "calendar"
    title: Promise = _("Calendar days and closures")
    back = "scheduler:school_days"
    layout = Layout(
        columns=_COLUMNS,
        required=(CODE, DATE, KIND, TITLE),
        most_characters={CODE: 20, TITLE: 80, TITLE_EN: 80, TYPE: 40},
        kept={CODE: texts.plain},
    )

    def columns(self) -> Sequence[tuple[str, Promise]]:
        return (
            (CODE, _("required; the organisation's code")),
            (DATE, _("required; 2026-04-01, 2026/4/1 or R8.4.1")),
            (KIND, _("required; 行事, 臨時休業, 日課変更 or 曜日振替")),
            (TITLE, _("required; as the calendar shows it")),
            (TITLE_EN, _("may stay empty")),
            (GRADE, _("1 to 4; empty: the whole school")),
            (FROM, _("of a closure of part of the day; empty: from the morning on")),
            (UNTIL, _("of a closure of part of the day; empty: to the end of the day")),
            (TYPE, _("of 日課変更: the name of one of the school's day types")),
            (RUNS_AS, _("of 曜日振替: the weekday as which the day runs, such as 月")),
        )

    def is_for(self, scope: Scope) -> bool:
        return bool(scope)

    def judge(self, rows: Sequence[Row], scope: Scope, *, now: dt.datetime) -> Preview:
        found = Findings(self.layout, rows)
        schools = list(scope.schools)
        known = listings.by_code(schools)
        types: dict[int, dict[str, DayType]] = defaultdict(dict)
        for each in DayType.objects.filter(organisation__in=schools).order_by("-pk"):
            types[each.organisation_id][texts.plain(each.name)] = each
        lines = [line for row in rows if (line := _line(row, known, types, self.layout, found)) is not None]
        _check_twice(lines, found)
        by_school: dict[Organisation, list[Line]] = defaultdict(list)
        for line in lines:
            by_school[line.school].append(line)
        for school, own in by_school.items():
            _judge(school, own, found, now)
        return found.preview()

    def write(self, preview: Preview, *, by: User, now: dt.datetime) -> None:
        for change in preview.changes:
            line: Line = change.facts
            school_days.add(line.school, [line.facts], by=by, now=now, shown=None)

    def rows(self, scope: Scope) -> list[list[str]]:
        first = dt.date(school_year(timezone.localdate()), 4, 1)
        schools = {school.pk: school for school in scope.schools}
        days = CalendarDay.objects.standing().filter(organisation__in=schools, date__gte=first)
        written = [
            _written(schools[row.organisation_id], row)
            for row in days.select_related("day_type").order_by("organisation__code", "date", "pk")
        ]
        return [list(_COLUMNS), *written]

    def example(self, today: dt.date) -> list[list[str]]:
        year = school_year(today) + 1
        return [
            ["S01", f"{year}-09-12", "行事", "学校祭", "School festival", "", "", "", "", ""],
            ["S01", f"{year}-06-08", "臨時休業", "開校記念日", "Founding day", "", "", "", "", ""],
            ["S01", f"{year}-07-16", "日課変更", "三者面談", "Parent meetings", "", "", "", "短縮授業", ""],
            ["S01", f"{year}-11-05", "曜日振替", "月曜授業", "Monday timetable", "", "", "", "", "月"],
        ]


def _written(school: Organisation, row: CalendarDay) -> list[str]:
    return [
        school.code,
        row.date.isoformat(),
        _WORDS[Kind(row.kind)],
        row.title,
        row.title_en,
        str(row.grade or ""),
        _clock(row.closed_from),
        _clock(row.closed_until),
        row.day_type.name if row.day_type else "",
        WEEKDAYS_JA[row.runs_as_weekday] if row.runs_as_weekday is not None else "",
    ]


def _clock(at: dt.time | None) -> str:
    return f"{at.hour}:{at.minute:02}" if at else ""


def _line(
    row: Row, known: Mapping[str, Organisation], types: Mapping[int, Mapping[str, DayType]],
    layout: Layout, found: Findings,
) -> Line | None:  # fmt: skip
    cells = Cells(row, layout)
    school = listings.organisation(cells, known)
    day, kind = cells.day(DATE), cells.one_of(KIND, KINDS)
    values: dict[str, Any] = {
        "title": Name(cells.text(TITLE), cells.text(TITLE_EN)),
        "grade": cells.number(GRADE, 1, HIGHEST_GRADE),
        "closed_from": cells.clock(FROM),
        "closed_until": cells.clock(UNTIL),
        "runs_as_weekday": cells.one_of(RUNS_AS, {letter: n for n, letter in enumerate(WEEKDAYS_JA)}),
    }
    named = cells.text(TYPE)
    values["day_type"] = types[school.pk].get(texts.plain(named)) if school and school.pk in types else None
    if school and named and values["day_type"] is None:
        words = gettext("The school has no day type of this name. It has: %(names)s")
        cells.wrong(TYPE, words % {"names": listed_words(types[school.pk]) if school.pk in types else "–"})
    if kind is not None:
        _check_kind(cells, kind, values)
    found.problems += cells.problems
    if cells.problems or school is None or day is None or kind is None:
        return None
    return Line(row, school, Facts(date=day, kind=kind, **values))


NEEDED = {Kind.DAY_TYPE: (TYPE,), Kind.SWAP: (RUNS_AS,)}
ALLOWED = {Kind.DAY_TYPE: {TYPE}, Kind.SWAP: {RUNS_AS}, Kind.CLOSURE: {FROM, UNTIL}, Kind.EVENT: set[str]()}


def _check_kind(cells: Cells, kind: CalendarDay.Kind, values: Mapping[str, Any]) -> None:
    """Each kind has its own columns."""
    for column in (FROM, UNTIL, TYPE, RUNS_AS):
        filled = cells.row.cells.get(column, "")
        if filled and column not in ALLOWED[kind]:
            cells.wrong(column, gettext("This stays empty for %(kind)s.") % {"kind": _WORDS[kind]})
        elif not filled and column in NEEDED.get(kind, ()):
            cells.wrong(column, gettext("This is empty."))
    first, last = values["closed_from"], values["closed_until"]
    if first and last and last <= first:
        cells.wrong(UNTIL, gettext("It must end after it begins."))


def _check_twice(lines: Sequence[Line], found: Findings) -> None:
    """One line decides what a date is for a grade; the same entry stands once."""
    first: dict[object, int] = {}
    for line in lines:
        facts = line.facts
        if facts.kind in school_days.DECIDING:
            key: object = (line.school.pk, facts.date, facts.grade)
        else:
            key = (line.school.pk, facts)
        other = first.setdefault(key, line.row.line)
        if other != line.row.line:
            words = gettext("Line %(line)d says already what this date is.") % {"line": other}
            found.problems.append(Problem(line.row.line, DATE, words))


def _judge(school: Organisation, lines: Sequence[Line], found: Findings, now: dt.datetime) -> None:
    today = timezone.localdate(now)
    fresh = [line for line in lines if school_days.standing(school, line.facts) is None]
    found.unchanged += len(lines) - len(fresh)
    deciding = [line.facts for line in fresh if line.facts.kind in school_days.DECIDING]
    misfits = fitting.misfits(school, school_days.with_entries(deciding), now=now) if deciding else []
    for line in fresh:
        facts = line.facts
        if school_days.is_over(facts, today):
            words = gettext("The day is over. What rang on it stays as it was.")
            found.problems.append(Problem(line.row.line, DATE, words))
            continue
        if facts.kind == Kind.CLOSURE:
            told = school_days.effects(school, [facts], now=now)
        else:
            told = Effects(misfits=tuple(m for m in misfits if m.day == facts.date))
        name = f"{school.short_name} {facts.date.isoformat()} {facts.title.ja}"
        after = _written(school, school_days.row_of(school, facts))
        before = school_days.decided(school, facts)
        found.changes.append(
            Change(
                lines=(line.row.line,),
                name=name,
                differences=listings.differences(
                    _COLUMNS[2:], _written(school, before)[2:] if before else None, after[2:]
                ),
                is_new=before is None,
                facts=line,
                effect=words_of(told) if facts.kind != Kind.EVENT else "",
            )
        )


def words_of(told: Effects) -> str:
    """How many lessons an entry hits; "" for none."""
    if told.leaving:
        n = told.lessons_left
        words = ngettext("%(n)d booked lesson loses this school", "%(n)d booked lessons lose this school", n)
        return words % {"n": n}
    if told.misfits:
        n = len(told.misfits)
        words = ngettext(
            "%(n)d booked lesson no longer lies in its period",
            "%(n)d booked lessons no longer lie in their periods",
            n,
        )
        return words % {"n": n}
    return ""
