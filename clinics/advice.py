"""助言: written by the specialist, signed, read by the requesting side, corrected by a next version; and
what came of it (その後の経過).

A draft (version 0) is its author's alone. What is signed never changes: `digest` is of every word of
it, and a correction is the next version with its reason, to be read again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest

from clinics import access, acts, deadlines, drafts
from clinics.announcements import Kind, Telling
from clinics.models import Advice, AdviceReceipt, CaseParty, Consultation, Outcome
from clinics.states import ENDED, SPECIALIST, Actor, Event, Guard, Reason, Refused, State
from scheduler.models import Person, User
from scheduler.transactions import retried

Part = CaseParty.Part
LINES = ("assessment", "recommendation", "warning", "basis")
"""The four lines, all of them required for a signature (domain/telemedicine.md R52, R53)."""
WRITABLE = (*LINES, "follow_up_on", "reason")
WRITTEN_IN = frozenset(
    {State.SCHEDULED, State.LIVE, State.REPORT_DUE, State.REPORTED, State.FOLLOW_UP, State.CLOSED}
)
DOCTORS = (Part.REQUESTER, Part.COLLEAGUE)


def signed(case: Consultation) -> QuerySet[Advice]:
    """All versions, the newest first."""
    return case.advice.filter(version__gt=0).select_related("author").order_by("-version")


def newest(case: Consultation) -> Advice | None:
    return signed(case).first()


def draft_of(case: Consultation, user: User) -> Advice | None:
    """The user's own draft; nobody sees another's."""
    return case.advice.filter(version=0, author__user=user).first()


def is_intact(advice: Advice) -> bool:
    """Whether it is what was signed."""
    return advice.digest == _digest(advice)


@dataclass(frozen=True, slots=True)
class Words:
    """What a page of somebody's advice is made of, read once: its words and its token are of one moment."""

    draft: Advice | None
    """Their own."""
    last: Advice | None
    """The newest signed version, which the draft would correct."""

    @property
    def newest(self) -> Advice | None:
        return self.draft or self.last

    @property
    def token(self) -> str:
        words = {name: getattr(self.draft, name) for name in WRITABLE} if self.draft else {}
        return f"{self.last.version if self.last else 0}-{drafts.token(words)}"


def words_of(case: Consultation, user: User) -> Words:
    return Words(draft_of(case, user), newest(case))


@retried
def save_draft(
    case: Consultation, lines: Mapping[str, Any], *, by: User, now: datetime, shown: str | None = None
) -> Words:
    """The draft with these lines (of `WRITABLE`), be they complete or not; saved while it is typed.

    `shown` is the token of the `Words` that the page was made of; raises drafts.StaleDraftError.
    """
    act = acts.begin(case, Event.SIGN, by=by, now=now)
    if Actor.SPECIALIST not in act.actors:
        raise Refused(Reason.NOT_YOURS, Event.SIGN, who=SPECIALIST)
    state = State(act.case.state)
    if state not in WRITTEN_IN:
        reason = Reason.ENDED if state in ENDED else Reason.TOO_EARLY
        raise Refused(reason, Event.SIGN, state=state, sources=(State.REPORT_DUE,))
    if unknown := set(lines) - set(WRITABLE):
        raise ValueError(f"no lines of advice: {sorted(unknown)}")
    there = words_of(act.case, by)
    if not _is_repeated(there, lines):
        _check_shown(there, shown)
    found = there.draft or Advice(consultation=act.case, author=_person(act.case, by), saved_at=now)
    for name, value in lines.items():
        setattr(found, name, value)
    found.saved_at = now
    found.save()
    return Words(found, there.last)


def _is_repeated(there: Words, lines: Mapping[str, Any]) -> bool:
    """The same words again: the answer to their first keeping was lost on the way."""
    draft = there.draft
    return draft is not None and all(getattr(draft, name) == value for name, value in lines.items())


def _check_shown(there: Words, shown: str | None) -> None:
    if shown is not None and there.newest is not None and shown != there.token:
        raise drafts.StaleDraftError(there.newest.saved_at)


@retried
def sign(
    case: Consultation,
    *,
    by: User,
    now: datetime,
    intention: UUID,
    shown: str | None = None,
    version: int | None = None,
    request: HttpRequest | None = None,
) -> Advice:
    """The author's draft becomes version 1.

    `shown` as in `save_draft`: nobody signs what they were not shown.
    """
    act = acts.begin(case, Event.SIGN, by=by, now=now, intention=intention, version=version, request=request)
    if act.earlier:
        return _made(act)
    act.must_be_part()
    there = words_of(act.case, by)
    draft = there.draft
    act.decide(*_guards(draft), missing=_missing(draft))
    _check_shown(there, shown)
    assert draft is not None
    return _signed(act, draft, Kind.ADVICE, reason="")


@retried
def amend(
    case: Consultation,
    *,
    by: User,
    now: datetime,
    intention: UUID,
    shown: str | None = None,
    version: int | None = None,
    request: HttpRequest | None = None,
) -> Advice:
    """The draft of whoever signed last, with its reason, becomes the next version; the requester reads it
    again. `shown` as in `save_draft`."""
    act = acts.begin(case, Event.AMEND, by=by, now=now, intention=intention, version=version, request=request)
    if act.earlier:
        return _made(act)
    act.must_be_part()
    there = words_of(act.case, by)
    draft, last = there.draft, there.last
    reason = draft.reason if draft else ""
    guards = [*_guards(draft), *([Guard.REASON] if reason.strip() else [])]
    is_author = bool(draft and last and last.author_id == draft.author_id)
    act.decide(*guards, missing=_missing(draft), lost=[] if is_author else [Guard.AUTHOR])
    _check_shown(there, shown)
    assert draft is not None
    return _signed(act, draft, Kind.AMENDED, reason=reason.strip())


@retried
def acknowledge(
    advice: Advice, *, by: User, now: datetime, intention: UUID, request: HttpRequest | None = None
) -> Consultation:
    """The requesting doctor has read this version, which must be the newest."""
    act = acts.begin(
        advice.consultation, Event.ACKNOWLEDGE, by=by, now=now, intention=intention, request=request
    )
    if act.earlier:
        return act.case
    act.must_be_part()
    last = newest(act.case)
    act.decide(*([Guard.NEWEST] if last and last.pk == advice.pk else []))
    AdviceReceipt.objects.get_or_create(advice=advice, user=by, defaults={"at": now})
    return act.finish(facts={"version": advice.version}, due_at=_asked_on(act, advice))


@retried
def record_outcome(
    case: Consultation,
    *,
    followed: str,
    course: str,
    text: str = "",
    by: User,
    now: datetime,
    intention: UUID,
    request: HttpRequest | None = None,
) -> Consultation:
    """What came of it, shown to the specialist; said again, the newest holds."""
    act = acts.begin(case, Event.RECORD_OUTCOME, by=by, now=now, intention=intention, request=request)
    if act.earlier:
        return act.case
    act.decide()
    Outcome.objects.create(
        consultation=act.case, followed=Outcome.Followed(followed), course=Outcome.Course(course),
        text=text.strip(), by=by, at=now,
    )  # fmt: skip
    told = access.people(act.case, [Part.SPECIALIST], now)
    return act.finish(facts={"course": course, "followed": followed}, tell=[Telling(Kind.OUTCOME, told)])


def _guards(draft: Advice | None) -> list[Guard]:
    if draft is None:
        return []
    return [Guard.AUTHOR, *([] if _missing(draft) else [Guard.LINES])]


def _missing(draft: Advice | None) -> tuple[str, ...]:
    return tuple(name for name in LINES if draft is None or not getattr(draft, name).strip())


def _signed(act: acts.Act, draft: Advice, kind: Kind, *, reason: str) -> Advice:
    case = act.case
    last = newest(case)
    draft.version = last.version + 1 if last else 1
    draft.signed_at, draft.saved_at, draft.reason = act.now, act.now, reason
    draft.digest = _digest(draft)
    draft.save()
    told = access.people(case, DOCTORS, act.now)
    act.finish(
        reason=reason, facts={"version": draft.version, "digest": draft.digest}, tell=[Telling(kind, told)]
    )
    return draft


def _made(act: acts.Act) -> Advice:
    assert act.earlier is not None
    return act.case.advice.get(version=act.earlier.facts["version"])


def _person(case: Consultation, user: User) -> Person:
    return case.parties.select_related("person").get(person__user=user, until=None).person


def _asked_on(act: acts.Act, advice: Advice) -> datetime | None:
    """The day that the specialist wished to hear of it, at the end of its working hours; else the rule's."""
    wished: date | None = advice.follow_up_on
    if act.step is None or act.step.target != State.FOLLOW_UP or wished is None:
        return None
    day_ends = deadlines.day_end(act.case.organisation, wished, act.now)
    return max(day_ends, act.now)


def _digest(advice: Advice) -> str:
    assert advice.signed_at is not None
    words = {name: getattr(advice, name) for name in (*LINES, "reason")}
    facts = {
        **words,
        "case": str(advice.consultation.uid),
        "author": advice.author_id,
        "version": advice.version,
        "signed_at": int(advice.signed_at.timestamp() * 1_000_000),
        "follow_up_on": str(advice.follow_up_on or ""),
    }
    return sha256(json.dumps(facts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
