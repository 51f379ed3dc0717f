"""Who gives advice on what: specialties, and the hospitals that answer for them (FHIR HealthcareService)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from scheduler.models import Organisation
from scheduler.names import Name


class Specialty(models.Model):
    """診療科."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=40)
    name_en = models.CharField(max_length=40, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> Name:
        return Name(self.name, self.name_en or self.name)


class Service(models.Model):
    """One hospital's advice in one specialty: whom to telephone, and what kind of question is welcome.

    The service without a specialty is the office (連携室) of that hospital: whoever does not know whom
    to ask is answered there.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="services")
    specialty = models.ForeignKey(
        Specialty, on_delete=models.PROTECT, null=True, blank=True, related_name="services"
    )
    telephone = models.CharField(max_length=20, help_text="Who is on duty (当番) answers it, day and night.")
    welcome = models.CharField(max_length=200, blank=True, help_text="What kind of question is welcome.")
    minutes = models.PositiveSmallIntegerField(default=20, help_text="Length of a conference.")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["specialty__position", "organisation"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "specialty"], name="service_once"),
            models.UniqueConstraint(
                fields=["organisation"], condition=Q(specialty=None), name="service_office_once"
            ),
            models.CheckConstraint(condition=Q(minutes__gte=5, minutes__lte=180), name="service_minutes"),
        ]
