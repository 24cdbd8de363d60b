"""Django's settings, all derived from one typed Env. No mode files: demo, test and production differ by values."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pianqu.composition.csp import policy
from pianqu.composition.env import Env, current
from pianqu.foundation.installation import EvmChain, Installation
from pianqu.foundation.keys import read_keys

ENV = current()
HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent


def evm_chain(env: Env) -> EvmChain | None:
    """The chain on which the ledger is anchored, where one is named."""
    if not env.evm_url:
        return None
    return EvmChain(
        url=env.evm_url,
        chain_id=env.evm_chain_id,
        token=env.evm_token,
        to=env.evm_to,
        every=timedelta(hours=env.evm_hours),
        confirmations=env.evm_confirmations,
        most_gas_price=env.evm_gwei * 10**9,
    )


INSTALLATION = Installation(
    data=ENV.data,
    keys=ENV.key_folder,
    district_code=ENV.district,
    ledger_origin=ENV.ledger_origin,
    tiles=ENV.tiles,
    public_url=ENV.public_url or f"http://localhost:{ENV.port}",
    sms_url=ENV.sms_url,
    sms_token=ENV.sms_token,
    tsa_url=ENV.tsa_url,
    tsa_ca=ENV.tsa_ca,
    gm=ENV.gm,
    evm=evm_chain(ENV),
    webhook_networks=ENV.webhook_networks,
    api_rate=ENV.api_rate,
    mail_from=ENV.mail_from if ENV.mail_url else "",
)
SECRET_KEY = read_keys(ENV.key_folder).session_secret
DEBUG = ENV.debug
ALLOWED_HOSTS = list(ENV.allowed_hosts)

ROOMS = ["ledger", "directory", "territory", "planning", "casework", "partners", "notices"]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_cotton.apps.SimpleAppConfig",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "pianqu.foundation",
    *(f"pianqu.rooms.{room}" for room in ROOMS),
]
PLANNING_WORKLOAD = "pianqu.rooms.casework.queries.work_by_place"
"""What each community had to do in a year: planning asks it of a room above."""
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "pianqu.foundation.middleware.ProblemMiddleware",
    "pianqu.composition.problems.programs",
]
ROOT_URLCONF = "pianqu.composition.urls"
WSGI_APPLICATION = "pianqu.composition.wsgi.application"
AUTH_USER_MODEL = "foundation.Account"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "pianqu.foundation.folding.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": ["django_cotton.templatetags.cotton"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "pianqu.composition.context.desk",
            ],
        },
    }
]


def database(url: str) -> dict[str, Any]:
    """Django's entry for `PIANQU_DATABASE`: empty means SQLite in the data folder."""
    if not url:
        return {
            "ENGINE": "pianqu.foundation.backends.sqlite",
            "NAME": str(ENV.data / "pianqu.sqlite3"),
            "TEST": {"NAME": str(ENV.data / "test.sqlite3")},
            "CONN_MAX_AGE": None,
            "ATOMIC_REQUESTS": False,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 10,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA mmap_size=134217728;"
                "PRAGMA wal_autocheckpoint=16384;",
            },
        }
    parts = urlsplit(url)
    return {
        "ENGINE": "pianqu.foundation.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES = {"default": database(ENV.database)}
_VALIDATORS = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATORS}.UserAttributeSimilarityValidator", "OPTIONS": {"user_attributes": ["login", "name"]}},
    {"NAME": "pianqu.composition.signing.lengths.LongEnough", "OPTIONS": {"min_length": 10}},
    {"NAME": f"{_VALIDATORS}.CommonPasswordValidator"},
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]


def mail_server(url: str) -> dict[str, Any]:
    """Django's names for `PIANQU_MAIL_URL`; smtps is TLS from the first byte, smtp turns it on."""
    parts = urlsplit(url)
    whole = parts.scheme == "smtps"
    return {
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or (465 if whole else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": whole,
        "EMAIL_USE_TLS": not whole and bool(parts.username),
        "EMAIL_TIMEOUT": 10,
    }


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"errors": {"class": "logging.StreamHandler", "level": "ERROR"}},
    "loggers": {"django.request": {"handlers": ["errors"]}},
}
"""A page that breaks leaves its traceback on the server's error output; Django's default sends it to nobody."""

globals().update(mail_server(ENV.mail_url))
# allauth keeps authenticators. Its pages are not mounted: sign-in, its locks and its words are ours.
ACCOUNT_USER_MODEL_USERNAME_FIELD, ACCOUNT_USER_MODEL_EMAIL_FIELD = "login", None
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = False
MFA_ADAPTER = "pianqu.composition.signing.adapter.Adapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
SOCIALACCOUNT_ADAPTER = "pianqu.composition.outside.Adapter"
SOCIALACCOUNT_STORE_TOKENS = SOCIALACCOUNT_EMAIL_AUTHENTICATION = False


def identity_services(env: Env) -> list[dict[str, Any]]:
    """allauth's names for PIANQU_OIDC_… (colleagues) and PIANQU_PROOF_… (residents): those that are set."""
    staff = ("oidc", env.oidc_name, env.oidc_client, env.oidc_secret, env.oidc_issuer, ["openid"])
    proof = ("residents", env.proof_name, env.proof_client, env.proof_secret, env.proof_issuer, env.proof_scope.split())
    return [
        {
            "provider_id": provider,
            "name": name,
            "client_id": client,
            "secret": secret,
            "settings": {
                "server_url": issuer,
                "fetch_userinfo": False,
                "oauth_pkce_enabled": True,
                "scope": scope,
            },
        }
        for provider, name, client, secret, issuer, scope in (staff, proof)
        if issuer
    ]


SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": identity_services(ENV)}}
PROOF_CLAIM = ENV.proof_claim

LANGUAGE_CODE = ENV.language
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LANGUAGE_COOKIE_HTTPONLY = True
LOCALE_PATHS = [  # named here so that our words win over those of Django's own apps
    HERE / "locale",
    PACKAGE / "foundation" / "locale",
    *(PACKAGE / "rooms" / room / "locale" for room in ROOMS),
]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = ENV.debug

SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENV.https
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "pianqu.composition.problems.csrf_failure"
CONTENT_SECURITY_POLICY = policy(ENV.tiles)
LOGIN_URL = "/sign-in/"
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
