"""Lists from a file and into one."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scheduler import audit, listings
from scheduler.import_forms import ListForm
from scheduler.listings import Listing
from scheduler.setting_permissions import Scope
from scheduler.views import list_pages
from scheduler.views.downloads import download, encoding_of
from scheduler.views.list_pages import ListAddresses
from scheduler.views.scopes import scope_of


def _listing(slug: str, scope: Scope) -> Listing:
    found = listings.named(slug, scope)
    if found is None:
        raise Http404
    return found


def _addresses(listing: Listing) -> ListAddresses:
    slug = [listing.slug]
    return ListAddresses(
        upload=reverse("scheduler:list_import", args=slug),
        confirm=reverse("scheduler:list_import_confirm", args=slug),
        template=reverse("scheduler:list_template", args=slug),
        back=reverse(listing.back),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest, slug: str) -> HttpResponse:
    """Asks for a file; shows what it would change, or every reason why it cannot."""
    now = timezone.now()
    _by, scope = scope_of(request, now)
    listing = _listing(slug, scope)
    form = ListForm(request.POST or None, request.FILES or None)
    contents = list_pages.contents_of(form, listing)
    if contents is None:
        return list_pages.asking(request, form, listing, _addresses(listing))
    preview = listing.judge(contents.rows, scope, now=now)
    return list_pages.showing(
        request, listing, preview, _addresses(listing), passed_over=contents.passed_over
    )


@require_POST
def confirm(request: HttpRequest, slug: str) -> HttpResponse:
    """Writes what was shown, or shows anew what has become of it meanwhile."""
    now = timezone.now()
    by, scope = scope_of(request, now)
    listing = _listing(slug, scope)
    shown = list_pages.confirmed(request, listing)
    if shown is None:
        return redirect("scheduler:list_import", slug)
    rows, digest = shown
    preview, is_written = listings.apply(listing, rows, scope, digest=digest, by=by, now=now)
    if not is_written:
        return list_pages.showing(request, listing, preview, _addresses(listing), is_other=True)
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
    return download(request, rows, encoding_of(request), f"{slug}-template")


@require_safe
def export(request: HttpRequest, slug: str) -> HttpResponseBase:
    """What there is, as it can be corrected and read in again."""
    now = timezone.now()
    by, scope = scope_of(request, now)
    listing = _listing(slug, scope)
    audit.record(audit.Action.EXPORT, "list.export", by=by, now=now, object_type="list", object_key=slug)
    name = f"{slug}-{timezone.localdate(now):%Y%m%d}"
    return download(request, listing.rows(scope), encoding_of(request), name)
