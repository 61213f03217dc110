"""Settings of the example project: a notes API whose users authenticate with JWTs.

Environment:
    SECRET_KEY      signs the tokens, but with production.py; has to be given when DEBUG is 0
    DEBUG           1 (the default) or 0
    DATABASE_URL    default: the SQLite file db.sqlite3 beside manage.py;
                    PostgreSQL: postgresql://user:password@host:5432/name
    ALLOWED_HOSTS   comma-separated; default: this machine's own names
    DEMO            1: there is a user whose password the page at / tells, and tokens expire while
                    one watches; 0 (the default)
    ACCESS_TOKEN_SECONDS, REFRESH_TOKEN_SECONDS
                    how long tokens are good; default: five minutes and a day, with DEMO one minute
                    and ten
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = os.environ.get("DEBUG", "1") == "1"
SECRET_KEY = os.environ.get("SECRET_KEY", "")
if not SECRET_KEY:
    if not DEBUG:
        raise ImproperlyConfigured("Set SECRET_KEY, or DEBUG=1 for development.")
    SECRET_KEY = "for development only: whoever reads this line can sign tokens"
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
DEMO = os.environ.get("DEMO", "0") == "1"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.staticfiles",
    "rest_framework",
    "pyjwtfast.drf",
    "pyjwtfast.drf.token_blacklist",
    "accounts",
    "notes",
    "frontend",  # before drf_spectacular, of which it replaces a template
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "project.middleware.content_security_policy",
    "django.middleware.common.CommonMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
STATIC_URL = "/static/"
ROOT_URLCONF = "project.urls"
WSGI_APPLICATION = "project.wsgi.application"

DATABASES = {
    "default": dj_database_url.config(
        default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}", conn_max_age=60, conn_health_checks=True
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["pyjwtfast.drf.authentication.JWTAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 50,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}


def seconds(name: str, default: int) -> timedelta:
    return timedelta(seconds=int(os.environ.get(name) or default))


SIMPLE_JWT: dict[str, Any] = {
    "ACCESS_TOKEN_LIFETIME": seconds("ACCESS_TOKEN_SECONDS", 60 if DEMO else 300),
    "REFRESH_TOKEN_LIFETIME": seconds("REFRESH_TOKEN_SECONDS", 600 if DEMO else 86400),
    # A refresh token is good for one refresh, and for none after logging out.
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    # A copy of the database is no bunch of keys.
    "STORE_TOKEN": "hash",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Notes",
    "DESCRIPTION": "The example project of pyjwtfast.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],  # public, whatever token comes along
    # What is sent and what is answered are described apart; a text that is sent is not empty.
    "COMPONENT_SPLIT_REQUEST": True,
    "ENFORCE_NON_BLANK_FIELDS": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "pyjwtfast.drf.spectacular.add_unauthenticated",
    ],
    # Served from here: no content delivery network sees who reads the documentation.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

USE_TZ = True
TIME_ZONE = "UTC"
