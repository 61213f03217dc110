"""System checks of what settings hold: times, flags, claims, classes; and of junk."""

from __future__ import annotations

import json
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import CheckMessage
from django.test import override_settings

from pyjwtfast.drf.checks import check_deployment, check_settings
from pyjwtfast.drf.serializers import TokenVerifySerializer
from pyjwtfast.drf.settings import DEFAULTS
from pyjwtfast.drf.tokens import AccessToken, Token
from tests.api import keys

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
PUBLIC = keys.public_pem("rsa").decode()
PRIVATE = keys.private_pem("rsa").decode()


class OwnEncoder(json.JSONEncoder):
    """For JSON_ENCODER."""


SHARED = {"USER_CACHE_INVALIDATION": "redis"}
BACKENDS = {
    "default": ("locmem.LocMemCache", ""),
    "redis": ("redis.RedisCache", "redis://127.0.0.1:1"),
    "files": ("filebased.FileBasedCache", str(Path(tempfile.gettempdir(), "pyjwtfast-checks"))),
}
CACHES = {
    alias: {"BACKEND": f"django.core.cache.backends.{backend}", "LOCATION": location}
    for alias, (backend, location) in BACKENDS.items()
}


def found(**simple_jwt: Any) -> list[CheckMessage]:
    with override_settings(SIMPLE_JWT=simple_jwt, CACHES=CACHES):
        return check_settings()


@pytest.mark.parametrize(
    ("simple_jwt", "identifier", "text"),
    [
        # Times.
        ({"REFRESH_TOKEN_LIFETIME": MINUTE}, "W012", "['REFRESH_TOKEN_LIFETIME'] (0:01:00) is"),
        ({"ACCESS_TOKEN_LIFETIME": 30 * DAY}, "W012", "ACCESS_TOKEN_LIFETIME (30 days"),
        ({"SLIDING_TOKEN_LIFETIME": 7 * DAY}, "W012", "['SLIDING_TOKEN_REFRESH_LIFETIME']"),
        ({"SLIDING_TOKEN_REFRESH_LIFETIME": 1}, "E009", "_REFRESH_LIFETIME'] is 1"),
        ({"LEEWAY": 300}, "W013", "['LEEWAY'] is 300: tokens are accepted for longer"),
        ({"LEEWAY": 10 * MINUTE}, "W013", "accepted for longer"),
        # Cached users.
        ({"USER_CACHE_TTL": "60"}, "E027", "['USER_CACHE_TTL'] is '60'"),
        ({"USER_CACHE_TTL": 10**6}, "E027", "['USER_CACHE_TTL'] is 1000000"),
        ({"USER_CACHE_TTL": DAY + MINUTE}, "E027", "['USER_CACHE_TTL']"),
        ({"USER_CACHE_POLL": -1, "USER_CACHE_TTL": 9, **SHARED}, "E027", "POLL'] is -1"),
        ({"USER_CACHE_SIZE": 0, "USER_CACHE_TTL": 9}, "E027", "['USER_CACHE_SIZE'] is 0"),
        ({"USER_CACHE_INVALIDATION": "no", "USER_CACHE_TTL": 9}, "E028", "is 'no', which is no"),
        ({"USER_CACHE_INVALIDATION": 5, "USER_CACHE_TTL": 9}, "E028", "is 5, which is no cache"),
        ({"USER_CACHE_INVALIDATION": "default", "USER_CACHE_TTL": 9}, "W015", "no other process"),
        ({"USER_CACHE_INVALIDATION": "files", "USER_CACHE_TTL": 9}, "W015", "no other machine"),
        ({"USER_CACHE_SIZE": 5}, "W006", "USER_CACHE_TTL is not set"),
        ({"USER_CACHE_POLL": 5, "USER_CACHE_TTL": 9}, "W006", "is no USER_CACHE_INVALIDATION"),
        ({"USER_CACHE_KEY": "no.Such", "USER_CACHE_TTL": 9}, "E008", "names 'no.Such'"),
        ({"USER_CACHE_KEY": "django.VERSION", "USER_CACHE_TTL": 9}, "E017", "not a callable"),
        # Flags.
        ({"ROTATE_REFRESH_TOKENS": "False"}, "E021", "is 'False', which is neither"),
        ({"CHECK_USER_IS_ACTIVE": "0"}, "E021", "['CHECK_USER_IS_ACTIVE']"),
        # Choices.
        ({"ON_LOGIN_SUCCESS": "builtins.print"}, "W006", "UPDATE_LAST_LOGIN is not set"),
        # Claims.
        ({"USER_ID_CLAIM": None}, "E018", "['USER_ID_CLAIM'] is None"),
        ({"USER_ID_CLAIM": ""}, "E018", "no name of a claim"),
        ({"TOKEN_TYPE_CLAIM": 5}, "E018", "['TOKEN_TYPE_CLAIM'] is 5"),
        ({"JTI_CLAIM": "user_id"}, "E018", "is 'user_id', the claim of JTI_CLAIM too"),
        ({"USER_ID_CLAIM": "exp"}, "E018", "the claim of the time of expiry too"),
        ({"SLIDING_TOKEN_REFRESH_EXP_CLAIM": "exp"}, "E018", "['SLIDING_TOKEN_REFRESH_EXP_CLAIM']"),
        ({"USER_ID_CLAIM": "iss", "ISSUER": "us"}, "E018", "the claim of ISSUER too"),
        ({"JTI_CLAIM": "aud", "AUDIENCE": "us"}, "E018", "the claim of AUDIENCE too"),
        (
            {"CHECK_REVOKE_TOKEN": True, "REVOKE_TOKEN_CLAIM": "jti"},
            "E018",
            "['REVOKE_TOKEN_CLAIM'] is 'jti', the claim of JTI_CLAIM too",
        ),
        # Audience and issuer.
        ({"AUDIENCE": ""}, "E022", "['AUDIENCE'] is ''"),
        ({"AUDIENCE": []}, "E022", "['AUDIENCE'] is []"),
        ({"AUDIENCE": {"a"}}, "E022", "['AUDIENCE'] is {'a'}"),
        ({"AUDIENCE": ["a", 5]}, "E022", "['AUDIENCE'] is ['a', 5]"),
        ({"ISSUER": ["a"]}, "E022", "['ISSUER'] is ['a']"),
        (
            {
                "ALGORITHM": "RS256",
                "VERIFYING_KEY": PUBLIC,
                "SIGNING_KEY": PRIVATE,
                "ISSUER": ["a"],
            },
            "E022",
            "['ISSUER'] is ['a']",
        ),
        ({"ALGORITHM": "RS256", "VERIFYING_KEY": PUBLIC, "ISSUER": [5]}, "E022", "is [5]"),
        # Header.
        ({"AUTH_HEADER_TYPES": []}, "E020", "['AUTH_HEADER_TYPES'] is []"),
        ({"AUTH_HEADER_TYPES": None}, "E020", "['AUTH_HEADER_TYPES'] is None"),
        ({"AUTH_HEADER_TYPES": ["Bearer", ""]}, "E020", "is ['Bearer', '']"),
        ({"AUTH_HEADER_TYPES": "Bearer "}, "E020", "is 'Bearer '"),
        ({"AUTH_HEADER_TYPES": ("J W T",)}, "E020", "is ('J W T',)"),
        ({"AUTH_HEADER_TYPES": ["\u4ee4"]}, "E020", "['AUTH_HEADER_TYPES']"),
        ({"AUTH_HEADER_NAME": None}, "E020", "['AUTH_HEADER_NAME'] is None"),
        # Classes and callables.
        ({"AUTH_TOKEN_CLASSES": []}, "E017", "no token would be accepted"),
        ({"AUTH_TOKEN_CLASSES": "pyjwtfast.drf.tokens.AccessToken"}, "E017", "no token would be"),
        ({"AUTH_TOKEN_CLASSES": ["pyjwtfast.drf.tokens.Token"]}, "E017", "not a token class with"),
        ({"AUTH_TOKEN_CLASSES": [OwnEncoder]}, "E017", "holds OwnEncoder, which is not a token"),
        ({"JSON_ENCODER": "json.dumps"}, "E017", "not a subclass of json.JSONEncoder"),
        ({"TOKEN_USER_CLASS": None}, "E017", "['TOKEN_USER_CLASS'] is None"),
        ({"TOKEN_USER_CLASS": "django.VERSION"}, "E017", "not a class that is made from a token"),
        ({"USER_AUTHENTICATION_RULE": "django.VERSION"}, "E017", "which is not a callable"),
        ({"ON_LOGIN_FAILED": "django.VERSION"}, "E017", "which is not a callable"),
        ({"ON_LOGIN_FAILED": None}, "E017", "['ON_LOGIN_FAILED'] is None"),
        ({"TOKEN_VERIFY_SERIALIZER": TokenVerifySerializer}, "E017", "import it by its name"),
        ({"TOKEN_VERIFY_SERIALIZER": None}, "E017", "is None: the views import it by its name"),
        (
            {"TOKEN_VERIFY_SERIALIZER": "pyjwtfast.drf.tokens.AccessToken"},
            "E017",
            "not a serializer class",
        ),
        # The user model.
        ({"USER_ID_FIELD": "nickname"}, "E019", "is 'nickname', which is no field of drf.User"),
        ({"USER_ID_FIELD": None}, "E019", "is None, which is no field"),
        ({"USER_ID_FIELD": "email"}, "W011", "is 'email', which is not unique in drf.User"),
    ],
    ids=repr,
)
def test_one_mistake_one_message(simple_jwt: Any, identifier: str, text: str) -> None:
    (message,) = found(**simple_jwt)
    assert message.id == f"pyjwtfast.{identifier}"
    assert text in message.msg
    assert message.hint
    assert message.is_serious() is identifier.startswith("E")
    assert next(iter(simple_jwt)) in message.msg or len(simple_jwt) > 1 or identifier == "W012"


@pytest.mark.parametrize(
    "simple_jwt",
    [
        {"ACCESS_TOKEN_LIFETIME": DAY},
        {"LEEWAY": 299},
        {"LEEWAY": None},
        {"ROTATE_REFRESH_TOKENS": 1, "UPDATE_LAST_LOGIN": None},
        {"USER_ID_CLAIM": "sub"},
        {"USER_ID_CLAIM": "iss"},
        {"TOKEN_TYPE_CLAIM": None},
        {"AUDIENCE": "a", "ISSUER": "b"},
        {"AUDIENCE": ["a", "b"]},
        {"ALGORITHM": "RS256", "VERIFYING_KEY": PUBLIC, "ISSUER": ["a", "b"]},
        {"AUTH_HEADER_TYPES": "JWT"},
        {"AUTH_HEADER_TYPES": ["JWT", "Bearer"]},
        {"AUTH_TOKEN_CLASSES": (AccessToken, "pyjwtfast.drf.tokens.SlidingToken")},
        {"JSON_ENCODER": f"{__name__}.OwnEncoder"},
        {"JSON_ENCODER": OwnEncoder},
        {"TOKEN_USER_CLASS": dict},
        {"USER_AUTHENTICATION_RULE": lambda user: True},
        {"TOKEN_VERIFY_SERIALIZER": "pyjwtfast.drf.serializers.TokenVerifySerializer"},
        {"USER_ID_FIELD": "pk"},
        {"ON_LOGIN_SUCCESS": "builtins.print", "UPDATE_LAST_LOGIN": True},
        {"ON_LOGIN_FAILED": print},
        {"TOKEN_BLACKLIST_SERIALIZER": "pyjwtfast.drf.serializers.TokenBlacklistSerializer"},
        {"USER_ID_FIELD": "uuid"},
        {"USER_ID_FIELD": "profile__number"},
        {"USER_CACHE_TTL": 9},
        {"USER_CACHE_TTL": MINUTE, "USER_CACHE_POLL": 0.5, "USER_CACHE_KEY": print, **SHARED},
        {"UPDATE_LAST_LOGIN": True, "CHECK_REVOKE_TOKEN": True, "REVOKE_TOKEN_CLAIM": "h"},
    ],
    ids=repr,
)
def test_nothing_to_say(simple_jwt: Any) -> None:
    assert found(**simple_jwt) == []


def test_what_the_hint_of_a_flag_says_is_right() -> None:
    (message,) = found(UPDATE_LAST_LOGIN="true")
    assert message.hint is not None
    assert "os.environ.get('UPDATE_LAST_LOGIN') == 'true'" in message.hint


def test_fields_that_could_be_the_id_are_named() -> None:
    (message,) = found(USER_ID_FIELD="nickname")
    assert (
        message.hint == "Set USER_ID_FIELD to one of its unique fields: badge, id, username, uuid."
    )


def test_a_user_model_that_lacks_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    class Bare:
        """A user model without what AbstractBaseUser brings."""

        class _meta:
            label = "app.Bare"

    monkeypatch.setattr("pyjwtfast.drf.checks.users.get_user_model", lambda: Bare)
    login, revoke = found(UPDATE_LAST_LOGIN=True, CHECK_REVOKE_TOKEN=True, USER_ID_FIELD="pk")
    assert (login.id, revoke.id) == ("pyjwtfast.E024", "pyjwtfast.E024")
    assert "['UPDATE_LAST_LOGIN'] is set, but app.Bare has no last_login" in login.msg
    assert "['CHECK_REVOKE_TOKEN'] is set, but app.Bare has no password" in revoke.msg


def test_without_a_user_model_there_is_nothing_to_say_of_it() -> None:
    with override_settings(AUTH_USER_MODEL="no.Such"):
        assert found(USER_ID_FIELD="nickname") == []


JUNK = [None, 5, -1.5, "x", b"x", "", [], {}, [5], ["x"], {"x": 1}, object(), True, MINUTE, Token]


@pytest.mark.parametrize("setting", DEFAULTS)
def test_no_junk_upsets_the_checks(setting: str) -> None:
    for others in ({}, {"ALGORITHM": "RS256", "VERIFYING_KEY": PUBLIC}):
        for junk in JUNK:
            with override_settings(SIMPLE_JWT={**others, setting: junk}):
                for message in (*check_settings(), *check_deployment()):
                    assert message.hint
                    assert message.id
