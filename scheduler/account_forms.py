"""allauth's forms in our words: a label above every field, and no placeholder that repeats it."""

from __future__ import annotations

import logging
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from allauth.account import forms as allauth_forms
from allauth.mfa.base import forms as factor_forms
from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from redis import RedisError

from scheduler import limits, tasks
from scheduler.models import User

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Labels = dict[str, str | _StrPromise]


logger = logging.getLogger(__name__)

MAILS_TO_AN_ADDRESS, MAILS_FROM_A_NETWORK = 5, 200
"""With a link for a new password, in an hour. All schools of a board of education may leave by one
address, and in April many have forgotten theirs."""


def _worded(form: forms.Form, labels: Labels) -> None:
    for name, label in labels.items():
        field = form.fields[name]
        field.label, field.help_text = label, ""
        field.widget.attrs.pop("placeholder", None)


NEW_PASSWORD: Labels = {
    "password1": _("New password"),
    "password2": _("New password, once more"),
}


def _explained(form: forms.Form) -> None:
    form.fields["password1"].help_text = " ".join(password_validation.password_validators_help_texts())


class LoginForm(allauth_forms.LoginForm):  # type: ignore[misc]  # allauth ships no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _worded(self, {"login": _("E-mail address"), "password": _("Password")})
        self.fields["login"].widget.attrs["autocomplete"] = "username"


class ResetPasswordForm(allauth_forms.ResetPasswordForm):  # type: ignore[misc]  # allauth ships no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _worded(self, {"email": _("E-mail address")})

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """The address. The worker writes to it, and gets as much to do where there is no such account, or
        the limits are reached: neither words nor time tell one from the other."""
        email = str(self.cleaned_data["email"])
        found = self.users[0].pk if self.users else None
        try:
            may = _may_send(email, request, is_known=found is not None)
            tasks.send_password_link(found if may else None)
        except RedisError as error:
            logger.warning("accounts: a link for a new password was not asked for: %s", type(error).__name__)
        return email


def _may_send(email: str, request: HttpRequest, *, is_known: bool) -> bool:
    """Counts mails that would be sent. Addresses without an account cost the same time and use nobody's
    share up: they are counted apart, and without an end."""
    what, times = ("reset", 1) if is_known else ("unknown", 1_000_000)
    address = sha256(email.lower().encode()).hexdigest()  # no address stands in the cache
    if not limits.may(f"{what}_to_address.{address}", MAILS_TO_AN_ADDRESS * times, limits.HOUR_S):
        return False
    network, most = limits.network_of(request), MAILS_FROM_A_NETWORK * times
    return network is None or limits.may(f"{what}_from_network.{network}", most, limits.HOUR_S)


class ResetPasswordKeyForm(allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]  # allauth ships no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _worded(self, NEW_PASSWORD)
        _explained(self)


class ChangePasswordForm(allauth_forms.ChangePasswordForm):  # type: ignore[misc]  # allauth ships no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _worded(self, {"oldpassword": _("Present password"), **NEW_PASSWORD})
        _explained(self)


def _digits(field: forms.Field) -> None:
    field.widget.attrs |= {"inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": "12"}


class CodeForm(factor_forms.AuthenticateForm):  # type: ignore[misc]  # allauth ships no types
    """The second step of a sign-in: the app's code, or a recovery code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _worded(self, {"code": _("Code")})
        self.fields["code"].widget.attrs["autofocus"] = True
        _digits(self.fields["code"])

    def clean_code(self) -> str:
        """allauth counts wrong codes, the app's and recovery codes together; its words are a password's."""
        try:
            return str(super().clean_code())
        except ValidationError as error:
            if error.code != "too_many_login_attempts":
                raise
        raise ValidationError(_("Too many wrong codes. Try again in 5 minutes."))


class FirstCodeForm(forms.Form):
    """The app's first code, which shows that it was set up."""

    code = forms.CharField(max_length=12, label=_("The six digits that the app shows"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _digits(self.fields["code"])


class PasswordForm(forms.Form):
    """Before what an unattended screen must not be enough for."""

    password = forms.CharField(
        label=_("Present password"), widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise forms.ValidationError(_("This is not your present password."))
        return password


class AcceptForm(forms.Form):
    """What somebody invited says about themselves: the name, and a password that only they know."""

    name = forms.CharField(max_length=80, label=_("Name"))
    password1 = forms.CharField(
        label=_("Password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    password2 = forms.CharField(
        label=_("Password, once more"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, email: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email
        self.fields["name"].widget.attrs["autocomplete"] = "name"
        _explained(self)

    def clean(self) -> dict[str, Any]:
        facts: dict[str, Any] = super().clean() or {}
        first, again = facts.get("password1"), facts.get("password2")
        if first and again and first != again:
            self.add_error("password2", _("The two passwords are not the same."))
        if first:
            try:
                password_validation.validate_password(
                    first, User(email=self.email, name=facts.get("name", ""))
                )
            except forms.ValidationError as error:
                self.add_error("password1", error)
        return facts
