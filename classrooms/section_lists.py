"""The centre's sections as a file. A class is written 機関コード:学級名, a number of pupils may follow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from classrooms import section_entries
from classrooms.models import Course, Section
from classrooms.section_entries import Facts, StillTakesPartError
from scheduler import audit_words, listings, setting_places, texts
from scheduler.imports import Cells, Layout, Row
from scheduler.listings import CODE, Change, Findings, Preview
from scheduler.models import ClassPart, Location, Organisation, Person, Resource, User
from scheduler.names import Name
from scheduler.setting_permissions import Scope
from scheduler.setting_places import SettingPlace
from scheduler.wallclock import school_year

YEAR, NAME, NAME_EN, COURSE, TEACHER = "年度", "講座名", "英語名", "科目", "担当"
STUDIO, MEETINGS, WANTED, LEAST, CLASS = "配信室", "週時数", "希望分", "最低分", "学級"
_COLUMNS = (CODE, YEAR, NAME, NAME_EN, COURSE, TEACHER, STUDIO, MEETINGS, WANTED, LEAST)


@dataclass
class _Known:
    """What there is, read once for all rows."""

    centres: Mapping[str, Organisation]
    courses: Mapping[str, Course]
    people: dict[tuple[int, str], list[Person]] = field(default_factory=lambda: defaultdict(list))
    studios: dict[tuple[int, str], Location] = field(default_factory=dict)
    classes: dict[tuple[str, str], list[ClassPart]] = field(default_factory=lambda: defaultdict(list))
    sections: dict[tuple[int, int, str], list[Section]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True, slots=True)
class Line:
    centre: Organisation
    section: Section | None
    facts: Facts


class SectionListing:
    slug = "sections"
    title: Promise = _("Sections")
    back = "classrooms:sections"
    layout = Layout(
        columns=_COLUMNS,
        required=(CODE, YEAR, NAME, COURSE, TEACHER),
        most_characters={CODE: 20, NAME: 80, NAME_EN: 100},
        kept={CODE: texts.plain},
        repeated=CLASS,
    )

    def columns(self) -> Sequence[tuple[str, Promise]]:
        return (
            (CODE, _("required; the centre's code")),
            (YEAR, _("required; the year in which it begins, such as 2026")),
            (NAME, _("required; with the year it names the section")),
            (NAME_EN, _("may stay empty")),
            (COURSE, _("required; a course that there is")),
            (TEACHER, _("required; the name of somebody at the centre")),
            (STUDIO, _("the preferred studio; may stay empty")),
            (MEETINGS, _("lessons a week; empty: 2, or as it is")),
            (WANTED, _("minutes; empty: 50, or as it is")),
            (LEAST, _("minutes; empty: 45, or as it is")),
            (
                f"{CLASS}1, {CLASS}2 …",
                _("school's code, a colon, the class: S01:2年A組; a number of pupils may follow"),
            ),
        )

    def is_for(self, scope: Scope) -> bool:
        return scope.is_whole

    def judge(self, rows: Sequence[Row], scope: Scope, *, now: datetime) -> Preview:
        found, known = Findings(self.layout, rows), _known(scope)
        first: dict[tuple[str, ...], int] = {}
        for row in rows:
            cells = Cells(row, self.layout)
            line = _line(cells, known)
            key = (cells.text(CODE), texts.plain(row.cells.get(YEAR, "")), cells.text(NAME))
            other = first.setdefault(key, row.line)
            if other != row.line:
                cells.wrong(NAME, gettext("Line %(line)d speaks of it already.") % {"line": other})
            if line is not None and line.section is not None and not cells.problems:
                _check(cells, line.section, line.facts, now)
            found.problems += cells.problems
            if line is not None and not cells.problems:
                _add(found, row, line)
        return found.preview()

    def write(self, preview: Preview, *, by: User, now: datetime) -> None:
        for change in preview.changes:
            line: Line = change.facts
            if line.section is None:
                section_entries.enter(line.centre, line.facts, by=by, now=now)
            else:
                section_entries.correct(line.section, line.facts, shown=None, by=by, now=now)

    def rows(self, scope: Scope) -> list[list[str]]:
        year = school_year(timezone.localdate())
        listed = Section.objects.filter(centre__in=_centres(scope), academic_year__gte=year)
        written = [
            _written(each.centre, section_entries.facts_of(each)) for each in listed.select_related("centre")
        ]
        width = max((len(row) for row in written), default=len(_COLUMNS))
        head = [*_COLUMNS, *(f"{CLASS}{n}" for n in range(1, width - len(_COLUMNS) + 1))]
        return [head, *(row + [""] * (width - len(row)) for row in written)]

    def example(self, today: date) -> list[list[str]]:
        name = "数学Ⅱ（2年・合同）"
        return [
            [
                "C01",
                str(school_year(today)),
                name,
                "Mathematics II",
                "数学Ⅱ",
                "見本 花子",
                "",
                "4",
                "50",
                "45",
            ]
        ]


def connect() -> None:
    """Once, when the service starts: the hub's entry, the list, the audit's words."""
    listings.register(SectionListing())
    setting_places.register(
        SettingPlace(
            "classrooms:sections",
            _("Sections"),
            _("Course, teacher, minutes, and the classes that take it"),
            "book",
            lambda scope: scope.is_whole,
            position=40,
        )
    )
    audit_words.register(
        {
            "section.create": pgettext_lazy("audit event", "section entered"),
            "section.update": pgettext_lazy("audit event", "section corrected"),
        },
        {"section": pgettext_lazy("audit object", "section")},
    )


def _centres(scope: Scope) -> list[Organisation]:
    return list(scope.organisations.filter(kind=Organisation.Kind.DELIVERY_CENTRE))


def _known(scope: Scope) -> _Known:
    centres = _centres(scope)
    known = _Known(listings.by_code(centres), {texts.plain(c.name): c for c in Course.objects.all()})
    for person in Person.objects.filter(organisation__in=centres):
        known.people[person.organisation_id, texts.plain(person.name)].append(person)
    for studio in Location.objects.filter(organisation__in=centres, kind=Resource.Kind.STUDIO):
        known.studios[studio.organisation_id, texts.plain(studio.name)] = studio
    for part in (
        ClassPart.objects.filter(is_active=True).select_related("group", "organisation").order_by("pk")
    ):
        code = part.organisation.code
        known.classes[code, texts.plain(part.group.name)].append(part)
        if texts.plain(part.name) != texts.plain(part.group.name):
            known.classes[code, texts.plain(part.name)].append(part)
    for section in Section.objects.filter(centre__in=centres).select_related("centre"):
        known.sections[section.centre_id, section.academic_year, section.name].append(section)
    return known


def _line(cells: Cells, known: _Known) -> Line | None:
    centre = listings.organisation(cells, known.centres)
    year = cells.number(YEAR, 2000, 2100)
    course = cells.one_of(COURSE, known.courses)
    if centre is None or year is None:
        return None
    sections = known.sections.get((centre.pk, year, cells.text(NAME)), [])
    if len(sections) > 1:
        cells.wrong(
            NAME, gettext("The centre has several sections of this name. Correct them on their pages.")
        )
    section = sections[0] if sections else None
    usual = section_entries.facts_of(section) if section else None
    teacher = _person(cells, centre, known)
    studio = _studio(cells, centre, known) or (usual.studio if usual else None)
    meetings = cells.number(MEETINGS, 1, section_entries.MOST_MEETINGS)
    wanted = cells.number(WANTED, section_entries.LEAST, section_entries.MOST)
    least = cells.number(LEAST, section_entries.LEAST, section_entries.MOST)
    wanted = wanted or (usual.wanted_minutes if usual else 50)
    least = least or (usual.minimum_minutes if usual else min(45, wanted))
    if least > wanted:
        cells.wrong(LEAST, gettext("This must not be more than is wanted."))
    parts, heads = _parts(cells, known)
    if not cells.row.repeated and usual is not None:
        parts, heads = usual.parts, dict(usual.headcounts)
    if cells.problems or course is None or teacher is None:
        return None
    facts = Facts(
        course=course,
        academic_year=year,
        name=Name(cells.text(NAME), cells.text(NAME_EN) or (usual.name.en if usual else "")),
        teacher=teacher,
        studio=studio,
        wanted_minutes=wanted,
        minimum_minutes=least,
        meetings_per_week=meetings or (usual.meetings_per_week if usual else 2),
        parts=parts,
        headcounts=heads,
    )
    return Line(centre, section, facts)


def _person(cells: Cells, centre: Organisation, known: _Known) -> Person | None:
    name = cells.text(TEACHER)
    people = known.people.get((centre.pk, texts.plain(name)), [])
    if name and len(people) != 1:
        words = gettext("Nobody at the centre has this name.")
        if people:
            words = gettext("Several people at the centre have this name. Choose on the section's page.")
        cells.wrong(TEACHER, words)
        return None
    return people[0] if people else None


def _studio(cells: Cells, centre: Organisation, known: _Known) -> Location | None:
    name = cells.text(STUDIO)
    studio = known.studios.get((centre.pk, texts.plain(name)))
    if name and studio is None:
        cells.wrong(STUDIO, gettext("The centre has no studio of this name."))
    return studio


def _parts(cells: Cells, known: _Known) -> tuple[frozenset[int], dict[int, int]]:
    """The classes of the row, and how many pupils of each school."""
    parts: set[int] = set()
    heads: dict[int, int] = defaultdict(int)
    for column, words in cells.row.repeated:
        code, _colon, rest = texts.plain(words).partition(":")
        name, _colon, number = rest.partition(":")
        own = known.classes.get((code.strip(), name.strip()), [])
        number = number.strip()
        if not own:
            cells.wrong(column, gettext("There is no such class. Write it like S01:2年A組."))
        elif number and not (number.isascii() and number.isdigit() and len(number) < 4):
            cells.wrong(
                column, gettext("Write a number from %(least)d to %(most)d.") % {"least": 0, "most": 999}
            )
        else:
            parts |= {part.pk for part in own}
            heads[own[0].organisation_id] += int(number) if number else sum(part.headcount for part in own)
    return frozenset(parts), dict(heads)


def _check(cells: Cells, section: Section, facts: Facts, now: datetime) -> None:
    try:
        section_entries.check_leaving(section, facts, now)
    except StillTakesPartError as error:
        words = gettext("%(school)s has lessons to come or pupils entered, and cannot be taken out yet.")
        cells.wrong(f"{CLASS}1", words % {"school": error.school.short_name})


def _written(centre: Organisation, facts: Facts) -> list[str]:
    by_group: dict[tuple[int, int], list[ClassPart]] = defaultdict(list)
    listed = (
        ClassPart.objects.filter(pk__in=facts.parts).select_related("group", "organisation").order_by("pk")
    )
    for part in listed:
        by_group[part.organisation_id, part.group_id].append(part)
    classes, counted = [], set[int]()
    for (school_id, _group), parts in by_group.items():
        number = 0 if school_id in counted else facts.headcounts.get(school_id, 0)
        counted.add(school_id)
        is_whole = len(parts) == parts[0].group.parts.filter(is_active=True).count()
        if is_whole:
            classes.append(f"{parts[0].organisation.code}:{parts[0].group.name}:{number}")
            continue
        for n, part in enumerate(parts):
            classes.append(f"{part.organisation.code}:{part.name}:{0 if n else number}")
    return [
        centre.code, str(facts.academic_year), facts.name.ja, facts.name.en, facts.course.name,
        facts.teacher.name, facts.studio.name if facts.studio else "", str(facts.meetings_per_week),
        str(facts.wanted_minutes), str(facts.minimum_minutes), *classes,
    ]  # fmt: skip


def _add(found: Findings, row: Row, line: Line) -> None:
    before = section_entries.facts_of(line.section) if line.section else None
    if before == line.facts:
        found.unchanged += 1
        return
    after = _written(line.centre, line.facts)
    cells = [*after[: len(_COLUMNS)], " ".join(after[len(_COLUMNS) :])]
    was = _written(line.centre, before) if before else None
    old = [*was[: len(_COLUMNS)], " ".join(was[len(_COLUMNS) :])] if was else None
    told = listings.differences([*_COLUMNS, CLASS], old, cells)
    name = f"{line.facts.academic_year} {line.facts.name.ja}"
    found.changes.append(Change((row.line,), name, told, line.section is None, line))
