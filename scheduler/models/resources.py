"""Everything that cannot be in two places: people, places, pupils who sit together, lines.

A Resource is the supertype that claims point at; Person, Location and ClassPart share its key.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from scheduler.models.organisations import Organisation
from scheduler.models.people import User
from scheduler.names import Name


class Resource(models.Model):
    """iCalendar RESOURCES. Of capacity n it is n units, each held by one claim at a time."""

    class Kind(models.TextChoices):
        PERSON = "person", _("person")
        CLASS_PART = "class_part", _("class")
        STUDIO = "studio", _("studio")
        RECEIVING_SET = "receiving_set", _("receiving set")
        CONFERENCE_ROOM = "conference_room", _("conference room")
        LINE = "line", _("line")

    kind = models.CharField(max_length=20, choices=Kind)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="resources")
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80, blank=True)
    capacity = models.PositiveSmallIntegerField(default=1)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(capacity__gte=1), name="resource_capacity_at_least_one"),
        ]
        indexes = [models.Index(fields=["organisation", "kind"], name="resource_organisation_kind")]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> Name:
        return Name(self.name, self.name_en or self.name)


class Person(Resource):
    """Somebody who can be booked; the account may be absent (a guest, a local teacher)."""

    user = models.OneToOneField(User, on_delete=models.PROTECT, null=True, blank=True, related_name="person")
    kana = models.CharField(max_length=80, blank=True)
    subject_area = models.CharField(max_length=20, blank=True)


class Location(Resource):
    """A bookable physical place or set (iCalendar LOCATION, FHIR Location)."""

    position = models.PositiveSmallIntegerField(
        default=0, help_text="Order in lists and in automatic choice."
    )

    class Meta:
        ordering = ["position", "pk"]


class ClassGroup(models.Model):
    """The pupils of one school who sit together (学級).

    Claims are on its parts, so that groups that share a pupil exclude each other: a class that
    splits by ability has two parts, and a lesson of the whole class claims both.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="class_groups")
    name = models.CharField(max_length=40)
    name_en = models.CharField(max_length=60, blank=True)
    grade = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["organisation", "grade", "name"]
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="class_group_name_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> Name:
        return Name(self.name, self.name_en or self.name)


class ClassPart(Resource):
    """A part of a class (習熟度別の半分), or the whole of one that never splits."""

    group = models.ForeignKey(ClassGroup, on_delete=models.PROTECT, related_name="parts")
    headcount = models.PositiveSmallIntegerField(default=0)
