"""Requests to a deployment: single ones, the walk that each must pass, and load in the background.

Connections go to this machine, whatever the host's name; a certificate is checked all the same.
"""

from __future__ import annotations

import http.client
import json
import secrets
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyjwtfast import decode, encode

from .processes import wait_for

USER = {"username": "ada", "password": "analytical-engine"}


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Client:
    """Sends requests to a port, each on a connection of its own. `ca`: with TLS, checked by it."""

    def __init__(self, port: int, host: str, ca: Path | None = None) -> None:
        self.port = port
        self.host = host
        self.tls = None if ca is None else ssl.create_default_context(cafile=str(ca))

    @property
    def url(self) -> str:
        return f"{'http' if self.tls is None else 'https'}://127.0.0.1:{self.port}"

    def request(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        token: str | None = None,
        headers: dict[str, str] | None = None,
        timeout: float = 60,
    ) -> Answer:
        """The answer, whatever its status. Raises OSError or HTTPException if there is none."""
        sent = {"Host": self.host, **(headers or {})}
        content = None if body is None else json.dumps(body)
        if content is not None:
            sent["Content-Type"] = "application/json"
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        if self.tls is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        else:
            connection = http.client.HTTPSConnection(
                "127.0.0.1", self.port, timeout=timeout, context=self.tls
            )
        try:
            connection.request(method, path, content, sent)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read().decode())
        finally:
            connection.close()

    def get(self, path: str, token: str | None = None, **options: Any) -> Answer:
        return self.request("GET", path, token=token, **options)

    def post(self, path: str, body: dict[str, Any], token: str | None = None) -> Answer:
        return self.request("POST", path, body, token=token)

    def log_in(self) -> dict[str, str]:
        """The tokens of USER."""
        answer = self.post("/api/token/", USER)
        assert answer.status == 200, answer.text
        pair: dict[str, str] = answer.json
        return pair


NOT_VALID = "Given token not valid for any token type"


def bad_tokens(good: str, key: str) -> dict[str, tuple[str | None, str]]:
    """By kind: a token that must be refused, and what the answer says of it.

    good: a valid HS256 token of the server's; key: the server's secret.
    """
    claims = decode(good, key, algorithms=["HS256"])
    now = int(time.time())
    return {
        "expired": (encode({**claims, "exp": now - 60}, key), "Token is expired"),
        "forged": (encode(claims, "x" * 64), "Token is invalid"),
        "missing": (None, "Authentication credentials were not provided."),
    }


def walk_through(client: Client, key: str) -> dict[str, str]:
    """What every deployment must do right; the user's tokens. `key` is the server's secret."""
    about = client.get("/api/about/")
    assert (about.status, about.json) == (200, {"service": "notes", "signed_in": False})
    newcomer = {"username": secrets.token_hex(8), "password": "difference-engine"}
    assert client.post("/api/signup/", newcomer).status == 201
    pair = client.log_in()
    access = pair["access"]
    wrong = client.post("/api/token/", {**USER, "password": "difference-engine"})
    assert wrong.status == 401
    assert wrong.json["detail"] == "No active account found with the given credentials"
    created = client.post("/api/notes/", {"text": "weave"}, access)
    assert created.status == 201
    assert "weave" in client.get("/api/notes/", access).text
    assert client.get("/api/whoami/", access).status == 200
    for kind, (token, text) in bad_tokens(access, key).items():
        answer = client.get("/api/notes/", token)
        assert (answer.status, text in answer.text) == (401, True), (kind, answer.text)
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    # Larger than any token should be, and smaller than the limits of the servers.
    large = encode({**decode(access, key, algorithms=["HS256"]), "scope": "x" * 5000}, key)
    assert client.get("/api/notes/", large).status == 200
    fresh = client.post("/api/token/refresh/", {"refresh": pair["refresh"]})
    assert fresh.status == 200
    assert client.get("/api/notes/", fresh.json["access"]).status == 200
    assert client.post("/api/token/refresh/", {"refresh": access}).status == 401
    return pair


@dataclass
class Load:
    """Requests that were sent in the background, counted by method and answer."""

    answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    # Methods, and what was said in the place of a good answer.
    wrong: list[tuple[str, str]] = field(default_factory=list)
    created: list[str] = field(default_factory=list)
    prefix: str = field(default_factory=lambda: secrets.token_hex(4))

    @property
    def posted(self) -> int:
        return sum(count for (method, _), count in self.answers.items() if method == "POST")

    def wait_for_more(self, requests: int = 40) -> None:
        """Until so many more requests have had their answers."""
        enough = self.answers.total() + requests
        wait_for(lambda: self.answers.total() >= enough, f"{requests} requests")


@contextmanager
def background_load(
    client: Client, token: str, *, readers: int = 4, writers: int = 0
) -> Iterator[Load]:
    """While the block runs: threads that read notes, and some that add one after another."""
    load = Load()
    done = threading.Event()
    lock = threading.Lock()

    def run(method: str, number: int) -> None:
        count = 0
        while not done.is_set():
            count += 1
            text = f"{load.prefix} {number}.{count}"
            try:
                if method == "GET":
                    answer = client.get("/api/notes/", token)
                else:
                    answer = client.post("/api/notes/", {"text": text}, token)
                said, detail = str(answer.status), answer.text[:300]
            except (OSError, http.client.HTTPException) as error:
                said, detail = type(error).__name__, str(error)
            with lock:
                load.answers[method, said] += 1
                if said not in ("200", "201"):
                    load.wrong.append((method, f"{said} {text}: {detail}"))
                elif method == "POST":
                    load.created.append(text)
            if method == "POST":
                time.sleep(0.02)

    workers = [threading.Thread(target=run, args=("GET", number)) for number in range(readers)]
    workers += [threading.Thread(target=run, args=("POST", number)) for number in range(writers)]
    for worker in workers:
        worker.start()
    try:
        yield load
    finally:
        done.set()
        for worker in workers:
            worker.join()
