"""Invitations: how somebody comes to an account, by a link that is sent to their address.

The link's secret is known to its mail alone: only its hash is kept, so it is sent at once and not
from the outbox, and whoever lost it is sent another.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet

from scheduler import audit, invitation_limits, invitation_mail, members
from scheduler.members import Mandate, MembersError, NotYoursError
from scheduler.models import AuditEntry, Invitation, Membership, Organisation, User
from scheduler.transactions import retried


class ClosedAccountError(MembersError):
    """The address is that of a closed account, which an administrator alone may let in again."""


class UnusableError(MembersError):
    """There is no such invitation, or it was used, taken back, or is too old."""


class UnderWayError(MembersError):
    """Its mail is leaving this moment: a second would only take the first one's link away."""


class NoMandateError(UnusableError):
    """Whoever invited may give this post no more: their own post has ended, or their account is closed."""

    def __init__(self, organisation: Organisation) -> None:
        super().__init__()
        self.organisation = organisation


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


def invite(offer: Offer, *, by: User, now: datetime, intention: UUID) -> Invitation:
    """Written and sent; `sent_at` stays empty where the mail server did not take it. The same intention
    again gives the same invitation. Raises NotYoursError, OneselfError, ClosedAccountError,
    DoublePostError, TooManyError, TooOftenError."""
    holder = members.mandate_of(by, now)
    if offer.role not in holder.roles_at(offer.organisation):
        raise NotYoursError
    if offer.email.lower() == by.email.lower():
        raise members.OneselfError
    if _is_closed_to(holder, offer.email):
        raise ClosedAccountError
    made = _invited(offer, by=by, now=now, intention=intention)
    if made is None:
        return Invitation.objects.get(uid=intention, created_by=by)
    return invitation_mail.send(*made, now=now)


@retried
def _invited(offer: Offer, *, by: User, now: datetime, intention: UUID) -> tuple[Invitation, str] | None:
    """None when it was written before."""
    if Invitation.objects.filter(uid=intention).exists():
        return None
    invitation_limits.require(by, offer.email, now)
    made = written(offer, by=by, now=now, intention=intention)
    audit.append([entry_of(made[0], by=by, now=now)])
    return made


def written(offer: Offer, *, by: User | None, now: datetime, intention: UUID) -> tuple[Invitation, str]:
    """The invitation and its secret, for whoever sends it once this is committed. The right to give the post
    and the limits were checked by the caller, who appends to the audit what `entry_of` says."""
    _refuse_double(offer)
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        uid=intention, email=offer.email.lower(), name=offer.name, name_en=offer.name_en,
        language=offer.language, organisation=offer.organisation, role=offer.role, post=offer.post,
        valid_from=offer.valid_from, valid_until=offer.valid_until, secret_hash=_hash(secret),
        created_by=by, created_at=now, expires_at=now + _lifetime(),
        leaving_since=now if by else None,
    )  # fmt: skip
    return invitation, secret


def entry_of(invitation: Invitation, *, by: User | None, now: datetime) -> AuditEntry:
    return _entry(audit.Action.CREATE, "invitation.create", invitation, by=by, now=now)


@retried
def first(offer: Offer, *, now: datetime, intention: UUID) -> str:
    """The address of an invitation that the operator hands over; nothing is mailed."""
    invitation, secret = written(offer, by=None, now=now, intention=intention)
    audit.append([entry_of(invitation, by=None, now=now)])
    return invitation_mail.address(secret)


def resend(invitation: Invitation, *, by: User, now: datetime) -> Invitation:
    """With a new link and a new term; the one before works no more. From now on it is offered by whoever
    sends it again. Raises NotYoursError, OneselfError, UnusableError, UnderWayError, TooManyError,
    TooOftenError."""
    if invitation.role not in members.mandate_of(by, now).roles_at(invitation.organisation):
        raise NotYoursError
    if invitation.email == by.email.lower():
        raise members.OneselfError
    return invitation_mail.send(*_renewed(invitation, by=by, now=now), now=now)


@retried
def _renewed(invitation: Invitation, *, by: User, now: datetime) -> tuple[Invitation, str]:
    held = _locked(pk=invitation.pk)
    if held is None or state(held, now) in {State.ACCEPTED, State.REVOKED}:
        raise UnusableError
    if invitation_mail.is_leaving(held, now):
        raise UnderWayError
    if not held.is_unsent:
        invitation_limits.require(by, held.email, now)
    secret, entry = anew(held, by=by, now=now)
    audit.append([entry])
    return held, secret


def anew(held: Invitation, *, by: User, now: datetime) -> tuple[str, AuditEntry]:
    """Its new secret, and what the caller appends to the audit; `held` is locked, and may be sent."""
    event = "invitation.send" if held.is_unsent else "invitation.resend"
    secret, before = secrets.token_urlsafe(32), _inviter(held, besides=by)
    held.secret_hash, held.expires_at = _hash(secret), now + _lifetime()
    held.sent_at, held.leaving_since, held.created_by = None, now, by
    held.save(update_fields=["secret_hash", "expires_at", "sent_at", "leaving_since", "created_by"])
    return secret, _entry(audit.Action.UPDATE, event, held, by=by, now=now, on_behalf_of=before)


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
    done, before = audit.Action.UPDATE, _inviter(held, besides=by)
    audit.append([_entry(done, "invitation.revoke", held, by=by, now=now, on_behalf_of=before)])


def find(secret: str, now: datetime) -> Invitation:
    """The open invitation of this link. Raises ClosedAccountError, or UnusableError, whatever else is the
    matter with it."""
    found = Invitation.objects.select_related("organisation", "created_by").filter(secret_hash=_hash(secret))
    return _usable(found.first(), now)


def account_of(invitation: Invitation) -> User | None:
    """The account that it will be added to; None where a new one is made or a closed one set up anew."""
    account = _account(invitation.email)
    return account if account and account.is_active else None


@retried
def accept(secret: str, *, name: str, password: str, now: datetime) -> User:
    """The account with its new post. `name` and `password` are those of an account that is made or
    opened anew; one that is in use keeps its own. Raises ClosedAccountError, UnusableError,
    DoublePostError."""
    invitation = _usable(_locked(secret_hash=_hash(secret)), now)
    account = account_of(invitation)
    if account is None:
        account = _set_up(invitation, name, password, now)
    post = Membership(
        user=account, organisation=invitation.organisation, role=invitation.role, post=invitation.post,
        valid_from=invitation.valid_from, valid_until=invitation.valid_until,
    )  # fmt: skip
    members.granted(post, by=account, now=now, on_behalf_of=invitation.created_by)
    invitation.accepted_at, invitation.accepted_by = now, account
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    before = invitation.created_by
    done = _entry(
        audit.Action.EXECUTE, "invitation.accept", invitation, by=account, now=now, on_behalf_of=before
    )
    audit.append([done])
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


def _usable(invitation: Invitation | None, now: datetime) -> Invitation:
    """What somebody offered who may not offer it today is offered by nobody."""
    if invitation is None or state(invitation, now) != State.OPEN:
        raise UnusableError
    by = invitation.created_by
    if by is None:  # the operator's own, by manage.py invite
        return invitation
    holder = members.mandate_of(by, now)
    if not by.is_active or invitation.role not in holder.roles_at(invitation.organisation):
        raise NoMandateError(invitation.organisation)
    account = _account(invitation.email)
    if account is not None and account.pk == by.pk:
        raise UnusableError
    # An account that was closed, in whatever way, is opened anew by an administrator's word alone.
    if account is not None and not account.is_active and not holder.is_whole:
        raise ClosedAccountError
    return invitation


def _locked(**found_by: object) -> Invitation | None:
    rows = Invitation.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("organisation", "created_by").filter(**found_by).first()


def _is_closed_to(holder: Mandate, email: str) -> bool:
    """Of the holder's own people alone: of everybody else the invitation tells nobody but who receives it."""
    own = members.accounts(holder).filter(email__iexact=email, is_active=False)
    return not holder.is_whole and own.exists()


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


def _entry(
    action: audit.Action,
    event: str,
    invitation: Invitation,
    *,
    by: User | None,
    now: datetime,
    on_behalf_of: User | None = None,
) -> AuditEntry:
    return audit.entry(
        action, event, by=by, now=now, object_type="invitation", object_key=str(invitation.uid),
        on_behalf_of=on_behalf_of,
        facts={"role": invitation.role, "organisation": invitation.organisation_id},
    )  # fmt: skip
