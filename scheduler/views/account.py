"""The own account: what it is in which organisation, its password, its second factor, its last sign-ins."""

from __future__ import annotations

from allauth.mfa.base.views import authenticate
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from scheduler import audit, factors, readers
from scheduler.account_forms import FirstCodeForm, PasswordForm
from scheduler.models import AuditEntry
from scheduler.providers import Reader

SIGN_INS_SHOWN = 5


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    reader = _reader(request)
    attempts = audit.of("account", str(reader.user.pk)).filter(
        action__in=[AuditEntry.Action.SIGN_IN, AuditEntry.Action.SIGN_IN_FAILED]
    )
    facts = {
        "reader": reader,
        "is_enrolled": factors.is_enrolled(reader.user),
        "is_required": factors.is_required(reader.user, reader.memberships),
        "codes_left": factors.codes_left(reader.user),
        "sign_ins": attempts.order_by("-pk")[:SIGN_INS_SHOWN],
    }
    return render(request, "scheduler/account.html", facts)


@login_not_required
@sensitive_post_parameters("code")
def second_step(request: HttpRequest) -> HttpResponse:
    """allauth's page. It takes a POST without a code for a passkey's, which we do not have."""
    if request.method == "POST" and "code" not in request.POST:
        posted = request.POST.copy()
        posted["code"] = ""
        request.POST = posted  # type: ignore[assignment]  # a QueryDict again, and ours
    answer: HttpResponse = authenticate(request)
    return answer


@never_cache
@sensitive_post_parameters("code")
def set_up(request: HttpRequest) -> HttpResponse:
    """GET: what to photograph; POST: the first code, answered with the recovery codes."""
    reader = _reader(request)
    if factors.is_enrolled(reader.user):
        return redirect("scheduler:account")
    form = FirstCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            codes = factors.set_up(request, reader.user, form.cleaned_data["code"], now=timezone.now())
        except factors.SetUpError:
            return redirect("scheduler:account")
        except factors.TooManyError:
            form.add_error("code", _("Too many wrong codes. Try again in 5 minutes."))
        except factors.WrongCodeError:
            form.add_error("code", _("This code is not right. Is the clock of the telephone right?"))
        else:
            factors.forget_tries(request, reader.user)
            return render(request, "scheduler/account_codes.html", {"codes": codes, "is_first": True})
    secret = factors.proposed(request.session)
    facts = {
        "form": form,
        "picture": factors.picture(reader.user, secret),
        "secret": " ".join(secret[n : n + 4] for n in range(0, len(secret), 4)),
        "is_required": factors.is_required(reader.user, reader.memberships),
    }
    return render(request, "scheduler/account_factor.html", facts, status=422 if form.errors else 200)


@never_cache
@sensitive_post_parameters("password")
def codes(request: HttpRequest) -> HttpResponse:
    """New recovery codes for the password."""
    reader = _reader(request)
    if not factors.is_enrolled(reader.user):
        return redirect("scheduler:account")
    form = PasswordForm(reader.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = factors.renew_codes(reader.user, now=timezone.now())
        return render(request, "scheduler/account_codes.html", {"codes": made, "is_first": False})
    facts = {"form": form, "codes_left": factors.codes_left(reader.user)}
    return render(request, "scheduler/account_renew.html", facts, status=422 if form.errors else 200)


@never_cache
@sensitive_post_parameters("password")
def remove(request: HttpRequest) -> HttpResponse:
    """Without a second factor again, for the password; not for those who need one."""
    reader = _reader(request)
    if factors.is_required(reader.user, reader.memberships) or not factors.is_enrolled(reader.user):
        return redirect("scheduler:account")
    form = PasswordForm(reader.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        factors.remove(reader.user, now=timezone.now())
        messages.success(request, _("You sign in with the password alone from now on."))
        return HttpResponseRedirect(reverse("scheduler:account"))
    return render(
        request, "scheduler/account_remove.html", {"form": form}, status=422 if form.errors else 200
    )


def _reader(request: HttpRequest) -> Reader:
    reader = readers.of_request(request, timezone.now())
    if reader is None:
        raise PermissionDenied
    return reader
