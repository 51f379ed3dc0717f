"""Dates that people type: from 1950 to 2100, which every page, rule and file can work with.

A pupil's first day lies no earlier, no plan later; the ends of Python's calendar (years 1 and 9999) have
no day before or after them, and a school year that begins there cannot be counted.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from scheduler import texts

EARLIEST, LATEST = dt.date(1950, 1, 1), dt.date(2100, 12, 31)
OUT_OF_RANGE = _("Choose a date from 1950 to 2100.")
_ERAS = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988, "昭和": 1925, "S": 1925}
_COMMON = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{4})(\d{2})(\d{2})")
_OF_ERA = re.compile(r"(令和|平成|昭和|[RHSrhs])(\d{1,2}|元)[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


def is_plausible(day: dt.date) -> bool:
    return EARLIEST <= day <= LATEST


def read(text: str) -> dt.date | None:
    """2026-04-01, 2026/4/1, 2026年4月1日, 20260401, R8.4.1 or 令和8年4月1日; None for anything else."""
    plain = texts.plain(text).replace(" ", "")
    if found := _OF_ERA.fullmatch(plain):
        era, year, month, day = found.groups()
        parts = (_ERAS[era.upper()] + (1 if year == "元" else int(year)), int(month), int(day))
    elif found := _COMMON.fullmatch(plain):
        year, month, day = (part for part in found.groups() if part is not None)
        parts = (int(year), int(month), int(day))
    else:
        return None
    try:
        return dt.date(*parts)
    except ValueError:
        return None


def date_input() -> forms.DateInput:
    """The browser's own field of dates; it is given what is there already in the form that it takes."""
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class TypedDateField(forms.DateField):
    """A date from `EARLIEST` to `LATEST`; another is refused at its field."""

    widget = date_input()
    default_validators = [
        MinValueValidator(EARLIEST, OUT_OF_RANGE),
        MaxValueValidator(LATEST, OUT_OF_RANGE),
    ]

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "min": EARLIEST.isoformat(), "max": LATEST.isoformat()}
