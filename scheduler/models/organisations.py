"""Organisations: delivery centre, schools, hospitals, clinics, boards of education."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from scheduler.names import Name


def validate_zone(key: str) -> None:
    try:
        ZoneInfo(key)
    except (KeyError, ValueError, OSError) as error:
        raise ValidationError(_("%(key)s is not a time zone name.") % {"key": key}) from error


class Organisation(models.Model):
    """OneRoster org, FHIR Organization. `short_name` is how people say it (利尻)."""

    class Kind(models.TextChoices):
        DELIVERY_CENTRE = "delivery_centre", _("delivery centre")
        HIGH_SCHOOL = "high_school", _("high school")
        HOSPITAL = "hospital", _("hospital")
        CLINIC = "clinic", _("clinic")
        BOARD = "board", _("board of education")

    kind = models.CharField(max_length=20, choices=Kind)
    name = models.CharField(max_length=100)
    short_name = models.CharField(max_length=40)
    name_en = models.CharField(max_length=100, blank=True)
    kana = models.CharField(max_length=100, blank=True, help_text="Reading of the short name.")
    code = models.CharField(max_length=20, unique=True, help_text="MEXT school code or the like.")
    district = models.CharField(max_length=40, blank=True, help_text="管内")
    municipality = models.CharField(max_length=40, blank=True)
    time_zone = models.CharField(max_length=60, default="Asia/Tokyo", validators=[validate_zone])
    telephone = models.CharField(max_length=20, blank=True)
    valid_until = models.DateField(
        null=True, blank=True, help_text="The first day on which it no longer takes part; its rows stay."
    )
    is_illustrative = models.BooleanField(
        default=False, help_text="Its bells, staff and pupils are made up for a demonstration."
    )

    class Meta:
        ordering = ["code"]
        indexes = [models.Index(fields=["kind", "district"], name="organisation_kind_district")]

    def __str__(self) -> str:
        return self.short_name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def label(self) -> Name:
        return Name(self.short_name, self.name_en or self.short_name)
