"""simplejwt and pyjwtfast in one fleet: workers of both, under Gunicorn, on one database and key.

So a project can change over worker by worker, and back. What one has issued, rotated or
blacklisted, the other one honours.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.drf import peers
from tests.drf.databases import new_database
from tests.processes import REPOSITORY

LIBRARIES = ["pyjwtfast", "simplejwt"]
SIMPLE_JWT = {
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "CHECK_REVOKE_TOKEN": True,
}
PASSWORD = "a password"
BLACKLISTED = (401, {"detail": "Token is blacklisted", "code": "token_not_valid"})

USER = f"""\
import django
django.setup()
from django.contrib.auth.models import User
User.objects.create_user("anna", password={PASSWORD!r})
"""


class Server:
    """The project, served by two workers of one library."""

    def __init__(self, port: int) -> None:
        self.port = port

    def __call__(self, path: str, authorization: str = "", **body: str) -> tuple[int, Any]:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/{path}/")
        if body:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if authorization:
            request.add_header("Authorization", authorization)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            text = error.read()
            return error.code, json.loads(text) if error.code != 500 else text.decode()


@contextmanager
def serving(library: str, database: dict[str, Any], directory: Path) -> Iterator[Server]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        listening.set_inheritable(True)
        command = [sys.executable, "-m", "gunicorn", "tests.drf.peers.wsgi", "--workers=2"]
        process = subprocess.Popen(
            [*command, f"--bind=fd://{listening.fileno()}", f"--worker-tmp-dir={directory}"],
            cwd=REPOSITORY,
            env={**os.environ, **peers.environment(library, database, SIMPLE_JWT)},
            pass_fds=[listening.fileno()],
            stdout=subprocess.DEVNULL,
            stderr=(directory / f"{library}.log").open("w"),
        )
        try:
            yield Server(listening.getsockname()[1])
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[dict[str, Server]]:
    with new_database(tmp_path) as database, ExitStack() as stack:
        # The tables are simplejwt's, as in a project that changes over.
        peers.migrate("simplejwt", database)
        peers.run("-c", USER, library="simplejwt", database=database)
        yield {
            library: stack.enter_context(serving(library, database, tmp_path))
            for library in LIBRARIES
        }


def test_a_mixed_fleet(fleet: dict[str, Server]) -> None:
    started = time.monotonic()
    for one, other in (
        (fleet["pyjwtfast"], fleet["simplejwt"]),
        (fleet["simplejwt"], fleet["pyjwtfast"]),
    ):
        # Tokens of the one are good for the other.
        status, pair = one("token", username="anna", password=PASSWORD)
        assert status == 200
        assert other("who", f"Bearer {pair['access']}") == (200, {"user": "anna"})
        assert other("verify", token=pair["refresh"]) == (200, {})

        # What the other rotates, the one refuses; what has come out, it takes.
        status, second = other("refresh", refresh=pair["refresh"])
        assert status == 200
        for server in (one, other):
            assert server("refresh", refresh=pair["refresh"]) == BLACKLISTED
            assert server("verify", token=pair["refresh"])[0] == 400
        assert one("who", f"Bearer {second['access']}")[0] == 200
        status, third = one("refresh", refresh=second["refresh"])
        assert status == 200

        # And what the other blacklists.
        assert other("blacklist", refresh=third["refresh"]) == (200, {})
        for server in (one, other):
            assert server("refresh", refresh=third["refresh"]) == BLACKLISTED
            assert server("blacklist", refresh=third["refresh"]) == BLACKLISTED

        status, sliding = one("sliding", username="anna", password=PASSWORD)
        assert status == 200
        assert other("sliding/refresh", token=sliding["token"])[0] == 200

    # At the same time, too, ours lets at most one through, and answers nothing but 401 else.
    for _ in range(5):
        _, pair = fleet["simplejwt"]("token", username="anna", password=PASSWORD)

        def refresh(server: Server, raw: str = pair["refresh"]) -> tuple[str, int]:
            library = "pyjwtfast" if server is fleet["pyjwtfast"] else "simplejwt"
            return library, server("refresh", refresh=raw)[0]

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(refresh, [*fleet.values()] * 4))
        ours = [status for library, status in answers if library == "pyjwtfast"]
        assert set(ours) <= {200, 401}
        assert ours.count(200) <= 1
        assert any(status == 200 for _, status in answers)
    assert time.monotonic() - started < 20
