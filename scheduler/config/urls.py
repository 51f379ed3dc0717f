"""Every address of the service."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

# Administrators sign in like everybody, behind the same limits on attempts.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # as allauth documents

handler500 = "scheduler.views.failures.server_error"
urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("scheduler.account_urls")),
    path("admin/", admin.site.urls),
    path("", include("scheduler.urls")),
    path("", include("classrooms.urls")),
    path("", include("clinics.urls")),
    path("", include("realtime.urls")),
]
