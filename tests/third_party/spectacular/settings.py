"""drf-spectacular. PYJWTFAST_NATIVE says that the project uses pyjwtfast.drf by its own name."""

import os

from tests.third_party.base_settings import *  # noqa: F403
from tests.third_party.base_settings import DJANGO_APPS

JWT = "pyjwtfast.drf" if "PYJWTFAST_NATIVE" in os.environ else "rest_framework_simplejwt"

ROOT_URLCONF = "tests.third_party.spectacular.urls"
INSTALLED_APPS = [*DJANGO_APPS, f"{JWT}.token_blacklist", "drf_spectacular"]
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [f"{JWT}.authentication.JWTAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {"TITLE": "A project", "VERSION": "1"}
