"""The statements that requests send to the database, transactions included.

Writes JSON: for each request what was sent. On PostgreSQL that is read off the wire, where libpq
traces it, as psycopg sends its own BEGIN and COMMIT; on SQLite Django records them with the rest.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from importlib import import_module
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from rest_framework.test import APIClient  # noqa: E402

tokens: Any = import_module(f"{settings.LIBRARY}.tokens")
models: Any = import_module(f"{settings.LIBRARY}.token_blacklist.models")

PASSWORD = "a password"
client = APIClient()


def statements(request: Callable[[], Any]) -> list[str]:
    connection.ensure_connection()
    if connection.vendor != "postgresql":
        with CaptureQueriesContext(connection) as captured:
            assert request().status_code == 200
        return [query["sql"] for query in captured]
    connection_to_server: Any = connection.connection
    with tempfile.TemporaryFile("w+") as trace:
        connection_to_server.pgconn.trace(trace.fileno())
        try:
            assert request().status_code == 200
        finally:
            connection_to_server.pgconn.untrace()
        trace.seek(0)
        return [
            line.split("\t", 4)[-1].strip()
            for line in trace
            if "\tF\t" in line and ("\tQuery\t" in line or "\tParse\t" in line)
        ]


def post(path: str, **body: str) -> Callable[[], Any]:
    return lambda: client.post(path, body, format="json")


def main() -> None:
    user, _ = User.objects.get_or_create(username="anna")
    user.set_password(PASSWORD)
    user.save()

    def issued() -> str:
        return str(tokens.RefreshToken.for_user(user))

    def unknown() -> str:
        raw = issued()
        models.OutstandingToken.objects.all().delete()
        return raw

    sliding = str(tokens.SlidingToken.for_user(user))
    credentials = {"username": "anna", "password": PASSWORD}
    requests = {
        "obtain": post("/token/", **credentials),
        "sliding obtain": post("/sliding/", **credentials),
        "sliding refresh": post("/sliding/refresh/", token=sliding),
        "verify": post("/verify/", token=sliding),
        "refresh": post("/refresh/", refresh=issued()),
        "refresh, unknown": post("/refresh/", refresh=unknown()),
        "blacklist": post("/blacklist/", refresh=issued()),
        "blacklist, unknown": post("/blacklist/", refresh=unknown()),
    }
    # `unknown` has emptied the table.
    requests["refresh"] = post("/refresh/", refresh=issued())
    requests["blacklist"] = post("/blacklist/", refresh=issued())
    requests["verify"]()
    json.dump({name: statements(request) for name, request in requests.items()}, sys.stdout)


main()
