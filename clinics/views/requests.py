"""The request: begun, kept while it is typed, sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from clinics import access, acts, asking, attachments, consultations, drafts, identifiers, wording
from clinics.asking import Asker
from clinics.drafts import Changed, StaleDraftError
from clinics.forms import AttachmentForm, RequestForm
from clinics.models import Consultation
from clinics.states import Actor, CaseError
from clinics.views import desk
from clinics.views.desk import Opened
from scheduler import wallclock
from scheduler.models import Organisation
from scheduler.providers import Reader

TYPED = ("question", "local_number", "summary")
"""Where somebody may write who the patient is."""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A request that is not kept yet. Saved or sent it becomes a draft with an address of its own."""
    now = timezone.now()
    reader = desk.reader_of(request, now)
    askers = asking.askers(reader, now)
    if not askers:
        raise Http404
    data = request.POST if request.method == "POST" else None
    asker = _chosen(askers, data)
    form = RequestForm(data, case=None, zone=asker.organisation.zone)
    key = _key(data)
    if data is None or key is None or not (form.is_valid() or desk.is_quiet(request)):
        return _shown(request, reader, form, now, shown="", askers=askers, asker=asker, key=key or uuid4())
    try:
        case = consultations.create(
            asker.person, asker.organisation, by=reader.user, now=now, intention=key, fields=form.columns,
            request=request,
        )  # fmt: skip
    except acts.IntentionError:
        raise Http404 from None
    except CaseError as error:
        said = wording.sentence(error, asker.organisation.zone, reader.language)
        if desk.is_quiet(request):
            return desk.not_kept(said)
        form.add_error(None, said)
        return _shown(request, reader, form, now, shown="", askers=askers, asker=asker, key=key)
    # The first keeping made it; this one may be a later one of the same page.
    return _kept(desk.opened(request, case.uid), form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest, uid: UUID) -> HttpResponse:
    opened = desk.opened(request, uid)
    if opened.case.state != Consultation.State.DRAFT and not desk.is_quiet(request):
        return redirect("clinics:case", uid=uid)
    data = request.POST if request.method == "POST" else None
    form = RequestForm(data, case=opened.case, zone=opened.case.organisation.zone)
    if data is None:
        access.read(opened.case, by=opened.user, now=opened.now, request=request)
    if data is None or not (form.is_valid() or desk.is_quiet(request)):
        shown = consultations.draft_token(opened.case) if data is None else data.get("shown", "")
        return _shown(request, opened.reader, form, opened.now, opened=opened, shown=shown)
    return _kept(opened, form)


def with_file(opened: Opened, file_form: AttachmentForm) -> HttpResponse:
    """The draft with a file that was refused and what was written about it."""
    form = RequestForm(None, case=opened.case, zone=opened.case.organisation.zone)
    shown = consultations.draft_token(opened.case)
    return _shown(
        opened.request, opened.reader, form, opened.now, shown=shown, opened=opened, file_form=file_form
    )


def _kept(opened: Opened, form: RequestForm) -> HttpResponse:
    """Kept as it is; sent too when that was pressed and nothing is missing."""
    request = opened.request
    try:
        case = consultations.save_draft(
            opened.case, form.columns, by=opened.user, now=opened.now, shown=request.POST.get("shown"),
            request=request,
        )  # fmt: skip
    except StaleDraftError as error:
        return _changed(opened, form, error)
    except CaseError as error:
        return opened.refused(error)
    address = reverse("clinics:draft", args=[case.uid])
    if desk.is_quiet(request):
        clock = wallclock.clock(opened.now, case.organisation.zone)
        words = _("Draft kept at %(time)s") % {"time": clock}
        shown = consultations.draft_token(case)
        return JsonResponse({"words": words, "address": address, "shown": shown})
    if request.POST.get("action") != "send":
        messages.success(request, _("The draft is kept. Nobody but you and your side sees it."))
        return redirect(address)
    return _sent(opened, form, case)


def _changed(opened: Opened, form: RequestForm, error: StaleDraftError) -> HttpResponse:
    """What was typed, beside what is kept now; the next press has seen it."""
    request, now = opened.request, desk.opened(opened.request, opened.case.uid)
    zone = now.case.organisation.zone
    kept = RequestForm(None, case=now.case, zone=zone)
    changed = drafts.changed(error, form, kept, zone, now.reader.language, now.now)
    if desk.is_quiet(request):
        return JsonResponse({"words": changed.words}, status=409)
    return _shown(
        request, now.reader, form, now.now, opened=now, changed=changed,
        shown=consultations.draft_token(now.case),
    )  # fmt: skip


def _sent(opened: Opened, form: RequestForm, case: Consultation) -> HttpResponse:
    request = opened.request
    form.demand(case)
    cautions = identifiers.found({name: getattr(case, name) for name in TYPED})
    seen = ",".join(f"{name}-{kind}" for name, kind in cautions)
    shown = consultations.draft_token(case)
    if form.errors or (cautions and request.POST.get("seen") != seen):
        return _shown(
            request, opened.reader, form, opened.now, opened=opened, shown=shown,
            cautions=[] if form.errors else _cautioned(form, cautions), seen=seen,
        )  # fmt: skip
    try:
        key = uuid5(_key(request.POST) or uuid4(), "send")  # the page's own key made the draft
        sent = consultations.submit(
            case, by=opened.user, now=opened.now, intention=key, shown=shown, request=request
        )
    except StaleDraftError as error:
        return _changed(opened, form, error)
    except CaseError as error:
        form.add_error(None, opened.said(error))
        return _shown(request, opened.reader, form, opened.now, opened=opened, shown=shown)
    messages.success(request, _("The request is sent. The coordination office has it now."))
    return redirect("clinics:case", uid=sent.uid)


def _shown(
    request: HttpRequest, reader: Reader, form: RequestForm, now: datetime, *, shown: str,
    opened: Opened | None = None, askers: list[Asker] | None = None, asker: Asker | None = None,
    key: UUID | None = None, cautions: list[str] | None = None, seen: str = "",
    changed: Changed | None = None, file_form: AttachmentForm | None = None,
) -> HttpResponse:  # fmt: skip
    case = opened.case if opened else None
    organisation = case.organisation if case else asker.organisation if asker else None
    assert organisation is not None
    context: dict[str, Any] = {
        "form": form, "case": case, "askers": askers or [], "asker": asker, "key": key or uuid4(),
        "asked": asking.asked(), "telephones": asking.telephones(None),
        "targets": _targets(case, organisation, now, reader.language),
        "cautions": cautions or [], "seen": seen, "shown": shown, "changed": changed,
        "may_send": opened is None or Actor.REQUESTER in opened.actors,
        "is_own": asker is None or asker.person.user_id == reader.user.pk,
        "attachments": attachments.standing(case) if case else [],
        "file_form": file_form or (AttachmentForm(None, initial={"intention": uuid4()}) if case else None),
        "intention": uuid4(),
    }  # fmt: skip
    is_refused = file_form is not None or (form.is_bound and (form.errors or cautions))
    status = 409 if changed else 422 if is_refused else 200
    return render(request, "clinics/request.html", context, status=status)


def _targets(
    case: Consultation | None, organisation: Organisation, now: datetime, language: str
) -> dict[str, str]:
    """By urgency: when an answer may be expected, in words."""
    found = asking.targets(case.specialty if case else None, now)
    return {each: wallclock.point(at, organisation.zone, language) for each, at in found.items()}


def _cautioned(form: RequestForm, found: list[tuple[str, str]]) -> list[str]:
    said = {
        "name": _("a person’s name"),
        "birthday": _("a date of birth"),
        "telephone": _("a telephone number"),
        "number": _("a number that may be a chart number"),
    }
    return [
        _("%(field)s: there seems to be %(what)s.") % {"field": form.fields[name].label, "what": said[kind]}
        for name, kind in found
    ]


def _chosen(askers: list[Asker], data: QueryDict | None) -> Asker:
    wanted = data.get("asker") if data else None
    return next((each for each in askers if each.key == wanted), askers[0])


def _key(data: QueryDict | None) -> UUID | None:
    try:
        return UUID(data.get("intention", "")) if data else None
    except ValueError:
        return None
