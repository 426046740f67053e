"""All of Lamplight's settings, in one file; values come through `config.env`."""

from pathlib import Path

from csp.constants import NONE, SELF
from psycopg.conninfo import conninfo_to_dict

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = env.text("LAMPLIGHT_SECRET_KEY")
DEBUG = env.flag("LAMPLIGHT_DEBUG", default="no")
ALLOWED_HOSTS = env.words("LAMPLIGHT_HOSTS", "127.0.0.1,localhost,[::1]")
HTTPS = env.flag("LAMPLIGHT_HTTPS", default="no")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.gis",
    "guardian",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "csp",
    "governance",
    "forecasting",
    "audits",
    "public_portal",
    "config",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "governance.permissions.one_checker_per_request",
    "governance.permissions.pages_of_a_session_are_not_kept",
    "config.problems.RefusalMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.frame",
            ],
        },
    }
]

# --- database: the application's role works; the owner's role only migrates -----------------------------

DATABASE_ROLE = env.text("LAMPLIGHT_DATABASE_ROLE", "app")
DATABASE_APP_URL = env.text("DATABASE_URL")
DATABASE_OWNER_URL = env.text("DATABASE_OWNER_URL", DATABASE_APP_URL)


def database(url: str) -> dict[str, object]:
    """Return Django's settings for one PostgreSQL address."""
    parts = conninfo_to_dict(url)
    return {
        "ENGINE": "django.contrib.gis.db.backends.postgis",
        "NAME": parts.get("dbname", "lamplight"),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": parts.get("port", ""),
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": 60,
        # A client that hangs inside a deed holds the record's lock; the longest computation inside one takes less.
        "OPTIONS": {"options": "-c idle_in_transaction_session_timeout=600000"},
    }


DATABASES = {"default": database(DATABASE_OWNER_URL if DATABASE_ROLE == "owner" else DATABASE_APP_URL)}
DATABASE_APP_ROLE = str(conninfo_to_dict(DATABASE_APP_URL).get("user", ""))
SILENCED_SYSTEM_CHECKS = [
    "gis.W001"
]  # Debian 12 ships GDAL 3.6; CRS definitions come from PROJ, never from a file
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- people ------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "governance.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None  # guardian: no row for visitors without an account
GUARDIAN_MONKEY_PATCH_USER = False
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"

# --- what goes over the wire --------------------------------------------------------------------------------

EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"  # Plotly adds an empty <style>
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF, EMPTY_STYLE],
        "img-src": [SELF, "data:", "blob:"],
        "worker-src": ["blob:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "config" / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "config.plotly_finder.PlotlyFinder",
]
WHITENOISE_USE_FINDERS = True

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "config.problems.api_problem",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "DEFAULT_PAGINATION_CLASS": "governance.api.limits.Page",
    "DEFAULT_THROTTLE_CLASSES": ["governance.api.limits.VisitorThrottle"],
    # How many proxies stand in front of us and add to X-Forwarded-For; 0: the connection's own address counts,
    # so nobody escapes the limit by sending the header himself.
    "NUM_PROXIES": int(env.text("LAMPLIGHT_PROXIES", "0")),
}
# Requests of one address without an account, counted by each server process; more are answered with 429.
# "" sets no limit.
API_VISITOR_RATE = env.text("LAMPLIGHT_API_RATE", "120/minute")
# Public comments of one address, counted the same way.
COMMENT_RATE = env.text("LAMPLIGHT_COMMENT_RATE", "10/hour")
SPECTACULAR_SETTINGS = {
    "TITLE": "Lamplight",
    "DESCRIPTION": "Public endpoints carry released numbers only; the rest needs a signed-in role.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "ENUM_NAME_OVERRIDES": {
        "VoteVerdict": "governance.api.requests.VERDICTS",
        "AuditVerdict": "audits.api.VERDICTS",
    },
}

# --- work ----------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = env.text("LAMPLIGHT_BROKER", "memory://")
CELERY_TASK_ALWAYS_EAGER = env.flag("LAMPLIGHT_TASKS_IN_LINE", default="yes")
CELERY_TASK_EAGER_PROPAGATES = True
CELERY_TASK_ACKS_LATE = True  # a task lost with its worker runs again; every task is safe to repeat
CELERY_TIMEZONE = "UTC"

ARTIFACTS_FOLDER = Path(env.text("LAMPLIGHT_ARTIFACTS", str(BASE_DIR / "var" / "artifacts")))
ID_KEY = bytes.fromhex(
    env.text("LAMPLIGHT_ID_KEY")
)  # keys the HMAC that stands for a source's incident number
LOG_SEED = bytes.fromhex(env.text("LAMPLIGHT_LOG_SEED"))  # the log's Ed25519 seed
LOG_ORIGIN = env.text("LAMPLIGHT_LOG_ORIGIN", "lamplight.local/log")
LOG_FOLDER = Path(env.text("LAMPLIGHT_LOG_FOLDER", str(BASE_DIR / "var" / "published-log")))
LOG_URL = env.text("LAMPLIGHT_LOG_URL", "")  # where the public finds the log; stands in the witness policy
LOG_POLICY_FILE = env.text("LAMPLIGHT_LOG_POLICY", "")  # C2SP tlog-policy: who witnesses; "": nobody is asked
# What happens while the policy's witnesses do not answer: `wait` holds the publication back, `proceed` goes on
# without them. Either is announced in the log and said on the portal.
LOG_WITHOUT_QUORUM = env.choice("LAMPLIGHT_LOG_WITHOUT_QUORUM", ("wait", "proceed"))

# --- e-mail: what people are told, never a place, a person or a reason --------------------------------------

_MAIL = env.mail()
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST, EMAIL_PORT = _MAIL.host, _MAIL.port  # "": no e-mail is sent, and the page of notices says so
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL.user, _MAIL.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _MAIL.security == "starttls", _MAIL.security == "tls"
EMAIL_TIMEOUT = 5  # seconds: in line, a page waits for it
DEFAULT_FROM_EMAIL = _MAIL.sender
SITE_URL = _MAIL.site

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {"lamplight": {"handlers": ["console"], "level": env.text("LAMPLIGHT_LOG_LEVEL", "WARNING")}},
}
