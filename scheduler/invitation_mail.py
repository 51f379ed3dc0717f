"""The mails of invitations, sent after what they tell of is committed; `sent_at` stays empty where one
could not be sent."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from time import monotonic

from django.conf import settings
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from scheduler.models import Invitation

logger = logging.getLogger(__name__)

LEAVES_WITHIN = timedelta(minutes=2)
"""Longer than a page may take over it. One that is older was under way when its process ended."""
WITHIN_S = 20
"""Two hundred at ten a second, and less than proxies and people wait for a page."""


def address(secret: str) -> str:
    return settings.PUBLIC_URL + reverse("scheduler:invitation", args=[secret])


def leaving(now: datetime) -> Q:
    """Invitations whose mail is being sent this moment."""
    return Q(sent_at=None, leaving_since__gt=now - LEAVES_WITHIN)


def is_leaving(invitation: Invitation, now: datetime) -> bool:
    since = invitation.leaving_since
    return invitation.sent_at is None and since is not None and since > now - LEAVES_WITHIN


def send(invitation: Invitation, secret: str, *, now: datetime) -> Invitation:
    send_all([(invitation, secret)], now=now)
    return invitation


def send_all(made: Sequence[tuple[Invitation, str]], *, now: datetime) -> None:
    """Over one connection, while a page waits. An address that is refused keeps nobody else waiting; a mail
    server that does not answer is asked once, and not again for each of them; of one that is slow only as
    much as `WITHIN_S` holds. What is left over has an empty `sent_at` and is sent at another press."""
    if not made:
        return
    until = monotonic() + WITHIN_S
    try:
        with mail.get_connection() as connection:
            for invitation, secret in made:
                if monotonic() > until:
                    raise TimeoutError
                _send(invitation, _letter(invitation, secret, connection), now)
    except (SMTPException, OSError) as error:
        unsent = [invitation.pk for invitation, _secret in made if invitation.sent_at is None]
        # Without the addresses: who is invited is nobody's business in a log.
        logger.warning("invitations %s were not sent: %s", unsent, type(error).__name__)
    finally:
        # By their links: what another press sends meanwhile is not through.
        for invitation, _secret in made:
            invitation.leaving_since = None
        through = [invitation.secret_hash for invitation, _secret in made]
        Invitation.objects.filter(secret_hash__in=through).update(leaving_since=None)


def _send(invitation: Invitation, letter: EmailMessage, now: datetime) -> None:
    # Taken back while others were sent, or sent anew by another press: this link is of no use any more.
    row = Invitation.objects.filter(pk=invitation.pk, secret_hash=invitation.secret_hash, revoked_at=None)
    if not row.exists():
        return
    try:
        letter.send()
    except (SMTPRecipientsRefused, SMTPResponseException) as error:
        logger.warning("invitation %s was not sent: %s", invitation.pk, type(error).__name__)
        return
    invitation.sent_at = now
    # Whatever link it holds by now: a mail has left, and the next one counts.
    Invitation.objects.filter(pk=invitation.pk).update(sent_at=now)


def _letter(invitation: Invitation, secret: str, connection: BaseEmailBackend) -> EmailMessage:
    facts = {
        "invitation": invitation,
        "link": address(secret),
        "last": timezone.localdate(invitation.expires_at),
    }
    with translation.override(invitation.language):
        return EmailMessage(
            subject=_("Enkaku: your invitation"),
            body=render_to_string("email/invitation.txt", facts),
            to=[invitation.email],
            connection=connection,
        )
