"""Which sections somebody may plan lessons for."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from classrooms.models import Section
from scheduler import permissions
from scheduler.models import Membership


def of_posts(memberships: Iterable[Membership]) -> QuerySet[Section]:
    """The sections of the centres where one of these posts allows booking, with what the planner shows."""
    centres = {m.organisation_id for m in memberships if m.role in permissions.BOOKING_ROLES}
    # No table more: with the account and the studio, PostgreSQL took five times as long to plan the query.
    return Section.objects.filter(centre__in=centres).select_related("course", "centre", "teacher")
