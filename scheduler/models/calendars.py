"""Bells and calendars: what rings when in one school, and what a date is there.

Every row has dates of validity or a date of its own, and none is overwritten: a changed bell
table is a new BellSchedule, a withdrawn closure keeps its row (domain/education.md §2.9:
the day plan is a statutory register).
"""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from scheduler.models.organisations import Organisation
from scheduler.models.people import User
from scheduler.names import Name


class Term(models.Model):
    """学期 (OneRoster academicSession): one school's own dates; registers are handed in by term."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="terms")
    academic_year = models.PositiveSmallIntegerField(help_text="The year in which it begins, in April.")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=40, help_text="1学期, 前期 …")
    name_en = models.CharField(max_length=60, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="Its last day.")

    class Meta:
        ordering = ["organisation", "academic_year", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "academic_year", "number"], name="term_number_once"
            ),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="term_ends_after_start"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> Name:
        return Name(self.name, self.name_en or self.name)


class DayType(models.Model):
    """A named kind of school day: 通常, 45分授業, 考査 …"""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="day_types")
    code = models.SlugField(max_length=30)
    name = models.CharField(max_length=40)
    name_en = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "code"], name="day_type_code_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> Name:
        return Name(self.name, self.name_en or self.name)


class BellSchedule(models.Model):
    """The period times of a day type while it is valid.

    Where two are valid on a date the one that became valid last holds, so a July table stands
    over the yearly one without touching it (南茅部, domain/education.md §1.4).
    """

    day_type = models.ForeignKey(DayType, on_delete=models.CASCADE, related_name="bell_schedules")
    valid_from = models.DateField()
    valid_until = models.DateField(
        null=True, blank=True, help_text="The first day on which it no longer holds."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")),
                name="bell_schedule_until_after_from",
            ),
        ]


class Period(models.Model):
    """校時: one numbered stretch between bells, on the school's wall clock."""

    bell_schedule = models.ForeignKey(BellSchedule, on_delete=models.CASCADE, related_name="periods")
    number = models.PositiveSmallIntegerField()
    starts_at = models.TimeField()
    ends_at = models.TimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["bell_schedule", "number"], name="period_number_once"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="period_ends_after_start"),
        ]


class DayPattern(models.Model):
    """Which day type a weekday has. `every` 2 makes A/B weeks: `valid_from` lies in week A.

    A weekday without a pattern has no lessons. Of several that apply, the one that became
    valid last holds.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="day_patterns")
    weekday = models.PositiveSmallIntegerField(help_text="0 is Monday.")
    day_type = models.ForeignKey(DayType, on_delete=models.CASCADE, related_name="patterns")
    every = models.PositiveSmallIntegerField(default=1, help_text="Weeks from one to the next.")
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weekday__lte=6), name="day_pattern_weekday"),
            models.CheckConstraint(condition=Q(every__gte=1), name="day_pattern_every"),
        ]


class CalendarDayQuerySet(models.QuerySet["CalendarDay"]):
    def standing(self) -> Self:
        return self.filter(withdrawn_at=None)


class CalendarDay(models.Model):
    """What a date is in one school, or in one grade of it. Several rows may speak of one date.

    closure      no lessons, all day or between `closed_from` and `closed_until`
    day_type     another day type than the weekday's
    swap         runs as another weekday
    event        stands in the calendar; lessons go on
    """

    class Kind(models.TextChoices):
        CLOSURE = "closure", _("closure")
        DAY_TYPE = "day_type", _("day type")
        SWAP = "swap", _("weekday swap")
        EVENT = "event", _("event")

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="calendar_days")
    date = models.DateField()
    kind = models.CharField(max_length=10, choices=Kind)
    grade = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Empty: the whole school.")
    title = models.CharField(max_length=80, help_text="臨時休業（暴風雪）, 学校祭 …")
    title_en = models.CharField(max_length=80, blank=True)
    closed_from = models.TimeField(null=True, blank=True)
    closed_until = models.TimeField(null=True, blank=True)
    day_type = models.ForeignKey(DayType, on_delete=models.PROTECT, null=True, blank=True)
    runs_as_weekday = models.PositiveSmallIntegerField(null=True, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = CalendarDayQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["organisation", "date"], name="calendar_day_org_date")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="day_type") | Q(day_type__isnull=False), name="calendar_day_has_day_type"
            ),
            models.CheckConstraint(
                condition=~Q(kind="swap") | Q(runs_as_weekday__lte=6), name="calendar_day_has_weekday"
            ),
        ]

    @property
    def label(self) -> Name:
        return Name(self.title, self.title_en or self.title)
