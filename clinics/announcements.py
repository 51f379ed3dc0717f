"""Who hears of a case's change, in words that say nothing of it: 「相談 R-0412：候補が届いています」.

Called inside the verb's transaction. The words stand on locked screens and in mail logs, so there is
the number and what to do, never what is asked, of whom, or in which specialty.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from clinics.models import CaseChange, Consultation
from scheduler import notice_words, notices
from scheduler.models import Notice, User
from scheduler.notice_words import Words
from scheduler.signals import booking_changed


class Kind(StrEnum):
    SUBMITTED = "case_submitted"
    ASKED = "case_asked"
    ANSWERED = "case_answered"
    LAPSED = "case_lapsed"
    ASSIGNED = "case_assigned"
    TRIAGED = "case_triaged"
    REDIRECTED = "case_redirected"
    HANDED_BACK = "case_handed_back"
    OFFERED = "case_offered"
    COUNTERED = "case_countered"
    SCHEDULED = "case_scheduled"
    TAKEN = "case_taken"
    OFFERS_OVER = "case_offers_over"
    WITHDRAWN = "case_withdrawn"
    RESCHEDULED = "case_rescheduled"
    MISSED = "case_missed"
    DECLINED = "case_declined"
    UNFILLED = "case_unfilled"
    CANCELLED = "case_cancelled"
    INVITED = "case_invited"
    REPORT_DUE = "case_report_due"
    ADVICE = "case_advice"
    AMENDED = "case_amended"
    UNREAD = "case_unread"
    UNWRITTEN = "case_unwritten"
    NUDGED = "case_nudged"
    OUTCOME = "case_outcome"


@dataclass(frozen=True, slots=True)
class Telling:
    kind: Kind
    users: list[User]


def connect() -> None:
    booking_changed.connect(_on_booking, dispatch_uid="clinics.on_booking")
    for kind in Kind:
        notice_words.register(kind.value, words_of, url_of)


def tell_all(
    case: Consultation, change: CaseChange, tellings: Iterable[Telling], *, by: User | None, now: datetime
) -> None:
    """One notice per account and change, without whoever made it; the first telling of somebody holds."""
    told = {by.pk} if by else set()
    for telling in tellings:
        users = [user for user in telling.users if user.pk not in told]
        told |= {user.pk for user in users}
        notices.send(
            users,
            telling.kind.value,
            params={"number": case.number, "case": str(case.uid)},
            key=f"{case.uid}:{change.pk}",
            now=now,
        )


def _on_booking(*, booking_id: int, verb: str, **_signal: Any) -> None:
    """A hold that has run out takes its offer with it, at once and not with the next round of the job."""
    if verb != "expire":
        return
    from clinics import offers  # noqa: PLC0415 -- the verbs announce by this module

    offers.settle_expired(now=timezone.now(), only=[booking_id])


def have_been_read(case: Consultation, *, by: User, now: datetime) -> None:
    """Whoever looks at the case knows what its notices said, and is not sent to it again."""
    told = notices.of(by).filter(kind__in=[kind.value for kind in Kind], params__case=str(case.uid))
    notices.mark_read(told, now=now)


def url_of(notice: Notice) -> str:
    return reverse("clinics:case", args=[notice.params["case"]])


def words_of(notice: Notice, language: str) -> Words:
    with override(language):
        title = _("Consultation %(number)s") % {"number": notice.params["number"]}
        said = _said(Kind(notice.kind))
        subject = _("%(title)s: %(what)s") % {"title": title, "what": said}
        return Words(subject=subject, sentence=subject, title=title, when="")


def _said(kind: Kind) -> str:
    return {
        Kind.SUBMITTED: _("it has arrived"),
        Kind.ASKED: _("a question has arrived"),
        Kind.ANSWERED: _("the question was answered"),
        Kind.LAPSED: _("the question was not answered in time"),
        Kind.ASSIGNED: _("it was given to you"),
        Kind.TRIAGED: _("its reception was changed"),
        Kind.REDIRECTED: _("it was passed on to another office"),
        Kind.HANDED_BACK: _("it came back to the office"),
        Kind.OFFERED: _("times have been offered"),
        Kind.COUNTERED: _("the requesting side proposes times"),
        Kind.SCHEDULED: _("the time is settled"),
        Kind.TAKEN: _("another time was chosen"),
        Kind.OFFERS_OVER: _("no offered time is left"),
        Kind.WITHDRAWN: _("an offered time was withdrawn"),
        Kind.RESCHEDULED: _("the time must be found anew"),
        Kind.MISSED: _("the conference did not take place"),
        Kind.DECLINED: _("it could not be taken"),
        Kind.UNFILLED: _("nobody was available"),
        Kind.CANCELLED: _("it was withdrawn"),
        Kind.INVITED: _("you are invited"),
        Kind.REPORT_DUE: _("advice is to be written"),
        Kind.ADVICE: _("advice has arrived"),
        Kind.AMENDED: _("the advice was corrected, please read it again"),
        Kind.UNREAD: _("the advice has not been read"),
        Kind.UNWRITTEN: _("the advice has not been written"),
        Kind.NUDGED: _("the outcome is to be recorded"),
        Kind.OUTCOME: _("the outcome was recorded"),
    }[kind]
