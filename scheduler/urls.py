"""Addresses of `scheduler`."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "scheduler"
urlpatterns: list[URLPattern] = []
