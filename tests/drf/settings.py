"""Django settings of the DRF tests. PYJWTFAST_TEST_DATABASE chooses sqlite or postgresql."""

from __future__ import annotations

import getpass
import os

SECRET_KEY = "the secret of these tests, which is long enough for HS512: 64 bytes or more"
USE_TZ = True
ROOT_URLCONF = "tests.drf.urls"
AUTH_USER_MODEL = "drf.User"
MIGRATION_MODULES = {"contenttypes": None, "auth": None, "drf": None}  # tables as the models are
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick; no secret is here

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "rest_framework",
    "pyjwtfast.drf",
    "tests.drf",
]

# Read by pyjwtfast and by the simplejwt it is compared with.
SIMPLE_JWT = {"ALGORITHM": "HS256"}

DATABASE = os.environ.get("PYJWTFAST_TEST_DATABASE", "sqlite")
DATABASES = {
    "default": {
        "sqlite": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
        "postgresql": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "pyjwtfast",
            "HOST": os.environ.get("PGHOST", "127.0.0.1"),
            "PORT": os.environ.get("PGPORT", "5432"),
            "USER": os.environ.get("PGUSER", getpass.getuser()),
            "PASSWORD": os.environ.get("PGPASSWORD", ""),
        },
    }[DATABASE]
}
