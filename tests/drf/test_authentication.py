"""The authentication classes: each step, what subclasses may change, and the queries it costs."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import override_settings
from pytest_django import DjangoAssertNumQueries
from rest_framework.request import Request
from rest_framework.test import APIClient, APIRequestFactory

from pyjwtfast.drf.authentication import (
    JWTAuthentication,
    JWTStatelessUserAuthentication,
    JWTTokenUserAuthentication,
    default_user_authentication_rule,
)
from pyjwtfast.drf.exceptions import AuthenticationFailed, InvalidToken
from pyjwtfast.drf.models import TokenUser
from pyjwtfast.drf.settings import api_settings
from pyjwtfast.drf.state import token_backend
from pyjwtfast.drf.tokens import AccessToken, RefreshToken, SlidingToken, Token
from tests.drf.conftest import PASSWORD
from tests.drf.models import User
from tests.drf.support import claims, get, post, token

stateless = JWTStatelessUserAuthentication()


def request_with(authorization: Any = None) -> Request:
    request = APIRequestFactory().get("/")
    if authorization is not None:
        request.META["HTTP_AUTHORIZATION"] = authorization
    return Request(request)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
@pytest.mark.parametrize("as_bytes", [False, True])
def test_authenticates(scheme: str, as_bytes: bool) -> None:
    header: str | bytes = f"{scheme} {token(claims())}"
    result = stateless.authenticate(request_with(header.encode() if as_bytes else header))
    assert result is not None
    user, read = result
    assert isinstance(user, TokenUser)
    assert isinstance(read, AccessToken)
    assert user.token is read


def test_a_plain_django_request_will_do() -> None:
    request = HttpRequest()
    assert stateless.authenticate(request) is None
    request.META["HTTP_AUTHORIZATION"] = f"Bearer {token(claims())}"
    assert stateless.authenticate(request) is not None


@pytest.mark.parametrize("header", [None, "", "  ", b"", "Basic x", "Token", "Bearerx y"])
def test_no_credentials(header: Any) -> None:
    assert stateless.authenticate(request_with(header)) is None


SPACES = [b"", b" ", b"  ", b"\t", b"\x0b", b"\x1c", b"\xa0", b"\0", b" \r\n"]


def by_the_long_way(header: bytes) -> bytes | None:
    """The token of a header, by simplejwt's steps."""
    parts = header.split()
    if not parts or parts[0].lower() not in {
        name.lower().encode() for name in api_settings.header_types
    }:
        return None
    if len(parts) != 2:
        raise AuthenticationFailed
    return parts[1]


@pytest.mark.parametrize("types", [("Bearer",), ("JWT", "Bearer"), "JWT", (), ("",), ("a b", " ")])
def test_the_short_way_through_a_header(types: Any) -> None:
    """How headers nearly always are is answered in one step, all else as it ever was."""
    request = request_with("")
    few = SPACES[:4]
    with override_settings(SIMPLE_JWT={"AUTH_HEADER_TYPES": types}):
        for scheme in (b"Bearer", b"bearer", b"BEARER", b"JWT", b"jwt", b"", b"a", b"a b", b"x"):
            for before, between, inside, after in product(few, SPACES, SPACES, few):
                header = before + scheme + between + b"to" + inside + b"ken" + after
                for given in (header, header.decode("latin-1")):
                    request.META["HTTP_AUTHORIZATION"] = given
                    try:
                        expected: Any = by_the_long_way(header)
                    except AuthenticationFailed:
                        with pytest.raises(AuthenticationFailed):
                            stateless._find_raw_token(request)
                    else:
                        assert stateless._find_raw_token(request) == expected, header


@pytest.mark.parametrize(
    "header", ["Bearer ü", "Bearer \u20ac", "Bearer \ud800", b"Bearer \xff", 5]
)
def test_what_is_in_no_token(header: Any) -> None:
    """What no server hands over comes in tests: text beyond Latin-1, or no text at all."""
    if isinstance(header, int):
        with pytest.raises(AttributeError):
            stateless.authenticate(request_with(header))
    else:
        with pytest.raises(InvalidToken):
            stateless.authenticate(request_with(header))


def test_header_steps_of_an_instance() -> None:
    """A step that is put on the instance takes part, like one of a subclass."""
    raw = token(claims())
    own: Any = JWTStatelessUserAuthentication()
    own.get_header = lambda request: b"Bearer " + raw.encode()
    assert own.authenticate(request_with("Bearer x")) is not None
    own = JWTStatelessUserAuthentication()
    own.get_raw_token = lambda header: raw.encode()
    assert own.authenticate(request_with("Bearer x")) is not None


@pytest.mark.parametrize("header", ["Bearer", "Bearer x y", "bearer x y z", b"Bearer"])
def test_not_two_parts(header: Any) -> None:
    with pytest.raises(AuthenticationFailed) as caught:
        stateless.authenticate(request_with(header))
    assert caught.value.status_code == 401
    assert caught.value.detail == {
        "detail": "Authorization header must contain two space-delimited values",
        "code": "bad_authorization_header",
    }


def test_steps_may_be_overridden() -> None:
    class FromCookie(JWTStatelessUserAuthentication):
        def get_header(self, request: Any) -> bytes | None:
            cookie = request.COOKIES.get("access")
            return None if cookie is None else b"Bearer " + cookie.encode()

        def get_raw_token(self, header: bytes) -> bytes | None:
            raw = super().get_raw_token(header)
            return None if raw is None else raw.replace(b"~", b".")

        def get_validated_token(self, raw_token: str | bytes) -> Token:
            read = super().get_validated_token(raw_token)
            read["seen"] = True
            return read

        def get_user(self, validated_token: Token) -> Any:
            return super().get_user(validated_token), "and more"

    request = request_with()
    assert FromCookie().authenticate(request) is None
    request.COOKIES["access"] = token(claims()).replace(".", "~")
    result = FromCookie().authenticate(request)
    assert result is not None
    (user, more), read = result
    assert (user.id, more, read["seen"]) == ("1", "and more", True)


def test_raw_tokens_may_be_str_or_bytes() -> None:
    raw = token(claims())
    assert stateless.get_validated_token(raw).payload == claims_of(raw)
    assert stateless.get_validated_token(raw.encode()).payload == claims_of(raw)


def claims_of(raw: str) -> dict[str, Any]:
    return token_backend.decode(raw)


def test_refused_by_all_classes() -> None:
    with pytest.raises(InvalidToken) as caught:
        stateless.get_validated_token("x")
    assert caught.value.detail == {
        "detail": "Given token not valid for any token type",
        "code": "token_not_valid",
        "messages": [
            {"token_class": "AccessToken", "token_type": "access", "message": "Token is invalid"}
        ],
    }


NAMES = ["RefreshToken", "SlidingToken", "AccessToken"]


@pytest.mark.django_db
def test_several_classes_need_one_verification() -> None:
    classes = [f"pyjwtfast.drf.tokens.{name}" for name in NAMES]
    with override_settings(SIMPLE_JWT={"AUTH_TOKEN_CLASSES": classes}):
        for kind, token_class in (
            ("access", AccessToken),
            ("refresh", RefreshToken),
            ("sliding", SlidingToken),
        ):
            before = token_backend._verifier.cache_info().misses
            assert type(stateless.get_validated_token(token(claims(kind)))) is token_class
            assert token_backend._verifier.cache_info().misses == before + 1


def test_the_classes_may_be_any_collection() -> None:
    with override_settings(SIMPLE_JWT={"AUTH_TOKEN_CLASSES": {AccessToken}}):
        assert type(stateless.get_validated_token(token(claims()))) is AccessToken
    with (
        override_settings(SIMPLE_JWT={"AUTH_TOKEN_CLASSES": ()}),
        pytest.raises(InvalidToken, match="not valid for any token type"),
    ):
        stateless.get_validated_token(token(claims()))


def test_the_cache_can_be_switched_off() -> None:
    raw = token(claims())
    with override_settings(SIMPLE_JWT={"VERIFIED_TOKEN_CACHE_SIZE": 0}):
        for _ in range(2):
            assert stateless.get_validated_token(raw)
        assert token_backend._verifier.cache_info().entries == 0
    for _ in range(2):
        assert stateless.get_validated_token(raw)
    assert token_backend._verifier.cache_info().hits >= 1


def test_a_remembered_token_does_not_remember_the_caller() -> None:
    raw = token(claims(roles=["user"], flat="x"))
    first = stateless.get_validated_token(raw)
    first["roles"].append("admin")
    first["flat"] = "y"
    second = stateless.get_validated_token(raw)
    assert second["roles"] == ["user"]
    assert second["flat"] == "x"


@pytest.mark.django_db
class TestUsers:
    def authenticate(self, **changes: Any) -> Any:
        return JWTAuthentication().get_user(AccessToken(token(claims(**changes))))

    @pytest.mark.parametrize("field", ["id", "pk", "uuid", "username", "badge"])
    def test_fields(self, user: User, field: str) -> None:
        with override_settings(SIMPLE_JWT={"USER_ID_FIELD": field}):
            assert self.authenticate(user_id=str(getattr(user, field))) == user

    def test_a_number_is_an_id_too(self, user: User) -> None:
        assert self.authenticate(user_id=user.pk) == user

    def test_a_name_outside_ascii(self, user: User) -> None:
        User.objects.update(username="Ånna\U0001f600")
        with override_settings(SIMPLE_JWT={"USER_ID_FIELD": "username"}):
            assert self.authenticate(user_id="Ånna\U0001f600") == user

    def test_activity_is_checked_each_time(self, user: User) -> None:
        assert self.authenticate(user_id=str(user.pk)) == user
        User.objects.update(is_active=False)
        with pytest.raises(AuthenticationFailed) as caught:
            self.authenticate(user_id=str(user.pk))
        assert caught.value.detail == {"detail": "User is inactive", "code": "user_inactive"}
        with override_settings(SIMPLE_JWT={"CHECK_USER_IS_ACTIVE": False}):
            assert self.authenticate(user_id=str(user.pk)) == user

    def test_a_remembered_token_does_not_remember_its_user(self, user: User) -> None:
        header = f"Bearer {token(claims(user_id=str(user.pk)))}"
        for _ in range(2):
            found = JWTAuthentication().authenticate(request_with(header))
            assert found is not None
            assert found[0] == user
        hits = token_backend._verifier.cache_info().hits
        User.objects.update(is_active=False)
        with pytest.raises(AuthenticationFailed) as caught:
            JWTAuthentication().authenticate(request_with(header))
        assert caught.value.detail["code"] == "user_inactive"
        assert token_backend._verifier.cache_info().hits == hits + 1
        user.delete()
        with pytest.raises(AuthenticationFailed) as caught:
            JWTAuthentication().authenticate(request_with(header))
        assert caught.value.detail["code"] == "user_not_found"

    def test_a_user_who_is_gone(self, user: User) -> None:
        pk = str(user.pk)
        user.delete()
        with pytest.raises(AuthenticationFailed) as caught:
            self.authenticate(user_id=pk)
        assert caught.value.detail == {"detail": "User not found", "code": "user_not_found"}

    def test_password(self, user: User) -> None:
        with override_settings(SIMPLE_JWT={"CHECK_REVOKE_TOKEN": True}):
            access = AccessToken.for_user(user)
            assert JWTAuthentication().get_user(access) == user
            with pytest.raises(AuthenticationFailed):
                self.authenticate(user_id=str(user.pk))
            user.set_password("another")
            user.save()
            with pytest.raises(AuthenticationFailed) as caught:
                JWTAuthentication().get_user(access)
            assert caught.value.detail["code"] == "password_changed"

    def test_rule(self, user: User) -> None:
        assert default_user_authentication_rule(user)
        assert not default_user_authentication_rule(None)
        user.is_active = False
        assert not default_user_authentication_rule(user)
        with override_settings(SIMPLE_JWT={"CHECK_USER_IS_ACTIVE": False}):
            assert default_user_authentication_rule(user)

    def test_queries(
        self, client: APIClient, user: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        credentials = {"username": "anna", "password": PASSWORD}
        with django_assert_num_queries(2):
            pair = post(client, "/ours/token/", credentials).body
        with django_assert_num_queries(1):
            assert get(client, "/ours/who/", f"Bearer {pair['access']}").status == 200
        with django_assert_num_queries(0):
            assert get(client, "/ours/stateless/", f"Bearer {pair['access']}").status == 200
        with django_assert_num_queries(2):
            assert post(client, "/ours/token/refresh/", {"refresh": pair["refresh"]}).status == 200
        with django_assert_num_queries(0):
            assert post(client, "/ours/token/verify/", {"token": pair["refresh"]}).status == 200
        with django_assert_num_queries(2):
            sliding = post(client, "/ours/sliding/", credentials).body
        with django_assert_num_queries(2):
            assert post(client, "/ours/sliding/refresh/", sliding).status == 200
        with (
            override_settings(SIMPLE_JWT={"UPDATE_LAST_LOGIN": True}),
            django_assert_num_queries(3),
        ):
            post(client, "/ours/token/", credentials)
        with django_assert_num_queries(0):
            assert get(client, "/ours/who/", "Bearer x").status == 401
            assert get(client, "/ours/who/").status == 401


def test_former_name() -> None:
    assert JWTTokenUserAuthentication is JWTStatelessUserAuthentication
    assert api_settings.TOKEN_USER_CLASS is TokenUser
