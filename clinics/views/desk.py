"""What every page of a consultation begins with: who reads, the case they may see, and how it is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from clinics import access, wording
from clinics.models import Consultation
from clinics.states import Actor, CaseError
from scheduler import readers
from scheduler.models import User
from scheduler.providers import Reader


@dataclass(frozen=True, slots=True)
class Opened:
    """A case that its reader may see, and as what they act in it."""

    request: HttpRequest
    reader: Reader
    case: Consultation
    actors: Sequence[Actor]
    now: datetime

    @property
    def user(self) -> User:
        return self.reader.user

    def said(self, error: CaseError) -> str:
        return wording.sentence(error, self.case.organisation.zone, self.reader.language)

    def refused(self, error: CaseError) -> HttpResponse:
        """Back to the case, which shows what stands now, with the reason on top."""
        if is_quiet(self.request):
            return not_kept(self.said(error))
        messages.error(self.request, self.said(error))
        return self.back()

    def back(self) -> HttpResponse:
        """To the case, or to the list for who sees it no more."""
        if access.may_read(self.user, Consultation.objects.get(pk=self.case.pk), self.now):
            return redirect("clinics:case", uid=self.case.uid)
        return redirect("clinics:list")


def is_quiet(request: HttpRequest) -> bool:
    """The page keeps it by itself: what can be read is kept, and nobody is told of the rest yet."""
    return request.method == "POST" and request.headers.get("Accept") == "application/json"


def not_kept(words: str) -> JsonResponse:
    """For such a page: never an address to go to, which a script would follow and so read the case unseen."""
    return JsonResponse({"words": words}, status=410)


def reader_of(request: HttpRequest, now: datetime) -> Reader:
    reader = readers.of_request(request, now)
    if reader is None:
        raise Http404
    return reader


def opened(request: HttpRequest, uid: UUID) -> Opened:
    now = timezone.now()
    reader = reader_of(request, now)
    cases = access.visible(reader.user, now).select_related(
        "organisation", "requester", "specialty", "service__organisation", "service__specialty",
        "specialist", "conference", "created_by",
    )  # fmt: skip
    case = get_object_or_404(cases.distinct(), uid=uid)
    return Opened(request, reader, case, access.parts_of(reader.user, case, now), now)
