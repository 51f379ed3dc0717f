"""Lists from a file and into one."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scheduler import audit, imports, listings
from scheduler.import_forms import ListForm, ListWordForm
from scheduler.imports import UnreadableError
from scheduler.listings import Listing, Preview
from scheduler.setting_permissions import Scope
from scheduler.views.downloads import download, encoding_of
from scheduler.views.scopes import scope_of

SHOWN = 100
"""Of each kind so many lines are shown; the figures count all."""


def _listing(slug: str, scope: Scope) -> Listing:
    found = listings.named(slug, scope)
    if found is None:
        raise Http404
    return found


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest, slug: str) -> HttpResponse:
    """Asks for a file; shows what it would change, or every reason why it cannot."""
    now = timezone.now()
    _by, scope = scope_of(request, now)
    listing = _listing(slug, scope)
    form = ListForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        try:
            contents = imports.read(form.cleaned_data["file"], listing.layout)
        except UnreadableError as error:
            form.add_error("file", str(error))
        else:
            preview = listing.judge(contents.rows, scope, now=now)
            return _preview(request, listing, preview, passed_over=contents.passed_over)
    facts = {"form": form, "listing": listing, "columns": listing.columns(), "back": reverse(listing.back)}
    status = 422 if form.is_bound else 200
    return render(request, "scheduler/settings/import.html", facts, status=status)


def _preview(
    request: HttpRequest, listing: Listing, preview: Preview, *,
    passed_over: Iterable[str] = (), is_other: bool = False,
) -> HttpResponse:  # fmt: skip
    facts = {
        "listing": listing,
        "preview": preview,
        "passed_over": passed_over,
        "is_other": is_other,
        "new": preview.new[:SHOWN],
        "changed": preview.changed[:SHOWN],
        "problems": preview.problems[:SHOWN],
        "more_new": max(0, len(preview.new) - SHOWN),
        "more_changed": max(0, len(preview.changed) - SHOWN),
        "more_problems": max(0, len(preview.problems) - SHOWN),
        "text": "" if preview.problems else preview.text,
        "back": reverse(listing.back),
    }
    status = 422 if preview.problems or is_other else 200
    return render(request, "scheduler/settings/preview.html", facts, status=status)


@require_POST
def confirm(request: HttpRequest, slug: str) -> HttpResponse:
    """Writes what was shown, or shows anew what has become of it meanwhile."""
    now = timezone.now()
    by, scope = scope_of(request, now)
    listing = _listing(slug, scope)
    form = ListWordForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("The preview is incomplete. Choose the file again."))
        return redirect("scheduler:list_import", slug)
    values = form.cleaned_data
    try:
        contents = imports.read(values["text"].encode(), listing.layout)
    except UnreadableError as error:
        messages.error(request, str(error))
        return redirect("scheduler:list_import", slug)
    preview, is_written = listings.apply(
        listing, contents.rows, scope, digest=values["digest"], by=by, now=now
    )
    if not is_written:
        return _preview(request, listing, preview, is_other=True)
    if preview.changes:
        words = _("The list is in: %(new)d new, %(changed)d changed.")
        messages.success(request, words % {"new": len(preview.new), "changed": len(preview.changed)})
    else:
        messages.success(request, _("Everything of this list was in already. Nothing has changed."))
    return redirect(listing.back)


@require_safe
def template(request: HttpRequest, slug: str) -> HttpResponseBase:
    now = timezone.now()
    _by, scope = scope_of(request, now)
    listing = _listing(slug, scope)
    rows = [list(listing.layout.columns), *listing.example(timezone.localdate(now))]
    return download(request, rows, encoding_of(request), f"{slug}-template.csv")


@require_safe
def export(request: HttpRequest, slug: str) -> HttpResponseBase:
    """What there is, as it can be corrected and read in again."""
    now = timezone.now()
    by, scope = scope_of(request, now)
    listing = _listing(slug, scope)
    audit.record(audit.Action.EXPORT, "list.export", by=by, now=now, object_type="list", object_key=slug)
    name = f"{slug}-{timezone.localdate(now):%Y%m%d}.csv"
    return download(request, listing.rows(scope), encoding_of(request), name)
