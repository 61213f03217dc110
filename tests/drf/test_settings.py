"""One settings object, refreshed in place: an override takes effect everywhere at once."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from rest_framework.test import APIClient, APIRequestFactory

from pyjwtfast.drf import authentication, serializers
from pyjwtfast.drf.authentication import JWTAuthentication
from pyjwtfast.drf.settings import DEFAULTS, APISettings, api_settings
from pyjwtfast.drf.state import token_backend
from pyjwtfast.drf.tokens import AccessToken, RefreshToken, SlidingToken, Token
from pyjwtfast.drf.views import TokenObtainPairView, TokenRefreshView
from pyjwtfast.exceptions import InvalidKeyError
from pyjwtfast.warnings import InsecureKeyLengthWarning
from tests.drf.conftest import PASSWORD
from tests.drf.models import User
from tests.drf.support import claims, get, post, token
from tests.support import forge


class ShoutingObtainSerializer(serializers.TokenObtainPairSerializer):
    """For TOKEN_OBTAIN_SERIALIZER."""

    @classmethod
    def get_token(cls, user: Any) -> Token:
        made = super().get_token(user)
        made["shout"] = user.username.upper()
        return made


class ShoutingUser:
    """For TOKEN_USER_CLASS."""

    def __init__(self, token: Token) -> None:
        self.token = token


def test_defaults() -> None:
    assert timedelta(minutes=5) == api_settings.ACCESS_TOKEN_LIFETIME
    assert api_settings.SIGNING_KEY == settings.SECRET_KEY
    assert [AccessToken] == api_settings.AUTH_TOKEN_CLASSES
    for name in DEFAULTS:
        getattr(api_settings, name)
    with pytest.raises(AttributeError, match="Invalid API setting: 'NO_SUCH'"):
        api_settings.NO_SUCH  # noqa: B018


def test_lifetimes() -> None:
    assert AccessToken.lifetime == timedelta(minutes=5)
    with override_settings(
        SIMPLE_JWT={
            "ACCESS_TOKEN_LIFETIME": timedelta(hours=1),
            "REFRESH_TOKEN_LIFETIME": timedelta(hours=2),
            "SLIDING_TOKEN_LIFETIME": timedelta(hours=3),
            "SLIDING_TOKEN_REFRESH_LIFETIME": timedelta(hours=4),
        }
    ):
        for token_class, hours in ((AccessToken, 1), (RefreshToken, 2), (SlidingToken, 3)):
            assert token_class.lifetime == timedelta(hours=hours)
            made = token_class()
            assert made.lifetime == timedelta(hours=hours)
            assert made["exp"] - made["iat"] == hours * 3600
        assert SlidingToken()["refresh_exp"] - SlidingToken()["iat"] in (4 * 3600, 4 * 3600 - 1)
        assert RefreshToken().access_token["exp"] - RefreshToken()["iat"] in (3600, 3599)
    assert AccessToken.lifetime == timedelta(minutes=5)


def test_a_subclass_has_its_own_lifetime(monkeypatch: pytest.MonkeyPatch) -> None:
    class LongToken(AccessToken):
        lifetime = timedelta(days=9)

    with override_settings(SIMPLE_JWT={"ACCESS_TOKEN_LIFETIME": timedelta(hours=1)}):
        made = LongToken()
        assert made["exp"] - made["iat"] == 9 * 86400
    made.lifetime = timedelta(days=1)
    made.set_exp()
    assert made["exp"] - made["iat"] == 86400
    with mock.patch.object(AccessToken, "lifetime", timedelta(seconds=1)):
        assert AccessToken.lifetime == timedelta(seconds=1)
    assert AccessToken.lifetime == timedelta(minutes=5)
    monkeypatch.setattr(AccessToken, "lifetime", timedelta(seconds=2))
    assert AccessToken.lifetime == timedelta(seconds=2)
    monkeypatch.undo()
    with override_settings(SIMPLE_JWT={"ACCESS_TOKEN_LIFETIME": timedelta(hours=7)}):
        assert AccessToken.lifetime == timedelta(hours=7)


OTHER_SECRET = "another secret, of more than the sixty-four bytes that HS512 would like to see"


@pytest.mark.parametrize(
    "override",
    [
        {"SECRET_KEY": OTHER_SECRET},
        {"SIMPLE_JWT": {"SIGNING_KEY": OTHER_SECRET}},
        {"SIMPLE_JWT": {"SIGNING_KEY": OTHER_SECRET}, "SECRET_KEY": "a third"},
        {"SIMPLE_JWT": None, "PYJWTFAST": {"SIGNING_KEY": OTHER_SECRET}},
    ],
    ids=repr,
)
def test_keys(client: APIClient, override: dict[str, Any]) -> None:
    payload = claims()
    before = token(payload)
    after = forge(payload, secret=OTHER_SECRET)
    assert get(client, "/ours/stateless/", f"Bearer {before}").status == 200
    assert get(client, "/ours/stateless/", f"Bearer {after}").status == 401
    with override_settings(**override):
        assert get(client, "/ours/stateless/", f"Bearer {before}").status == 401
        assert get(client, "/ours/stateless/", f"Bearer {after}").status == 200
        inside = AccessToken()
        inside.payload = payload
        assert str(inside) == after
    assert get(client, "/ours/stateless/", f"Bearer {before}").status == 200
    assert get(client, "/ours/stateless/", f"Bearer {after}").status == 401


@pytest.mark.parametrize("key", [None, "", "-----BEGIN PUBLIC KEY-----"])
def test_a_key_that_cannot_be_used(
    client: APIClient, key: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    with override_settings(SIMPLE_JWT={"SIGNING_KEY": key}):
        assert get(client, "/ours/stateless/", f"Bearer {token(claims())}").status == 401
        assert post(client, "/ours/token/verify/", {"token": token(claims())}).status == 401
    logged = [each for each in caplog.records if each.name == "pyjwtfast.drf.backends"]
    assert {each.levelname for each in logged} == {"ERROR"}
    source = "The setting SIMPLE_JWT['SIGNING_KEY'] cannot be used to verify tokens: "
    assert all(each.getMessage().startswith(source) for each in logged)


@pytest.mark.parametrize(
    ("key", "error", "reason"),
    [
        (None, TypeError, "HS256 needs a secret, not None."),  # as os.environ.get() gives
        (5, TypeError, "HS256 needs a secret, not an object of type int."),
        ("", InvalidKeyError, "HMAC key must not be empty."),
        ("-----BEGIN PUBLIC KEY-----", InvalidKeyError, "The specified key is an asymmetric key"),
    ],
)
def test_what_cannot_sign_is_named(key: Any, error: type[Exception], reason: str) -> None:
    named = f"The setting SIMPLE_JWT['SIGNING_KEY'] cannot be used: {reason}"
    with (
        override_settings(SIMPLE_JWT={"SIGNING_KEY": key}),
        pytest.raises(error, match=re.escape(named)),
    ):
        str(AccessToken())


@pytest.mark.parametrize(
    ("algorithm", "message"),
    [
        ("none", "SIMPLE_JWT['ALGORITHM']: Unrecognized algorithm type 'none'"),
        ("hs256", "SIMPLE_JWT['ALGORITHM']: Unrecognized algorithm type 'hs256'"),
    ],
)
def test_an_algorithm_that_cannot_be_used(algorithm: str, message: str) -> None:
    """Reading tokens fails as loudly as making them: no token is to blame."""
    with override_settings(SIMPLE_JWT={"ALGORITHM": algorithm}):
        for use in (lambda: str(AccessToken()), lambda: AccessToken(token(claims()))):
            with pytest.raises(ImproperlyConfigured) as caught:
                use()
            assert str(caught.value) == message


@pytest.mark.parametrize(
    ("name", "token_class"),
    [
        ("ACCESS_TOKEN_LIFETIME", AccessToken),
        ("REFRESH_TOKEN_LIFETIME", RefreshToken),
        ("SLIDING_TOKEN_LIFETIME", SlidingToken),
        ("SLIDING_TOKEN_REFRESH_LIFETIME", SlidingToken),
    ],
)
def test_a_lifetime_that_is_no_timedelta(name: str, token_class: type[Token]) -> None:
    message = rf"^SIMPLE_JWT\['{name}'\] is 300, but must be a timedelta\.$"
    with (
        override_settings(SIMPLE_JWT={name: 300}),
        pytest.raises(ImproperlyConfigured, match=message),
    ):
        token_class()


def test_a_lifetime_of_a_class_that_is_no_timedelta() -> None:
    class Minutes(AccessToken):
        lifetime = 5  # type: ignore[assignment]

    with pytest.raises(ImproperlyConfigured, match=r"Minutes is 5, but must be a timedelta\.$"):
        Minutes()
    with pytest.raises(TypeError):
        AccessToken().set_exp(from_time=5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("override", "source"),
    [
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"SIMPLE_JWT": {"SIGNING_KEY": "short"}}, r"SIMPLE_JWT\['SIGNING_KEY'\]"),
    ],
)
def test_a_short_key_is_warned_of_by_name(override: dict[str, Any], source: str) -> None:
    with (
        override_settings(**override),
        pytest.warns(InsecureKeyLengthWarning, match=f"^The setting {source} has 5 bytes; "),
    ):
        str(AccessToken())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALGORITHM", "HS384"),
        ("AUDIENCE", "them"),
        ("ISSUER", "us"),
    ],
)
def test_backend_settings(client: APIClient, name: str, value: Any) -> None:
    raw = token(claims())
    assert get(client, "/ours/stateless/", f"Bearer {raw}").status == 200
    with override_settings(SIMPLE_JWT={name: value}):
        assert getattr(token_backend, name.lower()) == value
        assert get(client, "/ours/stateless/", f"Bearer {raw}").status == 401
        made = AccessToken()
        made["user_id"] = "1"
        assert get(client, "/ours/stateless/", f"Bearer {made}").status == 200
    assert get(client, "/ours/stateless/", f"Bearer {raw}").status == 200


def test_leeway(client: APIClient) -> None:
    payload = claims()
    raw = token({**payload, "exp": payload["iat"] + 5})
    assert get(client, "/ours/stateless/", f"Bearer {raw}").status == 401
    with override_settings(SIMPLE_JWT={"LEEWAY": 600}):
        assert get(client, "/ours/stateless/", f"Bearer {raw}").status == 200
    assert get(client, "/ours/stateless/", f"Bearer {raw}").status == 401


def test_claim_names(client: APIClient) -> None:
    names = {"TOKEN_TYPE_CLAIM": "typ", "JTI_CLAIM": "id", "USER_ID_CLAIM": "who"}
    with override_settings(SIMPLE_JWT=names):
        assert set(AccessToken().payload) == {"typ", "exp", "iat", "id"}
        assert set(RefreshToken.no_copy_claims) == {"typ", "exp", "id", "jti", "iat"}
        payload = {"typ": "access", "exp": claims()["exp"], "id": "x", "who": "1"}
        assert get(client, "/ours/stateless/", f"Bearer {token(payload)}").status == 200
        assert get(client, "/ours/stateless/", f"Bearer {token(claims())}").status == 401
    with override_settings(SIMPLE_JWT={"TOKEN_TYPE_CLAIM": None, "JTI_CLAIM": None}):
        assert set(AccessToken().payload) == {"exp", "iat"}
        payload = {"exp": claims()["exp"], "user_id": "1"}
        assert get(client, "/ours/stateless/", f"Bearer {token(payload)}").status == 200


def test_header_types(client: APIClient) -> None:
    raw = token(claims())
    for types in ("JWT", ["JWT", "Bearer"], ("jwt", "Token")):
        with override_settings(SIMPLE_JWT={"AUTH_HEADER_TYPES": types}):
            first = types if isinstance(types, str) else types[0]
            assert authentication.AUTH_HEADER_TYPES[0] == first
            assert first.encode() in authentication.AUTH_HEADER_TYPE_BYTES
            for scheme in ("JWT", "jwt", "jWt"):
                assert get(client, "/ours/stateless/", f"{scheme} {raw}").status == 200
            nothing = get(client, "/ours/stateless/")
            assert nothing.headers["WWW-Authenticate"] == f'{first} realm="api"'
            refused = post(client, "/ours/token/verify/", {"token": "x"})
            assert refused.headers["WWW-Authenticate"] == f'{first} realm="api"'
            expected = 200 if "Bearer" in types else 401
            assert get(client, "/ours/stateless/", f"bearer {raw}").status == expected
    assert get(client, "/ours/stateless/", f"bearer {raw}").status == 200


def test_header_name() -> None:
    with override_settings(SIMPLE_JWT={"AUTH_HEADER_NAME": "HTTP_X_ACCESS_TOKEN"}):
        raw = token(claims())
        request = APIRequestFactory().get("/", headers={"X-Access-Token": f"Bearer {raw}"})
        assert JWTAuthentication().get_header(request) == f"Bearer {raw}".encode()


@pytest.mark.django_db
def test_view_serializers(client: APIClient, user: User) -> None:
    default = TokenObtainPairView._serializer_class
    assert default == "pyjwtfast.drf.serializers.TokenObtainPairSerializer"
    name = "tests.drf.test_settings.ShoutingObtainSerializer"
    with override_settings(SIMPLE_JWT={"TOKEN_OBTAIN_SERIALIZER": name}):
        assert TokenObtainPairView().get_serializer_class() is ShoutingObtainSerializer
        got = post(client, "/ours/token/", {"username": "anna", "password": PASSWORD})
        for raw in got.body.values():
            assert token_backend.decode(raw)["shout"] == "ANNA"
    assert TokenObtainPairView._serializer_class == default
    with (
        override_settings(SIMPLE_JWT={"TOKEN_REFRESH_SERIALIZER": "no.such.Serializer"}),
        pytest.raises(ImportError, match=r"Could not import serializer 'no\.such\.Serializer'"),
    ):
        TokenRefreshView().get_serializer_class()


def test_view_subclass_has_its_own_serializer() -> None:
    class Named(TokenObtainPairView):
        _serializer_class = "tests.drf.test_settings.ShoutingObtainSerializer"

    class Direct(TokenObtainPairView):
        serializer_class = ShoutingObtainSerializer

    assert Named().get_serializer_class() is ShoutingObtainSerializer
    assert Direct().get_serializer_class() is ShoutingObtainSerializer


def test_token_user_class() -> None:
    name = "tests.drf.test_settings.ShoutingUser"
    with override_settings(SIMPLE_JWT={"TOKEN_USER_CLASS": name}):
        made = AccessToken()
        made["user_id"] = "1"
        user = authentication.JWTStatelessUserAuthentication().get_user(made)
        assert isinstance(user, ShoutingUser)


@pytest.mark.parametrize("name", ["AUTH_HEADER_TYPE", "AUTH_TOKEN_CLASS", "SECRET_KEY"])
def test_removed_settings(name: str) -> None:
    with (
        override_settings(SIMPLE_JWT={name: "x"}),
        pytest.raises(RuntimeError, match=f"The '{name}' setting has been removed"),
    ):
        api_settings.ALGORITHM  # noqa: B018
    assert api_settings.ALGORITHM == "HS256"


def test_values_may_be_patched_like_attributes(
    monkeypatch: pytest.MonkeyPatch, client: APIClient
) -> None:
    raw = token(claims())
    assert get(client, "/ours/stateless/", f"Bearer {raw}").status == 200
    monkeypatch.setattr(api_settings, "AUTH_HEADER_TYPES", ("JWT",))
    assert get(client, "/ours/stateless/", f"Bearer {raw}").status == 401
    assert get(client, "/ours/stateless/", f"JWT {raw}").status == 200
    monkeypatch.setattr(api_settings, "SIGNING_KEY", OTHER_SECRET)
    assert get(client, "/ours/stateless/", f"JWT {raw}").status == 401
    monkeypatch.undo()
    assert get(client, "/ours/stateless/", f"Bearer {raw}").status == 200


def test_values_may_be_edited_in_user_settings(client: APIClient) -> None:
    """The way of simplejwt's own test helper: edit the dict, delete the kept value."""
    api_settings.user_settings["ACCESS_TOKEN_LIFETIME"] = timedelta(hours=9)
    try:
        assert AccessToken.lifetime == timedelta(minutes=5) or "not read before"
        api_settings.__dict__.pop("ACCESS_TOKEN_LIFETIME", None)
        assert AccessToken.lifetime == timedelta(hours=9)
    finally:
        del api_settings.user_settings["ACCESS_TOKEN_LIFETIME"]
        del api_settings.ACCESS_TOKEN_LIFETIME
    assert AccessToken.lifetime == timedelta(minutes=5)


def test_settings_objects_of_ones_own() -> None:
    own = APISettings({"LEEWAY": 5}, DEFAULTS, ())
    assert own.LEEWAY == 5
    assert own.ALGORITHM == "HS256"
    assert own.TOKEN_USER_CLASS == "pyjwtfast.drf.models.TokenUser"
    assert api_settings.LEEWAY == 0
