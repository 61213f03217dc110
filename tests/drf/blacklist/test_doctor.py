"""What the doctor says of the blacklist's tables, made by simplejwt or by us."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pyjwtfast.drf.doctor import verdicts
from tests.drf.blacklist.projects import MODELS, Database, new_database

OUTSTANDING = "token_blacklist_outstandingtoken"
BLACKLISTED = "token_blacklist_blacklistedtoken"
DOCTOR = """
def doctor(*words):
    output = StringIO()
    try:
        call_command("jwt_doctor", "--json", *words, stdout=output)
    except SystemExit:
        pass
    report = json.loads(output.getvalue())
    ids = [each["id"] for each in report["problems"]]
    return [report["blacklist"], sorted(i for i in ids if i[-3:] > "100")]
"""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with new_database(tmp_path) as made:
        yield made


def seen(database: Database, code: str) -> Any:
    return database.run("ours", f"{DOCTOR}\n{code}")


def test_a_database_without_the_tables(database: Database) -> None:
    found, problems = seen(database, "result = doctor()")
    assert problems == ["pyjwtfast.E102"]
    assert found["migrations"].startswith("not applied: 0001")
    assert found["tables"] == {OUTSTANDING: "missing", BLACKLISTED: "missing"}
    assert "index_on_expires_at" not in found


@pytest.mark.parametrize("app", ["theirs", "ours"])
def test_a_database_of_either_library(app: str, database: Database) -> None:
    database.run(app, "result = migrate()")
    code = 'before = doctor(); said("indexexpiredtokens"); result = before, doctor()'
    (found, problems), (found_with_index, _) = seen(database, code)
    assert problems == []
    assert found["migrations"] == "applied"
    assert found["tables"] == {OUTSTANDING: "there", BLACKLISTED: "there"}
    assert found["index_on_expires_at"] is False
    assert found_with_index["index_on_expires_at"] is True


def test_a_database_that_is_behind(database: Database) -> None:
    database.run("theirs", 'result = migrate("token_blacklist", "0008")')
    found, problems = seen(database, "result = doctor()")
    assert problems == ["pyjwtfast.E102"]
    assert found["migrations"].startswith("not applied: 0010_")


ROWS = f"""
{MODELS}
from datetime import timedelta
from django.utils import timezone
now = timezone.now()
for number in range(3):
    expires_at = now + timedelta(days=number - 1)
    row = OutstandingToken.objects.create(jti=str(number), token="x", expires_at=expires_at)
BlacklistedToken.objects.create(token=row)
"""


def test_rows_are_counted_where_that_is_asked_for(database: Database) -> None:
    found, problems = seen(database, f'migrate()\n{ROWS}\nresult = doctor("--rows")')
    assert problems == []
    assert found["tables"] == {OUTSTANDING: "3 rows", BLACKLISTED: "1 rows"}
    assert found["expired_rows"] == 2


def test_many_rows_without_an_index(database: Database) -> None:
    few = "from pyjwtfast.drf.doctor import database as d\nd._MANY_ROWS = 0"
    code = 'without = doctor()[1], doctor("--rows")[1]; said("indexexpiredtokens")'
    problems = seen(database, f'{few}\nmigrate(); {code}\nresult = *without, doctor("--rows")[1]')
    assert problems == [[], ["pyjwtfast.W102"], []]


@pytest.mark.parametrize("jti", [None, 5, "\0", "\ud800"])
def test_an_id_that_no_table_can_hold(jti: object) -> None:
    step = verdicts._blacklist({"jti": jti})
    assert (step.holds, step.text) == (None, "it has no id by which it could be listed")
