"""What the projects of this folder have in common: the settings of a user of simplejwt.

PYJWTFAST_ONE_LINE, set by the tests, says whether the one line is at the top.
"""

import os

if "PYJWTFAST_ONE_LINE" in os.environ:
    import pyjwtfast.replace_simplejwt  # noqa: F401

SECRET_KEY = "the secret of a test project, long enough for any HS algorithm: 64 bytes"
USE_TZ = True
ALLOWED_HOSTS = ["testserver"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick; no secret is here
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
DJANGO_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "rest_framework",
]
