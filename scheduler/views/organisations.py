"""Organisations: the list by district, a new one, a correction, an end."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from scheduler import organisations, texts, versions
from scheduler.models import Organisation
from scheduler.organisations import BookedError
from scheduler.place_forms import OrganisationForm
from scheduler.views.scopes import whole_of


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    _by, scope = whole_of(request, now)
    words, kind = texts.tidy(request.GET.get("q", ""))[:60], request.GET.get("kind", "")
    found = organisations.matching(scope.organisations, words)
    if kind in Organisation.Kind.values:
        found = found.filter(kind=kind)
    facts = {
        "organisations": list(found),
        "words": words,
        "kind": kind,
        "kinds": Organisation.Kind.choices,
        "today": timezone.localdate(now),
    }
    return render(request, "scheduler/settings/organisations.html", facts)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    by, _scope = whole_of(request, now)
    form = OrganisationForm(request.POST or None, organisation=None)
    if form.is_valid():
        try:
            made = organisations.enter(form.facts, by=by, now=now)
        except organisations.CodeTakenError:
            form.add_error("code", _("Another organisation has this code."))
        else:
            messages.success(request, _("The organisation is entered. Next: its rooms, bells and people."))
            return redirect("scheduler:organisation", pk=made.pk)
    status = 422 if form.is_bound else 200
    return render(request, "scheduler/settings/organisation.html", {"form": form}, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, pk: int) -> HttpResponse:
    now = timezone.now()
    by, scope = whole_of(request, now)
    organisation = get_object_or_404(scope.organisations, pk=pk)
    form = OrganisationForm(request.POST or None, organisation=organisation)
    is_stale = False
    if form.is_valid():
        shown = request.POST.get("version", "")
        try:
            organisations.correct(organisation, form.facts, shown=shown, by=by, now=now)
        except versions.StaleError:
            is_stale = True
        except organisations.CodeTakenError:
            form.add_error("code", _("Another organisation has this code."))
        except BookedError as error:
            ended = form.facts.valid_until != organisation.valid_until
            form.add_error("last_day" if ended else "time_zone", booked_words(error.count))
        else:
            messages.success(request, _("The organisation is corrected."))
            return redirect("scheduler:organisation", pk=pk)
    facts = {
        "form": form,
        "organisation": organisation,
        "version": organisations.version(organisation),
        "is_stale": is_stale,
        "today": timezone.localdate(now),
    }
    status = 422 if form.is_bound else 200
    return render(request, "scheduler/settings/organisation.html", facts, status=status)


def booked_words(n: int) -> str:
    words = ngettext(
        "It takes part in %(n)d booking after that. Move or cancel it first.",
        "It takes part in %(n)d bookings after that. Move or cancel them first.",
        n,
    )
    return words % {"n": n}
