"""The audit for its readers: who did what to what. Codes and keys; no page's content."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from scheduler import audit, audit_search, audit_words, readers, spreadsheets
from scheduler.audit_search import Search
from scheduler.models import AuditEntry, Organisation
from scheduler.names import Name
from scheduler.providers import Reader
from scheduler.spreadsheets import Encoding
from scheduler.typed_dates import TypedDateField
from scheduler.wallclock import is_japanese

ENTRIES_SHOWN = 50


class SearchForm(forms.Form):
    person = forms.CharField(
        max_length=80, required=False, label=_("Person"), help_text=_("A part of the name.")
    )
    first = TypedDateField(required=False, label=_("First day"))
    last = TypedDateField(required=False, label=_("Last day"))
    object_type = forms.ChoiceField(required=False, label=pgettext_lazy("audit", "What it was about"))
    case = forms.CharField(max_length=60, required=False, label=_("Consultation number"))

    def __init__(self, types: list[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["object_type"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [("", _("everything")), *((each, audit_words.of_object(each)) for each in types)]

    def clean(self) -> dict[str, Any]:
        facts: dict[str, Any] = super().clean() or {}
        first, last = facts.get("first"), facts.get("last")
        if first and last and last < first:
            self.add_error("first", _("The first day lies after the last."))
        return facts

    def search(self) -> Search:
        facts = self.cleaned_data
        return Search(
            facts["person"].strip(),
            facts["first"],
            facts["last"],
            facts["object_type"],
            facts["case"].strip(),
        )


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Every search is on the audit itself."""
    reader, entries = _reading(request)
    form = SearchForm(audit_search.object_types(entries), request.GET or None)
    is_sound = form.is_bound and form.is_valid()
    search = form.search() if is_sound else Search()
    found = audit_search.found(entries, search)
    shown = Paginator(found, ENTRIES_SHOWN).get_page(request.GET.get("page"))
    accounts, places = audit_search.names(shown.object_list)
    lines = [_line(entry, accounts, places) for entry in shown.object_list]
    if search and "page" not in request.GET:  # after it was read: nobody finds the own search
        _record(audit.Action.READ, "audit.search", reader, search)
    query = request.GET.copy()
    query.pop("page", None)
    facts = {
        "form": form,
        "page": shown,
        "lines": lines,
        "query": query.urlencode(),
        "is_narrowed": bool(search),
    }
    return render(
        request, "scheduler/audit.html", facts, status=422 if form.is_bound and not is_sound else 200
    )


@never_cache
@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    """What the search found, as CSV in either encoding."""
    reader, entries = _reading(request)
    form = SearchForm(audit_search.object_types(entries), request.POST)
    encoding = request.POST.get("encoding", Encoding.UTF8)
    if not form.is_valid() or encoding not in set(Encoding):
        raise Http404
    search = form.search()
    found = audit_search.found(entries, search)
    _record(audit.Action.EXPORT, "audit.export", reader, search, entries=found.count())
    places = dict(Organisation.objects.values_list("pk", "short_name"))
    written = spreadsheets.written(audit_search.rows(found, places), Encoding(encoding))
    charset = "cp932" if encoding == Encoding.CP932 else "utf-8"
    response = StreamingHttpResponse(written, content_type=f"text/csv; charset={charset}")
    name = f"audit-{timezone.localdate()}.csv"
    response.headers["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=name) or ""
    )
    return response


def _reading(request: HttpRequest) -> tuple[Reader, QuerySet[AuditEntry]]:
    reader = readers.of_request(request, timezone.now())
    entries = audit_search.readable(reader.memberships) if reader else None
    if reader is None or entries is None:
        raise Http404
    return reader, entries


def _line(entry: AuditEntry, accounts: dict[int, Name], places: dict[int, Name]) -> dict[str, Any]:
    language = get_language() or "ja"

    def named(of: dict[int, Name], key: int | None) -> str:
        return of[key].in_language(language) if key in of else ""

    is_account = entry.object_type == "account" and entry.object_key.isdecimal()
    words, action = audit_words.of(entry.event), entry.get_action_display()
    return {
        "entry": entry,
        "words": words,
        "action": action if action != words else "",
        # What was written then stands; only its spelling in Latin letters is today's.
        "who": entry.actor_name if is_japanese(language) else named(accounts, entry.actor_id),
        "place": named(places, entry.organisation_id),
        "on_behalf_of": named(accounts, entry.on_behalf_of_id),
        "about": named(accounts, int(entry.object_key)) if is_account else "",
        "kind": audit_words.of_object(entry.object_type),
        "is_bad": entry.outcome != "success",
    }


def _record(action: audit.Action, event: str, reader: Reader, search: Search, **facts: int) -> None:
    # Which fields were used, not what was typed: that may be somebody's name.
    used = [name for name, value in asdict(search).items() if value]
    audit.record(
        action, event, by=reader.user, now=timezone.now(), object_type="audit", object_key="",
        case_key=search.case, facts={"by": used, **facts},
    )  # fmt: skip
