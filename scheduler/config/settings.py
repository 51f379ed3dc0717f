"""Settings, all from the environment; every one is described in docs/settings.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from scheduler.config import environment

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = environment.directory("ENKAKU_VAR", default=BASE_DIR / "var")
"""Everything that is written: the database when embedded, collected assets, mail without a server."""

DEBUG = environment.flag("ENKAKU_DEBUG", default=False)
EMBEDDED = environment.flag("ENKAKU_EMBEDDED", default=False)
"""One process on loopback with its worker as a thread, over SQLite and the in-memory layer."""

SECRET_KEY = environment.text("SECRET_KEY")
if not SECRET_KEY:
    if not (EMBEDDED or DEBUG):
        raise ImproperlyConfigured(
            "Set SECRET_KEY to at least 50 random characters (make run makes one itself), for example by: "
            "python3 -c 'import secrets; print(secrets.token_urlsafe(50))'"
        )
    SECRET_KEY = environment.kept_secret(VAR_DIR / "secret_key")

ALLOWED_HOSTS = environment.items("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
PORT = environment.number("PORT", default=8000, least=0, most=65535)
PUBLIC_URL = environment.text("PUBLIC_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
BEHIND_PROXY = environment.flag("BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    # Only then are these headers the proxy's word and not the visitor's.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
IS_SECURE = PUBLIC_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if IS_SECURE else []
METRICS_TOKEN = environment.text("METRICS_TOKEN")
DRAIN_S = environment.number("DRAIN_SECONDS", default=0 if EMBEDDED else 5, least=0, most=60)
"""Before a web process that was told to stop closes its door: a proxy that asks /healthz moves on."""

INSTALLED_APPS = [
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "channels",
    "csp",
    "django_htmx",
    "huey.contrib.djhuey",
    "scheduler",
    "realtime",
    "classrooms",
    "clinics",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Around everything that may refuse by itself: a refusal is confined like a page.
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "scheduler.languages.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "scheduler.limits.LimitsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "scheduler.session_rules.SessionRulesMiddleware",
]

ROOT_URLCONF = "scheduler.config.urls"
ASGI_APPLICATION = "scheduler.config.asgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "scheduler.navigation.context",
            ],
            "builtins": ["scheduler.templatetags.words"],
        },
    },
]

DATABASES = {
    "default": environment.database(environment.text("DATABASE_URL", f"sqlite:///{VAR_DIR}/enkaku.sqlite3"))
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = environment.text("REDIS_URL")
if REDIS_URL:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

ICE_RELAY_ONLY = environment.flag("ICE_RELAY_ONLY", default=False)
STUN_URLS = environment.items("STUN_URLS")
TURN_URLS = environment.items("TURN_URLS")
TURN_SECRET = environment.text("TURN_SECRET")
if TURN_URLS and not TURN_SECRET:
    raise ImproperlyConfigured("TURN_URLS needs TURN_SECRET, the static-auth-secret of the TURN server.")
if ICE_RELAY_ONLY and not TURN_URLS:
    raise ImproperlyConfigured("ICE_RELAY_ONLY needs TURN_URLS: without a relay nobody would be connected.")

HUEY: dict[str, Any] = {
    "name": "enkaku",
    "immediate": False,
    "huey_class": "huey.RedisHuey" if REDIS_URL else "huey.SqliteHuey",
}
if REDIS_URL:
    HUEY["connection"] = {"url": REDIS_URL}
else:
    HUEY["filename"] = str(VAR_DIR / "jobs.sqlite3")

AUTH_USER_MODEL = "scheduler.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "scheduler.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
INVITATION_DAYS = environment.number("INVITATION_DAYS", default=7, least=1, most=60)
# One whole file of people in April (200), and 50 by hand or once more.
INVITATIONS_PER_HOUR = environment.number("INVITATIONS_PER_HOUR", default=250, least=1, most=10_000)
REQUIRE_SECOND_FACTOR = environment.flag("REQUIRE_SECOND_FACTOR", default=not EMBEDDED)
# For those who need a second factor. No regulation says how many minutes (domain/telemedicine.md, C7).
SESSION_IDLE_MINUTES = environment.number(
    "SESSION_IDLE_MINUTES", default=0 if EMBEDDED else 15, least=0, most=1440
)
SESSION_HOURS = environment.number("SESSION_HOURS", default=0 if EMBEDDED else 12, least=0, most=336)
MFA_ADAPTER = "scheduler.factors.Adapter"
MFA_FORMS = {"authenticate": "scheduler.account_forms.CodeForm"}
MFA_TOTP_ISSUER = "Enkaku"
# A telephone's clock may be half a minute wrong.
MFA_TOTP_TOLERANCE = 1
# Mails for a new password are counted in our form, which answers in the same words as ever.
ACCOUNT_RATE_LIMITS = {"reset_password": None}
ACCOUNT_FORMS = {
    "login": "scheduler.account_forms.LoginForm",
    "reset_password": "scheduler.account_forms.ResetPasswordForm",
    "reset_password_from_key": "scheduler.account_forms.ResetPasswordKeyForm",
    "change_password": "scheduler.account_forms.ChangePasswordForm",
}
# Nobody may make us write to an address that has no account.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""

SESSION_ENGINE = "scheduler.session_store"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = IS_SECURE
SESSION_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if IS_SECURE else 0
# Only a proxy's word tells http from https; without it every page would redirect to itself.
SECURE_SSL_REDIRECT = IS_SECURE and BEHIND_PROXY
# The domain is the organisation's, and its other hosts are not ours to bind.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
X_FRAME_OPTIONS = "DENY"
MAX_BODY_BYTES = environment.number("MAX_BODY_MB", default=25, least=1, most=1024) * 1024 * 1024
"""Of a whole request, files included; what is not a file is bound by DATA_UPLOAD_MAX_MEMORY_SIZE."""
MAX_ATTACHMENT_BYTES = environment.number("MAX_ATTACHMENT_MB", default=10, least=1, most=100) * 1024 * 1024
MAX_ATTACHMENTS = environment.number("MAX_ATTACHMENTS", default=10, least=1, most=100)
"""Of one consultation."""
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = 10
FILE_UPLOAD_PERMISSIONS = 0o600
REQUESTS_AT_ONCE = environment.number("REQUESTS_AT_ONCE", default=12, least=1, most=15)
POSTS_PER_MINUTE = environment.number("POSTS_PER_MINUTE", default=300, least=0, most=100_000)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF, "blob:"],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", "日本語"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "enkaku_language"
TIME_ZONE = "Asia/Tokyo"
USE_I18N = True
USE_TZ = True

UPLOADS_DIR = VAR_DIR / "uploads"
"""What was attached, outside what any web server hands out; part of every backup."""

STATIC_URL = "/static/"
STATIC_ROOT = Path(environment.text("STATIC_ROOT", str(VAR_DIR / "static")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = environment.text("EMAIL_HOST")
if not EMAIL_HOST:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(VAR_DIR / "mail")
EMAIL_PORT = environment.number("EMAIL_PORT", default=25, least=1, most=65535)
EMAIL_HOST_USER = environment.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = environment.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = environment.flag("EMAIL_USE_TLS", default=False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = environment.text("DEFAULT_FROM_EMAIL", "enkaku@localhost")

LOG_FORMAT = environment.choice("LOG_FORMAT", default="TEXT", among=("TEXT", "JSON"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"secrets": {"()": "scheduler.logs.SecretsFilter"}},
    "formatters": {
        "text": {
            "()": "scheduler.logs.LineFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        },
        "json": {"()": "scheduler.logs.JsonFormatter"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT.lower()},
        "count": {"class": "scheduler.logs.Counting", "level": "WARNING"},
    },
    "root": {
        "handlers": ["console", "count"],
        "level": environment.choice(
            "LOG_LEVEL", default="INFO", among=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
        ),
    },
    # One line a minute and job would bury what matters; failures are errors and stay.
    "loggers": {name: {"level": "WARNING"} for name in ("huey", "daphne", "asyncio", "pikepdf")}
    # These write requests' paths, and the path of a calendar feed is a secret.
    | {
        name: {"filters": ["secrets"], "propagate": True}
        for name in ("django.request", "django.server", "django.security.csrf")
    },
}
