"""Sending what stands in the outbox by e-mail.

At least once: a row is claimed by a conditional update before it is sent, so two workers never
send the same; a worker that is killed between sending and marking leaves a row that is sent again
once its lock has run out. A missed notice is worse than a doubled one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F, Q, QuerySet
from django.template.loader import render_to_string
from django.utils import translation

from scheduler import notice_words
from scheduler.models import Notice

logger = logging.getLogger(__name__)

LOCK_FOR = timedelta(minutes=5)
"""Far longer than one message may take: a handful of steps of EMAIL_TIMEOUT (10 s) each."""
MOST_AT_ONCE = 500
"""Other jobs wait meanwhile."""
MOST_ATTEMPTS = 5
WAIT_AFTER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
"""After the first, second … failure: together about two and a half hours, a mail server's restart."""


def deliver_due(*, clock: Callable[[], datetime]) -> int:
    """How many messages left, `MOST_AT_ONCE` at most.

    Each is claimed at the time `clock` shows just before it is sent.
    """
    _give_up(clock())
    sent = 0
    due = _due(clock()).order_by("due_at", "pk").values_list("pk", flat=True)[:MOST_AT_ONCE]
    for pk in list(due):
        if _claim(pk, clock()) and _deliver(pk, clock):
            sent += 1
    return sent


def are_due(now: datetime) -> bool:
    """Whether a message waits that could leave now."""
    return _due(now).exists()


def _due(now: datetime) -> QuerySet[Notice]:
    unlocked = Q(locked_until=None) | Q(locked_until__lte=now)
    return Notice.objects.filter(unlocked, state=Notice.State.DUE, due_at__lte=now)


def _claim(pk: int, now: datetime) -> bool:
    """True for exactly one of all workers that try. The attempt counts before it is made, so a
    message that kills its worker is not tried for ever."""
    claimed = _due(now).filter(pk=pk, attempts__lt=MOST_ATTEMPTS)
    return claimed.update(locked_until=now + LOCK_FOR, attempts=F("attempts") + 1) == 1


def _give_up(now: datetime) -> None:
    _due(now).filter(attempts__gte=MOST_ATTEMPTS).update(state=Notice.State.FAILED, locked_until=None)


def _deliver(pk: int, clock: Callable[[], datetime]) -> bool:
    notice = Notice.objects.select_related("recipient", "booking").get(pk=pk)
    row = Notice.objects.filter(pk=pk)
    if not notice.recipient.is_active:
        row.update(state=Notice.State.FAILED, locked_until=None)
        return False
    try:
        message(notice).send()
    except (SMTPException, OSError) as error:
        _try_later(notice, clock())
        # Without the address: who is told what is nobody's business in a log.
        logger.warning("notice %s was not sent (attempt %s): %s", pk, notice.attempts, type(error).__name__)
        return False
    row.update(state=Notice.State.SENT, sent_at=clock(), locked_until=None)
    return True


def _try_later(notice: Notice, now: datetime) -> None:
    row = Notice.objects.filter(pk=notice.pk)
    if notice.attempts >= MOST_ATTEMPTS:
        row.update(state=Notice.State.FAILED, locked_until=None)
    else:
        row.update(due_at=now + WAIT_AFTER[notice.attempts - 1], locked_until=None)


def message(notice: Notice) -> EmailMessage:
    """The e-mail in the recipient's language. Its subject names no course and nobody."""
    language = notice.recipient.language
    with translation.override(language):
        words = notice_words.of(notice, language=language)
        body = render_to_string(
            "email/notice.txt",
            {
                "recipient": notice.recipient,
                "words": words,
                "address": settings.PUBLIC_URL + notice_words.url(notice),
                "notices_address": settings.PUBLIC_URL + notice_words.list_url(),
            },
        )
    return EmailMessage(subject=words.subject, body=body, to=[notice.recipient.email])
