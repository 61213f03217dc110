"""Under Uvicorn with a slow database: the loop is not held up. And WebSockets by a real client."""

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
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.drf.databases import new_database
from tests.processes import REPOSITORY, printed_by
from tests.support import forge

DELAY = 1.2  # seconds that each statement takes
# The longest time for which a loop that is not held up may not run, on a machine with much to do.
BUSY = 0.9
SETTINGS = "tests.drf.looped.settings"
SECRET = "the secret of a project in an event loop, with bytes for HS512: 64 or more"
COMMAND = [sys.executable, "-m", "uvicorn", "tests.drf.looped.served:application"]
USERS = """\
import django
django.setup()
from django.contrib.auth.models import User
for name in ("anna", "bert", "carl", "dora"):
    User.objects.create_user(name)
"""


def token(user_id: int = 1, lifetime: float = 300) -> str:
    payload = {
        "token_type": "access",
        "exp": time.time() + lifetime,
        "jti": f"{user_id} {time.time()}",
        "user_id": str(user_id),
    }
    return forge(json.dumps(payload).encode(), secret=SECRET)


class Server:
    def __init__(self, port: int, log: Path) -> None:
        self.port, self.log = port, log

    def get(self, path: str, raw: str = "") -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {raw}"} if raw else {}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, json.loads(response.read() or "null")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def longest_gap(self) -> float:
        return float(self.get("/gap/")[1]["seconds"])

    def connect(self, path: str = "/told/", *subprotocols: str, **options: Any) -> Any:
        return connect(
            f"ws://127.0.0.1:{self.port}{path}",
            subprotocols=list(subprotocols) or None,  # type: ignore[arg-type]
            open_timeout=30,
            **options,
        )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("uvicorn")
    log = directory / "log"
    with new_database(directory) as database, socket.socket() as listening:
        variables = {"DJANGO_SETTINGS_MODULE": SETTINGS, "LOOPED_DATABASE": json.dumps(database)}
        printed_by("-m", "django", "migrate", "--run-syncdb", "-v0", **variables)
        printed_by("-c", USERS, **variables)
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        listening.set_inheritable(True)
        process = subprocess.Popen(
            [*COMMAND, f"--fd={listening.fileno()}", "--lifespan=off"],
            cwd=REPOSITORY,
            env={**os.environ, **variables, "LOOPED_DELAY": str(DELAY)},
            pass_fds=[listening.fileno()],
            stdout=subprocess.DEVNULL,
            stderr=log.open("w"),
        )
        try:
            served = Server(listening.getsockname()[1], log)
            served.longest_gap()
            served.get("/plain-async/", token())  # what is imported and prepared once is so
            yield served
        finally:
            process.terminate()
            process.wait(20)


def at_once(server: Server, path: str, *tokens: str) -> list[tuple[int, Any]]:
    """The answers to requests that are under way together."""
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda raw: server.get(path, raw), tokens))


@pytest.mark.parametrize("path", ["/by-hand/who/", "/by-hand/lazy/", "/plain-async/", "/plain/"])
def test_the_loop_is_not_held_up(server: Server, path: str) -> None:
    tokens = [token(number) for number in (1, 2, 3, 4)]
    server.longest_gap()
    started = time.monotonic()
    answers = at_once(server, path, *tokens)
    took = time.monotonic() - started
    assert [status for status, _ in answers] == [200] * 4
    names = {body["user"] for _, body in answers}
    assert names == {"anna", "bert", "carl", "dora"}
    assert took >= DELAY, "the database was slow"
    assert server.longest_gap() < BUSY


def test_a_loop_that_is_held_up_is_noticed(server: Server) -> None:
    server.longest_gap()
    server.get("/blocks/")
    assert server.longest_gap() > BUSY


def test_refusals_ask_no_database(server: Server) -> None:
    started = time.monotonic()
    for path in ("/by-hand/who/", "/who/"):
        assert server.get(path, "x.y.z")[0] == 401
        assert server.get(path)[0] == 401
    assert server.get("/plain-async/", "x.y.z")[1]["error"]["code"] == "token_not_valid"
    assert time.monotonic() - started < DELAY


def test_nobody_sees_another_ones_user(server: Server) -> None:
    """Requests that are under way together, in one loop and several threads."""
    numbers = [1, 2, 3, 4] * 4
    names = dict(zip((1, 2, 3, 4), ("anna", "bert", "carl", "dora"), strict=True))
    for path in ("/plain-async/", "/by-hand/who/"):
        answers = at_once(server, path, *(token(number) for number in numbers))
        assert [body["user"] for _, body in answers] == [names[number] for number in numbers]


def test_websocket(server: Server) -> None:
    raw = token()
    server.longest_gap()
    for subprotocols, headers in (
        (["bearer", raw], None),
        (["chat", "bearer", raw], None),
        ([], {"Authorization": f"Bearer {raw}"}),
    ):
        with server.connect("/told/", *subprotocols, additional_headers=headers) as socket:
            said = json.loads(socket.recv(timeout=30))
            assert (said["user"], said["seen"]) == ("anna", bool(headers))
            assert socket.subprotocol == ("bearer" if subprotocols else None)
            socket.send('{"x": 1}')
            assert json.loads(socket.recv(timeout=30)) == {"x": 1}
    assert server.longest_gap() < BUSY


def closed_with(socket: Any) -> tuple[int, str]:
    try:
        while True:
            socket.recv(timeout=30)
    except ConnectionClosed as closed:
        frame: Any = closed.rcvd
        return frame.code, frame.reason


def test_websocket_refused(server: Server) -> None:
    for subprotocols, reason in (
        (["bearer", "x.y.z"], "token_not_valid"),
        (["bearer", token(99)], "user_not_found"),
        ([], "not_authenticated"),
    ):
        with server.connect("/told/", *subprotocols) as socket:
            assert closed_with(socket) == (4401, reason)
        with pytest.raises(InvalidStatus) as caught:
            server.connect("/early/", *subprotocols)
        response = caught.value.response
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'
        assert json.loads(response.body or b"")["code"] == reason


def test_websocket_by_cookie(server: Server) -> None:
    cookie = {"Cookie": f"access={token()}"}
    with server.connect(
        "/cookie/", additional_headers=cookie, origin="https://example.org"
    ) as socket:
        assert json.loads(socket.recv(timeout=30))["user"] == "anna"
    for origin in (None, "https://evil.example"):
        with pytest.raises(InvalidStatus) as caught:
            server.connect("/cookie/", additional_headers=cookie, origin=origin)
        assert caught.value.response.status_code == 403


def test_websocket_at_exp(server: Server) -> None:
    lifetime = 2 * DELAY + 3
    started = time.monotonic()
    with server.connect("/told/", "bearer", token(lifetime=lifetime)) as socket:
        assert closed_with(socket) == (4401, "token_expired")
    assert lifetime - 0.2 < time.monotonic() - started < lifetime + 5


def test_the_log(server: Server) -> None:
    """The last of this file: no token in what the server has written, and no error."""
    text = server.log.read_text()
    assert "Uvicorn running" in text
    assert "eyJ" not in text
    assert "Traceback" not in text
