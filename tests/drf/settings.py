"""Django settings of the DRF tests.

PYJWTFAST_TEST_DATABASE chooses sqlite or postgresql; mariadb for the tests of how users are loaded.
"""

from __future__ import annotations

import getpass
import os
from zlib import crc32

from tests.processes import REPOSITORY

SECRET_KEY = "the secret of these tests, which is long enough for HS512: 64 bytes or more"
USE_TZ = True
ROOT_URLCONF = "tests.drf.urls"
AUTH_USER_MODEL = "drf.User"
# Tables as the models are, but for the blacklist's.
MIGRATION_MODULES = dict.fromkeys(("contenttypes", "auth", "admin", "sessions", "drf"))
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick; no secret is here

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.admin",
    "django.contrib.messages",
    "django.contrib.sessions",
    "rest_framework",
    "pyjwtfast.drf",
    "pyjwtfast.drf.token_blacklist",
    "tests.drf",
]

MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [  # those of the admin
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# Read by pyjwtfast and by the simplejwt it is compared with.
SIMPLE_JWT = {"ALGORITHM": "HS256"}

DATABASE = os.environ.get("PYJWTFAST_TEST_DATABASE", "sqlite")
if DATABASE == "mariadb":
    import pymysql

    pymysql.install_as_MySQLdb()  # in Python alone: mysqlclient wants a compiler and headers
DATABASES = {
    "default": {
        "sqlite": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
        "postgresql": {
            "ENGINE": "django.db.backends.postgresql",
            # Checkouts that share a server do not share a database.
            "NAME": f"pyjwtfast_{crc32(str(REPOSITORY).encode()):08x}",
            "HOST": os.environ.get("PGHOST", "127.0.0.1"),
            "PORT": os.environ.get("PGPORT", "5432"),
            "USER": os.environ.get("PGUSER", getpass.getuser()),
            "PASSWORD": os.environ.get("PGPASSWORD", ""),
        },
        "mariadb": {
            "ENGINE": "django.db.backends.mysql",
            "NAME": f"pyjwtfast_{crc32(str(REPOSITORY).encode()):08x}",
            "HOST": os.environ.get("MYSQL_HOST", "127.0.0.1"),
            "PORT": os.environ.get("MYSQL_TCP_PORT", "3306"),
            "USER": os.environ.get("MYSQL_USER", getpass.getuser()),
            "PASSWORD": os.environ.get("MYSQL_PWD", ""),
        },
    }[DATABASE],
    "second": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},  # for routers
}
