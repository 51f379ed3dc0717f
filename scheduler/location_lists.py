"""Rooms, receiving sets and lines as a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scheduler import listings, locations, texts
from scheduler.imports import Cells, Layout, Row
from scheduler.listings import CODE, Change, Findings, Preview
from scheduler.locations import Facts, Kind
from scheduler.models import Location, Organisation, User
from scheduler.setting_permissions import Scope

KIND, NAME, NAME_EN, CAPACITY, POSITION, STATE = "種別", "名称", "英語名", "同時利用数", "並び順", "状態"
_COLUMNS = (CODE, KIND, NAME, NAME_EN, CAPACITY, POSITION, STATE)
KINDS = {
    "配信室": Kind.STUDIO, "受信機材": Kind.RECEIVING_SET, "会議室": Kind.CONFERENCE_ROOM, "回線": Kind.LINE,
}  # fmt: skip
_WORDS = {kind.value: word for word, kind in KINDS.items()}
STATES = {"使用中": True, "停止": False}


@dataclass(frozen=True, slots=True)
class Line:
    organisation: Organisation
    place: Location | None
    facts: Facts


class LocationListing:
    slug = "locations"
    title: Promise = _("Rooms, sets and lines")
    back = "scheduler:locations"
    layout = Layout(
        columns=_COLUMNS,
        required=(CODE, KIND, NAME),
        most_characters={CODE: 20, NAME: 80, NAME_EN: 80},
        kept={CODE: texts.plain},
    )

    def columns(self) -> Sequence[tuple[str, Promise]]:
        return (
            (CODE, _("required; the organisation's code")),
            (KIND, _("required; 配信室, 受信機材, 会議室 or 回線")),
            (NAME, _("required; by it a place of the organisation is known")),
            (NAME_EN, _("may stay empty")),
            (CAPACITY, _("how many lessons at once; empty: 1, or as it is")),
            (POSITION, _("what stands first is chosen first; empty: as it is")),
            (STATE, _("使用中 or 停止; empty: as it is")),
        )

    def is_for(self, scope: Scope) -> bool:
        return bool(scope)

    def judge(self, rows: Sequence[Row], scope: Scope, *, now: datetime) -> Preview:
        found = Findings(self.layout, rows)
        known = listings.by_code(list(scope.organisations))
        mine = Location.objects.filter(organisation__in=scope.organisations)
        places = {(place.organisation_id, place.name): place for place in mine}
        first: dict[tuple[int, str], int] = {}
        for row in rows:
            cells = Cells(row, self.layout)
            organisation = listings.organisation(cells, known)
            name = cells.text(NAME)
            place = places.get((organisation.pk, name)) if organisation else None
            facts = _facts(cells, place)
            if organisation and name:
                other = first.setdefault((organisation.pk, name), row.line)
                if other != row.line:
                    cells.wrong(NAME, gettext("Line %(line)d speaks of it already.") % {"line": other})
            if place and facts and locations.is_too_small(place, facts.capacity, now):
                cells.wrong(CAPACITY, gettext("Lessons to come hold more of it at once. Move them first."))
            found.problems += cells.problems
            if cells.problems or organisation is None or facts is None:
                continue
            _add(found, row, Line(organisation, place, facts))
        return found.preview()

    def write(self, preview: Preview, *, by: User, now: datetime) -> None:
        for change in preview.changes:
            line: Line = change.facts
            if line.place is None:
                locations.enter(line.organisation, line.facts, by=by, now=now)
            else:
                locations.correct(line.place, line.facts, shown=None, by=by, now=now)

    def rows(self, scope: Scope) -> list[list[str]]:
        places = Location.objects.filter(organisation__in=scope.organisations, kind__in=locations.KINDS)
        listed = places.select_related("organisation").order_by(
            "organisation__code", "kind", "position", "pk"
        )
        return [list(_COLUMNS), *(_written(each.organisation, locations.facts_of(each)) for each in listed)]

    def example(self, today: date) -> list[list[str]]:
        return [
            ["S01", "受信機材", "受信機材1", "Receiving set 1", "1", "1", "使用中"],
            ["S01", "回線", "回線", "Line", "2", "1", "使用中"],
        ]


def _facts(cells: Cells, place: Location | None) -> Facts | None:
    kind = cells.one_of(KIND, KINDS)
    capacity = cells.number(CAPACITY, 1, locations.MOST_UNITS)
    position, state = cells.number(POSITION, 0, 999), cells.one_of(STATE, STATES)
    if kind is None:
        return None
    usual = locations.facts_of(place) if place else Facts(kind.value, "")
    return Facts(
        kind=kind.value,
        name=cells.text(NAME),
        name_en=cells.text(NAME_EN) or usual.name_en,
        capacity=usual.capacity if capacity is None else capacity,
        position=usual.position if position is None else position,
        is_active=usual.is_active if state is None else state,
    )


def _written(organisation: Organisation, facts: Facts) -> list[str]:
    return [
        organisation.code,
        _WORDS.get(facts.kind, facts.kind),
        facts.name,
        facts.name_en,
        str(facts.capacity),
        str(facts.position),
        "使用中" if facts.is_active else "停止",
    ]


def _add(found: Findings, row: Row, line: Line) -> None:
    before = _written(line.organisation, locations.facts_of(line.place))[1:] if line.place else None
    told = listings.differences(_COLUMNS[1:], before, _written(line.organisation, line.facts)[1:])
    if line.place is not None and not told:
        found.unchanged += 1
        return
    name = f"{line.organisation.short_name} {line.facts.name}"
    found.changes.append(Change((row.line,), name, told, line.place is None, line))
