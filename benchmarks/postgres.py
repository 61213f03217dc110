"""Databases of the benchmarks' own on a PostgreSQL server, dropped at the end.

The server is looked for where libpq's variables say, by default at 127.0.0.1:5432.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .console import NotThereError

HOST = os.environ.get("PGHOST", "127.0.0.1")
PORT = os.environ.get("PGPORT", "5432")
USER = os.environ.get("PGUSER", getpass.getuser())
PASSWORD = os.environ.get("PGPASSWORD", "")
# How the databases' names begin; tests have names of their own.
PREFIX = os.environ.get("PYJWTFAST_BENCH_DATABASE", "pyjwtfast_bench")


class NoServerError(NotThereError):
    """No PostgreSQL server answers; the message says where it was looked for."""


def django_database(name: str, **more: Any) -> dict[str, Any]:
    """An entry of Django's DATABASES."""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "HOST": HOST,
        "PORT": PORT,
        "USER": USER,
        "PASSWORD": PASSWORD,
        **more,
    }


def sql(*statements: str) -> list[Any]:
    """Statements about databases, which can't be in a transaction; the rows of the last one.

    Raises NoServerError.
    """
    import psycopg

    try:
        connection = psycopg.connect(
            host=HOST, port=PORT, user=USER, password=PASSWORD, dbname="postgres", autocommit=True
        )
    except psycopg.OperationalError as error:
        raise NoServerError(
            f"PostgreSQL does not answer at {HOST}:{PORT} as {USER}. Start one, or say where it is "
            f"by PGHOST, PGPORT, PGUSER and PGPASSWORD. ({str(error).strip()})"
        ) from error
    with connection:
        for statement in statements:
            cursor = connection.execute(statement)  # type: ignore[call-overload]
        return cursor.fetchall() if cursor.description else []


def version() -> str:
    """The server's: "15.20". Raises NoServerError."""
    return str(sql("SHOW server_version")[0][0]).split()[0]


@contextmanager
def database(*names: str) -> Iterator[None]:
    """New databases of these names while the block runs. Raises NoServerError."""
    drop = [f"DROP DATABASE IF EXISTS {name} WITH (FORCE)" for name in names]
    sql(*drop, *(f"CREATE DATABASE {name}" for name in names))
    try:
        yield
    finally:
        sql(*drop)
