"""djoser: register, log in, refresh, verify, log out, and its strategy for social logins."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from tests.third_party.support import (
    PASSWORD,
    assert_the_right_library,
    bearer,
    new_client,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair() -> dict[str, Any]:
    client = new_client()
    made = client.post("/auth/users/", {"username": "anna", "password": PASSWORD})
    assert made.status_code == 201, made.content
    answer = client.post("/auth/jwt/create/", {"username": "anna", "password": PASSWORD})
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def test_library() -> None:
    assert_the_right_library()


def test_login(pair: dict[str, Any]) -> None:
    assert set(pair) == {"access", "refresh"}
    refused = new_client().post("/auth/jwt/create/", {"username": "anna", "password": "wrong"})
    assert (refused.status_code, refused.json()) == (
        401,
        {"detail": "No active account found with the given credentials"},
    )
    assert OutstandingToken.objects.count() == 1


def test_me(pair: dict[str, Any]) -> None:
    assert new_client().get("/auth/users/me/").status_code == 401
    found = new_client().get("/auth/users/me/", **bearer(pair["access"]))
    assert (found.status_code, found.json()["username"]) == (200, "anna")


def test_refresh_and_verify(pair: dict[str, Any]) -> None:
    client = new_client()
    renewed = client.post("/auth/jwt/refresh/", {"refresh": pair["refresh"]})
    assert (renewed.status_code, set(renewed.json())) == (200, {"access"})
    assert client.get("/auth/users/me/", **bearer(renewed.json()["access"])).status_code == 200
    verified = client.post("/auth/jwt/verify/", {"token": pair["access"]})
    assert (verified.status_code, verified.json()) == (200, {})
    refused = client.post("/auth/jwt/verify/", {"token": "nonsense"})
    assert (refused.status_code, refused.json()["code"]) == (401, "token_not_valid")


def test_logout_revokes(pair: dict[str, Any]) -> None:
    client = new_client()
    done = client.post("/auth/jwt/logout/", {"refresh": pair["refresh"]})
    assert (done.status_code, done.json()) == (200, {})
    assert BlacklistedToken.objects.count() == 1
    again = client.post("/auth/jwt/refresh/", {"refresh": pair["refresh"]})
    assert (again.status_code, again.json()["detail"]) == (401, "Token is blacklisted")


def test_social_strategy() -> None:
    from djoser.social.token.jwt import TokenStrategy

    user = User.objects.create_user("bert")
    pair = TokenStrategy.obtain(user)
    assert pair["user"] is user
    found = new_client().get("/auth/users/me/", **bearer(pair["access"]))
    assert (found.status_code, found.json()["username"]) == (200, "bert")
