"""A school's bell tables and its week."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from scheduler import bells, fitting, school_weeks
from scheduler.bell_forms import BellsForm, WeekForm
from scheduler.models import BellSchedule, Organisation
from scheduler.views.scopes import digest_of, school_of, scope_of


def _page(school: Organisation) -> str:
    return f"{reverse('scheduler:bells')}?school={school.pk}"


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Every day type with its tables: the one that rings today, those to come, those that are over."""
    now = timezone.now()
    _by, scope = scope_of(request, now)
    school, today = school_of(request, scope), timezone.localdate(now)
    types = [
        (each, bells.holding(each.tables, today), each.tables)  # type: ignore[attr-defined]  # prefetched
        for each in bells.of_school(school)
    ]
    week = school_weeks.of_school(school, today)
    facts = {
        "school": school,
        "schools": scope.schools,
        "types": types,
        "week": [week.get(n) for n in range(7)],
        "today": today,
    }
    return render(request, "scheduler/settings/bells.html", facts)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new table: typed, its effects shown, kept."""
    now = timezone.now()
    by, scope = scope_of(request, now)
    school = school_of(request, scope)
    types = bells.of_school(school)
    model = _model(request, school)
    usual = {"day_type": model.day_type.name} if model else {}
    form = BellsForm(request.POST or None, usual=usual, bells_usual=bells.bells_of(model) if model else ())
    stale = False
    if form.is_valid():
        shown = digest_of(request)
        try:
            bells.check(school, form.table, timezone.localdate(now))
            if shown:
                bells.add(school, form.table, by=by, now=now, shown=shown)
                messages.success(request, _("The bell table is kept."))
                return redirect(_page(school))
        except bells.PastError:
            form.add_error("valid_from", _past())
        except bells.SameDayError:
            if bells.is_there(school, form.table):
                messages.success(request, _("The bell table is kept."))
                return redirect(_page(school))
            form.add_error("valid_from", _same_day())
        except bells.StaleError:
            stale = True
    if form.is_bound and form.is_valid():
        misfits = bells.effects(school, form.table, now=now)
        facts = {"misfits": misfits, "shown": bells.seen(school, form.table, misfits), "is_other": stale}
        return _confirm(
            request, school, form, {**facts, "title": _("A new bell table"), "act": _("Ring by this table")}
        )
    facts = {"form": form, "school": school, "types": types}
    return render(request, "scheduler/settings/bells_new.html", facts, status=422 if form.is_bound else 200)


def _past() -> str:
    return _("Another table rang on days since then that are over. Let this one begin today or later.")


def _same_day() -> str:
    return _("Another table of this day type begins on this day. Give this one another first day.")


def _model(request: HttpRequest, school: Organisation) -> BellSchedule | None:
    """The table that a new one is begun from."""
    asked = request.GET.get("from", "")
    if not asked.isdecimal() or len(asked) > 18:
        return None
    own = BellSchedule.objects.filter(day_type__organisation=school).prefetch_related("periods")
    return own.select_related("day_type").filter(pk=asked).first()


def _confirm(
    request: HttpRequest, school: Organisation, form: BellsForm | WeekForm | None, facts: dict[str, object]
) -> HttpResponse:
    told = form.told if form else ()
    context = {"school": school, "form": form, "told": told, "back": _page(school), **facts}
    status = 422 if facts.get("is_other") else 200
    return render(request, "scheduler/settings/confirm.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes out a table that has not begun to hold, after showing what that does."""
    now = timezone.now()
    by, scope = scope_of(request, now)
    own = BellSchedule.objects.filter(day_type__organisation__in=scope.schools)
    table = get_object_or_404(own.select_related("day_type__organisation"), pk=pk)
    school = table.day_type.organisation
    if request.method == "POST":
        try:
            bells.remove(table, by=by, now=now)
        except bells.PastError:
            messages.error(request, _("This table has begun to hold and stays in the records."))
        else:
            messages.success(request, _("The bell table is taken out."))
        return redirect(_page(school))
    misfits = fitting.misfits(school, bells.without(table), now=now)
    facts = {"misfits": misfits, "shown": "1", "table": table}
    facts |= {"title": _("Take out a bell table"), "act": _("Take out")}
    return _confirm(request, school, None, facts)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def week(request: HttpRequest) -> HttpResponse:
    """Which day type each weekday has, from a day on."""
    now = timezone.now()
    by, scope = scope_of(request, now)
    school, today = school_of(request, scope), timezone.localdate(now)
    standing = school_weeks.of_school(school, today)
    form = WeekForm(request.POST or None, types=bells.of_school(school), week=standing, today=today)
    stale = False
    if form.is_valid():
        first, shown = form.cleaned_data["valid_from"], digest_of(request)
        if first < today and school_weeks.has_run(school, range(7), today):
            form.add_error("valid_from", _("The week cannot be changed for days that are over."))
        elif shown:
            try:
                school_weeks.set_days(school, form.types, first, by=by, now=now, shown=shown)
            except bells.StaleError:
                stale = True
            else:
                messages.success(request, _("The week is kept."))
                return redirect(_page(school))
    if form.is_bound and form.is_valid():
        first = form.cleaned_data["valid_from"]
        misfits, digest = school_weeks.shown_days(school, form.types, first, now=now)
        facts = {"misfits": misfits, "shown": digest, "is_other": stale}
        facts |= {"title": _("The week's day types"), "act": _("Run the week so")}
        return _confirm(request, school, form, facts)
    facts = {"form": form, "school": school}
    return render(request, "scheduler/settings/week.html", facts, status=422 if form.is_bound else 200)
