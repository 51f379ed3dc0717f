"""Who is told what about a booking: the outbox in the product and by e-mail.

`tell` is called inside the transaction of the verb it announces, so a notice exists exactly when
its change does. It is sent after commit by `scheduler.deliveries`; `scheduler.notice_words` puts
it into a sentence. Free text that somebody typed (a reason) never enters a notice: it may name a
pupil, and stands on the booking's page, behind sign-in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypedDict

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from scheduler import tasks
from scheduler.models import Booking, BookingChange, Membership, Notice, Participant, Role, User
from scheduler.names import Name


class Kind(StrEnum):
    LESSON_BOOKED = "lesson_booked"
    LESSON_MOVED = "lesson_moved"
    LESSON_CANCELLED = "lesson_cancelled"
    SCHOOL_WITHDRAWN = "school_withdrawn"
    SCHOOL_CLOSED = "school_closed"
    SERIES_BOOKED = "series_booked"
    """One notice for all dates of a series; `booking` is its first, `dates` how many there are."""
    SERIES_CANCELLED = "series_cancelled"
    """Likewise, for the dates of a series that were called off together."""
    HELP_CALLED = "help_called"


ONCE = frozenset({Kind.LESSON_BOOKED, Kind.LESSON_CANCELLED, Kind.SERIES_BOOKED, Kind.SERIES_CANCELLED})
"""What is told of a booking only once, whatever its sequence, unless `tell` is given another key: a
request that is repeated after the booking has changed again must not announce its first answer a
second time."""

TOLD_ROLES = frozenset({Role.SCHOOL_COORDINATOR, Role.SCHOOL_HEAD, Role.ROOM_STAFF})
"""Who in a school is told. A receiving room's device reads no mail."""

Times = Mapping[str, tuple[str, str]]
"""Every party's own period as `times` gives it."""


class Facts(TypedDict, total=False):
    """What only the vertical knows. Title, times now and the recipient's zone are added by `tell`."""

    by: Name
    """Who did it, by name; absent when nobody did (a closure, an expiry)."""
    before: Times
    """`times_before` the change; for LESSON_MOVED."""
    school: Name
    """The school that left or closed."""
    closure: Name
    """What stands in the school's calendar for that day (臨時休業)."""
    dates: int
    """How many dates of a series it is about."""
    symptom: Name
    """What is the matter in the room from which help was called."""


def times(booking: Booking) -> dict[str, tuple[str, str]]:
    """Each standing party's own period and the whole, as JSON."""
    return _times(booking, booking.participants.standing())


def times_before(change: BookingChange) -> dict[str, tuple[str, str]]:
    """`times` as they were before the change, whatever was read of the booking earlier."""
    before = change.before
    found = {"": (before["start"], before["end"])}
    for one in before["parties"]:
        found[_key(one["organisation"], one["person"])] = (one["start"], one["end"])
    return found


def party(participant: Participant) -> str:
    """By which a party is found in `times`."""
    return _key(participant.organisation_id, participant.person_id)


def concerned(
    booking: Booking,
    *,
    now: datetime,
    besides: User | None = None,
    parties: QuerySet[Participant] | None = None,
) -> list[User]:
    """Accounts to be told of a change made at `now`: the persons taking part, and the coordinators
    and room staff of the schools, without `besides` (who made it). With `parties`, theirs alone.

    A party that left earlier is not concerned any more; one that leaves at `now` is. Of a
    CONFIDENTIAL booking its persons alone are told.
    """
    if parties is None:
        parties = booking.participants.filter(Q(withdrawn_at=None) | Q(withdrawn_at__gte=now))
    persons = Q(pk__in=parties.filter(person__user__isnull=False).values("person__user"))
    schools = Membership.objects.valid_on(timezone.localdate(now)).filter(
        role__in=TOLD_ROLES, organisation__in=parties.values("organisation")
    )
    wanted = persons
    if booking.visibility != Booking.Visibility.CONFIDENTIAL:
        wanted |= Q(pk__in=schools.values("user"))
    users = User.objects.filter(wanted, is_active=True).order_by("pk")
    return list(users.exclude(pk=besides.pk) if besides else users)


def tell(
    recipients: Iterable[User],
    kind: Kind | str,
    booking: Booking,
    *,
    params: Facts,
    now: datetime,
    key: str | None = None,
) -> int:
    """Puts one notice per recipient into the outbox; gives how many rows were offered to it.

    Call inside the verb's transaction, after the change. Telling the same again writes nothing;
    `key` says what "the same" is, by default the booking's present sequence (but see `ONCE`).
    Nobody is told of a move that left their own time as it was. A fixed number of queries.
    """
    kind = Kind(kind)
    if kind == Kind.SCHOOL_WITHDRAWN and booking.state == Booking.State.CANCELLED:
        kind = Kind.LESSON_CANCELLED  # the last school left, and no other's side stands
    users = list({user.pk: user for user in recipients}.values())
    everyone = list(booking.participants.select_related("person", "organisation"))
    # Those who left come first, so that one who left and came back is where it stands now.
    everyone.sort(key=lambda one: one.withdrawn_at is None)
    after = _times(booking, everyone)
    zones = {one.organisation_id: one.organisation.time_zone for one in everyone}
    home_zone = zones.get(booking.organiser_id) or booking.organiser.time_zone
    parties = _parties(everyone, zones, home_zone, users, now)
    before = params.get("before")
    if kind == Kind.LESSON_MOVED and before is not None:
        users = [user for user in users if _is_moved(parties[user.pk][0], before, after)]
    if key is None:
        key = "" if kind in ONCE else str(booking.sequence)
    rows = [
        Notice(
            recipient=user,
            kind=kind,
            booking=booking,
            params=_facts_for(parties[user.pk], home_zone, booking, params, after),
            dedupe_key=f"{booking.uid}:{key}:{kind}:{user.pk}",
            due_at=now,
        )
        for user in users
    ]
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    # The queue may be away; the periodic job finds the rows then, so this may fail quietly.
    transaction.on_commit(tasks.ask_for_delivery, robust=True)
    return len(rows)


def send(
    recipients: Iterable[User], kind: str, *, params: Mapping[str, object], key: str, now: datetime
) -> int:
    """One notice of a vertical's own kind per recipient, about no booking; as `tell` otherwise.

    Its words are registered with `notice_words.register`. Telling the same `key` again writes nothing.
    """
    users = list({user.pk: user for user in recipients}.values())
    rows = [
        Notice(
            recipient=user,
            kind=kind,
            params=dict(params),
            dedupe_key=f"{key}:{kind}:{user.pk}",
            due_at=now,
        )
        for user in users
    ]
    if rows:
        Notice.objects.bulk_create(rows, ignore_conflicts=True)
        transaction.on_commit(tasks.ask_for_delivery, robust=True)
    return len(rows)


def of(user: User) -> QuerySet[Notice]:
    """The user's notices, newest first."""
    return user.notices.select_related("booking").order_by("-created_at", "-pk")


def unread(user: User) -> int:
    """How many notices the user has not opened yet."""
    return user.notices.filter(read_at=None).count() if user.is_authenticated else 0


def mark_read(notices: QuerySet[Notice], *, now: datetime) -> int:
    """How many of them were not read before; reading twice keeps the first time."""
    return notices.filter(read_at=None).update(read_at=now)


def _times(booking: Booking, parties: Iterable[Participant]) -> dict[str, tuple[str, str]]:
    found = {"": _written(booking.start, booking.end)}
    for one in parties:
        found[party(one)] = _written(one.start, one.end)
    return found


def _key(organisation_id: int, person_id: int | None) -> str:
    return f"person {person_id}" if person_id is not None else f"school {organisation_id}"


def _written(start: datetime, end: datetime) -> tuple[str, str]:
    """In UTC, so that the same instant is written in one way."""
    return start.astimezone(UTC).isoformat(), end.astimezone(UTC).isoformat()


def _is_moved(key: str, before: Times, after: Times) -> bool:
    return tuple(before.get(key, before[""])) != tuple(after.get(key, after[""]))


def _parties(
    all_parties: Sequence[Participant], zones: Mapping[int, str], home_zone: str, users: list[User],
    now: datetime,
) -> dict[int, tuple[str, str]]:  # fmt: skip
    """For each user: as which party they take part, and the time zone they read in."""
    found = {user.pk: ("", home_zone) for user in users}
    posts = Membership.objects.valid_on(timezone.localdate(now)).filter(
        role__in=TOLD_ROLES, user__in=users, organisation__in=zones
    )
    in_order = posts.order_by("-valid_from", "-pk").values_list("user", "organisation")
    for user_id, organisation_id in in_order:
        found[user_id] = (_key(organisation_id, None), zones[organisation_id])
    for one in all_parties:
        if one.person is not None and one.person.user_id in found:
            found[one.person.user_id] = (party(one), zones[one.organisation_id])
    return found


def _facts_for(
    party: tuple[str, str], home_zone: str, booking: Booking, params: Facts, after: Times
) -> dict[str, object]:
    key, zone = party
    facts: dict[str, object] = {"zone": zone, "home_zone": home_zone}
    if booking.visibility != Booking.Visibility.CONFIDENTIAL:
        facts["title"] = booking.label
    facts["after"] = after.get(key, after[""])
    if before := params.get("before"):
        facts["before"] = before.get(key, before[""])
    return facts | {name: fact for name, fact in params.items() if name != "before"}
