"""Addresses of `classrooms`."""

from __future__ import annotations

from django.urls import URLPattern, path

from classrooms.views import booking, lesson, series, weeks

app_name = "classrooms"
urlpatterns: list[URLPattern] = [
    path("book/", booking.book, name="book"),
    path("book/weekly/", series.series, name="series"),
    path("book/weeks/", weeks.weeks, name="weeks"),
    path("lessons/<uuid:uid>/", lesson.lesson, name="lesson"),
    path("lessons/<uuid:uid>/confirm/", lesson.confirm, name="confirm"),
    path("lessons/<uuid:uid>/cancel/", lesson.cancel, name="cancel"),
    path("lessons/<uuid:uid>/schools/<int:reception_id>/cancel/", lesson.withdraw, name="withdraw"),
]
