"""An organisation's studios, receiving sets, conference rooms and lines."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from scheduler import locations, versions
from scheduler.models import Location, Organisation
from scheduler.place_forms import LocationForm
from scheduler.setting_permissions import Scope
from scheduler.views.scopes import scope_of


def _organisation(request: HttpRequest, scope: Scope) -> Organisation:
    """The organisation that the address names, else the first with places."""
    asked = request.GET.get("school", "")
    every = scope.organisations
    if asked:
        found = every.filter(pk=asked).first() if asked.isdecimal() and len(asked) < 19 else None
    else:
        found = every.filter(kind=Organisation.Kind.DELIVERY_CENTRE).first() or every.first()
    if found is None or (asked and str(found.pk) != asked):
        raise Http404
    return found


def _page(organisation: Organisation) -> str:
    return f"{reverse('scheduler:locations')}?school={organisation.pk}"


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    _by, scope = scope_of(request, now)
    organisation = _organisation(request, scope)
    places = list(locations.of_organisation(organisation))
    facts = {
        "school": organisation,
        "schools": scope.organisations,
        "places": [place for place in places if place.is_active],
        "out_of_use": [place for place in places if not place.is_active],
    }
    return render(request, "scheduler/settings/locations.html", facts)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    by, scope = scope_of(request, now)
    organisation = _organisation(request, scope)
    form = LocationForm(request.POST or None, place=None)
    if form.is_valid():
        try:
            locations.enter(organisation, form.facts, by=by, now=now)
        except locations.NameTakenError:
            form.add_error("name", _("The organisation has another place of this name."))
        else:
            messages.success(request, _("The place is entered."))
            return redirect(_page(organisation))
    facts = {"form": form, "school": organisation, "back": _page(organisation)}
    return render(request, "scheduler/settings/location.html", facts, status=422 if form.is_bound else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Corrects a place or puts it out of use; what is booked there stays, and is counted."""
    now = timezone.now()
    by, scope = scope_of(request, now)
    mine = Location.objects.filter(organisation__in=scope.organisations, kind__in=locations.KINDS)
    place = get_object_or_404(mine.select_related("organisation"), pk=pk)
    form = LocationForm(request.POST or None, place=place)
    is_stale = False
    if form.is_valid():
        try:
            locations.correct(place, form.facts, shown=request.POST.get("version", ""), by=by, now=now)
        except versions.StaleError:
            is_stale = True
        except locations.NameTakenError:
            form.add_error("name", _("The organisation has another place of this name."))
        except locations.InUseError:
            form.add_error("capacity", _("Lessons to come hold more of it at once. Move them first."))
        else:
            messages.success(request, _("The place is corrected."))
            _tell_booked(request, place, is_active=form.facts.is_active)
            return redirect(_page(place.organisation))
    facts = {
        "form": form,
        "school": place.organisation,
        "place": place,
        "version": locations.version(place),
        "stored": locations.facts_of(place),
        "is_stale": is_stale,
        "booked": locations.coming(place, now),
        "back": _page(place.organisation),
    }
    return render(request, "scheduler/settings/location.html", facts, status=422 if form.is_bound else 200)


def _tell_booked(request: HttpRequest, place: Location, *, is_active: bool) -> None:
    n = 0 if is_active else locations.coming(place, timezone.now())
    if n:
        words = ngettext(
            "%(n)d lesson stays booked there. Move it to another place.",
            "%(n)d lessons stay booked there. Move them to another place.",
            n,
        )
        messages.warning(request, words % {"n": n})
