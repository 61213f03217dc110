"""dj-rest-auth with tokens in cookies: log in, refresh with rotation, log out."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from django.contrib.auth.models import User
from django.core.management import call_command
from rest_framework.test import APIClient
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken

from tests.third_party.support import PASSWORD, assert_the_right_library, new_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> APIClient:
    """One that is logged in."""
    User.objects.create_user("anna", "anna@example.com", PASSWORD)
    client = new_client()
    answer = client.post("/auth/login/", {"username": "anna", "password": PASSWORD})
    assert answer.status_code == 200, answer.content
    assert answer.json()["refresh"] == ""
    return client


def test_library() -> None:
    assert_the_right_library()


def test_cookies_authenticate(client: APIClient) -> None:
    assert client.cookies["access-cookie"]["httponly"]
    assert client.get("/auth/user/").json()["username"] == "anna"
    client.cookies["access-cookie"] = "nonsense"
    refused = client.get("/auth/user/")
    assert (refused.status_code, refused.json()["code"]) == (401, "token_not_valid")


def test_refresh_rotates(client: APIClient) -> None:
    before = client.cookies["refresh-cookie"].value
    renewed = client.post("/auth/token/refresh/", {})
    assert renewed.status_code == 200, renewed.content
    assert set(renewed.json()) == {"access", "access_expiration"}
    after = client.cookies["refresh-cookie"].value
    assert after != before
    assert client.get("/auth/user/").status_code == 200
    assert BlacklistedToken.objects.count() == 1
    again = client.post("/auth/token/refresh/", {"refresh": before})
    assert (again.status_code, again.json()["detail"]) == (401, "Token is blacklisted")
    assert client.post("/auth/token/refresh/", {}).status_code == 200


def test_logout_revokes_and_forgets(client: APIClient) -> None:
    token = client.cookies["refresh-cookie"].value
    done = client.post("/auth/logout/")
    assert (done.status_code, done.json()) == (200, {"detail": "Successfully logged out."})
    assert client.cookies["refresh-cookie"].value == client.cookies["access-cookie"].value == ""
    assert BlacklistedToken.objects.count() == 1
    again = new_client().post("/auth/token/refresh/", {"refresh": token})
    assert (again.status_code, again.json()["detail"]) == (401, "Token is blacklisted")


def test_schema(client: APIClient, tmp_path: Any) -> None:
    file = tmp_path / "schema.yaml"
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(file))
    schemes = yaml.safe_load(file.read_text())["components"]["securitySchemes"]
    assert schemes["jwtHeaderAuth"] == {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    assert schemes["jwtCookieAuth"]["name"] == "access-cookie"
