"""The Django settings that simplejwt and pyjwtfast.drf share here."""

from __future__ import annotations

import django
from django.conf import settings

from .workloads import SECRET


def configure() -> None:
    """Sets Django up, once; no database and no middleware is involved."""
    if not settings.configured:
        settings.configure(
            SECRET_KEY=SECRET,
            USE_TZ=True,
            INSTALLED_APPS=[
                "django.contrib.auth",
                "django.contrib.contenttypes",
                "rest_framework",
            ],
        )
        django.setup()
