"""出欠: the worklist, one register, its taps, who attended, and the school's confirmation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from classrooms import (
    confirming,
    register_errors,
    register_page,
    register_rights,
    register_sheet,
    register_words,
    registers,
    staffing,
    worklist,
)
from classrooms.models import Reception, StaffPresence
from classrooms.register_forms import ConfirmForm, DayForm, MarkForm, SettingForm, StaffForm, StrikeForm
from classrooms.register_page import Page
from classrooms.register_rights import Rights
from scheduler import permissions, readers
from scheduler.models import Membership
from scheduler.providers import Reader


@dataclass(frozen=True, slots=True)
class Opened:
    """A register that its reader may open."""

    reader: Reader
    reception: Reception
    rights: Rights
    now: datetime

    def page(self) -> Page:
        # Read anew: a verb may have changed it.
        self.reception.refresh_from_db(fields=["state", "reason"])
        sheet = register_sheet.load(self.reception, self.now)
        return register_page.build(sheet, self.rights, self.now, self.reader.language)

    @property
    def address(self) -> str:
        return reverse("classrooms:register", args=[self.reception.pk])


def _reader(request: HttpRequest, now: datetime) -> Reader:
    reader = readers.of_request(request, now)
    if reader is None:
        raise Http404
    return reader


def _open(request: HttpRequest, pk: int) -> Opened:
    now = timezone.now()
    reader = _reader(request, now)
    reception = get_object_or_404(register_rights.visible(reader, now), pk=pk)
    return Opened(reader, reception, register_rights.of(reader, reception.school, now), now)


@require_safe
def registers_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    reader = _reader(request, now)
    form = DayForm(request.GET)
    found = worklist.load(reader, form.day(register_rights.day_of(now)), now)
    context = {"list": found, "form": form, "reader": reader, "may_set": bool(_offices(reader))}
    return render(request, "classrooms/registers.html", context)


@never_cache
@require_safe
def register(request: HttpRequest, pk: int) -> HttpResponse:
    opened = _open(request, pk)
    return _shown(request, opened, opened.page())


def _shown(
    request: HttpRequest, opened: Opened, page: Page, *, staff: StaffForm | None = None
) -> HttpResponse:
    candidates = staffing.candidates(opened.reception, page.sheet.day)
    form = staff or StaffForm(None, candidates=candidates, is_confirmed=page.is_confirmed)
    context = {
        "page": page,
        "staff_form": form,
        "planned": staffing.likely(candidates, opened.reception, opened.reader.user),
        "intention": uuid4,
    }
    return render(request, "classrooms/register.html", context, status=422 if staff else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def marks(request: HttpRequest, pk: int) -> HttpResponse:
    """POST: one tap. GET: how the register stands, for a page that is open."""
    if _is_anothers(request):
        return JsonResponse({"signed_out": True}, status=409)
    opened = _open(request, pk)
    return _tapped(request, opened) if request.method == "POST" else _state(request, opened)


def _tapped(request: HttpRequest, opened: Opened) -> HttpResponse:
    form = MarkForm(request.POST)
    if not form.is_valid():
        return _refused(request, opened, _("This was not a mark of the register. Nothing was changed."), 422)
    facts = form.cleaned_data
    try:
        registers.mark(
            opened.reception,
            facts["student"],
            mark=form.mark_given,
            seen=facts["seen"],
            note=form.note_given,
            reason=facts["reason"],
            intention=facts["intention"],
            by=opened.reader.user,
            now=opened.now,
        )
    except register_errors.RegisterError as error:
        if isinstance(error, register_errors.OvertakenError):
            return _asked(error, facts["mark"], opened)
        return _refused(request, opened, _words(error), 409)
    if _wants_json(request):
        return _state(request, opened)
    return redirect(f"{opened.address}#pupil-{facts['student']}")


def _is_anothers(request: HttpRequest) -> bool:
    """A tap of one account that its page sends under the session of another, signed in in another tab.

    Answered before anything is looked up: to the account of the session the register may not exist.
    """
    reader = request.POST.get("reader")
    return reader is not None and reader != str(request.user.pk)


def _asked(error: register_errors.OvertakenError, mark: str, opened: Opened) -> JsonResponse:
    """Which of two marks holds, as a question to whoever tapped without having seen the other's."""
    facts = {
        "name": error.by.in_language(opened.reader.language),
        "theirs": register_words.mark(error.mark),
        "mine": register_words.mark(mark),
    }
    question = {
        "seen": error.last,
        "yes": _("Change it to: %(mine)s") % facts,
        "no": _("Leave it as: %(theirs)s") % facts,
    }
    words = _("%(name)s has since marked this pupil: %(theirs)s. Change it to: %(mine)s?") % facts
    return JsonResponse({"refused": words, "question": question}, status=409)


def _state(request: HttpRequest, opened: Opened) -> JsonResponse:
    page = opened.page()
    evidence = render_to_string("classrooms/_register_evidence.html", {"page": page}, request)
    return JsonResponse({**page.state(), "evidence": evidence})


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "") == "application/json"


def _refused(request: HttpRequest, opened: Opened, words: str, status: int) -> HttpResponse:
    if _wants_json(request):
        return JsonResponse({"refused": words}, status=status)
    messages.error(request, words)
    return redirect(opened.address)


def _words(error: register_errors.RegisterError) -> str:
    said = {
        register_errors.OffError: _("This school's lesson does not take place. Nothing was changed."),
        register_errors.NotOnRegisterError: _("This pupil is not on this register. Nothing was changed."),
        register_errors.ReasonNeededError: _(
            "The school has confirmed this register. A change now needs a reason; nothing was changed."
        ),
        register_errors.IntentionError: _(
            "This page was old. Look at the register again; nothing was changed."
        ),
        register_errors.TooEarlyError: _("The lesson is not over. Nothing was confirmed."),
        register_errors.UnsettledError: _(
            "The last seconds of the lesson are still being recorded. Confirm again in half a minute; "
            "nothing was confirmed yet."
        ),
        register_errors.ChangedError: _(
            "Something was recorded meanwhile. Look at it again and confirm; nothing was confirmed yet."
        ),
    }
    return said[type(error)]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    opened = _open(request, pk)
    post = opened.rights.post
    if not opened.rights.may_confirm or post is None:
        raise Http404
    page = opened.page()
    if page.is_confirmed or not page.is_confirmable:
        return redirect(opened.address)
    form = ConfirmForm(
        request.POST if request.method == "POST" else None, initial={"seen": page.sheet.version}
    )
    if form.is_valid():
        try:
            confirming.confirm(
                opened.reception,
                **form.cleaned_data,
                by=opened.reader.user,
                post=post.post or str(post.get_role_display()),
                now=opened.now,
            )
        except register_errors.RegisterError as error:
            messages.error(request, _words(error))
            return redirect(request.path)
        messages.success(request, _("The register is confirmed. A change now needs a reason."))
        return redirect(opened.address)
    status = 422 if form.is_bound else 200
    return render(request, "classrooms/register_confirm.html", {"page": page, "form": form}, status=status)


@never_cache
@require_POST
def staff(request: HttpRequest, pk: int) -> HttpResponse:
    """Records who attended, or strikes a row out."""
    opened = _open(request, pk)
    if not opened.rights.may_record_staff:
        raise Http404
    if "strike" in request.POST:
        return _strike(request, opened)
    page = opened.page()
    candidates = staffing.candidates(opened.reception, page.sheet.day)
    form = StaffForm(request.POST, candidates=candidates, is_confirmed=page.is_confirmed)
    if not form.is_valid():
        return _shown(request, opened, page, staff=form)
    try:
        staffing.record(
            opened.reception,
            form.attendant,
            by=opened.reader.user,
            now=opened.now,
            intention=form.cleaned_data["intention"],
            reason=form.cleaned_data.get("reason", ""),
        )
    except register_errors.RegisterError as error:
        messages.error(request, _words(error))
    return redirect(f"{opened.address}#staff")


def _strike(request: HttpRequest, opened: Opened) -> HttpResponse:
    form = StrikeForm(request.POST)
    if not form.is_valid():
        raise Http404
    rows = StaffPresence.objects.filter(reception=opened.reception)
    presence = get_object_or_404(rows, pk=form.cleaned_data["strike"])
    try:
        staffing.strike(presence, by=opened.reader.user, now=opened.now, reason=form.cleaned_data["reason"])
    except register_errors.RegisterError as error:
        messages.error(request, _words(error))
    return redirect(f"{opened.address}#staff")


def _offices(reader: Reader) -> dict[int, Membership]:
    """The reader's posts that act for a school, by the school's key."""
    posts = [m for m in reader.memberships if m.role in permissions.SCHOOL_OFFICE_ROLES]
    return {post.organisation_id: post for post in posts}


@require_http_methods(["GET", "HEAD", "POST"])
def setting(request: HttpRequest) -> HttpResponse:
    """Who confirms at the reader's school: changed by whoever confirms today."""
    now = timezone.now()
    reader = _reader(request, now)
    offices = _offices(reader)
    if not offices:
        raise Http404
    allowed = register_rights.confirmed_schools(reader, now)
    day = register_rights.day_of(now)
    if request.method == "POST":
        form = SettingForm(request.POST)
        if not form.is_valid() or form.cleaned_data["school"] not in allowed:
            raise Http404
        try:
            confirming.let_confirm(
                form.cleaned_data["school"], by_head=form.cleaned_data["by_head"], by=reader.user, now=now
            )
        except confirming.NobodyLeftError:
            messages.error(request, _("The school has no head with an account, so nothing was changed."))
        else:
            messages.success(request, _("Saved. It holds from today."))
        return redirect("classrooms:register_setting")
    roles, alone = confirming.roles_of(offices, day), confirming.head_alone(offices, day)
    schools = [
        {
            "school": post.organisation,
            "form": SettingForm(
                initial={"school": pk, "by_head": "1" if pk in alone else "0"},
                auto_id=f"school-{pk}-%s",
            ),
            "may_change": pk in allowed,
            "loses": pk in allowed and register_rights.loses_by_head_alone(reader, pk),
            "is_vacant": pk in alone and roles[pk] != confirming.HEAD_ALONE,
            "history": confirming.history(pk),
        }
        for pk, post in offices.items()
    ]
    return render(request, "classrooms/register_setting.html", {"schools": schools})
