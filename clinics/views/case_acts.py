"""The steps that are one press, or a short form: how each is asked for, done, and confirmed.

The addresses carry these names. What may be done when is up to `clinics.states`, asked by the verb.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinics import access, advice, conferences, consultations, forms, offers, parties
from clinics.forms import KeyForm
from clinics.models import Consultation
from clinics.states import Event
from clinics.views.desk import Opened

Values = dict[str, Any]
MakeForm = Callable[[Any, Opened, Values], KeyForm]


@dataclass(frozen=True, slots=True)
class CaseAct:
    """`do` takes what the form gave. Without `title` there is no page of its own to ask on."""

    event: Event
    do: Callable[[Opened, Values], object]
    done: Promise
    title: Promise | str = ""
    lead: Promise | str = ""
    button: Promise | str = ""
    form: MakeForm = field(default=lambda data, _opened, initial: KeyForm(data, initial=initial))
    is_danger: bool = False


def _plain(form: type[KeyForm]) -> MakeForm:
    """A form that needs to know nothing of the case."""
    return lambda data, _opened, initial: form(data, initial=initial)


def _withdrawal(data: Any, opened: Opened, initial: Values) -> KeyForm:
    """A draft goes without a reason."""
    form = forms.ReasonForm(data, initial=initial)
    if opened.case.state == Consultation.State.DRAFT:
        form.fields["reason"].required = False
    return form


def _specialists(data: Any, opened: Opened, initial: Values) -> KeyForm:
    service = opened.case.service
    people = list(access.specialists(service.organisation_id, opened.now)) if service else []
    return forms.PersonForm(data, people=people, initial=initial)


def _candidates(data: Any, opened: Opened, initial: Values) -> KeyForm:
    hospital, clinic = parties.candidates(opened.case, opened.now)
    return forms.PersonForm(data, people=[*hospital, *clinic], initial=initial)


def _of_case(verb: Callable[..., Consultation]) -> Callable[[Opened, Values], object]:
    """The verb on the case with the form's values, but for the version."""

    def do(opened: Opened, values: Values) -> object:
        given = {name: value for name, value in values.items() if name != "version"}
        return verb(opened.case, by=opened.user, now=opened.now, request=opened.request, **given)

    return do


def _versioned(verb: Callable[..., object]) -> Callable[[Opened, Values], object]:
    """The same for a verb that is told of which version the page was made."""

    def do(opened: Opened, values: Values) -> object:
        return verb(opened.case, by=opened.user, now=opened.now, request=opened.request, **values)

    return do


def _ask(opened: Opened, values: Values) -> object:
    return consultations.ask(
        opened.case, values["text"], by=opened.user, now=opened.now, intention=values["intention"],
        version=values["version"], request=opened.request,
    )  # fmt: skip


def _answer(opened: Opened, values: Values) -> object:
    return consultations.answer(
        opened.case, values["text"], by=opened.user, now=opened.now, intention=values["intention"],
        request=opened.request,
    )  # fmt: skip


def _assign(opened: Opened, values: Values) -> object:
    return consultations.assign(
        opened.case, values["person"], by=opened.user, now=opened.now, intention=values["intention"],
        version=values["version"], request=opened.request,
    )  # fmt: skip


def _redirect(opened: Opened, values: Values) -> object:
    return consultations.redirect(
        opened.case, values["service"], by=opened.user, now=opened.now, intention=values["intention"],
        reason=values["reason"], version=values["version"], request=opened.request,
    )  # fmt: skip


def _add_party(opened: Opened, values: Values) -> object:
    return parties.add_party(
        opened.case, values["person"], by=opened.user, now=opened.now, intention=values["intention"],
        request=opened.request,
    )  # fmt: skip


ACTS: dict[str, CaseAct] = {
    "ask": CaseAct(
        Event.ASK,
        _ask,
        _("The question is sent. The clock stands still until it is answered."),
        _("Ask back"),
        _("The requesting side is told at once."),
        _("Send the question"),
        _plain(forms.QuestionForm),
    ),
    "answer": CaseAct(
        Event.ANSWER,
        _answer,
        _("The answer is sent."),
        _("Answer the question"),
        "",
        _("Send the answer"),
        _plain(forms.AnswerForm),
    ),
    "assign": CaseAct(
        Event.ASSIGN,
        _assign,
        _("The specialist is chosen and told."),
        _("Choose the specialist"),
        _("The specialist sees the case from then on."),
        _("Give it to this specialist"),
        _specialists,
    ),
    "triage": CaseAct(
        Event.TRIAGE,
        _versioned(consultations.triage),
        _("Changed. The requesting side is told why."),
        _("Change urgency or specialty"),
        "",
        _("Change it"),
        lambda data, opened, initial: forms.TriageForm(data, case=opened.case, initial=initial),
    ),
    "redirect": CaseAct(
        Event.REDIRECT,
        _redirect,
        _("Passed on. The other office has it now."),
        _("Pass it on to another service"),
        _("Whoever had it here sees it no more."),
        _("Pass it on"),
        lambda data, opened, initial: forms.ServiceForm(data, case=opened.case, initial=initial),
    ),
    "hand-back": CaseAct(
        Event.HAND_BACK,
        _of_case(consultations.hand_back),
        _("The office looks for somebody else. Thank you for looking."),
        _("Give it back to the office"),
        _("No reason is needed. You see the case no more."),
        _("Give it back"),
    ),
    "decline": CaseAct(
        Event.DECLINE,
        _versioned(consultations.decline),
        _("The request is declined and the doctor told why."),
        _("Decline the request"),
        _("Say why, and where to turn instead."),
        _("Decline it"),
        _plain(forms.ReasonForm),
        is_danger=True,
    ),
    "unfill": CaseAct(
        Event.UNFILL,
        _versioned(consultations.unfill),
        _("The requesting side is told that nobody is available."),
        _("Nobody is available"),
        _("Say what else can be done."),
        _("Tell them that nobody is available"),
        _plain(forms.ReasonForm),
        is_danger=True,
    ),
    "cancel": CaseAct(
        Event.CANCEL,
        _versioned(consultations.cancel),
        _("The request is withdrawn. What was held is free."),
        _("Withdraw the request"),
        _("Times that are held or booked become free. Everybody concerned is told."),
        _("Withdraw it"),
        _withdrawal,
        is_danger=True,
    ),
    "reschedule": CaseAct(
        Event.RESCHEDULE,
        _versioned(conferences.reschedule),
        _("The booked time is free. Look for another one."),
        _("Find another time"),
        _("The booked time becomes free at once."),
        _("Give up this time"),
        _plain(forms.ReasonForm),
        is_danger=True,
    ),
    "rebook": CaseAct(Event.REBOOK, _of_case(conferences.rebook), _("Another time is being looked for.")),
    "miss": CaseAct(Event.MISS, _of_case(conferences.miss), _("Noted that it did not take place.")),
    "start": CaseAct(Event.START, _of_case(conferences.start), _("The conference has begun.")),
    "end": CaseAct(
        Event.END, _of_case(conferences.end), _("The conference has ended. Now write the advice.")
    ),
    "decline-offers": CaseAct(
        Event.DECLINE_OFFER,
        _versioned(offers.decline),
        _("The times are free again. Others are being looked for."),
    ),
    "outcome": CaseAct(
        Event.RECORD_OUTCOME,
        _of_case(advice.record_outcome),
        _("Recorded. The specialist is told. Thank you."),
        _("Record the outcome"),
        _("Two taps are enough."),
        _("Record it"),
        _plain(forms.OutcomeForm),
    ),
    "add-person": CaseAct(
        Event.ADD_PARTY,
        _add_party,
        _("Added. They see the case from now on."),
        _("Let somebody else see it"),
        _("With a conference booked they take part in it."),
        _("Add this person"),
        _candidates,
    ),
}
