"""Addresses of `realtime`."""

from __future__ import annotations

from django.urls import URLPattern, path

from realtime import views

app_name = "realtime"
urlpatterns: list[URLPattern] = [
    path("rooms/check/", views.check, name="check"),
    path("rooms/<uuid:uid>/", views.by_booking, name="by_booking"),
]
