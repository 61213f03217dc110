"""A project that either library can serve, each in processes of its own, on one database.

PEER_LIBRARY: pyjwtfast or simplejwt. PEER_DATABASE and PEER_SIMPLE_JWT: JSON of
DATABASES["default"] and SIMPLE_JWT.
"""

from __future__ import annotations

import getpass
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]


def environment(
    library: str, database: dict[str, Any], simple_jwt: dict[str, Any]
) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "tests.drf.peers.settings",
        "PEER_LIBRARY": library,
        "PEER_DATABASE": json.dumps(database),
        "PEER_SIMPLE_JWT": json.dumps(simple_jwt),
    }


def run(
    module: str,
    *arguments: str,
    library: str,
    database: dict[str, Any],
    simple_jwt: dict[str, Any] | None = None,
) -> Any:
    """What `python -m module` writes in such a project, read as JSON; "" for nothing."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=environment(library, database, simple_jwt or {}),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout or '""')


def migrate(library: str, database: dict[str, Any]) -> None:
    run("django", "migrate", "--run-syncdb", "-v0", library=library, database=database)


def sqlite(directory: Path, **changes: Any) -> dict[str, Any]:
    """DATABASES["default"] of a file that is not there yet."""
    name = str(directory / f"{uuid.uuid4().hex}.sqlite3")
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": name, **changes}


@contextmanager
def postgresql(**changes: Any) -> Iterator[dict[str, Any]]:
    """DATABASES["default"] of a database that is made, and dropped afterwards."""
    import psycopg

    server = {
        "host": os.environ.get("PGHOST", "127.0.0.1"),
        "port": os.environ.get("PGPORT", "5432"),
        "user": os.environ.get("PGUSER", getpass.getuser()),
        "password": os.environ.get("PGPASSWORD", ""),
    }
    name = f"pyjwtfast_peers_{uuid.uuid4().hex}"
    with psycopg.connect(dbname="postgres", autocommit=True, **server) as connection:  # type: ignore[arg-type]
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": name,
                **{key.upper(): value for key, value in server.items()},
                **changes,
            }
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
