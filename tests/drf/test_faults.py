"""Faults of simplejwt 5.5.1 that are not here. Each test opens with what simplejwt does.

Those of JWK_URL, where an outage or garbage gives 401 or 500 there and 503 with Retry-After here,
are in test_jwk_url.py; concurrent rotations, where each request gets a new token there, are in
test_races.py; the check of BLACKLIST_AFTER_ROTATION without the app is in test_checks_of_apps.py.
"""

from __future__ import annotations

import hashlib
from typing import Any
from unittest import mock

import pytest
from django.test import override_settings
from rest_framework.test import APIClient

from pyjwtfast.drf.backends import TokenBackend
from pyjwtfast.drf.tokens import AccessToken, RefreshToken, SlidingToken
from tests.drf.malformed import BAD_TIMES_AND_IDS
from tests.drf.models import User
from tests.drf.support import ABSENT, Raw, claims, get, post, token

pytestmark = pytest.mark.django_db

NO_ACTIVE_ACCOUNT = {"detail": "No active account found for the given token."}
PASSWORD_CHANGED = {"detail": "The user's password has been changed."}
BLACKLISTED = {"detail": "Token is blacklisted", "code": "token_not_valid"}
NOT_VALID = "token_not_valid"

TAKING_REFRESH = ["/ours/token/refresh/", "/ours/token/blacklist/"]
EACH_VIEW = [
    ("refresh", "/ours/token/refresh/", "refresh"),
    ("refresh", "/ours/token/blacklist/", "refresh"),
    ("sliding", "/ours/sliding/refresh/", "token"),
    ("refresh", "/ours/token/verify/", "token"),
    ("access", "/ours/token/verify/", "token"),
]


def test_refresh_for_a_deleted_user(client: APIClient, user: User) -> None:
    """500 in simplejwt."""
    refresh, sliding = str(RefreshToken.for_user(user)), str(SlidingToken.for_user(user))
    user.delete()
    got = post(client, "/ours/token/refresh/", {"refresh": refresh})
    assert (got.status, got.body) == (401, NO_ACTIVE_ACCOUNT)
    got = post(client, "/ours/sliding/refresh/", {"token": sliding})
    assert (got.status, got.body) == (401, NO_ACTIVE_ACCOUNT)


def test_blacklisting_the_token_of_a_deleted_user(client: APIClient, user: User) -> None:
    """200 in simplejwt too, where the id has the type of the field."""
    refresh = str(RefreshToken.for_user(user))
    user.delete()
    assert post(client, "/ours/token/blacklist/", {"refresh": refresh}).status == 200
    assert post(client, "/ours/token/refresh/", {"refresh": refresh}).body == BLACKLISTED


def test_a_sliding_token_of_an_inactive_user(client: APIClient, user: User) -> None:
    """Renewed in simplejwt, for ever."""
    sliding = str(SlidingToken.for_user(user))
    User.objects.update(is_active=False)
    got = post(client, "/ours/sliding/refresh/", {"token": sliding})
    assert (got.status, got.body) == (401, NO_ACTIVE_ACCOUNT)


@override_settings(SIMPLE_JWT={"CHECK_REVOKE_TOKEN": True})
def test_refresh_after_a_change_of_password(client: APIClient, user: User) -> None:
    """200 in simplejwt, with an access token that no view accepts: clients go round in circles."""
    refresh = str(RefreshToken.for_user(user))
    user.set_password("another")
    user.save()
    got = post(client, "/ours/token/refresh/", {"refresh": refresh})
    assert (got.status, got.body) == (401, PASSWORD_CHANGED)
    # And for good, as the unreleased simplejwt has it:
    assert post(client, "/ours/token/refresh/", {"refresh": refresh}).body == BLACKLISTED


@pytest.mark.parametrize(
    "changes",
    [
        *BAD_TIMES_AND_IDS,
        {"jti": "x" * 256},
        {"jti": "x" * 300},
        {"jti": "x\0"},
        {"jti": Raw(r'"\u0000"')},
        {"jti": Raw(r'"\ud800"')},
        {"jti": 5.5},
    ],
    ids=repr,
)
def test_times_and_ids_that_are_none(
    client: APIClient, user: User, changes: dict[str, Any]
) -> None:
    """500 in simplejwt for many of them, such as an `exp` that is a text or beyond the year 9999,
    or an id that PostgreSQL cannot hold."""
    for kind, path, field in EACH_VIEW:
        raw = token(claims(kind, user_id=str(user.pk), **changes))
        got = post(client, path, {field: raw})
        assert (got.status, got.body["code"]) == (401, NOT_VALID), path


@pytest.mark.parametrize("value", [5, [], 300 * "x", "\0", Raw(r'"\ud800"'), None, True, {}])
def test_ids_in_another_claim(client: APIClient, user: User, value: Any) -> None:
    """500 in simplejwt for most; RFC 7519 says nothing of such a claim."""
    with override_settings(SIMPLE_JWT={"JTI_CLAIM": "tid"}):
        for kind, path, field in EACH_VIEW:
            raw = token(claims(kind, user_id=str(user.pk), tid=value))
            got = post(client, path, {field: raw})
            assert (got.status, got.body["code"]) == (401, NOT_VALID), path


@pytest.mark.parametrize(
    "user_id",
    ["abc", "9" * 300, 10**30, "\0", Raw(r'"\ud800"'), [], {}, None, True, 1.5, "", ABSENT],
    ids=repr,
)
def test_users_that_are_none(client: APIClient, user: User, user_id: Any) -> None:
    """500 in simplejwt for a user id that the field cannot hold, at refresh and at blacklisting."""
    for kind, path, field in EACH_VIEW:
        raw = token(claims(kind, user_id=user_id, jti=f"{kind} {path}"))
        got = post(client, path, {field: raw})
        asks_for_user = path.endswith("/refresh/") and user_id is not ABSENT
        assert got.status == (401 if asks_for_user else 200), path


def test_the_last_second_of_the_database(client: APIClient, user: User) -> None:
    """An `exp` at the end of the year 9999 is a time; one second later none is."""
    for exp, status in ((253402300799, 200), (253402300800, 401)):
        raw = token(claims("refresh", user_id=str(user.pk), exp=exp))
        assert post(client, "/ours/token/blacklist/", {"refresh": raw}).status == status


@pytest.mark.parametrize("path", TAKING_REFRESH)
def test_a_refresh_token_without_an_id(client: APIClient, user: User, path: str) -> None:
    """500 in simplejwt with the blacklist app: its question comes before the check."""
    raw = token(claims("refresh", user_id=str(user.pk), jti=ABSENT))
    got = post(client, path, {"refresh": raw})
    assert (got.status, got.body["detail"]) == (401, "Token has no id")


def test_verify_of_a_blacklisted_token(client: APIClient, user: User) -> None:
    """200 in simplejwt; 400 with BLACKLIST_AFTER_ROTATION, as if the request were malformed."""
    made = RefreshToken.for_user(user)
    made.blacklist()
    with override_settings(SIMPLE_JWT={"VERIFY_CHECKS_BLACKLIST": "always"}):
        got = post(client, "/ours/token/verify/", {"token": str(made)})
    assert (got.status, got.body) == (401, BLACKLISTED)
    assert post(client, "/ours/token/verify/", {"token": str(made)}).status == 200


def test_settings_are_read_when_they_count(client: APIClient, user: User) -> None:
    """simplejwt reads many of them once, when its modules are imported."""
    refresh = {"refresh": str(RefreshToken.for_user(user))}
    assert "refresh" not in post(client, "/ours/token/refresh/", refresh).body
    with override_settings(SIMPLE_JWT={"ROTATE_REFRESH_TOKENS": True}):
        assert "refresh" in post(client, "/ours/token/refresh/", refresh).body
    with override_settings(SIMPLE_JWT={"SIGNING_KEY": "x" * 64, "ALGORITHM": "HS512"}):
        assert post(client, "/ours/token/refresh/", refresh).status == 401
    assert post(client, "/ours/token/refresh/", refresh).status == 200


CLASSES = ["RefreshToken", "SlidingToken", "AccessToken"]


@pytest.mark.parametrize("valid", [True, False])
def test_one_verification_for_all_token_classes(client: APIClient, user: User, valid: bool) -> None:
    """simplejwt verifies the signature anew for each entry of AUTH_TOKEN_CLASSES."""
    raw = token(claims(user_id=str(user.pk)))
    raw = raw if valid else raw[:-4] + "AAAA"
    names = [f"pyjwtfast.drf.tokens.{name}" for name in CLASSES]
    decode = TokenBackend.decode
    with (
        override_settings(SIMPLE_JWT={"AUTH_TOKEN_CLASSES": names, "VERIFIED_TOKEN_CACHE_SIZE": 0}),
        mock.patch.object(TokenBackend, "decode", autospec=True, side_effect=decode) as verified,
    ):
        got = get(client, "/ours/who/", f"Bearer {raw}")
        assert got.status == (200 if valid else 401)
        assert verified.call_count == 1
    if not valid:
        assert [each["message"] for each in got.body["messages"]] == ["Token is invalid"] * 3


class WithOtherKey(AccessToken):
    """Has a backend of its own."""

    other = TokenBackend("HS256", "another secret, of which the settings know nothing at all")

    def get_token_backend(self) -> TokenBackend:
        return self.other


class Spoiling(AccessToken):
    """Changes what it has read before it refuses it."""

    token_type = "spoiling"

    def verify(self) -> None:
        self.payload["roles"].append("admin")
        self.payload["user_id"] = "0"
        super().verify()


def test_token_classes_share_nothing_but_the_verification(client: APIClient, user: User) -> None:
    """What one of them overrides, or does to its claims, is not seen by the others."""
    names = [f"{__name__}.Spoiling", "pyjwtfast.drf.tokens.AccessToken", f"{__name__}.WithOtherKey"]
    raw = token(claims(user_id=str(user.pk), roles=["user"]))
    with override_settings(SIMPLE_JWT={"AUTH_TOKEN_CLASSES": names}):
        got = get(client, "/ours/who/", f"Bearer {raw}")
        assert (got.body["token_class"], got.body["claims"]["roles"]) == ("AccessToken", ["user"])
        other = WithOtherKey.for_user(user)
        other["roles"] = ["user"]
        got = get(client, "/ours/who/", f"Bearer {other}")
        assert got.body["token_class"] == "WithOtherKey"


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer"])
def test_the_scheme_is_compared_without_case(client: APIClient, user: User, scheme: str) -> None:
    """401 in simplejwt, but for the spelling of AUTH_HEADER_TYPES; see RFC 9110 section 11.1."""
    assert get(client, "/ours/who/", f"{scheme} {AccessToken.for_user(user)}").status == 200


def test_md5_where_it_is_forbidden(
    client: APIClient, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """500 in simplejwt on FIPS builds, where MD5 is only to be had for what is no security."""
    md5 = hashlib.md5

    def forbidden(data: bytes = b"", *, usedforsecurity: bool = True) -> Any:
        if usedforsecurity:
            raise ValueError("disabled for FIPS")
        return md5(data, usedforsecurity=False)

    monkeypatch.setattr(hashlib, "md5", forbidden)
    with override_settings(SIMPLE_JWT={"CHECK_REVOKE_TOKEN": True}):
        refresh = RefreshToken.for_user(user)
        got = post(client, "/ours/token/refresh/", {"refresh": str(refresh)})
        assert got.status == 200
        assert get(client, "/ours/who/", f"Bearer {got.body['access']}").status == 200
