"""The second factor: who needs one, whether this session was opened with it, and how it is set up.

A code of six digits from an app (TOTP), and ten recovery codes for the day the telephone is lost.
allauth keeps and asks for them; here is when, and every change is on the audit.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from hashlib import sha256
from smtplib import SMTPException
from typing import Any

import segno
from allauth.account.internal.flows.login import record_authentication
from allauth.core.ratelimit import clear, consume
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.core.mail import EmailMessage
from django.db import transaction
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduler import audit, permissions
from scheduler.models import Membership, Role, User

logger = logging.getLogger(__name__)

REQUIRED_ROLES = frozenset(
    {Role.SPECIALIST, Role.LOCAL_DOCTOR, Role.CLINIC_COORDINATOR, Role.AUDITOR, Role.CENTRE_ADMIN}
)
_METHODS = "account_authentication_methods"
"""Where allauth keeps how a session was opened."""


class FactorError(Exception):
    """Base of what this module refuses."""


class WrongCodeError(FactorError):
    """The code is not the app's present one."""


class TooManyError(FactorError):
    """Codes were tried too often; in five minutes it may be tried again."""


class NeededError(FactorError):
    """This account may not be without one."""


class SetUpError(FactorError):
    """There is one already."""


class Adapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """Secrets are stored encrypted with a key made of SECRET_KEY: a copy of the database opens nothing."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy(
            "This code is not right, or it was used already. Wait for the next one."
        ),
    }

    def encrypt(self, text: str) -> str:
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return _fernet().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            # Of another SECRET_KEY: no code is right until an administrator resets it.
            return str(totp.generate_totp_secret())


def _fernet() -> Fernet:
    key = sha256(b"enkaku second factor\n" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def is_required(user: User, posts: Iterable[Membership]) -> bool:
    """Of everybody who is guarded, outside the demonstration."""
    return bool(settings.REQUIRE_SECOND_FACTOR) and is_guarded(user, posts)


def is_guarded(user: User, posts: Iterable[Membership]) -> bool:
    """Doctors, coordinators, auditors and administrators: whose sign-in opens what is not only theirs."""
    return user.is_staff or any(post.role in REQUIRED_ROLES for post in posts)


def is_enrolled(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


def is_satisfied(user: User, session: SessionBase, posts: Iterable[Membership]) -> bool:
    """Whether this session may be used by this account with these posts: it needs no second factor, or
    was opened with the one that it has now. Two queries at most; none where it needs none."""
    return not is_required(user, posts) or is_proven(user, session)


def is_proven(user: User, session: SessionBase) -> bool:
    """By an authenticator that still exists: after a reset the sessions of before are worth nothing."""
    methods = session.get(_METHODS)
    used = {each.get("id") for each in methods or [] if each.get("method") == "mfa"}
    used.discard(None)
    if not used or not is_enrolled(user):
        return False
    return bool(Authenticator.objects.filter(user=user, pk__in=used).exists())


def proposed(session: SessionBase) -> str:
    """The secret that is being set up in this session: the same until it is, so that a mistyped code
    does not make another."""
    if totp.SECRET_SESSION_KEY not in session:
        session[totp.SECRET_SESSION_KEY] = totp.generate_totp_secret()
    return str(session[totp.SECRET_SESSION_KEY])


def picture(user: User, secret: str) -> SafeString:
    """What the app photographs, as an SVG."""
    address = Adapter().build_totp_url(user, secret)
    # Made of digits by segno alone: nothing of the address enters the markup as text.
    return mark_safe(segno.make(address, error="m").svg_inline(border=4, omitsize=True))  # noqa: S308


def set_up(request: HttpRequest, user: User, code: str, *, now: datetime) -> list[str]:
    """The recovery codes, shown this once. Raises SetUpError, TooManyError, WrongCodeError."""
    _count_try(request, user)
    if not totp.validate_totp_code(proposed(request.session), code):
        raise WrongCodeError
    codes = _set_up(request, user, now)
    totp.clear_totp_secret(request)
    return codes


@transaction.atomic
def _set_up(request: HttpRequest, user: User, now: datetime) -> list[str]:
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if is_enrolled(user):
        raise SetUpError
    made = totp.TOTP.activate(user, proposed(request.session)).instance
    Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).delete()
    codes: list[str] = RecoveryCodes.activate(user).get_unused_codes()
    record_authentication(request, user, "mfa", id=made.pk, type=made.type)
    _record("factor.set_up", user, by=user, now=now)
    _tell(user, gettext_lazy("A second step was set up for your sign-in."))
    return codes


@transaction.atomic
def renew_codes(user: User, *, now: datetime) -> list[str]:
    """New recovery codes, shown this once; those of before are worth nothing."""
    Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).delete()
    codes: list[str] = RecoveryCodes.activate(user).get_unused_codes()
    _record("factor.renew_codes", user, by=user, now=now)
    _tell(
        user, gettext_lazy("New recovery codes were made for your sign-in. The earlier ones no longer work.")
    )
    return codes


def codes_left(user: User) -> int:
    found = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    return len(found.wrap().get_unused_codes()) if found else 0


@transaction.atomic
def remove(user: User, *, now: datetime) -> None:
    """Raises NeededError where the account may not be without one."""
    if is_required(user, permissions.memberships(user, timezone.localdate(now))):
        raise NeededError
    if Authenticator.objects.filter(user=user).delete()[0]:
        _record("factor.remove", user, by=user, now=now)
        _tell(user, gettext_lazy("The second step of your sign-in was taken away."))


@transaction.atomic
def reset(user: User, *, by: User, now: datetime) -> None:
    """By an administrator, for somebody who lost telephone and codes. They set up another at the next
    sign-in, and are told. Whoever resets has made sure on another way that it is they who ask."""
    if Authenticator.objects.filter(user=user).delete()[0]:
        _record("factor.reset", user, by=by, now=now)
        _tell(user, gettext_lazy("An administrator has reset the second step of your sign-in."))


def _count_try(request: HttpRequest, user: User) -> None:
    """As allauth counts the codes of a sign-in: five wrong ones, and five minutes of rest."""
    if not consume(request, action="login_failed", key=f"mfa-auth-user-{user.pk}"):
        raise TooManyError


def forget_tries(request: HttpRequest, user: User) -> None:
    clear(request, action="login_failed", key=f"mfa-auth-user-{user.pk}")


def _record(event: str, user: User, *, by: User, now: datetime) -> None:
    audit.record(audit.Action.UPDATE, event, by=by, now=now, object_type="account", object_key=str(user.pk))


def _tell(user: User, sentence: str | Promise) -> None:
    """After commit; a mail server that is away must not undo what was done."""
    transaction.on_commit(partial(_mail, user, sentence), robust=True)


def _mail(user: User, sentence: str | Promise) -> None:
    with translation.override(user.language):
        facts: dict[str, Any] = {"recipient": user, "sentence": sentence}
        message = EmailMessage(
            subject=_("Enkaku: your sign-in has changed"),
            body=render_to_string("email/account_changed.txt", facts),
            to=[user.email],
        )
    try:
        message.send()
    except (SMTPException, OSError) as error:
        logger.warning("account %s was not told of a change: %s", user.pk, type(error).__name__)
