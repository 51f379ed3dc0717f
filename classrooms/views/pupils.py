"""A school's pupils: the list, one pupil, who takes which section, remote seats."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from classrooms import enrolments, pupil_forms, pupil_lists, pupil_permissions, pupils, remote_seats
from classrooms.models import RemoteSeat, Section, Student
from classrooms.pupil_forms import PupilForm, RemoteSeatForm, SectionDayForm
from classrooms.pupils import Ended
from scheduler import readers
from scheduler.models import Organisation
from scheduler.names import joined
from scheduler.providers import Reader


def reader_of(request: HttpRequest) -> Reader:
    """Who asks; 404 for nobody."""
    reader = readers.of_request(request, timezone.now())
    if reader is None:
        raise Http404
    return reader


def written_school(request: HttpRequest, reader: Reader) -> Organisation:
    """The school whose pupils are to be changed: the one that the address names, else the first."""
    return _asked(request, list(pupil_permissions.written_schools(reader)))


def _asked(request: HttpRequest, schools: list[Organisation]) -> Organisation:
    asked = request.GET.get("school", "")
    found = next((school for school in schools if not asked or str(school.pk) == asked), None)
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def pupils_page(request: HttpRequest) -> HttpResponse:
    """The list. Searched by POST: a name in an address would stay in histories and proxies' logs."""
    reader = reader_of(request)
    today = timezone.localdate()
    schools = list(pupil_permissions.read_schools(reader))
    if not schools:
        taught = pupil_lists.of_teacher(reader, today)
        if not taught:
            raise Http404
        return render(request, "classrooms/pupils_taught.html", {"taught": taught, "today": today})
    group = request.GET.get("class", "")
    page = pupil_lists.page(
        reader,
        _asked(request, schools),
        schools,
        words=pupil_forms.tidied_search(request.POST.get("q", "")),
        group_id=int(group) if group.isdecimal() and len(group) < 19 else None,
        shows_gone=request.GET.get("gone") == "1",
        today=today,
    )
    return render(request, "classrooms/pupils.html", {"page": page, "today": today})


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    reader = reader_of(request)
    school, today = written_school(request, reader), timezone.localdate()
    form = PupilForm(request.POST or None, school=school, student=None, today=today)
    if form.is_valid():
        try:
            student = pupils.enter(school, form.facts, today=today)
        except (pupils.NumberTakenError, pupils.SeatTakenError) as error:
            form.refuse(error)
        else:
            messages.success(request, _("The pupil is entered. Now choose the sections."))
            return redirect("classrooms:pupil", pk=student.pk)
    context = {"form": form, "school": school}
    return render(request, "classrooms/pupils_new.html", context, status=422 if form.is_bound else 200)


def _found(request: HttpRequest, pk: int) -> tuple[Reader, Student]:
    """A pupil whom the reader may change."""
    reader = reader_of(request)
    mine = Student.objects.filter(school__in=pupil_permissions.written_schools(reader))
    return reader, get_object_or_404(mine.select_related("school", "group", "user"), pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
def pupil(request: HttpRequest, pk: int) -> HttpResponse:
    _reader, student = _found(request, pk)
    today = timezone.localdate()
    form = PupilForm(request.POST or None, school=student.school, student=student, today=today)
    if form.is_valid():
        left_before = Student.objects.values_list("valid_until", flat=True).get(pk=pk)
        try:
            ended = pupils.correct(student, form.facts, today=today)
        except (pupils.NumberTakenError, pupils.SeatTakenError) as error:
            form.refuse(error)
        else:
            messages.success(request, _("The pupil's entry is corrected."))
            _tell_leaving(request, ended, is_taken_back=_is_later(form.facts.valid_until, left_before))
            return redirect("classrooms:pupil", pk=pk)
    seat_form = RemoteSeatForm(None, student=student, today=today)
    return _pupil_page(request, student, form, seat_form)


def _is_later(left: date | None, before: date | None) -> bool:
    return before is not None and (left is None or left > before)


def _tell_leaving(request: HttpRequest, ended: Ended, *, is_taken_back: bool) -> None:
    """What ended with the leaving, or that it does not come back by itself."""
    told = [
        ngettext("%(n)d section", "%(n)d sections", ended.sections) % {"n": ended.sections},
        ngettext("%(n)d remote seat", "%(n)d remote seats", ended.seats) % {"n": ended.seats},
    ]
    what = [words for words, n in zip(told, (ended.sections, ended.seats), strict=True) if n]
    if what:
        words = _("With the leaving end: %(what)s.")
        messages.warning(request, words % {"what": joined(what, get_language() or "ja")})
    elif is_taken_back:
        messages.warning(
            request,
            _("Sections and remote seats that had ended with the leaving stay ended. Choose them again."),
        )


def _pupil_page(
    request: HttpRequest, student: Student, form: PupilForm, seat_form: RemoteSeatForm
) -> HttpResponse:
    today = timezone.localdate()
    stored = Student.objects.select_related("school", "group", "user").get(pk=student.pk)
    holding = set(remote_seats.holding(today).filter(student=stored).values_list("pk", flat=True))
    context = {
        "student": stored,
        "form": form,
        "seat_form": seat_form,
        "today": today,
        "taken": enrolments.of_student(stored, today),
        "seats": [
            (seat, seat.pk in holding, seat.valid_from > today)
            for seat in stored.remote_seats.select_related("approved_by").order_by("-valid_from", "-pk")
        ],
    }
    refused = form.errors or seat_form.errors
    return render(request, "classrooms/pupils_pupil.html", context, status=422 if refused else 200)


@require_POST
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """The sections of one pupil, ticked on the pupil's own page."""
    _reader, student = _found(request, pk)
    today = timezone.localdate()
    offered = enrolments.of_student(student, today)
    wanted = {key for key in request.POST.getlist("sections") if key.isdecimal()}
    enrolments.set_student(student, [one.section for one in offered if str(one.section.pk) in wanted], today)
    messages.success(request, _("The sections are changed. They hold from today."))
    return redirect("classrooms:pupil", pk=pk)


@require_POST
def approve_seat(request: HttpRequest, pk: int) -> HttpResponse:
    reader, student = _found(request, pk)
    today = timezone.localdate()
    form = RemoteSeatForm(request.POST, student=student, today=today)
    if form.is_valid():
        values = form.cleaned_data
        try:
            seat = remote_seats.approve(
                student, place=values["place"], valid_from=values["valid_from"], valid_until=form.valid_until,
                email=values["email"], by=reader.user,
            )  # fmt: skip
        except remote_seats.AddressTakenError:
            form.add_error("email", _("Another account uses this address. Give one of the pupil's own."))
        except remote_seats.OverlapError as error:
            words = _(
                "There is a seat in these days already. Let the new one begin on %(day)s, or end that one."
            )
            form.add_error("valid_from", words % {"day": error.until.isoformat()})
        else:
            _tell_invited(request, seat)
            return redirect("classrooms:pupil", pk=pk)
    pupil_form = PupilForm(None, school=student.school, student=student, today=today)
    return _pupil_page(request, student, pupil_form, form)


@require_POST
def invite(request: HttpRequest, pk: int, seat_pk: int) -> HttpResponse:
    _reader, student = _found(request, pk)
    seat = get_object_or_404(remote_seats.opening(timezone.localdate()), pk=seat_pk, student=student)
    _tell_invited(request, seat)
    return redirect("classrooms:pupil", pk=pk)


def _tell_invited(request: HttpRequest, seat: RemoteSeat) -> None:
    if remote_seats.invite(seat):
        messages.success(request, _("The remote seat is approved, and the message with the link is sent."))
    else:
        messages.error(
            request,
            _("The remote seat is approved, but the message could not be sent. Send the link again later."),
        )


@require_POST
def end_seat(request: HttpRequest, pk: int, seat_pk: int) -> HttpResponse:
    _reader, student = _found(request, pk)
    seat = get_object_or_404(RemoteSeat, pk=seat_pk, student=student)
    remote_seats.end(seat, timezone.localdate())
    messages.success(request, _("The remote seat has ended. Its account opens nothing any more."))
    return redirect("classrooms:pupil", pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
def section(request: HttpRequest, pk: int) -> HttpResponse:
    """Who takes a section: a tick list for the school, names alone for its teacher and the room staff."""
    reader, today = reader_of(request), timezone.localdate()
    found = get_object_or_404(
        pupil_permissions.visible_sections(reader, today).select_related("course", "teacher"), pk=pk
    )
    own = list(pupil_permissions.written_schools(reader).filter(section_schools__section=found))
    if not own:
        if request.method == "POST":
            raise Http404
        return _section_names(request, reader, found)
    school = _asked(request, own)
    students = list(
        Student.objects.filter(enrolments.still_there_until(today), school=school).select_related("group")
    )
    form = SectionDayForm(request.POST or None, students=students, today=today)
    if form.is_valid():
        came, went = enrolments.set_section(
            found, school.pk, form.cleaned_data["pupils"], form.cleaned_data["day"]
        )
        told = [
            ngettext("%(n)d pupil came to it", "%(n)d pupils came to it", came) % {"n": came} if came else "",
            ngettext("%(n)d pupil left it", "%(n)d pupils left it", went) % {"n": went} if went else "",
        ]
        words = joined((part for part in told if part), reader.language) or _("Nothing has changed")
        messages.success(request, _("The section is entered: %(what)s.") % {"what": words})
        return redirect("classrooms:pupil_section", pk=pk)
    ticked = enrolments.ticked(found, school.pk, today)
    grades = enrolments.grades_of(found, school.pk)
    context = {
        "section": found, "school": school, "form": form, "students": students, "ticked": ticked,
        "grades": grades, "today": today,
    }  # fmt: skip
    return render(request, "classrooms/pupils_section.html", context, status=422 if form.errors else 200)


def _section_names(request: HttpRequest, reader: Reader, found: Section) -> HttpResponse:
    today = timezone.localdate()
    is_teacher = pupil_permissions.teaches(reader, found, today)
    schools = None if is_teacher else pupil_permissions.read_schools(reader).values_list("pk", flat=True)
    context = {"section": found, "groups": pupil_lists.of_section(found, schools, today), "today": today}
    return render(request, "classrooms/pupils_section_names.html", context)
