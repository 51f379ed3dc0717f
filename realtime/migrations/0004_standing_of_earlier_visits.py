"""Whose the stays are that were written before a stay said on which side it stood.

What the gate went by then: a person of the booking stands on their own side, and leads as its host; a
school's account stands in the school's room; who stands on no side observes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, ClassVar

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

LOT = 500


def fill(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Stays that name neither a side nor a page were written before; three queries for each lot."""
    alias = schema_editor.connection.alias
    visits = apps.get_model("realtime", "Visit").objects.using(alias)
    participants = apps.get_model("scheduler", "Participant").objects.using(alias)
    keys = list(visits.filter(participant=None, page="").order_by("pk").values_list("pk", flat=True))
    for first in range(0, len(keys), LOT):
        rows = list(visits.filter(pk__in=keys[first : first + LOT]))
        sides: dict[int, list[Any]] = defaultdict(list)
        # Those that have left as well: they may have been there until then.
        bookings = {row.booking_id for row in rows}
        for side in participants.filter(booking__in=bookings).select_related("person").order_by("pk"):
            sides[side.booking_id].append(side)
        known = [row for row in rows if _stands(row, sides[row.booking_id])]
        visits.bulk_update(known, ["participant", "standing"])


def _stands(visit: Any, sides: Sequence[Any]) -> bool:
    """Sets side and standing; False for who was on no side."""
    for side in sides:
        if side.person is not None and side.person.user_id == visit.user_id:
            visit.participant_id = side.pk
            visit.standing = "leader" if side.role == "host" else "person"
            return True
    for side in sides:
        if side.person is None and side.organisation_id == visit.organisation_id:
            visit.participant_id, visit.standing = side.pk, "school"
            return True
    return False


class Migration(migrations.Migration):
    dependencies: ClassVar = [("realtime", "0003_devices_and_gaps"), ("scheduler", "0003_terms_and_roles")]

    operations: ClassVar = [migrations.RunPython(fill, migrations.RunPython.noop)]
