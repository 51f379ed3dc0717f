"""Addresses of `scheduler`."""

from __future__ import annotations

from django.urls import URLPattern, path

from scheduler.views import feeds, languages, notices, today
from scheduler.views import help as help_view

app_name = "scheduler"
urlpatterns: list[URLPattern] = [
    path("", today.page, name="today"),
    path("help/", help_view.page, name="help"),
    path("calendar/", feeds.page, name="calendar"),
    path("calendar/revoke/", feeds.revoke, name="calendar_revoke"),
    path("calendar/<str:secret>.ics", feeds.feed, name="feed"),
    path("notices/", notices.page, name="notices"),
    path("notices/read/", notices.read_all, name="notices_read"),
    path("notices/<int:pk>/read/", notices.read, name="notice_read"),
    path("language/", languages.change, name="language"),
]
