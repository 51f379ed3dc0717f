"""The waiting room of a conference: who knocks, whom the host lets in, whom the host sends back.

Only the gate (`realtime.access`) decides who may enter; here stand the words it reads. After each
word every server process asks its gate again, so that whoever is sent back is out at once.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.crypto import salted_hmac
from django.utils.translation import pgettext_lazy

from realtime import access, invalidations
from realtime.models import Admittance
from scheduler import audit, audit_words
from scheduler.models import Booking, Participant, User
from scheduler.names import Name

HERE_FOR = timedelta(seconds=15)
"""Since the last knock: five of them may be lost before somebody stops waiting."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody at the door as the host reads them. `key` stands for the account in this room alone."""

    key: str
    name: Name
    organisation: Name
    since: datetime


def knock(booking: Booking, user: User, *, now: datetime) -> datetime:
    """The account waits; since when. Whoever was away for longer than HERE_FOR has knocked anew."""
    own = Admittance.objects.filter(booking=booking, user=user)
    own.filter(seen_at__lte=now - HERE_FOR).update(knocked_at=now)
    if not own.update(seen_at=now):
        Admittance.objects.get_or_create(
            booking=booking, user=user, defaults={"knocked_at": now, "seen_at": now}
        )
    return own.get().knocked_at


def waiting(booking: Booking, now: datetime) -> QuerySet[Admittance]:
    """Who stands at the door now, in the order in which they came."""
    here = booking.admittances.exclude(_stands(booking)).filter(seen_at__gt=now - HERE_FOR)
    return here.order_by("knocked_at", "pk")


def admitted(booking: Booking) -> QuerySet[Admittance]:
    """Whom the host has let in, whether they are in the room now or not."""
    return booking.admittances.filter(_stands(booking)).order_by("admitted_at", "pk")


def admit(booking: Booking, keys: Collection[str], *, by: User, now: datetime) -> None:
    """These may enter, and come back, until they are sent back. Twice is no error.

    By key, never "everybody": whoever knocked after the host last looked is not let in unseen.
    """
    let_in = Admittance.objects.filter(pk__in=_of(booking, keys)).exclude(_stands(booking))
    _said("room.admit", booking, let_in, admitted_at=now, admitted_by=by, by=by, now=now)


def send_back(booking: Booking, keys: Collection[str], *, by: User, now: datetime) -> None:
    """These wait again. Their sockets end; the others' pictures and voices go on."""
    inside = Admittance.objects.filter(pk__in=_of(booking, keys), admitted_at__isnull=False)
    _said("room.return", booking, inside, admitted_at=None, admitted_by=None, by=by, now=now)


@transaction.atomic
def _said(
    event: str, booking: Booking, rows: QuerySet[Admittance], *, admitted_at: datetime | None,
    admitted_by: User | None, by: User, now: datetime,
) -> None:  # fmt: skip
    """The host's word kept, on the audit for each account, and told to the room."""
    # Locked, so that the same word twice at once is one act.
    held = list(rows.order_by("pk").select_for_update(no_key=True))
    if not held:
        return
    Admittance.objects.filter(pk__in=[row.pk for row in held]).update(
        admitted_at=admitted_at, admitted_by=admitted_by
    )
    for row in held:
        audit.record(
            audit.Action.EXECUTE, event, by=by, now=now, object_type="room", object_key=str(booking.uid),
            facts={"account": row.user_id},
        )  # fmt: skip
    _tell(booking)


def connect() -> None:
    """What the audit says of the host's word. Called in `AppConfig.ready()`."""
    audit_words.register(
        {
            "room.admit": pgettext_lazy("audit event", "let in from the waiting room"),
            "room.return": pgettext_lazy("audit event", "sent back to the waiting room"),
        },
        {"room": pgettext_lazy("audit object", "room")},
    )


def callers(booking: Booking, rows: QuerySet[Admittance]) -> list[Caller]:
    """With the organisation for which each takes part; two queries."""
    sides = Participant.objects.standing().filter(booking=booking, person__user__isnull=False)
    homes = {
        side.person.user_id: side.organisation.label
        for side in sides.select_related("person", "organisation")
        if side.person is not None
    }
    return [
        Caller(key_of(row), row.user.label, homes.get(row.user_id, Name("")), row.knocked_at)
        for row in rows.select_related("user")
    ]


def key_of(row: Admittance) -> str:
    """What pages say instead of the account's own key."""
    return salted_hmac("realtime.admittances", f"{row.booking_id} {row.user_id}").hexdigest()[:16]


def _stands(booking: Booking) -> Q:
    return Q(admitted_at__isnull=False, admitted_at__gte=access.admitted_from(booking))


def _of(booking: Booking, keys: Collection[str]) -> list[int]:
    return [row.pk for row in booking.admittances.all() if key_of(row) in keys]


def _tell(booking: Booking) -> None:
    transaction.on_commit(partial(invalidations.on_booking_changed, None, booking.pk), robust=True)
