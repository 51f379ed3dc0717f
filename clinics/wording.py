"""What consultations say: refusals, who waits for whom, the steps, deadlines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from clinics import acts, offers
from clinics.models import Consultation, Offer
from clinics.states import CaseError, Reason, Refused
from scheduler import bookings, wallclock
from scheduler import wording as core_words
from scheduler.conflicts import Conflict, Kind

State = Consultation.State


def sentence(error: CaseError, zone: ZoneInfo, language: str) -> str:
    """What did not happen and what to do instead. Codes go in, nothing that anybody wrote comes out."""
    match error:
        case offers.OfferError():
            return _offer(error, zone, language)
        case acts.StaleError():
            return _(
                "This consultation changed after you opened the page. Nothing was done. Look at what "
                "stands now and decide again."
            )
        case acts.IntentionError():
            return _("This request was handled already. Look at what stands now.")
        case Refused():
            return _refused(error.reason)
    return _("This could not be done. Look at what stands now and try again.")


def _offer(error: offers.OfferError, zone: ZoneInfo, language: str) -> str:
    match error:
        case offers.TakenError():
            return _taken(error.chosen, zone, language)
        case offers.ExpiredOfferError():
            return _(
                "The deadline of this time has passed and it is free again. Nothing was booked. "
                "Choose another time, or propose some yourself."
            )
        case offers.WithdrawnOfferError():
            return _("This time was withdrawn meanwhile. Nothing was booked. Choose another time.")
        case offers.OfferConflictError():
            when = wallclock.moment(error.interval.start, error.interval.end, zone, language)
            return _("%(when)s does not fit. No time was offered.") % {"when": when}
    return _("This could not be done. Look at what stands now and try again.")


def _taken(chosen: Offer | None, zone: ZoneInfo, language: str) -> str:
    if chosen is None:
        return _("A time was chosen already. Nothing more was booked.")
    facts = {
        "when": wallclock.moment(chosen.start, chosen.end, zone, language),
        "who": chosen.settled_by.label.in_language(language) if chosen.settled_by else "",
    }
    if not facts["who"]:
        return _("%(when)s was chosen before. Your choice changed nothing.") % facts
    return _("%(who)s chose %(when)s before. Your choice changed nothing.") % facts


def _refused(reason: Reason) -> str:
    said = {
        Reason.NOT_YOURS: _("This step is not yours to take. Nothing was changed."),
        Reason.TOO_EARLY: _("It is too early for this step. Nothing was changed."),
        Reason.TOO_LATE: _("This consultation has gone on meanwhile. Nothing was changed."),
        Reason.ENDED: _("This consultation has ended. Nothing was changed."),
        Reason.WAITING: _("A question waits for its answer first. Nothing was changed."),
        Reason.FIELDS: _("Some entries are missing. Nothing was sent yet."),
        Reason.CONSENT: _("Say on what basis the patient’s information is shared. Nothing was sent yet."),
        Reason.URGENCY: _("Say by when an answer is needed. Nothing was sent yet."),
        Reason.SERVICE: _("No other hospital’s service answers for this. Nothing was changed."),
        Reason.REASON: _("Give a reason; the other side reads it."),
        Reason.TEXT: _("Write something here."),
        Reason.ELIGIBLE: _("This person cannot take it at present. Nothing was changed."),
        Reason.FEW_OFFERS: _("At most five times can be open at once. Nothing was offered."),
        Reason.FEW_PEOPLE: _("No more people fit into this conference. Nothing was changed."),
        Reason.AHEAD: _("A time must lie ahead, at most 60 days. Nothing was offered."),
        Reason.DOOR_OPEN: _("The room opens 20 minutes before the conference. Nothing was changed."),
        Reason.GRACE_OVER: _("The other side may still come. Nothing was changed."),
        Reason.NOT_RUNNING: _("The conference is running. Nothing was changed."),
        Reason.LINES: _("All four fields are needed before you sign. Your draft is kept."),
        Reason.AUTHOR: _("Only who signed the advice can correct it. Nothing was changed."),
        Reason.NEWEST: _("The advice was corrected meanwhile. Please read the new version first."),
    }
    return said.get(reason) or _("This could not be done. Look at what stands now and try again.")


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One reason why a time does not fit: the word on its chip, and the sentence."""

    label: str
    sentence: SafeString


def obstacles(error: bookings.ConflictError, zone: ZoneInfo, language: str) -> list[Obstacle]:
    """Every reason. Who made the booking in the way is nobody's business: it may be another case's doctor."""
    unnamed = [
        replace(conflict, holders=tuple(replace(holder, booked_by="") for holder in conflict.holders))
        for conflict in error.verdict.conflicts
    ]
    return [Obstacle(_label(each, language), core_words.sentence(each, zone, language)) for each in unnamed]


def _label(conflict: Conflict, language: str) -> str:
    if conflict.kind != Kind.PERSON:
        return core_words.label(conflict.kind, language)
    with override(language):
        return pgettext("reason", "Doctor")


def owner(case: Consultation, language: str) -> str:
    """Who has the next step: the person where one is known, else the office."""
    match case.owner:
        case Consultation.Owner.REQUESTER:
            return case.requester.label.in_language(language)
        case Consultation.Owner.SPECIALIST if case.specialist:
            return case.specialist.label.in_language(language)
        case Consultation.Owner.COORDINATOR:
            return _("coordination office")
        case _nobody:
            return ""


def next_step(case: Consultation) -> str:
    """What the case waits for, whoever reads."""
    return {
        State.DRAFT: pgettext("next step", "send the request"),
        State.SUBMITTED: pgettext("next step", "receive it and choose a specialist"),
        State.NEEDS_INFO: pgettext("next step", "answer the question"),
        State.TRIAGED: pgettext("next step", "propose times"),
        State.OFFERED: pgettext("next step", "choose a time")
        if case.owner == Consultation.Owner.REQUESTER
        else pgettext("next step", "answer the proposed times"),
        State.SCHEDULED: pgettext("next step", "hold the conference"),
        State.LIVE: pgettext("next step", "end the conference"),
        State.NO_SHOW: pgettext("next step", "look for another time"),
        State.REPORT_DUE: pgettext("next step", "write the advice"),
        State.REPORTED: pgettext("next step", "read the advice"),
        State.FOLLOW_UP: pgettext("next step", "record the outcome"),
    }.get(State(case.state), "")


CHIPS = {
    State.DRAFT: "planned",
    State.NEEDS_INFO: "warn",
    State.OFFERED: "act",
    State.SCHEDULED: "act",
    State.LIVE: "live",
    State.NO_SHOW: "warn",
    State.REPORTED: "act",
    State.CLOSED: "ok",
    State.DECLINED: "cancelled",
    State.UNFILLED: "cancelled",
    State.CANCELLED: "cancelled",
}


def chip(case: Consultation) -> str:
    return CHIPS.get(State(case.state), "waiting")


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline in words; `state` is a chip's."""

    words: str
    state: str
    is_overdue: bool


def due(at: datetime | None, now: datetime, zone: ZoneInfo, language: str) -> Due | None:
    if at is None:
        return None
    when = wallclock.point(at, zone, language)
    if at <= now:
        return Due(_("overdue since %(when)s") % {"when": when}, "bad", is_overdue=True)
    return Due(_("by %(when)s") % {"when": when}, "waiting", is_overdue=False)


def wish(case: Consultation, language: str) -> str:
    """「11月26日（木）17:15までの返答を希望」, as the requester set it."""
    if case.answer_by is None:
        return ""
    when = wallclock.point(case.answer_by, case.organisation.zone, language)
    return _("answer wished by %(when)s") % {"when": when}


def happened(event: str) -> str:
    return {
        "create": _("The draft was begun"),
        "save": _("The draft was changed"),
        "submit": _("The request was sent"),
        "ask": _("A question was asked"),
        "answer": _("The question was answered"),
        "lapse": _("The question was not answered in time"),
        "assign": _("A specialist was chosen"),
        "triage": _("Urgency or specialty was changed"),
        "redirect": _("It was passed on to another hospital’s service"),
        "hand_back": _("The specialist gave it back to the office"),
        "propose": _("Times were offered"),
        "counter_propose": _("The requesting side proposed times"),
        "take_up": _("A proposed time was taken up"),
        "accept": _("A time was chosen"),
        "decline_offer": _("Offered times were declined"),
        "decline_counter": _("A proposed time was declined"),
        "withdraw_offer": _("A time was withdrawn"),
        "expire_offer": _("The deadline of a time passed"),
        "unfill": _("Nobody was available"),
        "decline": _("The request was declined"),
        "reschedule": _("The conference was called off to find another time"),
        "start": _("The conference began"),
        "miss": _("The conference did not take place"),
        "rebook": _("Another time is being looked for"),
        "add_party": _("Somebody was added to those who may see it"),
        "remove_party": _("Somebody may see it no more"),
        "attach": _("A file was attached"),
        "detach": _("A file was removed"),
        "end": _("The conference ended"),
        "sign": _("The advice was signed"),
        "acknowledge": _("The advice was read"),
        "alert": _("A deadline passed; the office was told"),
        "amend": _("The advice was corrected"),
        "record_outcome": _("The outcome was recorded"),
        "nudge": _("The outcome was asked for again"),
        "give_up": _("It was closed without an outcome"),
        "cancel": _("The request was withdrawn"),
    }.get(event, event)
