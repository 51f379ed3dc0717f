"""Who did what, and who read what: appended, chained, never changed (domain/telemedicine.md C8–C11)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import pgettext_lazy


class AuditEntry(models.Model):
    """One act of one account. Written by `scheduler.audit` alone, in the transaction of the act.

    Each row carries the hash of the row before it, so that a row changed, removed or put elsewhere is
    found. No foreign keys: it outlives what it is about. No pupil's name and no clinical word: what was
    done is named by its kind and key alone, and `facts` holds codes and numbers.
    """

    class Action(models.TextChoices):
        """DICOM/IHE BALP audit actions, and the acts that reviewers ask for by name."""

        CREATE = "create", pgettext_lazy("audit", "created")
        READ = "read", pgettext_lazy("audit", "read")
        UPDATE = "update", pgettext_lazy("audit", "changed")
        DELETE = "delete", pgettext_lazy("audit", "removed")
        EXECUTE = "execute", pgettext_lazy("audit", "did")
        EXPORT = "export", pgettext_lazy("audit", "exported")
        SIGN_IN = "sign_in", pgettext_lazy("audit", "signed in")
        SIGN_IN_FAILED = "sign_in_failed", pgettext_lazy("audit", "failed to sign in")
        SIGN_OUT = "sign_out", pgettext_lazy("audit", "signed out")

    at = models.DateTimeField(db_index=True)
    action = models.CharField(max_length=20, choices=Action)
    event = models.CharField(max_length=60, help_text="The verb: consultation.accept, member.reset_factor …")
    actor_id = models.BigIntegerField(
        null=True, db_index=True, help_text="The account; empty for the system."
    )
    actor_name = models.CharField(max_length=80, blank=True)
    actor_role = models.CharField(max_length=20, blank=True)
    organisation_id = models.BigIntegerField(null=True, help_text="Where the actor acted for.")
    on_behalf_of_id = models.BigIntegerField(null=True, help_text="The account for whom a proxy acted.")
    object_type = models.CharField(max_length=40)
    object_key = models.CharField(max_length=60, blank=True)
    case_key = models.CharField(max_length=60, blank=True, help_text="The consultation's number, if any.")
    outcome = models.CharField(max_length=20, default="success")
    address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=36, blank=True)
    facts = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["object_type", "object_key"], name="audit_object")]


class AuditHead(models.Model):
    """The end of the chain, in one row: how many entries there are and the last one's hash.

    Locked while an entry is appended; entries cut off at the end are missed by it.
    """

    count = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)
