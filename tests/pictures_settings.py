"""The settings of a server process whose clock shows a school day, for `make pictures`.

`timezone.now` is moved by a fixed distance, so time goes on; a Sunday's pictures show Tuesday's
lessons. Nothing outside the pictures uses this.
"""

from __future__ import annotations

import os
from datetime import datetime

from django.utils import timezone

from tests.browser.settings import *  # noqa: F403 -- as the browser tests' server

STARTED = datetime.fromisoformat(os.environ["PICTURES_STARTED"])
SHOWS = datetime.fromisoformat(os.environ["PICTURES_AT"])
_real_now = timezone.now


def _shifted() -> datetime:
    return _real_now() + (SHOWS - STARTED)


timezone.now = _shifted
SESSION_COOKIE_AGE = 400 * 24 * 60 * 60  # so that Chromium's own clock finds the session valid
