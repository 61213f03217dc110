"""AsyncJWTAuthentication: the sync class's answers, and a thread only where something may wait."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest
from asgiref.sync import async_to_sync
from django.test import RequestFactory, override_settings
from pytest_django import DjangoAssertNumQueries

from pyjwtfast.drf import asynchronous
from pyjwtfast.drf.asynchronous import AsyncJWTAuthentication
from pyjwtfast.drf.authentication import JWTAuthentication
from pyjwtfast.drf.exceptions import AuthenticationFailed
from pyjwtfast.drf.models import TokenUser
from pyjwtfast.drf.revocation import revoke_token
from pyjwtfast.drf.state import token_backend
from pyjwtfast.drf.tokens import AccessToken, SlidingToken, Token
from tests.drf.looped.requests import ask, ask_async, headers
from tests.drf.looped.views import AsyncLazy, AsyncStateless
from tests.drf.models import User
from tests.drf.support import claims, token

OURS = "pyjwtfast.drf.tokens"

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.drf.looped.urls")]


@pytest.mark.parametrize("name", ["who", "stateless", "lazy"])
def test_the_sync_classes_answers(user: User, name: str) -> None:
    statuses = set()
    for header in headers(user):
        expected = ask(f"/{name}/", header)
        got = ask_async(f"/by-hand/{name}/", header)
        assert got[:2] == expected[:2], header
        challenges = [each.headers.get("WWW-Authenticate") for each in (got, expected)]
        assert challenges[0] == challenges[1], header
        statuses.add(got.status)
    assert statuses == {200, 401}


@pytest.mark.parametrize("name", ["sync-class", "async-class"])
def test_adrf(user: User, name: str) -> None:
    for header in headers(user):
        expected = ask("/who/", header)
        got = ask_async(f"/adrf/{name}/", header)
        assert got[:2] == expected[:2], header
        assert got.headers.get("WWW-Authenticate") == expected.headers.get("WWW-Authenticate")


@pytest.mark.parametrize(
    ("change", "code"),
    [({"is_active": False}, "user_inactive"), ({"password": "x"}, "password_changed")],
)
def test_users_who_changed(user: User, change: dict[str, Any], code: str) -> None:
    with override_settings(SIMPLE_JWT={"CHECK_REVOKE_TOKEN": True}):
        header = f"Bearer {AccessToken.for_user(user)}"
        User.objects.update(**change)
        for name in ("who", "lazy"):
            assert ask_async(f"/by-hand/{name}/", header).body["code"] == code


class Threads:
    """Counts what is sent to a thread."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self._original = asynchronous.sync_to_async

    def __call__(self, function: Callable[..., Any]) -> Any:
        self.sent.append(getattr(function, "__name__", repr(function)))
        return self._original(function)


@pytest.fixture
def threads() -> Iterator[Threads]:
    counter = Threads()
    with mock.patch.object(asynchronous, "sync_to_async", counter):
        yield counter


def authenticate(kind: type[AsyncJWTAuthentication], raw: object) -> Any:
    request = RequestFactory().get("/", headers={"Authorization": f"Bearer {raw}"})
    found: Any = async_to_sync(kind().authenticate)(request)
    return found


def test_a_thread_for_the_user_and_none_for_the_token(
    user: User, threads: Threads, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        found, read = authenticate(AsyncJWTAuthentication, AccessToken.for_user(user))
    assert (found, read["user_id"]) == (user, str(user.pk))
    assert threads.sent == ["load"]


def test_no_thread_for_what_waits_for_nothing(user: User, threads: Threads) -> None:
    for kind in (AsyncStateless, AsyncLazy):
        authenticate(kind, AccessToken.for_user(user))
    with pytest.raises(AuthenticationFailed):
        authenticate(AsyncJWTAuthentication, "no token")
    assert threads.sent == []


class Slow(AccessToken):
    def verify(self) -> None:
        super().verify()


class OwnBackend(AccessToken):
    def get_token_backend(self) -> Any:
        return token_backend


class OwnUser(TokenUser):
    pass


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, True),
        ({"AUTH_TOKEN_CLASSES": [f"{OURS}.AccessToken", f"{OURS}.UntypedToken"]}, True),
        ({"AUTH_TOKEN_CLASSES": [f"{OURS}.SlidingToken"]}, False),
        ({"AUTH_TOKEN_CLASSES": [f"{OURS}.AccessToken", f"{OURS}.SlidingToken"]}, False),
        ({"AUTH_TOKEN_CLASSES": [f"{__name__}.Slow"]}, False),
        ({"AUTH_TOKEN_CLASSES": [f"{__name__}.OwnBackend"]}, False),
        ({"REVOCATION_CACHE": "default"}, False),
        ({"AUTH_TOKEN_CLASSES": [f"{OURS}.RefreshToken"], "REVOCATION_CACHE": "default"}, False),
        ({"ALGORITHM": "RS256", "JWK_URL": "https://example.org/keys"}, False),
    ],
)
def test_what_verifies_at_once(settings: dict[str, Any], expected: bool) -> None:
    with override_settings(SIMPLE_JWT=settings):
        assert asynchronous._verifies_at_once(JWTAuthentication()) is expected


def test_overridden_steps_are_run_in_a_thread(threads: Threads) -> None:
    seen: list[int] = []

    class Own(AsyncStateless):
        def get_validated_token(self, raw_token: Any) -> Token:
            seen.append(threading.get_ident())
            return super().get_validated_token(raw_token)

        def get_user(self, validated_token: Token) -> Any:
            return super().get_user(validated_token)

    authenticate(Own, token(claims()))
    assert threads.sent == ["verify", "load"]
    assert len(seen) == 1
    with override_settings(SIMPLE_JWT={"TOKEN_USER_CLASS": f"{__name__}.OwnUser"}):
        threads.sent.clear()
        authenticate(AsyncStateless, token(claims()))
        assert threads.sent == ["load"]
    with mock.patch.object(token_backend, "get_verifying_key", return_value="x" * 64):
        assert not asynchronous._verifies_at_once(JWTAuthentication())


def test_a_sliding_token_asks_the_blacklist_in_a_thread(user: User, threads: Threads) -> None:
    with override_settings(SIMPLE_JWT={"AUTH_TOKEN_CLASSES": [f"{OURS}.SlidingToken"]}):
        sliding = SlidingToken.for_user(user)
        assert authenticate(AsyncJWTAuthentication, sliding)[0] == user
        assert threads.sent == ["verify", "load"]
        sliding.blacklist()
        with pytest.raises(AuthenticationFailed) as caught:
            authenticate(AsyncJWTAuthentication, sliding)
        assert str(caught.value.detail["messages"][0]["message"]) == "Token is blacklisted"


def test_a_revoked_token(user: User, threads: Threads) -> None:
    with override_settings(SIMPLE_JWT={"REVOCATION_CACHE": "default"}):
        access = AccessToken.for_user(user)
        assert authenticate(AsyncJWTAuthentication, access)[0] == user
        assert threads.sent == ["verify", "load"]
        revoke_token(access)
        with pytest.raises(AuthenticationFailed) as caught:
            authenticate(AsyncJWTAuthentication, access)
        assert caught.value.detail["code"] == "token_not_valid"


def test_a_lazy_user_is_read_when_it_is_awaited(
    user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        found, _ = authenticate(AsyncLazy, AccessToken.for_user(user))
        assert found.pk == user.pk
    with django_assert_num_queries(1):
        async_to_sync(found.arefresh_from_db)()
        assert found.username == "anna"


@pytest.mark.django_db(transaction=True)  # within one no user is kept
def test_a_kept_user_needs_no_thread(
    user: User, threads: Threads, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    raw = AccessToken.for_user(user)
    with override_settings(SIMPLE_JWT={"USER_CACHE_TTL": 60}):
        authenticate(AsyncJWTAuthentication, raw)
        assert threads.sent == ["load"]
        with django_assert_num_queries(0):
            for _ in range(2):
                assert authenticate(AsyncJWTAuthentication, raw)[0].username == "anna"
        assert threads.sent == ["load"]
        user.is_active = False
        user.save()
        with pytest.raises(AuthenticationFailed) as caught:
            authenticate(AsyncJWTAuthentication, raw)
        assert caught.value.detail["code"] == "user_inactive"


@pytest.mark.django_db(transaction=True)
def test_a_kept_user_is_checked(user: User, threads: Threads) -> None:
    with override_settings(SIMPLE_JWT={"USER_CACHE_TTL": 60, "CHECK_REVOKE_TOKEN": True}):
        raw = AccessToken.for_user(user)
        authenticate(AsyncJWTAuthentication, raw)
        threads.sent.clear()
        with pytest.raises(AuthenticationFailed) as caught:
            authenticate(AsyncJWTAuthentication, token(claims(user_id=str(user.pk))))
        assert caught.value.detail["code"] == "password_changed"
        assert threads.sent == []
