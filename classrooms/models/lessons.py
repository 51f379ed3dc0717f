"""A dated lesson, and each school's side of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from classrooms.models.sections import Section
from scheduler.models import Booking, Organisation, Participant


class Lesson(models.Model):
    """A Booking of a Section (授業). Time, state and claims are the booking's."""

    booking = models.OneToOneField(Booking, on_delete=models.CASCADE, primary_key=True, related_name="lesson")
    section = models.ForeignKey(Section, on_delete=models.PROTECT, related_name="lessons")
    topic = models.CharField(max_length=120, blank=True)


class Reception(models.Model):
    """受信: one school's side of a Lesson. One joint broadcast is legally one lesson per school.

    Its period, place and whether it stands are its Participant's; `state` says what became of it.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        HELD = "held", pgettext_lazy("reception", "held")
        CANCELLED = "cancelled", _("cancelled")
        CLOSED = "closed", _("school closed")
        SELF_STUDY = "self_study", _("self-study")
        MOVED = "moved", _("moved")

    lesson = models.ForeignKey(Lesson, on_delete=models.CASCADE, related_name="receptions")
    participant = models.OneToOneField(Participant, on_delete=models.CASCADE, related_name="reception")
    school = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="receptions")
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    state = models.CharField(max_length=12, choices=State, default=State.PLANNED)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["pk"]
