"""お知らせ: what was changed by others, as a list, until it is read."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from scheduler import notice_words, notices, readers
from scheduler.models import User

PER_PAGE = 30


def page(request: HttpRequest) -> HttpResponse:
    reader = readers.of_request(request, timezone.now())
    assert reader is not None  # LoginRequiredMiddleware lets nobody else in
    shown = Paginator(notices.of(reader.user), PER_PAGE).get_page(request.GET.get("page"))
    language = get_language() or "ja"
    rows = [(notice, notice_words.of(notice, language=language)) for notice in shown]
    facts = {"rows": rows, "shown": shown, "unread": notices.unread(reader.user)}
    return render(request, "scheduler/notices.html", facts)


@require_POST
def read(request: HttpRequest, pk: int) -> HttpResponse:
    """Marks it read and goes to what it is about."""
    assert isinstance(request.user, User)  # LoginRequiredMiddleware lets nobody else in
    mine = notices.of(request.user)
    notice = get_object_or_404(mine, pk=pk)
    notices.mark_read(mine.filter(pk=pk), now=timezone.now())
    return HttpResponseRedirect(notice_words.url(notice))


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)  # LoginRequiredMiddleware lets nobody else in
    notices.mark_read(notices.of(request.user), now=timezone.now())
    return HttpResponseRedirect(reverse("scheduler:notices"))
