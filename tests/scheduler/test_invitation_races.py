"""One invitation sent again from several windows at the same instant."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from scheduler import audit, invitation_limits, invitations
from scheduler.models import AuditEntry, Invitation, Role
from tests.cast import NOW, World

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.usefixtures("transactional_db", "django_db_serialized_rollback"),
]
WINDOWS = 8


def test_of_links_sent_again_at_once_one_opens_and_no_address_gets_more_than_its_day_allows(
    world: World,
) -> None:
    offer = invitations.Offer("new@example.jp", "高橋 実", world.centre, Role.TEACHER, NOW.date())
    now = timezone.now()
    invitations.invite(offer, by=world.admin, now=now, intention=uuid4())
    invitation = Invitation.objects.get()
    start = Barrier(WINDOWS)

    def sent_again(_window: int) -> bool:
        try:
            start.wait()
            invitations.resend(invitation, by=world.admin, now=now)
        except (invitations.UnderWayError, invitation_limits.TooOftenError):
            return False
        else:
            return True
        finally:
            connection.close()

    with ThreadPoolExecutor(WINDOWS) as windows:
        outcomes = list(windows.map(sent_again, range(WINDOWS)))

    assert 0 < sum(outcomes) < invitation_limits.TO_AN_ADDRESS
    assert len(mail.outbox) == 1 + sum(outcomes)
    assert AuditEntry.objects.filter(event="invitation.resend").count() == sum(outcomes)
    assert audit.verify() == []
    links = [re.search(r"https?://[^/]+(/invitations/\S+)", str(letter.body)) for letter in mail.outbox]
    answers = [Client().get(link[1]).status_code for link in links if link]
    assert answers == [410] * sum(outcomes) + [200]
