"""Records: lessons counted, a term's attendance as files, and the school's terms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from classrooms import attendance_export, lesson_counts, records_page, terms
from classrooms.attendance_export import Register
from classrooms.terms import TermForm
from classrooms.views.pupils import reader_of, written_school
from scheduler.models import Organisation, Term
from scheduler.views.downloads import download, encoding_of


@require_safe
def records(request: HttpRequest) -> HttpResponse:
    page = records_page.load(
        reader_of(request),
        school=request.GET.get("school", ""),
        term=request.GET.get("term", ""),
        now=timezone.now(),
        today=timezone.localdate(),
    )
    if page is None:
        raise Http404
    return render(request, "classrooms/records.html", {"page": page})


@require_safe
def marks(request: HttpRequest) -> HttpResponseBase:
    return _file(request, attendance_export.rows, "marks")


@require_safe
def sums(request: HttpRequest) -> HttpResponseBase:
    return _file(request, attendance_export.sum_rows, "sums")


def _file(
    request: HttpRequest, writing: Callable[[Iterable[Register], Term], Iterator[list[str]]], what: str
) -> HttpResponseBase:
    school, now = written_school(request, reader_of(request)), timezone.now()
    term = records_page.term_of(school, request.GET.get("term", ""), timezone.localdate())
    if term is None:
        raise Http404
    receptions = lesson_counts.within(term.starts_on, term.ends_on, school)
    found = attendance_export.registers(lesson_counts.taken_place(receptions, now), now)
    name = f"{what}-{school.code}-{term.academic_year}-{term.number or 'year'}"
    return download(request, writing(found, term), encoding_of(request), name)


@require_http_methods(["GET", "HEAD", "POST"])
def terms_page(request: HttpRequest) -> HttpResponse:
    """The school's terms, and a form for another."""
    school = written_school(request, reader_of(request))
    return _saving(request, school, None)


@require_http_methods(["GET", "HEAD", "POST"])
def term(request: HttpRequest, pk: int) -> HttpResponse:
    school = written_school(request, reader_of(request))
    return _saving(request, school, get_object_or_404(Term, pk=pk, organisation=school))


def _saving(request: HttpRequest, school: Organisation, found: Term | None) -> HttpResponse:
    form = TermForm(request.POST or None, term=found)
    if form.is_valid():
        try:
            terms.save(school, found, **form.cleaned_data)
        except terms.OverlapError as error:
            words = _("“%(name)s” has some of these days: %(first)s to %(last)s.")
            other = error.other
            facts = {
                "name": other.name,
                "first": other.starts_on.isoformat(),
                "last": other.ends_on.isoformat(),
            }
            form.add_error("starts_on", words % facts)
        else:
            messages.success(request, _("The term is entered."))
            return _to_terms(school)
    context = {"school": school, "form": form, "term": found, "terms": terms.of_school(school)}
    return render(request, "classrooms/records_terms.html", context, status=422 if form.is_bound else 200)


@require_POST
def remove_term(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes a term's dates away; lessons and registers do not hang on them."""
    school = written_school(request, reader_of(request))
    get_object_or_404(Term, pk=pk, organisation=school).delete()
    messages.success(request, _("The term is taken away. Its lessons and registers stay."))
    return _to_terms(school)


def _to_terms(school: Organisation) -> HttpResponse:
    response = redirect("classrooms:terms")
    response["Location"] += f"?school={school.pk}"
    return response
