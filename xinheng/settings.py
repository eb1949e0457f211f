"""Django's settings, all of them.

Where the database is comes from XINHENG_DSN (set by `xinheng.operate` for the embedded server) or
DATABASE_URL (a server of your own). Secrets come from files in the data directory, made at the
first start with mode 0600.
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

REPOSITORY = Path(__file__).resolve().parent.parent
XINHENG_DATA = Path(os.environ.get("XINHENG_DATA", REPOSITORY / ".xinheng")).absolute()
XINHENG_KEYS_DIR = XINHENG_DATA / "keys"
XINHENG_LEDGER_DIR = XINHENG_DATA / "ledger"
XINHENG_IMPORTS_DIR = XINHENG_DATA / "imports"
LEDGER_ORIGIN = os.environ.get("XINHENG_LEDGER_ORIGIN", "xinheng.local/ledger")


def _secret_key() -> str:
    """The signing key of sessions, kept in the data directory; a throw-away one where there is none
    yet.
    """
    if value := os.environ.get("XINHENG_SECRET_KEY"):
        return value
    path = XINHENG_KEYS_DIR / "django-secret"
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        value = secrets.token_urlsafe(48)
        if XINHENG_KEYS_DIR.is_dir():
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(fd, "w") as file:
                file.write(value)
        return value


def database_from_url(url: str) -> dict[str, object]:
    """Connection settings from postgres://user:password@host:port/name?host=/socket/dir."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "xinheng",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host") or parts.hostname or "",
        "PORT": str(query.get("port") or parts.port or ""),
    }


SECRET_KEY = _secret_key()
DEBUG = False
TESTING = "pytest" in sys.modules
ALLOWED_HOSTS = os.environ.get("XINHENG_HOSTS", "127.0.0.1,localhost,[::1],testserver").split(",")
SECURE = os.environ.get("XINHENG_HTTPS", "") == "1"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "axes",
    "csp",
    "xinheng.vault",
    "xinheng.ledger",
    "xinheng.people",
    "xinheng.intake",
    "xinheng.almanac",
    "xinheng.customers",
    "xinheng.policies",
    "xinheng.limits",
    "xinheng.receivables",
    "xinheng.dossiers",
    "xinheng.inquiries",
    "xinheng.contracts",
    "xinheng.relations",
    "xinheng.decisions",
    "xinheng.modelling",
    "xinheng.applications",
    "xinheng.web",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "xinheng.web.frame.guarding.keep_nothing",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "xinheng.urls"
ASGI_APPLICATION = "xinheng.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [REPOSITORY / "xinheng" / "web" / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "xinheng.web.context.frame",
            ],
            "builtins": ["django.templatetags.static", "xinheng.web.templatetags.xinheng"],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
        },
    }
]

_DATABASE = database_from_url(
    os.environ.get("XINHENG_DSN") or os.environ.get("DATABASE_URL") or "postgres:///xinheng"
)
# Pages and commands bind on the client as Django does; the JSON door has a connection of its own
# that prepares each statement once (speed.md, "Traps").
DATABASES = {
    "default": {
        **_DATABASE,
        "OPTIONS": {} if TESTING else {"pool": {"min_size": 1, "max_size": 8, "timeout": 20}},
    },
    "door": {
        **_DATABASE,
        # One generic plan per statement, by index: a plan made while a table was still empty must
        # not stay a sequential scan for ever.
        "OPTIONS": {
            "server_side_binding": True,
            "prepare_threshold": 0,
            "options": "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off"
            " -c enable_hashjoin=off -c enable_mergejoin=off -c enable_bitmapscan=off"
            " -c enable_material=off"
            " -c max_parallel_workers_per_gather=0 -c jit=off",
        },
        "CONN_MAX_AGE": None,
        "TEST": {"MIRROR": "default"},
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
PASSWORD_HASHERS = (
    ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if TESTING
    else ["django.contrib.auth.hashers.Argon2PasswordHasher"]
)
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_ENABLED = not TESTING
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in/"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"  # instants are UTC; due dates are calendar dates in the company's zone
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "/static/"
STATIC_ROOT = XINHENG_DATA / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = TESTING  # no walk per client of a test
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = SECURE
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "xinheng_session"
CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "xinheng_csrf"
CSRF_COOKIE_HTTPONLY = False
LANGUAGE_COOKIE_SECURE = SECURE
LANGUAGE_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
# Messages name orders and amounts: they wait in the session, not in a cookie of the browser.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SECURE_SSL_REDIRECT = SECURE
# The supervisor and load balancers ask over plain HTTP whether the process lives.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        # ECharts places its tooltips with style attributes; no script is ever inline.
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("XINHENG_LOG", "WARNING")},
}
