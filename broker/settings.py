"""Django's settings: one file, everything that differs between places comes from broker/env.py."""

from pathlib import Path

from broker import env

ENV = env.read()
BASE_DIR = Path(__file__).resolve().parent.parent
HOME = ENV.home

SECRET_KEY = ENV.keys["SECRET_KEY"].bytes.hex()
DEBUG = ENV.debug
DEMO = ENV.demo
ALLOWED_HOSTS = ENV.hosts
CSRF_TRUSTED_ORIGINS = ENV.origins

# --- what is ours -----------------------------------------------------------------------------------
MASTER_KEY = ENV.keys["MASTER_KEY"]  # genomics._vault
SEAL_KEY = ENV.keys["SEAL_KEY"]  # consent.records
LEDGER_KEY = ENV.keys["LEDGER_KEY"]  # consent.ledger: Ed25519 seed
LEDGER_ORIGIN = "genomic-broker/ledger"
CHECKPOINT_FILE = HOME / "checkpoints.txt"  # outside the database: an old database beside it is noticed
WITNESS_URL = ENV.witness_url  # consent.ledger.witnesses
WITNESS_KEY = ENV.witness_key
STORAGE_URL = ENV.storage_url
KEYS_DIR = ENV.keys_dir  # genomics._vault.epochs
MASTER_KEY_URL = ENV.master_key_url  # genomics._vault.master
MASTER_KEY_TOKEN_FILE = ENV.master_key_token_file
BACKUP_DAYS = ENV.backup_days
REFERENCE_DIR = HOME / "reference"  # genomes and chains; of no participant, so not on the shelf
QUEUE_FILE = HOME / "queue.sqlite3"
TICK_FILE = HOME / "ticked"  # broker.clock: when the clock last ticked
SHARED_DIR = ENV.shared
LEASE_SECONDS = ENV.lease_seconds
GATE_BATCH = ENV.gate_batch
RANGE_PEOPLE = ENV.range_people  # broker.cutting
READERS_AT_ONCE = ENV.readers
# genomics.intake.sandbox: no file is read unwalled in a real house; broker.walls: and no table
WALLS_REQUIRED = not (DEBUG or DEMO)
UPLOAD_BYTES = ENV.upload_mb * 1024 * 1024  # in one form
STAGED_BYTES = ENV.staged_mb * 1024 * 1024  # in pieces
STAGING_DIR = HOME / "arriving"  # uploads under way, sealed; shared by all web processes and workers
REVIEW_HOURS = ENV.review_hours
RESULT_DAYS = ENV.result_days
ROWS_BYTES = ENV.rows_mb * 1024 * 1024  # genomics._vault.memory
SKETCHES = ENV.sketches  # genomics._vault.rows

# --- Django -----------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "broker.apps.BrokerConfig",
    "genomics.apps.GenomicsConfig",
    "consent.apps.ConsentConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",  # the templates of fields, which ours build on
    "django_htmx",
    "guardian",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "csp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "broker.api.unkept.Unkept",
    "broker.portal.restored.RestoreDoor",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "broker.portal.upload.LargeForms",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "broker.urls"
WSGI_APPLICATION = "broker.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "broker.portal.frame.frame",
            ]
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DATABASES = {"default": ENV.database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- people -----------------------------------------------------------------------------------------
AUTH_USER_MODEL = "broker.User"
KNOX_TOKEN_MODEL = "knox.AuthToken"  # noqa: S105 - a table, said so that our migrations can name it
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "broker.rights.ObjectRights",  # guardian without its superuser shortcut
]
ANONYMOUS_USER_NAME = None
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]  # it looks for its own backend by name; ours is stricter
GUARDIAN_MONKEY_PATCH_USER = False
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "landing"

# --- mail: no use, no person and no genomic fact is ever in one ---------------------------------------
EMAIL_BACKEND = ENV.email["EMAIL_BACKEND"]
EMAIL_HOST = ENV.email.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = ENV.email.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = ENV.email.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = ENV.email.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = bool(ENV.email.get("EMAIL_USE_TLS"))
EMAIL_USE_SSL = bool(ENV.email.get("EMAIL_USE_SSL"))
EMAIL_FILE_PATH = str(HOME / "mail")  # where mails lie when no server is named
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = ENV.mail_from

# --- languages and time -----------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("id", "Bahasa Indonesia")]
LOCALE_PATHS = [BASE_DIR / "broker" / "locale", BASE_DIR / "broker" / "languages" / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"
HOME_REGION = ENV.home_region  # and the one for the country, state or province; empty: none
HOME_ZONE = ENV.home_zone  # where most people here live: what the field for it begins with

# --- files ------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STATIC_ROOT.mkdir(exist_ok=True)  # WhiteNoise warns of a missing one
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # nothing may use it by accident
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or DEMO
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG or DEMO
# An uploaded genome never touches the disk in the clear: it is held in memory, up to a stated size.
FILE_UPLOAD_HANDLERS = ["broker.portal.upload.MemoryOnly"]
FILE_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_BYTES
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# --- headers ----------------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENV.https
SECURE_SSL_REDIRECT = ENV.https
SECURE_HSTS_SECONDS = 31_536_000 if ENV.https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = ENV.https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENV.https else None
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "connect-src": ["'self'"],
        "font-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

# --- REST -------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "knox.auth.TokenAuthentication",
        "broker.api.sessions.Session",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["broker.rights.Closed"],  # a door that declares nothing stays shut
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["broker.api.bodies.Json"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": "600/min"},
    "EXCEPTION_HANDLER": "broker.api.problems.as_problem",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Genomic data broker",
    "VERSION": "1",
    "DESCRIPTION": "Submit a query, follow its job, read what may be said; read and change your own consent; "
    "police and courts in numbers, for everybody.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
}

# --- the queue (Celery's transport) -----------------------------------------------------------------
CELERY_BROKER_URL = ENV.queue_url or "embedded://"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_LOST_WAIT = 1.0  # seconds a slot stays blocked after its child died
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "query"
CELERY_TASK_TIME_LIMIT = 3600
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 120} if ENV.queue_url.startswith("redis") else {}
CELERY_TASK_ROUTES = {
    "broker.post": {"queue": "mail"},  # a slow mail server holds up no query
    "broker.upkeep": {"queue": "upkeep"},  # it opens every key, so a login of its own can do it
    "broker.end_due": {"queue": "upkeep"},
    "broker.look": {"queue": "upkeep"},  # what it has to do may take long: no question waits behind it
}
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "broker.sweep", "schedule": 5.0, "options": {"expires": 5.0}},
    "look": {"task": "broker.look", "schedule": 60.0, "options": {"expires": 60.0}},
    "end what is due": {"task": "broker.end_due", "schedule": 60.0, "options": {"expires": 60.0}},
    "keep population": {"task": "broker.keep_population", "schedule": 6 * 3600.0},
    "upkeep": {"task": "broker.upkeep", "schedule": 3600.0},
    "handovers": {"task": "broker.handovers", "schedule": 3600.0},
}
CELERY_BEAT_SCHEDULER = "broker.clock:Ticking"
CELERY_BEAT_SCHEDULE_FILENAME = str(HOME / "beat")
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# --- what is written to the log: never a genotype, never a name ---------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "fido2": {"level": "WARNING"},  # at INFO it names each passkey that was used
        "crypt4gh": {"level": "CRITICAL"},  # at DEBUG it writes out secret keys
    },
}
