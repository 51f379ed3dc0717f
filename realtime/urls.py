"""Addresses of `realtime`."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "realtime"
urlpatterns: list[URLPattern] = []
