"""What somebody wants to book before a time is chosen: a Plan that lacks its intervals.

Pure. Which schools, what each needs during its own period, and what the hosts need from the first
bell to the last. A vertical builds it, `scheduler.finding` looks for times, `plan` makes it bookable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from scheduler.dayplans import PeriodSpan
from scheduler.intervals import hull
from scheduler.names import Name
from scheduler.plans import Need, Plan, Side


@dataclass(frozen=True, slots=True)
class WishSide:
    """One school: `needs` during its own period."""

    organisation_id: int
    needs: tuple[Need, ...] = ()
    grade: int | None = None
    headcount: int = 0


@dataclass(frozen=True, slots=True)
class WishHost:
    """Who serves all schools: `needs` from the first bell to the last."""

    organisation_id: int
    needs: tuple[Need, ...] = ()
    person_id: int | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """A Plan that has no time yet. At least one side; hosts may be none."""

    kind: str
    title: Name
    organiser_id: int
    sides: tuple[WishSide, ...]
    hosts: tuple[WishHost, ...]
    wanted: timedelta
    minimum: timedelta
    most_rule: str | None = None
    visibility: str = "PUBLIC"

    @property
    def organisation_ids(self) -> frozenset[int]:
        schools = {side.organisation_id for side in self.sides}
        return frozenset(schools | {host.organisation_id for host in self.hosts})

    @property
    def resource_ids(self) -> frozenset[int]:
        needs = [*(n for s in self.sides for n in s.needs), *(n for h in self.hosts for n in h.needs)]
        return frozenset(pk for need in needs for pk in need.resource_ids)

    def plan(self, chosen: Sequence[PeriodSpan]) -> Plan:
        """The wish at one period of each school, hosts first."""
        union = hull(span.interval for span in chosen)
        hosts = tuple(
            Side(host.organisation_id, union, host.needs, person_id=host.person_id, is_host=True)
            for host in self.hosts
        )
        schools = tuple(
            Side(
                side.organisation_id,
                span.interval,
                side.needs,
                follows_bells=True,
                period_number=span.number,
                grade=side.grade,
                headcount=side.headcount,
            )
            for side, span in zip(self.sides, chosen, strict=True)
        )
        return Plan(
            kind=self.kind,
            title=self.title,
            organiser_id=self.organiser_id,
            sides=(*hosts, *schools),
            wanted=self.wanted,
            minimum=self.minimum,
            most_rule=self.most_rule,
            visibility=self.visibility,
        )
