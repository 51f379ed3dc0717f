"""Bell tables as a file: a line for each period, with the weekdays on which the day type runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from scheduler import bells, fitting, listings, school_weeks, texts
from scheduler.bells import Table
from scheduler.dayplans import Bell
from scheduler.imports import Cells, Layout, Problem, Row
from scheduler.listings import CODE, Change, Findings, Preview
from scheduler.models import BellSchedule, DayType, Organisation, User
from scheduler.setting_permissions import Scope
from scheduler.wallclock import WEEKDAYS_JA, school_year

TYPE, FIRST, LAST, DAYS = "日課", "適用開始日", "適用最終日", "曜日"
NUMBER, START, END = "校時", "開始", "終了"
_COLUMNS = (CODE, TYPE, FIRST, LAST, DAYS, NUMBER, START, END)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Line:
    """One period as the file has it."""

    row: Row
    school: Organisation
    day_type: str
    first: date
    until: date | None
    weekdays: tuple[int, ...]
    bell: Bell


@dataclass(frozen=True, slots=True)
class Group:
    """The lines of one table."""

    school: Organisation
    table: Table
    weekdays: tuple[int, ...]
    lines: tuple[Line, ...]


class BellListing:
    slug = "bells"
    title: Promise = _("Bell tables")
    back = "scheduler:bells"
    layout = Layout(
        columns=_COLUMNS,
        required=(CODE, TYPE, FIRST, NUMBER, START, END),
        most_characters={CODE: 20, TYPE: 40},
        kept={CODE: texts.plain},
    )

    def columns(self) -> Sequence[tuple[str, Promise]]:
        return (
            (CODE, _("required; the organisation's code")),
            (TYPE, _("required; 通常, 45分授業 …; a new name makes a new day type")),
            (FIRST, _("required; from this day on the table holds: 2026-04-01, R8.4.1")),
            (LAST, _("empty: until a later table takes its place")),
            (DAYS, _("the weekdays that have this day type, such as 月火水木金; empty: only single days")),
            (NUMBER, _("required; a line for each period")),
            (START, _("required; 8:45")),
            (END, _("required; 9:35")),
        )

    def is_for(self, scope: Scope) -> bool:
        return bool(scope)

    def judge(self, rows: Sequence[Row], scope: Scope, *, now: datetime) -> Preview:
        found = Findings(self.layout, rows)
        known = listings.by_code(list(scope.schools))
        lines = [line for row in rows if (line := _line(row, known, self.layout, found)) is not None]
        groups = _groups(lines, found)
        _check_weekdays(groups, found)
        for group in groups:
            _judge(group, found, now)
        return found.preview()

    def write(self, preview: Preview, *, by: User, now: datetime) -> None:
        groups: list[Group] = [change.facts for change in preview.changes]
        # A later week ends the one before it, so the older is written first.
        for group in sorted(groups, key=lambda each: each.table.valid_from):
            if not bells.is_there(group.school, group.table):
                bells.put(group.school, group.table, by=by, now=now)
            changed = _days(group)
            if changed:
                school_weeks.put_days(group.school, changed, group.table.valid_from, by=by, now=now)

    def rows(self, scope: Scope) -> list[list[str]]:
        day = timezone.localdate()
        found = [list(_COLUMNS)]
        for school in scope.schools:
            patterns = school_weeks.of_school(school, day)
            for day_type in bells.of_school(school):
                letters = "".join(
                    WEEKDAYS_JA[n] for n, p in sorted(patterns.items()) if p.day_type_id == day_type.pk
                )
                holding = bells.holding(day_type.tables, day)  # type: ignore[attr-defined]  # prefetched
                for table in day_type.tables:  # type: ignore[attr-defined]  # prefetched
                    # A week that began later than its table is not this table's to say.
                    is_of_table = table == holding and all(
                        p.valid_from == table.valid_from
                        for p in patterns.values()
                        if p.day_type_id == day_type.pk
                    )
                    found += _written(school, day_type, table, letters if is_of_table else "")
        return found

    def example(self, today: date) -> list[list[str]]:
        first = date(school_year(today) + 1, 4, 1).isoformat()
        return [
            ["S01", "通常", first, "", "月火水木金", "1", "8:45", "9:35"],
            ["S01", "通常", first, "", "月火水木金", "2", "9:45", "10:35"],
        ]


def _written(school: Organisation, day_type: DayType, table: BellSchedule, letters: str) -> list[list[str]]:
    last = (table.valid_until - _DAY).isoformat() if table.valid_until else ""
    return [
        [
            school.code, day_type.name, table.valid_from.isoformat(), last, letters,
            str(p.number), _clock(p.starts_at), _clock(p.ends_at),
        ]
        for p in table.periods.all()
    ]  # fmt: skip


def _clock(at: time) -> str:
    return f"{at.hour}:{at.minute:02}"


def _line(row: Row, known: Mapping[str, Organisation], layout: Layout, found: Findings) -> Line | None:
    cells = Cells(row, layout)
    school = listings.organisation(cells, known)
    first, last = cells.day(FIRST), cells.day(LAST)
    number = cells.number(NUMBER, 0, bells.HIGHEST_NUMBER)
    start, end = cells.clock(START), cells.clock(END)
    letters = texts.plain(row.cells.get(DAYS, "")).replace(" ", "")
    if any(letter not in WEEKDAYS_JA for letter in letters):
        cells.wrong(DAYS, gettext("Write the letters of weekdays, such as 月火水木金."))
    if first and last and last < first:
        cells.wrong(LAST, gettext("The last day lies before the first."))
    found.problems += cells.problems
    if cells.problems or school is None or first is None or number is None or not start or not end:
        return None
    weekdays = tuple(sorted({WEEKDAYS_JA.index(letter) for letter in letters}))
    until = last + _DAY if last else None
    return Line(row, school, cells.text(TYPE), first, until, weekdays, Bell(number, start, end))


def _groups(lines: Sequence[Line], found: Findings) -> list[Group]:
    """The tables whose lines agree with each other; what does not is a problem of its line."""
    sorted_out: dict[tuple[int, str, date], list[Line]] = defaultdict(list)
    for line in lines:
        sorted_out[line.school.pk, line.day_type, line.first].append(line)
    groups = []
    for own in sorted_out.values():
        first = own[0]
        ordered = tuple(sorted((line.bell for line in own), key=lambda bell: bell.number))
        wrong = [
            Problem(line.row.line, LAST if line.until != first.until else DAYS, words)
            for line in own
            if (line.until, line.weekdays) != (first.until, first.weekdays)
            for words in [
                gettext("Line %(line)d of the same table says otherwise.") % {"line": first.row.line}
            ]
        ]
        by_number = {line.bell.number: line.row.line for line in own}
        wrong += [Problem(by_number[f.number], NUMBER, f.words) for f in bells.faults(ordered)]
        found.problems += wrong
        if not wrong:
            table = Table(first.day_type, first.first, first.until, ordered)
            groups.append(Group(first.school, table, first.weekdays, tuple(own)))
    return groups


def _check_weekdays(groups: Sequence[Group], found: Findings) -> None:
    """From one day on a weekday has one day type."""
    first: dict[tuple[int, int, date], int] = {}
    for group in groups:
        line = group.lines[0].row.line
        for weekday in group.weekdays:
            other = first.setdefault((group.school.pk, weekday, group.table.valid_from), line)
            if other != line:
                words = gettext("Line %(line)d gives another day type to the same weekday.") % {"line": other}
                found.problems.append(Problem(line, DAYS, words))
                break


def _judge(group: Group, found: Findings, now: datetime) -> None:
    line = group.lines[0].row.line
    today = timezone.localdate(now)
    is_there = bells.is_there(group.school, group.table)
    days = _days(group)
    if is_there and not days:
        found.unchanged += len(group.lines)
        return
    if not is_there:
        try:
            bells.check(group.school, group.table, today)
        except bells.PastError:
            words = gettext(
                "Another table rang on days since then that are over. Let this one begin today or later."
            )
            found.problems.append(Problem(line, FIRST, words))
            return
        except bells.SameDayError:
            words = gettext(
                "Another table of this day type begins on this day. Give this one another first day."
            )
            found.problems.append(Problem(line, FIRST, words))
            return
    if days and group.table.valid_from < today and school_weeks.has_run(group.school, days, today):
        words = gettext("The week cannot be changed for days that are over.")
        found.problems.append(Problem(line, DAYS, words))
        return
    found.changes.append(
        Change(
            lines=tuple(each.row.line for each in group.lines),
            name=f"{group.school.short_name} {group.table.day_type}",
            differences=_told(group),
            is_new=not is_there,
            facts=group,
            effect=_effect(group, now),
        )
    )


def _days(group: Group) -> Mapping[int, DayType | None]:
    """The weekdays whose day type the table's lines would change."""
    day_type = DayType.objects.filter(organisation=group.school, name=group.table.day_type).first()
    if day_type is None:
        return dict.fromkeys(group.weekdays)
    wanted: dict[int, DayType | None] = dict.fromkeys(group.weekdays, day_type)
    return school_weeks.changed_days(group.school, wanted, group.table.valid_from)


def _told(group: Group) -> tuple[tuple[str, str, str], ...]:
    table = group.table
    first, last = table.bells[0], table.bells[-1]
    told = [
        (FIRST, "", table.valid_from.isoformat()),
        (LAST, "", (table.valid_until - _DAY).isoformat() if table.valid_until else ""),
        (DAYS, "", "".join(WEEKDAYS_JA[n] for n in group.weekdays)),
        (NUMBER, "", f"{first.number}–{last.number} ({_clock(first.starts_at)}–{_clock(last.ends_at)})"),
    ]
    return tuple(each for each in told if each[2])


def _effect(group: Group, now: datetime) -> str:
    own = DayType.objects.filter(organisation=group.school, name=group.table.day_type).first()
    day_type = own or DayType(pk=-1, name=group.table.day_type)
    with_table = bells.with_table(group.table, day_type)
    with_days = school_weeks.with_days(
        group.school, dict.fromkeys(group.weekdays, day_type), group.table.valid_from
    )
    n = len(fitting.misfits(group.school, lambda facts: with_days(with_table(facts)), now=now))
    if not n:
        return ""
    words = ngettext(
        "%(n)d booked lesson no longer lies in its period",
        "%(n)d booked lessons no longer lie in their periods",
        n,
    )
    return words % {"n": n}
