"""Invitations that wait for somebody: as a list, and all at once where their mails have not left."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import QuerySet

from scheduler import audit, invitation_mail, invitations, members
from scheduler.invitations import State
from scheduler.members import Mandate
from scheduler.models import Invitation, User
from scheduler.transactions import retried

SHOWN_FOR = timedelta(days=60)
"""After it ran out; whoever has not come by then is invited anew, if at all."""
SENT_AT_ONCE = 200
"""As many as a file of people has."""


def waiting(holder: Mandate, now: datetime) -> QuerySet[Invitation]:
    """Those that are open, or ran out not long ago."""
    since = now - SHOWN_FOR
    return invitations.visible(holder).filter(accepted_at=None, revoked_at=None, expires_at__gt=since)


def unsent(holder: Mandate, now: datetime) -> QuerySet[Invitation]:
    """Of those that wait; what the operator handed over (`manage.py invite`) is not sent, and what another
    window sends this moment not twice."""
    mailed = waiting(holder, now).filter(sent_at=None).exclude(created_by=None)
    return mailed.exclude(invitation_mail.leaving(now))


class Line(NamedTuple):
    """One of the list. `is_backed`: whoever invited may still give the post; `is_leaving`: its mail is being
    sent this moment."""

    invitation: Invitation
    state: State
    is_backed: bool
    is_leaving: bool


def with_states(shown: Collection[Invitation], now: datetime) -> list[Line]:
    """Each with what is to be said of it; one query for all."""
    inviters = {each.created_by_id for each in shown if each.created_by_id}
    holders = members.mandates_of(inviters, now)

    def is_backed(each: Invitation) -> bool:
        holder = holders.get(each.created_by_id or 0)
        return holder is None or each.role in holder.roles_at(each.organisation)

    return [
        Line(each, invitations.state(each, now), is_backed(each), invitation_mail.is_leaving(each, now))
        for each in shown
    ]


def send_unsent(*, by: User, now: datetime) -> list[Invitation]:
    """What `by` may offer and no mail tells of yet, each with a new link and a new term, 200 at a time.
    Where `sent_at` is still empty afterwards it may be tried again."""
    made = _anew(by=by, now=now)
    invitation_mail.send_all(made, now=now)
    return [invitation for invitation, _secret in made]


@retried
def _anew(*, by: User, now: datetime) -> list[tuple[Invitation, str]]:
    found = unsent(members.mandate_of(by, now), now).exclude(email=by.email.lower())
    # Trying gives a new term: what was tried longest ago comes first, and no bad address holds up the rest.
    found = found.order_by("expires_at", "pk")
    made, entries = [], []
    for held in found.select_for_update(no_key=True, of=("self",))[:SENT_AT_ONCE]:
        secret, entry = invitations.anew(held, by=by, now=now)
        made.append((held, secret))
        entries.append(entry)
    audit.append(entries)
    return made
