"""A school's terms, by which registers are handed in: entering them, and which one a date lies in."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from classrooms import pupils
from scheduler.models import Organisation, Term
from scheduler.names import Name
from scheduler.typed_dates import EARLIEST, LATEST, TypedDateField
from scheduler.wallclock import school_year, school_year_label

LONGEST = dt.timedelta(days=366)


class OverlapError(Exception):
    """Another term of the school has some of these days."""

    def __init__(self, other: Term) -> None:
        super().__init__()
        self.other = other


def of_school(school: Organisation) -> list[Term]:
    """The newest first; without those of impossible years, which may have been written past the form."""
    possible = Term.objects.filter(organisation=school, starts_on__gte=EARLIEST, ends_on__lte=LATEST)
    return list(possible.order_by("-starts_on"))


def whole_year(school: Organisation, year: int) -> Term:
    """The school year from April to March as one term that is kept nowhere: 通年."""
    return Term(
        organisation=school,
        academic_year=year,
        number=0,
        name="通年",
        name_en="Whole year",
        starts_on=dt.date(year, 4, 1),
        ends_on=dt.date(year + 1, 3, 31),
    )


def label(term: Term) -> Name:
    """「令和8年度 前期」."""
    year = Name(school_year_label(term.academic_year, "ja"), school_year_label(term.academic_year, "en"))
    name = term.label
    return Name(f"{year.ja} {name.ja}", f"{year.en}, {name.in_language('en')}")


@transaction.atomic
def save(school: Organisation, term: Term | None, *, name: str, starts_on: dt.date, ends_on: dt.date) -> Term:
    """A new term, or `term` corrected. It belongs to the school year in which it begins.

    Raises OverlapError: a lesson is handed in once.
    """
    pupils.lock(school.pk)
    others = Term.objects.filter(organisation=school).exclude(pk=term.pk if term else 0)
    other = others.filter(starts_on__lte=ends_on, ends_on__gte=starts_on).first()
    if other is not None:
        raise OverlapError(other)
    year = school_year(starts_on)
    found = term or Term(organisation=school, academic_year=year)
    if found.pk is None or found.academic_year != year:
        last = others.filter(academic_year=year).aggregate(last=Max("number"))["last"]
        found.academic_year, found.number = year, (last or 0) + 1
    found.name, found.starts_on, found.ends_on = name, starts_on, ends_on
    found.save()
    return found


class TermForm(forms.Form):
    name = forms.CharField(label=_("Name of the term"), max_length=40, help_text=_("As 1学期 or 前期."))
    starts_on = TypedDateField(label=_("First day"))
    ends_on = TypedDateField(label=_("Last day"))

    def __init__(self, data: Any, *, term: Term | None = None) -> None:
        usual = {name: getattr(term, name) for name in ("name", "starts_on", "ends_on")} if term else {}
        super().__init__(data, initial=usual, auto_id="term-%s")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        first, last = values.get("starts_on"), values.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", _("The last day lies before the first."))
        elif first and last and last - first > LONGEST:
            self.add_error("ends_on", _("A term is no longer than a year."))
        return values
