"""Pupils, and the seats they have in sections. Only their school and its posted teachers see names."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from classrooms.models.sections import Section
from scheduler.models import ClassGroup, Organisation


def _valid_on(day: date) -> Q:
    return Q(valid_until=None, valid_from__lte=day) | Q(valid_until__gt=day, valid_from__lte=day)


class StudentQuerySet(models.QuerySet["Student"]):
    def at_school_on(self, day: date) -> Self:
        return self.filter(_valid_on(day))


class Student(models.Model):
    """生徒 (OneRoster user of role student). The class is today's; a register keeps what it was."""

    school = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="students")
    number = models.CharField(max_length=20, help_text="学籍番号: the school's own, the same for all years.")
    name = models.CharField(max_length=80)
    kana = models.CharField(max_length=80, blank=True)
    group = models.ForeignKey(ClassGroup, on_delete=models.PROTECT, related_name="students")
    seat = models.PositiveSmallIntegerField(help_text="出席番号: the number in the class.")
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="student",
        help_text="The account of a pupil who takes part from home or hospital.",
    )  # fmt: skip
    valid_from = models.DateField(help_text="First day at the school.")
    valid_until = models.DateField(null=True, blank=True, help_text="First day no longer there.")

    objects = StudentQuerySet.as_manager()

    class Meta:
        ordering = ["group__grade", "group__name", "seat", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["school", "number"], name="student_number_once"),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")),
                name="student_until_after_from",
            ),
        ]


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    def valid_on(self, day: date) -> Self:
        return self.filter(_valid_on(day))


class Enrolment(models.Model):
    """履修 (OneRoster enrollment): a pupil's seat in a Section between two dates."""

    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="enrolments")
    section = models.ForeignKey(Section, on_delete=models.PROTECT, related_name="enrolments")
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True, help_text="First day no longer enrolled.")

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["section", "valid_from"], name="enrolment_section_from")]
        constraints = [
            models.UniqueConstraint(
                fields=["student", "section"], condition=Q(valid_until=None), name="enrolment_one_open"
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")),
                name="enrolment_until_after_from",
            ),
        ]


class RemoteSeatQuerySet(models.QuerySet["RemoteSeat"]):
    def valid_on(self, day: date) -> Self:
        return self.filter(_valid_on(day))


class RemoteSeat(models.Model):
    """One pupil takes part from home or hospital, approved by the school (domain/education.md §2.7)."""

    class Place(models.TextChoices):
        HOME = "home", _("from home")
        HOSPITAL = "hospital", _("from hospital")

    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="remote_seats")
    place = models.CharField(max_length=10, choices=Place)
    valid_from = models.DateField()
    valid_until = models.DateField(help_text="First day on which it no longer holds.")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(auto_now_add=True)

    objects = RemoteSeatQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__gt=F("valid_from")), name="remote_seat_until_after_from"
            ),
        ]

    @property
    def last_day(self) -> date:
        return self.valid_until - timedelta(days=1)
