"""Lists that an office keeps in a spreadsheet: what a file would change, shown first, then all or nothing.

A `Listing` says what its file looks like, judges rows, writes changes and writes out what there is.
Nothing is removed by reading in; the same file twice changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from scheduler import audit, imports
from scheduler.imports import Cells, Layout, Problem, Row
from scheduler.models import Organisation, User
from scheduler.setting_permissions import Scope
from scheduler.transactions import retried

CODE = "機関コード"
"""The first column of every list: which organisation a line speaks of."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that the file would add or change; `lines` of the file speak of it."""

    lines: tuple[int, ...]
    name: str
    differences: tuple[tuple[str, str, str], ...]
    """Column, what is there, what would be; of a new one only what would be."""
    is_new: bool
    facts: Any
    """For the listing that writes it."""
    effect: str = ""
    """What it would do to lessons that are booked; "" for nothing."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of the list. `digest` names exactly this outcome."""

    layout: Layout
    rows: Sequence[Row]
    changes: tuple[Change, ...]
    unchanged: int
    problems: tuple[Problem, ...]

    @property
    def new(self) -> list[Change]:
        return [change for change in self.changes if change.is_new]

    @property
    def changed(self) -> list[Change]:
        return [change for change in self.changes if not change.is_new]

    @property
    def digest(self) -> str:
        told = [(c.name, c.is_new, c.differences, c.effect) for c in self.changes]
        return hashlib.sha256(repr(told).encode()).hexdigest()

    @property
    def text(self) -> str:
        """The rows that change something as a file of our own, for the page that asks for the word."""
        lines = {line for change in self.changes for line in change.lines}
        return imports.of_rows((row for row in self.rows if row.line in lines), self.layout)


@dataclass
class Findings:
    """What a listing gathers while it judges."""

    layout: Layout
    rows: Sequence[Row]
    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unchanged: int = 0

    def preview(self) -> Preview:
        problems = sorted(self.problems, key=lambda problem: problem.line)
        return Preview(self.layout, self.rows, tuple(self.changes), self.unchanged, tuple(problems))


class Listing(Protocol):
    """One kind of list. `slug` is its name in addresses and in the audit."""

    slug: str
    title: Promise
    layout: Layout
    back: str
    """The name of the page's address on which the list stands."""

    def columns(self) -> Sequence[tuple[str, Promise]]:
        """Each column with what belongs there."""
        ...

    def is_for(self, scope: Scope) -> bool: ...

    def judge(self, rows: Sequence[Row], scope: Scope, *, now: datetime) -> Preview: ...

    def write(self, preview: Preview, *, by: User, now: datetime) -> None:
        """Every change of a preview without problems, within the caller's transaction."""
        ...

    def rows(self, scope: Scope) -> list[list[str]]:
        """What there is, as `judge` reads it again without a change."""
        ...

    def example(self, today: date) -> list[list[str]]:
        """The lines of a file to fill in, without its head."""
        ...


_listings: dict[str, Listing] = {}


def register(listing: Listing) -> None:
    """Called in `AppConfig.ready()`; registering twice is harmless."""
    _listings[listing.slug] = listing


def slugs() -> list[str]:
    """Of every list that there is."""
    return sorted(_listings)


def named(slug: str, scope: Scope) -> Listing | None:
    found = _listings.get(slug)
    return found if found is not None and found.is_for(scope) else None


@retried
def apply(
    listing: Listing, rows: Sequence[Row], scope: Scope, *, digest: str, by: User, now: datetime
) -> tuple[Preview, bool]:
    """Writes what was shown under `digest`; the preview as it is now, and whether it was written.

    Nothing is written when the outcome is no longer the one that was shown. When everything is in
    already (the same page sent twice) there is nothing to do, and that is no failure.
    """
    # One import at a time: the verbs beneath lock one organisation after another.
    list(scope.organisations.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    preview = listing.judge(rows, scope, now=now)
    if preview.problems:
        return preview, False
    if not preview.changes:
        return preview, True
    if preview.digest != digest:
        return preview, False
    listing.write(preview, by=by, now=now)
    facts = {"new": len(preview.new), "changed": len(preview.changed)}
    audit.record(
        audit.Action.EXECUTE, "list.import", by=by, now=now,
        object_type="list", object_key=listing.slug, facts=facts,
    )  # fmt: skip
    return preview, True


def by_code(organisations: Sequence[Organisation]) -> dict[str, Organisation]:
    return {organisation.code: organisation for organisation in organisations}


def organisation(cells: Cells, known: Mapping[str, Organisation]) -> Organisation | None:
    """Of whom the line speaks; a problem when the reader may not set it up, or nobody knows it."""
    code = cells.text(CODE)
    found = known.get(code)
    if found is None and code:
        cells.wrong(CODE, _("There is no organisation with this code that you set up."))
    return found


def differences(
    columns: Sequence[str], before: Sequence[str] | None, after: Sequence[str]
) -> tuple[tuple[str, str, str], ...]:
    """The columns that change; of something new those that are filled."""
    if before is None:
        return tuple((column, "", one) for column, one in zip(columns, after, strict=True) if one)
    lines = zip(columns, before, after, strict=True)
    return tuple((column, one, other) for column, one, other in lines if one != other)
