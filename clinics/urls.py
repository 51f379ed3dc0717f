"""Addresses of `clinics`: a case by its random key, never by its number or by what it is about."""

from __future__ import annotations

from django.urls import URLPattern, path

from clinics.views import advice, attachments, cases, lists, requests, times

app_name = "clinics"
urlpatterns: list[URLPattern] = [
    path("consultations/", lists.own, name="list"),
    path("consultations/queue/", lists.queue, name="queue"),
    path("consultations/new/", requests.new, name="new"),
    path("consultations/<uuid:uid>/", cases.case, name="case"),
    path("consultations/<uuid:uid>/draft/", requests.draft, name="draft"),
    path("consultations/<uuid:uid>/readings/", cases.readings, name="readings"),
    path("consultations/<uuid:uid>/steps/<slug:name>/", cases.act, name="act"),
    path("consultations/<uuid:uid>/people/<int:pk>/remove/", cases.remove_person, name="remove_person"),
    path("consultations/<uuid:uid>/times/", times.propose, name="times"),
    path("consultations/<uuid:uid>/times/<uuid:offer>/accept/", times.accept, name="accept"),
    path("consultations/<uuid:uid>/times/<uuid:offer>/withdraw/", times.withdraw, name="withdraw"),
    path("consultations/<uuid:uid>/times/<uuid:offer>/take-up/", times.take_up, name="take_up"),
    path(
        "consultations/<uuid:uid>/times/<uuid:offer>/decline/", times.decline_counter, name="decline_counter"
    ),
    path("consultations/<uuid:uid>/advice/", advice.write, name="advice_write"),
    path("consultations/<uuid:uid>/advice/sign/", advice.review, name="advice_review"),
    path("consultations/<uuid:uid>/advice/<int:number>/", advice.version, name="advice"),
    path("consultations/<uuid:uid>/advice/<int:number>/read/", advice.acknowledge, name="acknowledge"),
    path("consultations/<uuid:uid>/files/", attachments.add, name="attach"),
    path("consultations/<uuid:uid>/files/<uuid:file>/", attachments.show, name="attachment"),
    path("consultations/<uuid:uid>/files/<uuid:file>/remove/", attachments.remove, name="detach"),
]
