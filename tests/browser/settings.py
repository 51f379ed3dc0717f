"""The service's settings for a server process of a test: sources served as they stand, mail in files."""

from __future__ import annotations

from tests.settings import *  # noqa: F403 -- the tests' settings, for a process of its own
from tests.settings import VAR_DIR

WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = str(VAR_DIR / "mail")
