"""Token objects: claims, times, messages, and what subclasses may change."""

from __future__ import annotations

import copy
import hashlib
import logging
import pickle
import threading
from calendar import timegm
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any
from unittest import mock

import pytest
import time_machine
from django.test import override_settings
from freezegun import freeze_time

from pyjwtfast._core import _is_usual_token
from pyjwtfast.drf import state
from pyjwtfast.drf.backends import TokenBackend
from pyjwtfast.drf.exceptions import ExpiredTokenError, TokenError
from pyjwtfast.drf.models import TokenUser
from pyjwtfast.drf.tokens import AccessToken, RefreshToken, SlidingToken, Token, UntypedToken
from pyjwtfast.drf.utils import (
    aware_utcnow,
    datetime_from_epoch,
    datetime_to_epoch,
    format_lazy,
    get_md5_hash_password,
    make_utc,
)
from tests.drf.models import User
from tests.drf.support import ABSENT, claims, token
from tests.support import SECRET, forge


class MyToken(Token):
    token_type = "mine"
    lifetime = timedelta(days=1)


def test_new_token() -> None:
    with freeze_time("2026-11-23T14:00:00.75Z"):
        made = MyToken()
    assert list(made.payload) == ["token_type", "exp", "iat", "jti"]
    assert made["exp"] - made["iat"] == 86400
    assert made["iat"] == 1795442400
    assert made.current_time == datetime(2026, 11, 23, 14, 0, 0, 750_000, tzinfo=timezone.utc)
    assert made.token is None
    assert len(made["jti"]) == 32
    assert MyToken()["jti"] != MyToken()["jti"]
    assert list(SlidingToken().payload) == ["token_type", "exp", "iat", "jti", "refresh_exp"]


def test_mapping() -> None:
    made = MyToken()
    made["a"] = 1
    assert "a" in made
    assert made["a"] == made.get("a") == 1
    del made["a"]
    assert "a" not in made
    assert made.get("a") is None
    assert made.get("a", 5) == 5
    assert repr(made) == repr(made.payload)


def test_no_type_or_lifetime() -> None:
    class NoType(Token):
        lifetime = timedelta(days=1)

    class NoLifetime(Token):
        token_type = "x"

    for token_class in (Token, NoType, NoLifetime):
        for raw in (None, token(claims())):
            with pytest.raises(TokenError, match="Cannot create token with no type or lifetime"):
                token_class(raw)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"exp": 1}, ExpiredTokenError, "Token is expired"),
        ({"exp": ABSENT}, TokenError, "Token has no 'exp' claim"),
        ({"jti": ABSENT}, TokenError, "Token has no id"),
        ({"token_type": ABSENT}, TokenError, "Token has no type"),
        ({"token_type": "refresh"}, TokenError, "Token has wrong type"),
        ({"exp": "9999999999"}, TokenError, "Token is invalid"),
    ],
)
def test_messages(changes: dict[str, Any], error: type[TokenError], message: str) -> None:
    with pytest.raises(TokenError) as caught:
        AccessToken(token(claims(**changes)))
    assert type(caught.value) is error
    assert str(caught.value.args[0]) == message


def test_without_verification() -> None:
    raw = forge({"exp": 1}, secret="a secret of somebody else, of 32 bytes or more")
    assert AccessToken(raw, verify=False).payload == {"exp": 1}
    with pytest.raises(TokenError, match="Token is invalid"):
        AccessToken("x", verify=False)


def test_untyped() -> None:
    for kind in ("access", "refresh", "sliding", "anything"):
        assert UntypedToken(token(claims(kind)))["token_type"] == kind
    assert UntypedToken(token(claims(token_type=ABSENT)))
    with pytest.raises(TokenError, match="Token has no id"):
        UntypedToken(token(claims(jti=ABSENT)))


@pytest.mark.django_db
def test_check_exp() -> None:
    made = MyToken()
    made.set_exp("until", lifetime=timedelta(hours=1))
    made.check_exp("until")
    made.check_exp("until", current_time=made.current_time + timedelta(minutes=59))
    with pytest.raises(TokenError, match="Token 'until' claim has expired"):
        made.check_exp("until", current_time=made.current_time + timedelta(hours=1))
    with pytest.raises(TokenError, match="Token has no 'other' claim"):
        made.check_exp("other")
    made.token_backend.leeway = timedelta(days=1)
    try:
        made.check_exp("until", current_time=made.current_time + timedelta(hours=2))
    finally:
        made.token_backend.leeway = 0
    read = SlidingToken(token(claims("sliding")))
    read.check_exp("refresh_exp")
    read.current_time = datetime(2199, 1, 1, tzinfo=timezone.utc)
    with pytest.raises(TokenError, match="'refresh_exp' claim has expired"):
        read.check_exp("refresh_exp")


def test_set_times() -> None:
    made = MyToken()
    start = datetime(2000, 1, 1, tzinfo=timezone.utc)
    made.set_exp("a", from_time=start, lifetime=timedelta(seconds=5))
    made.set_iat("b", at_time=start)
    assert made["a"] == made["b"] + 5 == 946684805
    made.current_time = start
    made.set_iat()
    made.set_exp()
    assert made["exp"] - made["iat"] == 86400
    assert made["iat"] == 946684800


@pytest.mark.django_db
def test_current_time_is_when_the_object_was_made() -> None:
    raw = token(claims("refresh", exp=4102444800, iat=1))
    with freeze_time("2026-11-23T14:00:00Z") as clock:
        refresh = RefreshToken(raw)
        clock.tick(100)
        assert refresh.current_time == datetime(2026, 11, 23, 14, tzinfo=timezone.utc)
        access = refresh.access_token
        assert access["exp"] == 1795442400 + 300
        assert access["iat"] == 1795442500
    with override_settings(USE_TZ=False), freeze_time("2026-11-23T14:00:00Z"):
        assert RefreshToken(raw).current_time == datetime(2026, 11, 23, 14)
        assert RefreshToken().current_time == datetime(2026, 11, 23, 14)
        assert RefreshToken()["iat"] == 1795442400
        with pytest.raises(TokenError, match="has expired"):
            RefreshToken(raw).check_exp(current_time=datetime(2199, 1, 1))


@pytest.mark.parametrize(
    "freeze", [freeze_time, lambda when: time_machine.travel(when, tick=False)]
)
def test_a_stopped_clock_is_honoured(freeze: Any) -> None:
    start = datetime(2026, 11, 23, 14, tzinfo=timezone.utc)
    with freeze(start):
        made = AccessToken()
        raw = str(made)
    for seconds in (0, 299):
        with freeze(start + timedelta(seconds=seconds)):
            assert AccessToken(raw).payload == made.payload
    for seconds in (300, 10**6):
        with freeze(start + timedelta(seconds=seconds)), pytest.raises(ExpiredTokenError):
            AccessToken(raw)


@pytest.mark.django_db
def test_access_token_of_a_refresh_token() -> None:
    refresh = RefreshToken(token(claims("refresh", extra=[1], aud="x")))
    access = refresh.access_token
    assert isinstance(access, AccessToken)
    assert access["token_type"] == "access"
    assert access["jti"] != refresh["jti"]
    assert access["extra"] == [1]
    assert access["user_id"] == "1"
    assert list(access.payload) == ["token_type", "exp", "iat", "jti", "user_id", "extra", "aud"]

    class Keeping(RefreshToken):
        no_copy_claims = (*RefreshToken.no_copy_claims, "extra")
        access_token_class = MyToken

    other = Keeping(str(refresh)).access_token
    assert isinstance(other, MyToken)
    assert "extra" not in other


@pytest.mark.django_db
def test_for_user(user: User, caplog: pytest.LogCaptureFixture) -> None:
    assert AccessToken.for_user(user)["user_id"] == str(user.pk)
    with override_settings(SIMPLE_JWT={"USER_ID_FIELD": "uuid", "USER_ID_CLAIM": "sub"}):
        assert AccessToken.for_user(user)["sub"] == str(user.uuid)
    with override_settings(SIMPLE_JWT={"CHECK_REVOKE_TOKEN": True}):
        made = AccessToken.for_user(user)
        assert made["hash_password"] == get_md5_hash_password(user.password)
    assert caplog.records == []
    user.is_active = False
    with caplog.at_level(logging.WARNING, "rest_framework_simplejwt"):
        AccessToken.for_user(user)
    assert f"inactive user: {user.pk}" in caplog.text


def test_subclasses_have_their_say() -> None:
    other_backend = TokenBackend("HS256", SECRET)

    class ByProperty(AccessToken):
        @property
        def token_backend(self) -> TokenBackend:
            return other_backend

    class ByMethod(AccessToken):
        def get_token_backend(self) -> TokenBackend:
            return other_backend

    class ByAttribute(AccessToken):
        _token_backend = other_backend

    for token_class in (ByProperty, ByMethod, ByAttribute):
        raw = forge(claims())
        assert token_class(raw)["user_id"] == "1"
        assert token_class(str(token_class()))
        with pytest.raises(TokenError):
            token_class(token(claims()))

    class Stricter(AccessToken):
        def verify(self) -> None:
            super().verify()
            if "extra" not in self.payload:
                raise TokenError("no extra")

    with pytest.raises(TokenError, match="no extra"):
        Stricter(token(claims()))
    assert Stricter(token(claims(extra=1)))

    class NeverEnding(AccessToken):
        def check_exp(self, *args: Any, **kwargs: Any) -> None: ...

        def verify_token_type(self) -> None: ...

    assert NeverEnding(token(claims("x", exp=ABSENT)))


def refuse(*args: Any, **kwargs: Any) -> None:
    raise TokenError("refused")


STEPS = ("verify", "check_exp", "verify_token_type", "get_token_backend")


@pytest.mark.parametrize("step", STEPS)
def test_a_step_may_be_the_instances(step: str) -> None:
    class ByInit(AccessToken):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            setattr(self, step, refuse)
            super().__init__(*args, **kwargs)

    class ByNew(AccessToken):
        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            made = super().__new__(cls)
            setattr(made, step, refuse)
            return made

    class ByLookUp(AccessToken):
        def __getattribute__(self, name: str) -> Any:
            return refuse if name == step else super().__getattribute__(name)

    for kind in (ByInit, ByNew, ByLookUp):
        with pytest.raises(TokenError, match="refused"):
            kind(token(claims()))


@pytest.mark.parametrize("owner", [Token, AccessToken])
@pytest.mark.parametrize("step", STEPS)
def test_a_step_may_be_replaced(step: str, owner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = token(claims())
    AccessToken(raw)
    monkeypatch.setattr(owner, step, refuse, raising=False)
    with pytest.raises(TokenError, match="refused"):
        AccessToken(raw)


def test_a_time_that_a_subclass_has_chosen_counts() -> None:
    class Later(AccessToken):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self.current_time = aware_utcnow() + timedelta(days=365 * 200)
            super().__init__(*args, **kwargs)

    with pytest.raises(TokenError, match="has expired"):
        Later(token(claims()))


def test_the_state_backend_may_be_replaced() -> None:
    raw = forge(claims())
    with mock.patch("pyjwtfast.drf.state.token_backend", TokenBackend("HS256", SECRET)):
        assert AccessToken(raw)
    with pytest.raises(TokenError):
        AccessToken(raw)
    state.token_backend.reset()
    state.token_backend.leeway = 5
    assert state.token_backend.algorithm == "HS256"
    assert state.token_backend.leeway == 5
    state.token_backend.reset()
    assert state.token_backend.leeway == 0
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        state.token_backend.nothing  # noqa: B018


def test_asking_the_state_backend_for_what_it_lacks_builds_nothing() -> None:
    for configured in (False, True):
        state.token_backend.reset()
        if configured:
            assert state.token_backend.algorithm == "HS256"
        with mock.patch("pyjwtfast.drf.state.TokenBackend") as built:
            assert not hasattr(state.token_backend, "nothing")
        assert not built.called
    state.token_backend.reset()
    for name in vars(TokenBackend("HS256", SECRET)):
        assert hasattr(state.token_backend, name)


def test_the_state_backend_is_configured_by_many_threads_at_once() -> None:
    raw = token(claims())
    barrier = threading.Barrier(8)

    def read() -> Any:
        barrier.wait()
        return AccessToken(raw).payload

    with ThreadPoolExecutor(8) as pool:
        for _ in range(50):
            state.token_backend.reset()
            results = [pool.submit(read) for _ in range(8)]
            assert [each.result() for each in results] == [claims_of(raw)] * 8


def claims_of(raw: str) -> dict[str, Any]:
    return state.token_backend.decode(raw)


def test_token_user() -> None:
    read = AccessToken(token(claims(username="anna", is_staff=True, colour="red")))
    user = TokenUser(read)
    assert (user.id, user.pk, user.username, user.get_username()) == ("1", "1", "anna", "anna")
    assert user.is_staff is True
    assert user.is_superuser is False
    assert user.is_active is user.is_authenticated is True
    assert user.is_anonymous is False
    assert user.colour == "red"
    assert user.nothing is None
    assert str(user) == "TokenUser 1"
    assert user == TokenUser(AccessToken(token(claims())))
    assert user != TokenUser(AccessToken(token(claims(user_id="2"))))
    assert user != "1"
    assert len({user, TokenUser(read)}) == 1
    assert user.has_perm("x") is user.has_perms(["x"]) is user.has_module_perms("x") is False
    assert user.get_group_permissions() == user.get_all_permissions() == set()
    assert list(user.groups.all()) == list(user.user_permissions.all()) == []
    for call in (
        user.save,
        user.delete,
        lambda: user.set_password("x"),
        lambda: user.check_password("x"),
    ):
        with pytest.raises(NotImplementedError, match="Token users have no DB representation"):
            call()
    assert TokenUser(AccessToken(token(claims()))).username == ""
    assert copy.copy(user).id == "1"
    assert pickle.loads(pickle.dumps(user)).colour == "red"


def test_utils() -> None:
    naive, aware = datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=timezone.utc)
    assert make_utc(naive) == make_utc(aware) == aware
    assert aware_utcnow().tzinfo is timezone.utc
    assert datetime_to_epoch(aware) == datetime_to_epoch(naive) == 1767225600
    assert datetime_from_epoch(1767225600) == aware
    for dt in (
        datetime(2026, 1, 1, 2, 3, 4, 999_999, tzinfo=timezone(timedelta(hours=-9, minutes=-30))),
        datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=timezone.utc),
        datetime(1, 1, 1),
        datetime(9999, 12, 31, 23, 59, 59, 999_999),
    ):
        assert datetime_to_epoch(dt) == timegm(dt.utctimetuple())
    with override_settings(USE_TZ=False):
        assert make_utc(naive) is naive
        assert aware_utcnow().tzinfo is None
        assert datetime_from_epoch(1767225600) == naive
    assert get_md5_hash_password("x") == "9DD4E461268C8034F5C8564E155C67A6"
    with mock.patch("hashlib.md5", wraps=hashlib.md5) as md5:  # as FIPS mode wants to be told
        get_md5_hash_password("x")
    assert md5.call_args.kwargs == {"usedforsecurity": False}
    assert str(format_lazy("{} {b}", 1, b=2)) == "1 2"


# --- Usual tokens ---


@pytest.mark.parametrize(
    ("claims", "usual"),
    [
        ({}, True),
        ({"exp": 253_402_300_799}, True),
        ({"exp": 253_402_300_800}, False),
        ({"exp": 2**70}, False),
        ({"exp": 1_000}, False),
        ({"exp": 999}, False),
        ({"exp": 1_001.0}, False),
        ({"exp": True}, False),
        ({"exp": "2000"}, False),
        ({"exp": None}, False),
        ({"jti": None}, True),
        ({"token_type": "refresh"}, False),
        ({"token_type": None}, False),
        ({"token_type": ["access"]}, False),
    ],
)
def test_what_is_usual(claims: dict[str, Any], usual: bool) -> None:
    claims = {"exp": 2_000, "jti": "x", "token_type": "access"} | claims
    names = ("jti", "token_type", "access")
    assert _is_usual_token(claims, 1_000.0, *names) is usual
    for name in ("exp", "jti", "token_type"):
        rest = {key: value for key, value in claims.items() if key != name}
        assert _is_usual_token(rest, 1_000.0, *names) is False
    assert _is_usual_token(claims, 1_000, *names) is False
    assert _is_usual_token(MappingProxyType(claims), 1_000.0, *names) is False
    assert _is_usual_token({"exp": 2_000}, 1_000.0, None, None, "access") is True


@pytest.mark.parametrize("arguments", [(), ({}, 1.0), ({}, 1.0, None, None, None, None)])
def test_usual_needs_its_arguments(arguments: Any) -> None:
    with pytest.raises(TypeError, match="takes claims, a time and three names"):
        _is_usual_token(*arguments)
