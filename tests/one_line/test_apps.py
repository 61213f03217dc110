"""INSTALLED_APPS and settings keep simplejwt's names, and Django sees what it saw before.

What simplejwt itself gives is the measure wherever it can be asked.
"""

from __future__ import annotations

import json
import textwrap
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.one_line.projects import HIDE, ONE_LINE, THE_LINE, WAYS, run_project

BASE, BLACKLIST = "rest_framework_simplejwt", "rest_framework_simplejwt.token_blacklist"
OUR_BASE, OUR_BLACKLIST = "pyjwtfast.drf", "pyjwtfast.drf.token_blacklist"
DOTTED = f"{BLACKLIST}.apps.TokenBlacklistConfig"
HIDDEN = HIDE + THE_LINE

one_line = pytest.mark.parametrize("way", ONE_LINE.values(), ids=ONE_LINE)
# An installed simplejwt makes no difference to the rest, as test_names.py has shown.
hidden = pytest.mark.parametrize("way", [HIDDEN], ids=["hidden"])

DESCRIBE = f"""
import json
from django.apps import apps
from django.core.management import get_commands
names = [{BASE!r}, {BLACKLIST!r}, {OUR_BASE!r}, {OUR_BLACKLIST!r}]
print(json.dumps({{
    "apps": [[app.name, app.label] for app in apps.get_app_configs()][3:],
    "installed": [name for name in names if apps.is_installed(name)],
    "models": {{model._meta.label: model._meta.db_table for model in apps.get_models()
                if "token" in model._meta.label.lower()}},
    "names": [str(app.verbose_name) for app in apps.get_app_configs() if "blacklist" in app.label],
    "fields": [app.default_auto_field for app in apps.get_app_configs()][3:],
}}))
"""


@cache
def described(way: str, *apps: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(run_project(way, list(apps), DESCRIBE))
    return answer


@one_line
@pytest.mark.parametrize(
    "apps",
    [[], [BASE], [BLACKLIST], [BASE, BLACKLIST]],
    ids=["none", "base", "blacklist", "both"],
)
def test_apps_are_what_they_are_with_simplejwt(way: str, apps: list[str]) -> None:
    theirs = described(WAYS["simplejwt"], *apps)
    assert theirs["installed"] == apps
    assert described(way, *apps) == theirs


@hidden
@pytest.mark.parametrize(
    "entry", [DOTTED, "tests.one_line.own_apps.Revoked"], ids=["dotted", "own"]
)
def test_dotted_app_configs(way: str, entry: str) -> None:
    """Apps as with simplejwt; and tables, where simplejwt looks for its plain name and has none."""
    theirs, ours = (dict(described(each, entry)) for each in (WAYS["simplejwt"], way))
    assert theirs["models"] == {}
    assert ours.pop("models") == {
        "token_blacklist.OutstandingToken": "token_blacklist_outstandingtoken",
        "token_blacklist.BlacklistedToken": "token_blacklist_blacklistedtoken",
    }
    del theirs["models"]
    assert ours == theirs
    assert ours["installed"] == [BLACKLIST]


def test_our_names_beside_the_line_and_without_it() -> None:
    apps = [OUR_BASE, f"{OUR_BLACKLIST}.apps.TokenBlacklistConfig"]
    for way in (THE_LINE, "", HIDE):
        found = described(way, *apps)
        assert found["apps"] == [[OUR_BASE, "pyjwtfast"], [OUR_BLACKLIST, "token_blacklist"]]
        assert found["installed"] == [OUR_BASE, OUR_BLACKLIST]
        assert len(found["models"]) == 2


def test_both_names_of_an_app_are_one_too_many() -> None:
    body = "print('not reached')"
    with pytest.raises(AssertionError, match="Application labels aren't unique"):
        run_project(THE_LINE, [BLACKLIST, OUR_BLACKLIST], body)


MIGRATE = """
import io
from django.apps import apps
from django.core.management import call_command
from django.db import connection

out = io.StringIO()
call_command("migrate", verbosity=1, stdout=out, no_color=True)
call_command("makemigrations", check=True, dry_run=True, stdout=out)
tables = [name for name in connection.introspection.table_names() if "token" in name]
print(tables)
print("No migrations to apply" in out.getvalue(), "No changes detected" in out.getvalue())
if apps.is_installed("rest_framework_simplejwt.token_blacklist"):
    from rest_framework_simplejwt.token_blacklist.models import OutstandingToken
    print(OutstandingToken.objects.count())
"""
TABLES = ["token_blacklist_blacklistedtoken", "token_blacklist_outstandingtoken"]


@hidden
@pytest.mark.parametrize("entry", [BLACKLIST, DOTTED, "tests.one_line.own_apps.Revoked"])
def test_migrations_are_found(way: str, entry: str) -> None:
    assert run_project(way, [entry], MIGRATE).splitlines() == [str(TABLES), "False True", "0"]


@hidden
def test_the_database_of_simplejwt_goes_on(way: str, tmp_path: Path) -> None:
    database = {
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "db.sqlite3")}
    }
    issue = """
    from django.contrib.auth.models import User
    from rest_framework_simplejwt.tokens import RefreshToken
    RefreshToken.for_user(User.objects.create_user("anna"))
    """
    first = MIGRATE + textwrap.dedent(issue)
    run_project(WAYS["simplejwt"], [BLACKLIST], first, DATABASES=database)
    taken_over = run_project(way, [BLACKLIST], MIGRATE, DATABASES=database)
    assert taken_over.splitlines() == [str(TABLES), "True True", "1"]
    back = run_project(WAYS["simplejwt"], [BLACKLIST], MIGRATE, DATABASES=database)
    assert back.splitlines() == [str(TABLES), "True True", "1"]


COMMANDS = """
import io
from datetime import timedelta
from django.contrib.auth.models import User
from django.core.management import call_command, get_commands
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken

call_command("migrate", verbosity=0)
user = User.objects.create_user("anna")
for _ in range(3):
    RefreshToken.for_user(user).blacklist()
OutstandingToken.objects.filter(pk__lt=3).update(expires_at=timezone.now() - timedelta(days=1))
call_command("flushexpiredtokens", verbosity=0)
commands = get_commands()
print(OutstandingToken.objects.count(), commands["flushexpiredtokens"])
"""


@hidden
def test_commands_are_found(way: str) -> None:
    lines = {
        each: run_project(each, [BASE, BLACKLIST], COMMANDS) for each in (WAYS["simplejwt"], way)
    }
    assert lines[way] == lines[WAYS["simplejwt"]] == f"1 {BLACKLIST}\n"
    doctor = "from django.core.management import call_command; call_command('jwt_doctor')"
    said = run_project(way, [BASE, BLACKLIST], MIGRATE + doctor)
    assert "one line (pyjwtfast.replace_simplejwt)" in said


CHECK = """
import json, sys
from django.core.checks import run_checks
print(json.dumps([message.id for message in run_checks(include_deployment_checks=True)
                  if message.id.startswith("pyjwtfast")]))
"""


@hidden
@pytest.mark.parametrize(
    "apps",
    [[], [BASE], [BLACKLIST], [BASE, BLACKLIST]],
    ids=["none", "base", "blacklist", "both"],
)
def test_each_check_is_made_once(way: str, apps: list[str]) -> None:
    more: dict[str, Any] = {"SIMPLE_JWT": {"LEEWAY": -1, "SIGNING_KEY": "django-insecure-" * 4}}
    found = json.loads(run_project(way, apps, CHECK, **more))
    assert sorted(found) == ["pyjwtfast.E006", "pyjwtfast.W003"]


def test_without_line_and_apps_nothing_is_checked() -> None:
    assert run_project("", [], CHECK, SIMPLE_JWT={"LEEWAY": -1}) == "[]\n"


def test_our_name_of_the_blacklist_beside_the_line_is_an_error() -> None:
    """dj-rest-auth's logout looks for the other one, and revokes nothing without it."""
    assert "pyjwtfast.E016" in run_project(THE_LINE, [OUR_BLACKLIST], CHECK)
    assert run_project(THE_LINE, [BLACKLIST], CHECK) == "[]\n"
    assert run_project("", [OUR_BLACKLIST], CHECK) == "[]\n"


OWN = {
    "SIMPLE_JWT": {
        "AUTH_TOKEN_CLASSES": ["tests.one_line.own.TeamAccessToken"],
        "TOKEN_OBTAIN_SERIALIZER": "tests.one_line.own.TeamSerializer",
        "TOKEN_REFRESH_SERIALIZER": f"{BASE}.serializers.TokenRefreshSerializer",
        "USER_AUTHENTICATION_RULE": "tests.one_line.own.may_log_in",
        "TOKEN_USER_CLASS": f"{BASE}.models.TokenUser",
    },
    "REST_FRAMEWORK": {
        "DEFAULT_AUTHENTICATION_CLASSES": [
            "tests.one_line.own.HeaderlessAuthentication",
            f"{BASE}.authentication.JWTAuthentication",
        ]
    },
}

USE = """
import json
from django.contrib.auth.models import User
from django.core.management import call_command
from rest_framework.test import APIClient

call_command("migrate", verbosity=0)
for name in ("anna", "mallory"):
    User.objects.create_user(name, password="a password")
client = APIClient()
pair = client.post("/token/", {"username": "anna", "password": "a password"}).json()
refused = client.post("/token/", {"username": "mallory", "password": "a password"})
renewed = client.post("/token/refresh/", {"refresh": pair["refresh"]}).json()
print(json.dumps([
    sorted(pair), refused.status_code, refused.json(), sorted(renewed),
    client.get("/who/").json(),
    client.get("/who/", headers={"x-token": renewed["access"]}).json(),
    client.get("/who/", headers={"authorization": "Bearer " + pair["access"]}).json(),
    client.get("/who/", headers={"authorization": "Bearer " + pair["refresh"]}).json(),
    client.post("/token/verify/", {"token": pair["refresh"]}).json(),
]))
"""


@one_line
def test_dotted_names_in_settings_and_classes_of_the_project(way: str) -> None:
    theirs = json.loads(run_project(WAYS["simplejwt"], [], USE, **OWN))
    assert theirs[5:7] == [{"user": "anna", "team": "analytics"}] * 2
    assert json.loads(run_project(way, [], USE, **OWN)) == theirs
    assert run_project(way, [], CHECK, **OWN) == "[]\n"
