"""Prints the schema of this project as JSON, without warnings."""

import contextlib
import io
import os

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.third_party.spectacular.settings"
django.setup()

from django.core.management import call_command  # noqa: E402

with contextlib.redirect_stderr(io.StringIO()):
    call_command("spectacular", validate=True, format="openapi-json")
