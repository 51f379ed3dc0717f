"""Accounts and what they are in an organisation, with the dates between which they are it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from scheduler.models.organisations import Organisation
from scheduler.names import Name


class Role(models.TextChoices):
    """OneRoster role. What each may do is decided in `scheduler.permissions`."""

    CENTRE_ADMIN = "centre_admin", _("centre administrator")
    PLANNER = "planner", _("planner")
    TEACHER = "teacher", _("teacher")
    SCHOOL_COORDINATOR = "school_coordinator", _("school coordinator")
    SCHOOL_HEAD = "school_head", _("head of school")
    ROOM_STAFF = "room_staff", _("room staff")
    DEVICE = "device", _("receiving-room device")
    STUDENT = "student", _("pupil with a remote seat")
    SPECIALIST = "specialist", _("specialist")
    LOCAL_DOCTOR = "local_doctor", _("local doctor")
    CLINIC_COORDINATOR = "clinic_coordinator", _("consultation coordinator")
    BOARD_VIEWER = "board_viewer", _("board viewer")
    AUDITOR = "auditor", _("auditor")
    SUPPORTER = "supporter", _("technical supporter")


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: object) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """An account: a person's, or a receiving room's device."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80, blank=True)
    language = models.CharField(max_length=5, choices=[("ja", "日本語"), ("en", "English")], default="ja")
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects: ClassVar[UserManager] = UserManager()

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    @property
    def label(self) -> Name:
        return Name(self.name, self.name_en or self.name)


class MembershipQuerySet(models.QuerySet["Membership"]):
    def valid_on(self, day: date) -> Self:
        return self.filter(Q(valid_until=None) | Q(valid_until__gt=day), valid_from__lte=day)


class Membership(models.Model):
    """A user's post in an organisation. Postings move every April, so every one has dates."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)
    post = models.CharField(max_length=40, blank=True, help_text="教諭, 実習助手, 事務職員 …")
    location = models.ForeignKey(
        "scheduler.Location", on_delete=models.PROTECT, null=True, blank=True, related_name="devices",
        help_text="The receiving set that a device stands on.",
    )  # fmt: skip
    valid_from = models.DateField()
    valid_until = models.DateField(
        null=True, blank=True, help_text="The first day on which it no longer holds."
    )

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=models.F("valid_from")),
                name="membership_until_after_from",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.organisation_id}"

    def holds_on(self, day: date) -> bool:
        """As `valid_on`, of a row that is at hand."""
        return self.valid_from <= day and (self.valid_until is None or day < self.valid_until)

    @property
    def last_day(self) -> date | None:
        """As people say it; None for a post without an end."""
        return self.valid_until - timedelta(days=1) if self.valid_until else None

    def clean(self) -> None:
        if not self.organisation_id:
            return  # asked also of a form in which it was not chosen, which says so itself
        of_centre = {Role.CENTRE_ADMIN, Role.PLANNER, Role.TEACHER}
        of_doctors = {Role.SPECIALIST, Role.LOCAL_DOCTOR, Role.CLINIC_COORDINATOR}
        kind = self.organisation.kind
        if self.role in of_centre and kind != Organisation.Kind.DELIVERY_CENTRE:
            raise ValidationError({"role": _("This role exists at a delivery centre only.")})
        if self.role in of_doctors and kind not in {Organisation.Kind.HOSPITAL, Organisation.Kind.CLINIC}:
            raise ValidationError({"role": _("This role exists at a hospital or a clinic only.")})
        if self.role == Role.BOARD_VIEWER and kind != Organisation.Kind.BOARD:
            raise ValidationError({"role": _("This role exists at a board of education only.")})
