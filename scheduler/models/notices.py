"""The outbox: who is to be told what. Written with the change it announces, sent after commit."""

from __future__ import annotations

from django.db import models

from scheduler.models.people import User


class Notice(models.Model):
    """One thing told to one person once, in the product and by e-mail.

    `dedupe_key` makes telling twice impossible. `params` are the facts for the sentence;
    never a pupil's name or clinical text.
    """

    class State(models.TextChoices):
        DUE = "due"
        SENT = "sent"
        FAILED = "failed"

    recipient = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=40)
    booking = models.ForeignKey(
        "scheduler.Booking", on_delete=models.CASCADE, null=True, related_name="notices"
    )
    params = models.JSONField(default=dict)
    dedupe_key = models.CharField(max_length=120, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.DUE)
    attempts = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "due_at"], name="notice_state_due"),
            models.Index(fields=["recipient", "read_at"], name="notice_recipient_read"),
        ]
