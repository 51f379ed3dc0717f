"""What a school types about its bells, its week and its calendar."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from scheduler import bells, texts
from scheduler.bells import Table
from scheduler.dayplans import Bell
from scheduler.models import CalendarDay, DayPattern, DayType
from scheduler.names import Name
from scheduler.school_day_lists import HIGHEST_GRADE
from scheduler.school_days import Facts, Kind
from scheduler.typed_dates import TypedDateField
from scheduler.wallclock import part_of_day

_DAY = dt.timedelta(days=1)
LONGEST_STRETCH = 70
"""Days of one entry: a summer vacation of the north is a month, a long winter one six weeks."""
WEEKDAYS = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))
USUAL_ROWS = range(1, 9)


class KeptField(forms.CharField):
    """A text as it is kept: tidied, and measured so."""

    def to_python(self, value: Any) -> str:
        return texts.tidy(super().to_python(value) or "")


def told(form: forms.Form) -> list[tuple[Any, Any]]:
    """What a valid form says, by label: dates as they are, everything else in words."""
    found: list[tuple[Any, Any]] = []
    for name, field in form.fields.items():
        value = form.cleaned_data.get(name)
        if value in {None, ""} or isinstance(field, forms.TimeField):
            continue
        if isinstance(field, forms.ModelChoiceField):
            value = value.label.in_language(get_language() or "ja")
        elif isinstance(field, forms.ChoiceField):
            choices: Any = field.choices
            value = next((words for key, words in choices if str(key) == str(value)), value)
        found.append((field.label, value))
    return found


def _clock(label: object, **more: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label,  # type: ignore[arg-type]  # a lazy text
        required=False,
        input_formats=["%H:%M", "%H:%M:%S"],
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        **more,
    )


def _span(number: int, start: dt.time, end: dt.time) -> str:
    return f"{number}  {start:%-H:%M}–{end:%-H:%M}"


class BellsForm(forms.Form):
    """A bell table: for which day type, from when to when, and the periods' times."""

    day_type = KeptField(
        label=_("Day type"),
        max_length=40,
        help_text=_("One that the school has, or a new name such as 45分授業."),
        widget=forms.TextInput(attrs={"list": "day-types", "autocomplete": "off"}),
    )
    valid_from = TypedDateField(label=_("First day"))
    last_day = TypedDateField(
        label=_("Last day"), required=False, help_text=_("Empty: until a later table takes its place.")
    )

    def __init__(self, data: Any, *, usual: dict[str, Any], bells_usual: Sequence[Bell] = ()) -> None:
        super().__init__(data, initial=usual, auto_id="bells-%s")
        typed = {
            int(n) for key in data or () if (n := re.sub(r"\Astart_", "", key)).isascii() and n.isdigit()
        }
        typed = {n for n in typed if n <= bells.HIGHEST_NUMBER}
        self.numbers = sorted({*USUAL_ROWS, *(bell.number for bell in bells_usual), *typed})
        for n in self.numbers:
            self.fields[f"start_{n}"] = _clock(_("Period %(n)d begins") % {"n": n})
            self.fields[f"end_{n}"] = _clock(_("Period %(n)d ends") % {"n": n})
        for bell in bells_usual:
            self.initial[f"start_{bell.number}"] = bell.starts_at
            self.initial[f"end_{bell.number}"] = bell.ends_at

    @property
    def rows(self) -> list[tuple[int, forms.BoundField, forms.BoundField]]:
        return [(n, self[f"start_{n}"], self[f"end_{n}"]) for n in self.numbers]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        first, last = values.get("valid_from"), values.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", gettext("The last day lies before the first."))
        typed = []
        for n in self.numbers:
            start, end = values.get(f"start_{n}"), values.get(f"end_{n}")
            if start and end:
                typed.append(Bell(n, start, end))
            elif (start or end) and not self.has_error(f"start_{n}") and not self.has_error(f"end_{n}"):
                self.add_error(f"end_{n}" if start else f"start_{n}", gettext("This is empty."))
        for fault in bells.faults(typed):
            self.add_error(f"start_{fault.number}", fault.words)
        if not typed and not self.errors:
            self.add_error(f"start_{self.numbers[0]}", gettext("Write the times of at least one period."))
        values["bells"] = tuple(typed)
        return values

    @property
    def told(self) -> list[tuple[Any, Any]]:
        periods = [(_("Period"), _span(b.number, b.starts_at, b.ends_at)) for b in self.table.bells]
        return told(self) + periods

    @property
    def table(self) -> Table:
        """What was typed, of a form that is valid."""
        values = self.cleaned_data
        last = values["last_day"]
        return Table(values["day_type"], values["valid_from"], last + _DAY if last else None, values["bells"])


def _in_words(day_type: DayType) -> str:
    return day_type.label.in_language(get_language() or "ja")


class WeekForm(forms.Form):
    """Which day type each weekday has from a day on."""

    valid_from = TypedDateField(label=_("From"))

    def __init__(
        self, data: Any, *, types: Sequence[DayType], week: dict[int, DayPattern], today: dt.date
    ) -> None:
        usual = {f"day_{n}": str(pattern.day_type_id) for n, pattern in week.items()}
        super().__init__(data, initial={"valid_from": today, **usual}, auto_id="week-%s")
        self._types = {str(each.pk): each for each in types}
        choices = [("", _("no lessons")), *((key, _in_words(each)) for key, each in self._types.items())]
        for n, name in enumerate(WEEKDAYS):
            self.fields[f"day_{n}"] = forms.ChoiceField(label=name, choices=choices, required=False)

    @property
    def days(self) -> list[forms.BoundField]:
        return [self[f"day_{n}"] for n in range(len(WEEKDAYS))]

    @property
    def told(self) -> list[tuple[Any, Any]]:
        return told(self)

    @property
    def types(self) -> dict[int, DayType | None]:
        return {n: self._types.get(self.cleaned_data[f"day_{n}"]) for n in range(len(WEEKDAYS))}


class DayForm(forms.Form):
    """An entry of the calendar on one day or on days in a row. It has the fields of its kind alone."""

    first_day = TypedDateField(label=_("Day"))
    last_day = TypedDateField(label=_("Last day"), required=False, help_text=_("Empty: this one day."))
    title = KeptField(label=_("Title"), max_length=80, help_text=_("As everybody reads it in the calendar."))
    title_en = KeptField(label=_("Title in English"), max_length=80, required=False)
    grade = forms.TypedChoiceField(label=_("For whom"), coerce=int, empty_value=None, required=False)
    closed_from = _clock(_("Closed from"), help_text=_("Empty: from the morning on."))
    closed_until = _clock(_("Closed until"), help_text=_("Empty: to the end of the day."))
    day_type = forms.ModelChoiceField(
        label=_("Day type"), queryset=DayType.objects.none(), empty_label=_("choose")
    )
    runs_as_weekday = forms.TypedChoiceField(
        label=_("Runs as"), coerce=int, choices=[("", _("choose")), *enumerate(WEEKDAYS)]
    )

    def __init__(
        self, data: Any, *, kind: CalendarDay.Kind, types: Sequence[DayType], today: dt.date
    ) -> None:
        super().__init__(data, initial={"first_day": today}, auto_id="day-%s")
        self.kind = kind
        grades: list[tuple[str, Any]] = [("", _("the whole school"))]
        grades += [(str(n), _("grade %(n)d") % {"n": n}) for n in range(1, HIGHEST_GRADE + 1)]
        self.fields["grade"].choices = grades  # type: ignore[attr-defined]  # a choice field
        own = DayType.objects.filter(pk__in=[each.pk for each in types]).order_by("pk")
        self.fields["day_type"].queryset = own  # type: ignore[attr-defined]  # a choice of rows
        of_kind = {
            Kind.CLOSURE: {"closed_from", "closed_until"},
            Kind.DAY_TYPE: {"day_type"},
            Kind.SWAP: {"runs_as_weekday"},
        }
        for name in {"closed_from", "closed_until", "day_type", "runs_as_weekday"} - of_kind.get(kind, set()):
            del self.fields[name]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        first, last = values.get("first_day"), values.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", gettext("The last day lies before the first."))
        elif first and last and (last - first).days >= LONGEST_STRETCH:
            words = gettext("Enter at most %(n)d days at a time.") % {"n": LONGEST_STRETCH}
            self.add_error("last_day", words)
        start, end = values.get("closed_from"), values.get("closed_until")
        if start and end and end <= start:
            self.add_error("closed_until", gettext("It must end after it begins."))
        return values

    @property
    def told(self) -> list[tuple[Any, Any]]:
        start, end = self.cleaned_data.get("closed_from"), self.cleaned_data.get("closed_until")
        if not start and not end:
            return told(self)
        return [*told(self), (_("Closed"), part_of_day(start, end, get_language() or "ja"))]

    @property
    def entries(self) -> list[Facts]:
        """One for each day, of a form that is valid."""
        values = self.cleaned_data
        first, last = values["first_day"], values["last_day"] or values["first_day"]
        return [
            Facts(
                date=first + dt.timedelta(days=n),
                kind=self.kind,
                title=Name(values["title"], values["title_en"]),
                grade=values["grade"],
                closed_from=values.get("closed_from"),
                closed_until=values.get("closed_until"),
                day_type=values.get("day_type"),
                runs_as_weekday=values.get("runs_as_weekday"),
            )
            for n in range((last - first).days + 1)
        ]
