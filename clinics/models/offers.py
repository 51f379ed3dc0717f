"""候補: a time proposed by one side that the other may accept until its deadline."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from clinics.models.consultations import Consultation
from scheduler.models import Booking, Person, User


class Offer(models.Model):
    """One time with one specialist. Its tentative `booking` holds both doctors (and a room) until
    `expires_at`; accepted, that booking is the conference.

    The requester's own proposal holds nothing until the specialist's side takes it up: `booking` is
    empty then, and `side` is REQUESTER.
    """

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("offer", "offered")
        ACCEPTED = "accepted", pgettext_lazy("offer", "accepted")
        DECLINED = "declined", pgettext_lazy("offer", "declined")
        EXPIRED = "expired", pgettext_lazy("offer", "expired")
        WITHDRAWN = "withdrawn", pgettext_lazy("offer", "withdrawn")
        TAKEN = "taken", pgettext_lazy("offer", "another time was chosen")

    class Side(models.TextChoices):
        SPECIALIST = "specialist"
        REQUESTER = "requester"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    consultation = models.ForeignKey(Consultation, on_delete=models.PROTECT, related_name="offers")
    side = models.CharField(max_length=12, choices=Side)
    specialist = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="offers"
    )
    start = models.DateTimeField()
    end = models.DateTimeField()
    booking = models.OneToOneField(
        Booking, on_delete=models.PROTECT, null=True, blank=True, related_name="offer"
    )
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    expires_at = models.DateTimeField()
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["start", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=models.F("start")), name="offer_ends_after_start"),
            models.UniqueConstraint(
                fields=["consultation"], condition=Q(state="accepted"), name="offer_accepted_once"
            ),
        ]
        indexes = [models.Index(fields=["state", "expires_at"], name="offer_state_expires")]
