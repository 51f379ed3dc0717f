"""What is typed about organisations and about their rooms and lines."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from scheduler import locations, organisations, texts
from scheduler.bell_forms import KeptField
from scheduler.models import Location, Organisation, Resource
from scheduler.models.organisations import validate_zone
from scheduler.typed_dates import TypedDateField

_DAY = dt.timedelta(days=1)


class LocationForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"))
    name = KeptField(label=pgettext_lazy("of a thing", "Name"), max_length=80)
    name_en = KeptField(label=_("Name in English"), max_length=80, required=False)
    capacity = forms.IntegerField(
        label=_("How many lessons at once"),
        min_value=1,
        max_value=locations.MOST_UNITS,
        help_text=_("1 for a room or a set; a line may carry several."),
    )
    position = forms.IntegerField(
        label=_("Place in the list"),
        min_value=0,
        max_value=999,
        help_text=_("What stands first is chosen first."),
    )
    is_active = forms.BooleanField(label=_("In use: it is offered for new lessons"), required=False)

    def __init__(self, data: Any, *, place: Location | None) -> None:
        usual = {name: getattr(place, name) for name in locations.FIELDS} if place else {}
        super().__init__(
            data, initial=usual or {"capacity": 1, "position": 1, "is_active": True}, auto_id="place-%s"
        )
        kinds = [(kind.value, Resource.Kind(kind).label) for kind in locations.KINDS]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]  # a choice field

    @property
    def facts(self) -> locations.Facts:
        return locations.Facts(**self.cleaned_data)


class OrganisationForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=Organisation.Kind.choices)
    code = forms.CharField(
        label=_("Code"), max_length=20, help_text=_("The ministry's school code or the like; given once.")
    )
    name = KeptField(
        label=pgettext_lazy("of a thing", "Name"),
        max_length=100,
        help_text=_("In full, as in documents."),
    )
    short_name = KeptField(label=_("Short name"), max_length=40, help_text=_("As people say it: 利尻."))
    name_en = KeptField(label=_("Name in English"), max_length=100, required=False)
    kana = KeptField(label=_("Reading of the short name (kana)"), max_length=100, required=False)
    district = KeptField(label=_("District"), max_length=40, required=False, help_text=_("As 宗谷."))
    municipality = KeptField(label=_("Municipality"), max_length=40, required=False)
    telephone = forms.CharField(label=_("Telephone"), max_length=20, required=False)
    time_zone = forms.CharField(
        label=_("Time zone"), max_length=60, validators=[validate_zone], help_text=_("As Asia/Tokyo.")
    )
    last_day = TypedDateField(
        label=_("Last day"),
        required=False,
        help_text=_("Of an organisation that closes or merges. Its records stay."),
    )

    def __init__(self, data: Any, *, organisation: Organisation | None) -> None:
        usual: dict[str, Any] = {"kind": Organisation.Kind.HIGH_SCHOOL, "time_zone": "Asia/Tokyo"}
        if organisation is not None:
            usual = {name: getattr(organisation, name) for name in organisations.FIELDS}
            until = usual.pop("valid_until")
            usual["last_day"] = until - _DAY if until else None
        super().__init__(data, initial=usual, auto_id="organisation-%s")
        if organisation is not None:
            self.fields["kind"].disabled = True

    def clean_code(self) -> str:
        code = texts.plain(self.cleaned_data["code"])
        if not code:
            raise forms.ValidationError(gettext("This is empty."))
        return code

    def clean_kana(self) -> str:
        return texts.reading(self.cleaned_data["kana"])

    def clean_telephone(self) -> str:
        return texts.plain(self.cleaned_data["telephone"])

    @property
    def facts(self) -> organisations.Facts:
        values = dict(self.cleaned_data)
        last = values.pop("last_day")
        return organisations.Facts(**values, valid_until=last + _DAY if last else None)
