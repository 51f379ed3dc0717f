"""A school's calendar: events, closures, other day types, swaps."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scheduler import bells, school_days
from scheduler.bell_forms import DayForm
from scheduler.models import CalendarDay, Organisation
from scheduler.school_days import Kind
from scheduler.typed_dates import EARLIEST, LATEST
from scheduler.views.scopes import digest_of, school_of, scope_of
from scheduler.wallclock import school_year


def _page(school: Organisation, day: date | None = None) -> str:
    year = f"&year={school_year(day)}" if day else ""
    return f"{reverse('scheduler:school_days')}?school={school.pk}{year}"


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """What stands in the calendar of one school year."""
    now = timezone.now()
    _by, scope = scope_of(request, now)
    school, today = school_of(request, scope), timezone.localdate(now)
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isdecimal() and len(asked) == 4 else school_year(today)
    year = min(max(year, EARLIEST.year), LATEST.year - 1)
    found = school_days.listed(school, date(year, 4, 1), date(year + 1, 3, 31))
    facts = {
        "school": school,
        "schools": scope.schools,
        "year": year,
        "this_year": school_year(today),
        "coming": [stretch for stretch in found if stretch.last.date >= today],
        "over": [stretch for stretch in found if stretch.last.date < today],
        "kinds": Kind,
        "today": today,
    }
    return render(request, "scheduler/settings/school_days.html", facts)


TITLES = {
    Kind.EVENT: lambda: _("Enter an event"),
    Kind.CLOSURE: lambda: _("Close the school"),
    Kind.DAY_TYPE: lambda: _("Give a day another day type"),
    Kind.SWAP: lambda: _("Swap a weekday"),
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, kind: str) -> HttpResponse:
    """A new entry: typed, what it does to booked lessons shown, kept."""
    if kind not in Kind.values:
        raise Http404
    now = timezone.now()
    by, scope = scope_of(request, now)
    school, today = school_of(request, scope), timezone.localdate(now)
    wanted = Kind(kind)
    form = DayForm(request.POST or None, kind=wanted, types=bells.of_school(school), today=today)
    stale = False
    shown = digest_of(request)
    if form.is_valid() and any(school_days.is_over(each, today) for each in form.entries):
        form.add_error("first_day", _("The day is over. What rang on it stays as it was."))
    if form.is_valid() and (shown or wanted == Kind.EVENT):
        try:
            rows = school_days.add(school, form.entries, by=by, now=now, shown=shown)
        except school_days.StaleError:
            stale = True
        else:
            words = ngettext("%(n)d day is entered.", "%(n)d days are entered.", len(rows))
            told = words % {"n": len(rows)} if rows else _("This stands in the calendar already.")
            messages.success(request, told)
            return redirect(_page(school, form.entries[0].date))
    facts = {"form": form, "school": school, "title": TITLES[wanted](), "kind": wanted}
    if form.is_bound and form.is_valid():
        effects = school_days.effects(school, form.entries, now=now)
        shown = school_days.seen(school, form.entries, effects)
        facts |= {
            "cancelled": effects.cancelled,
            "misfits": effects.misfits,
            "shown": shown,
            "is_other": stale,
        }
        facts |= {"back": _page(school, form.entries[0].date), "told": form.told}
        status = 422 if stale else 200
        return render(request, "scheduler/settings/confirm.html", facts, status=status)
    status = 422 if form.is_bound else 200
    return render(request, "scheduler/settings/school_day_new.html", facts, status=status)


@require_POST
def withdraw(request: HttpRequest) -> HttpResponse:
    """Takes entries of one school out of the calendar; their rows stay."""
    now = timezone.now()
    by, scope = scope_of(request, now)
    school = school_of(request, scope)
    keys = [int(key) for key in request.POST.getlist("row") if key.isdecimal() and len(key) < 19]
    rows = list(CalendarDay.objects.filter(organisation=school, pk__in=keys).select_related("organisation"))
    if not rows:
        raise Http404
    try:
        school_days.withdraw(rows, by=by, now=now)
    except school_days.PastError:
        messages.error(request, _("The day is over. What rang on it stays as it was."))
        return redirect(_page(school, rows[0].date))
    messages.success(request, _("The entry is taken out of the calendar."))
    if any(row.kind == Kind.CLOSURE for row in rows):
        words = _("Lessons that had left by the closure do not return by themselves. Book them again.")
        messages.warning(request, words)
    return redirect(_page(school, rows[0].date))
