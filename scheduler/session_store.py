"""Sessions in the database, as Django's; a cookie that cannot be the key of one is none.

Django asks the database for whatever somebody wrote into the cookie, and PostgreSQL refuses a NUL.
"""

from __future__ import annotations

import re

from django.contrib.sessions.backends import db

_KEY = re.compile(r"[a-z0-9]{8,40}")


def is_key(text: str) -> bool:
    return _KEY.fullmatch(text) is not None


class SessionStore(db.SessionStore):
    """Its name is Django's own, and so the salt with which sessions are signed."""

    def _validate_session_key(self, key: str | None) -> bool:
        return key is not None and is_key(key)
