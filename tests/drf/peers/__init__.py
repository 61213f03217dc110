"""A project that either library can serve, each in processes of its own, on one database.

PEER_LIBRARY: pyjwtfast or simplejwt. PEER_DATABASE and PEER_SIMPLE_JWT: JSON of
DATABASES["default"] and SIMPLE_JWT. PEER_CACHES: of CACHES. PEER_URLS: another ROOT_URLCONF.
"""

from __future__ import annotations

import json
from typing import Any

from tests.processes import printed_by

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
