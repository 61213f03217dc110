"""Django settings of what Uvicorn serves. LOOPED_DATABASE: JSON of DATABASES["default"]."""

from __future__ import annotations

import json
import os

SECRET_KEY = "the secret of a project in an event loop, with bytes for HS512: 64 or more"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
ROOT_URLCONF = "tests.drf.looped.served"
MIGRATION_MODULES = {"contenttypes": None, "auth": None}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "rest_framework"]
MIDDLEWARE = ["pyjwtfast.drf.middleware.JWTAuthenticationMiddleware"]
DATABASES = {"default": json.loads(os.environ["LOOPED_DATABASE"])}
