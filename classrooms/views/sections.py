"""The centre's sections: the list of a school year, a new one, a correction."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from classrooms import section_entries
from classrooms.models import Section
from classrooms.section_entries import StillTakesPartError
from classrooms.section_forms import SectionForm
from classrooms.views.pupils import reader_of
from scheduler import setting_permissions, texts
from scheduler.models import Organisation
from scheduler.versions import StaleError
from scheduler.wallclock import school_year


def _centres(request: HttpRequest) -> list[Organisation]:
    """Where the reader's post sets up sections; 404 for nobody."""
    posts = reader_of(request).memberships
    found = {m.organisation_id: m.organisation for m in posts if m.role in setting_permissions.WHOLE_ROLES}
    if not found:
        raise Http404
    return list(found.values())


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    centres, this_year = _centres(request), school_year(timezone.localdate())
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isdecimal() and len(asked) == 4 else this_year
    words = texts.tidy(request.GET.get("q", ""))[:60]
    sections = section_entries.of_centres(frozenset(centre.pk for centre in centres), year)
    facts = {
        "sections": list(sections.filter(name__contains=words)),
        "words": words,
        "year": year,
        "years": range(this_year - 1, this_year + 2),
    }
    return render(request, "classrooms/sections.html", facts)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    by, centre = reader_of(request).user, _centres(request)[0]
    form = SectionForm(request.POST or None, centre=centre, section=None, today=timezone.localdate(now))
    if form.is_valid():
        try:
            section_entries.enter(centre, form.facts, by=by, now=now)
        except section_entries.NameTakenError:
            form.add_error("name", _("The centre has a section of this name in that school year."))
        else:
            messages.success(request, _("The section is entered. Lessons can be booked for it now."))
            return redirect("classrooms:sections")
    status = 422 if form.is_bound else 200
    return render(request, "classrooms/section_entry.html", {"form": form}, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, pk: int) -> HttpResponse:
    now = timezone.now()
    by, centres = reader_of(request).user, _centres(request)
    section = get_object_or_404(Section.objects.select_related("centre", "course"), pk=pk, centre__in=centres)
    today = timezone.localdate(now)
    form = SectionForm(request.POST or None, centre=section.centre, section=section, today=today)
    is_stale = False
    if form.is_valid():
        shown = request.POST.get("version", "")
        try:
            section_entries.correct(section, form.facts, shown=shown, by=by, now=now)
        except StaleError:
            is_stale = True
        except section_entries.NameTakenError:
            form.add_error("name", _("The centre has a section of this name in that school year."))
        except StillTakesPartError as error:
            words = _("%(school)s has lessons to come or pupils entered, and cannot be taken out yet.")
            form.add_error("class_0", words % {"school": error.school.short_name})
        else:
            messages.success(
                request, _("The section is corrected. Lessons that are booked stay as they are.")
            )
            return redirect("classrooms:sections")
    facts = {
        "form": form,
        "section": section,
        "version": section_entries.version(section),
        "is_stale": is_stale,
    }
    status = 422 if form.is_bound else 200
    return render(request, "classrooms/section_entry.html", facts, status=status)
