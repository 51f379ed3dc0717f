"""Rules of schools and ministries: data with dates and a source, never constants in code."""

from __future__ import annotations

from django.db import models

from scheduler.models.organisations import Organisation


class Rule(models.Model):
    """One number that a rule sets, while it holds, for everybody or for one organisation."""

    key = models.CharField(max_length=60)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, null=True, blank=True, related_name="rules"
    )
    value = models.IntegerField()
    unit = models.CharField(max_length=20)
    source = models.CharField(max_length=200, help_text="The regulation with its year.")
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["key", "valid_from"], name="rule_key_from")]

    def __str__(self) -> str:
        return self.key
