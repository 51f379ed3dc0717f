"""Inviting people, and what somebody invited sees."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from scheduler import invitation_lists, invitation_mail, invitations, members
from scheduler.account_forms import AcceptForm
from scheduler.invitation_limits import TooManyError, TooOftenError
from scheduler.invitations import NoMandateError, Offer, UnderWayError, UnusableError
from scheduler.member_forms import InviteForm
from scheduler.models import Invitation, User
from scheduler.views.holders import holder_of


@never_cache
def invite(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    by, holder = holder_of(request, now)
    form = InviteForm(holder, request.POST or None)
    if request.method == "POST" and form.is_valid():
        facts = dict(form.cleaned_data)
        intention = facts.pop("intention")
        del facts["last_day"]
        try:
            made = invitations.invite(Offer(**facts), by=by, now=now, intention=intention)
        except members.DoublePostError:
            form.add_error("email", _("Whoever has this address holds that post already."))
        except members.OneselfError:
            form.add_error("email", members.NOT_ONESELF)
        except invitations.ClosedAccountError:
            form.add_error(
                "email", _("The account of this address is closed. Ask the administrator of the centre.")
            )
        except TooOftenError as error:
            form.add_error("email", error.words)
        except TooManyError as error:
            form.add_error(None, error.words)
        else:
            _say(request, made)
            return HttpResponseRedirect(reverse("scheduler:people"))
    return render(request, "scheduler/invite.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
def resend(request: HttpRequest, uid: UUID) -> HttpResponse:
    by, invitation, now = _own(request, uid)
    try:
        _say(request, invitations.resend(invitation, by=by, now=now))
    except TooManyError as error:
        messages.error(request, error.words)
    except UnderWayError:
        messages.info(request, _is_leaving())
    except UnusableError:
        messages.error(request, _("This invitation was accepted or taken back meanwhile."))
    except members.OneselfError:
        messages.error(request, members.NOT_ONESELF)
    return HttpResponseRedirect(reverse("scheduler:people"))


@require_POST
def send_unsent(request: HttpRequest) -> HttpResponse:
    """Every invitation whose mail has not left, with a new link."""
    now = timezone.now()
    by, _holder = holder_of(request, now)
    made = invitation_lists.send_unsent(by=by, now=now)
    sent = sum(invitation.sent_at is not None for invitation in made)
    if sent:
        words = ngettext("%(n)d invitation was sent.", "%(n)d invitations were sent.", sent)
        messages.success(request, words % {"n": sent})
    say_unsent(request, len(made) - sent)
    if not made:
        messages.info(
            request,
            _("No invitation waits to be sent again. Look again in two minutes for one that is being sent."),
        )
    return HttpResponseRedirect(reverse("scheduler:people"))


def say_unsent(request: HttpRequest, n: int) -> None:
    if n:
        words = ngettext(
            "%(n)d invitation is kept, but its mail could not be sent. Send it again later.",
            "%(n)d invitations are kept, but their mails could not be sent. Send them again later.",
            n,
        )
        messages.warning(request, words % {"n": n})


@require_POST
def revoke(request: HttpRequest, uid: UUID) -> HttpResponse:
    by, invitation, now = _own(request, uid)
    try:
        invitations.revoke(invitation, by=by, now=now)
    except UnusableError:
        messages.error(request, _("This invitation was accepted meanwhile."))
    else:
        messages.success(request, _("The invitation was taken back. Its link no longer works."))
    return HttpResponseRedirect(reverse("scheduler:people"))


def _own(request: HttpRequest, uid: UUID) -> tuple[User, Invitation, datetime]:
    now = timezone.now()
    by, holder = holder_of(request, now)
    return by, get_object_or_404(invitations.visible(holder), uid=uid), now


def _say(request: HttpRequest, invitation: Invitation) -> None:
    facts = {"name": invitation.name}
    if invitation_mail.is_leaving(invitation, timezone.now()):
        messages.info(request, _is_leaving())
    elif invitation.sent_at:
        messages.success(request, _("The invitation for %(name)s is on its way.") % facts)
    else:
        messages.warning(
            request,
            _("The invitation for %(name)s is kept, but the mail could not be sent. Send it again later.")
            % facts,
        )


def _is_leaving() -> str:
    return _("The mail of this invitation is being sent at this moment. Look again in two minutes.")


@login_not_required
@never_cache
@sensitive_variables("secret")
@sensitive_post_parameters("password1", "password2")
def accept(request: HttpRequest, secret: str) -> HttpResponse:
    """The invitation's own page, for whoever has its link."""
    now = timezone.now()
    try:
        invitation = invitations.find(secret, now)
        account = invitations.account_of(invitation)
        if account is not None:
            return _added(request, secret, invitation, account, now)
        return _made(request, secret, invitation, now)
    except NoMandateError as error:
        facts = {"organisation": error.organisation}
        return render(request, "scheduler/invitation_unusable.html", facts, status=410)
    except invitations.ClosedAccountError:
        return render(request, "scheduler/invitation_unusable.html", {"is_closed": True}, status=410)
    except UnusableError:
        return render(request, "scheduler/invitation_unusable.html", status=410)
    except members.DoublePostError:
        messages.info(request, _("You hold this post already. Sign in."))
        return HttpResponseRedirect(reverse("account_login"))


def _made(request: HttpRequest, secret: str, invitation: Invitation, now: datetime) -> HttpResponse:
    """A name and a password, then signed in: the address is proven by the link."""
    form = AcceptForm(invitation.email, request.POST or None, initial={"name": invitation.name})
    if request.method == "POST" and form.is_valid():
        name, password = form.cleaned_data["name"], form.cleaned_data["password1"]
        account = invitations.accept(secret, name=name, password=password, now=now)
        logout(request)  # whoever sat here before
        login = Login(user=account, redirect_url=reverse("scheduler:today"), email=account.email)
        answer: HttpResponse = perform_password_login(request, {"email": account.email}, login)
        return answer
    facts: dict[str, Any] = {"invitation": invitation, "form": form}
    return render(request, "scheduler/invitation.html", facts, status=422 if form.errors else 200)


def _added(
    request: HttpRequest, secret: str, invitation: Invitation, account: User, now: datetime
) -> HttpResponse:
    """One press; the account keeps its password, and is not signed in by a link."""
    if request.method == "POST":
        invitations.accept(secret, name="", password="", now=now)
        messages.success(request, _("The post was added to your account. Sign in as always."))
        return HttpResponseRedirect(reverse("scheduler:today"))
    return render(request, "scheduler/invitation.html", {"invitation": invitation, "form": None})
