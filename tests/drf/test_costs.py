"""How many statements a request sends to the database, BEGIN and COMMIT among them.

simplejwt's refresh with rotation takes 13, its blacklist view 7.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.drf import peers
from tests.drf.databases import new_database

ROTATING = {"ROTATE_REFRESH_TOKENS": True, "BLACKLIST_AFTER_ROTATION": True}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[dict[str, Any]]:
    with new_database(tmp_path) as made:
        yield made


def costs(database: dict[str, Any], library: str = "pyjwtfast") -> dict[str, list[str]]:
    statements: dict[str, list[str]] = peers.run(
        "-m", "tests.drf.peers.costs", library=library, database=database, simple_jwt=ROTATING
    )
    return statements


def transactions(statements: list[str]) -> list[str]:
    words = (each.strip('"').split()[0].upper() for each in statements)
    return [word for word in words if word not in {"SELECT", "INSERT", "UPDATE", "DELETE"}]


def test_costs(database: dict[str, Any]) -> None:
    peers.migrate("pyjwtfast", database)
    sent = costs(database)
    counts = {name: len(statements) for name, statements in sent.items()}
    assert counts == {
        "obtain": 2,
        "sliding obtain": 2,
        "sliding refresh": 2,
        "verify": 1,
        "refresh": 6,
        "refresh, unknown": 7,
        "blacklist": 2,
        "blacklist, unknown": 4,
    }
    assert transactions(sent["refresh"]) == ["BEGIN", "COMMIT"]

    # The request's own transaction serves, and there is no SAVEPOINT within.
    sent = costs({**database, "ATOMIC_REQUESTS": True})
    counts = {name: len(statements) for name, statements in sent.items()}
    assert (counts["refresh"], counts["refresh, unknown"]) == (6, 7)
    assert (counts["blacklist"], counts["blacklist, unknown"]) == (4, 6)
    for statements in sent.values():
        assert transactions(statements) == ["BEGIN", "COMMIT"]


def test_what_is_counted_in_simplejwt(database: dict[str, Any]) -> None:
    """That this counts as simplejwt's own statements are known to be."""
    peers.migrate("simplejwt", database)
    sent = costs(database, "simplejwt")
    assert (len(sent["refresh"]), len(sent["blacklist"]), len(sent["obtain"])) == (13, 7, 2)
