"""What a form says of a field that was filled in wrongly.

Django's own sentences are translated here once more, in the words of the other pages: our catalogue
is read before Django's.
"""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext

DJANGOS = (
    gettext_noop("This field is required."),
    gettext_noop("Ensure this value is greater than or equal to %(limit_value)s."),
    gettext_noop("Ensure this value is less than or equal to %(limit_value)s."),
    gettext_noop("Enter a whole number."),
    gettext_noop("Enter a number."),
    gettext_noop("Enter a valid email address."),
    gettext_noop("Enter a valid time."),
    gettext_noop("Select a valid choice. That choice is not one of the available choices."),
    gettext_noop("Select a valid choice. %(value)s is not one of the available choices."),
    gettext_noop("No file was submitted. Check the encoding type on the form."),
    gettext_noop("The submitted file is empty."),
)


def at_field(field: BoundField) -> list[str]:
    """As it reads beside the field."""
    return [words for _alone, words in _problems(field)]


def in_summary(field: BoundField) -> list[str]:
    """As it reads at the head of the page, where its field is named."""
    return [words if alone else named(field.label, words) for alone, words in _problems(field)]


def named(label: object, words: object) -> str:
    """「件名：80字までです」 or "Title: at most 80 characters"."""
    return pgettext("label: words", "%(label)s: %(words)s") % {"label": label, "words": words}


def _problems(field: BoundField) -> list[tuple[bool, str]]:
    """Each with whether it names the field itself."""
    found: list[tuple[bool, str]] = []
    for error in field.errors.as_data():
        if error.code == "required":
            found.append((True, _missing(field)))
        else:
            found += [(False, words) for words in ValidationError(error).messages]
    return found


def _missing(field: BoundField) -> str:
    is_chosen = isinstance(field.field, forms.ChoiceField | forms.FileField | forms.BooleanField)
    words = _("Choose: %(label)s") if is_chosen else _("Fill in: %(label)s")
    return words % {"label": field.label}
