"""助言: the specialist's signed words, that they were read, and what came of it."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinics.models.consultations import Consultation
from scheduler.models import Person, User


class Advice(models.Model):
    """One version (FHIR DocumentReference). A draft (`version` 0) is its author's alone and may be
    rewritten; signed it never changes, and a correction is the next version with its reason.

    Four short fields, so that it is written in a minute (domain/telemedicine.md R52). `digest` is the
    SHA-256 of what was signed.
    """

    consultation = models.ForeignKey(Consultation, on_delete=models.PROTECT, related_name="advice")
    author = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveSmallIntegerField(default=0)
    assessment = models.TextField(max_length=2000, blank=True, help_text="見立て")
    recommendation = models.TextField(max_length=2000, blank=True, help_text="すすめること")
    warning = models.TextField(max_length=1000, blank=True, help_text="受診・搬送の目安")
    basis = models.CharField(max_length=300, blank=True, help_text="見たもの・聞いたこと")
    reason = models.CharField(max_length=200, blank=True, help_text="Why a signed version was corrected.")
    follow_up_on = models.DateField(null=True, blank=True, help_text="When the outcome is asked for.")
    saved_at = models.DateTimeField()
    signed_at = models.DateTimeField(null=True)
    digest = models.CharField(max_length=64, blank=True)
    intention = models.UUIDField(default=uuid.uuid4, unique=True)

    class Meta:
        ordering = ["consultation", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["consultation", "version"], condition=Q(version__gt=0), name="advice_version_once"
            ),
            models.UniqueConstraint(
                fields=["consultation", "author"], condition=Q(version=0), name="advice_draft_once"
            ),
            models.CheckConstraint(
                condition=Q(version=0, signed_at=None) | Q(version__gt=0, signed_at__isnull=False),
                name="advice_signed_has_version",
            ),
        ]


class AdviceReceipt(models.Model):
    """The requesting side has read this version and says so."""

    advice = models.ForeignKey(Advice, on_delete=models.PROTECT, related_name="receipts")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["advice", "user"], name="advice_receipt_once")]


class Outcome(models.Model):
    """その後の経過, by the requesting side; appended, the newest holds."""

    class Followed(models.TextChoices):
        YES = "yes", _("as advised")
        PARTLY = "partly", _("in part")
        NO = "no", _("otherwise")

    class Course(models.TextChoices):
        STAYED = "stayed", _("treated here")
        REFERRED = "referred", _("referred to another hospital")
        TRANSFERRED = "transferred", _("transferred at once")
        UNKNOWN = "unknown", _("not known")

    consultation = models.ForeignKey(Consultation, on_delete=models.PROTECT, related_name="outcomes")
    followed = models.CharField(max_length=8, choices=Followed)
    course = models.CharField(max_length=12, choices=Course)
    text = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
