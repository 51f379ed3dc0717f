"""確定: who confirms at a school, and the school's word under a register.

Who confirms is a rule of the school with validity dates: the coordinator or the head, or the head
alone. What is signed is kept with it whole, and its SHA-256, so that a later reader sees that
nothing in it was touched.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from classrooms import evidence_reading, register_audit, register_sheet, signed
from classrooms.models import Confirmation, Reception
from classrooms.register_errors import ChangedError, OffError, TooEarlyError, UnsettledError
from classrooms.register_sheet import Sheet
from scheduler import permissions, rules
from scheduler.models import Membership, Role, Rule, User
from scheduler.transactions import retried

BY_HEAD = "register.confirmed_by_head"
"""1: the head alone confirms, while the school has one; 0, or no rule: the coordinator or the head."""

HEAD_ALONE = frozenset({Role.SCHOOL_HEAD})
OUTCOMES = (Reception.State.HELD, Reception.State.SELF_STUDY)


class NobodyLeftError(Exception):
    """The school has no head with an account: nobody could confirm any more."""


def roles(school_id: int, day: date) -> frozenset[Role]:
    """Whose posts confirm at the school on `day`."""
    return roles_of([school_id], day)[school_id]


def roles_of(school_ids: Collection[int], day: date) -> dict[int, frozenset[Role]]:
    """The same for several schools; two queries at the most.

    The head alone, where the school has set it and has one: while the post is vacant nobody else could
    confirm or change the setting, so the coordinator does.
    """
    alone = head_alone(school_ids, day)
    if alone:
        alone &= set(_heads(day).filter(organisation__in=alone).values_list("organisation", flat=True))
    offices = permissions.SCHOOL_OFFICE_ROLES
    return {school_id: HEAD_ALONE if school_id in alone else offices for school_id in school_ids}


def signers(school_id: int, day: date) -> list[Membership]:
    """Who confirms at the school on `day`, coordinators first."""
    posts = Membership.objects.valid_on(day).filter(
        organisation=school_id, role__in=roles(school_id, day), user__is_active=True
    )
    return list(posts.select_related("user").order_by("role", "valid_from", "pk"))


def head_alone(school_ids: Collection[int], day: date) -> set[int]:
    """The schools that have set it so, whether or not they have a head; one query."""
    book = rules.rulebook([BY_HEAD])
    limits = {pk: book.limit(BY_HEAD, on=day, organisation_id=pk) for pk in school_ids}
    return {pk for pk, limit in limits.items() if limit is not None and limit.value}


def _heads(day: date) -> QuerySet[Membership]:
    return Membership.objects.valid_on(day).filter(role=Role.SCHOOL_HEAD, user__is_active=True)


def history(school_id: int) -> list[Rule]:
    """What the school has set, newest first, without what never held."""
    rows = Rule.objects.filter(key=BY_HEAD, organisation=school_id).exclude(valid_until=F("valid_from"))
    return list(rows.order_by("-valid_from", "-pk"))


@retried
def let_confirm(school_id: int, *, by_head: bool, by: User, now: datetime) -> None:
    """From the day of `now` on the head alone, or the coordinator too, confirms. Raises NobodyLeftError.

    What held before keeps its dates; a row replaced on the day it began has held on no day.
    """
    day = timezone.localdate(now)
    if by_head and not _heads(day).filter(organisation=school_id).exists():
        raise NobodyLeftError
    if (school_id in head_alone([school_id], day)) == by_head:
        return
    own = Rule.objects.filter(key=BY_HEAD, organisation=school_id)
    own.filter(Q(valid_until=None) | Q(valid_until__gt=day), valid_from__lte=day).update(valid_until=day)
    own.filter(valid_from__gt=day).update(valid_until=F("valid_from"))
    Rule.objects.create(
        key=BY_HEAD, organisation_id=school_id, value=int(by_head), unit="yes/no",
        source=f"学校の設定（{by.name}）", valid_from=day,
    )  # fmt: skip
    register_audit.record_setting(school_id, by_head=by_head, by=by, now=now)


@retried
def confirm(
    reception: Reception, *, outcome: str, seen: str, by: User, post: str, now: datetime
) -> Confirmation:
    """The school's word; signing twice leaves the first. The Reception is settled as `outcome`.

    Possible from the end of the school's own period, because what was measured is signed with it.
    `seen` is the `Sheet.version` that the signer was shown. Raises OffError, TooEarlyError,
    UnsettledError in the first half minute after a silent end, ChangedError when somebody has marked since.
    """
    assert outcome in OUTCOMES, outcome
    locked = Reception.objects.select_for_update(no_key=True, of=("self",)).get(pk=reception.pk)
    sheet = register_sheet.load(locked, now)
    if sheet.confirmation is not None:
        return sheet.confirmation
    if not sheet.takes_place:
        raise OffError
    if now < sheet.period.end:
        raise TooEarlyError
    if not evidence_reading.is_settled(locked, now):
        raise UnsettledError
    if seen != sheet.version:
        raise ChangedError
    content = signed_content(sheet, outcome)
    locked.state, locked.reason = outcome, ""
    locked.save(update_fields=["state", "reason"])
    made = Confirmation.objects.create(
        reception=locked, at=now, by=by, post=post, content=content, digest=digest(content)
    )
    register_audit.record(register_audit.CONFIRM, sheet.reception, by=by, now=now, outcome=outcome)
    return made


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of the content in its canonical form: UTF-8, keys sorted, no spaces."""
    written = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


def is_untouched(confirmation: Confirmation) -> bool:
    """Whether what is stored is what was signed."""
    return digest(confirmation.content) == confirmation.digest


def signed_content(sheet: Sheet, outcome: str) -> dict[str, Any]:
    """Everything under the signature, with names as they are today. Instants are UTC."""
    reception, section = sheet.reception, sheet.reception.lesson.section
    return {
        "version": 2,
        "lesson": str(reception.lesson.booking.uid),
        "course": section.course.name,
        "section": section.name,
        "school": {"code": reception.school.code, "name": reception.school.name},
        "date": sheet.day.isoformat(),
        "period": {**signed.span(sheet.period), "number": sheet.period_number},
        "teachers": [name.ja for name in sheet.teachers],
        "outcome": outcome,
        "pupils": [
            {
                "id": line.student_id,
                "number": line.number,
                "class": line.class_name,
                "class_en": line.class_name_en,
                "seat": line.seat,
                "name": line.name,
                "kana": line.kana,
                "place": line.place,
                "mark": line.mark,
                "note": line.note,
                **(signed.measured(line.evidence) if line.evidence else {"connected_s": None}),
            }
            for line in sheet.lines
        ],
        "staff": [
            {"name": each.name, "post": each.post, "exemption": each.exemption}
            for each in sheet.standing_staff
        ],
        "measured": {
            **signed.measured(sheet.witness.school),
            "teacher": signed.measured(sheet.witness.teacher),
        },
    }
