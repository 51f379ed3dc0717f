"""Courses, and the sections in which they are taught."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import F, Q

from scheduler.models import ClassPart, Location, Organisation, Person
from scheduler.names import Name


class Course(models.Model):
    """科目 (OneRoster course)."""

    subject_area = models.CharField(max_length=20, help_text="教科")
    name = models.CharField(max_length=60, unique=True)
    name_en = models.CharField(max_length=80)
    credits = models.PositiveSmallIntegerField(help_text="Standard credits of the course of study.")

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> Name:
        return Name(self.name, self.name_en)


class Section(models.Model):
    """講座 (OneRoster class): a course taught by one teacher to groups of one or more schools."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="sections")
    academic_year = models.PositiveSmallIntegerField(help_text="The year in which it begins, in April.")
    name = models.CharField(max_length=80, help_text="数学Ⅱ（2年・合同）")
    name_en = models.CharField(max_length=100, blank=True)
    centre = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="sections")
    teacher = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="sections")
    studio = models.ForeignKey(
        Location, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="Preferred."
    )
    wanted_minutes = models.PositiveSmallIntegerField(default=50)
    minimum_minutes = models.PositiveSmallIntegerField(default=45)
    meetings_per_week = models.PositiveSmallIntegerField(default=2)

    class Meta:
        ordering = ["academic_year", "name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(minimum_minutes__lte=F("wanted_minutes"), minimum_minutes__gt=0),
                name="section_minimum_within_wanted",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> Name:
        return Name(self.name, self.name_en or self.name)

    @property
    def wanted(self) -> timedelta:
        return timedelta(minutes=self.wanted_minutes)

    @property
    def minimum(self) -> timedelta:
        return timedelta(minutes=self.minimum_minutes)


class SectionSchool(models.Model):
    """One school's group in a section: which pupils, how many, on which receiving set."""

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="schools")
    school = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="section_schools")
    parts = models.ManyToManyField(ClassPart, related_name="section_schools")
    location = models.ForeignKey(
        Location,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Preferred set.",
    )
    headcount = models.PositiveSmallIntegerField(help_text="Pupils of this school who take the course.")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["section", "school"], name="section_school_once")]
