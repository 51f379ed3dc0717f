"""Addresses of `classrooms`."""

from __future__ import annotations

from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache

from classrooms import pupil_urls
from classrooms.views import booking, counts, lesson, registers, sections, series, weeks

app_name = "classrooms"
urlpatterns: list[URLPattern] = [
    path("book/", booking.book, name="book"),
    path("book/weekly/", series.series, name="series"),
    path("book/weeks/", weeks.weeks, name="weeks"),
    path("lessons/<uuid:uid>/", never_cache(lesson.lesson), name="lesson"),
    path("lessons/<uuid:uid>/confirm/", lesson.confirm, name="confirm"),
    path("lessons/<uuid:uid>/release/", lesson.release, name="release"),
    path("lessons/<uuid:uid>/cancel/", lesson.cancel, name="cancel"),
    path("lessons/<uuid:uid>/schools/<int:reception_id>/cancel/", lesson.withdraw, name="withdraw"),
    path("counts/", counts.page, name="counts"),
    path("register/", never_cache(registers.registers_list), name="registers"),
    path("register/setting/", registers.setting, name="register_setting"),
    path("register/<int:pk>/", registers.register, name="register"),
    path("register/<int:pk>/marks/", registers.marks, name="marks"),
    path("register/<int:pk>/confirm/", registers.confirm, name="register_confirm"),
    path("register/<int:pk>/staff/", registers.staff, name="register_staff"),
    path("settings/sections/", sections.page, name="sections"),
    path("settings/sections/new/", sections.new, name="section_new"),
    path("settings/sections/<int:pk>/", sections.change, name="section_entry"),
    *pupil_urls.urlpatterns,
]
