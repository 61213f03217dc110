"""Concurrent uses of one refresh token: exactly one succeeds, and none is a server error.

With simplejwt all of them succeed: each is given a token, and a stolen one lives on beside its
owner's. The requests are real: threads with connections of their own, on database files and
servers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.drf import peers
from tests.drf.databases import KIND, QUICK, new_database

ROTATING = {"ROTATE_REFRESH_TOKENS": True, "BLACKLIST_AFTER_ROTATION": True}
ROUNDS, THREADS = 12, 8
LOST = [401, "Token is blacklisted", "token_not_valid"]

# The ways in which transactions begin or are isolated, the usual one first; and how it is set.
WAYS: dict[str, dict[str, Any]] = {
    "sqlite": {
        "DEFERRED": {},
        "IMMEDIATE": {"OPTIONS": {**QUICK, "transaction_mode": "IMMEDIATE"}},
    },
    "postgresql": {
        level: {"ISOLATION_LEVEL": level}
        for level in ("READ_COMMITTED", "REPEATABLE_READ", "SERIALIZABLE")
    },
}[KIND]
USUAL = pytest.mark.parametrize("database", [next(iter(WAYS))], indirect=True)


@pytest.fixture(scope="module", params=WAYS)
def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    with new_database(tmp_path_factory.mktemp("race"), **WAYS[request.param]) as made:
        peers.migrate("pyjwtfast", made)
        yield made


def race(library: str, database: dict[str, Any], path: str, atomic: bool = False) -> Any:
    return peers.run(
        *("-m", "tests.drf.peers.race", str(ROUNDS), str(THREADS), path),
        library=library,
        database={**database, "ATOMIC_REQUESTS": atomic},
        simple_jwt=ROTATING,
    )


@pytest.mark.parametrize("atomic", [False, True], ids=["", "ATOMIC_REQUESTS"])
def test_one_refresh_wins(
    request: pytest.FixtureRequest, database: dict[str, Any], atomic: bool
) -> None:
    if atomic and "SERIALIZABLE" in request.node.name:
        pytest.skip("the commit of the request's transaction may fail, which no view can catch")
    result = race("pyjwtfast", database, "/refresh/", atomic)
    for answers in result["answers"]:
        assert sorted(answers)[0] == [200, None, None]
        assert sorted(answers)[1:] == [LOST] * (THREADS - 1)
    # One row for each token that a client has got: nothing of those who lost.
    assert result["outstanding"] == 2 * ROUNDS
    assert result["blacklisted"] == ROUNDS


@pytest.mark.parametrize("atomic", [False, True], ids=["", "ATOMIC_REQUESTS"])
@USUAL
def test_one_logout_wins(database: dict[str, Any], atomic: bool) -> None:
    result = race("pyjwtfast", database, "/blacklist/", atomic)
    for answers in result["answers"]:
        assert sorted(answers)[0] == [200, None, None]
        assert sorted(answers)[1:] == [LOST] * (THREADS - 1)
    assert result["outstanding"] == result["blacklisted"] == ROUNDS


@USUAL
def test_these_tests_find_the_fault_in_simplejwt(database: dict[str, Any]) -> None:
    result = race("simplejwt", database, "/refresh/")
    statuses = Counter(answer[0] for answers in result["answers"] for answer in answers)
    # How many more depends on the machine's load; ours is exactly one each round.
    assert statuses[200] + statuses[500] > ROUNDS
