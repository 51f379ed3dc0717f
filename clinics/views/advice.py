"""助言: written in four lines, shown once more, signed; read, printed, copied."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinics import access, advice, advice_text, attachments, drafts
from clinics.advice import WRITABLE, WRITTEN_IN, Words
from clinics.drafts import Changed, StaleDraftError
from clinics.forms import AdviceForm, KeyForm
from clinics.states import Actor, CaseError, State
from clinics.views import desk
from clinics.views.desk import Opened
from scheduler import wallclock


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The specialist's own draft. It is kept as it is typed; what is shown for signing is what is signed."""
    opened = desk.opened(request, uid)
    may_write = Actor.SPECIALIST in opened.actors and State(opened.case.state) in WRITTEN_IN
    if not may_write and not desk.is_quiet(request):
        return opened.back()
    if request.method != "POST":
        access.read(opened.case, by=opened.user, now=opened.now, request=request)
        words = _words(opened)
        return _shown(opened, _form(words, None), shown=words.token)
    is_signing = request.POST.get("action") == "review"
    form = _form(_words(opened), request.POST, is_draft=not is_signing)
    form.is_valid()  # what can be read is kept, complete or not
    try:
        kept = advice.save_draft(
            opened.case, _lines(form), by=opened.user, now=opened.now, shown=request.POST.get("shown")
        )
    except StaleDraftError as error:
        return _changed(opened, form, error)
    except CaseError as error:
        if desk.is_quiet(request):
            return opened.refused(error)
        form.add_error(None, opened.said(error))
        return _shown(opened, form, shown=request.POST.get("shown", ""))
    return _kept(opened, form, kept, is_signing=is_signing)


def _kept(opened: Opened, form: AdviceForm, kept: Words, *, is_signing: bool) -> HttpResponse:
    request, uid = opened.request, opened.case.uid
    if desk.is_quiet(request):
        clock = wallclock.clock(opened.now, opened.case.organisation.zone)
        return JsonResponse({"words": _("Draft kept at %(time)s") % {"time": clock}, "shown": kept.token})
    if not form.is_valid():
        return _shown(opened, form, shown=kept.token)
    if is_signing:
        return redirect("clinics:advice_review", uid=uid)
    messages.success(request, _("The draft is kept. Only you see it."))
    return redirect("clinics:advice_write", uid=uid)


def _changed(opened: Opened, form: AdviceForm, error: StaleDraftError) -> HttpResponse:
    """What was typed, beside what is kept now; the next press has seen it."""
    zone, language = opened.case.organisation.zone, opened.reader.language
    words = _words(opened)
    changed = drafts.changed(error, form, _form(words, None), zone, language, opened.now)
    if desk.is_quiet(opened.request):
        return JsonResponse({"words": changed.words}, status=409)
    return _shown(opened, form, shown=words.token, changed=changed)


def _words(opened: Opened) -> Words:
    return advice.words_of(opened.case, opened.user)


def _form(words: Words, data: Any, *, is_draft: bool = True) -> AdviceForm:
    usual: dict[str, Any] = {"intention": uuid4()}
    # A correction begins with the words that it corrects.
    if words.newest is not None:
        usual |= {name: getattr(words.newest, name) for name in WRITABLE}
    if words.draft is None:
        usual["reason"] = ""
    return AdviceForm(data, initial=usual, is_draft=is_draft, is_amending=words.last is not None)


def _lines(form: AdviceForm) -> dict[str, Any]:
    return {name: value for name, value in form.cleaned_data.items() if name in WRITABLE}


def _shown(opened: Opened, form: AdviceForm, *, shown: str, changed: Changed | None = None) -> HttpResponse:
    context = {
        "opened": opened,
        "form": form,
        "shown": shown,
        "changed": changed,
        "last": advice.newest(opened.case),
        "questions": opened.case.questions.all(),
        "attachments": attachments.standing(opened.case),
        "may_sign": opened.case.state not in {State.SCHEDULED, State.LIVE},
    }
    status = 409 if changed else 422 if form.is_bound and form.errors else 200
    return render(opened.request, "clinics/advice_write.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The draft as it will stand, and the signature."""
    opened = desk.opened(request, uid)
    words = _words(opened)
    if words.draft is None or Actor.SPECIALIST not in opened.actors:
        return opened.back()
    if request.method == "POST":
        return _signed(opened, is_amending=words.last is not None)
    context = {
        "opened": opened,
        "draft": words.draft,
        "last": words.last,
        "lines": advice_text.lines(words.draft),
        "shown": words.token,
        "form": KeyForm(None, initial={"intention": uuid4(), "version": opened.case.version}),
    }
    return render(request, "clinics/advice_review.html", context)


def _signed(opened: Opened, *, is_amending: bool) -> HttpResponse:
    request, form = opened.request, KeyForm(opened.request.POST)
    if not form.is_valid():
        raise Http404
    sign = advice.amend if is_amending else advice.sign
    try:
        sign(
            opened.case, by=opened.user, now=opened.now, intention=form.cleaned_data["intention"],
            shown=request.POST.get("shown", ""), version=form.cleaned_data["version"], request=request,
        )  # fmt: skip
    except CaseError as error:
        if isinstance(error, StaleDraftError):
            words = _("The draft changed after you opened this page. Look at it again, then sign.")
            messages.warning(request, words)
        else:
            messages.error(request, opened.said(error))
        return redirect("clinics:advice_review", uid=opened.case.uid)
    messages.success(request, _("Signed. The requesting doctor is told."))
    return opened.back()


@never_cache
@require_safe
def version(request: HttpRequest, uid: UUID, number: int) -> HttpResponse:
    """One signed version, to read, print (A4) and copy into the chart."""
    opened = desk.opened(request, uid)
    found = get_object_or_404(advice.signed(opened.case), version=number)
    access.read(opened.case, by=opened.user, now=opened.now, request=request)
    context = {
        "opened": opened,
        "advice": found,
        "lines": advice_text.lines(found),
        "text": advice_text.plain(opened.case, found, opened.reader.language),
        "versions": advice.signed(opened.case),
        "is_intact": advice.is_intact(found),
    }
    return render(request, "clinics/advice.html", context)


@never_cache
@require_POST
def acknowledge(request: HttpRequest, uid: UUID, number: int) -> HttpResponse:
    opened = desk.opened(request, uid)
    found = get_object_or_404(advice.signed(opened.case), version=number)
    form = KeyForm(request.POST)
    if not form.is_valid():
        raise Http404
    key = form.cleaned_data["intention"]
    try:
        advice.acknowledge(found, by=opened.user, now=opened.now, intention=key, request=request)
    except CaseError as error:
        return opened.refused(error)
    messages.success(request, _("Noted that you have read it. The decision on treatment is yours."))
    return opened.back()
