"""What the centre types about a section."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from classrooms import section_entries
from classrooms.models import Course, Section
from classrooms.section_entries import Facts
from scheduler.bell_forms import KeptField
from scheduler.models import ClassPart, Location, Organisation, Person, Resource
from scheduler.names import Name
from scheduler.wallclock import school_year

ROWS = 8
"""As many schools as one teacher reaches at once."""


class SectionForm(forms.Form):
    name = KeptField(
        label=pgettext_lazy("of a thing", "Name"), max_length=80, help_text=_("As 数学Ⅱ（2年・合同）.")
    )
    name_en = KeptField(label=_("Name in English"), max_length=100, required=False)
    academic_year = forms.IntegerField(label=_("School year"), help_text=_("The year in which it begins."))
    course = forms.ModelChoiceField(
        label=_("Course"),
        queryset=Course.objects.order_by("subject_area", "name"),
        empty_label=_("choose"),
    )
    teacher = forms.ModelChoiceField(
        label=_("Teacher"), queryset=Person.objects.none(), empty_label=_("choose")
    )
    studio = forms.ModelChoiceField(
        label=_("Preferred studio"),
        queryset=Location.objects.none(),
        required=False,
        empty_label=_("any studio"),
    )
    meetings_per_week = forms.IntegerField(
        label=_("Lessons a week"), min_value=1, max_value=section_entries.MOST_MEETINGS
    )
    wanted_minutes = forms.IntegerField(
        label=_("Minutes wanted"), min_value=section_entries.LEAST, max_value=section_entries.MOST
    )
    minimum_minutes = forms.IntegerField(
        label=_("Minutes at least"), min_value=section_entries.LEAST, max_value=section_entries.MOST
    )

    def __init__(self, data: Any, *, centre: Organisation, section: Section | None, today: date) -> None:
        year = school_year(today)
        usual: dict[str, Any] = {
            "academic_year": year, "wanted_minutes": 50, "minimum_minutes": 45, "meetings_per_week": 2,
        }  # fmt: skip
        if section is not None:
            usual = {name: getattr(section, name) for name in self.base_fields}
        super().__init__(data, initial=usual, auto_id="section-%s")
        self._years = {year - 1, year, year + 1, year + 2, usual["academic_year"]}
        people = Person.objects.filter(organisation=centre).filter(
            Q(is_active=True) | Q(pk=section.teacher_id if section else None)
        )
        studios = Location.objects.filter(organisation=centre, kind=Resource.Kind.STUDIO, is_active=True)
        self.fields["teacher"].queryset = people.order_by("kana", "name")  # type: ignore[attr-defined]  # rows
        self.fields["studio"].queryset = studios  # type: ignore[attr-defined]  # rows
        self._add_rows(section, today)

    def _add_rows(self, section: Section | None, today: date) -> None:
        self._parts, choices = _classes(today)
        pairs = list(section.schools.prefetch_related("parts")) if section else []
        taken = [(key, pair) for pair in pairs for key in _keys(pair.parts.all(), self._parts)]
        shown: set[int] = set()
        for n in range(max(ROWS, len(taken) + 2)):
            self.fields[f"class_{n}"] = forms.ChoiceField(
                label=_("Class %(n)d") % {"n": n + 1}, choices=choices, required=False
            )
            self.fields[f"pupils_{n}"] = forms.IntegerField(
                label=_("Pupils of class %(n)d") % {"n": n + 1}, min_value=0, max_value=999, required=False
            )
            if n < len(taken):
                key, pair = taken[n]
                self.initial[f"class_{n}"] = key
                # One number for a school, beside the first of its classes.
                self.initial[f"pupils_{n}"] = pair.headcount if pair.pk not in shown else 0
                shown.add(pair.pk)
        self.numbers = range(max(ROWS, len(taken) + 2))

    @property
    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"class_{n}"], self[f"pupils_{n}"]) for n in self.numbers]

    @property
    def plain_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.base_fields]

    def clean_academic_year(self) -> int:
        year: int = self.cleaned_data["academic_year"]
        if year not in self._years:
            raise forms.ValidationError(
                gettext("Choose a school year between last year and the year after next.")
            )
        return year

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        wanted, minimum = values.get("wanted_minutes"), values.get("minimum_minutes")
        if wanted and minimum and minimum > wanted:
            self.add_error("minimum_minutes", gettext("This must not be more than is wanted."))
        if not self.errors and not any(values.get(f"class_{n}") for n in self.numbers):
            self.add_error("class_0", gettext("Choose at least one class."))
        return values

    @property
    def facts(self) -> Facts:
        values = self.cleaned_data
        parts: set[int] = set()
        heads: dict[int, int] = defaultdict(int)
        for n in self.numbers:
            own = self._parts.get(values[f"class_{n}"], ())
            parts |= {part.pk for part in own}
            if own:
                typed = values[f"pupils_{n}"]
                heads[own[0].organisation_id] += sum(p.headcount for p in own) if typed is None else typed
        return Facts(
            course=values["course"],
            academic_year=values["academic_year"],
            name=Name(values["name"], values["name_en"]),
            teacher=values["teacher"],
            studio=values["studio"],
            wanted_minutes=values["wanted_minutes"],
            minimum_minutes=values["minimum_minutes"],
            meetings_per_week=values["meetings_per_week"],
            parts=frozenset(parts),
            headcounts=dict(heads),
        )


def _classes(today: date) -> tuple[dict[str, tuple[ClassPart, ...]], list[Any]]:
    """Every class, whole or a part of it, by its key; and the choices by school."""
    listed = ClassPart.objects.filter(is_active=True).select_related("group", "organisation")
    listed = listed.filter(Q(organisation__valid_until=None) | Q(organisation__valid_until__gt=today))
    groups: dict[int, list[ClassPart]] = defaultdict(list)
    for part in listed.order_by(
        "organisation__district", "organisation__kana", "group__grade", "group__name"
    ):
        groups[part.group_id].append(part)
    keyed: dict[str, tuple[ClassPart, ...]] = {}
    by_school: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for group_id, parts in groups.items():
        school, group = parts[0].organisation, parts[0].group
        keyed[f"g{group_id}"] = tuple(parts)
        by_school[school.short_name].append((f"g{group_id}", f"{school.short_name} {group.name}"))
        for part in parts if len(parts) > 1 else ():
            keyed[f"p{part.pk}"] = (part,)
            by_school[school.short_name].append((f"p{part.pk}", f"{school.short_name} {part.name}"))
    return keyed, [("", "–"), *by_school.items()]


def _keys(parts: Any, keyed: dict[str, tuple[ClassPart, ...]]) -> list[str]:
    """The fewest choices that name these parts: whole classes first."""
    left = {part.pk for part in parts}
    found = []
    for key, own in sorted(keyed.items(), key=lambda item: -len(item[1])):
        if left and {part.pk for part in own} <= left:
            found.append(key)
            left -= {part.pk for part in own}
    return found
