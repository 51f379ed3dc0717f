"""相談: a doctor's own cases, and the office's queue. Numbers, people and deadlines; no content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import F, Max, QuerySet
from django.urls import reverse

from clinics import access, case_page, case_steps, wording
from clinics.models import Consultation
from clinics.states import Actor
from clinics.wording import Due
from scheduler.models import Organisation
from scheduler.providers import Reader

CLOSED_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Row:
    case: Consultation
    url: str
    name: str
    """相談 R-0412, or that it is a draft."""
    specialty: str
    asked_by: str
    state_words: str
    chip: str
    owner: str
    next_step: str
    since: datetime
    due: Due | None
    is_mine: bool
    is_urgent: bool
    prepared_by: str
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class CaseList:
    """`mine` wait for the reader."""

    mine: Sequence[Row]
    others: Sequence[Row]
    closed: Sequence[Row]
    may_ask: bool

    @property
    def is_empty(self) -> bool:
        return not (self.mine or self.others or self.closed)


def of_reader(reader: Reader, now: datetime, *, may_ask: bool) -> CaseList:
    """The cases whose party the reader is; the office's are in its queue."""
    mine = access.standing_parties(now).filter(person__user=reader.user)
    parts: dict[int, list[Actor]] = {}
    for case_id, part in mine.values_list("consultation", "part"):
        parts.setdefault(case_id, []).append(Actor(part))
    cases = _read(access.visible(reader.user, now).filter(pk__in=parts))
    rows = [_row(case, parts[case.pk], reader, now) for case in cases]
    return CaseList(
        mine=[row for row in rows if row.is_mine],
        others=[row for row in rows if not row.is_mine and row.case.state not in Consultation.ENDED],
        closed=_newest_closed(rows),
        may_ask=may_ask,
    )


@dataclass(frozen=True, slots=True)
class Queue:
    """Open cases of the office's hospitals, the next deadline first; `overdue` of them are late."""

    hospitals: Sequence[Organisation]
    rows: Sequence[Row]
    closed: Sequence[Row]
    overdue: int


def offices(reader: Reader, now: datetime) -> list[Organisation]:
    """Hospitals for whose consultations the reader's office cares: those that have a service."""
    posts = access.offices_of(reader.user, now).filter(organisation__services__is_active=True)
    return [post.organisation for post in posts.select_related("organisation").distinct()]


def queue(hospitals: Sequence[Organisation], reader: Reader, now: datetime) -> Queue:
    cases = access.visible(reader.user, now).filter(service__organisation__in=hospitals)
    rows = [_row(case, [Actor.COORDINATOR], reader, now) for case in _read(cases)]
    standing = [row for row in rows if row.case.state not in Consultation.ENDED]
    late = sum(bool(row.due and row.due.is_overdue) for row in standing)
    return Queue(hospitals, standing, _newest_closed(rows), late)


def _read(cases: QuerySet[Consultation]) -> QuerySet[Consultation]:
    """By deadline, drafts last."""
    return (
        cases.select_related(
            "organisation", "requester", "specialty", "specialist", "service__organisation", "created_by"
        )
        .annotate(changed_at=Max("changes__at"))
        .order_by(F("due_at").asc(nulls_last=True), "pk")
    )


def _newest_closed(rows: Sequence[Row]) -> list[Row]:
    ended = [row for row in rows if row.case.state in Consultation.ENDED and row.case.number]
    return sorted(ended, key=lambda row: row.since, reverse=True)[:CLOSED_SHOWN]


def _row(case: Consultation, actors: Sequence[Actor], reader: Reader, now: datetime) -> Row:
    language, zone = reader.language, case.organisation.zone
    hospital = case.organisation.label.in_language(language)
    is_proxied = case.created_by_id != case.requester.user_id
    return Row(
        case=case,
        url=reverse("clinics:case", args=[case.uid]),
        name=case.number,
        specialty=case_page.title(case, language),
        asked_by=f"{hospital} {case.requester.label.in_language(language)}",
        state_words=str(case.get_state_display()),
        chip=wording.chip(case),
        owner=wording.owner(case, language),
        next_step=wording.next_step(case),
        since=case.changed_at or case.created_at,  # type: ignore[attr-defined]  # annotated
        due=wording.due(case.due_at, now, zone, language),
        is_mine=case_steps.is_owned(case, actors),
        is_urgent=case.urgency == "now" and case.state not in Consultation.ENDED,
        prepared_by=case.created_by.label.in_language(language) if is_proxied else "",
        zone=zone,
    )
