"""The link by which an account sets a password: good once, for three days, and sent to its address alone."""

from __future__ import annotations

import logging
from smtplib import SMTPException

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from scheduler.models import User

logger = logging.getLogger(__name__)


def address(account: User) -> str:
    key = {"uidb36": user_pk_to_url_str(account), "key": default_token_generator.make_token(account)}
    return f"{settings.PUBLIC_URL}{reverse('account_reset_password_from_key', kwargs=key)}"


def send(account_id: int | None) -> bool:
    """To whoever forgot theirs; nobody is written to where there is no account, or a closed one. False if
    the mail server did not take it."""
    account = User.objects.filter(pk=account_id or 0, is_active=True).first()
    if account is None:
        return True
    with translation.override(account.language):
        message = EmailMessage(
            subject=_("Enkaku: set a new password"),
            body=render_to_string("email/new_password.txt", {"link": address(account)}),
            to=[account.email],
        )
    try:
        message.send()
    except (SMTPException, OSError) as error:
        # The name alone: what a mail server says of an address holds it.
        logger.warning(
            "account %s: the link for a password was not sent: %s", account_id, type(error).__name__
        )
        return False
    return True
