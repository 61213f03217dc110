"""Gunicorn with its PostgreSQL and its Redis behind proxies, which a test can cut."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.drf import peers
from tests.drf.databases import new_database
from tests.drf.proxy import Proxy
from tests.drf.redis_server import RedisServer, redis_cache
from tests.processes import REPOSITORY

# Seconds that Redis is waited for.
REDIS_TIMEOUT = 0.5
WORKERS = 2

USERS = """\
import django
django.setup()
from django.contrib.auth.models import User
names = {names!r}
pks = {{name: User.objects.create(username=name).pk for name in names}}
User.objects.filter(username="inactive").update(is_active=False)
User.objects.filter(username="gone").delete()
import json
print(json.dumps(pks))
"""
NAMES = ("anna", "inactive", "gone", "revoked", "changing")


class Project(NamedTuple):
    """A server, what it depends on, and the users there."""

    port: int
    database: Proxy
    redis: Proxy
    pks: dict[str, int]
    held: Path
    log: Path


class Backends(NamedTuple):
    """A database with users, and Redis, each behind its proxy."""

    settings: dict[str, Any]
    database: Proxy
    redis: Proxy
    pks: dict[str, int]
    directory: Path

    def forget(self) -> None:
        """Let Redis be empty."""
        with socket.create_connection(("127.0.0.1", self.redis.port), 10) as connection:
            connection.sendall(b"FLUSHALL\r\n")
            assert connection.recv(100) == b"+OK\r\n"


@contextmanager
def running_backends(directory: Path) -> Iterator[Backends]:
    with ExitStack() as stack:
        options = {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
        database = stack.enter_context(new_database(directory, **options))
        peers.migrate("pyjwtfast", database)
        names = list(NAMES)
        pks = peers.run("-c", USERS.format(names=names), library="pyjwtfast", database=database)
        redis = RedisServer(directory)
        stack.callback(redis.stop)
        proxies = Proxy(int(database["PORT"])), Proxy(redis.port)
        for each in proxies:
            stack.callback(each.cut)
        through = {**database, "PORT": str(proxies[0].port)}
        yield Backends(through, *proxies, pks, directory)


@contextmanager
def serving(backends: Backends, simple_jwt: dict[str, Any]) -> Iterator[Project]:
    """The project with these settings, served by two processes, which are warm."""
    directory = backends.directory
    cache = redis_cache(
        f"redis://127.0.0.1:{backends.redis.port}/0",
        socket_timeout=REDIS_TIMEOUT,
        socket_connect_timeout=REDIS_TIMEOUT,
    )
    log, held = directory / "gunicorn.log", directory / "held"
    environment = {
        **os.environ,
        **peers.environment("pyjwtfast", backends.settings, simple_jwt),
        "PEER_CACHES": json.dumps({"default": cache, "redis": cache}),
        "PEER_URLS": "tests.drf.peers.mode_urls",
        "PEER_HELD": str(held),
    }
    command = [sys.executable, "-m", "gunicorn", "tests.drf.outages.wsgi", f"--workers={WORKERS}"]
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening, log.open("w") as errors:
        process = subprocess.Popen(
            [*command, f"--bind=fd://{listening.fileno()}", f"--worker-tmp-dir={directory}"],
            cwd=REPOSITORY,
            env=environment,
            pass_fds=[listening.fileno()],
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        port = listening.getsockname()[1]
    try:
        yield Project(port, backends.database, backends.redis, backends.pks, held, log)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
