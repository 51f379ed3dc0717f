"""People from a file: for whoever may invite, within what they may give."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scheduler import people_imports
from scheduler.import_forms import ListForm
from scheduler.members import DoublePostError
from scheduler.people_imports import Outcome
from scheduler.people_lists import PeopleListing
from scheduler.views import list_pages
from scheduler.views.downloads import download, encoding_of
from scheduler.views.holders import holder_of
from scheduler.views.invitations import say_unsent
from scheduler.views.list_pages import ListAddresses

LISTING = PeopleListing()


def _addresses() -> ListAddresses:
    return ListAddresses(
        upload=reverse("scheduler:people_import"),
        confirm=reverse("scheduler:people_import_confirm"),
        template=reverse("scheduler:people_template"),
        back=reverse("scheduler:people"),
        is_setting=False,
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Asks for a file; shows whom it would invite and give a post, or every reason why it cannot."""
    now = timezone.now()
    by, holder = holder_of(request, now)
    form = ListForm(request.POST or None, request.FILES or None)
    contents = list_pages.contents_of(form, LISTING)
    if contents is None:
        return list_pages.asking(request, form, LISTING, _addresses())
    preview = LISTING.judge(contents.rows, holder, by=by, now=now)
    return list_pages.showing(request, LISTING, preview, _addresses(), passed_over=contents.passed_over)


@require_POST
def confirm(request: HttpRequest) -> HttpResponse:
    """Writes what was shown, or shows anew what has become of it meanwhile."""
    now = timezone.now()
    by, holder = holder_of(request, now)
    shown = list_pages.confirmed(request, LISTING)
    if shown is None:
        return redirect("scheduler:people_import")
    rows, digest = shown
    try:
        outcome = people_imports.apply(LISTING, rows, digest=digest, by=by, now=now)
    except DoublePostError:  # given by somebody else after the list was judged
        outcome = Outcome(LISTING.judge(rows, holder, by=by, now=now), is_written=False)
    if not outcome.is_written:
        return list_pages.showing(request, LISTING, outcome.preview, _addresses(), is_other=True)
    _say(request, outcome)
    return redirect("scheduler:people")


def _say(request: HttpRequest, outcome: Outcome) -> None:
    preview = outcome.preview
    if not preview.changes:
        messages.success(request, _("Everything of this list was in already. Nothing has changed."))
        return
    words = _("The list is in: %(invited)d invited by mail, %(added)d posts added.")
    messages.success(request, words % {"invited": len(preview.new), "added": len(preview.changed)})
    say_unsent(request, outcome.unsent)


@require_safe
def template(request: HttpRequest) -> HttpResponseBase:
    now = timezone.now()
    _by, holder = holder_of(request, now)
    rows = [list(LISTING.layout.columns), *LISTING.example(holder, timezone.localdate(now))]
    return download(request, rows, encoding_of(request), "people-template")
