"""What the audit keeps of signing in and of what guards it. Never what somebody typed."""

from __future__ import annotations

from collections.abc import Mapping

from allauth.account import signals as account_signals
from allauth.mfa import signals as factor_signals
from allauth.mfa.models import Authenticator
from django.contrib.auth import signals as auth_signals
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from scheduler import audit
from scheduler.models import User


def _record(
    action: audit.Action,
    event: str,
    account: User | None,
    request: HttpRequest | None,
    *,
    by: User | None,
    outcome: str = "success",
) -> None:
    audit.record(
        action, event, by=by, now=timezone.now(), object_type="account",
        object_key=str(account.pk) if account else "", outcome=outcome, request=request,
    )  # fmt: skip


@receiver(account_signals.user_logged_in, dispatch_uid="sign_ins.signed_in")
def _signed_in(sender: object, request: HttpRequest, user: User, **_signal: object) -> None:
    _record(audit.Action.SIGN_IN, "account.sign_in", user, request, by=user)


@receiver(auth_signals.user_logged_out, dispatch_uid="sign_ins.signed_out")
def _signed_out(sender: object, request: HttpRequest, user: User | None, **_signal: object) -> None:
    if isinstance(user, User):
        _record(audit.Action.SIGN_OUT, "account.sign_out", user, request, by=user)


@receiver(auth_signals.user_login_failed, dispatch_uid="sign_ins.failed")
def _failed(
    sender: object, credentials: Mapping[str, str], request: HttpRequest | None = None, **_signal: object
) -> None:
    failed(request, credentials.get("email", ""), event="account.sign_in")


def failed(request: HttpRequest | None, email: str, *, event: str) -> None:
    """Of an address without an account only that it was tried: it may be a password in the wrong field."""
    account = User.objects.filter(email__iexact=email).first() if email else None
    _record(audit.Action.SIGN_IN_FAILED, event, account, request, by=None, outcome="failure")


@receiver(factor_signals.authentication_failed, dispatch_uid="sign_ins.factor_failed")
def _factor_failed(sender: object, request: HttpRequest, user: User, **_signal: object) -> None:
    _record(audit.Action.SIGN_IN_FAILED, "account.factor", user, request, by=None, outcome="failure")


@receiver(factor_signals.authenticator_used, dispatch_uid="sign_ins.factor_used")
def _factor_used(
    sender: object, request: HttpRequest, user: User, authenticator: Authenticator, **_signal: object
) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        _record(audit.Action.EXECUTE, "account.recovery_code", user, request, by=user)


@receiver(
    [account_signals.password_changed, account_signals.password_set], dispatch_uid="sign_ins.password_changed"
)
def _password_changed(sender: object, request: HttpRequest, user: User, **_signal: object) -> None:
    _record(audit.Action.UPDATE, "account.password_change", user, request, by=user)


@receiver(account_signals.password_reset, dispatch_uid="sign_ins.password_reset")
def _password_reset(sender: object, request: HttpRequest, user: User, **_signal: object) -> None:
    _record(audit.Action.UPDATE, "account.password_reset", user, request, by=user)
