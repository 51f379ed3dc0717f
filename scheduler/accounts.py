"""Sign-in: who may have an account, and how allauth is bent to it."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """No open sign-up: accounts are made by administrators."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
