"""Django settings of that project."""

from __future__ import annotations

import json
import os

from tests.drf.peers import SECRET_KEY as SECRET_KEY

LIBRARY = {"pyjwtfast": "pyjwtfast.drf", "simplejwt": "rest_framework_simplejwt"}[
    os.environ["PEER_LIBRARY"]
]

ALLOWED_HOSTS = ["*"]
USE_TZ = True
ROOT_URLCONF = os.environ.get("PEER_URLS", "tests.drf.peers.urls")
WSGI_APPLICATION = "tests.drf.peers.wsgi.application"
MIGRATION_MODULES = {"contenttypes": None, "auth": None}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick; no secret is here
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "rest_framework",
    f"{LIBRARY}.token_blacklist",
]
DATABASES = {"default": json.loads(os.environ["PEER_DATABASE"])}
if isolation := DATABASES["default"].pop("ISOLATION_LEVEL", None):
    import psycopg

    level = psycopg.IsolationLevel[isolation]
    DATABASES["default"].setdefault("OPTIONS", {})["isolation_level"] = level
if DATABASES["default"]["ENGINE"].endswith(".mysql"):
    import pymysql

    pymysql.install_as_MySQLdb()
SIMPLE_JWT = json.loads(os.environ["PEER_SIMPLE_JWT"])
if "PEER_CACHES" in os.environ:
    CACHES = json.loads(os.environ["PEER_CACHES"])
