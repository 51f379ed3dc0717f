"""Invitations: how somebody comes to an account, by a secret sent to their address."""

from __future__ import annotations

import uuid

from django.db import models

from scheduler.models.organisations import Organisation
from scheduler.models.people import Role, User
from scheduler.models.resources import Location


class Invitation(models.Model):
    """A post offered to an address. Of the secret only its hash is kept; it
    works once and until `expires_at`.

    Accepted it makes the account (or finds the one of that address) and its Membership.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField()
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80, blank=True)
    language = models.CharField(max_length=5, default="ja")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=20, choices=Role)
    post = models.CharField(max_length=40, blank=True)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    secret_hash = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    leaving_since = models.DateTimeField(null=True, blank=True)
    """When its mail was given to be sent; None once it has left, or could not."""
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]

    @property
    def is_unsent(self) -> bool:
        """Its mail has not left. That of nobody was handed over by the operator."""
        return self.sent_at is None and self.created_by_id is not None
