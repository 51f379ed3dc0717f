"""The calendar feed, and the page on which a person makes its address."""

from __future__ import annotations

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

from scheduler import addresses, feeds, ical, readers


class MakeForm(forms.Form):
    """`instead_of` is the live address as the page showed it; empty when there was none."""

    instead_of = forms.IntegerField(required=False)


@login_not_required
@require_safe
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """Public: who knows the address reads it. The reader's language decides, not the request's."""
    now = timezone.now()
    found = feeds.find(secret, now=now)
    if found is None:
        return HttpResponseNotFound()  # without a page: its reader is a program
    row, reader = found
    if not feeds.is_within_limit(row):
        return HttpResponse(status=429, headers={"Retry-After": "3600"})
    edition = feeds.edition(row, reader, now=now)
    feeds.note_reading(row, now=now)
    changed_at = int(edition.changed_at.timestamp())
    response = get_conditional_response(request, etag=edition.etag, last_modified=changed_at)
    if response is None:
        calendar = edition.calendar or feeds.calendar_of(reader, now=now)
        response = HttpResponse(ical.rendered(calendar), content_type="text/calendar; charset=utf-8")
        response["Content-Disposition"] = 'inline; filename="enkaku.ics"'
    response["ETag"] = edition.etag
    response["Last-Modified"] = http_date(changed_at)
    response["Cache-Control"] = "private, no-cache"
    response["Content-Language"] = reader.language
    return response


@never_cache
def page(request: HttpRequest) -> HttpResponse:
    """GET shows how things stand. POST makes a new address and shows it in its own answer, this
    once: a redirect would have to keep the secret somewhere meanwhile."""
    if request.method == "POST":
        return _make(request)
    return _page(request, None)


@require_POST
def revoke(request: HttpRequest) -> HttpResponse:
    reader = readers.of_request(request, timezone.now())
    if reader is None:
        raise Http404
    feeds.revoke(reader.user, now=timezone.now())
    return HttpResponseRedirect(reverse("scheduler:calendar"))


def _make(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    reader = readers.of_request(request, now)
    form = MakeForm(request.POST)
    if reader is None or not reader.memberships or not form.is_valid():
        raise Http404
    try:
        secret = feeds.make(reader.user, instead_of=form.cleaned_data["instead_of"], now=now)
    except feeds.ReplacedError:
        return _page(request, None, is_repeated=True)
    return _page(request, addresses.of_feed(feeds.address(secret)))


def _page(
    request: HttpRequest, address: addresses.FeedAddress | None, *, is_repeated: bool = False
) -> HttpResponse:
    reader = readers.of_request(request, timezone.now())
    if reader is None:
        raise Http404
    facts = {
        "reader": reader,
        "feed": feeds.live(reader.user),
        "address": address,
        "is_repeated": is_repeated,
        "is_only_here": addresses.is_only_here(settings.PUBLIC_URL),
        "host": addresses.host(settings.PUBLIC_URL),
    }
    return render(request, "scheduler/calendar.html", facts, status=409 if is_repeated else 200)
