"""What stands beside a lesson's room for one school: its register, and who attends in the room."""

from __future__ import annotations

from django.urls import reverse

from classrooms.models import Confirmation, Reception, StaffPresence
from realtime.companions import Beside
from scheduler.models import Participant

STAFF_PART = "staff"
"""The part of a register's page where who attends is recorded."""


class LessonCompanion:
    """For the kind lesson. Three queries."""

    def beside(self, side: Participant, language: str) -> Beside:
        reception = Reception.objects.filter(participant=side).first()
        if reception is None:
            return Beside()
        return Beside(
            register_url=register_url(reception.pk),
            staff_url=staff_url(reception.pk),
            attending=tuple(_attending(reception, language)),
            is_confirmed=Confirmation.objects.filter(reception=reception).exists(),
        )


def register_url(reception_id: int) -> str:
    return reverse("classrooms:register", args=[reception_id])


def staff_url(reception_id: int) -> str:
    return f"{register_url(reception_id)}#{STAFF_PART}"


def _attending(reception: Reception, language: str) -> list[str]:
    standing = StaffPresence.objects.filter(
        reception=reception, struck_at=None, exemption=StaffPresence.Exemption.NONE
    )
    return [
        f"{one.user.label.in_language(language) if one.user else one.name} {one.post}".strip()
        for one in standing.select_related("user")
    ]
