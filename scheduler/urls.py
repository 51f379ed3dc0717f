"""Addresses of `scheduler`."""

from __future__ import annotations

from django.urls import URLPattern, path

from scheduler.views import help as help_view
from scheduler.views import languages, today

app_name = "scheduler"
urlpatterns: list[URLPattern] = [
    path("", today.page, name="today"),
    path("help/", help_view.page, name="help"),
    path("language/", languages.change, name="language"),
]
