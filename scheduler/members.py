"""Posts and accounts: who may give which, for how long, and how they end.

Every verb is on the audit. Ending is at once: whoever reads posts reads them by date, and rooms and
feeds listen to what is saved here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scheduler import audit, permissions
from scheduler.models import (
    AuditEntry,
    Booking,
    Invitation,
    Membership,
    Organisation,
    Person,
    Resource,
    Role,
    User,
)
from scheduler.transactions import retried

Kind = Organisation.Kind
_EVERYWHERE = frozenset({Role.AUDITOR, Role.SUPPORTER})
_DOCTORS = frozenset({Role.SPECIALIST, Role.LOCAL_DOCTOR})
ROLES_AT: Mapping[str, frozenset[Role]] = {
    Kind.DELIVERY_CENTRE: permissions.CENTRE_ROLES | _EVERYWHERE,
    Kind.HIGH_SCHOOL: permissions.SCHOOL_OFFICE_ROLES | {Role.ROOM_STAFF},
    Kind.HOSPITAL: _DOCTORS | {Role.CLINIC_COORDINATOR} | _EVERYWHERE,
    Kind.CLINIC: _DOCTORS | {Role.CLINIC_COORDINATOR} | _EVERYWHERE,
    Kind.BOARD: _EVERYWHERE | {Role.BOARD_VIEWER},
}
"""Posts that people hold, by the kind of organisation. A receiving room's device and a pupil's remote
seat are no posts of people: the one is set up with its room, the other by the pupil's school."""
BOOKED_ROLES = _DOCTORS | {Role.TEACHER}
"""Who is booked as a person, and so needs a calendar of their own."""
NOT_ONESELF = _("Nobody gives themselves a post. Another administrator can give it to you.")


class MembersError(Exception):
    """Base of what this module refuses."""


class NotYoursError(MembersError):
    """That organisation's posts, or that role, are not theirs to give."""


class DoublePostError(MembersError):
    """The account holds this post on some of these days already."""


class OneselfError(MembersError):
    """Nobody closes the own account, ends the own post of an administrator, or gives themselves a post:
    by one of a doctor they would read cases, and nobody else would have said so."""


class LengtheningError(OneselfError):
    """More days of the own post are a post that one gives oneself."""


@dataclass(frozen=True, slots=True)
class Mandate:
    """For whom somebody may act today: everybody, or some roles of some organisations."""

    is_whole: bool = False
    offices: Mapping[int, frozenset[Role]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.is_whole or bool(self.offices)

    def roles_at(self, organisation: Organisation) -> frozenset[Role]:
        there = ROLES_AT[organisation.kind]
        return there if self.is_whole else self.offices.get(organisation.pk, frozenset()) & there


def mandate(posts: Sequence[Membership]) -> Mandate:
    """Administrators: everybody. A school's office: its room staff. A coordinator: the hospital's doctors."""
    if any(post.role == Role.CENTRE_ADMIN for post in posts):
        return Mandate(is_whole=True)
    offices: dict[int, frozenset[Role]] = {}
    for post in posts:
        given: frozenset[Role] = frozenset()
        if post.role in permissions.SCHOOL_OFFICE_ROLES:
            given = frozenset({Role.ROOM_STAFF})
        elif post.role == Role.CLINIC_COORDINATOR:
            given = _DOCTORS
        if given:
            offices[post.organisation_id] = offices.get(post.organisation_id, frozenset()) | given
    return Mandate(offices=offices)


def mandate_of(user: User, now: datetime) -> Mandate:
    return mandate(permissions.memberships(user, timezone.localdate(now)))


def mandates_of(users: Collection[int], now: datetime) -> dict[int, Mandate]:
    """As `mandate_of` of each, by account, in one query."""
    held: dict[int, list[Membership]] = {pk: [] for pk in users}
    there = Membership.objects.valid_on(timezone.localdate(now)).filter(user__in=users, user__is_active=True)
    for post in there.select_related("organisation"):
        if permissions.counts(post):
            held[post.user_id].append(post)
    return {pk: mandate(posts) for pk, posts in held.items()}


def organisations(holder: Mandate) -> QuerySet[Organisation]:
    every = Organisation.objects.order_by("kind", "district", "kana", "code")
    return every if holder.is_whole else every.filter(pk__in=holder.offices)


def posts(holder: Mandate) -> QuerySet[Membership]:
    """Every post, past and to come, that the holder may read and change."""
    every = Membership.objects.exclude(role__in=[Role.DEVICE, Role.STUDENT])
    if holder.is_whole:
        return every
    mine = Q(pk__in=())
    for organisation_id, roles in holder.offices.items():
        mine |= Q(organisation=organisation_id, role__in=roles)
    return every.filter(mine)


def accounts(holder: Mandate) -> QuerySet[User]:
    """Whose page the holder may open: people with such a post; an administrator also those without any."""
    found = Q(pk__in=posts(holder).values("user"))
    if holder.is_whole:
        found |= Q(memberships=None)
    return User.objects.filter(found).distinct()


def coming(user: User, now: datetime) -> tuple[int, int]:
    """How many lessons, and how many other bookings, the person has that are not over."""
    theirs = Booking.objects.live(now).filter(
        participants__person__user=user, participants__withdrawn_at=None, participants__end__gt=now
    )
    kinds = list(theirs.distinct().values_list("pk", "kind"))
    lessons = sum(kind == Booking.Kind.LESSON for _pk, kind in kinds)
    return lessons, len(kinds) - lessons


def may_end(membership: Membership, by: User) -> bool:
    """An administrator who ended the own post could not take it back."""
    return membership.user_id != by.pk or membership.role != Role.CENTRE_ADMIN


def _require(by: User, organisation: Organisation, role: str, now: datetime) -> None:
    if role not in mandate_of(by, now).roles_at(organisation):
        raise NotYoursError


@retried
def give(post: Membership, *, by: User, now: datetime) -> Membership:
    """The post, not written yet, becomes its account's. Raises NotYoursError, OneselfError,
    DoublePostError, ValidationError (of its dates)."""
    _require(by, post.organisation, post.role, now)
    if post.user_id == by.pk:
        raise OneselfError
    return granted(post, by=by, now=now)


def granted(
    post: Membership, *, by: User | None, now: datetime, on_behalf_of: User | None = None
) -> Membership:
    """As `give`, where the right to it was checked before. Call in a transaction."""
    added(post)
    audit.append([entry_of_gift(post, by=by, now=now, on_behalf_of=on_behalf_of)])
    return post


def added(post: Membership) -> Membership:
    """As `granted`, where the caller appends to the audit what `entry_of_gift` says."""
    _locked(post.user_id)
    _check(post)
    post.save(force_insert=True)
    if post.role in BOOKED_ROLES:
        _make_bookable(post.user, post.organisation)
    return post


def entry_of_gift(
    made: Membership, *, by: User | None, now: datetime, on_behalf_of: User | None = None
) -> AuditEntry:
    return _entry(audit.Action.CREATE, "post.give", made, by=by, now=now, on_behalf_of=on_behalf_of)


@retried
def change(
    membership: Membership, *, valid_from: date, valid_until: date | None, post: str, by: User, now: datetime
) -> Membership:
    """Its dates and its name in the organisation. Another role is another post. Raises NotYoursError,
    OneselfError, DoublePostError, ValidationError."""
    _require(by, membership.organisation, membership.role, now)
    _refuse_oneself(membership, by, now, valid_from, valid_until)
    _refuse_lengthening(membership, by, valid_from, valid_until)
    _locked(membership.user_id)
    held = Membership.objects.select_related("organisation").get(pk=membership.pk)
    held.valid_from, held.valid_until, held.post = valid_from, valid_until, post
    _check(held)
    held.save()
    _record(audit.Action.UPDATE, "post.change", held, by=by, now=now)
    return held


def end(membership: Membership, *, by: User, now: datetime) -> None:
    """From now on. A post that would have begun today or later never was."""
    today = timezone.localdate(now)
    if membership.valid_until is not None and membership.valid_until <= today:
        return
    _require(by, membership.organisation, membership.role, now)
    _refuse_oneself(membership, by, now, membership.valid_from, today)
    _end(membership, by=by, now=now)


@retried
def _end(membership: Membership, *, by: User, now: datetime) -> None:
    _locked(membership.user_id)
    today = timezone.localdate(now)
    if membership.valid_from >= today:
        _record(audit.Action.DELETE, "post.end", membership, by=by, now=now)
        membership.delete()
        return
    membership.valid_until = today
    membership.save(update_fields=["valid_until"])
    _record(audit.Action.UPDATE, "post.end", membership, by=by, now=now)


@retried
def close(user: User, *, by: User, now: datetime) -> None:
    """The account signs in no more, its sessions end, and its posts with them. Closing twice is no error.

    What was offered to its address before is taken back: by such a link it would open itself again.
    """
    _require_whole(by, now)
    if user.pk == by.pk:
        raise OneselfError
    # Whoever accepts one has it locked, and asks for the account next.
    offered = Invitation.objects.filter(email__iexact=user.email, accepted_at=None, revoked_at=None)
    waiting = list(offered.order_by("pk").select_for_update(no_key=True))
    account = _locked(user.pk)
    _take_back(waiting, by=by, now=now)
    if not account.is_active:
        return
    today = timezone.localdate(now)
    lasting = account.memberships.filter(Q(valid_until=None) | Q(valid_until__gt=today))
    for membership in lasting.select_related("organisation"):
        _end(membership, by=by, now=now)
    account.is_active = False
    account.save(update_fields=["is_active"])
    audit.record(
        audit.Action.UPDATE, "account.close", by=by, now=now, object_type="account", object_key=str(user.pk)
    )


def _take_back(offered: Sequence[Invitation], *, by: User, now: datetime) -> None:
    for invitation in offered:
        invitation.revoked_at = now
        invitation.save(update_fields=["revoked_at"])
        audit.record(
            audit.Action.UPDATE, "invitation.revoke", by=by, now=now, object_type="invitation",
            object_key=str(invitation.uid),
            facts={"role": invitation.role, "organisation": invitation.organisation_id},
        )  # fmt: skip


@retried
def reopen(user: User, *, by: User, now: datetime) -> None:
    """The account signs in again, with its old password and without a post until it is given one."""
    _require_whole(by, now)
    account = _locked(user.pk)
    if account.is_active:
        return
    account.is_active = True
    account.save(update_fields=["is_active"])
    audit.record(
        audit.Action.UPDATE, "account.reopen", by=by, now=now, object_type="account", object_key=str(user.pk)
    )


def _locked(user_id: int) -> User:
    """Before the audit's end is locked, in every verb, so that no two wait for each other."""
    return User.objects.select_for_update(no_key=True).get(pk=user_id)


def _require_whole(by: User, now: datetime) -> None:
    if not mandate_of(by, now).is_whole:
        raise NotYoursError


def _refuse_oneself(membership: Membership, by: User, now: datetime, first: date, until: date | None) -> None:
    today = timezone.localdate(now)
    holds = first <= today and (until is None or today < until)
    if not holds and not may_end(membership, by):
        raise OneselfError


def _refuse_lengthening(membership: Membership, by: User, first: date, until: date | None) -> None:
    ends = membership.valid_until
    is_longer = first < membership.valid_from or (ends is not None and (until is None or ends < until))
    if membership.user_id == by.pk and is_longer:
        raise LengtheningError


def _check(membership: Membership) -> None:
    if membership.valid_until is not None and membership.valid_until <= membership.valid_from:
        raise ValidationError({"valid_until": "until-before-from"})
    membership.full_clean(validate_constraints=False)
    others = Membership.objects.filter(
        Q(valid_until=None) | Q(valid_until__gt=membership.valid_from),
        user=membership.user_id, organisation=membership.organisation_id, role=membership.role,
    ).exclude(pk=membership.pk)  # fmt: skip
    if membership.valid_until is not None:
        others = others.filter(valid_from__lt=membership.valid_until)
    if others.exists():
        raise DoublePostError


def _make_bookable(user: User, organisation: Organisation) -> None:
    """A person has one calendar, whatever their posts."""
    if not Person.objects.filter(user=user).exists():
        Person.objects.create(
            kind=Resource.Kind.PERSON, organisation=organisation, name=user.name, name_en=user.name_en,
            user=user,
        )  # fmt: skip


def _record(
    action: audit.Action, event: str, membership: Membership, *, by: User | None, now: datetime
) -> None:
    audit.append([_entry(action, event, membership, by=by, now=now)])


def _entry(
    action: audit.Action,
    event: str,
    membership: Membership,
    *,
    by: User | None,
    now: datetime,
    on_behalf_of: User | None = None,
) -> AuditEntry:
    return audit.entry(
        action, event, by=by, now=now, object_type="account", object_key=str(membership.user_id),
        on_behalf_of=on_behalf_of,
        facts={
            "post": membership.pk,
            "role": membership.role,
            "organisation": membership.organisation_id,
            "from": membership.valid_from,
            "until": membership.valid_until or "",
        },
    )  # fmt: skip
