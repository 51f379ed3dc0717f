"""People: who holds which post, who is invited, and their accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scheduler import audit, factors, invitation_lists, members, texts
from scheduler.member_forms import DatesForm, PostForm
from scheduler.members import Mandate
from scheduler.models import Membership, Organisation, User
from scheduler.views.holders import holder_of

PEOPLE_SHOWN = 50
ACTS_SHOWN = 10


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Everybody with a post that the reader may give, and the open invitations."""
    now = timezone.now()
    _by, holder = holder_of(request, now)
    words, wanted = texts.tidy(request.GET.get("q", ""))[:60], request.GET.get("organisation", "")
    places = list(members.organisations(holder))
    chosen = next((one for one in places if str(one.pk) == wanted), None)
    found = _found(holder, words, chosen.pk if chosen else None, gone="gone" in request.GET)
    facts = {
        "page": Paginator(found, PEOPLE_SHOWN).get_page(request.GET.get("page")),
        "words": words,
        "organisations": places,
        "organisation": chosen,
        "shows_gone": "gone" in request.GET,
        **_invited(request, holder, words, chosen, now),
        "today": timezone.localdate(now),
    }
    return render(request, "scheduler/people.html", facts)


def _invited(
    request: HttpRequest, holder: Mandate, words: str, chosen: Organisation | None, now: datetime
) -> dict[str, object]:
    waiting = invitation_lists.waiting(holder, now)
    if chosen:
        waiting = waiting.filter(organisation=chosen)
    if words:
        waiting = waiting.filter(Q(name__icontains=words) | Q(email__icontains=words))
    page = Paginator(waiting, PEOPLE_SHOWN).get_page(request.GET.get("invited"))
    return {
        "invited": page,
        "invitations": invitation_lists.with_states(list(page.object_list), now),
        "unsent": invitation_lists.unsent(holder, now).count() if page.object_list else 0,
    }


def _found(holder: Mandate, words: str, organisation_id: int | None, *, gone: bool) -> QuerySet[User]:
    shown = members.posts(holder).select_related("organisation").order_by("-valid_from", "pk")
    if not gone:
        today = timezone.localdate()
        shown = shown.filter(Q(valid_until=None) | Q(valid_until__gt=today))
    people = members.accounts(holder)
    if organisation_id is not None:
        people = people.filter(pk__in=shown.filter(organisation=organisation_id).values("user"))
    elif not gone:
        people = people.filter(Q(pk__in=shown.values("user")) | Q(memberships=None, is_active=True))
    if words:
        people = people.filter(
            Q(name__icontains=words) | Q(name_en__icontains=words) | Q(email__icontains=words)
        )
    return people.prefetch_related(Prefetch("memberships", shown, to_attr="shown_posts")).order_by(
        "name", "pk"
    )


@never_cache
@require_safe
def person(request: HttpRequest, pk: int) -> HttpResponse:
    now = timezone.now()
    today = timezone.localdate(now)
    by, holder = holder_of(request, now)
    account = get_object_or_404(members.accounts(holder), pk=pk)
    held = list(
        members.posts(holder).filter(user=account).select_related("organisation").order_by("-valid_from")
    )
    facts = {
        "account": account,
        "posts": held,
        "endable": {one.pk for one in held if members.may_end(one, by)},
        "resumable": _resumable(held, holder, today) if account.is_active and account.pk != by.pk else set(),
        "today": today,
        "is_whole": holder.is_whole,
        "is_oneself": account.pk == by.pk,
        "is_enrolled": factors.is_enrolled(account),
        "is_factor_required": factors.is_required(account, [one for one in held if one.holds_on(today)]),
        "acts": audit.of("account", str(account.pk)).order_by("-pk")[:ACTS_SHOWN] if holder.is_whole else [],
    }
    return render(request, "scheduler/person.html", facts)


def _resumable(held: Sequence[Membership], holder: Mandate, today: date) -> set[int]:
    """The last of each post that has ended and could be given again; `held` newest first."""
    newest: dict[tuple[int, str], Membership] = {}
    for one in held:
        newest.setdefault((one.organisation_id, one.role), one)
    return {
        one.pk
        for one in newest.values()
        if one.valid_until is not None
        and one.valid_until <= today
        and one.role in holder.roles_at(one.organisation)
    }


@never_cache
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Another post for somebody who has an account; with `again`, as the one that they held."""
    now = timezone.now()
    by, holder = holder_of(request, now)
    account = get_object_or_404(members.accounts(holder).filter(is_active=True), pk=pk)
    form = PostForm(holder, request.POST or None, initial=_again(request, holder, account))
    if request.method == "POST" and form.is_valid():
        facts = form.cleaned_data
        try:
            post = Membership(
                user=account, organisation=facts["organisation"], role=facts["role"], post=facts["post"],
                valid_from=facts["valid_from"], valid_until=facts["valid_until"],
            )  # fmt: skip
            members.give(post, by=by, now=now)
        except members.DoublePostError:
            form.add_error(None, _("This person holds that post on some of these days already."))
        except members.OneselfError:
            form.add_error(None, members.NOT_ONESELF)
        else:
            messages.success(request, _("The post was added."))
            return _back(account.pk)
    return render(
        request, "scheduler/post.html", {"form": form, "account": account}, status=422 if form.errors else 200
    )


def _again(request: HttpRequest, holder: Mandate, account: User) -> dict[str, Any]:
    key = request.GET.get("again", "")
    if not key.isdecimal() or len(key) > 18:
        return {}
    held = members.posts(holder).filter(user=account, pk=key).first()
    return {"organisation": held.organisation_id, "role": held.role, "post": held.post} if held else {}


@never_cache
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """First day, last day and title of a post."""
    now = timezone.now()
    by, holder = holder_of(request, now)
    held = get_object_or_404(members.posts(holder).select_related("user", "organisation"), pk=pk)
    form = DatesForm(request.POST or None, initial=DatesForm.of(held))
    if request.method == "POST" and form.is_valid():
        facts = form.cleaned_data
        try:
            members.change(
                held, valid_from=facts["valid_from"], valid_until=facts["valid_until"], post=facts["post"],
                by=by, now=now,
            )  # fmt: skip
        except members.DoublePostError:
            form.add_error(None, _("This person holds that post on some of these days already."))
        except members.LengtheningError:
            form.add_error(None, members.NOT_ONESELF)
        except members.OneselfError:
            form.add_error(None, _("You cannot end your own post; another administrator can."))
        else:
            messages.success(request, _("The post was changed."))
            return _back(held.user_id)
    facts = {"form": form, "account": held.user, "held": held}
    return render(request, "scheduler/post.html", facts, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """What follows from ending a post, and ending it."""
    now = timezone.now()
    by, holder = holder_of(request, now)
    held = get_object_or_404(members.posts(holder).select_related("user", "organisation"), pk=pk)
    if request.method != "POST":
        if not members.may_end(held, by):
            raise Http404
        return _asked(request, held.user, now, held=held)
    try:
        members.end(held, by=by, now=now)
    except members.OneselfError:
        messages.error(request, _("You cannot end your own post; another administrator can."))
    else:
        messages.success(request, _("The post has ended; what it opened is closed from now on."))
    return _back(held.user_id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """What follows from closing an account, and closing it."""
    now = timezone.now()
    by, account = _administered(request, pk, now)
    if request.method != "POST":
        if account.pk == by.pk:
            raise Http404
        return _asked(request, account, now)
    try:
        members.close(account, by=by, now=now)
    except members.OneselfError:
        messages.error(request, _("You cannot close your own account; another administrator can."))
    else:
        messages.success(
            request, _("The account is closed. Its posts have ended, and nobody signs in with it.")
        )
    return _back(pk)


def _asked(
    request: HttpRequest, account: User, now: datetime, *, held: Membership | None = None
) -> HttpResponse:
    lessons, others = members.coming(account, now)
    facts = {
        "account": account,
        "held": held,
        "is_dropped": held is not None and held.valid_from >= timezone.localdate(now),
        "lessons": lessons,
        "others": others,
    }
    return render(request, "scheduler/person_end.html", facts)


@require_POST
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    now = timezone.now()
    by, account = _administered(request, pk, now)
    members.reopen(account, by=by, now=now)
    messages.success(request, _("The account is open again. Add the posts that it needs."))
    return _back(pk)


@require_POST
def reset_factor(request: HttpRequest, pk: int) -> HttpResponse:
    now = timezone.now()
    by, account = _administered(request, pk, now)
    if account.pk == by.pk:
        raise Http404
    factors.reset(account, by=by, now=now)
    messages.success(request, _("The second step is reset. The person was told by e-mail."))
    return _back(pk)


def _administered(request: HttpRequest, pk: int, now: datetime) -> tuple[User, User]:
    by, holder = holder_of(request, now)
    if not holder.is_whole:
        raise Http404
    return by, get_object_or_404(members.accounts(holder), pk=pk)


def _back(pk: int) -> HttpResponseRedirect:
    """To the person; to the list where the last post that the reader may see is gone."""
    return HttpResponseRedirect(reverse("scheduler:person", args=[pk]))
