"""The service's settings, for tests: quick hashes, mail in memory, no worker."""

from __future__ import annotations

import os

os.environ.setdefault("SECRET_KEY", "tests-only-" + "0" * 50)

from scheduler.config.settings import *  # noqa: F403 -- the environment first
from scheduler.config.settings import DATABASES, HUEY, VAR_DIR

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
HUEY = {**HUEY, "immediate": True}
# Inputs by the ten thousand come from one account; what limits them has a test of its own.
POSTS_PER_MINUTE = 0
# Nor does every test of an administrator sign in twice; those of the rules switch them on.
REQUIRE_SECOND_FACTOR, SESSION_IDLE_MINUTES, SESSION_HOURS = False, 0, 0

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, so that threads and server processes of a test share it, with WAL as in service.
    VAR_DIR.mkdir(parents=True, exist_ok=True)
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
# Assets straight from the packages: nothing has to be collected before a test.
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
