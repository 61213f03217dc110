"""The doctor's look from outside: a server in front that keeps the token to itself is found."""

from __future__ import annotations

import io
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

NOT_VALID = (401, {"detail": "Given token not valid", "code": "token_not_valid"}, {})
MISSING = (401, {"detail": "Authentication credentials were not provided."}, {})
Said = tuple[int, object, dict[str, str]]


@contextmanager
def serve(answer: Callable[[str | None], Said], header: str = "Authorization") -> Iterator[str]:
    """A server that answers as the function says, which is given the header; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, said, headers = answer(self.headers.get(header))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/api/"
        finally:
            server.shutdown()
            thread.join()


def look(url: str) -> dict[str, tuple[bool | None, str]]:
    """What the doctor prints of it, by the steps' names; the exit status under ''."""
    out, status = io.StringIO(), 0
    try:
        call_command("jwt_doctor", "--json", f"--url={url}", stdout=out)
    except SystemExit as error:
        status = int(error.code or 0)
    report = json.loads(out.getvalue())
    assert report["ok"] is (status == 0)
    return {each["name"]: (each["holds"], each["text"]) for each in report["steps"]}


def test_the_header_arrives() -> None:
    with serve(lambda token: NOT_VALID if token else MISSING) as url:
        steps = look(url)
    assert steps["header"][0] is True
    assert steps["tls"] == (False, "tokens are taken without TLS: whoever is on the way has them")


def test_the_header_does_not_arrive() -> None:
    with serve(lambda token: MISSING) as url:
        holds, text = look(url)["header"]
    assert holds is False
    assert "with and without it the answer is 401 'Authentication credentials" in text
    assert "WSGIPassAuthorization On" in text


def test_the_header_of_the_settings_is_sent() -> None:
    seen = []

    def answer(token: str | None) -> Said:
        seen.append(token)
        return NOT_VALID if token else MISSING

    with (
        override_settings(
            SIMPLE_JWT={"AUTH_HEADER_NAME": "HTTP_X_ACCESS_TOKEN", "AUTH_HEADER_TYPES": ("JWT",)}
        ),
        serve(answer, "X-Access-Token") as url,
    ):
        assert look(url)["header"][0] is True
    assert seen[0] is None
    assert seen[1].startswith("JWT eyJ")


def test_a_view_that_asks_for_no_token() -> None:
    with serve(lambda token: (200, {}, {})) as url:
        holds, text = look(url)["header"]
    assert holds is None
    assert "name the address of a view that asks for one" in text


def test_what_says_nothing() -> None:
    with serve(lambda token: (404, ["no", "dict"], {})) as url:
        assert look(url)["header"] == (None, "404 with a token, 404 without")


def test_a_redirection_is_not_followed() -> None:
    asked = []

    def elsewhere(token: str | None) -> Said:
        asked.append(token)
        return NOT_VALID

    with serve(elsewhere) as other, serve(lambda token: (302, {}, {"Location": other})) as url:
        look(url)
    assert asked == []


def test_without_tls_there_is_a_redirection() -> None:
    to = {"Location": "https://notes.example.org/api/"}
    with serve(lambda token: (301, {}, to)) as url:
        holds, text = look(url)["tls"]
    assert holds is False
    assert "redirected to https://notes.example.org/api/" in text


def test_without_tls_a_token_is_refused() -> None:
    to = {"Location": "https://notes.example.org/api/"}
    with serve(lambda token: (403, {}, {}) if token else (301, {}, to)) as url:
        assert look(url) == {"tls": (True, "a token without TLS is refused")}


def test_for_people() -> None:
    out = io.StringIO()
    with serve(lambda token: MISSING) as url, pytest.raises(SystemExit):
        call_command("jwt_doctor", f"--url={url}", stdout=out, no_color=True)
    assert "  NO  header  Authorization does not arrive" in out.getvalue()


@pytest.mark.parametrize("url", ["ftp://host/", "notes.example.org", "https:///api/", "x"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(CommandError, match="is no http or https address"):
        call_command("jwt_doctor", f"--url={url}")


def test_nobody_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(CommandError, match=f"http://127.0.0.1:{port}/: ") as raised:
        call_command("jwt_doctor", f"--url=http://127.0.0.1:{port}/")
    assert raised.value.returncode == 2
