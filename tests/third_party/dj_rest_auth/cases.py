"""dj-rest-auth with tokens in bodies: log in, refresh, verify, log out."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from django.contrib.auth.models import User
from django.core.management import call_command
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken

from tests.third_party.support import (
    PASSWORD,
    assert_the_right_library,
    bearer,
    new_client,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair() -> dict[str, Any]:
    User.objects.create_user("anna", "anna@example.com", PASSWORD)
    answer = new_client().post("/auth/login/", {"username": "anna", "password": PASSWORD})
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def test_library() -> None:
    assert_the_right_library()


def test_login(pair: dict[str, Any]) -> None:
    assert set(pair) == {"access", "refresh", "access_expiration", "refresh_expiration", "user"}
    assert pair["user"]["username"] == "anna"
    refused = new_client().post("/auth/login/", {"username": "anna", "password": "wrong"})
    assert refused.status_code == 400


def test_user(pair: dict[str, Any]) -> None:
    assert new_client().get("/auth/user/").status_code == 401
    found = new_client().get("/auth/user/", **bearer(pair["access"]))
    assert (found.status_code, found.json()["username"]) == (200, "anna")
    wrong = new_client().get("/auth/user/", **bearer(pair["refresh"]))
    assert (wrong.status_code, wrong.json()["code"]) == (401, "token_not_valid")


def test_refresh_and_verify(pair: dict[str, Any]) -> None:
    client = new_client()
    renewed = client.post("/auth/token/refresh/", {"refresh": pair["refresh"]})
    assert renewed.status_code == 200, renewed.content
    assert set(renewed.json()) == {"access", "access_expiration"}
    assert client.get("/auth/user/", **bearer(renewed.json()["access"])).status_code == 200
    assert client.post("/auth/token/verify/", {"token": pair["access"]}).status_code == 200
    refused = client.post("/auth/token/verify/", {"token": "nonsense"})
    assert (refused.status_code, refused.json()["code"]) == (401, "token_not_valid")
    missing = client.post("/auth/token/refresh/", {})
    assert (missing.status_code, missing.json()["code"]) == (401, "token_not_valid")


def test_logout_revokes(pair: dict[str, Any]) -> None:
    client = new_client()
    assert BlacklistedToken.objects.count() == 0
    done = client.post("/auth/logout/", {"refresh": pair["refresh"]})
    assert (done.status_code, done.json()) == (200, {"detail": "Successfully logged out."})
    assert BlacklistedToken.objects.count() == 1
    for path in ("/auth/token/refresh/", "/auth/logout/"):
        again = client.post(path, {"refresh": pair["refresh"]})
        assert again.status_code == 401, path
        assert again.json()["detail"] == "Token is blacklisted"


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({}, "Refresh token was not included in request data."),
        ({"refresh": "nonsense"}, "Token is invalid"),
    ],
)
def test_logout_without_a_token(body: dict[str, str], detail: str, pair: dict[str, Any]) -> None:
    refused = new_client().post("/auth/logout/", body)
    assert (refused.status_code, refused.json()["detail"]) == (401, detail)


def test_schema(pair: dict[str, Any], tmp_path: Any) -> None:
    # dj-rest-auth's JWTCookieAuthentication without JWT_AUTH_COOKIE is a warning of theirs.
    file = tmp_path / "schema.yaml"
    call_command("spectacular", validate=True, file=str(file))
    schema = yaml.safe_load(file.read_text())
    assert set(schema["components"]["securitySchemes"]) == {"jwtHeaderAuth", "jwtCookieAuth"}
    logout = schema["paths"]["/auth/logout/"]["post"]["requestBody"]["content"]
    assert logout["application/json"]["schema"]["$ref"].endswith("/Logout")  # it takes a token
    assert new_client().get("/schema/").status_code == 200
