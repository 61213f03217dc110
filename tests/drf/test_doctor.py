"""The doctor: what it prints of a project, its exit status, and its verdict on tokens."""

from __future__ import annotations

import io
import json
import re
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.core.management import CommandError, call_command
from django.test import modify_settings, override_settings

from pyjwtfast import Key, __version__
from tests.api import keys
from tests.drf.models import User
from tests.drf.project import Project
from tests.drf.support import ABSENT, claims, token

BLACKLIST = "pyjwtfast.drf.token_blacklist"
SECRET = "hush-hush: nobody may see this, of 64 bytes or more of random letters"
PRIVATE, PUBLIC = keys.private_pem("rsa").decode(), keys.public_pem("rsa").decode()


@pytest.fixture(scope="module", autouse=True)
def without_blacklist() -> Iterator[None]:
    """A project without tables; those with them are in processes of their own."""
    with modify_settings(INSTALLED_APPS={"remove": BLACKLIST}):
        yield


@pytest.fixture(autouse=True)
def without_simplejwt(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if it were not loaded; the tests beside these need it."""
    monkeypatch.setattr("pyjwtfast.drf.doctor.report.SIMPLEJWT", "nothing_that_is_loaded")


def doctor(*arguments: str, stdin: str = "") -> tuple[str, int]:
    """What the command prints, and its exit status."""
    out = io.StringIO()
    status = 0
    with mock.patch("sys.stdin", io.StringIO(stdin)):
        try:
            call_command("jwt_doctor", *arguments, stdout=out, no_color=True)
        except SystemExit as error:
            status = int(error.code or 0)
    return out.getvalue(), status


def seen(**overrides: Any) -> dict[str, Any]:
    """The report as JSON."""
    with override_settings(**overrides):
        text, status = doctor("--json")
    report: dict[str, Any] = json.loads(text)
    assert report["ok"] is (status == 0)
    return report


def judged(raw: str, **simple_jwt: Any) -> tuple[dict[str, tuple[bool | None, str]], int]:
    """The steps of a verdict by name, and the exit status."""
    with override_settings(SIMPLE_JWT=simple_jwt):
        text, status = doctor("--token", "-", "--json", stdin=raw)
    verdict = json.loads(text)
    assert verdict["accepted"] is (status == 0)
    return {step["name"]: (step["holds"], step["text"]) for step in verdict["steps"]}, status


# --- The report ---


def test_a_project_that_is_well() -> None:
    report = seen()
    assert report["ok"] is True
    assert report["versions"]["pyjwtfast"] == __version__
    assert report["versions"]["openssl"].startswith("OpenSSL 3")
    assert report["versions"]["fips"] is False
    assert report["use"]["way"] == "native"
    assert report["use"]["apps"] == ["pyjwtfast.drf"]
    assert report["settings"] == {
        "read_from": "SIMPLE_JWT",
        "changed": {},
        "unknown": {},
        "removed": [],
    }
    assert report["keys"] == {
        "algorithm": "HS256",
        "signing_key": {"from": "SECRET_KEY", "kind": "secret", "length": "75 bytes"},
        "former_keys": [],
    }
    assert report["blacklist"] == {"app": None}
    assert report["endpoints"]["/ours/token/"] == "pyjwtfast.drf.views.TokenObtainPairView"
    assert not any(route.startswith("/theirs") for route in report["endpoints"])


def test_settings_that_are_not_the_defaults() -> None:
    simple_jwt = {
        "ACCESS_TOKEN_LIFETIME": timedelta(minutes=10),
        "ALGORITHM": "HS256",
        "ROTATE_REFRESH_TOKEN": True,
        "QQQ": SECRET,
        "TOKEN_BACKEND_CLASS": "x",
        "USER_AUTHENTICATION_RULE": doctor,
    }
    report = seen(SIMPLE_JWT=simple_jwt)
    assert report["settings"]["changed"] == {
        "ACCESS_TOKEN_LIFETIME": {
            "value": "datetime.timedelta(seconds=600)",
            "default": "datetime.timedelta(seconds=300)",
        },
        "USER_AUTHENTICATION_RULE": {
            "value": f"{__name__}.doctor",
            "default": "'pyjwtfast.drf.authentication.default_user_authentication_rule'",
        },
    }
    assert report["settings"]["unknown"] == {
        "ROTATE_REFRESH_TOKEN": {"nearest": "ROTATE_REFRESH_TOKENS"},
        "QQQ": {"nearest": None},
    }
    assert report["settings"]["removed"] == ["TOKEN_BACKEND_CLASS"]
    assert [each["id"] for each in report["problems"] if each["level"] == "error"] == [
        "pyjwtfast.E003"
    ]
    assert report["ok"] is False


def test_the_settings_name_that_is_read() -> None:
    assert seen(SIMPLE_JWT=None)["settings"]["read_from"] == "SIMPLE_JWT (not set)"
    report = seen(SIMPLE_JWT=None, PYJWTFAST={"LEEWAY": 5})
    assert report["settings"]["read_from"] == "PYJWTFAST"
    assert report["settings"]["changed"] == {"LEEWAY": {"value": "5", "default": "0"}}


def test_keys_are_described_and_not_shown() -> None:
    simple_jwt = {
        "ALGORITHM": "RS256",
        "SIGNING_KEY": PRIVATE,
        "VERIFYING_KEY": PUBLIC,
        "SIGNING_KEY_FALLBACKS": [keys.public_pem("other rsa").decode(), "rubbish"],
    }
    found = seen(SIMPLE_JWT=simple_jwt)["keys"]
    thumbprint = found["verifying_key"]["thumbprint"]
    assert found["signing_key"] == {
        "from": "SIMPLE_JWT['SIGNING_KEY']",
        "kind": "private RSA",
        "length": "2048 bits",
        "thumbprint": thumbprint,
    }
    assert found["verifying_key"]["kind"] == "public RSA"
    assert found["former_keys"][0]["from"] == "SIMPLE_JWT['SIGNING_KEY_FALLBACKS'][0]"
    assert found["former_keys"][0]["thumbprint"] != thumbprint
    assert "needs the text of a key" in found["former_keys"][1]["error"]


def test_former_secrets_come_from_django() -> None:
    found = seen(SECRET_KEY_FALLBACKS=[SECRET])["keys"]["former_keys"]
    assert found == [
        {"from": "SECRET_KEY_FALLBACKS[0]", "kind": "secret", "length": f"{len(SECRET)} bytes"}
    ]


@pytest.mark.parametrize(
    "simple_jwt",
    [
        {"SIGNING_KEY": SECRET},
        {"SIGNING_KEY": SECRET.encode(), "SIGNING_KEY_FALLBACKS": [SECRET, SECRET.encode()]},
        {"SIGNING_KEY": SECRET[:20]},
        {"VERIFYING_KEY": SECRET},
        {"ALGORITHM": "RS256", "SIGNING_KEY": SECRET, "VERIFYING_KEY": SECRET},
        {"ALGORITHM": "RS256", "JWK_URL": f"https://me:{SECRET[:9]}@example.org/?key={SECRET[:9]}"},
        {
            "ALGORITHM": "RS256",
            "JWK_URL": "https://example.org/",
            "JWK_CLIENT_OPTIONS": {"headers": {"Authorization": SECRET}},
        },
        {"SECRET": SECRET},
        {"SINGING_KEY": SECRET},
        {"ALGORITHM": ["RS256"], "SIGNING_KEY": SECRET},
    ],
    ids=repr,
)
def test_no_secret_is_printed(simple_jwt: dict[str, Any]) -> None:
    with override_settings(SIMPLE_JWT=simple_jwt):
        for arguments in ([], ["--json"]):
            text, _ = doctor(*arguments)
            assert SECRET[:9] not in text


def test_what_is_to_be_done_for_people() -> None:
    with override_settings(SIMPLE_JWT={"LEEWAY": -1, "ACCES_TOKEN_LIFETIME": 1}):
        text, status = doctor()
    assert status == 1
    assert "\x1b" not in text
    assert "To be fixed: 1\n  E006  SIMPLE_JWT['LEEWAY'] is -1.\n        -> Set LEEWAY to" in text
    assert "To be looked at: 1\n  W001  SIMPLE_JWT['ACCES_TOKEN_LIFETIME'] is not" in text
    lines = text.splitlines()
    assert max(map(len, lines)) <= 120
    for each in ({}, {"ACCES_TOKEN_LIFETIME": 1}):
        with override_settings(SIMPLE_JWT=each):
            text, status = doctor()
        assert status == 0
        assert text.endswith("Nothing has to be fixed.\n")


def test_columns_are_aligned() -> None:
    text, _ = doctor()
    versions = text.split("Versions\n")[1].split("\n\n")[0].splitlines()
    starts = {len(re.match(r"  \S+( \S+)*  +", line)[0]) for line in versions}
    assert len(versions) >= 9
    assert len(starts) == 1


def test_colours_only_where_they_are_wanted() -> None:
    out = io.StringIO()
    call_command("jwt_doctor", stdout=out, force_color=True)
    assert "\x1b[" in out.getvalue()


def test_warnings_alone_are_no_failure() -> None:
    report = seen(SIMPLE_JWT={"SIGNING_KEY": "short"})
    assert [each["id"] for each in report["problems"]] == ["pyjwtfast.W002"]
    assert report["ok"] is True


def test_what_is_silenced_is_not_said() -> None:
    overrides = {"SIMPLE_JWT": {"LEEWAY": -1}, "SILENCED_SYSTEM_CHECKS": ["pyjwtfast.E006"]}
    assert seen(**overrides)["problems"] == []


def test_the_deployment_checks_are_among_them() -> None:
    report = seen(SECRET_KEY="django-insecure-" + "x" * 50)
    assert [each["id"] for each in report["problems"]] == ["pyjwtfast.W003"]


@pytest.mark.parametrize("junk", [None, 5, "x", [], {"x": 1}, object()])
def test_no_junk_upsets_it(junk: object) -> None:
    from pyjwtfast.drf.settings import DEFAULTS

    for others in ({}, {"ALGORITHM": "RS256", "VERIFYING_KEY": PUBLIC}):
        for setting in DEFAULTS:
            with override_settings(SIMPLE_JWT={**others, setting: junk}):
                text, _ = doctor()
            assert text.startswith("Versions\n")
    with override_settings(SIMPLE_JWT=junk, REST_FRAMEWORK={}):
        assert doctor()[0].startswith("Versions\n")


def test_what_a_terminal_would_obey_is_not_printed() -> None:
    with override_settings(SIMPLE_JWT={"ISSUER": "\x1b[2Jx", "\x1b[31mQQ": 1}):
        text, _ = doctor()
    assert "\x1b" not in text
    assert "\\x1b[31mQQ" in text


# --- Keys at a URL ---


class KeyHandler(BaseHTTPRequestHandler):
    body = b""

    def do_GET(self) -> None:
        self.send_response(200 if self.body else 503)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), KeyHandler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/keys"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_url_is_fetched_where_that_is_asked_for(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    jwk = Key.from_pem(PUBLIC, kid="first").to_jwk()
    monkeypatch.setattr(KeyHandler, "body", json.dumps({"keys": [jwk]}).encode())
    with override_settings(SIMPLE_JWT={"ALGORITHM": "RS256", "JWK_URL": url}):
        text, status = doctor("--json")
        assert (json.loads(text)["keys"]["JWK_URL"], status) == ({"url": url}, 0)
        text, status = doctor("--json", "--fetch")
    found = json.loads(text)["keys"]["JWK_URL"]
    assert status == 0
    assert found["milliseconds"] >= 0
    (key,) = found["keys"]
    assert (key["kid"], key["kind"], key["length"]) == ("first", "public RSA", "2048 bits")


def test_a_url_that_does_not_answer(url: str) -> None:
    with override_settings(SIMPLE_JWT={"ALGORITHM": "RS256", "JWK_URL": url}):
        text, status = doctor("--json", "--fetch")
    report = json.loads(text)
    assert status == 1
    assert "503" in report["keys"]["JWK_URL"]["error"]
    assert "pyjwtfast.E103" in [each["id"] for each in report["problems"]]


# --- Whichever app is installed, or none ---


@pytest.mark.parametrize("apps", [["pyjwtfast.drf"], [BLACKLIST], ["pyjwtfast.drf", BLACKLIST]])
def test_manage_py_finds_it(apps: list[str], tmp_path: Path) -> None:
    done = Project(tmp_path, apps).manage("jwt_doctor", "--no-database")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"apps                  {apps[0]}" in done.stdout


@pytest.mark.parametrize("first_line", ["", "import pyjwtfast.replace_simplejwt"])
def test_without_an_app(first_line: str, tmp_path: Path) -> None:
    project = Project(tmp_path, [], "SIMPLE_JWT = {'LEEWAY': -1}", first_line)
    command = ["-m", "pyjwtfast.drf", "doctor", "--json", "--settings", "small.settings"]
    done = project.run(*command, DJANGO_SETTINGS_MODULE="")
    report = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (1, "")
    assert report["use"]["apps"] == []
    assert report["use"]["way"].startswith("one line" if first_line else "native")
    assert [each["id"] for each in report["problems"]] == ["pyjwtfast.E006"]


def test_the_module_by_itself(tmp_path: Path) -> None:
    project = Project(tmp_path)
    nothing = {"DJANGO_SETTINGS_MODULE": ""}
    usage = project.run("-m", "pyjwtfast.drf", "--help", **nothing)
    assert usage.returncode == 0
    assert usage.stdout.startswith("usage: python -m pyjwtfast.drf")
    options = project.run("-m", "pyjwtfast.drf", "doctor", "--help", **nothing)
    assert options.returncode == 0
    assert "--token FILE" in options.stdout
    assert "exit status:\n  0  nothing" in options.stdout
    for arguments in ([], ["surgeon"]):
        wrong = project.run("-m", "pyjwtfast.drf", *arguments, **nothing)
        assert wrong.returncode == 2
        assert "usage: python -m pyjwtfast.drf" in wrong.stdout + wrong.stderr
    late = "import rest_framework_simplejwt\nimport pyjwtfast.replace_simplejwt\n"
    (tmp_path / "late.py").write_text(late)
    for arguments, message in (
        ([], "No settings are named: add --settings project.settings, or set DJANGO_SETTINGS_"),
        (
            ["--settings", "no.such"],
            "Django does not start with the settings 'no.such': No",
        ),
        (
            ["--settings", "late"],
            "Django does not start with the settings 'late': `import",
        ),
    ):
        lost = project.run("-m", "pyjwtfast.drf", "doctor", *arguments, **nothing)
        assert lost.returncode == 2
        assert lost.stderr.startswith(f"python -m pyjwtfast.drf: {message}")
        assert "Traceback" not in lost.stderr


@pytest.mark.parametrize("option", [(), ("--json",)])
def test_a_reader_that_has_seen_enough(tmp_path: Path, option: tuple[str, ...]) -> None:
    project = Project(tmp_path, ["pyjwtfast.drf"])
    script = (
        "import os, sys\n"
        "reader, writer = os.pipe()\n"
        "os.close(reader)\n"
        "os.dup2(writer, 1)\n"
        "from django.core.management import execute_from_command_line\n"
        "execute_from_command_line(['manage.py', 'jwt_doctor', *sys.argv[1:]])\n"
    )
    done = project.run("-c", script, *option)
    assert (done.returncode, done.stderr) == (0, "")


def test_simplejwt_in_use_beside_us(tmp_path: Path) -> None:
    more = "import rest_framework_simplejwt.settings"
    done = Project(tmp_path, ["pyjwtfast.drf"], more).manage("jwt_doctor", "--json")
    report = json.loads(done.stdout)
    assert report["use"]["simplejwt_loaded_too"] is True
    assert [each["id"] for each in report["problems"]] == ["pyjwtfast.W101"]


# --- The blacklist ---


def test_tables_and_migrations(tmp_path: Path) -> None:
    project = Project(tmp_path, [BLACKLIST])
    done = project.manage("jwt_doctor", "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert [each["id"] for each in report["problems"]] == ["pyjwtfast.E102"]
    assert report["blacklist"]["migrations"].startswith("not applied: 0001")
    assert set(report["blacklist"]["tables"].values()) == {"missing"}

    assert project.manage("migrate", "-v0").returncode == 0
    report = json.loads(project.manage("jwt_doctor", "--json", "--rows").stdout)
    assert report["ok"] is True
    assert report["blacklist"] == {
        "app": BLACKLIST,
        "database": "default (sqlite)",
        "migrations": "applied",
        "index_on_expires_at": False,
        "tables": {
            "token_blacklist_outstandingtoken": "0 rows",
            "token_blacklist_blacklistedtoken": "0 rows",
        },
        "expired_rows": 0,
    }


def test_a_database_that_does_not_answer(tmp_path: Path) -> None:
    project = Project(tmp_path, [BLACKLIST], f"DATABASES['default']['NAME'] = '{tmp_path}/no/db'")
    done = project.manage("jwt_doctor", "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (1, "")
    assert [each["id"] for each in report["problems"]] == ["pyjwtfast.E101"]
    assert project.manage("jwt_doctor", "--no-database").returncode == 0


# --- Why is this token refused? ---


def test_a_token_that_is_accepted(user: User) -> None:
    steps, status = judged(token(claims(user_id=str(user.pk))))
    assert status == 0
    assert {holds for holds, _ in steps.values()} == {True}
    assert list(steps) == [
        "form", "algorithm", "signature", "exp", "iat", "type", "id", "user", "active", "answer",
    ]  # fmt: skip
    assert steps["signature"][1] == "made with SECRET_KEY"
    assert steps["answer"][1] == "a request with it is let in, by AccessToken"


@pytest.mark.parametrize(
    ("changes", "simple_jwt", "step", "text", "answer"),
    [
        ({"exp": -7300}, {}, "exp", "2 hours ago", "Token is expired"),
        ({"exp": ABSENT}, {}, "exp", "missing", "Token has no 'exp' claim"),
        ({"exp": "x"}, {}, "exp", "not a number, but a str", "Token is invalid"),
        ({"exp": 10**400}, {}, "exp", "no time of a calendar", "Token is invalid"),
        ({"nbf": 7300}, {}, "nbf", "2 hours from now", "Token is invalid"),
        ({"iat": 200000}, {"LEEWAY": 5}, "iat", "2 days from now; LEEWAY is 5 s", ""),
        ({"token_type": "refresh"}, {}, "type", "for the refresh view alone", "has wrong type"),
        ({"token_type": ABSENT}, {}, "type", "missing, but views take 'access'", "no type"),
        ({"jti": ABSENT}, {}, "id", "the claim jti is missing", "Token has no id"),
        ({}, {"AUDIENCE": "us"}, "aud", "missing, but AUDIENCE is 'us'", "Token is invalid"),
        ({"iss": "me"}, {"ISSUER": "us"}, "iss", "'me', but ISSUER is 'us'", "is invalid"),
        ({"user_id": ABSENT}, {}, "user", "the claim user_id is missing", "no recognizable"),
        ({"user_id": "999"}, {}, "user", "there is none with id '999'", "User not found"),
        ({}, {"SIGNING_KEY": "y" * 64}, "signature", "none of this project's", "is invalid"),
        ({}, {"ALGORITHM": "HS512"}, "algorithm", "'HS256', but ALGORITHM is HS512", ""),
        (
            {},
            {"CHECK_REVOKE_TOKEN": True},
            "password",
            "changed since",
            "The user's password has been changed.",
        ),
    ],
    ids=repr,
)
def test_why_a_token_is_refused(
    changes: dict[str, Any],
    simple_jwt: dict[str, Any],
    step: str,
    text: str,
    answer: str,
    user: User,
) -> None:
    now = int(time.time())
    changes = {name: now + v if isinstance(v, int) else v for name, v in changes.items()}
    steps, status = judged(token(claims(**{"user_id": str(user.pk), **changes})), **simple_jwt)
    assert status == 1
    assert steps[step][0] is False
    assert text in steps[step][1]
    refused = {name for name, (holds, _) in steps.items() if holds is False}
    assert refused - {"signature"} <= {step, "answer"}
    assert steps["answer"][1].startswith("401 ")
    assert answer in steps["answer"][1]


def test_a_former_key_is_named(user: User) -> None:
    raw = token(claims(user_id=str(user.pk)))
    with override_settings(SECRET_KEY="z" * 64, SECRET_KEY_FALLBACKS=["y" * 64, SECRET, SECRET]):
        steps, status = judged(raw)
        assert status == 1
    from django.conf import settings

    with override_settings(SECRET_KEY="z" * 64, SECRET_KEY_FALLBACKS=[SECRET, settings.SECRET_KEY]):
        steps, status = judged(raw)
    assert status == 0
    assert steps["signature"] == (True, "made with SECRET_KEY_FALLBACKS[1]")


def test_an_inactive_user(user: User) -> None:
    user.is_active = False
    user.save()
    steps, status = judged(token(claims(user_id=str(user.pk))))
    assert status == 1
    assert steps["active"] == (False, "the user is not active")
    assert "user_inactive" in steps["answer"][1]


@pytest.mark.parametrize("raw", ["x", "a.b.c", "a.b", "\x00", "Bearer x"])
def test_what_is_no_token(raw: str) -> None:
    steps, status = judged(raw)
    assert status == 1
    assert list(steps) == ["form", "answer"]
    assert steps["form"][0] is False


@pytest.mark.django_db
def test_keys_that_cannot_be_had() -> None:
    steps, status = judged(token(claims()), ALGORITHM="RS256", JWK_URL="http://127.0.0.1:9/keys")
    assert status == 1
    assert steps["signature"][0] is None
    assert steps["answer"][1].startswith("503 keys_unavailable")


def test_for_people_and_without_the_token(user: User, tmp_path: Path) -> None:
    raw = token(claims(user_id=str(user.pk), exp=5, secret="hidden"))
    file = tmp_path / "token.txt"
    file.write_text(f"Authorization: Bearer {raw}\n")
    text, status = doctor("--token", str(file))
    assert status == 1
    assert "\n  NO  exp        1970-01-01 00:00:05 UTC, " in text
    assert "\n  ok  signature  made with SECRET_KEY\n" in text
    assert "hidden" not in text
    for part in raw.split("."):
        assert part not in text


def test_a_token_from_nowhere(tmp_path: Path) -> None:
    for name in (str(tmp_path / "none"), str(tmp_path)):
        with pytest.raises(CommandError, match="cannot be read") as raised:
            doctor("--token", name)
        assert raised.value.returncode == 2
    with pytest.raises(CommandError, match="holds no token") as raised:
        doctor("--token", "-", stdin=" \n")
    assert raised.value.returncode == 2


def test_settings_that_allow_no_verdict() -> None:
    with (
        override_settings(SIMPLE_JWT={"ALGORITHM": "HS255"}),
        pytest.raises(CommandError, match=r"The settings cannot be used: .*HS255"),
    ):
        doctor("--token", "-", stdin=token(claims()))


def test_a_blacklisted_token(tmp_path: Path) -> None:
    more = "SIMPLE_JWT = {'AUTH_TOKEN_CLASSES': ['pyjwtfast.drf.tokens.SlidingToken']}"
    project = Project(tmp_path, [BLACKLIST], more)
    assert project.manage("migrate", "-v0").returncode == 0
    script = """
import django; django.setup()
from django.contrib.auth import get_user_model
from pyjwtfast.drf.tokens import SlidingToken
from pyjwtfast.drf.token_blacklist.models import BlacklistedToken, OutstandingToken
token = SlidingToken.for_user(get_user_model().objects.create_user("anna"))
row, _ = OutstandingToken.objects.get_or_create(
    jti=token["jti"], defaults={"token": str(token), "expires_at": "2100-01-01T00:00Z"}
)
print(token)
BlacklistedToken.objects.create(token=row)
"""
    raw = project.run("-c", script).stdout.strip()
    done = project.manage("jwt_doctor", "--token", "-", stdin=raw)
    assert "NO  blacklist  listed since 2" in done.stdout
