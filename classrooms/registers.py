"""The verbs of a register: mark a pupil; and who is waited for.

Every tap is a row, and the newest holds: of two people who mark the same pupil the later request
wins, and both pages show it; a tap whose sender had not seen the other's mark is asked about first.
`intention` is the key of a tap: however often it is sent, it is written once. After the school's
confirmation a mark says why (`reason`).
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Min, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from classrooms import register_audit, register_rights, register_sheet
from classrooms.models import AttendanceMark, Reception
from classrooms.register_errors import (
    IntentionError,
    NotOnRegisterError,
    OffError,
    OvertakenError,
    ReasonNeededError,
)
from classrooms.register_sheet import TAKING_PLACE, Line
from scheduler import timegrid, wallclock
from scheduler.models import Booking, Organisation, User
from scheduler.providers import Need, Reader
from scheduler.transactions import retried


@retried
def mark(
    reception: Reception,
    student_id: int,
    *,
    mark: str | None,
    by: User,
    now: datetime,
    intention: UUID,
    note: str | None = None,
    reason: str = "",
    seen: int | None = None,
) -> AttendanceMark:
    """The mark, appended. `note` None keeps the note that stands, `mark` None the mark or what is proposed.

    `seen` is `Line.last` as the sender saw it: a tap may have waited out of reach for hours. None from a
    page on which somebody decides at this moment. Raises IntentionError, OffError, NotOnRegisterError,
    ReasonNeededError, OvertakenError; nothing is written then.
    """
    # The row's lock puts taps and the confirmation in one order: none slips in under a signature.
    locked = Reception.objects.select_for_update(no_key=True, of=("self",)).get(pk=reception.pk)
    known = AttendanceMark.objects.filter(intention=intention).first()
    if known is not None:
        if (known.reception_id, known.student_id, known.by_id) != (locked.pk, student_id, by.pk):
            raise IntentionError
        if mark is not None and known.mark != mark:
            raise IntentionError
        return known
    sheet = register_sheet.load(locked, now)
    line = sheet.line(student_id)
    if line is None:
        raise NotOnRegisterError
    if sheet.confirmation is not None and not reason:
        raise ReasonNeededError
    if sheet.confirmation is None and not sheet.takes_place:
        raise OffError
    if mark is not None and seen is not None:
        _check_overtaken(line, locked, seen, by)
    standing = "" if line.is_default else line.mark
    made = AttendanceMark.objects.create(
        reception=locked,
        student_id=student_id,
        mark=standing if mark is None else mark,
        note=line.note if note is None else note,
        reason=reason if sheet.confirmation is not None else "",
        intention=intention,
        at=now,
        by=by,
    )
    if sheet.confirmation is not None:
        register_audit.record(register_audit.MARK, sheet.reception, by=by, now=now)
    return made


def _check_overtaken(line: Line, reception: Reception, seen: int, by: User) -> None:
    """Raises OvertakenError. One's own rows since are the taps before this one, sent in their order."""
    since = AttendanceMark.objects.filter(reception=reception, student=line.student_id, pk__gt=seen)
    theirs = since.exclude(by=by).exclude(mark="").select_related("by").last()
    if theirs is not None:
        raise OvertakenError(theirs.by.label, line.mark, line.last)


def unconfirmed(now: datetime) -> QuerySet[Reception]:
    """Sides that have taken place and wait for their school's confirmation."""
    return Reception.objects.filter(
        confirmation=None,
        state__in=TAKING_PLACE,
        participant__withdrawn_at=None,
        participant__end__lte=now,
        lesson__booking__state=Booking.State.CONFIRMED,
    )


def needs(reader: Reader, now: datetime) -> list[Need]:
    """For Today: registers that this reader confirms and has not yet, one line for each school."""
    schools = Organisation.objects.in_bulk(register_rights.confirmed_schools(reader, now))
    if not schools:
        return []
    with override(reader.language):
        return [need for school in schools.values() if (need := _need(school, reader, now)) is not None]


def _need(school: Organisation, reader: Reader, now: datetime) -> Need | None:
    waiting = unconfirmed(now).filter(school=school)
    count = waiting.count()
    if not count:
        return None
    oldest = waiting.aggregate(at=Min("participant__start"))["at"]
    day = wallclock.day(timegrid.local_date(oldest, school.zone), reader.language)
    return Need(
        title=ngettext("%(n)d register to confirm", "%(n)d registers to confirm", count) % {"n": count},
        detail=_("The oldest is of %(day)s.") % {"day": day},
        url=reverse("classrooms:registers"),
    )
