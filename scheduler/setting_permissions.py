"""Who sets up organisations, rooms, bells and calendars: the one place where it is decided.

    role                          may set up
    centre administrator, planner every organisation, and new ones
    coordinator, head of school   their own school's rooms, bells, calendar
    everybody else                nothing

A post counts on the day on which it is read. Absent and forbidden are the same answer (404).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from scheduler import permissions
from scheduler.models import Membership, Organisation, Role

WHOLE_ROLES = frozenset({Role.CENTRE_ADMIN, Role.PLANNER})


@dataclass(frozen=True, slots=True)
class Scope:
    """For which organisations somebody may set up what today."""

    is_whole: bool
    own: frozenset[int]

    def __bool__(self) -> bool:
        return self.is_whole or bool(self.own)

    @property
    def organisations(self) -> QuerySet[Organisation]:
        """By district, as people look for them."""
        every = Organisation.objects.order_by("district", "kana", "code")
        return every if self.is_whole else every.filter(pk__in=self.own)

    @property
    def schools(self) -> QuerySet[Organisation]:
        """Those with bells and a calendar."""
        return self.organisations.filter(kind=Organisation.Kind.HIGH_SCHOOL)


def scope(posts: Sequence[Membership]) -> Scope:
    school = Organisation.Kind.HIGH_SCHOOL
    own = {
        post.organisation_id
        for post in posts
        if post.role in permissions.SCHOOL_OFFICE_ROLES and post.organisation.kind == school
    }
    return Scope(is_whole=any(post.role in WHOLE_ROLES for post in posts), own=frozenset(own))
