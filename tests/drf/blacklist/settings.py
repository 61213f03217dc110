"""A project with a blacklist: simplejwt's app, ours, or neither; by its environment.

BLACKLIST_APP        theirs, ours (the default)
BLACKLIST_DATABASE   the SQLite file, or PostgreSQL database, that it works on
DEFAULT_AUTO_FIELD   the class of Django's to set it to; BigAutoField
"""

from __future__ import annotations

import os

from tests.drf.settings import DATABASES, PASSWORD_HASHERS, SECRET_KEY  # noqa: F401

APP = os.environ.get("BLACKLIST_APP", "ours")
PACKAGE = {"theirs": "rest_framework_simplejwt", "ours": "pyjwtfast.drf"}[APP]
USE_TZ = True
ROOT_URLCONF = "tests.drf.blacklist.urls"
DEFAULT_AUTO_FIELD = f"django.db.models.{os.environ.get('DEFAULT_AUTO_FIELD', 'BigAutoField')}"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "rest_framework",
    f"{PACKAGE}.token_blacklist",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
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
SIMPLE_JWT = {"ROTATE_REFRESH_TOKENS": True, "BLACKLIST_AFTER_ROTATION": True}

if "BLACKLIST_DATABASE" in os.environ:
    DATABASES["default"]["NAME"] = os.environ["BLACKLIST_DATABASE"]
