"""Invitations: how somebody comes to an account, by a link that is sent to their address.

The link's secret is known to its mail alone: only its hash is kept, so it is sent at once and not
from the outbox, and whoever lost it is sent another.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from smtplib import SMTPException
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from scheduler import audit, members
from scheduler.members import Mandate, MembersError, NotYoursError
from scheduler.models import Invitation, Membership, Organisation, User
from scheduler.transactions import retried

logger = logging.getLogger(__name__)


class ClosedAccountError(MembersError):
    """The address is that of a closed account, which an administrator alone may let in again."""


class UnusableError(MembersError):
    """There is no such invitation, or it was used, taken back, or is too old."""


class State(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Offer:
    """The post that is offered to an address."""

    email: str
    name: str
    organisation: Organisation
    role: str
    valid_from: date
    valid_until: date | None = None
    post: str = ""
    name_en: str = ""
    language: str = "ja"


def state(invitation: Invitation, now: datetime) -> State:
    if invitation.accepted_at:
        return State.ACCEPTED
    if invitation.revoked_at:
        return State.REVOKED
    return State.OPEN if now < invitation.expires_at else State.EXPIRED


def visible(holder: Mandate) -> QuerySet[Invitation]:
    """Invitations to posts that the holder may give, newest first."""
    every = Invitation.objects.select_related("organisation")
    if holder.is_whole:
        return every
    mine = Q(pk__in=())
    for organisation_id, roles in holder.offices.items():
        mine |= Q(organisation=organisation_id, role__in=roles)
    return every.filter(mine)


def waiting(holder: Mandate, now: datetime) -> list[tuple[Invitation, State]]:
    """Those that are open or ran out, for the list; a hundred at most."""
    found = visible(holder).filter(accepted_at=None, revoked_at=None)[:100]
    return [(invitation, state(invitation, now)) for invitation in found]


def invite(offer: Offer, *, by: User, now: datetime, intention: UUID) -> Invitation:
    """Written and sent; `sent_at` stays empty where the mail server did not take it. The same intention
    again gives the same invitation. Raises NotYoursError, ClosedAccountError, DoublePostError."""
    holder = members.mandate_of(by, now)
    if offer.role not in holder.roles_at(offer.organisation):
        raise NotYoursError
    account = _account(offer.email)
    if account and not account.is_active and not holder.is_whole:
        raise ClosedAccountError
    made = _written(offer, by=by, now=now, intention=intention)
    if made is None:
        return Invitation.objects.get(uid=intention, created_by=by)
    return _sent(*made, now=now)


@retried
def _written(
    offer: Offer, *, by: User | None, now: datetime, intention: UUID
) -> tuple[Invitation, str] | None:
    """The invitation and its secret; None when it was written before."""
    if Invitation.objects.filter(uid=intention).exists():
        return None
    _refuse_double(offer)
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        uid=intention, email=offer.email.lower(), name=offer.name, name_en=offer.name_en,
        language=offer.language, organisation=offer.organisation, role=offer.role, post=offer.post,
        valid_from=offer.valid_from, valid_until=offer.valid_until, secret_hash=_hash(secret),
        created_by=by, created_at=now, expires_at=now + _lifetime(),
    )  # fmt: skip
    _record(audit.Action.CREATE, "invitation.create", invitation, by=by, now=now)
    return invitation, secret


def first(offer: Offer, *, now: datetime, intention: UUID) -> str:
    """The address of an invitation that the operator hands over; nothing is mailed."""
    made = _written(offer, by=None, now=now, intention=intention)
    assert made is not None, "an intention is new for every call of the command"
    return address(made[1])


def resend(invitation: Invitation, *, by: User, now: datetime) -> Invitation:
    """With a new link and a new term; the one before works no more."""
    if invitation.role not in members.mandate_of(by, now).roles_at(invitation.organisation):
        raise NotYoursError
    return _sent(*_renewed(invitation, by=by, now=now), now=now)


@retried
def _renewed(invitation: Invitation, *, by: User, now: datetime) -> tuple[Invitation, str]:
    held = _locked(pk=invitation.pk)
    if held is None or state(held, now) in {State.ACCEPTED, State.REVOKED}:
        raise UnusableError
    secret = secrets.token_urlsafe(32)
    held.secret_hash, held.expires_at, held.sent_at = _hash(secret), now + _lifetime(), None
    held.save(update_fields=["secret_hash", "expires_at", "sent_at"])
    _record(
        audit.Action.UPDATE,
        "invitation.resend",
        held,
        by=by,
        now=now,
        on_behalf_of=_inviter(held, besides=by),
    )
    return held, secret


@retried
def revoke(invitation: Invitation, *, by: User, now: datetime) -> None:
    """Its link works no more. Taking back twice is no error."""
    if invitation.role not in members.mandate_of(by, now).roles_at(invitation.organisation):
        raise NotYoursError
    held = _locked(pk=invitation.pk)
    if held is None or state(held, now) == State.ACCEPTED:
        raise UnusableError
    if held.revoked_at:
        return
    held.revoked_at = now
    held.save(update_fields=["revoked_at"])
    _record(
        audit.Action.UPDATE,
        "invitation.revoke",
        held,
        by=by,
        now=now,
        on_behalf_of=_inviter(held, besides=by),
    )


def find(secret: str, now: datetime) -> Invitation:
    """The open invitation of this link. Raises UnusableError, whatever is the matter with it."""
    found = Invitation.objects.select_related("organisation", "created_by").filter(secret_hash=_hash(secret))
    return _usable(found.first(), now)


def account_of(invitation: Invitation) -> User | None:
    """The account that it will be added to; None where a new one is made or a closed one set up anew."""
    account = _account(invitation.email)
    return account if account and account.is_active else None


@retried
def accept(secret: str, *, name: str, password: str, now: datetime) -> User:
    """The account with its new post. `name` and `password` are those of an account that is made or
    opened anew; one that is in use keeps its own. Raises UnusableError, DoublePostError."""
    invitation = _usable(_locked(secret_hash=_hash(secret)), now)
    account = account_of(invitation)
    if account is None:
        account = _set_up(invitation, name, password, now)
    members.granted(
        account, invitation.organisation, invitation.role, valid_from=invitation.valid_from,
        valid_until=invitation.valid_until, post=invitation.post, by=account, now=now,
        on_behalf_of=invitation.created_by,
    )  # fmt: skip
    invitation.accepted_at, invitation.accepted_by = now, account
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    _record(
        audit.Action.EXECUTE, "invitation.accept", invitation, by=account, now=now,
        on_behalf_of=invitation.created_by,
    )  # fmt: skip
    return account


def _set_up(invitation: Invitation, name: str, password: str, now: datetime) -> User:
    account = User.objects.select_for_update(no_key=True).filter(email__iexact=invitation.email).first()
    event, action = "account.reopen", audit.Action.UPDATE
    if account is None:
        event, action = "account.create", audit.Action.CREATE
        account = User(email=invitation.email, language=invitation.language)
    account.name, account.name_en, account.is_active = name, invitation.name_en, True
    account.set_password(password)
    account.save()
    audit.record(
        action, event, by=account, now=now, object_type="account", object_key=str(account.pk),
        on_behalf_of=invitation.created_by,
    )  # fmt: skip
    return account


def address(secret: str) -> str:
    return settings.PUBLIC_URL + reverse("scheduler:invitation", args=[secret])


def _sent(invitation: Invitation, secret: str, *, now: datetime) -> Invitation:
    facts = {
        "invitation": invitation,
        "link": address(secret),
        "last": timezone.localdate(invitation.expires_at),
    }
    with translation.override(invitation.language):
        message = EmailMessage(
            subject=_("Enkaku: your invitation"),
            body=render_to_string("email/invitation.txt", facts),
            to=[invitation.email],
        )
    try:
        message.send()
    except (SMTPException, OSError) as error:
        # Without the address: who is invited is nobody's business in a log.
        logger.warning("invitation %s was not sent: %s", invitation.pk, type(error).__name__)
        return invitation
    invitation.sent_at = now
    invitation.save(update_fields=["sent_at"])
    return invitation


def _usable(invitation: Invitation | None, now: datetime) -> Invitation:
    """What somebody offered whose account is closed by now is offered by nobody."""
    if invitation is None or state(invitation, now) != State.OPEN:
        raise UnusableError
    by = invitation.created_by
    if by is not None and not by.is_active:
        raise UnusableError
    # An account that was closed, in whatever way, is opened anew by an administrator's word alone.
    account = _account(invitation.email)
    is_closed = account is not None and not account.is_active
    if is_closed and by is not None and not members.mandate_of(by, now).is_whole:
        raise UnusableError
    return invitation


def _locked(**found_by: object) -> Invitation | None:
    rows = Invitation.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("organisation", "created_by").filter(**found_by).first()


def _account(email: str) -> User | None:
    return User.objects.filter(email__iexact=email).first()


def _refuse_double(offer: Offer) -> None:
    held = Membership.objects.filter(
        Q(valid_until=None) | Q(valid_until__gt=offer.valid_from),
        user__email__iexact=offer.email, organisation=offer.organisation, role=offer.role,
    )  # fmt: skip
    if offer.valid_until is not None:
        held = held.filter(valid_from__lt=offer.valid_until)
    if held.exists():
        raise members.DoublePostError


def _inviter(invitation: Invitation, *, besides: User) -> User | None:
    return None if invitation.created_by == besides else invitation.created_by


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _lifetime() -> timedelta:
    return timedelta(days=settings.INVITATION_DAYS)


def _record(
    action: audit.Action,
    event: str,
    invitation: Invitation,
    *,
    by: User | None,
    now: datetime,
    on_behalf_of: User | None = None,
) -> None:
    audit.record(
        action, event, by=by, now=now, object_type="invitation", object_key=str(invitation.uid),
        on_behalf_of=on_behalf_of,
        facts={"role": invitation.role, "organisation": invitation.organisation_id},
    )  # fmt: skip
