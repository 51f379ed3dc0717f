"""A school's calendar: events, closures, other day types, swaps."""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from scheduler import bells, closures, school_days
from scheduler.bell_forms import DayForm
from scheduler.models import CalendarDay, Organisation
from scheduler.school_days import Effects, Kind
from scheduler.typed_dates import EARLIEST, LATEST
from scheduler.views.scopes import digest_of, school_of, scope_of
from scheduler.wallclock import school_year

NEAR = timedelta(days=13)
"""Two weeks with today: as far as lessons are commonly moved."""


def _page(school: Organisation, day: date | None = None) -> str:
    year = f"&year={school_year(day)}" if day else ""
    return f"{reverse('scheduler:school_days')}?school={school.pk}{year}"


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """What stands in the calendar of one school year; without a school, what is near in all of them."""
    now = timezone.now()
    _by, scope = scope_of(request, now)
    if not request.GET.get("school") and len(schools := list(scope.schools)) > 1:
        return _overview(request, schools, timezone.localdate(now))
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


def _overview(request: HttpRequest, schools: list[Organisation], today: date) -> HttpResponse:
    facts = {
        "schools": schools,
        "stretches": school_days.across(schools, today, today + NEAR),
        "today": today,
        "last": today + NEAR,
    }
    return render(request, "scheduler/settings/school_days_all.html", facts)


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
    effects = school_days.effects(school, form.entries, now=now) if form.is_valid() else Effects()
    if form.is_valid() and (shown or wanted == Kind.EVENT):
        try:
            rows = school_days.add(school, form.entries, by=by, now=now, shown=shown)
        except school_days.StaleError:
            stale, effects = True, school_days.effects(school, form.entries, now=now)
        else:
            _tell(request, school, len(rows), effects.lessons_left)
            return redirect(_page(school, form.entries[0].date))
    facts = {"form": form, "school": school, "title": TITLES[wanted](), "kind": wanted}
    if form.is_bound and form.is_valid():
        shown = school_days.seen(school, form.entries, effects)
        facts |= {
            "hits": closures.hits(effects.leaving),
            "misfits": effects.misfits,
            "act": _act(wanted, effects.lessons_left),
            "shown": shown,
            "is_other": stale,
        }
        facts |= {"back": _page(school, form.entries[0].date), "told": form.told}
        status = 422 if stale else 200
        return render(request, "scheduler/settings/confirm.html", facts, status=status)
    status = 422 if form.is_bound else 200
    return render(request, "scheduler/settings/school_day_new.html", facts, status=status)


def _act(kind: Kind, lessons_left: int) -> str:
    """What the deciding button makes true."""
    if kind == Kind.CLOSURE and lessons_left:
        words = ngettext(
            "Close the school, leave %(n)d lesson", "Close the school, leave %(n)d lessons", lessons_left
        )
        return words % {"n": lessons_left}
    return {
        Kind.CLOSURE: _("Close the school"),
        Kind.DAY_TYPE: _("Ring by this day type"),
        Kind.SWAP: _("Run as this weekday"),
        Kind.EVENT: _("Enter it"),
    }[kind]


def _tell(request: HttpRequest, school: Organisation, days: int, lessons_left: int) -> None:
    if not days:
        messages.success(request, _("This stands in the calendar already."))
        return
    words = ngettext("%(n)d day is entered.", "%(n)d days are entered.", days)
    messages.success(request, words % {"n": days})
    if lessons_left:
        words = ngettext(
            "%(school)s has left %(n)d lesson.", "%(school)s has left %(n)d lessons.", lessons_left
        )
        name = school.label.in_language(get_language() or "ja")
        messages.success(request, words % {"school": name, "n": lessons_left})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest) -> HttpResponse:
    """Takes entries of one school out of the calendar, after saying what that does; their rows stay."""
    now = timezone.now()
    by, scope = scope_of(request, now)
    school = school_of(request, scope)
    asked = request.POST if request.method == "POST" else request.GET
    keys = [int(key) for key in asked.getlist("row") if key.isdecimal() and len(key) < 19]
    rows = list(
        CalendarDay.objects.filter(organisation=school, pk__in=keys)
        .select_related("organisation")
        .order_by("date", "pk")
    )
    if not rows:
        raise Http404
    back = _page(school, rows[0].date)
    left = closures.lessons_left([row for row in rows if row.kind == Kind.CLOSURE])
    if request.method != "POST":
        facts = {
            "school": school,
            "rows": rows,
            "first": rows[0],
            "last": rows[-1],
            "left": left,
            "back": back,
        }
        return render(request, "scheduler/settings/withdraw.html", facts)
    try:
        school_days.withdraw(rows, by=by, now=now)
    except school_days.PastError:
        messages.error(request, _("The day is over. What rang on it stays as it was."))
        return redirect(back)
    messages.success(request, _("The entry is taken out of the calendar."))
    if left:
        messages.warning(request, _again(left, is_whole=scope.is_whole))
    return redirect(back)


def _again(left: int, *, is_whole: bool) -> str:
    """To whoever may not book, whom to ask."""
    if is_whole:
        words = ngettext(
            "The %(n)d lesson that had left by the closure does not return by itself. Book it again.",
            "The %(n)d lessons that had left by the closure do not return by themselves. Book them again.",
            left,
        )
    else:
        words = ngettext(
            "The %(n)d lesson that had left does not return. If it is needed, ask the centre to book it.",
            "The %(n)d lessons that had left do not return. If they are needed, ask the centre to book them.",
            left,
        )
    return words % {"n": left}
