"""Addresses of pupils and records. What names pupils is kept by no browser and no proxy."""

from __future__ import annotations

from collections.abc import Callable

from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.views.decorators.cache import cache_control

from classrooms.views import pupil_files, pupils, records


def _page(route: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
    return path(route, cache_control(private=True, no_store=True)(view), name=name)


urlpatterns: list[URLPattern] = [
    _page("pupils/", pupils.pupils_page, "pupils"),
    _page("pupils/new/", pupils.new, "pupil_new"),
    _page("pupils/import/", pupil_files.upload, "pupil_import"),
    _page("pupils/import/confirm/", pupil_files.confirm, "pupil_import_confirm"),
    _page("pupils/import/template.csv", pupil_files.template, "pupil_template"),
    _page("pupils/roster.csv", pupil_files.roster, "pupil_roster"),
    _page("pupils/sections/<int:pk>/", pupils.section, "pupil_section"),
    _page("pupils/<int:pk>/", pupils.pupil, "pupil"),
    _page("pupils/<int:pk>/sections/", pupils.take, "pupil_take"),
    _page("pupils/<int:pk>/remote/", pupils.approve_seat, "remote_seat"),
    _page("pupils/<int:pk>/remote/<int:seat_pk>/invite/", pupils.invite, "remote_seat_invite"),
    _page("pupils/<int:pk>/remote/<int:seat_pk>/end/", pupils.end_seat, "remote_seat_end"),
    _page("records/", records.records, "records"),
    _page("records/marks.csv", records.marks, "records_marks"),
    _page("records/sums.csv", records.sums, "records_sums"),
    _page("records/terms/", records.terms_page, "terms"),
    _page("records/terms/<int:pk>/", records.term, "term"),
    _page("records/terms/<int:pk>/remove/", records.remove_term, "term_remove"),
]
