"""Addresses of `classrooms`."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "classrooms"
urlpatterns: list[URLPattern] = []
