"""What people type and tap into a register."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from classrooms import confirming
from classrooms.models import AttendanceMark, Reception, StaffPresence
from classrooms.staffing import Attendant, Exemption

OTHER = "other"


def _reason_field(*, is_needed: bool) -> forms.CharField:
    return forms.CharField(
        label=_("Reason"),
        max_length=200,
        required=is_needed,
        help_text=_("It stays with the old value. Write no illness."),
    )


class MarkForm(forms.Form):
    """One tap. Without a `note` in the data the note that stands is kept, without a `mark` the mark."""

    student = forms.IntegerField(widget=forms.HiddenInput)
    mark = forms.ChoiceField(label=_("Attendance"), choices=AttendanceMark.Mark, required=False)
    seen = forms.IntegerField(min_value=0, required=False)
    note = forms.CharField(label=_("Note"), max_length=100, required=False)
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)
    intention = forms.UUIDField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if "mark" in cleaned and not cleaned["mark"] and ("mark" in self.data or "note" not in self.data):
            self.add_error("mark", _("Choose a mark."))
        return cleaned

    @property
    def mark_given(self) -> str | None:
        return self.cleaned_data["mark"] or None

    @property
    def note_given(self) -> str | None:
        return self.cleaned_data["note"] if "note" in self.data else None


class ConfirmForm(forms.Form):
    """The school's word. `seen` is the version of the register that was shown."""

    outcome = forms.ChoiceField(
        label=_("What became of the lesson"),
        choices=[
            (Reception.State.HELD, _("The lesson was held")),
            (Reception.State.SELF_STUDY, _("It became self-study")),
        ],
        initial=Reception.State.HELD,
        widget=forms.RadioSelect,
    )
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def clean_outcome(self) -> str:
        outcome: str = self.cleaned_data["outcome"]
        assert outcome in confirming.OUTCOMES
        return outcome


class StaffForm(forms.Form):
    """Somebody of the school, somebody else with their post, or why nobody had to attend."""

    who = forms.ChoiceField(label=_("Who attended"))
    name = forms.CharField(label=_("Name"), max_length=80, required=False)
    post = forms.CharField(
        label=_("Post"), max_length=40, required=False, help_text=_("For example 教諭, 実習助手, 支援員.")
    )
    intention = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, data: Any, *, candidates: Sequence[Attendant], is_confirmed: bool) -> None:
        super().__init__(data, auto_id="staff-%s")
        self.candidates = {str(each.user_id): each for each in candidates}
        people = [(key, _("%(name)s (%(post)s)") % vars_of(each)) for key, each in self.candidates.items()]
        self.fields["who"].choices = [  # type: ignore[attr-defined]  # a choice field
            *people,
            (OTHER, _("somebody else")),
            *[(value, label) for value, label in StaffPresence.Exemption.choices if value],
        ]
        if is_confirmed:
            self.fields["reason"] = _reason_field(is_needed=True)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        who = cleaned.get("who")
        if who in {OTHER, Exemption.OTHER_STAFF}:
            for field in ("name", "post"):
                if not cleaned.get(field):
                    self.add_error(field, _("Whoever attends is recorded with name and post."))
        return cleaned

    @property
    def attendant(self) -> Attendant:
        facts = self.cleaned_data
        known = self.candidates.get(facts["who"])
        if known is not None:
            return known
        if facts["who"] == Exemption.HOME:
            return Attendant("", "", exemption=Exemption.HOME)
        exemption = Exemption.NONE if facts["who"] == OTHER else facts["who"]
        return Attendant(facts["name"], facts["post"], exemption=exemption)


def vars_of(who: Attendant) -> dict[str, str]:
    return {"name": who.name, "post": who.post}


class StrikeForm(forms.Form):
    strike = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


class SettingForm(forms.Form):
    """Who confirms at a school."""

    school = forms.IntegerField(widget=forms.HiddenInput)
    by_head = forms.TypedChoiceField(
        label=_("Who confirms the registers"),
        choices=[("0", _("the coordinator or the head")), ("1", _("the head alone"))],
        coerce=lambda value: value == "1",
        widget=forms.RadioSelect,
    )


class DayForm(forms.Form):
    """Up to which day the list goes."""

    until = forms.DateField(label=_("Up to"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def day(self, today: dt.date) -> dt.date:
        """The day that was asked for, no further than a year ahead; today without one."""
        asked: dt.date | None = self.cleaned_data.get("until") if self.is_valid() else None
        return min(max(asked, dt.date(2000, 1, 1)), today + dt.timedelta(days=366)) if asked else today
