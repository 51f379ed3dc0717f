"""Images and PDF sent with a consultation, for reference and not for diagnosis (domain C24, C28)."""

from __future__ import annotations

import uuid

from django.db import models

from clinics.models.consultations import Consultation
from scheduler.models import User


class Attachment(models.Model):
    """A checked file: images are written anew without their metadata, PDFs without anything that acts.

    `file` is a name in `settings.UPLOADS_DIR`, outside what any web server serves; it is read through
    `clinics.attachments` alone. `digest` is the SHA-256 of what is stored.
    """

    class Kind(models.TextChoices):
        IMAGE = "image"
        PDF = "pdf"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    consultation = models.ForeignKey(Consultation, on_delete=models.PROTECT, related_name="attachments")
    kind = models.CharField(max_length=6, choices=Kind)
    media_type = models.CharField(max_length=40)
    file = models.CharField(max_length=80, unique=True)
    size = models.PositiveIntegerField()
    pages = models.PositiveSmallIntegerField(default=1)
    digest = models.CharField(max_length=64)
    label = models.CharField(max_length=60, blank=True, help_text="What it shows; never the file’s own name.")
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["pk"]
