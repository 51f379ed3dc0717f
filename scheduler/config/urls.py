"""Every address of the service."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("scheduler.account_urls")),
    path("admin/", admin.site.urls),
    path("", include("scheduler.urls")),
    path("", include("classrooms.urls")),
    path("", include("realtime.urls")),
]
