"""Visits: one stay of one peer in one room, witnessed by the signalling server's leases."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from scheduler.models import Booking, Organisation


class Visit(models.Model):
    """入退室記録. `last_beat_at` moves while the peer is here; `ended_at` is set to it at the end.

    Append-only in meaning: a row is extended by beats and closed once, never corrected.
    """

    class EndReason(models.TextChoices):
        LEFT = "left"
        TIMEOUT = "timeout"
        REPLACED = "replaced"
        REMOVED = "removed"
        CLOSED = "closed"
        SERVER = "server"

    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="visits")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="visits")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    peer = models.CharField(max_length=32, help_text="The peer's id in the room; kept over reconnections.")
    server = models.CharField(max_length=32, help_text="The server process that witnessed it.")
    started_at = models.DateTimeField()
    last_beat_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=10, choices=EndReason, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["booking", "started_at"], name="visit_booking_started"),
            models.Index(fields=["last_beat_at"], condition=Q(ended_at=None), name="visit_open"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_beat_at__gte=F("started_at")), name="visit_beat_after_start"
            ),
        ]
