"""What a school types about its pupils."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from classrooms import pupils
from classrooms.models import RemoteSeat, Student
from classrooms.pupil_columns import HIGHEST_SEAT
from classrooms.pupils import Facts
from scheduler import texts
from scheduler.imports import MOST_BYTES
from scheduler.models import ClassGroup, Organisation
from scheduler.typed_dates import TypedDateField

LONGEST_SEAT = dt.timedelta(days=366)
"""A remote seat is approved anew at least every school year."""


class KeptField(forms.CharField):
    """A text as `kept` makes it, measured as such: one sign may become four (㍻, ㌖)."""

    def __init__(self, kept: Callable[[str], str], **more: Any) -> None:
        super().__init__(**more)
        self.kept = kept

    def to_python(self, value: Any) -> str:
        return self.kept(super().to_python(value) or "")


class PupilForm(forms.Form):
    """One pupil. The classes to choose from are the school's own."""

    number = KeptField(
        texts.plain,
        label=_("Pupil number"),
        max_length=20,
        help_text=_("The school's own, the same for all years."),
    )
    name = KeptField(texts.tidy, label=_("Name"), max_length=80)
    kana = KeptField(texts.reading, label=_("Reading (kana)"), max_length=80, required=False)
    group = forms.ModelChoiceField(
        label=_("Class"), queryset=ClassGroup.objects.none(), empty_label=_("choose")
    )
    seat = forms.IntegerField(label=_("Number in the class"), min_value=1, max_value=HIGHEST_SEAT)
    valid_from = TypedDateField(label=_("First day at the school"))
    valid_until = TypedDateField(
        label=_("First day no longer at the school"),
        required=False,
        help_text=_(
            "From this day on the pupil stands in no register. Sections and remote seats end with it."
        ),
    )

    def __init__(self, data: Any, *, school: Organisation, student: Student | None, today: dt.date) -> None:
        usual = {"valid_from": today}
        if student is not None:
            names = ("number", "name", "kana", "group", "seat", "valid_from", "valid_until")
            usual = {name: getattr(student, name) for name in names}
        super().__init__(data, initial=usual, auto_id="pupil-%s")
        groups = ClassGroup.objects.filter(organisation=school)
        self.fields["group"].queryset = groups  # type: ignore[attr-defined]  # a choice of rows

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        first, left = values.get("valid_from"), values.get("valid_until")
        if first and left and left <= first:
            self.add_error("valid_until", _("This must lie after the first day at the school."))
        return values

    @property
    def facts(self) -> Facts:
        """What was typed, of a form that is valid."""
        return Facts(**self.cleaned_data)

    def refuse(self, error: pupils.NumberTakenError | pupils.SeatTakenError) -> None:
        if isinstance(error, pupils.NumberTakenError):
            self.add_error("number", _("Another pupil of the school has this number."))
            return
        words = _("Another pupil of %(group)s has the number %(n)d. Give a free one.")
        facts = {"group": self.cleaned_data["group"], "n": self.cleaned_data["seat"]}
        self.add_error("seat", words % facts)


class SectionDayForm(forms.Form):
    """From which day the ticks hold. The ticks themselves are keys of pupils."""

    day = TypedDateField(label=_("From"))
    pupils = forms.TypedMultipleChoiceField(coerce=int, required=False)

    def __init__(self, data: Any, *, students: list[Student], today: dt.date) -> None:
        super().__init__(data, initial={"day": today}, auto_id="section-%s")
        named = [(student.pk, student.number) for student in students]
        self.fields["pupils"].choices = named  # type: ignore[attr-defined]  # a choice field


class UploadForm(forms.Form):
    """A file, and from when the sections in it are taken."""

    file = forms.FileField(
        label=_("CSV file"),
        allow_empty_file=True,  # says it better itself
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv"}),
    )
    starts_on = TypedDateField(
        label=_("Sections are taken from"),
        help_text=_("A pupil who comes later takes them from the first day at the school."),
    )

    def __init__(self, data: Any, files: Any, *, starts_on: dt.date) -> None:
        super().__init__(data, files, initial={"starts_on": starts_on}, auto_id="import-%s")

    def clean_file(self) -> bytes:
        """Its bytes; of a file that is too large one more than may be, which the reader then refuses."""
        content: bytes = self.cleaned_data["file"].read(MOST_BYTES + 1)
        return content


class WordForm(forms.Form):
    """The word to write what was shown: the rows, the day, and the digest of the outcome."""

    text = forms.CharField(strip=False)
    starts_on = TypedDateField()
    digest = forms.RegexField(r"\A[0-9a-f]{64}\Z")


class RemoteSeatForm(forms.Form):
    place = forms.ChoiceField(label=_("Where"), choices=RemoteSeat.Place.choices)
    valid_from = TypedDateField(label=_("First day"))
    last_day = TypedDateField(label=_("Last day"))
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        help_text=_(
            "There goes a link to set a password. The message names neither the pupil nor the school."
        ),
    )

    def __init__(self, data: Any, *, student: Student, today: dt.date) -> None:
        usual = {"valid_from": today, "email": student.user.email if student.user else ""}
        super().__init__(data, initial=usual, auto_id="seat-%s")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        first, last = values.get("valid_from"), values.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("The last day lies before the first."))
        elif first and last and last - first > LONGEST_SEAT:
            self.add_error("last_day", _("A seat is approved for a year at most. Renew it then."))
        return values

    @property
    def valid_until(self) -> dt.date:
        """The first day on which it no longer holds."""
        last: dt.date = self.cleaned_data["last_day"]
        return last + dt.timedelta(days=1)


def tidied_search(text: str) -> str:
    """What was typed into the search, short enough to be one."""
    return texts.tidy(text)[:60]
