"""What a lesson that is to be moved has now. A move that asks for just that is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scheduler.intervals import Interval
from scheduler.models import Booking
from scheduler.plans import Plan

Party = tuple[int, int | None, Interval, int | None, int]
"""Organisation, person (None: a school), times, number of the period, and pupils."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The standing parties of a booking, each with the keys of what it holds."""

    held: Mapping[Party, frozenset[int]]

    def meets(self, plan: Plan) -> bool:
        """Whether this plan would change nothing: the same parties, times and pupils, and every need met.

        A studio or a set may have become free that one would prefer: nobody moves a lesson for that.
        """
        needs = {
            (
                side.organisation_id,
                side.person_id,
                side.interval,
                side.period_number,
                side.headcount,
            ): side.needs
            for side in plan.sides
        }
        return needs.keys() == self.held.keys() and all(
            len(held) == len(needs[party])
            and all(not held.isdisjoint(need.resource_ids) for need in needs[party])
            for party, held in self.held.items()
        )

    def of_person(self, person_id: int) -> Interval | None:
        return next((times for _org, person, times, *_ in self.held if person == person_id), None)

    def of_school(self, school_id: int) -> Interval | None:
        return next(
            (times for org, person, times, *_ in self.held if (org, person) == (school_id, None)), None
        )


def of_booking(booking: Booking) -> Standing:
    """Two queries."""
    parties = booking.participants.standing().prefetch_related("claims")
    return Standing(
        {
            (p.organisation_id, p.person_id, p.interval, p.period_number, p.headcount): frozenset(
                claim.resource_id for claim in p.claims.all()
            )
            for p in parties
        }
    )
