"""The attendance register of one Reception: marks, who attended in the room, and the school's 確定.

A statutory register kept five years (domain/education.md §2.9): every row is appended and none is
changed, so what stood there at any moment can be told.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from classrooms.models.lessons import Reception
from classrooms.models.pupils import Student


class AttendanceMark(models.Model):
    """出欠 of one pupil in one Reception; the newest row holds, no row at all means present.

    An outage is the Reception's and never a mark. `intention` is the key of the tap: sent twice it
    is written once. After the school's confirmation every row carries a `reason`. `mark` is empty in
    the row of a note to a pupil whom nobody has marked: what is proposed still stands.
    """

    class Mark(models.TextChoices):
        """As the Tokyo registers have them, and 遠隔参加 (domain/education.md §3.2)."""

        PRESENT = "present", pgettext_lazy("mark", "present")
        ABSENT = "absent", pgettext_lazy("mark", "absent")
        LATE = "late", pgettext_lazy("mark", "late")
        LEFT_EARLY = "left_early", pgettext_lazy("mark", "left early")
        SUSPENDED = "suspended", pgettext_lazy("mark", "suspended")
        MOURNING = "mourning", pgettext_lazy("mark", "mourning")
        OFFICIAL = "official", pgettext_lazy("mark", "official absence")
        REMOTE = "remote", pgettext_lazy("mark", "takes part remotely")

    reception = models.ForeignKey(Reception, on_delete=models.PROTECT, related_name="marks")
    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="marks")
    mark = models.CharField(max_length=12, choices=Mark, blank=True)
    note = models.CharField(max_length=100, blank=True, help_text="For the school alone (欠席届あり).")
    reason = models.CharField(max_length=200, blank=True, help_text="Why it was changed after 確定.")
    intention = models.UUIDField(default=uuid.uuid4, unique=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["reception", "student"], name="mark_reception_student")]


class StaffPresence(models.Model):
    """立会い: who attended in the receiving room, with their post; or why nobody had to (§2.5).

    Recorded in error it is struck out, and stays readable.
    """

    class Exemption(models.TextChoices):
        NONE = "", _("somebody attended")
        HOME = "home", _("sick or absent pupils at home (2019, 2024 notices)")
        OTHER_STAFF = "other_staff", _("other staff under the 2024 notice")

    reception = models.ForeignKey(Reception, on_delete=models.PROTECT, related_name="staff_presences")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    name = models.CharField(max_length=80, blank=True)
    post = models.CharField(max_length=40, blank=True, help_text="教諭, 実習助手, 支援員 …")
    exemption = models.CharField(max_length=12, choices=Exemption, blank=True)
    reason = models.CharField(max_length=200, blank=True, help_text="Why it was added after 確定.")
    intention = models.UUIDField(null=True, unique=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    struck_at = models.DateTimeField(null=True, blank=True)
    struck_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    strike_reason = models.CharField(max_length=200, blank=True, help_text="Why it was struck after 確定.")

    class Meta:
        ordering = ["pk"]


class Confirmation(models.Model):
    """確定: the school's word that the register is right, with everything as it stood then.

    `content` is what was signed: every pupil's number, class, name and mark, who attended, the
    measured minutes and outages. Later changes are AttendanceMarks with a reason.
    """

    reception = models.OneToOneField(Reception, on_delete=models.PROTECT, related_name="confirmation")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    post = models.CharField(max_length=40, blank=True, help_text="The signer's post on that day.")
    content = models.JSONField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of `content`, written canonically.")
