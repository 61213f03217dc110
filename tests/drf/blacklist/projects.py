"""A database, and processes that work on it with simplejwt's app or with ours.

It is one of the kind that PYJWTFAST_TEST_DATABASE names, and made anew for each test.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

ROOT = Path(__file__).resolve().parents[3]

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
    """The database of this name, empty at first."""

    def __init__(self, name: str) -> None:
        self.name = name

    def environment(self, app: str, auto_field: str = "BigAutoField") -> dict[str, str]:
        return {
            **os.environ,
            "BLACKLIST_APP": app,
            "BLACKLIST_DATABASE": self.name,
            "BLACKLIST_AUTO_FIELD": auto_field,
            "DJANGO_SETTINGS_MODULE": "tests.drf.blacklist.settings",
        }

    def run(self, app: str, code: str, **environment: str) -> Any:
        """What the code, run with the app of `theirs`, `ours` or `one-line`, leaves in `result`.

        Of the PRELUDE it has said(command), migrate(to) -> names of migrations, is_clean().
        """
        done = subprocess.run(
            [sys.executable, "-c", f"{PRELUDE}\n{code}\nprint(json.dumps(result))"],
            cwd=ROOT,
            env=self.environment(app, **environment),
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def new_database(directory: Path) -> Iterator[Database]:
    """A database of the kind that these tests run on; at the end it is dropped."""
    configured = settings.DATABASES["default"]
    if configured["ENGINE"].endswith("sqlite3"):
        yield Database(str(directory / "db.sqlite3"))
        return
    import psycopg

    name = f"pyjwtfast_blacklist_{os.getpid()}"
    server = {"host": configured["HOST"], "port": configured["PORT"], "user": configured["USER"]}
    with psycopg.connect(
        **server, password=configured["PASSWORD"], dbname="postgres", autocommit=True
    ) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield Database(name)
        finally:
            connection.execute(f"DROP DATABASE {name}")
