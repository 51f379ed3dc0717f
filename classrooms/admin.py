"""Administrators' plain look at courses and sections. Lessons are written by their verbs alone."""

# Django's admin classes take type arguments in the stubs alone, not at run time.
# mypy: disable-error-code="type-arg"
from __future__ import annotations

from django.contrib import admin

from classrooms.models import Course, Section, SectionSchool
from scheduler.admin import AuditedAdmin


@admin.register(Course)
class CourseAdmin(AuditedAdmin):
    list_display = ("name", "name_en", "subject_area", "credits")
    list_filter = ("subject_area",)
    search_fields = ("name", "name_en")


class SectionSchoolInline(admin.TabularInline):
    model = SectionSchool
    extra = 0
    autocomplete_fields = ("school", "location")
    raw_id_fields = ("parts",)


@admin.register(Section)
class SectionAdmin(AuditedAdmin):
    list_display = (
        "name",
        "teacher",
        "academic_year",
        "wanted_minutes",
        "minimum_minutes",
        "meetings_per_week",
    )
    list_filter = ("academic_year", "course__subject_area")
    list_select_related = ("teacher",)
    search_fields = ("name", "name_en", "teacher__name", "schools__school__short_name")
    autocomplete_fields = ("course", "centre", "teacher", "studio")
    inlines = (SectionSchoolInline,)
