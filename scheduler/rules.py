"""What a rule says on a date: numbers of ministries and schools, read from data."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from scheduler.models import Rule


@dataclass(frozen=True, slots=True)
class Limit:
    """`value` in the rule's own unit; `source` is the regulation with its year."""

    value: int
    source: str


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All rows of some rules, whatever their dates; read once, asked often."""

    rows: Sequence[Rule]

    def limit(self, key: str, *, on: date, organisation_id: int) -> Limit | None:
        """The rule that holds on `on`: an organisation's own before everybody's, the newest first."""
        standing = [
            rule
            for rule in self.rows
            if rule.key == key
            and rule.organisation_id in {None, organisation_id}
            and rule.valid_from <= on
            and (rule.valid_until is None or on < rule.valid_until)
        ]
        if not standing:
            return None
        found = max(standing, key=lambda rule: (rule.organisation_id is not None, rule.valid_from))
        return Limit(found.value, found.source)


def rulebook(keys: Collection[str]) -> Rulebook:
    """One query; none when no key is asked for."""
    return Rulebook(list(Rule.objects.filter(key__in=keys)) if keys else [])
