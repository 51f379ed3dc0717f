"""What people type into the planner and on a lesson's page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from classrooms import choices
from classrooms.choices import Choice
from classrooms.models import Section
from classrooms.wishes import Addition
from scheduler.conflicts import OVERRIDABLE
from scheduler.models import Organisation

MOST_WEEKS = 35
"""The school weeks of a year, by which credits are counted (domain/education.md §2.2)."""

NEAR = dt.timedelta(weeks=104)
"""How far from the usual day a date may lie."""


def lengths(section: Section) -> list[int]:
    """The minutes that can be wished for: from the section's minimum up, in steps of five."""
    least, wanted = section.minimum_minutes, section.wanted_minutes
    steps = range(-(-least // 5) * 5, max(wanted, 60) + 1, 5)
    return sorted({least, wanted, *steps})


class PlannerForm(forms.Form):
    """Section apart, everything that the planner's address or its booking form carries.

    Always bound: what is missing has its default, what is wrong stays in its field with the
    reason beside it, and `choice` uses the default in its place.
    """

    date = forms.DateField(label=_("Date"), widget=forms.DateInput(attrs={"type": "date"}))
    length = forms.TypedChoiceField(label=_("Length"), coerce=int)
    schools = forms.TypedMultipleChoiceField(
        label=_("Schools"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    of = forms.IntegerField(required=False, widget=forms.HiddenInput)
    slot = forms.CharField(label=_("Time"), required=False, widget=forms.HiddenInput, max_length=2000)
    start = forms.TimeField(label=_("Start time"), required=False)
    move = forms.UUIDField(required=False, widget=forms.HiddenInput)

    error_css_class = "has-error"

    def __init__(
        self,
        data: Any,
        *,
        section: Section,
        schools: Mapping[int, Organisation],
        usual_day: dt.date,
    ) -> None:
        values = data.copy()
        values.setdefault("date", usual_day.isoformat())
        values.setdefault("length", str(section.wanted_minutes))
        super().__init__(values, auto_id="planner-%s")
        self.section = section
        self.usual_day = usual_day
        minutes = [(n, _("%(n)d minutes") % {"n": n}) for n in lengths(section)]
        self.fields["length"].choices = minutes  # type: ignore[attr-defined]  # a choice field
        named = [(pk, school.short_name) for pk, school in schools.items()]
        self.fields["schools"].choices = named  # type: ignore[attr-defined]  # a choice field
        self._known = {str(pk) for pk in schools}
        for pk in self._added():
            self.fields[f"class-{pk}"] = forms.IntegerField(required=False, widget=forms.HiddenInput)
            self.fields[f"pupils-{pk}"] = forms.IntegerField(
                label=_("Pupils"), required=False, min_value=1, max_value=999
            )

    def _added(self) -> list[str]:
        """Keys of schools in sight whose class or pupils are given in the data."""
        names = [name.partition("-") for name in self.data]
        return list(
            dict.fromkeys(
                pk for kind, _dash, pk in names if kind in {"class", "pupils"} and pk in self._known
            )
        )

    def clean_date(self) -> dt.date:
        day: dt.date = self.cleaned_data["date"]
        self._must_be_near(day)
        return day

    def clean_slot(self) -> str:
        text: str = self.cleaned_data["slot"]
        read = choices.read(text) if text else None
        if text and read is None:
            raise forms.ValidationError(_("This time is not written as the page writes it. Choose it again."))
        day = read[0] if read else None
        if day is not None:
            self._must_be_near(day)
        return text

    def _must_be_near(self, day: dt.date) -> None:
        """Weeks are counted from the date in both directions, which the ends of the calendar don't allow."""
        if abs(day - self.usual_day) > NEAR:
            raise forms.ValidationError(_("Choose a date within two years."))

    @property
    def choice(self) -> Choice:
        """What was asked, with defaults where something was missing or wrong."""
        self.is_valid()
        values = self.cleaned_data
        # The schools belong to the section for which they were chosen: another section brings its own.
        is_own = values.get("of") == self.section.pk or (values.get("schools") and not values.get("of"))
        day, slot = choices.read(values.get("slot") or "") or (None, None)
        return Choice(
            section_id=self.section.pk,
            day=day or values.get("date") or self.usual_day,
            length=values.get("length") or self.section.wanted_minutes,
            school_ids=tuple(values.get("schools") or ()) if is_own else None,
            additions=self._additions() if is_own else {},
            slot=slot,
            start=values.get("start"),
            moving=values.get("move"),
        )

    def _additions(self) -> dict[int, Addition]:
        values = self.cleaned_data
        return {
            int(pk): Addition(values.get(f"class-{pk}"), values.get(f"pupils-{pk}")) for pk in self._added()
        }


class ActionForm(forms.Form):
    """The part of the booking form that says what to do with the chosen time; "look" does nothing to it."""

    action = forms.ChoiceField(choices=[(name, name) for name in ("book", "hold", "move", "look")])
    intention = forms.UUIDField()
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)
    override = forms.BooleanField(required=False)
    kinds = forms.MultipleChoiceField(choices=[(kind, kind) for kind in sorted(OVERRIDABLE)], required=False)
    """The reasons that the user saw and takes upon himself; a new one refuses again."""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("override") and not values.get("reason", "").strip():
            self.add_error("reason", _("Say why this is booked in spite of it. The reason is kept."))
        return values


class ReasonForm(forms.Form):
    """Calling something off: the key of the request, and why."""

    intention = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.CharField(label=_("Reason (everybody concerned reads it)"), max_length=200, required=False)


class CancelForm(ReasonForm):
    """Of a lesson that is repeated weekly, also how many of its dates."""

    FOLLOWING = "following"

    which = forms.ChoiceField(choices=[(name, name) for name in ("one", FOLLOWING)], required=False)

    @property
    def wants_following(self) -> bool:
        return bool(self.cleaned_data["which"] == self.FOLLOWING)


class ConfirmForm(forms.Form):
    intention = forms.UUIDField(widget=forms.HiddenInput)


class SeriesForm(forms.Form):
    """How far a lesson is repeated every week: a number of weeks, or a last date."""

    weeks = forms.IntegerField(label=_("Number of weeks"), required=False, min_value=2, max_value=MOST_WEEKS)
    until = forms.DateField(
        label=_("or until"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, data: Any, *, first: dt.date) -> None:
        super().__init__(data, auto_id="series-%s")
        self.first = first

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        until, weeks = values.get("until"), values.get("weeks")
        if "weeks" in self.errors or "until" in self.errors:
            return values
        if until is None and weeks is None:
            raise forms.ValidationError(_("Give a number of weeks or a last date."))
        if until is not None:
            weeks = (until - self.first).days // 7 + 1
            if not 2 <= weeks <= MOST_WEEKS:
                self.add_error(
                    "until",
                    _("The last date must lie 1 to %(most)d weeks after the first.")
                    % {"most": MOST_WEEKS - 1},
                )
        values["weeks"] = weeks
        return values


class SeriesActionForm(forms.Form):
    """All dates or none, or those that fit."""

    intention = forms.UUIDField()
    take = forms.ChoiceField(choices=[("fitting", "fitting"), ("all", "all")])
