"""Addresses of everything that is set up."""

from __future__ import annotations

from django.urls import URLPattern, path

from scheduler.views import bells, imports, locations, organisations, school_days, settings

urlpatterns: list[URLPattern] = [
    path("settings/", settings.page, name="settings"),
    path("settings/bells/", bells.page, name="bells"),
    path("settings/bells/new/", bells.new, name="bells_new"),
    path("settings/bells/week/", bells.week, name="bells_week"),
    path("settings/bells/<int:pk>/remove/", bells.remove, name="bells_remove"),
    path("settings/calendar/", school_days.page, name="school_days"),
    path("settings/calendar/new/<slug:kind>/", school_days.new, name="school_day_new"),
    path("settings/calendar/withdraw/", school_days.withdraw, name="school_days_withdraw"),
    path("settings/places/", locations.page, name="locations"),
    path("settings/places/new/", locations.new, name="location_new"),
    path("settings/places/<int:pk>/", locations.change, name="location"),
    path("settings/organisations/", organisations.page, name="organisations"),
    path("settings/organisations/new/", organisations.new, name="organisation_new"),
    path("settings/organisations/<int:pk>/", organisations.change, name="organisation"),
    path("settings/lists/<slug:slug>/import/", imports.upload, name="list_import"),
    path("settings/lists/<slug:slug>/import/confirm/", imports.confirm, name="list_import_confirm"),
    path("settings/lists/<slug:slug>/template.csv", imports.template, name="list_template"),
    path("settings/lists/<slug:slug>/list.csv", imports.export, name="list_export"),
]
