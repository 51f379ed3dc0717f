"""The register's words on the audit: that a school confirmed it and that it was changed afterwards.

By lesson and side; no pupil's name, no mark, no reason: those stand in the register itself.
"""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import pgettext_lazy

from classrooms.models import Reception
from scheduler import audit, audit_words
from scheduler.models import User

CONFIRM, MARK, STAFF = "register.confirm", "register.correct_mark", "register.correct_staff"
SETTING = "register.set_who_confirms"


def connect() -> None:
    audit_words.register(
        {
            CONFIRM: pgettext_lazy("audit event", "register confirmed"),
            MARK: pgettext_lazy("audit event", "mark changed after the confirmation"),
            STAFF: pgettext_lazy("audit event", "attending staff changed after the confirmation"),
            SETTING: pgettext_lazy("audit event", "who confirms registers was set"),
        },
        {"register": pgettext_lazy("audit object", "register")},
    )


def record(event: str, reception: Reception, *, by: User, now: datetime, outcome: str = "") -> None:
    """The last thing in the verb's transaction. `outcome` is what the school said of the lesson."""
    action = audit.Action.EXECUTE if event == CONFIRM else audit.Action.UPDATE
    facts: dict[str, object] = {"reception": reception.pk}
    if outcome:
        facts["outcome"] = outcome
    audit.record(
        action, event, by=by, now=now, object_type="register",
        object_key=str(reception.lesson.booking.uid), organisation_id=reception.school_id, facts=facts,
    )  # fmt: skip


def record_setting(school_id: int, *, by_head: bool, by: User, now: datetime) -> None:
    audit.record(
        audit.Action.UPDATE, SETTING, by=by, now=now, object_type="organisation",
        object_key=str(school_id), organisation_id=school_id, facts={"by_head": int(by_head)},
    )  # fmt: skip
