"""A database, and processes that work on it with simplejwt's app or with ours.

It is made anew for each test.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.drf import databases
from tests.processes import printed_by

PRELUDE = """
import json, os, re
from io import StringIO
import django
django.setup()
from django.core.management import CommandError, call_command
from django.db import connection

def said(*words, **options):
    output = StringIO()
    call_command(*words, no_color=True, stdout=output, **options)
    return output.getvalue()

def migrate(*words):
    return re.findall(r"pplying token_blacklist\\.(\\w+)\\.\\.\\. OK", said("migrate", *words))

def is_clean():
    try:
        said("makemigrations", "--check", "--dry-run", "token_blacklist")
    except SystemExit:
        return False
    return True
"""
MODELS = """
from importlib import import_module
from django.conf import settings
models = import_module(f"{settings.PACKAGE}.token_blacklist.models")
OutstandingToken, BlacklistedToken = models.OutstandingToken, models.BlacklistedToken
"""


class Database:
    """A database, by what DATABASES["default"] is for it."""

    def __init__(self, default: dict[str, Any]) -> None:
        self.default = default

    def environment(self, app: str, auto_field: str = "BigAutoField") -> dict[str, str]:
        """What makes the project of settings.py one with the app `theirs`, `ours` or `one-line`."""
        return {
            "BLACKLIST_APP": app,
            "BLACKLIST_DATABASE": json.dumps(self.default),
            "BLACKLIST_AUTO_FIELD": auto_field,
            "DJANGO_SETTINGS_MODULE": "tests.drf.blacklist.settings",
        }

    def run(self, app: str, code: str, **options: str) -> Any:
        """What the code, run in that project, leaves in `result`.

        Of the PRELUDE it has said(command), migrate(to) -> names of migrations, is_clean().
        """
        script = f"{PRELUDE}\n{code}\nprint(json.dumps(result))"
        printed = printed_by("-c", script, timeout=300, **self.environment(app, **options))
        return json.loads(printed.splitlines()[-1])


@contextmanager
def new_database(directory: Path) -> Iterator[Database]:
    """An empty database; at the end it is dropped."""
    with databases.new_database(directory) as default:
        yield Database(default)
