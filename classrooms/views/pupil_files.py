"""A school's pupils from a file and into one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from classrooms import pupil_columns, pupil_files, pupil_imports
from classrooms.pupil_forms import UploadForm, WordForm
from classrooms.pupil_imports import Preview
from classrooms.views.pupils import reader_of, written_school
from scheduler import wallclock
from scheduler.imports import UnreadableError
from scheduler.models import Organisation
from scheduler.views.downloads import download, encoding_of

SHOWN = 100
"""Of each kind so many lines are shown; the figures count all."""


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Asks for a file; shows what it would change, or every reason why it cannot."""
    school = written_school(request, reader_of(request))
    today = timezone.localdate()
    starts_on = date(wallclock.school_year(today), 4, 1)
    form = UploadForm(request.POST or None, request.FILES or None, starts_on=starts_on)
    if form.is_valid():
        try:
            contents = pupil_columns.read(form.cleaned_data["file"])
        except UnreadableError as error:
            form.add_error("file", str(error))
        else:
            starts_on = form.cleaned_data["starts_on"]
            preview = pupil_imports.judge(school, contents.rows, starts_on=starts_on, today=today)
            return _preview(request, school, preview, starts_on, passed_over=contents.passed_over)
    context = {"form": form, "school": school, "columns": pupil_columns}
    return render(request, "classrooms/pupils_import.html", context, status=422 if form.is_bound else 200)


def _preview(
    request: HttpRequest, school: Organisation, preview: Preview, starts_on: date, *,
    passed_over: Iterable[str] = (), is_other: bool = False,
) -> HttpResponse:  # fmt: skip
    context = {
        "preview": preview,
        "school": school,
        "starts_on": starts_on,
        "passed_over": passed_over,
        "is_other": is_other,
        "new": preview.new[:SHOWN],
        "changed": preview.changed[:SHOWN],
        "problems": preview.problems[:SHOWN],
        "more_new": max(0, len(preview.new) - SHOWN),
        "more_changed": max(0, len(preview.changed) - SHOWN),
        "more_problems": max(0, len(preview.problems) - SHOWN),
        "text": "" if preview.problems else preview.text,
    }
    status = 422 if preview.problems or is_other else 200
    return render(request, "classrooms/pupils_preview.html", context, status=status)


@require_POST
def confirm(request: HttpRequest) -> HttpResponse:
    """Writes what was shown, or shows anew what has become of it meanwhile."""
    school = written_school(request, reader_of(request))
    form = WordForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("The preview is incomplete. Choose the file again."))
        return redirect("classrooms:pupil_import")
    values = form.cleaned_data
    try:
        contents = pupil_columns.read(values["text"].encode())
    except UnreadableError as error:
        messages.error(request, str(error))
        return redirect("classrooms:pupil_import")
    preview, is_written = pupil_imports.apply(
        school,
        contents.rows,
        starts_on=values["starts_on"],
        digest=values["digest"],
        today=timezone.localdate(),
    )
    if not is_written:
        return _preview(request, school, preview, values["starts_on"], is_other=True)
    if preview.changes:
        words = _("The list is in: %(new)d pupils new, %(changed)d changed.")
        messages.success(request, words % {"new": len(preview.new), "changed": len(preview.changed)})
    else:
        messages.success(request, _("Everything of this list was in already. Nothing has changed."))
    return redirect("classrooms:pupils")


@require_safe
def template(request: HttpRequest) -> HttpResponseBase:
    school = written_school(request, reader_of(request))
    rows = pupil_files.template(school, wallclock.school_year(timezone.localdate()))
    return download(request, rows, encoding_of(request), "pupils-template")


@require_safe
def roster(request: HttpRequest) -> HttpResponseBase:
    school = written_school(request, reader_of(request))
    today = timezone.localdate()
    name = f"pupils-{school.code}-{today:%Y%m%d}"
    return download(request, pupil_files.roster(school, today), encoding_of(request), name)
