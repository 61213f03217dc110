"""A project with a blacklist, for processes of their own. Its environment says what it is:

BLACKLIST_APP        whose: theirs (simplejwt's), ours, or ours by the one line and the old name
BLACKLIST_DATABASE   JSON of DATABASES["default"], the database that has the tables
BLACKLIST_AUTO_FIELD DEFAULT_AUTO_FIELD, a class of Django's
"""

from __future__ import annotations

import json
import os

APP = os.environ["BLACKLIST_APP"]
if APP == "one-line":
    import pyjwtfast.replace_simplejwt  # noqa: F401

from tests.drf.settings import (  # noqa: E402
    MIDDLEWARE,  # noqa: F401
    PASSWORD_HASHERS,  # noqa: F401
    SECRET_KEY,  # noqa: F401
    TEMPLATES,  # noqa: F401
)

PACKAGE = "pyjwtfast.drf" if APP == "ours" else "rest_framework_simplejwt"
USE_TZ = True
ROOT_URLCONF = "tests.drf.blacklist.urls"
DEFAULT_AUTO_FIELD = f"django.db.models.{os.environ.get('BLACKLIST_AUTO_FIELD', 'BigAutoField')}"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "rest_framework",
    f"{PACKAGE}.token_blacklist",
]
SIMPLE_JWT = {"ROTATE_REFRESH_TOKENS": True, "BLACKLIST_AFTER_ROTATION": True}
DATABASES = {"default": json.loads(os.environ["BLACKLIST_DATABASE"])}
