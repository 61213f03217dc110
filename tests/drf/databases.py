"""New databases of the kind that PYJWTFAST_TEST_DATABASE names, for processes of their own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.drf.settings import DATABASE as KIND
from tests.drf.settings import DATABASES

# Without waiting for the disk: the locks are the same.
QUICK = {"init_command": "PRAGMA synchronous=OFF"}


@contextmanager
def on_mariadb(name: str) -> Iterator[None]:
    """There is a database of that name; at the end it is dropped."""
    import pymysql

    words = ("HOST", "PORT", "USER", "PASSWORD")
    server: dict[str, Any] = {word.lower(): DATABASES["default"][word] for word in words}
    server["port"] = int(server["port"])
    with pymysql.connect(**server) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        try:
            yield
        finally:
            cursor.execute(f"DROP DATABASE {name}")


@contextmanager
def new_database(directory: Path, **changes: Any) -> Iterator[dict[str, Any]]:
    """DATABASES["default"] of an empty database, with these changes; at the end it is dropped."""
    name = f"pyjwtfast_{uuid.uuid4().hex}"
    if KIND == "sqlite":
        file = str(directory / f"{name}.sqlite3")
        yield {**DATABASES["default"], "NAME": file, "OPTIONS": QUICK, **changes}
        return
    if KIND == "mariadb":
        with on_mariadb(name):
            yield {**DATABASES["default"], "NAME": name, **changes}
        return
    import psycopg

    words = ("HOST", "PORT", "USER", "PASSWORD")
    server: dict[str, Any] = {word.lower(): DATABASES["default"][word] for word in words}
    with psycopg.connect(dbname="postgres", autocommit=True, **server) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield {**DATABASES["default"], "NAME": name, **changes}
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
