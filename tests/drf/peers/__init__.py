"""A project that either library can serve, each in processes of its own, on one database.

PEER_LIBRARY: pyjwtfast or simplejwt. PEER_DATABASE and PEER_SIMPLE_JWT: JSON of
DATABASES["default"] and SIMPLE_JWT. PEER_CACHES: of CACHES. PEER_URLS: another ROOT_URLCONF.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.processes import REPOSITORY, printed_by

SECRET_KEY = "the secret of two libraries, long enough for any algorithm: 64 bytes or more"


def environment(
    library: str, database: dict[str, Any], simple_jwt: dict[str, Any] | None = None
) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "tests.drf.peers.settings",
        "PEER_LIBRARY": library,
        "PEER_DATABASE": json.dumps(database),
        "PEER_SIMPLE_JWT": json.dumps(simple_jwt or {}),
    }


def run(
    *arguments: str,
    library: str,
    database: dict[str, Any],
    simple_jwt: dict[str, Any] | None = None,
) -> Any:
    """What `python ...` writes in such a project, read as JSON; "" for nothing."""
    return json.loads(printed_by(*arguments, **environment(library, database, simple_jwt)) or '""')


def migrate(library: str, database: dict[str, Any]) -> None:
    run("-m", "django", "migrate", "--run-syncdb", "-v0", library=library, database=database)


class Process:
    """A module that is running, and answers each line of commands by one, both JSON."""

    def __init__(self, module: str, environment: dict[str, str], log: Path) -> None:
        with log.open("w") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module],
                cwd=REPOSITORY,
                env={**os.environ, **environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self._log = log

    def __call__(self, command: str, *arguments: Any, **options: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([command, arguments, options]), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        assert line, self._log.read_text()
        return json.loads(line)

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(20)
