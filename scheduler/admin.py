"""Administrators' plain look at the core's master data (Django's admin, for `is_staff` accounts).

Bookings, claims and notices are left out on purpose: they are written by their verbs alone. A day
is closed or reopened with `closures`, so that lessons are freed and people told; here it is read.
"""

# Django's admin classes take type arguments in the stubs alone, not at run time.
# mypy: disable-error-code="type-arg"
from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from scheduler import audit, members
from scheduler.models import (
    BellSchedule,
    CalendarDay,
    ClassGroup,
    ClassPart,
    DayPattern,
    DayType,
    Location,
    Membership,
    Organisation,
    Period,
    Person,
    Rule,
    User,
)  # fmt: skip


class AuditedAdmin(admin.ModelAdmin):
    """Django's own log of changes is for whoever uses these pages; the audit keeps each of them, too."""

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        self._record(audit.Action.CREATE, request, obj)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        self._record(audit.Action.UPDATE, request, obj)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        for obj in queryset:
            self._record(audit.Action.DELETE, request, obj)
        return super().log_deletions(request, queryset)

    def _record(self, action: audit.Action, request: HttpRequest, obj: Model) -> None:
        kind = "account" if isinstance(obj, User) else str(obj._meta.model_name)  # noqa: SLF001 -- documented by Django
        audit.record(
            action, f"admin.{action.value}", by=request.user if isinstance(request.user, User) else None,
            now=timezone.now(), object_type=kind, object_key=str(obj.pk), request=request,
        )  # fmt: skip


@admin.register(Organisation)
class OrganisationAdmin(AuditedAdmin):
    list_display = ("short_name", "name", "kind", "district", "municipality", "code", "is_illustrative")
    list_filter = ("kind", "district", "is_illustrative")
    search_fields = ("short_name", "name", "kana", "name_en", "code")


class MembershipInline(admin.TabularInline):
    """Posts of others. One's own are read: by one of a doctor one would read cases."""

    model = Membership
    extra = 0
    autocomplete_fields = ("organisation", "location")

    def has_add_permission(self, request: HttpRequest, obj: User | None) -> bool:  # type: ignore[override]  # as Django asks inlines
        return obj != request.user and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return obj != request.user and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return obj != request.user and super().has_delete_permission(request, obj)


@admin.register(User)
class UserAdmin(AuditedAdmin, BaseUserAdmin):
    """Accounts by e-mail address; posts are edited with the account they belong to."""

    ordering = ("email",)
    list_display = ("name", "email", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff", "memberships__role")
    search_fields = ("name", "name_en", "email")
    filter_horizontal = ()
    inlines = (MembershipInline,)
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "password", "name", "name_en", "language")}),
        (None, {"fields": ("is_active", "is_staff", "is_superuser", "last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),)

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool) -> None:
        obj.email = obj.email.lower()
        super().save_model(request, obj, form, change)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        _say_why(request, kwargs.get("obj"))
        return super().render_change_form(request, context, *args, **kwargs)


class MembershipForm(ModelForm):
    by: User | None = None

    def clean_user(self) -> User:
        user: User = self.cleaned_data["user"]
        if user == self.by:
            raise ValidationError(members.NOT_ONESELF)
        return user


def _say_why(request: HttpRequest, whose: User | None) -> None:
    if whose == request.user and request.method == "GET":
        messages.info(request, members.NOT_ONESELF)


@admin.register(Membership)
class MembershipAdmin(AuditedAdmin):
    form = MembershipForm
    list_display = ("user", "organisation", "role", "post", "valid_from", "valid_until")
    list_filter = ("role", "organisation__kind")
    search_fields = ("user__name", "user__email", "organisation__short_name")
    autocomplete_fields = ("user", "organisation", "location")
    date_hierarchy = "valid_from"

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        made: Any = super().get_form(request, *args, **kwargs)
        made.by = request.user
        return made

    def has_change_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        is_own = obj is not None and obj.user == request.user
        return not is_own and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        is_own = obj is not None and obj.user == request.user
        return not is_own and super().has_delete_permission(request, obj)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        held = kwargs.get("obj")
        _say_why(request, held.user if held else None)
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(Person)
class PersonAdmin(AuditedAdmin):
    list_display = ("name", "organisation", "subject_area", "is_active")
    list_filter = ("subject_area", "organisation__kind", "is_active")
    search_fields = ("name", "name_en", "kana")
    autocomplete_fields = ("organisation", "user")


@admin.register(Location)
class LocationAdmin(AuditedAdmin):
    list_display = ("name", "organisation", "kind", "position", "is_active")
    list_filter = ("kind", "is_active")
    search_fields = ("name", "name_en", "organisation__short_name")
    autocomplete_fields = ("organisation",)


class ClassPartInline(admin.TabularInline):
    model = ClassPart
    extra = 0
    fields = ("name", "name_en", "headcount", "kind", "organisation", "is_active")
    autocomplete_fields = ("organisation",)


@admin.register(ClassGroup)
class ClassGroupAdmin(AuditedAdmin):
    list_display = ("name", "organisation", "grade")
    list_filter = ("grade",)
    search_fields = ("name", "organisation__short_name")
    autocomplete_fields = ("organisation",)
    inlines = (ClassPartInline,)


@admin.register(DayType)
class DayTypeAdmin(AuditedAdmin):
    list_display = ("name", "organisation", "code")
    list_filter = ("code",)
    search_fields = ("name", "code", "organisation__short_name")
    autocomplete_fields = ("organisation",)


class PeriodInline(admin.TabularInline):
    model = Period
    extra = 0


@admin.register(BellSchedule)
class BellScheduleAdmin(AuditedAdmin):
    """One table with its periods. A changed table is a new row: the old one stays for its dates."""

    list_display = ("school", "day_type", "valid_from", "valid_until", "times")
    list_filter = ("day_type__code",)
    search_fields = ("day_type__organisation__short_name", "day_type__name")
    autocomplete_fields = ("day_type",)
    inlines = (PeriodInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[BellSchedule]:
        related = super().get_queryset(request).select_related("day_type__organisation")
        return related.prefetch_related("periods")

    @admin.display(ordering="day_type__organisation__code")
    def school(self, bells: BellSchedule) -> str:
        return bells.day_type.organisation.short_name

    @admin.display
    def times(self, bells: BellSchedule) -> str:
        return "  ".join(f"{p.starts_at:%H:%M}–{p.ends_at:%H:%M}" for p in bells.periods.all())


@admin.register(DayPattern)
class DayPatternAdmin(AuditedAdmin):
    list_display = ("organisation", "weekday", "day_type", "every", "valid_from", "valid_until")
    list_filter = ("weekday", "organisation__district")
    search_fields = ("organisation__short_name",)
    autocomplete_fields = ("organisation", "day_type")


@admin.register(CalendarDay)
class CalendarDayAdmin(AuditedAdmin):
    """Day types, swaps and events may be entered here; closures are only shown."""

    list_display = (
        "date",
        "organisation",
        "kind",
        "title",
        "grade",
        "closed_from",
        "day_type",
        "withdrawn_at",
    )
    list_filter = ("kind", "organisation__district")
    search_fields = ("title", "organisation__short_name")
    date_hierarchy = "date"
    autocomplete_fields = ("organisation", "day_type")
    fields = ("organisation", "date", "kind", "grade", "title", "title_en", "day_type", "runs_as_weekday")

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "kind":
            # A closure entered here would leave the lessons of its hours standing.
            kwargs["choices"] = [c for c in CalendarDay.Kind.choices if c[0] != CalendarDay.Kind.CLOSURE]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: CalendarDay | None = None) -> bool:
        if obj is not None and obj.kind == CalendarDay.Kind.CLOSURE:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: CalendarDay | None = None) -> bool:
        """Never: the calendar of a school is kept (domain/education.md §2.9)."""
        return False

    def save_model(
        self, request: HttpRequest, obj: CalendarDay, form: ModelForm[CalendarDay], change: bool
    ) -> None:  # fmt: skip
        if obj.created_by is None and isinstance(request.user, User):
            obj.created_by = request.user
        super().save_model(request, obj, form, change)


@admin.register(Rule)
class RuleAdmin(AuditedAdmin):
    list_display = ("key", "value", "unit", "organisation", "valid_from", "valid_until", "source")
    list_filter = ("key",)
    autocomplete_fields = ("organisation",)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"valid_from": date(date.today().year, 4, 1)}  # noqa: DTZ011 -- a proposal in a form
