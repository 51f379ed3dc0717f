"""A term written as one file for who asked, by the worker when it takes long."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from scheduler.models.organisations import Organisation


class TermExport(models.Model):
    """What somebody asked to have written, how far it is, and the file for a day.

    `organisation` is a school, or a delivery centre for everything that it delivers. `made` of
    `wanted` bookings are written. A worker that runs says so in `beat_at`.
    """

    class Form(models.TextChoices):
        ICALENDAR = "ics", _("iCalendar")
        CSV_UTF8 = "csv", _("CSV (UTF-8)")
        CSV_CP932 = "csv-cp932", _("CSV (Shift_JIS, for older Excel)")

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    first = models.DateField()
    last = models.DateField(help_text="Its last day.")
    form = models.CharField(max_length=10, choices=Form)
    language = models.CharField(max_length=5)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    wanted = models.PositiveIntegerField(default=0)
    made = models.PositiveIntegerField(default=0)
    attempt = models.PositiveSmallIntegerField(default=1, help_text="A worker of an earlier one stops.")
    content = models.BinaryField(default=b"")
    asked_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["asked_at"], name="term_export_asked_at")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last__gte=models.F("first")), name="term_export_last_after_first"
            ),
        ]
