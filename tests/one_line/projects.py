"""Small Django projects for interpreters of their own, with simplejwt or with the one line."""

from __future__ import annotations

from tests.isolated.scripts import run_script

THE_LINE = "import pyjwtfast.replace_simplejwt\n"
HIDE = "import tests.one_line.hide_simplejwt\n"

SETTINGS = """
import django
from django.conf import settings
settings.configure(**{settings!r})
django.setup()
"""

# How the package in question comes into a project.
WAYS = {
    "simplejwt": "",
    "one line": THE_LINE,
    "one line, simplejwt hidden": HIDE + THE_LINE,
}
ONE_LINE = {name: way for name, way in WAYS.items() if THE_LINE in way}


def run_project(way: str, apps: list[str], body: str, **more: object) -> str:
    """What the body prints in a project with these apps and further settings."""
    settings = {
        "SECRET_KEY": "of the projects of these tests: 0123456789 abcdefghijklmnopqrstuvwxyz",
        "SECURE_HSTS_SECONDS": 60,
        "USE_TZ": True,
        # Quick; no secret is here.
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
        "ROOT_URLCONF": "tests.one_line.urls",
        "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        "INSTALLED_APPS": [
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "rest_framework",
            *apps,
        ],
        **more,
    }
    return run_script(way + SETTINGS.format(settings=settings) + body)
