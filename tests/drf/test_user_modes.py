"""What the next request sees of a user who has changed, by each way to load users.

TABLE says it, for a change in the process that answers and for one in another process;
docs/user-loading.md has the same table. Each cell is tried, with two processes, Redis, and a
database of their own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.drf import peers
from tests.drf.databases import new_database
from tests.drf.peers import Process
from tests.drf.redis_server import RedisServer, need_redis
from tests.processes import REPOSITORY

# "new" is what the change has made, "401" a refusal: from the next request on, or from the first
# one after the seconds of that setting. "old": until the token expires.
TABLE = """\
| Change | Made in | fresh | cached, told | cached, not told | lazy, row read | lazy, unread | stateless |
|---|---|---|---|---|---|---|---|
| saved | this process | new | new | new | new | old | old |
| saved | another | new | new after `POLL` | new after `TTL` | new | old | old |
| deactivated | this process | 401 | 401 | 401 | 401 | old | old |
| deactivated | another | 401 | 401 after `POLL` | 401 after `TTL` | 401 | old | old |
| deleted | this process | 401 | 401 | 401 | 401 | old | old |
| deleted | another | 401 | 401 after `POLL` | 401 after `TTL` | 401 | old | old |
| password, `CHECK_REVOKE_TOKEN` | this process | 401 | 401 | 401 | 401 | old | old |
| password, `CHECK_REVOKE_TOKEN` | another | 401 | 401 after `POLL` | 401 after `TTL` | 401 | old | old |
| permission or group | this process | new | new | new | new | old | old |
| permission or group | another | new | new | new | new | old | old |
| `update()`, `invalidate_user()` | this process | new | new | new | new | old | old |
| `update()`, `invalidate_user()` | another | new | new after `POLL` | new after `TTL` | new | old | old |
| `update()` alone | this process | new | new after `TTL` | new after `TTL` | new | old | old |
| `update()` alone | another | new | new after `TTL` | new after `TTL` | new | old | old |
"""  # noqa: E501 - a table's line can't be wrapped

CHANGES = {
    "saved": "saved",
    "deactivated": "deactivated",
    "deleted": "deleted",
    "password, `CHECK_REVOKE_TOKEN`": "password",
    "permission or group": "permission",
    "`update()`, `invalidate_user()`": "update(), invalidate_user()",
    "`update()` alone": "update()",
}
CODES = {
    "deactivated": "user_inactive",
    "deleted": "user_not_found",
    "password": "password_changed",
}

POLL, TTL = 1, 60
TOLD = {"USER_CACHE_TTL": TTL, "USER_CACHE_POLL": POLL, "USER_CACHE_INVALIDATION": "redis"}
NOT_TOLD = {"USER_CACHE_TTL": TTL}
# Of each column: settings and path. Those of cached users are so for lazy ones, too.
MODES: dict[str, list[tuple[dict[str, Any], str]]] = {
    "fresh": [({}, "/user/")],
    "cached, told": [(TOLD, "/user/"), (TOLD, "/lazy/")],
    "cached, not told": [(NOT_TOLD, "/user/"), (NOT_TOLD, "/lazy/")],
    "lazy, row read": [({}, "/lazy/")],
    "lazy, unread": [({}, "/unread/"), (TOLD, "/unread/")],
    "stateless": [({}, "/stateless/"), (TOLD, "/stateless/")],
}


def cells() -> list[Any]:
    """Each cell of the table: change, where, mode, and what it says."""
    head, _line, *rows = (
        [cell.strip() for cell in line.strip("|").split("|")] for line in TABLE.splitlines()
    )
    assert head[2:] == list(MODES)
    assert [row[:2] for row in rows] == [
        [change, place] for change in CHANGES for place in ("this process", "another")
    ]
    return [
        pytest.param(CHANGES[change], place, mode, text, id=f"{change}-{place}-{mode}")
        for change, place, *said in rows
        for mode, text in zip(MODES, said, strict=True)
    ]


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Process]]:
    need_redis()
    directory = tmp_path_factory.mktemp("modes")
    redis = RedisServer(directory)
    try:
        with new_database(directory) as database:
            peers.migrate("pyjwtfast", database)
            environment = peers.environment("pyjwtfast", database)
            environment["PEER_CACHES"] = json.dumps(
                dict.fromkeys(("default", "redis"), redis.cache())
            )
            environment["PEER_URLS"] = "tests.drf.peers.mode_urls"
            running = {
                name: Process("tests.drf.peers.modes", environment, directory / f"{name}.log")
                for name in ("this process", "another")
            }
            yield running
            for each in running.values():
                each.close()
    finally:
        redis.stop()


NUMBER = iter(range(1_000_000))


@pytest.mark.parametrize(("change", "place", "mode", "said"), cells())
def test_cell(processes: dict[str, Process], change: str, place: str, mode: str, said: str) -> None:
    answering, changing = processes["this process"], processes[place]
    for settings, path in MODES[mode]:
        if change == "password":
            settings = {**settings, "CHECK_REVOKE_TOKEN": True}
        for process in processes.values():
            process("configure", **settings)
        pk, token = answering("create", f"old {next(NUMBER)}")
        before = answering("ask", path, token)
        assert before[0] == 200
        assert answering("ask", path, token) == before  # by now kept, where that is so

        changing("change", change, pk)
        seen = []
        for seconds in (0, POLL, TTL - POLL):
            answering("later", seconds)
            answer = answering("ask", path, token)
            seen.append("old" if answer == before else what_is_seen(answer, change, pk))
        assert in_words(seen) == said, (path, seen)


def what_is_seen(answer: list[Any], change: str, pk: int) -> str:
    """In a word; anything else that was answered is told as it is."""
    status, body = answer
    if status == 401 and body["code"] == CODES.get(change):
        return "401"
    is_new = body.get("may_view") if change == "permission" else body.get("user") == f"new {pk}"
    return "new" if status == 200 and is_new else f"{status} {body}"


def in_words(seen: list[str]) -> str:
    """What was seen at once, after USER_CACHE_POLL and after USER_CACHE_TTL, as a cell has it."""
    at_once, _polled, at_last = seen
    if seen == [at_once] * 3:
        return at_once
    if seen == ["old", at_last, at_last]:
        return f"{at_last} after `POLL`"
    if seen == ["old", "old", at_last]:
        return f"{at_last} after `TTL`"
    return " ".join(seen)


def test_the_page_has_this_table() -> None:
    page = (REPOSITORY / "docs" / "user-loading.md").read_text()
    start = page.index(TABLE.splitlines()[0])
    assert page[start:].split("\n\n")[0] + "\n" == TABLE
