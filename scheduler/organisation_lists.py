"""Organisations as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from scheduler import listings, organisations, texts
from scheduler.imports import Cells, Layout, Row
from scheduler.listings import CODE, Change, Findings, Preview
from scheduler.models import Organisation, User
from scheduler.models.organisations import validate_zone
from scheduler.organisations import Facts
from scheduler.setting_permissions import Scope

Kind = Organisation.Kind
KIND, NAME, SHORT, NAME_EN, KANA = "種別", "名称", "略称", "英語名", "よみがな"
DISTRICT, TOWN, TELEPHONE, ZONE, LAST = "管内", "市町村", "電話", "時間帯", "最終日"
_COLUMNS = (CODE, KIND, NAME, SHORT, NAME_EN, KANA, DISTRICT, TOWN, TELEPHONE, ZONE, LAST)
KINDS = {
    "高等学校": Kind.HIGH_SCHOOL, "配信センター": Kind.DELIVERY_CENTRE, "病院": Kind.HOSPITAL,
    "診療所": Kind.CLINIC, "教育委員会": Kind.BOARD,
}  # fmt: skip
_WORDS = {kind.value: word for word, kind in KINDS.items()}
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Line:
    organisation: Organisation | None
    facts: Facts


class OrganisationListing:
    slug = "organisations"
    title: Promise = _("Organisations")
    back = "scheduler:organisations"
    layout = Layout(
        columns=_COLUMNS,
        required=(CODE, KIND, NAME, SHORT),
        most_characters={
            CODE: 20, NAME: 100, SHORT: 40, NAME_EN: 100, KANA: 100, DISTRICT: 40, TOWN: 40,
            TELEPHONE: 20, ZONE: 60,
        },
        kept={CODE: texts.plain, KANA: texts.reading, TELEPHONE: texts.plain, ZONE: texts.plain},
    )  # fmt: skip

    def columns(self) -> Sequence[tuple[str, Promise]]:
        return (
            (CODE, _("required; by it an organisation is known")),
            (KIND, _("required; 高等学校, 配信センター, 病院, 診療所 or 教育委員会")),
            (NAME, _("required; in full, as in documents")),
            (SHORT, _("required; as people say it: 利尻")),
            (NAME_EN, _("may stay empty")),
            (KANA, _("of the short name; hiragana or katakana")),
            (DISTRICT, _("as 宗谷")),
            (TOWN, _("may stay empty")),
            (TELEPHONE, _("may stay empty")),
            (ZONE, _("empty: Asia/Tokyo")),
            (LAST, _("of an organisation that closes: its last day")),
        )

    def is_for(self, scope: Scope) -> bool:
        return scope.is_whole

    def judge(self, rows: Sequence[Row], scope: Scope, *, now: datetime) -> Preview:
        found = Findings(self.layout, rows)
        known = listings.by_code(list(scope.organisations))
        first: dict[str, int] = {}
        for row in rows:
            cells = Cells(row, self.layout)
            line = _line(cells, known, now)
            code = cells.text(CODE)
            other = first.setdefault(code, row.line) if code else row.line
            if other != row.line:
                cells.wrong(CODE, gettext("Line %(line)d speaks of it already.") % {"line": other})
            found.problems += cells.problems
            if line is not None and not cells.problems:
                _add(found, row, line)
        return found.preview()

    def write(self, preview: Preview, *, by: User, now: datetime) -> None:
        for change in preview.changes:
            line: Line = change.facts
            if line.organisation is None:
                organisations.enter(line.facts, by=by, now=now)
            else:
                organisations.correct(line.organisation, line.facts, shown=None, by=by, now=now)

    def rows(self, scope: Scope) -> list[list[str]]:
        listed = scope.organisations.order_by("code")
        return [list(_COLUMNS), *(_written(organisations.facts_of(each)) for each in listed)]

    def example(self, today: date) -> list[list[str]]:
        name = "北海道見本高等学校"
        return [["S01", "高等学校", name, "見本", "Mihon", "みほん", "宗谷", "稚内市", "", "Asia/Tokyo", ""]]


def _line(cells: Cells, known: Mapping[str, Organisation], now: datetime) -> Line | None:
    there = known.get(cells.text(CODE))
    usual = organisations.facts_of(there) if there else Facts("", "", "", "")
    kind, last = cells.one_of(KIND, KINDS), cells.day(LAST)
    zone = cells.text(ZONE) or usual.time_zone
    try:
        validate_zone(zone)
    except ValidationError as error:
        cells.wrong(ZONE, " ".join(error.messages))
    if kind is None or cells.problems:
        return None
    facts = Facts(
        kind=kind.value,
        code=cells.text(CODE),
        name=cells.text(NAME),
        short_name=cells.text(SHORT),
        name_en=cells.text(NAME_EN) or usual.name_en,
        kana=cells.text(KANA) or usual.kana,
        district=cells.text(DISTRICT) or usual.district,
        municipality=cells.text(TOWN) or usual.municipality,
        time_zone=zone,
        telephone=cells.text(TELEPHONE) or usual.telephone,
        valid_until=last + _DAY if last else usual.valid_until,
    )
    if there is not None:
        _check(cells, there, facts, now)
    return Line(there, facts)


def _check(cells: Cells, there: Organisation, facts: Facts, now: datetime) -> None:
    try:
        organisations.check(there, facts, now)
    except organisations.KindError:
        cells.wrong(KIND, gettext("What an organisation is does not change."))
    except organisations.BookedError as error:
        words = ngettext(
            "It takes part in %(n)d booking after that. Move or cancel it first.",
            "It takes part in %(n)d bookings after that. Move or cancel them first.",
            error.count,
        )
        column = LAST if facts.valid_until != there.valid_until else ZONE
        cells.wrong(column, words % {"n": error.count})


def _written(facts: Facts) -> list[str]:
    last = (facts.valid_until - _DAY).isoformat() if facts.valid_until else ""
    return [
        facts.code, _WORDS[facts.kind], facts.name, facts.short_name, facts.name_en, facts.kana,
        facts.district, facts.municipality, facts.telephone, facts.time_zone, last,
    ]  # fmt: skip


def _add(found: Findings, row: Row, line: Line) -> None:
    before = _written(organisations.facts_of(line.organisation)) if line.organisation else None
    told = listings.differences(_COLUMNS, before, _written(line.facts))
    if line.organisation is not None and not told:
        found.unchanged += 1
        return
    name = f"{line.facts.code} {line.facts.short_name}"
    found.changes.append(Change((row.line,), name, told, line.organisation is None, line))
