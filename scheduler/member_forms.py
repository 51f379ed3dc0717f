"""Forms of posts and invitations. People write the last day of a post; rows keep the first day after it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.utils import timezone
from django.utils.translation import get_language, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from scheduler import members
from scheduler.imports import listed_words
from scheduler.members import Mandate
from scheduler.models import Membership, Organisation, Role
from scheduler.typed_dates import TypedDateField

_ONE_DAY = timedelta(days=1)


class OrganisationField(forms.ModelChoiceField):  # type: ignore[type-arg]  # takes none at run time
    """By the name that people say, with what tells two of the same name apart."""

    def label_from_instance(self, obj: Any) -> str:
        assert isinstance(obj, Organisation)
        return f"{obj.name}（{obj.district}）" if obj.district else obj.name


class DatesForm(forms.Form):
    """`valid_until` in `cleaned_data` is the first day on which the post no longer holds, or None."""

    post = forms.CharField(
        max_length=40,
        required=False,
        label=_("Title of the post"),
        help_text=_("As it is called there, for example 教諭, 内科部長. It may stay empty."),
    )
    valid_from = TypedDateField(label=_("First day"))
    last_day = TypedDateField(
        required=False, label=_("Last day"), help_text=_("Empty: until somebody ends it.")
    )

    def clean(self) -> dict[str, Any]:
        facts: dict[str, Any] = super().clean() or {}
        first, last = facts.get("valid_from"), facts.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("The last day lies before the first."))
        facts["valid_until"] = last + _ONE_DAY if last else None
        return facts

    @staticmethod
    def of(membership: Membership) -> dict[str, Any]:
        until = membership.valid_until
        return {
            "post": membership.post,
            "valid_from": membership.valid_from,
            "last_day": until - _ONE_DAY if until else None,
        }


class PostForm(DatesForm):
    """A post among those that its giver may give."""

    organisation = OrganisationField(
        Organisation.objects.none(), label=_("Organisation"), empty_label=_("choose")
    )
    role = forms.ChoiceField(label=pgettext_lazy("of a post", "Role"))

    def __init__(self, holder: Mandate, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {}).setdefault("valid_from", timezone.localdate())
        super().__init__(*args, **kwargs)
        self.holder = holder
        choice, role = self.fields["organisation"], self.fields["role"]
        assert isinstance(choice, forms.ModelChoiceField)
        assert isinstance(role, forms.ChoiceField)
        choice.queryset = members.organisations(holder)
        choice.widget.choices = choice.choices
        role.choices = [("", _("choose")), *_grouped(holder, choice.queryset)]
        if choice.queryset.count() == 1:
            choice.initial = choice.queryset[0].pk

    def clean(self) -> dict[str, Any]:
        facts = super().clean()
        organisation, role = facts.get("organisation"), facts.get("role")
        if organisation and role and role not in self.holder.roles_at(organisation):
            given = self.holder.roles_at(organisation)
            words = gettext("The roles of %(organisation)s are: %(roles)s") % {
                "organisation": organisation.label.in_language(get_language() or "ja"),
                "roles": listed_words(str(each.label) for each in Role if each in given),
            }
            self.add_error("role", words)
        return facts


def _grouped(holder: Mandate, places: Iterable[Organisation]) -> list[Any]:
    """The roles that the holder may give, under the kinds of organisation which have them."""
    kinds: dict[Role, list[str]] = {}
    for place in places:
        for role in holder.roles_at(place):
            label = str(Organisation.Kind(place.kind).label)
            if label not in kinds.setdefault(role, []):
                kinds[role].append(label)
    groups: dict[str, list[tuple[str, Any]]] = {}
    for role in Role:
        if role in kinds:
            groups.setdefault(listed_words(kinds[role]), []).append((role.value, role.label))
    return list(groups.items()) if len(groups) > 1 else [each for one in groups.values() for each in one]


class InviteForm(PostForm):
    # As they stand on the page: its summary of errors follows it.
    field_order = ("email", "name", "name_en", "organisation", "role", "valid_from", "last_day", "post")
    email = forms.EmailField(
        max_length=254, label=_("E-mail address"), help_text=_("The person signs in with it.")
    )
    name = forms.CharField(max_length=80, label=_("Name"))
    name_en = forms.CharField(max_length=80, required=False, label=_("Name in Latin letters"))
    language = forms.ChoiceField(
        choices=[("ja", "日本語"), ("en", "English")], label=_("Language of the mail")
    )
    intention = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
