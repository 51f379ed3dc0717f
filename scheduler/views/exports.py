"""Exports of a term: asking for one, watching it being written, fetching it for a day."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from scheduler import audit, exports, readers, tasks, wallclock
from scheduler.models import Organisation, Term, TermExport
from scheduler.providers import Reader
from scheduler.typed_dates import EARLIEST, LATEST, TypedDateField

REFRESH_S = 2


class TermField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic when it runs
    """A 2学期 comes every year, so the school year stands before it."""

    def label_from_instance(self, obj: Term) -> str:
        language = get_language() or "ja"
        return f"{wallclock.school_year_label(obj.academic_year, language)} {obj.label.in_language(language)}"


class ExportForm(forms.Form):
    """`term` is one of the organisation's, or empty for the dates beside it."""

    term = TermField(Term.objects.none(), required=False, label=_("Term"), empty_label=_("the dates below"))
    first = TypedDateField(required=False, label=_("From"))
    last = TypedDateField(required=False, label=_("Last day"))
    form = forms.ChoiceField(choices=TermExport.Form.choices, label=_("File"))

    def __init__(self, organisation: Organisation, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        terms = self.fields["term"]
        assert isinstance(terms, forms.ModelChoiceField)
        terms.queryset = Term.objects.filter(
            organisation=organisation, starts_on__gte=EARLIEST, ends_on__lte=LATEST
        )

    def clean(self) -> dict[str, Any]:
        facts: dict[str, Any] = super().clean() or {}
        if term := facts.get("term"):
            facts |= {"first": term.starts_on, "last": term.ends_on}
        first, last = facts.get("first"), facts.get("last")
        for name, day in (("first", first), ("last", last)):
            if day is None and name not in self.errors:
                self.add_error(name, _("Choose a term, or both dates."))
        if first and last and first > last:
            self.add_error("last", _("The last day lies before the first."))
        elif first and last and last - first > exports.LONGEST:
            self.add_error("last", _("At most one school year at a time."))
        return facts


@never_cache
def page(request: HttpRequest) -> HttpResponse:
    """GET: what can be written for which organisation; POST: it is begun."""
    now = timezone.now()
    reader, choices = _exporter(request)
    organisation = _chosen(request, choices)
    if request.method != "POST":
        return _page(
            request, reader, choices, organisation, ExportForm(organisation, initial=_today(organisation))
        )
    form = ExportForm(organisation, request.POST)
    if not form.is_valid():
        return _page(request, reader, choices, organisation, form, status=422)
    facts = form.cleaned_data
    export = exports.ask(
        organisation, facts["first"], facts["last"], facts["form"],
        by=reader.user, language=reader.language, now=now,
    )  # fmt: skip
    return _begin(export)


@never_cache
@require_safe
def progress(request: HttpRequest, uid: UUID) -> HttpResponse:
    """How far it is; asks again by itself until it is finished."""
    export = _own(request, uid)
    unfinished = export.state in {TermExport.State.WAITING, TermExport.State.RUNNING}
    is_silent = exports.is_silent(export, timezone.now())
    facts = {"export": export, "is_silent": is_silent, "is_unfinished": unfinished}
    response = render(request, "scheduler/export.html", facts)
    if unfinished and not is_silent:
        response["Refresh"] = str(REFRESH_S)
    return response


@never_cache
@require_safe
def file(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Served only to who asked for it, for a day."""
    export = _own(request, uid)
    if export.state != TermExport.State.DONE:
        raise Http404
    made = exports.file_of(export)
    audit.record(
        audit.Action.EXPORT, "export.fetch", by=export.asked_by, now=timezone.now(),
        object_type="organisation", object_key=str(export.organisation_id),
        facts={"first": export.first, "last": export.last, "form": export.form},
    )  # fmt: skip
    response = HttpResponse(made.content, content_type=made.content_type)
    response.headers["Content-Disposition"] = _attachment(made.name)
    return response


@require_POST
def again(request: HttpRequest, uid: UUID) -> HttpResponse:
    """After a failure, or when its worker fell silent."""
    return _begin(exports.again(_own(request, uid), now=timezone.now()))


@require_POST
def stop(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Taken back: its worker stops at the next lot."""
    _own(request, uid).delete()
    return HttpResponseRedirect(reverse("scheduler:exports"))


def _begin(export: TermExport) -> HttpResponse:
    """At once where it is short, else by the worker."""
    if exports.is_short(export):
        exports.write(export.pk, export.attempt, clock=timezone.now)
    else:
        tasks.write_export(export.pk, export.attempt)
    return HttpResponseRedirect(reverse("scheduler:export", args=[export.uid]))


def _exporter(request: HttpRequest) -> tuple[Reader, list[Organisation]]:
    reader = readers.of_request(request, timezone.now())
    choices = exports.exportable(reader.memberships) if reader else []
    if reader is None or not choices:
        raise Http404
    return reader, choices


def _chosen(request: HttpRequest, choices: list[Organisation]) -> Organisation:
    """The organisation that is asked for, else the first; 404 for what is not the reader's."""
    asked = request.POST.get("organisation") or request.GET.get("organisation")
    if not asked:
        return choices[0]
    found = next((one for one in choices if str(one.pk) == asked), None)
    if found is None:
        raise Http404
    return found


def _today(organisation: Organisation) -> dict[str, Any]:
    """The term of today, or the school year where the organisation has none."""
    today = timezone.localdate()
    term = Term.objects.filter(organisation=organisation, starts_on__lte=today, ends_on__gte=today).first()
    if term:
        return {"term": term}
    year = wallclock.school_year(today)
    return {"first": date(year, 4, 1), "last": date(year + 1, 3, 31)}


def _own(request: HttpRequest, uid: UUID) -> TermExport:
    """404 for everybody but who asked, and for who may not export that organisation any more."""
    _reader, choices = _exporter(request)
    mine = TermExport.objects.filter(asked_by=_reader.user, organisation__in=choices)
    return get_object_or_404(mine.select_related("organisation"), uid=uid)


def _page(
    request: HttpRequest, reader: Reader, choices: list[Organisation], organisation: Organisation,
    form: ExportForm, *, status: int = 200,
) -> HttpResponse:  # fmt: skip
    facts = {
        "choices": choices,
        "organisation": organisation,
        "form": form,
        "earlier": TermExport.objects.filter(asked_by=reader.user, organisation__in=choices)
        .defer("content")
        .select_related("organisation")
        .order_by("-asked_at")[:10],
    }
    return render(request, "scheduler/exports.html", facts, status=status)


def _attachment(name: str) -> str:
    header = content_disposition_header(as_attachment=True, filename=name)
    assert header is not None, "an attachment has its header"
    return header
