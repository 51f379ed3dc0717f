"""添付: added, shown for reference alone, removed. Files come through here and from nowhere else."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clinics import attachments
from clinics.file_checks import FileReason, RefusedFileError
from clinics.forms import AttachmentForm, KeyForm
from clinics.models import Attachment, Consultation
from clinics.states import CaseError
from clinics.views import cases, desk, requests
from clinics.views.desk import Opened

CONFINED = "default-src 'none'; frame-ancestors 'none'"
"""Whatever a file holds, a browser lets it fetch nothing."""
SANDBOX = f"{CONFINED}; sandbox"
"""And runs nothing of it. Not for a PDF: Safari shows a sandboxed one as an empty page, because its own
viewer is then no longer allowed to run."""


@require_POST
def add(request: HttpRequest, uid: UUID) -> HttpResponse:
    opened = desk.opened(request, uid)
    form = AttachmentForm(request.POST, request.FILES, auto_id="file-%s")
    if not form.is_valid():
        if "intention" in form.errors:
            raise Http404
        return _again(opened, form)
    upload, key = form.cleaned_data["file"], form.cleaned_data["intention"]
    # One byte more than may be: the check then says that it is too large.
    data = upload.read(settings.MAX_ATTACHMENT_BYTES + 1)
    label = form.cleaned_data["label"]
    try:
        attachments.add(
            opened.case, data, label=label, by=opened.user, now=opened.now, intention=key, request=request
        )
    except RefusedFileError as error:
        form.add_error("file", _refused(error))
        return _again(opened, form)
    except CaseError as error:
        return opened.refused(error)
    else:
        messages.success(request, _("Attached. Where it was taken and by which camera was taken out."))
    return redirect("clinics:case", uid=uid)


@require_safe
def show(request: HttpRequest, uid: UUID, file: UUID) -> HttpResponseBase:
    opened = desk.opened(request, uid)
    if not attachments.standing(opened.case).filter(uid=file).exists():
        raise Http404
    try:
        found = attachments.open_for(opened.user, file, now=opened.now, request=request)
        content = found.path.open("rb")
    except (Attachment.DoesNotExist, FileNotFoundError):
        raise Http404 from None
    response = FileResponse(content, content_type=found.attachment.media_type, filename=found.name)
    response["Cache-Control"] = "no-store, private"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = (
        CONFINED if found.attachment.kind == Attachment.Kind.PDF else SANDBOX
    )
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Referrer-Policy"] = "no-referrer"
    return response


@require_POST
def remove(request: HttpRequest, uid: UUID, file: UUID) -> HttpResponse:
    opened = desk.opened(request, uid)
    found = get_object_or_404(opened.case.attachments.select_related("consultation"), uid=file)
    form = KeyForm(request.POST)
    if not form.is_valid():
        raise Http404
    key = form.cleaned_data["intention"]
    try:
        attachments.remove(found, by=opened.user, now=opened.now, intention=key, request=request)
    except CaseError as error:
        return opened.refused(error)
    messages.success(request, _("The file is removed. That it was there stays on the record."))
    return redirect("clinics:case", uid=uid)


def _again(opened: Opened, form: AttachmentForm) -> HttpResponse:
    """The page with what was written about the file; the file itself has to be chosen anew."""
    is_draft = opened.case.state == Consultation.State.DRAFT
    return requests.with_file(opened, form) if is_draft else cases.with_file(opened, form)


def _refused(error: RefusedFileError) -> str:
    limit = error.limit
    return {
        FileReason.EMPTY: _("The file is empty. Nothing was attached."),
        FileReason.BUSY: _("Other files are being looked at. Wait a moment and try again."),
        FileReason.TOO_BIG: _("The file is larger than %(n)d MB. Nothing was attached.") % {"n": limit >> 20},
        FileReason.TOO_MANY: _("At most %(n)d files fit. Remove one first.") % {"n": limit},
        FileReason.NOT_ALLOWED: _("Only photos (JPEG, PNG, WebP) and PDF can be attached."),
        FileReason.BROKEN: _("The file could not be read. Save it anew and try again."),
        FileReason.ENCRYPTED: _("The PDF has a password. Save it without one and try again."),
        FileReason.PIXELS: _("The picture has too many pixels. Make it smaller and try again."),
        FileReason.PAGES: _("The PDF has more than %(n)d pages. Nothing was attached.") % {"n": limit},
    }[error.reason]
