"""A consultation's page, who read it, and the steps that are one press or a short form."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinics import access, announcements, case_page, forms, parties, states, wording
from clinics.models import Consultation
from clinics.offers import OfferConflictError
from clinics.states import CaseError, Reason, Refused, State
from clinics.views import case_acts, desk
from clinics.views.case_acts import CaseAct
from clinics.views.desk import Opened
from scheduler import bookings, browsing
from scheduler.names import Name


@never_cache
@require_safe
def case(request: HttpRequest, uid: UUID) -> HttpResponse:
    opened = desk.opened(request, uid)
    if opened.case.state == Consultation.State.DRAFT:
        return redirect("clinics:draft", uid=uid)
    access.read(opened.case, by=opened.user, now=opened.now, request=request)
    if not browsing.is_by_itself(request):
        announcements.have_been_read(opened.case, by=opened.user, now=opened.now)
    return _page(opened)


def with_file(opened: Opened, form: forms.AttachmentForm) -> HttpResponse:
    """The page with a file that was refused and what was written about it."""
    return _page(opened, file_form=form, status=422)


def _page(
    opened: Opened, *, file_form: forms.AttachmentForm | None = None, status: int = 200
) -> HttpResponse:
    key = {"intention": uuid4(), "version": opened.case.version}
    context = {
        "page": case_page.load(opened.case, opened.actors, opened.reader, opened.now),
        "intention": uuid4,
        "answer_form": forms.AnswerForm(None, initial=key, auto_id="answer-%s"),
        "outcome_form": forms.OutcomeForm(None, initial=key, auto_id="outcome-%s"),
        "file_form": file_form or forms.AttachmentForm(None, initial=key, auto_id="file-%s"),
    }
    return render(opened.request, "clinics/case.html", context, status=status)


@never_cache
@require_safe
def readings(request: HttpRequest, uid: UUID) -> HttpResponse:
    """閲覧の記録: who opened the case, when, as what."""
    opened = desk.opened(request, uid)
    shown = Paginator(access.readings(opened.case), 50).get_page(request.GET.get("page"))
    parts = {actor.value: str(name) for actor, name in _parts().items()}
    context = {"opened": opened, "readings": shown, "parts": parts, "zone": opened.case.organisation.zone}
    return render(request, "clinics/readings.html", context)


def _parts() -> dict[states.Actor, str]:
    owner = Consultation.Owner
    return {
        states.Actor.REQUESTER: str(owner.REQUESTER.label),
        states.Actor.COLLEAGUE: _("doctor of the requesting side"),
        states.Actor.PROXY: _("who prepared it"),
        states.Actor.SPECIALIST: str(owner.SPECIALIST.label),
        states.Actor.COORDINATOR: str(owner.COORDINATOR.label),
    }


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, uid: UUID, name: str) -> HttpResponse:
    opened = desk.opened(request, uid)
    found = case_acts.ACTS.get(name)
    if found is None:
        raise Http404
    if request.method != "POST":
        return _asked(opened, found)
    form = found.form(request.POST, opened, {})
    if not form.is_valid():
        return _again(opened, found, form)
    try:
        found.do(opened, form.cleaned_data)
    except bookings.ConflictError as error:
        return not_free(opened, error)
    except CaseError as error:
        if not form.visible_fields():
            return opened.refused(error)
        form.add_error(_field_of(error, form), opened.said(error))
        return _again(opened, found, form)
    messages.success(request, str(found.done))
    return opened.back()


def _asked(opened: Opened, found: CaseAct) -> HttpResponse:
    state = State(opened.case.state)
    if not found.title:
        return opened.back()
    if found.event not in states.possible(state, opened.actors):
        reason = Reason.ENDED if state in states.ENDED else Reason.TOO_LATE
        return opened.refused(Refused(reason, found.event))
    key = {"intention": uuid4(), "version": opened.case.version}
    return _form_page(opened, found, found.form(None, opened, key), 200)


def _again(opened: Opened, found: CaseAct, form: forms.KeyForm) -> HttpResponse:
    """The form with what was typed. It now knows the case as it is, so that a second press counts."""
    if not found.title or "intention" in form.errors or "version" in form.errors:
        raise Http404  # nothing that a page of ours sends
    fresh = Consultation.objects.get(pk=opened.case.pk)
    form.renew(fresh.version)
    return _form_page(opened, found, form, 422)


def _form_page(opened: Opened, found: CaseAct, form: forms.KeyForm, status: int) -> HttpResponse:
    context = {"opened": opened, "act": found, "form": form}
    return render(opened.request, "clinics/act.html", context, status=status)


def _field_of(error: CaseError, form: forms.KeyForm) -> str | None:
    if isinstance(error, Refused) and error.reason in {Reason.TEXT, Reason.REASON}:
        return next((name for name in ("text", "reason") if name in form.fields), None)
    return None


def not_free(opened: Opened, error: bookings.ConflictError) -> HttpResponse:
    """What did not happen, that nothing changed, and every reason."""
    zone, language = opened.case.organisation.zone, opened.reader.language
    if isinstance(error, OfferConflictError):
        said = opened.said(error)
    else:
        said = _("This person is not free at that time. Nothing was changed.")
    context = {
        "opened": opened,
        "said": said,
        "obstacles": wording.obstacles(error, zone, language),
    }
    return render(opened.request, "clinics/refused.html", context, status=409)


@never_cache
@require_POST
def remove_person(request: HttpRequest, uid: UUID, pk: int) -> HttpResponse:
    opened = desk.opened(request, uid)
    party = get_object_or_404(opened.case.parties.filter(until=None).select_related("person"), pk=pk)
    form = forms.KeyForm(request.POST)
    if not form.is_valid():
        raise Http404
    key = form.cleaned_data["intention"]
    try:
        parties.remove_party(party, by=opened.user, now=opened.now, intention=key, request=request)
    except CaseError as error:
        return opened.refused(error)
    name: Name = party.person.label
    said = _("%(name)s sees this consultation no more.") % {"name": name.in_language(opened.reader.language)}
    messages.success(request, said)
    return opened.back()
