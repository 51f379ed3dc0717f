"""The receiving room's own device, and calls for help out of a room."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from scheduler.models import Booking, Organisation, User


class DeviceStatus(models.Model):
    """What the waiting page of a receiving set's account last said of itself, and what it was asked.

    One row per device, overwritten: a present state, not a record.
    """

    class Check(models.TextChoices):
        UNKNOWN = ""
        OK = "ok"
        BAD = "bad"

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="device_status")
    seen_at = models.DateTimeField()
    camera = models.CharField(max_length=3, choices=Check, blank=True)
    microphone = models.CharField(max_length=3, choices=Check, blank=True)
    speaker = models.CharField(max_length=3, choices=Check, blank=True)
    line = models.CharField(max_length=3, choices=Check, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    start_booking = models.ForeignKey(
        Booking, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    start_asked_at = models.DateTimeField(null=True, blank=True)
    start_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )


class HelpCall(models.Model):
    """応援: somebody in a room asks the centre for help; who answered, and when."""

    class Symptom(models.TextChoices):
        SOUND = "sound"
        PICTURE = "picture"
        LINE = "line"
        OTHER = "other"

    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="help_calls")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    symptom = models.CharField(max_length=10, choices=Symptom)
    at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(
                fields=["booking", "organisation"], condition=models.Q(answered_at=None), name="help_one_open"
            ),
        ]
