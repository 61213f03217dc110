"""The page, its headers, the demo user and the schema; what the page does: tests/browser."""

import io
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.demo import PASSWORD, USERNAME
from notes.models import Note


@pytest.fixture(autouse=True)
def _fast_passwords(settings: Any) -> None:
    """The default hasher takes as long as it can, which is not what is tested here."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.mark.parametrize("demo", [True, False])
def test_the_password_is_told_in_the_demonstration_only(
    client: Client, settings: Any, demo: bool
) -> None:
    settings.DEMO = demo
    text = client.get("/").content.decode()
    assert 'id="login"' in text
    assert (PASSWORD in text) == demo
    assert (USERNAME in text) == demo


@pytest.mark.parametrize("path", ["/", "/api/docs/", "/api/docs/?script="])
def test_no_script_or_style_stands_in_a_page(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self';" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert not answer.cookies
    text = answer.content.decode()
    assert "<style" not in text
    assert " style=" not in text
    assert "<script>" not in text


def test_errors_have_the_policy_too_but_for_djangos_own_pages(
    client: Client, settings: Any
) -> None:
    assert "Content-Security-Policy" in client.get("/nothing/").headers
    settings.DEBUG = True
    assert "Content-Security-Policy" not in client.get("/nothing/").headers


@pytest.mark.parametrize("path", ["/", "/api/docs/"])
def test_nothing_is_loaded_from_elsewhere(client: Client, path: str) -> None:
    text = client.get(path).content.decode()
    assert "://" not in text
    for part in text.split('"/static/')[1:]:
        name = part.partition('"')[0]
        assert finders.find(name), name


@pytest.mark.django_db
def test_the_demo_user_can_log_in(settings: Any) -> None:
    settings.DEMO = True
    output = io.StringIO()
    for _ in range(2):
        call_command("make_demo_user", stdout=output)
        assert PASSWORD in output.getvalue()
        user = User.objects.get()
        assert authenticate(username=USERNAME, password=PASSWORD) == user
        assert Note.objects.filter(owner=user).count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("changed", [{"password": ""}, {"is_active": False}])
def test_somebody_elses_account_is_not_made_the_demo_users(
    settings: Any, changed: dict[str, Any]
) -> None:
    settings.DEMO = True
    call_command("make_demo_user", stdout=io.StringIO())
    User.objects.update(**changed)
    before = User.objects.values().get()
    with pytest.raises(CommandError, match="DATABASE_URL"):
        call_command("make_demo_user")
    assert User.objects.values().get() == before


@pytest.mark.django_db
def test_no_such_user_outside_the_demonstration(settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="DEMO=1"):
        call_command("make_demo_user")
    assert not User.objects.exists()


def test_the_schema_is_valid_and_has_the_bearer_scheme(tmp_path: Path) -> None:
    path = tmp_path / "schema.yaml"
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(path))
    schema = yaml.safe_load(path.read_text())
    assert schema["components"]["securitySchemes"] == {
        "jwtAuth": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    protected = {"/api/notes/", "/api/whoami/"}
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            assert (operation.get("security") == [{"jwtAuth": []}]) == (path in protected)
