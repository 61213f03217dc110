"""One database under simplejwt's migrations and ours, from any point and in both directions."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
import rest_framework_simplejwt.token_blacklist.migrations as their_migrations
from django.db.migrations import Migration

import pyjwtfast.drf.token_blacklist.migrations as our_migrations
from tests.drf.blacklist.projects import MODELS, Database, new_database

THEIRS = sorted(module.name for module in iter_modules(their_migrations.__path__))
OURS = sorted(module.name for module in iter_modules(our_migrations.__path__))
(SQUASH,) = set(OURS) - set(THEIRS)

# Rows of the columns that there are at a migration; jti is a UUID until 0003.
INSERT_USER = """
from django.contrib.auth.models import User
user = User.objects.create_user("anna", password="a password")
"""
INSERT_TOKEN = """
columns = {{"user_id": user.pk, "{jti}": "{value}", "token": "header.claims.signature",
            "created_at": "2026-01-01 00:00:00+00:00", "expires_at": "2099-01-02 00:00:00+00:00"}}
with connection.cursor() as cursor:
    names, marks = ", ".join(columns), ", ".join(["%s"] * len(columns))
    cursor.execute(f"INSERT INTO token_blacklist_outstandingtoken ({{names}}) VALUES ({{marks}})",
                   list(columns.values()))
    cursor.execute("SELECT id FROM token_blacklist_outstandingtoken")
    cursor.execute("INSERT INTO token_blacklist_blacklistedtoken (token_id, blacklisted_at) "
                   "VALUES (%s, %s)", [cursor.fetchone()[0], "2026-01-01 00:00:00+00:00"])
"""
JTI = "0123456789abcdef0123456789abcdef"
READ = f"""
{MODELS}
rows = list(BlacklistedToken.objects.values_list("token__jti", "token__user__username"))
"""
# For a table: its columns with types, whether they may be null, and what is unique or a reference.
DESCRIBE = """
def describe(cursor, table):
    of = connection.introspection
    columns = [
        [c.name, of.get_field_type(c.type_code, c), c.null_ok, c.internal_size]
        for c in of.get_table_description(cursor, table)
    ]
    constraints = [
        [c["columns"], c["primary_key"], c["unique"], c["foreign_key"]]
        for c in of.get_constraints(cursor, table).values()
    ]
    return sorted(columns), sorted(constraints, key=repr)

with connection.cursor() as cursor:
    tables = ("token_blacklist_outstandingtoken", "token_blacklist_blacklistedtoken")
    result = [describe(cursor, table) for table in tables]
"""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with new_database(tmp_path) as database:
        yield database


def test_names_and_dependencies_are_simplejwts() -> None:
    assert len(THEIRS) == 12
    assert set(THEIRS) < set(OURS)

    def load(package: str, name: str) -> Migration:
        migration: Migration = import_module(f"{package}.{name}").Migration(name, "token_blacklist")
        return migration

    for name in THEIRS:
        theirs, ours = load(their_migrations.__name__, name), load(our_migrations.__name__, name)
        assert set(ours.dependencies) == set(theirs.dependencies)
        assert ours.replaces == []
    squash = load(our_migrations.__name__, SQUASH)
    assert squash.replaces == [("token_blacklist", name) for name in THEIRS]


@pytest.mark.parametrize("at", ["0002", "0005", "0008", "0012", "0013"])
def test_a_database_of_simplejwt_is_brought_up(database: Database, at: str) -> None:
    value = INSERT_TOKEN.format(jti="jti_hex" if at == "0005" else "jti", value=JTI)
    code = f"migrate('contenttypes'); migrate('auth'); result = migrate('token_blacklist', '{at}')"
    assert database.run("theirs", f"{code}{INSERT_USER}{value}")[-1].startswith(at)

    rows = [[JTI, "anna"]]
    code = f"done = migrate()\n{READ}\nresult = done, is_clean(), rows, said('showmigrations')"
    applied, is_clean, found, shown = database.run("ours", code)
    assert applied == [name for name in THEIRS if name[:4] > at]
    assert is_clean
    assert found == rows
    assert f"[X] {SQUASH}" in shown

    back = f"done = migrate()\n{READ}\nresult = done, is_clean(), rows"
    assert database.run("theirs", back) == [[], True, rows]


def test_a_new_database_takes_one_step(database: Database) -> None:
    code = f"done = migrate(), is_clean()\n{DESCRIBE}\nresult = *done, result"
    *done, made_by_us = database.run("ours", code)
    assert done == [[SQUASH], True]

    code = f"""
done = migrate(), is_clean()
{INSERT_USER}{MODELS}
from rest_framework_simplejwt.tokens import RefreshToken
RefreshToken.for_user(user).blacklist()
user.delete()
number = OutstandingToken.objects.filter(user=None, blacklistedtoken__gt=0).count()
OutstandingToken.objects.all().delete()
result = done, number
"""
    assert database.run("theirs", code) == [[[], True], 1]

    # Taken down by one, and made anew by the other.
    code = f"down = migrate('token_blacklist', 'zero')\nmigrate()\n{DESCRIBE}"
    assert database.run("theirs", f"{code}\nresult = down, result") == [THEIRS[::-1], made_by_us]
    later = [name for name in THEIRS if name[:4] > "0008"]
    code = "result = migrate('token_blacklist', '0008')"
    assert database.run("ours", code) == later[::-1]
    assert database.run("theirs", "result = migrate()") == later


# Over the views of the library in use: a user obtains tokens; `post` answers (status, answer).
REQUESTS = f"""
{MODELS}
from rest_framework.test import APIClient
client = APIClient()

def post(path, **body):
    response = client.post(path, body, format="json", HTTP_HOST="localhost")
    return response.status_code, response.json()

def refresh(token):
    status, answer = post("/refresh/", refresh=token)
    return answer.get("refresh") or [status, answer["detail"]]

def rows():
    return OutstandingToken.objects.count(), BlacklistedToken.objects.count()
"""
REFUSED = [401, "Token is blacklisted"]


@pytest.mark.parametrize("app", ["ours", "one-line"])
def test_tokens_and_blacklist_go_there_and_back(database: Database, app: str) -> None:
    """Obtained and rotated with simplejwt, then with ours, then with simplejwt again."""
    code = f"""
migrate()
{INSERT_USER}{REQUESTS}
first = post("/obtain/", username="anna", password="a password")[1]["refresh"]
other = post("/obtain/", username="anna", password="a password")[1]["refresh"]
second = refresh(first)
result = first, second, other, refresh(first), rows()
"""
    first, second, other, refused, rows = database.run("theirs", code)
    assert refused == REFUSED
    assert rows == [3, 1]

    code = f"""
applied = migrate()
{REQUESTS}
from pyjwtfast.drf.tokens import RefreshToken
third = refresh({second!r})
RefreshToken({other!r}).blacklist()
old = [refresh(token) for token in ({first!r}, {second!r}, {other!r})]
result = applied, third, old, rows()
"""
    applied, third, old, rows = database.run(app, code)
    assert applied == []
    assert old == [REFUSED] * 3
    assert rows == [4, 3]

    code = f"""
applied = migrate()
{REQUESTS}
old = [refresh(token) for token in ({first!r}, {second!r}, {other!r})]
fourth = refresh({third!r})
result = applied, old, fourth, refresh({third!r}), is_clean(), rows()
"""
    applied, old, fourth, refused, is_clean, rows = database.run("theirs", code)
    assert applied == []
    assert old == [REFUSED] * 3
    assert isinstance(fourth, str)
    assert refused == REFUSED
    assert is_clean
    assert rows == [5, 4]


@pytest.mark.parametrize("kind", ["hash", "empty"])
def test_tokens_that_are_scrubbed_are_good_with_both(database: Database, kind: str) -> None:
    code = f"""
migrate()
{INSERT_USER}{REQUESTS}
result = [post("/obtain/", username="anna", password="a password")[1]["refresh"] for _ in "12"]
"""
    first, second = database.run("theirs", code)
    code = f"""
{REQUESTS}
said("scrubtokens", to={kind!r})
texts = set(OutstandingToken.objects.values_list("token", flat=True))
result = refresh({first!r}), [text[:7] for text in texts]
"""
    renewed, texts = database.run("ours", code)
    assert isinstance(renewed, str)
    assert texts == (["sha256:"] * 2 if kind == "hash" else [""])
    code = f"{REQUESTS}result = [refresh(token) for token in ({second!r}, {renewed!r}, {first!r})]"
    *good, refused = database.run("theirs", code)
    assert all(isinstance(token, str) for token in good)
    assert refused == REFUSED


@pytest.mark.parametrize("auto_field", ["AutoField", "BigAutoField"])
@pytest.mark.parametrize("app", ["ours", "one-line"])
def test_no_migration_is_missing(database: Database, app: str, auto_field: str) -> None:
    assert database.run(app, "result = is_clean()", auto_field=auto_field) is True
