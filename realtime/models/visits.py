"""Visits: one stay of one peer in one room, witnessed by the signalling server's leases."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from scheduler.models import Booking, Location, Organisation, Participant


class Visit(models.Model):
    """入退室記録. `last_beat_at` moves while the peer is here; `ended_at` is set to it at the end.

    Append-only in meaning: a row is extended by beats and closed once, never corrected.
    """

    class EndReason(models.TextChoices):
        LEFT = "left"
        TIMEOUT = "timeout"
        """Nothing was heard any more: the line, as far as can be told."""
        BROWSER = "browser"
        """Its socket was closed and did not come back: the page, not the line."""
        REPLACED = "replaced"
        REMOVED = "removed"
        CLOSED = "closed"
        SERVER = "server"

    class Began(models.TextChoices):
        """What lies before it: a first entry, or a gap after an earlier stay of the same peer."""

        ENTERED = "entered"
        LINE = "line"
        BROWSER = "browser"
        SERVER = "server"

    class Standing(models.TextChoices):
        """As what the peer was in the room."""

        LEADER = "leader"
        PERSON = "person"
        SCHOOL = "school"
        SEAT = "seat"
        """A pupil at home or in hospital."""
        OBSERVER = "observer"

    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="visits")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="visits")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    participant = models.ForeignKey(
        Participant, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        help_text="The side on which it stood; an observer has none.",
    )  # fmt: skip
    location = models.ForeignKey(
        Location, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        help_text="The receiving set, where the account is a device's.",
    )  # fmt: skip
    standing = models.CharField(max_length=10, choices=Standing, default=Standing.OBSERVER)
    page = models.CharField(max_length=32, blank=True, help_text="The load of the page it came from.")
    began = models.CharField(max_length=10, choices=Began, default=Began.ENTERED)
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
