"""A person's secret calendar address."""

from __future__ import annotations

from django.db import models

from scheduler.models.people import User


class Feed(models.Model):
    """A secret, revocable address. Only the secret's hash is stored; revoked rows stay."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="feeds")
    secret_hash = models.CharField(
        max_length=64, unique=True, help_text="SHA-256 of the secret, hexadecimal."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_read_at = models.DateTimeField(null=True, blank=True)
    facts_hash = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of the rows that `content_hash` was made from."
    )
    content_hash = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of what it said when last read."
    )
    content_changed_at = models.DateTimeField(
        null=True, blank=True, help_text="Last-Modified: when it was first seen to say that."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(revoked_at=None), name="feed_one_live_per_user"
            ),
        ]
