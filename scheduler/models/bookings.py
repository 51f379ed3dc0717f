"""Bookings, who takes part in them, and what they hold. Written by `scheduler.bookings` alone."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from scheduler.intervals import Interval
from scheduler.models.constraints import NoOverlap
from scheduler.models.organisations import Organisation
from scheduler.models.people import User
from scheduler.models.resources import Location, Person, Resource
from scheduler.names import Name


class Series(models.Model):
    """A weekly recurrence from which bookings were made (RFC 5545 §3.8.5).

    The wall clock is the recurrence; each booking keeps the instant it was made for.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    intention = models.UUIDField(null=True, unique=True, help_text="The key of the request that made it.")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)


class BookingQuerySet(models.QuerySet["Booking"]):
    def live(self, now: datetime) -> Self:
        """Confirmed, or held and not expired at `now`."""
        return self.filter(Q(state="confirmed") | Q(state="tentative", expires_at__gt=now))


class Booking(models.Model):
    """One stretch of time set aside (FHIR Appointment).

    `start` and `end` are the hull of all live participants' periods. `title` is what anybody who
    may see the booking reads; a vertical with private content keeps it neutral.
    """

    class Kind(models.TextChoices):
        LESSON = "lesson", _("lesson")
        LOCAL = "local", _("school's own lesson")
        PRACTICE = "practice", _("practice room")
        CONFERENCE = "conference", _("conference")

    class State(models.TextChoices):
        TENTATIVE = "tentative", _("held")
        CONFIRMED = "confirmed", _("booked")
        CANCELLED = "cancelled", _("cancelled")

    class Visibility(models.TextChoices):
        """RFC 5545 CLASS."""

        PUBLIC = "PUBLIC"
        PRIVATE = "PRIVATE"
        CONFIDENTIAL = "CONFIDENTIAL"

    written: BookingChange | None = None
    """What the verb that returned this row wrote: None if its request was repeated, or had nothing to do."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=20, choices=Kind)
    state = models.CharField(max_length=10, choices=State)
    title = models.CharField(max_length=120)
    title_en = models.CharField(max_length=120, blank=True)
    visibility = models.CharField(max_length=12, choices=Visibility, default=Visibility.PUBLIC)
    organiser = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="organised_bookings")
    start = models.DateTimeField()
    end = models.DateTimeField()
    headcount = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField(null=True, blank=True)
    sequence = models.PositiveIntegerField(default=0)
    override_reason = models.CharField(max_length=200, blank=True)
    series = models.ForeignKey(
        Series, on_delete=models.PROTECT, null=True, blank=True, related_name="bookings"
    )
    recurrence_start = models.DateTimeField(
        null=True, blank=True, help_text="RECURRENCE-ID: the start it was made for."
    )
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField(help_text="Last change that a reader can see.")
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancel_reason = models.CharField(max_length=200, blank=True)

    objects = BookingQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["start", "end"], name="booking_start_end"),
            models.Index(fields=["state", "expires_at"], name="booking_state_expires"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="booking_ends_after_start"),
            models.CheckConstraint(
                condition=~Q(state="tentative") | Q(expires_at__isnull=False), name="booking_hold_expires"
            ),
            models.UniqueConstraint(
                fields=["series", "recurrence_start"], name="booking_once_per_recurrence"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uid}"

    @property
    def interval(self) -> Interval:
        return Interval(self.start, self.end)

    @property
    def label(self) -> Name:
        return Name(self.title, self.title_en or self.title)

    def is_live(self, now: datetime) -> bool:
        if self.state == self.State.TENTATIVE:
            return self.expires_at is not None and self.expires_at > now
        return self.state == self.State.CONFIRMED


class ParticipantQuerySet(models.QuerySet["Participant"]):
    def standing(self) -> Self:
        return self.filter(withdrawn_at=None)


class Participant(models.Model):
    """One party of a booking and its own period (FHIR Appointment.participant).

    A school is a participant without a person; a teacher one with. A withdrawn participant
    keeps its row and its times, and holds nothing.
    """

    class Role(models.TextChoices):
        HOST = "host", _("host")
        GUEST = "guest", _("guest")

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="participants")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="participations")
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="participations"
    )
    role = models.CharField(max_length=10, choices=Role)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    start = models.DateTimeField()
    end = models.DateTimeField()
    period_number = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="校時, as it was when booked."
    )
    grade = models.PositiveSmallIntegerField(null=True, blank=True)
    headcount = models.PositiveIntegerField(default=0)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdraw_reason = models.CharField(max_length=200, blank=True)

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["organisation", "start"], name="participant_org_start"),
            models.Index(fields=["person", "start"], name="participant_person_start"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="participant_ends_after_start"),
        ]

    @property
    def interval(self) -> Interval:
        return Interval(self.start, self.end)


class Claim(models.Model):
    """One unit of one resource held by one live booking over its own interval.

    A claim exists exactly while its booking is live and its participant stands. The database
    refuses two that overlap; a claim of an override is left out of that and judged under locks.
    """

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="claims")
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="claims")
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="claims", db_index=False)
    unit = models.PositiveSmallIntegerField(default=0)
    start = models.DateTimeField()
    end = models.DateTimeField()
    is_override = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["resource", "start"], name="claim_resource_start")]
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="claim_ends_after_start"),
            NoOverlap(name="claim_no_overlap"),
        ]

    @property
    def interval(self) -> Interval:
        return Interval(self.start, self.end)


class BookingChange(models.Model):
    """What happened to a booking, appended and never changed.

    `intention` is the key of the request: the same request twice finds its first answer here.
    """

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="changes")
    intention = models.UUIDField(null=True, unique=True)
    verb = models.CharField(max_length=20)
    sequence = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    before = models.JSONField(default=dict, help_text="The facts that changed, as they were.")
    after = models.JSONField(default=dict)

    class Meta:
        ordering = ["pk"]
