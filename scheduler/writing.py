"""Rows of a booking written, moved and ended; called by `scheduler.bookings` inside its transaction.

Nothing here decides: it writes what was judged, frees what no longer holds, and appends what
happened to the booking's history.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F

from scheduler.intervals import Interval, hull
from scheduler.judgement import Grant, Judgement
from scheduler.models import Booking, BookingChange, Claim, Participant, Series, User
from scheduler.plans import Plan, Side

_NO_SUCH_UNIT = 10_000


def created(
    judged: Sequence[Judgement], *, by: User | None, now: datetime, intention: UUID | None,
    expires_at: datetime | None, override_reason: str, series: Series | None,
) -> list[BookingChange]:  # fmt: skip
    """One booking per judgement with all it holds; its first change, in order. Four inserts in all."""
    bookings = Booking.objects.bulk_create(
        _booking(
            j.plan, by=by, now=now, expires_at=expires_at, override_reason=override_reason, series=series
        )
        for j in judged
    )
    participants = Participant.objects.bulk_create(
        _participant(booking, j, index)
        for booking, j in zip(bookings, judged, strict=True)
        for index in range(len(j.plan.sides))
    )
    _reseat(judged)
    claims: list[Claim] = []
    first = 0
    for booking, j in zip(bookings, judged, strict=True):
        claims += [_claim(booking, participants[first + grant.side], grant) for grant in j.grants]
        first += len(j.plan.sides)
    Claim.objects.bulk_create(claims)
    verb = "hold" if expires_at else "book"
    return BookingChange.objects.bulk_create(
        BookingChange(
            booking=b,
            intention=intention,
            verb=verb,
            sequence=0,
            at=now,
            by=by,
            after={**facts(b), "plan": j.plan.digest},
        )
        for b, j in zip(bookings, judged, strict=True)
    )


def changed(
    booking: Booking, *, verb: str, now: datetime, by: User | None, intention: UUID | None,
    fields: list[str], before: dict[str, Any] | None = None, reason: str = "",
) -> BookingChange:  # fmt: skip
    """Saves `fields` with the next sequence number (RFC 5545 SEQUENCE) and appends the change."""
    booking.sequence += 1
    booking.changed_at = now
    booking.save(update_fields=[*fields, "sequence", "changed_at"])
    return BookingChange.objects.create(
        booking=booking, intention=intention, verb=verb, sequence=booking.sequence, at=now, by=by,
        reason=reason, before=before or {}, after=facts(booking),
    )  # fmt: skip


def moved(
    booking: Booking, judged: Judgement, *, now: datetime, by: User | None, intention: UUID, reason: str,
    override_reason: str,
) -> BookingChange:  # fmt: skip
    """The booking's rows made equal to the judged plan; parties keep their rows."""
    before = history(booking)
    plan = judged.plan
    rows = {(p.organisation_id, p.person_id): p for p in booking.participants.all()}
    booking.claims.all().delete()
    _reseat([judged])
    kept: list[Participant] = []
    claims: list[Claim] = []
    for index, side in enumerate(plan.sides):
        fresh = _participant(booking, judged, index)
        row = rows.pop((side.organisation_id, side.person_id), None)
        if row is not None:
            fresh.pk = row.pk
        fresh.save()
        kept.append(fresh)
    gone = [p.pk for p in rows.values() if p.withdrawn_at is None]
    Participant.objects.filter(pk__in=gone).update(withdrawn_at=now, withdraw_reason=reason)
    claims += [_claim(booking, kept[grant.side], grant) for grant in judged.grants]
    Claim.objects.bulk_create(claims)
    booking.start, booking.end = plan.interval.start, plan.interval.end
    booking.title, booking.title_en = plan.title.ja, plan.title.en
    booking.headcount = plan.headcount
    booking.override_reason = override_reason
    return changed(
        booking, verb="move", now=now, by=by, intention=intention, reason=reason, before=before,
        fields=["start", "end", "title", "title_en", "headcount", "override_reason"],
    )  # fmt: skip


def withdrawn(
    booking: Booking, participant_ids: Collection[int], *, now: datetime, by: User | None,
    intention: UUID | None, reason: str, verb: str,
) -> BookingChange | None:  # fmt: skip
    """These parties hold nothing any more; None if all of them had left before.

    The hosts' time shrinks to what the remaining guests need; without a guest the booking ends.
    """
    leaving = list(booking.participants.standing().filter(pk__in=participant_ids))
    if not leaving:
        return None
    before = history(booking)
    ids = [p.pk for p in leaving]
    Participant.objects.filter(pk__in=ids).update(withdrawn_at=now, withdraw_reason=reason)
    booking.claims.filter(participant__in=ids).delete()
    guests = list(booking.participants.standing().filter(role=Participant.Role.GUEST))
    if not guests:
        return ended(
            booking, verb="cancel", now=now, by=by, intention=intention, reason=reason, before=before
        )
    _shrink(booking, hull(guest.interval for guest in guests))
    booking.headcount = sum(guest.headcount for guest in guests)
    return changed(
        booking, verb=verb, now=now, by=by, intention=intention, reason=reason, before=before,
        fields=["start", "end", "headcount"],
    )  # fmt: skip


def _shrink(booking: Booking, needed: Interval) -> None:
    hosts = booking.participants.standing().filter(
        role=Participant.Role.HOST, start=booking.start, end=booking.end
    )
    booking.claims.filter(participant__in=hosts).update(start=needed.start, end=needed.end)
    hosts.update(start=needed.start, end=needed.end)
    standing = list(booking.participants.standing())
    whole = hull(p.interval for p in standing)
    booking.start, booking.end = whole.start, whole.end


def ended(
    booking: Booking, *, verb: str, now: datetime, by: User | None, intention: UUID | None, reason: str,
    before: dict[str, Any] | None = None,
) -> BookingChange:  # fmt: skip
    """Cancelled, or expired: the times stay readable, all claims are gone."""
    before = before or history(booking)
    booking.claims.all().delete()
    booking.state = Booking.State.CANCELLED
    booking.cancelled_at = now
    booking.cancel_reason = reason
    return changed(
        booking, verb=verb, now=now, by=by, intention=intention, reason=reason, before=before,
        fields=["state", "cancelled_at", "cancel_reason"],
    )  # fmt: skip


def facts(booking: Booking) -> dict[str, Any]:
    """What a reader of the history needs of the booking itself; instants in ISO 8601, UTC."""
    return {"state": booking.state, "start": booking.start.isoformat(), "end": booking.end.isoformat()}


def history(booking: Booking) -> dict[str, Any]:
    """The booking as it stands, with every standing party's own times and place."""
    rows = booking.participants.standing().values_list(
        "organisation", "person", "location", "start", "end", "period_number"
    )
    parties = [
        {
            "organisation": organisation, "person": person, "location": location,
            "start": start.isoformat(), "end": end.isoformat(), "period": period,
        }
        for organisation, person, location, start, end, period in rows
    ]  # fmt: skip
    return {**facts(booking), "parties": parties}


def _reseat(judged: Sequence[Judgement]) -> None:
    """Claims of others change their unit, by way of units that do not exist: no two may share one.

    Updated in place and never written anew: a claim that its booking frees meanwhile stays gone.
    """
    places = {pk: unit for j in judged for grant in j.grants for pk, unit in grant.reseated}
    if not places:
        return
    Claim.objects.filter(pk__in=places).update(unit=F("unit") + _NO_SUCH_UNIT)
    for unit in sorted(set(places.values())):
        Claim.objects.filter(pk__in=[pk for pk, place in places.items() if place == unit]).update(unit=unit)


def _booking(
    plan: Plan, *, by: User | None, now: datetime, expires_at: datetime | None, override_reason: str,
    series: Series | None,
) -> Booking:  # fmt: skip
    return Booking(
        kind=plan.kind,
        state=Booking.State.TENTATIVE if expires_at else Booking.State.CONFIRMED,
        title=plan.title.ja,
        title_en=plan.title.en,
        visibility=plan.visibility,
        organiser_id=plan.organiser_id,
        start=plan.interval.start,
        end=plan.interval.end,
        headcount=plan.headcount,
        expires_at=expires_at,
        override_reason=override_reason,
        series=series,
        recurrence_start=plan.interval.start if series else None,
        created_by=by,
        created_at=now,
        changed_at=now,
    )


def _participant(booking: Booking, judged: Judgement, index: int) -> Participant:
    side: Side = judged.plan.sides[index]
    return Participant(
        booking=booking,
        organisation_id=side.organisation_id,
        person_id=side.person_id,
        role=Participant.Role.HOST if side.is_host else Participant.Role.GUEST,
        location_id=next((g.resource_id for g in judged.grants if g.side == index and g.is_place), None),
        start=side.interval.start,
        end=side.interval.end,
        period_number=judged.period_numbers[index],
        grade=side.grade,
        headcount=side.headcount,
    )


def _claim(booking: Booking, participant: Participant, grant: Grant) -> Claim:
    return Claim(
        booking=booking,
        participant=participant,
        resource_id=grant.resource_id,
        unit=grant.unit,
        start=grant.interval.start,
        end=grant.interval.end,
        is_override=grant.is_override,
    )
