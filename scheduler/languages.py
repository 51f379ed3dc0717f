"""Japanese first: the reader's choice decides, never the browser's header.

The choice lives in the account and, while signed in, in the session; a cookie keeps it for
pages before sign-in.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.deprecation import MiddlewareMixin

from scheduler.models import User

SESSION_KEY = "language"
COOKIE_AGE_S = 365 * 24 * 60 * 60


def is_offered(language: str | None) -> bool:
    return language in dict(settings.LANGUAGES)


def chosen(request: HttpRequest) -> str:
    """The reader's language: the session's, the cookie's, else Japanese."""
    for language in (request.session.get(SESSION_KEY), request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)):
        if language is not None and is_offered(language):
            return str(language)
    return settings.LANGUAGE_CODE


def choose(request: HttpRequest, response: HttpResponse, language: str) -> None:
    """Keep `language` in the account, the session and the cookie."""
    user = request.user
    if isinstance(user, User):
        user.language = language
        user.save(update_fields=["language"])
        request.session[SESSION_KEY] = language
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=COOKIE_AGE_S,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


@receiver(user_logged_in, dispatch_uid="languages.adopt")
def adopt(sender: type[User], request: HttpRequest, user: User, **_signal: object) -> None:
    """Signing in brings the account's language; the response of the sign-in is already in it."""
    request.session[SESSION_KEY] = user.language
    translation.activate(user.language)


class LanguageMiddleware(MiddlewareMixin):
    """Stands after sessions, before everything that writes words."""

    def process_request(self, request: HttpRequest) -> None:
        language = chosen(request)
        translation.activate(language)
        request.LANGUAGE_CODE = language

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response.headers.setdefault("Content-Language", translation.get_language() or settings.LANGUAGE_CODE)
        patch_vary_headers(response, ("Cookie",))
        return response
