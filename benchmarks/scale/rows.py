"""Obtain, refresh and authenticate, with 1, a thousand and a million users and outstanding tokens.

Each size has a database of its own, and each library a process of its own on each of them: they
take turns, told by pipes. This module is also what those processes run.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from time import perf_counter_ns
from typing import Any

from benchmarks.drf_cases import requests_with
from benchmarks.postgres import PREFIX, django_database
from benchmarks.timing import Case, Contestant, WrongResultError
from benchmarks.workloads import SECRET

PACKAGES = {"simplejwt": "rest_framework_simplejwt", "pyjwtfast": "pyjwtfast.drf"}
SIZES = (1, 1_000, 1_000_000)
QUICK_SIZES = (1, 100, 10_000)
# How many users ask, at most, and how many refresh tokens are in use.
ASKING, LIVE = 512, 64
PASSWORD = "the same for everybody"
# Requests of these take about a millisecond, hence longer turns than those of benchmarks.timing.
LONGER = 15

# As many characters in `token` as a refresh token has, nearly all of them not yet expired, one in
# ten blacklisted.
FILL = """
INSERT INTO auth_user (id, username, first_name, last_name, email, password, is_superuser, is_staff,
                       is_active, date_joined)
SELECT n, 'user ' || n, 'First', 'Last', 'user' || n || '@example.com', %(password)s, false, false,
       true, now()
FROM generate_series(1, %(rows)s) AS n;
INSERT INTO token_blacklist_outstandingtoken (user_id, jti, token, created_at, expires_at)
SELECT n, md5(n::text), repeat(md5(n::text), 9), now(), now() + n %% 86400 * interval '1 second'
FROM generate_series(1, %(rows)s) AS n;
INSERT INTO token_blacklist_blacklistedtoken (token_id, blacklisted_at)
SELECT id, now() FROM token_blacklist_outstandingtoken WHERE id %% 10 = 0;
SELECT setval('auth_user_id_seq', %(rows)s);
"""
TABLES = {
    "a user": "auth_user",
    "an outstanding token": "token_blacklist_outstandingtoken",
    "a blacklisted token": "token_blacklist_blacklistedtoken",
}


def database_of(size: int) -> str:
    return f"{PREFIX}_scale_{size}"


def words(size: int) -> str:
    return f"{size:,} user" + ("s" if size > 1 else "")


def configure(library: str, size: int) -> None:
    """Sets Django up, with the library's blacklist app.

    Passwords are hashed by one round of MD5, and commits don't wait for the disk: both would take
    longer than everything else, and neither grows with the rows.
    """
    import django
    from django.conf import settings

    database = django_database(
        database_of(size), CONN_MAX_AGE=None, OPTIONS={"options": "-c synchronous_commit=off"}
    )
    settings.configure(
        SECRET_KEY=SECRET,
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "rest_framework",
            f"{PACKAGES[library]}.token_blacklist",
        ],
        DATABASES={"default": database},
        SIMPLE_JWT={"ROTATE_REFRESH_TOKENS": True, "BLACKLIST_AFTER_ROTATION": True},
    )
    django.setup()


# --- What the processes of their own do ---


def fill(size: int) -> dict[str, float]:
    """Tables with so many rows; bytes of each per row, with its indexes."""
    configure("pyjwtfast", size)
    from django.contrib.auth.hashers import make_password
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    found = {}
    with connection.cursor() as cursor:
        for statement in FILL.strip().rstrip(";").split(";"):
            cursor.execute(statement, {"rows": size, "password": make_password(PASSWORD)})
        cursor.execute("VACUUM ANALYZE")
        for what, table in TABLES.items():
            cursor.execute(f"SELECT pg_total_relation_size('{table}'), count(*) FROM {table}")
            total, rows = cursor.fetchone()
            found[what] = total / rows if rows else 0.0
    return found


@dataclass(frozen=True)
class Work:
    """Each does so many calls and gives the nanoseconds that they took, without what prepares them.

    Raises WrongResultError for an answer that is not 200, or not of the user who asks.
    """

    authenticate: Callable[[int], int]
    obtain: Callable[[int], int]
    refresh: Callable[[int], int]


def timed(view: Callable[[Any], Any], request: Any) -> tuple[int, Any]:
    """Nanoseconds and data of an answer."""
    start = perf_counter_ns()
    response = view(request)
    spent = perf_counter_ns() - start
    if response.status_code != 200:
        raise WrongResultError(f"{response.status_code} {response.data}")
    return spent, response.data


def work_of(library: str, size: int) -> Work:
    """Django is set up."""
    from django.contrib.auth.models import User
    from rest_framework.test import APIRequestFactory

    package = PACKAGES[library]
    tokens = import_module(f"{package}.tokens")
    views = import_module(f"{package}.views")
    authenticator = import_module(f"{package}.authentication").JWTAuthentication()
    asking = random.Random(size).choices(range(1, size + 1), k=ASKING)
    users = [User.objects.get(pk=pk) for pk in asking]
    fresh = requests_with([str(tokens.AccessToken.for_user(user)) for user in users])
    live = [str(tokens.RefreshToken.for_user(user)) for user in users[:LIVE]]
    obtain_view = views.TokenObtainPairView.as_view()
    refresh_view = views.TokenRefreshView.as_view()
    factory = APIRequestFactory()
    position = 0

    def authenticate(calls: int) -> int:
        nonlocal position
        spent, requests = 0, fresh()
        for _ in range(calls):
            position = (position + 1) % ASKING
            start = perf_counter_ns()
            user, _token = authenticator.authenticate(requests[position])
            spent += perf_counter_ns() - start
            if user.pk != asking[position]:
                raise WrongResultError(f"user {user.pk} in the place of {asking[position]}")
        return spent

    def obtain(calls: int) -> int:
        nonlocal position
        spent = 0
        for _ in range(calls):
            position = (position + 1) % ASKING
            data = {"username": users[position].username, "password": PASSWORD}
            took, _answer = timed(obtain_view, factory.post("/", data, format="json"))
            spent += took
        return spent

    def refresh(calls: int) -> int:
        spent = 0
        for _ in range(calls):
            request = factory.post("/", {"refresh": live.pop(0)}, format="json")
            took, answer = timed(refresh_view, request)
            live.append(answer["refresh"])
            spent += took
        return spent

    return Work(authenticate, obtain, refresh)


def serve(library: str, size: int) -> None:
    """Answers each line of standard input, `obtain 100`, by a line with the nanoseconds."""
    configure(library, size)
    work = work_of(library, size)
    gc.collect()
    gc.freeze()  # so that what comes after is quickly collected
    print("ready", flush=True)
    for line in sys.stdin:
        name, calls = line.split()
        try:
            print(getattr(work, name)(int(calls)), flush=True)
        except WrongResultError as error:
            sys.exit(f"{name}: {error}")


# --- The measurement ---


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", __name__, *map(str, arguments)]


@contextmanager
def process(library: str, size: int) -> Iterator[Callable[[str, int], float]]:
    """A process that serves; what it takes for so many calls of an operation, per call."""
    child = subprocess.Popen(
        command(library, size), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin is not None
    assert child.stdout is not None
    output = child.stdout

    def ask(line: str) -> str:
        print(line, file=child.stdin, flush=True)
        return output.readline()

    def nanoseconds(name: str, calls: int) -> float:
        answer = ask(f"{name} {calls}")
        if not answer:
            raise WrongResultError(f"{library}, {words(size)}, {name}: see above")
        return int(answer) / calls

    with child:
        if output.readline() != "ready\n":
            raise WrongResultError(f"{library}, {words(size)}: see above")
        try:
            yield nanoseconds
        finally:
            child.stdin.close()


def filled(sizes: tuple[int, ...]) -> dict[str, float]:
    """Fills the databases, which are there; bytes per row in the largest."""
    for size in sizes:
        done = subprocess.run(command("fill", size), check=True, stdout=subprocess.PIPE, text=True)
    bytes_per_row: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return bytes_per_row


def row_cases(sizes: tuple[int, ...], stack: ExitStack) -> Iterator[Case]:
    """The databases are filled; the processes run until the stack is closed."""
    running = {
        (library, size): stack.enter_context(process(library, size))
        for library in PACKAGES
        for size in sizes
    }
    for name, title in (
        ("authenticate", "JWTAuthentication.authenticate()"),
        ("obtain", "TokenObtainPairView, MD5 in the place of a password hasher"),
        ("refresh", "TokenRefreshView, with rotation and blacklist"),
    ):
        contestants = [
            Contestant(
                library,
                words(size),
                partial(ask, name),
                lambda ask=ask, name=name: ask(name, 3) > 0,
            )
            for (library, size), ask in running.items()
        ]
        references = {f"{library}, 1": f"{library} {words(sizes[0])}" for library in PACKAGES}
        yield Case("rows", f"rows-{name}", title, contestants, True, references, longer=LONGER)


def main() -> None:
    parser = argparse.ArgumentParser(description="A process of the benchmark; see its package.")
    parser.add_argument("what", choices=("fill", *PACKAGES))
    parser.add_argument("size", type=int)
    options = parser.parse_args()
    if options.what == "fill":
        print(json.dumps(fill(options.size)))
    else:
        serve(options.what, options.size)


if __name__ == "__main__":
    main()
