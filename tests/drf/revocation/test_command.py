"""manage.py jwt_revoke."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import override_settings

from pyjwtfast.drf import revocation
from pyjwtfast.drf.token_blacklist.models import BlacklistedToken
from pyjwtfast.drf.tokens import AccessToken, RefreshToken
from tests.drf.models import User
from tests.drf.project import Project
from tests.drf.redis_server import RedisServer, redis_cache
from tests.drf.revocation.conftest import Configure
from tests.drf.revocation.test_tokens import is_good, old
from tests.drf.support import ABSENT, claims, token

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def on(switch_on: Configure, redis: RedisServer, waits: list[int]) -> None:
    switch_on(redis.cache())


def run(*arguments: str, **options: Any) -> str:
    output = io.StringIO()
    call_command("jwt_revoke", *arguments, stdout=output, **options)
    return output.getvalue()


def test_users(user: User) -> None:
    raw, of_other = token(claims(user_id=str(user.pk))), old(user_id="999")
    refresh = RefreshToken.for_user(user)
    said = run("--username", "anna", "--user", "999")
    assert said == (
        "Revoked: all tokens of the user with the id 999.\n"
        f"Revoked: all tokens of the user with the id {user.pk}.\n"
    )
    assert not is_good(raw)
    assert not is_good(of_other)
    assert BlacklistedToken.objects.get().token.jti == refresh["jti"]
    said = run("--user", "999", "--undo")
    assert said == "No longer revoked: all tokens of the user with the id 999.\n"
    assert is_good(of_other)
    assert run("--user", str(user.pk), "--undo", verbosity=0) == ""
    assert is_good(raw)


def test_one_token() -> None:
    raw = old(jti="abc")
    assert run("--jti", "abc", "--exp", str(int(time.time()) + 60)) == (
        "Revoked: the token with the id abc.\n"
    )
    assert not is_good(raw)
    run("--jti", "abc", "--undo")
    assert is_good(raw)
    run("--jti", "abc", "--exp", "2999-12-31T12:00:00")
    (entry,) = revocation.list_revocations().listing.entries.values()
    assert entry.until == 32503636800


def test_tokens_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: User) -> None:
    raws = [old(jti="a"), old(jti="b"), token(claims(jti="c", exp=5))]
    file = tmp_path / "tokens"
    file.write_text("\n".join(["", *raws, ""]))
    assert run("--token-file", str(file)).count("Revoked: the token with the id") == 3
    assert not is_good(raws[0])
    assert not is_good(raws[1])
    monkeypatch.setattr("sys.stdin", io.StringIO(raws[0]))
    run("--token-file", "-", "--undo")
    assert is_good(raws[0])
    refresh = RefreshToken.for_user(user)
    file.write_text(str(refresh))
    run("--token-file", str(file), "--no-blacklist")
    assert not BlacklistedToken.objects.exists()
    run("--token-file", str(file))
    assert BlacklistedToken.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "there is no token in it"),
        (f"{old()}\nnonsense", "line 2 is no token; nothing was revoked"),
        (token(claims(jti=ABSENT)), "the token in line 1 has no id"),
    ],
)
def test_files_that_are_wrong(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "tokens"
    file.write_text(text)
    with pytest.raises(CommandError, match=message) as caught:
        run("--token-file", str(file))
    assert "eyJ" not in str(caught.value)
    assert is_good(old())
    with pytest.raises(CommandError, match="No such file"):
        run("--token-file", str(tmp_path / "none"))


def test_all(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = old()
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    with pytest.raises(CommandError, match="Say --no-input"):
        run("--all")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    for answer in ("no", ""):
        monkeypatch.setattr("builtins.input", lambda prompt, answer=answer: answer)
        with pytest.raises(CommandError, match="Nothing was revoked"):
            run("--all")
    assert is_good(raw)
    monkeypatch.setattr("builtins.input", lambda prompt: "yes")
    assert run("--all") == "Revoked: all tokens.\n"
    assert not is_good(raw)
    assert run("--all", "--undo") == "No longer revoked: all tokens.\n"
    assert is_good(raw)
    run("--all", "--no-input")
    assert not is_good(raw)


def test_list() -> None:
    assert run("--list") == "Nothing is revoked.\n"
    run("--user", "5", "--jti", "abc", verbosity=0)
    run("--all", "--no-input", verbosity=0)
    lines = run("--list").splitlines()
    assert lines[0].startswith("all tokens issued until 20")
    assert lines[1].startswith("token abc; kept until 20")
    assert lines[2].startswith("user 5 issued until 20")
    assert "; kept until 20" in lines[2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Say which tokens"),
        (["--undo"], "Say which tokens"),
        (["--user", "1", "--exp", "5"], "--exp is of the token that --jti names"),
        (["--jti", "x", "--exp", "tomorrow"], "--exp tomorrow: give seconds"),
        (["--username", "nobody"], "There is no user 'nobody'"),
    ],
)
def test_wrong_command_lines(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        run(*arguments)


def test_a_whole_token_is_no_id() -> None:
    raw = old()
    with pytest.raises(CommandError, match="--jti wants a token's id, the claim jti") as caught:
        run("--jti", "abc", "--jti", raw)
    assert caught.value.returncode == 2
    assert raw not in str(caught.value)
    assert run("--list") == "Nothing is revoked.\n"


def test_ids_of_nobody(user: User) -> None:
    """They are revoked, as other services may know them; but a name is no id."""
    warned = io.StringIO()
    said = run("--user", "anna", "--user", "999", "--user", str(user.pk), stderr=warned)
    assert said.count("Revoked: ") == 3
    assert [line.partition(" here. ")[0] for line in warned.getvalue().splitlines()] == [
        "Warning: no user has id 'anna'",
        "Warning: no user has id '999'",
    ]
    assert "say --username" in warned.getvalue()
    warned = io.StringIO()
    run("--user", "999", "--undo", stderr=warned)
    run("--username", "anna", stderr=warned)
    assert warned.getvalue() == ""


def test_ids_where_there_is_no_table_of_users(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any) -> None:
        raise OperationalError("no such table")

    monkeypatch.setattr("pyjwtfast.drf.management.revoke_command.find_user", fail)
    warned = io.StringIO()
    assert "the id 999." in run("--user", "999", "--no-blacklist", stderr=warned)
    assert warned.getvalue() == ""


def test_when_it_cannot_work(switch_on: Configure) -> None:
    with override_settings(SIMPLE_JWT={}), pytest.raises(CommandError, match="is not set, so"):
        run("--user", "1")
    switch_on({"BACKEND": "django.core.cache.backends.locmem.LocMemCache"})
    with pytest.raises(CommandError, match="a cache in the memory of one process"):
        run("--user", "1")
    switch_on(redis_cache("redis://127.0.0.1:1/0"))
    with pytest.raises(CommandError, match=r"The cache 'revoked' failed: ConnectionError"):
        run("--user", "1")


@pytest.mark.parametrize("app", ["pyjwtfast.drf", "pyjwtfast.drf.token_blacklist"])
def test_in_a_project(tmp_path: Path, redis: RedisServer, app: str) -> None:
    """The command as it is typed, and a second process that sees what it has done."""
    more = (
        f"CACHES = {{'default': {redis.cache()!r}}}\n"
        "SIMPLE_JWT = {'REVOCATION_CACHE': 'default'}\n"
    )
    project = Project(tmp_path, [app], more)
    assert project.manage("migrate", "--verbosity=0").returncode == 0
    make = (
        "import django; django.setup()\n"
        "from pyjwtfast.drf.tokens import AccessToken\n"
        "token = AccessToken(); token['user_id'] = '1'; print(token)"
    )
    raw = project.run("-c", make).stdout
    read = (
        "import django, sys; django.setup()\n"
        "from pyjwtfast.drf.tokens import AccessToken\n"
        "AccessToken(sys.stdin.read().strip())"
    )
    assert project.run("-c", read, stdin=raw).returncode == 0
    help_text = project.manage("jwt_revoke", "--help").stdout
    assert "A token itself is never an argument" in help_text
    assert "manage.py jwt_revoke --user 42 --undo" in help_text
    done = project.manage("jwt_revoke", "--token-file", "-", stdin=raw)
    assert (done.returncode, done.stderr) == (0, "")
    assert project.run("-c", read, stdin=raw).stderr.strip().endswith("Token is revoked")
    assert project.manage("jwt_revoke").returncode == 2


def test_access_tokens_are_of_this_project() -> None:
    """That what the tests above call good is so for its signature."""
    assert AccessToken(old())["user_id"] == "1"
