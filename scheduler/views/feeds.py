"""Calendars: the feed at its secret address, and the page on which addresses are made."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotFound, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from scheduler import addresses, feed_listing, feeds, readers
from scheduler.feeds import Target
from scheduler.models import Feed
from scheduler.providers import Reader


class MakeForm(forms.Form):
    """`instead_of` is the live address as the page showed it; empty when there was none.

    Without `scope` it is the reader's own calendar.
    """

    scope = forms.ChoiceField(choices=Feed.Scope.choices, required=False)
    subject = forms.IntegerField(required=False)
    audience = forms.ChoiceField(choices=Feed.Audience.choices, required=False)
    instead_of = forms.IntegerField(required=False)


@login_not_required
@require_safe
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """Public: who knows the address reads it. The feed's language decides, not the request's."""
    try:
        return _feed(request, secret)
    except feeds.BusyError:
        return HttpResponse(status=503, headers={"Retry-After": "60"})


def _feed(request: HttpRequest, secret: str) -> HttpResponse:
    now = timezone.now()
    found = feeds.find(secret, now=now)
    if found is None:
        return HttpResponseNotFound()  # without a page: its reader is a program
    row, edition = found
    if not feeds.is_within_limit(row):
        return HttpResponse(status=429, headers={"Retry-After": "3600"})
    feeds.note_reading(row, now=now)
    response = _unchanged(request, edition)
    if response is None:
        whole = feeds.content(row, now=now)
        if whole is None:
            return HttpResponseNotFound()
        edition, content = whole
        response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
        response["Content-Disposition"] = 'inline; filename="enkaku.ics"'
    response["ETag"] = edition.etag
    response["Last-Modified"] = http_date(int(edition.changed_at.timestamp()))
    response["Cache-Control"] = "private, no-cache"
    response["Content-Language"] = edition.language
    return response


def _unchanged(request: HttpRequest, edition: feeds.Edition) -> HttpResponse | None:
    changed_at = int(edition.changed_at.timestamp())
    response: HttpResponse | None = get_conditional_response(
        request, etag=edition.etag, last_modified=changed_at
    )
    return response


@require_safe
def event(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One booking as a file, for a calendar that is not subscribed: it follows no change."""
    now = timezone.now()
    reader = readers.of_request(request, now)
    content = feeds.single(reader, uid, now=now) if reader else None
    if content is None:
        raise Http404
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="lesson.ics"'
    response["Cache-Control"] = "private, no-cache"
    return response


@never_cache
def page(request: HttpRequest) -> HttpResponse:
    """GET shows how things stand. POST makes a new address and shows it in its own answer, this
    once: a redirect would have to keep the secret somewhere meanwhile."""
    if request.method == "POST":
        return _make(request)
    return _page(request)


@require_POST
def revoke(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    reader = readers.of_request(request, now)
    form = MakeForm(request.POST)
    if reader is None or not form.is_valid():
        raise Http404
    feeds.revoke(_target(form, reader), by=reader.user, now=now)
    return HttpResponseRedirect(reverse("scheduler:calendar"))


def _make(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    reader = readers.of_request(request, now)
    form = MakeForm(request.POST)
    if reader is None or not reader.memberships or not form.is_valid():
        raise Http404
    target = _target(form, reader)
    try:
        secret = feeds.make(target, by=reader.user, instead_of=form.cleaned_data["instead_of"], now=now)
    except feeds.ReplacedError:
        return _page(request, is_repeated=True)
    return _new(request, reader, target, secret)


def _target(form: MakeForm, reader: Reader) -> Target:
    """Whose address is asked for. What the reader may not decide about is not there."""
    scope = form.cleaned_data["scope"]
    if scope in {"", Feed.Scope.PERSON}:
        return feeds.own(reader.user)
    audience = form.cleaned_data["audience"]
    subject = feed_listing.managed(reader, scope, form.cleaned_data["subject"])
    if subject is None or audience not in {Feed.Audience.STAFF, Feed.Audience.PUBLIC}:
        raise Http404
    return feeds.about(subject, audience, reader.language)


def _new(request: HttpRequest, reader: Reader, target: Target, secret: str) -> HttpResponse:
    subject = feed_listing.managed(reader, target.scope, target.subject_id)
    facts = {
        "reader": reader,
        "address": addresses.of_feed(feeds.address(secret)),
        "subject": subject,
        "is_public": target.audience == Feed.Audience.PUBLIC,
        "is_only_here": addresses.is_only_here(settings.PUBLIC_URL),
        "host": addresses.host(settings.PUBLIC_URL),
    }
    return render(request, "scheduler/calendar_new.html", facts)


def _page(request: HttpRequest, *, is_repeated: bool = False) -> HttpResponse:
    reader = readers.of_request(request, timezone.now())
    if reader is None:
        raise Http404
    facts = {
        "reader": reader,
        "feed": feeds.live(feeds.own(reader.user)),
        "listing": feed_listing.of(reader, request.GET.get("q", ""), timezone.localdate()),
        "is_repeated": is_repeated,
    }
    return render(request, "scheduler/calendar.html", facts, status=409 if is_repeated else 200)
