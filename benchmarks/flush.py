"""`manage.py flushexpiredtokens` of simplejwt and of pyjwtfast, on PostgreSQL, side by side.

python -m benchmarks.flush --rows 1000000 makes a database with so many tokens that have expired and
are blacklisted, and some that are neither; and each library flushes a copy of it: once by itself,
for time and memory, and once while tokens are refreshed, with rotation and blacklisting, for how
long those requests wait. The databases are dropped at the end.
"""

from __future__ import annotations

import argparse
import json
import re
import select
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

from .postgres import PREFIX, django_database, sql

PACKAGES = {"simplejwt": "rest_framework_simplejwt", "pyjwtfast": "pyjwtfast.drf"}
DATABASE = f"{PREFIX}_flush"
LIVE = 100
QUIET_SECONDS = 5.0
SECRET = "the secret of this benchmark, of more than 32 bytes"

# As many characters in `token` as a refresh token has, and an expiry a while ago.
FILL = """
INSERT INTO token_blacklist_outstandingtoken (user_id, jti, token, created_at, expires_at)
SELECT 1, md5(n::text), repeat(md5(n::text), 7), now() - interval '3 days',
       now() - interval '1 day' - n * interval '10 milliseconds'
FROM generate_series(1, {rows}) AS n;
INSERT INTO token_blacklist_blacklistedtoken (token_id, blacklisted_at)
SELECT id, now() - interval '2 days' FROM token_blacklist_outstandingtoken;
"""


def configure(library: str, name: str) -> None:
    """Sets Django up for one library's app on one database."""
    import django
    from django.conf import settings

    settings.configure(
        SECRET_KEY=SECRET,
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "rest_framework",
            f"{PACKAGES[library]}.token_blacklist",
        ],
        DATABASES={"default": django_database(name)},
        SIMPLE_JWT={"ROTATE_REFRESH_TOKENS": True, "BLACKLIST_AFTER_ROTATION": True},
    )
    django.setup()


# --- What the processes of their own do ---


def fill(rows: int) -> dict[str, Any]:
    """simplejwt's migrations make the tables, SQL the expired tokens, simplejwt the live ones."""
    configure("simplejwt", DATABASE)
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.db import connection
    from rest_framework_simplejwt.tokens import RefreshToken

    call_command("migrate", verbosity=0)
    user = User.objects.create_user("anna")
    with connection.cursor() as cursor:
        cursor.execute(FILL.format(rows=rows))
    tokens = [str(RefreshToken.for_user(user)) for _ in range(LIVE)]
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return {"tokens": tokens}


def flush(library: str, name: str) -> dict[str, Any]:
    """Runs the command: seconds, peak of resident memory in MB, and what is left in the tables."""
    configure(library, name)
    from django.core.management import call_command
    from django.db import connection

    start = perf_counter()
    call_command("flushexpiredtokens", verbosity=0)
    seconds = perf_counter() - start
    status = Path("/proc/self/status").read_text()
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert peak is not None
    left = []
    with connection.cursor() as cursor:
        for table in ("outstandingtoken", "blacklistedtoken"):
            cursor.execute(f"SELECT count(*) FROM token_blacklist_{table}")
            left.append(cursor.fetchone()[0])
    return {"seconds": seconds, "megabytes": int(peak[1]) / 1024, "left": left}


def refresh(library: str, name: str) -> dict[str, Any]:
    """Refreshes the tokens that stdin gives, and those that they are rotated to, over and over.

    The line "flush" parts what was before from what comes, and "stop" ends it: milliseconds of each
    request, in two lists.
    """
    configure(library, name)
    from importlib import import_module

    from rest_framework.test import APIRequestFactory

    tokens = json.loads(sys.stdin.readline())
    view = import_module(f"{PACKAGES[library]}.views").TokenRefreshView.as_view()
    factory = APIRequestFactory()
    times: list[list[float]] = [[]]
    print("ready", flush=True)
    while True:
        if select.select([sys.stdin], [], [], 0.01)[0]:
            if sys.stdin.readline().strip() != "flush":
                break
            times.append([])
        token = tokens.pop(0)
        start = perf_counter()
        response = view(factory.post("/", {"refresh": token}, format="json"))
        times[-1].append((perf_counter() - start) * 1000)
        assert response.status_code == 200, response.data
        tokens.append(response.data["refresh"])
    return {"times": times}


# --- The measurement ---


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.flush", *words]


def run(*words: str) -> dict[str, Any]:
    done = subprocess.run(command(*words), check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def fresh_copy() -> str:
    name = f"{DATABASE}_copy"
    sql(f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} TEMPLATE {DATABASE}")
    sql("CHECKPOINT")
    return name


def flush_under_load(library: str, name: str, tokens: list[str]) -> dict[str, Any]:
    """The command while tokens are refreshed, by the same library."""
    words = command("--child", "refresh", "--library", library, "--name", name)
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as load:
        assert load.stdin is not None
        assert load.stdout is not None
        print(json.dumps(tokens), file=load.stdin, flush=True)
        assert load.stdout.readline() == "ready\n"
        start = perf_counter()
        while perf_counter() - start < QUIET_SECONDS:
            select.select([], [], [], 0.1)
        print("flush", file=load.stdin, flush=True)
        result = run("--child", "flush", "--library", library, "--name", name)
        print("stop", file=load.stdin, flush=True)
        before, during = json.loads(load.stdout.readline())["times"]
    return {**result, "before": before, "during": during}


def describe(times: list[float]) -> str:
    ordered = sorted(times)
    middle, late = (ordered[int(part * (len(ordered) - 1))] for part in (0.5, 0.99))
    return f"{len(ordered):,} of median {middle:.1f}, 99 % {late:.1f}, longest {ordered[-1]:.0f} ms"


def measure(rows: int, libraries: list[str]) -> None:
    sql(f"DROP DATABASE IF EXISTS {DATABASE}", f"CREATE DATABASE {DATABASE}")
    try:
        tokens = run("--child", "fill", "--rows", str(rows))["tokens"]
        print(f"{rows:,} tokens expired and blacklisted, {LIVE:,} neither; PostgreSQL", flush=True)
        for library in libraries:
            alone = run("--child", "flush", "--library", library, "--name", fresh_copy())
            assert alone["left"] == [LIVE, 0], alone
            text = f"{alone['seconds']:.1f} s, {alone['megabytes']:.0f} MB peak"
            print(f"{library}: {text}", flush=True)
            loaded = flush_under_load(library, fresh_copy(), tokens)
            print(f"  while tokens are refreshed: {loaded['seconds']:.1f} s")
            print(f"  refreshes before:  {describe(loaded['before'])}")
            print(f"  refreshes during:  {describe(loaded['during'])}", flush=True)
    finally:
        sql(*(f"DROP DATABASE IF EXISTS {DATABASE}{suffix}" for suffix in ("_copy", "")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--library", choices=PACKAGES, help="only this one")
    parser.add_argument("--child", choices=("fill", "flush", "refresh"), help=argparse.SUPPRESS)
    parser.add_argument("--name", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child == "fill":
        print(json.dumps(fill(options.rows)))
    elif options.child:
        work = {"flush": flush, "refresh": refresh}[options.child]
        print(json.dumps(work(options.library, options.name)))
    else:
        measure(options.rows, [options.library] if options.library else list(PACKAGES))


if __name__ == "__main__":
    main()
