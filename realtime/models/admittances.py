"""The waiting room: who knocks, and whom the host has let in."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from scheduler.models import Booking, User


class Admittance(models.Model):
    """One account at the door of one booking's room. The host's word in `admitted_at` lets them in;
    sent back to wait, it is emptied. `seen_at` is the last knock: who closes the page stops waiting.
    """

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="admittances")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    knocked_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    admitted_at = models.DateTimeField(null=True, blank=True)
    admitted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["booking", "user"], name="admittance_once"),
            models.CheckConstraint(
                condition=Q(admitted_at=None) | Q(admitted_by__isnull=False), name="admittance_by_somebody"
            ),
        ]
