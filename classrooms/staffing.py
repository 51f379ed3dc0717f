"""立会い: who attended in the receiving room, with their post, or why nobody had to (education.md §2.5).

Recorded for each school and lesson. What was recorded in error is struck out and stays readable;
after the school's confirmation both say why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from classrooms import pupil_permissions, register_audit
from classrooms.models import Confirmation, Reception, StaffPresence
from classrooms.register_errors import IntentionError, OffError, ReasonNeededError
from classrooms.register_sheet import TAKING_PLACE
from scheduler.models import Membership, User
from scheduler.transactions import retried

Exemption = StaffPresence.Exemption


@dataclass(frozen=True, slots=True)
class Attendant:
    """Who attended. `user_id` for somebody with an account, `name` as it stood on that day."""

    name: str
    post: str
    user_id: int | None = None
    exemption: str = Exemption.NONE


def candidates(reception: Reception, day: date) -> list[Attendant]:
    """The school's people who may attend, by their posts of `day`; the planned one first."""
    posts = Membership.objects.valid_on(day).filter(
        organisation=reception.school_id, role__in=pupil_permissions.READING_ROLES, user__is_active=True
    )
    found: dict[int, Attendant] = {}
    for post in posts.select_related("user").order_by("user__name", "pk"):
        words = post.post or str(post.get_role_display())
        found.setdefault(post.user_id, Attendant(post.user.name, words, post.user_id))
    return sorted(found.values(), key=lambda each: each.user_id != reception.staff_id)


def likely(found: Sequence[Attendant], reception: Reception, reader: User) -> Attendant | None:
    """Whom one press records: who was planned, else the reader, if they are the school's."""
    by_key = {each.user_id: each for each in found}
    return by_key.get(reception.staff_id) or by_key.get(reader.pk)


@retried
def record(
    reception: Reception, who: Attendant, *, by: User, now: datetime, intention: UUID, reason: str = ""
) -> StaffPresence:
    """The presence or exemption, appended; who stands there already stands there once.

    Raises OffError, ReasonNeededError, IntentionError.
    """
    locked = _locked(reception)
    known = StaffPresence.objects.filter(intention=intention).first()
    if known is not None:
        if known.reception_id != locked.pk or known.recorded_by_id != by.pk:
            raise IntentionError
        return known
    reason = _reason(locked, reason)
    standing = StaffPresence.objects.filter(
        reception=locked, struck_at=None, name=who.name, post=who.post, exemption=who.exemption
    ).first()
    if standing is not None:
        return standing
    made = StaffPresence.objects.create(
        reception=locked,
        user_id=who.user_id,
        name=who.name,
        post=who.post,
        exemption=who.exemption,
        reason=reason,
        intention=intention,
        recorded_at=now,
        recorded_by=by,
    )
    if reason:  # there is one only after the confirmation
        register_audit.record(register_audit.STAFF, locked, by=by, now=now)
    return made


@retried
def strike(presence: StaffPresence, *, by: User, now: datetime, reason: str = "") -> StaffPresence:
    """The row struck out; striking twice is not an error. Raises ReasonNeededError."""
    locked = _locked(presence.reception)
    row = StaffPresence.objects.get(pk=presence.pk)
    if row.struck_at is not None:
        return row
    row.struck_at, row.struck_by, row.strike_reason = now, by, _reason(locked, reason)
    row.save(update_fields=["struck_at", "struck_by", "strike_reason"])
    if row.strike_reason:
        register_audit.record(register_audit.STAFF, locked, by=by, now=now)
    return row


def attending(receptions: Sequence[Reception]) -> dict[int, list[StaffPresence]]:
    """Who is recorded, by the Reception's key; one query."""
    found: dict[int, list[StaffPresence]] = {reception.pk: [] for reception in receptions}
    for row in StaffPresence.objects.filter(reception__in=found, struck_at=None):
        found[row.reception_id].append(row)
    return found


def _locked(reception: Reception) -> Reception:
    return Reception.objects.select_for_update(no_key=True, of=("self",)).get(pk=reception.pk)


def _reason(reception: Reception, reason: str) -> str:
    """What is written as the reason: one is needed once the school has confirmed."""
    if Confirmation.objects.filter(reception=reception).exists():
        if not reason:
            raise ReasonNeededError
        return reason
    if reception.state not in TAKING_PLACE:
        raise OffError
    return ""
