"""Many threads use the same refresh token at the same time, round after round.

Writes one line of JSON: for each round the answers' statuses, details and codes, and how many
rows there are in the tables afterwards. Arguments: rounds, threads, path. In every other round the
token is in no table yet. Meanwhile one more thread writes to the database.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth.models import Group, User  # noqa: E402
from django.db import connection, connections  # noqa: E402
from rest_framework.test import APIClient  # noqa: E402

tokens: Any = import_module(f"{settings.LIBRARY}.tokens")
models: Any = import_module(f"{settings.LIBRARY}.token_blacklist.models")


def in_threads(works: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=closing, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def closing(work: Callable[[], None]) -> None:
    try:
        work()
    finally:
        connections.close_all()


def one_round(path: str, raw: str, count: int) -> list[Any]:
    barrier = threading.Barrier(count)
    answers = []

    def use() -> None:
        client = APIClient(raise_request_exception=False)
        connection.ensure_connection()
        barrier.wait()
        response = client.post(path, {"refresh": raw}, format="json")
        body = json.loads(response.content) if response.status_code != 500 else {}
        answers.append([response.status_code, body.get("detail"), body.get("code")])

    in_threads([use] * count)
    return answers


def write_until(stopped: threading.Event) -> None:
    """Short transactions of somebody else, one after another."""
    while not stopped.is_set():
        Group.objects.update_or_create(name="a group", defaults={"name": "a group"})
        stopped.wait(0.02)


def main(rounds: str, threads: str, path: str) -> None:
    user, _ = User.objects.get_or_create(username="anna")
    models.OutstandingToken.objects.all().delete()
    stopped = threading.Event()
    writer = threading.Thread(target=closing, args=(lambda: write_until(stopped),))
    writer.start()
    answers = []
    for number in range(int(rounds)):
        refresh = tokens.RefreshToken.for_user(user)
        if number % 2:
            models.OutstandingToken.objects.get(jti=refresh["jti"]).delete()
        answers.append(one_round(path, str(refresh), int(threads)))
    stopped.set()
    writer.join()
    rows = {
        "outstanding": models.OutstandingToken.objects.count(),
        "blacklisted": models.BlacklistedToken.objects.count(),
    }
    print(json.dumps({"answers": answers, **rows}))


main(*sys.argv[1:])
