"""The service's settings, for tests: quick hashes, mail in memory, no worker."""

from __future__ import annotations

import os

os.environ.setdefault("SECRET_KEY", "tests-only-" + "0" * 50)

from scheduler.config.settings import *  # noqa: F403 -- the environment first
from scheduler.config.settings import HUEY

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
HUEY = {**HUEY, "immediate": True}
