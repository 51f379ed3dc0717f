"""What people type into the pages of consultations. Drafts are kept however incomplete they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from clinics import consultations
from clinics.models import Consultation, Outcome, Service, Specialty, Urgency
from scheduler import timegrid
from scheduler.intervals import Interval
from scheduler.models import Location, Person
from scheduler.typed_dates import EARLIEST, LATEST, OUT_OF_RANGE, TypedDateField

NOT_SAID = [("", _("not said yet"))]
_TYPED = "%Y-%m-%dT%H:%M"


class LocalMomentField(forms.CharField):
    """A date and time as a hospital's clocks show them."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"})

    def __init__(self, *, zone: ZoneInfo, **more: Any) -> None:
        super().__init__(**more)
        self.zone = zone

    def prepare_value(self, value: Any) -> Any:
        return value.astimezone(self.zone).strftime(_TYPED) if isinstance(value, dt.datetime) else value

    def clean(self, value: Any) -> dt.datetime | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            typed = dt.datetime.fromisoformat(text)
        except ValueError:
            raise forms.ValidationError(_("Enter a date and a time.")) from None
        if typed.tzinfo is not None or not EARLIEST <= typed.date() <= LATEST:
            raise forms.ValidationError(OUT_OF_RANGE)
        return timegrid.instant(typed.date(), typed.time().replace(second=0, microsecond=0), self.zone)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "step": "300"}


def _yes_no(value: str) -> bool | None:
    return {"yes": True, "no": False}.get(value)


class RequestForm(forms.Form):
    """The request. Nothing is required to keep a draft; `demand` puts what is missing at its field."""

    urgency = forms.ChoiceField(
        label=_("By when an answer is needed"), choices=Urgency.choices, required=False,
        widget=forms.RadioSelect,
    )  # fmt: skip
    specialty = forms.ModelChoiceField(
        label=_("Specialty to ask"), queryset=Specialty.objects.all(), required=False, empty_label=_("choose")
    )
    callback = forms.CharField(
        label=_("Telephone at the bedside"), max_length=20, required=False,
        help_text=_("Where you can be called back at once."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )  # fmt: skip
    question = forms.CharField(
        label=_("What you want to ask"), max_length=200, required=False,
        help_text=_("One question, 200 characters at most."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    age_band = forms.ChoiceField(
        label=_("Age"), choices=[*NOT_SAID, *Consultation.AgeBand.choices], required=False
    )
    sex = forms.ChoiceField(label=_("Sex"), choices=[*NOT_SAID, *Consultation.Sex.choices], required=False)
    local_number = forms.CharField(
        label=_("Your own number for it"), max_length=40, required=False,
        help_text=_("So that you find it again. Never the patient’s name or chart number."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    patient_present = forms.TypedChoiceField(
        label=_("Will the patient be present"), coerce=_yes_no, empty_value=None, required=False,
        choices=[("no", _("no")), ("yes", _("yes, on camera"))], widget=forms.RadioSelect,
        help_text=_("With the patient on camera the rules of online medical care apply as well."),
    )  # fmt: skip
    consent_basis = forms.ChoiceField(
        label=_("Consent"), choices=[*NOT_SAID, *Consultation.ConsentBasis.choices], required=False,
        help_text=_("On what basis the patient’s information is shared with the other hospital."),
    )  # fmt: skip
    summary = forms.CharField(
        label=_("Short summary"), max_length=2000, required=False,
        help_text=_("Course, findings, medicines."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )  # fmt: skip

    def __init__(self, data: Any, *, case: Consultation | None, zone: ZoneInfo) -> None:
        super().__init__(data, initial=_values(case) if case else {}, auto_id="request-%s")
        self.fields["answer_by"] = LocalMomentField(
            label=_("Another date and time, if needed"), zone=zone, required=False
        )

    @property
    def columns(self) -> dict[str, Any]:
        """What can be kept of what was typed: a field that could not be read is left out."""
        return {name: value for name, value in self.cleaned_data.items() if name in consultations.ASKED}

    @property
    def needed(self) -> dict[str, str]:
        """By field the CSS classes of the urgencies that cannot be sent without it."""
        names = {name for wanted in consultations.REQUIRED.values() for name in wanted}
        return {
            name: " ".join(
                f"for-{urgency}" for urgency, wanted in consultations.REQUIRED.items() if name in wanted
            )
            for name in names
        }

    def demand(self, case: Consultation) -> None:
        """Puts at its field what `case` still needs before it can be sent."""
        if not case.urgency:
            self.add_error("urgency", _("Say by when an answer is needed."))
        for name in consultations.missing_fields(case):
            self.add_error(name, _("This is needed before the request can be sent."))
        if not case.consent_basis:
            self.add_error("consent_basis", _("Say on what basis the information is shared."))


def _values(case: Consultation) -> dict[str, Any]:
    values = {name: getattr(case, name) for name in consultations.ASKED if name != "consent_at"}
    said = {True: "yes", False: "no"}.get(values["patient_present"])
    return {**values, "patient_present": said}


class KeyForm(forms.Form):
    """What every press carries: the request's own key, and the case's version as the page showed it."""

    intention = forms.UUIDField(widget=forms.HiddenInput)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    def __init__(self, data: Any, files: Any = None, *, auto_id: str = "act-%s", **more: Any) -> None:
        super().__init__(data, files, auto_id=auto_id, **more)

    def renew(self, version: int) -> None:
        """The form knows the case as it is now, so that a second press counts."""
        if isinstance(self.data, QueryDict):
            data = self.data.copy()
            data["version"] = str(version)
            self.data = data

    def ticked(self, name: str) -> list[str]:
        """What was chosen of several, as it was sent."""
        return self.data.getlist(name) if isinstance(self.data, QueryDict) else []


def _long(label: Any, most: int, help_text: Any = "", rows: int = 3) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, max_length=most, help_text=help_text, widget=area)


class ReasonForm(KeyForm):
    reason = _long(_("Reason"), 200, _("The other side reads it."))


class QuestionForm(KeyForm):
    text = _long(_("Question"), 500, _("The clock stands still until it is answered."))


class AnswerForm(KeyForm):
    text = _long(_("Answer"), 1000)


class PersonForm(KeyForm):
    """One of these people; their keys are the choices."""

    person = forms.ModelChoiceField(label=_("Doctor"), queryset=Person.objects.none(), empty_label=None)

    def __init__(self, data: Any, *, people: Iterable[Person], **more: Any) -> None:
        super().__init__(data, **more)
        found = Person.objects.filter(pk__in=[each.pk for each in people]).order_by("name", "pk")
        self.fields["person"].queryset = found  # type: ignore[attr-defined]  # a choice of rows


class ServiceForm(ReasonForm):
    service = forms.ModelChoiceField(label=_("Service"), queryset=Service.objects.none(), empty_label=None)
    field_order = ("service", "reason")

    def __init__(self, data: Any, *, case: Consultation, **more: Any) -> None:
        super().__init__(data, **more)
        others = Service.objects.filter(is_active=True).exclude(pk=case.service_id or 0)
        field = self.fields["service"]
        field.queryset = others.select_related("organisation", "specialty")  # type: ignore[attr-defined]
        field.label_from_instance = service_name  # type: ignore[attr-defined]  # as Django documents


def service_name(service: Service) -> str:
    language = get_language() or "ja"
    hospital = service.organisation.label.in_language(language)
    what = (
        service.specialty.label.in_language(language) if service.specialty else str(_("coordination office"))
    )
    return f"{hospital} {what}"


class TriageForm(ReasonForm):
    specialty = forms.ModelChoiceField(
        label=_("Specialty"), queryset=Specialty.objects.all(), required=False, empty_label=_("choose")
    )
    urgency = forms.ChoiceField(label=_("By when an answer is needed"), choices=Urgency.choices)
    field_order = ("specialty", "urgency", "reason")

    def __init__(self, data: Any, *, case: Consultation, **more: Any) -> None:
        usual = {"specialty": case.specialty_id, "urgency": case.urgency, **more.pop("initial", {})}
        super().__init__(data, initial=usual, **more)


TYPED_TIMES = 3
MOST_TIMES = 5


class TimesForm(KeyForm):
    """Up to five times: ticked ones of those that are free, and typed ones. All last `minutes`."""

    free = forms.MultipleChoiceField(
        label=_("Times when everybody is free"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self, data: Any, *, zone: ZoneInfo, minutes: int, free: Sequence[Interval],
        specialists: Sequence[Person] = (), rooms: Sequence[Location] = (), **more: Any,
    ) -> None:  # fmt: skip
        super().__init__(data, auto_id="times-%s", **more)
        self.minutes, self.zone = minutes, zone
        ticked = self.ticked("free")
        # What was free when the page was made stays a choice; the verb says if it is not any more.
        offered = list(dict.fromkeys([*(each.start.isoformat() for each in free), *_moments(ticked)]))
        self.fields["free"].choices = [(each, each) for each in offered]  # type: ignore[attr-defined]
        for n in range(1, TYPED_TIMES + 1):
            self.fields[f"start_{n}"] = LocalMomentField(label=_("Start"), zone=zone, required=False)
        if specialists:
            self.fields["specialist"] = PersonForm(None, people=specialists).fields["person"]
            self.fields["specialist"].label = _("Specialist")
        if rooms:
            keys = [(str(room.pk), room.name) for room in rooms]
            self.fields["rooms"] = forms.MultipleChoiceField(
                label=_("Conference rooms"), required=False, choices=keys, widget=forms.CheckboxSelectMultiple
            )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        starts = [dt.datetime.fromisoformat(each) for each in values.get("free", [])]
        starts += [start for n in range(1, TYPED_TIMES + 1) if (start := values.get(f"start_{n}"))]
        values["starts"] = sorted(set(starts))
        if not starts and not self.errors:
            raise forms.ValidationError(_("Choose at least one time."))
        if len(values["starts"]) > MOST_TIMES:
            raise forms.ValidationError(_("Choose at most five times."))
        return values

    @property
    def times(self) -> list[Interval]:
        length = dt.timedelta(minutes=self.minutes)
        return [Interval(start, start + length) for start in self.cleaned_data["starts"]]


def _moments(texts: Iterable[str]) -> list[str]:
    found = []
    for text in texts:
        try:
            at = dt.datetime.fromisoformat(text)
        except ValueError:
            continue
        if at.tzinfo is not None and EARLIEST < at.date() < LATEST:
            found.append(text)
    return found


class AdviceForm(KeyForm):
    """Four short lines, and when to ask what came of it."""

    assessment = _long(_("Assessment"), 2000, _("What you think it is."))
    recommendation = _long(_("Recommendation"), 2000, _("What you would do."))
    warning = _long(_("When to be seen or transferred"), 1000, rows=2)
    basis = forms.CharField(
        label=_("What it rests on"),
        max_length=300,
        help_text=_("What you saw and heard, for example two photos."),
    )
    follow_up_on = TypedDateField(
        label=_("Ask for the outcome on"), required=False, help_text=_("Empty: after 14 days.")
    )

    def __init__(self, data: Any, *, is_draft: bool, is_amending: bool, **more: Any) -> None:
        super().__init__(data, auto_id="advice-%s", **more)
        if is_amending:
            self.fields["reason"] = forms.CharField(
                label=_("Why it is corrected"), max_length=200, help_text=_("The other side reads it.")
            )
        if is_draft:
            for field in self.fields.values():
                field.required = False


class OutcomeForm(KeyForm):
    """Two taps, and a word if there is more to say."""

    followed = forms.ChoiceField(
        label=_("Was the advice followed"), choices=Outcome.Followed.choices, widget=forms.RadioSelect
    )
    course = forms.ChoiceField(
        label=_("What became of the patient"), choices=Outcome.Course.choices, widget=forms.RadioSelect
    )
    text = forms.CharField(
        label=_("More, if you like"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class AttachmentForm(KeyForm):
    file = forms.FileField(
        label=_("Photo or PDF"),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,application/pdf"}),
        help_text=_("For reference, not for diagnosis. No face, no name, no chart number in the picture."),
    )
    label = forms.CharField(
        label=_("What it shows"), max_length=60, required=False, help_text=_("Never the patient’s name.")
    )
