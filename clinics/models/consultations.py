"""A consultation (FHIR ServiceRequest): what is asked, where it stands, who may see it, what happened.

Clinical text lives in this package's tables alone. Written by `clinics.consultations` and the other
verbs of the package; the rules are in `clinics.states`.
"""

from __future__ import annotations

import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clinics.models.specialties import Service, Specialty
from scheduler.models import Booking, Organisation, Person, User


class Urgency(models.TextChoices):
    """The time in which an answer is needed, never an adjective (domain/telemedicine.md §1.7)."""

    NOW = "now", _("now: the telephone first")
    TODAY = "today", _("today")
    ROUTINE = "routine", _("within some days")


class ConsultationQuerySet(models.QuerySet["Consultation"]):
    def open(self) -> Self:
        return self.exclude(state__in=Consultation.ENDED)


class Consultation(models.Model):
    """相談. `number` is what people call it (相談番号 R-0412); never a patient's name or chart number.

    `owner` says who has the next step, `due_at` by when: every case that has not ended has both.
    """

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("consultation", "draft")
        SUBMITTED = "submitted", pgettext_lazy("consultation", "received")
        NEEDS_INFO = "needs_info", pgettext_lazy("consultation", "waiting for an answer")
        TRIAGED = "triaged", pgettext_lazy("consultation", "looking for a time")
        OFFERED = "offered", pgettext_lazy("consultation", "times offered")
        SCHEDULED = "scheduled", pgettext_lazy("consultation", "conference booked")
        LIVE = "live", pgettext_lazy("consultation", "in conference")
        NO_SHOW = "no_show", pgettext_lazy("consultation", "did not take place")
        REPORT_DUE = "report_due", pgettext_lazy("consultation", "advice to be written")
        REPORTED = "reported", pgettext_lazy("consultation", "advice to be read")
        FOLLOW_UP = "follow_up", pgettext_lazy("consultation", "outcome to be recorded")
        CLOSED = "closed", pgettext_lazy("consultation", "closed")
        DECLINED = "declined", pgettext_lazy("consultation", "declined")
        UNFILLED = "unfilled", pgettext_lazy("consultation", "nobody was available")
        CANCELLED = "cancelled", pgettext_lazy("consultation", "withdrawn")

    ENDED = ("closed", "declined", "unfilled", "cancelled")

    class Owner(models.TextChoices):
        REQUESTER = "requester", pgettext_lazy("consultation", "requesting doctor")
        COORDINATOR = "coordinator", pgettext_lazy("consultation", "coordination office")
        SPECIALIST = "specialist", pgettext_lazy("consultation", "specialist")
        NOBODY = "", pgettext_lazy("consultation", "nobody")

    class AgeBand(models.TextChoices):
        INFANT = "0", _("under 1")
        CHILD = "1-5", _("1 to 5")
        PUPIL = "6-14", _("6 to 14")
        YOUTH = "15-19", _("15 to 19")
        TWENTIES = "20s", _("20s")
        THIRTIES = "30s", _("30s")
        FORTIES = "40s", _("40s")
        FIFTIES = "50s", _("50s")
        SIXTIES = "60s", _("60s")
        SEVENTIES = "70s", _("70s")
        EIGHTIES = "80s", _("80s")
        NINETIES = "90+", _("90 and over")

    class Sex(models.TextChoices):
        FEMALE = "female", _("female")
        MALE = "male", _("male")
        OTHER = "other", _("other or not stated")

    class ConsentBasis(models.TextChoices):
        """domain/telemedicine.md §2.3."""

        NOTICE = "notice", _("the hospital’s posted notice")
        ORAL = "oral", _("explained and agreed, orally")
        WRITTEN = "written", _("in writing")
        EMERGENCY = "emergency", _("emergency, consent later")
        DEIDENTIFIED = "deidentified", _("cannot be traced to a person")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(max_length=12, blank=True, help_text="R-0412; given when submitted.")
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    back_to = models.CharField(
        max_length=12, choices=State, blank=True, help_text="Where an answer leads back to."
    )
    owner = models.CharField(max_length=12, choices=Owner, blank=True, default=Owner.REQUESTER)
    due_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True, help_text="Since when the clock stands still for a question.")
    version = models.PositiveIntegerField(
        default=0, help_text="Grows with every change; a stale page is told."
    )

    # Who asks whom.
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="consultations")
    requester = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="consultations")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    specialty = models.ForeignKey(
        Specialty, on_delete=models.PROTECT, null=True, blank=True, related_name="consultations",
        help_text="Empty: the coordinator decides.",
    )  # fmt: skip
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, null=True, blank=True, related_name="consultations",
        help_text="The hospital’s service that has it now; set when submitted.",
    )  # fmt: skip
    specialist = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="assigned_consultations"
    )

    # What is asked. All of it is clinical.
    urgency = models.CharField(max_length=8, choices=Urgency, blank=True)
    answer_by = models.DateTimeField(
        null=True, blank=True, help_text="When an answer is needed; the doctor’s word."
    )
    question = models.CharField(max_length=200, blank=True)
    age_band = models.CharField(max_length=6, choices=AgeBand, blank=True)
    sex = models.CharField(max_length=6, choices=Sex, blank=True)
    local_number = models.CharField(
        max_length=40,
        blank=True,
        help_text="The clinic’s own key (院内の控え番号), never a name or chart number.",
    )
    patient_present = models.BooleanField(null=True)
    consent_basis = models.CharField(max_length=12, choices=ConsentBasis, blank=True)
    consent_at = models.DateTimeField(null=True, blank=True)
    summary = models.TextField(max_length=2000, blank=True)
    callback = models.CharField(max_length=20, blank=True, help_text="Telephone at the bedside.")

    conference = models.OneToOneField(
        Booking, on_delete=models.PROTECT, null=True, blank=True, related_name="consultation"
    )
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    triaged_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=200, blank=True, help_text="Why it was declined or withdrawn.")

    objects = ConsultationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["state", "due_at"], name="consultation_state_due"),
            models.Index(fields=["requester", "state"], name="consultation_requester"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["number"], condition=~Q(number=""), name="consultation_number_once"
            ),
            # No case without an owner or a next step.
            models.CheckConstraint(
                condition=Q(state__in=("closed", "declined", "unfilled", "cancelled"), owner="")
                | (~Q(state__in=("closed", "declined", "unfilled", "cancelled")) & ~Q(owner="")),
                name="consultation_has_owner",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("draft", "closed", "declined", "unfilled", "cancelled"))
                | Q(due_at__isnull=False),
                name="consultation_has_deadline",
            ),
        ]

    def __str__(self) -> str:
        return self.number or "draft"


class CaseParty(models.Model):
    """見られる人: somebody who may see the case, since when and until when.

    The coordinators of the hospital that has the case see it by their post and have no row.
    """

    class Part(models.TextChoices):
        REQUESTER = "requester", pgettext_lazy("consultation", "requesting doctor")
        COLLEAGUE = "colleague", pgettext_lazy("consultation", "doctor of the requesting side")
        PROXY = "proxy", pgettext_lazy("consultation", "who prepared it")
        SPECIALIST = "specialist", pgettext_lazy("consultation", "specialist")

    consultation = models.ForeignKey(Consultation, on_delete=models.PROTECT, related_name="parties")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="cases")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+",
        help_text="Where they had their post when they came in; without it they see the case no more.",
    )  # fmt: skip
    part = models.CharField(max_length=12, choices=Part)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["consultation", "person"], condition=Q(until=None), name="case_party_once"
            )
        ]


class Question(models.Model):
    """Asked back by the coordinator or a specialist; the clock stands still until it is answered."""

    consultation = models.ForeignKey(Consultation, on_delete=models.PROTECT, related_name="questions")
    text = models.CharField(max_length=500)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=1000, blank=True)
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]


class CaseChange(models.Model):
    """One transition, appended and never changed. `intention` is the request's key: twice is once."""

    consultation = models.ForeignKey(Consultation, on_delete=models.PROTECT, related_name="changes")
    event = models.CharField(max_length=30)
    before = models.CharField(max_length=12, blank=True)
    after = models.CharField(max_length=12)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    actor = models.CharField(max_length=12, help_text="As what: requester, coordinator, specialist, system.")
    reason = models.CharField(max_length=200, blank=True)
    facts = models.JSONField(default=dict, help_text="Keys, codes and times; no clinical text.")
    intention = models.UUIDField(null=True, unique=True)

    class Meta:
        ordering = ["pk"]


class Numbering(models.Model):
    """The last number given to a consultation; its one row is locked while the next is given."""

    last = models.PositiveIntegerField(default=0)
