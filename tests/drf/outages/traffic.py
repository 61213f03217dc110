"""Clients that send good and bad requests all the time, and keep what was answered, and when."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections import Counter, defaultdict
from http.client import HTTPConnection, HTTPException
from typing import Any, NamedTuple

from tests.drf import peers
from tests.drf.outages.servers import Project
from tests.support import forge

CLIENTS = 3
# Seconds between two requests of a client.
PAUSE = 0.01

# Of each kind of request: which token it brings.
REFUSED = ("inactive", "gone", "expired", "forged", "garbage", "nobody")
# Of these the token itself tells.
REFUSED_UNASKED = ("expired", "forged", "garbage", "nobody")
_IDS = itertools.count()


class Answer(NamedTuple):
    """status: "lost" for a connection that ended without one. Times of time.monotonic().

    process: which one has answered. token: a refresh token.
    """

    kind: str
    status: int | str
    began: float
    ended: float
    process: str | None = None
    token: str | None = None


def make_token(pk: int, *, age: int = 100, kind: str = "access", secret: str = "") -> str:
    """One that was issued so many seconds ago, and lives for ten minutes."""
    now = int(time.time()) - age
    payload = {"token_type": kind, "exp": now + 600, "iat": now, "jti": f"{next(_IDS)}"}
    return forge({**payload, "user_id": str(pk)}, secret=secret or peers.SECRET_KEY)


def send(
    project: Project, path: str, token: str | None = None, body: Any = None, timeout: float = 60
) -> tuple[int | str, Any, str | None]:
    """Status, body and process of one answer; the status "lost" if the connection ends before."""
    connection = HTTPConnection("127.0.0.1", project.port, timeout=timeout)
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    try:
        data = None if body is None else json.dumps(body)
        connection.request("GET" if body is None else "POST", path, data, headers)
        response = connection.getresponse()
        text = response.read()
        found = json.loads(text) if response.status < 500 else None
        return response.status, found, response.getheader("Process")
    except (HTTPException, OSError):
        return "lost", None, None
    finally:
        connection.close()


class Traffic:
    """Requests by some threads while the block runs."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.answers: list[Answer] = []
        pks = project.pks
        self._tokens: dict[str, str | None] = {
            "good": make_token(pks["anna"]),
            "inactive": make_token(pks["inactive"]),
            "gone": make_token(pks["gone"]),
            "expired": make_token(pks["anna"], age=1000),
            "forged": make_token(pks["anna"], secret="the secret of somebody else, not ours" * 2),
            "garbage": "a.b.c",
            "nobody": None,
            "changing": make_token(pks["changing"]),
            "revoked": make_token(pks["revoked"]),
        }
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Traffic:
        self._ended.clear()
        self._threads = [
            threading.Thread(target=self._run, args=(number,)) for number in range(CLIENTS)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(90)

    def _run(self, number: int) -> None:
        kinds = [kind for name in self._tokens for kind in ("good", name)]
        kinds += ["refresh", "reused"]
        # The clients do not all send the same at the same time.
        kinds = kinds[number * 5 :] + kinds[: number * 5]
        refresh, used = make_token(self.project.pks["anna"], kind="refresh"), None
        for kind in itertools.cycle(kinds):
            if self._ended.wait(PAUSE):
                return
            if kind == "refresh":
                answer, body = self._ask("refresh", "/refresh/", None, {"refresh": refresh})
                if answer.status == 200:
                    used, refresh = refresh, body["refresh"]
                elif answer.status == 401:  # an answer that was lost had been a yes
                    refresh = make_token(self.project.pks["anna"], kind="refresh")
            elif kind == "reused":
                if used is not None:
                    self._ask("reused", "/refresh/", None, {"refresh": used})
            else:
                self._ask(kind, "/name/", self._tokens[kind])

    def _ask(self, kind: str, path: str, token: str | None, body: Any = None) -> tuple[Answer, Any]:
        began = time.monotonic()
        status, found, process = send(self.project, path, token, body)
        refresh = None if body is None else body["refresh"]
        answer = Answer(kind, status, began, time.monotonic(), process, refresh)
        self.answers.append(answer)
        return answer, found

    def of(self, *kinds: str, after: float = 0, until: float = float("inf")) -> list[Answer]:
        """The answers to requests of these kinds, or any, that began after and ended before."""
        return [
            each
            for each in self.answers
            if (not kinds or each.kind in kinds) and each.began >= after and each.ended <= until
        ]

    def wait(self, seconds: float, processes: int) -> None:
        """Wait that long, and until each kind of request was answered by so many processes.

        Raises AssertionError if that takes more than a minute.
        """
        since = time.monotonic()
        time.sleep(seconds)
        kinds = {*self._tokens, "refresh", "reused"}
        while time.monotonic() < since + 60:
            by_whom = {(each.kind, each.process) for each in self.of(after=since)}
            found = Counter(kind for kind, _process in by_whom)
            if all(found[kind] >= processes for kind in kinds):
                return
            time.sleep(0.05)
        raise AssertionError(f"There were no answers, but {found}")

    def overlapping(self, began: float, ended: float) -> list[Answer]:
        return [each for each in self.answers if each.began < ended and each.ended > began]


def counted(answers: list[Answer]) -> dict[str, dict[int | str, int]]:
    """How often each status was the answer to each kind of request."""
    found: dict[str, Counter[int | str]] = defaultdict(Counter)
    for each in answers:
        found[each.kind][each.status] += 1
    return {kind: dict(found[kind]) for kind in sorted(found)}


def in_a_line(answers: list[Answer]) -> str:
    """Numbers of answers by their status, and the longest wait."""
    statuses = Counter(str(each.status) for each in answers)
    longest = max((each.ended - each.began for each in answers), default=0)
    shown = ", ".join(f"{number} x {status}" for status, number in sorted(statuses.items()))
    return f"{len(answers)} requests: {shown}; longest {longest:.2f} s"
