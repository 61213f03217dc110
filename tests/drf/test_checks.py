"""System checks: each mistake is reported, with the setting's name and what to do."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core import checks
from django.test import override_settings
from rest_framework_simplejwt.authentication import JWTAuthentication as TheirAuthentication
from rest_framework_simplejwt.token_blacklist.apps import TokenBlacklistConfig
from rest_framework_simplejwt.tokens import AccessToken as TheirAccessToken

from pyjwtfast.drf.authentication import JWTAuthentication
from pyjwtfast.drf.checks import check_deployment, check_settings
from pyjwtfast.drf.tokens import AccessToken

STARTPROJECT_KEY = "django-insecure-0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefgh"
PEM = "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n"


# How simplejwt's classes get into a project that has changed its settings: by its own subclasses.
class TheirTokenOfOurs(TheirAccessToken):
    """For AUTH_TOKEN_CLASSES."""


class TheirAuthenticationOfOurs(TheirAuthentication):
    """For DEFAULT_AUTHENTICATION_CLASSES."""


class OwnAuthentication(JWTAuthentication):
    """For DEFAULT_AUTHENTICATION_CLASSES."""


class OwnToken(AccessToken):
    """For AUTH_TOKEN_CLASSES."""


class RenamedBlacklistConfig(TokenBlacklistConfig):
    """For INSTALLED_APPS: simplejwt's blacklist under a label of the project's own."""

    label = "revoked"


def found(**overrides: Any) -> list[checks.CheckMessage]:
    with override_settings(**overrides):
        return check_settings()


def found_at_deployment(**overrides: Any) -> list[checks.CheckMessage]:
    with override_settings(**overrides):
        return check_deployment()


def test_a_right_project_has_nothing_to_hear() -> None:
    assert found() == []
    assert found(SIMPLE_JWT=None) == []
    everything = {
        "ALGORITHM": "HS512",
        "LEEWAY": timedelta(seconds=3),
        "AUTH_TOKEN_CLASSES": ["pyjwtfast.drf.tokens.SlidingToken"],
    }
    assert found(SIMPLE_JWT=everything) == []
    assert found(SIMPLE_JWT=None, PYJWTFAST=everything) == []


def test_the_checks_are_registered() -> None:
    with override_settings(SIMPLE_JWT={"LEEWAY": -1}):
        assert "pyjwtfast.E006" in [each.id for each in checks.run_checks()]
    with override_settings(SECRET_KEY=STARTPROJECT_KEY):
        assert "pyjwtfast.W003" not in [each.id for each in checks.run_checks()]
        deployed = checks.run_checks(include_deployment_checks=True)
        assert "pyjwtfast.W003" in [each.id for each in deployed]


@pytest.mark.parametrize(
    ("simple_jwt", "identifier", "text"),
    [
        (["ALGORITHM"], "pyjwtfast.E002", "SIMPLE_JWT is of type list"),
        ({"AUTH_TOKEN_CLASS": "x"}, "pyjwtfast.E003", "SIMPLE_JWT['AUTH_TOKEN_CLASS']"),
        ({"ALGORITHM": "hs256"}, "pyjwtfast.E004", "is not an algorithm"),
        ({"ALGORITHM": "none"}, "pyjwtfast.E004", "is not an algorithm"),
        ({"SIGNING_KEY": ""}, "pyjwtfast.E005", "SIMPLE_JWT['SIGNING_KEY']"),
        ({"SIGNING_KEY": None}, "pyjwtfast.E005", "SIMPLE_JWT['SIGNING_KEY']"),
        ({"SIGNING_KEY": 5}, "pyjwtfast.E005", "SIMPLE_JWT['SIGNING_KEY']"),
        ({"SIGNING_KEY": PEM}, "pyjwtfast.E005", "SIMPLE_JWT['SIGNING_KEY']"),
        ({"LEEWAY": -1}, "pyjwtfast.E006", "SIMPLE_JWT['LEEWAY'] is -1"),
        ({"LEEWAY": float("nan")}, "pyjwtfast.E006", "SIMPLE_JWT['LEEWAY'] is nan"),
        ({"LEEWAY": float("inf")}, "pyjwtfast.E006", "SIMPLE_JWT['LEEWAY'] is inf"),
        ({"LEEWAY": "5"}, "pyjwtfast.E006", "SIMPLE_JWT['LEEWAY'] is '5'"),
        ({"LEEWAY": True}, "pyjwtfast.E006", "SIMPLE_JWT['LEEWAY'] is True"),
        ({"LEEWAY": timedelta(seconds=-1)}, "pyjwtfast.E006", "SIMPLE_JWT['LEEWAY']"),
        ({"BLACKLIST_AFTER_ROTATION": True}, "pyjwtfast.E007", "BLACKLIST_AFTER_ROTATION"),
        ({"TOKEN_USER_CLASS": "no.Such"}, "pyjwtfast.E008", "names 'no.Such'"),
        ({"AUTH_TOKEN_CLASSES": ["no.Such"]}, "pyjwtfast.E008", "names 'no.Such'"),
        ({"TOKEN_OBTAIN_SERIALIZER": "no.Such"}, "pyjwtfast.E008", "names 'no.Such'"),
        ({"ACCESS_TOKEN_LIFETIME": 300}, "pyjwtfast.E009", "['ACCESS_TOKEN_LIFETIME'] is 300"),
        ({"REFRESH_TOKEN_LIFETIME": timedelta(0)}, "pyjwtfast.E009", "REFRESH_TOKEN_LIFETIME"),
        ({"VERIFIED_TOKEN_CACHE_SIZE": -1}, "pyjwtfast.E010", "is -1"),
        ({"VERIFIED_TOKEN_CACHE_SIZE": True}, "pyjwtfast.E010", "is True"),
        ({"ACCES_TOKEN_LIFETIME": 1}, "pyjwtfast.W001", "SIMPLE_JWT['ACCES_TOKEN_LIFETIME']"),
        ({"SIGNING_KEY": "short"}, "pyjwtfast.W002", "has 5 bytes; HS256 wants at least 32"),
        ({"SIGNING_KEY": b"x" * 40, "ALGORITHM": "HS384"}, "pyjwtfast.W002", "has 40 bytes"),
        (
            {"AUTH_TOKEN_CLASSES": ["rest_framework_simplejwt.tokens.AccessToken"]},
            "pyjwtfast.W004",
            "SIMPLE_JWT['AUTH_TOKEN_CLASSES'] names 'rest_framework_simplejwt.tokens.AccessToken'",
        ),
        (
            {"AUTH_TOKEN_CLASSES": [f"{__name__}.OwnToken", f"{__name__}.TheirTokenOfOurs"]},
            "pyjwtfast.W004",
            "TheirTokenOfOurs', a subclass of rest_framework_simplejwt.tokens.AccessToken",
        ),
        ({"AUTH_HEADER_NAME": "Authorization"}, "pyjwtfast.W005", "is 'Authorization'"),
        ({"VERIFYING_KEY": PEM}, "pyjwtfast.W006", "SIMPLE_JWT['VERIFYING_KEY'] has no effect"),
        ({"JWK_URL": "https://x"}, "pyjwtfast.W006", "SIMPLE_JWT['JWK_URL'] has no effect"),
        (
            {"TOKEN_BLACKLIST_SERIALIZER": "rest_framework_simplejwt.serializers.X"},
            "pyjwtfast.W006",
            "SIMPLE_JWT['TOKEN_BLACKLIST_SERIALIZER'] has no effect",
        ),
        ({"ALGORITHM": "RS257", "VERIFYING_KEY": PEM}, "pyjwtfast.E004", "is not an algorithm"),
    ],
    ids=repr,
)
def test_one_mistake_one_message(simple_jwt: Any, identifier: str, text: str) -> None:
    messages = found(SIMPLE_JWT=simple_jwt)
    assert [each.id for each in messages] == [identifier]
    (message,) = messages
    assert text in message.msg
    assert message.hint
    assert message.is_serious() is (identifier.startswith("pyjwtfast.E"))


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("ACCES_TOKEN_LIFETIME", "ACCESS_TOKEN_LIFETIME"),
        ("access_token_lifetime", "ACCESS_TOKEN_LIFETIME"),
        ("AUTH_HEADERS_NAME", "AUTH_HEADER_NAME"),
        ("ROTATE_REFRESH_TOKEN", "ROTATE_REFRESH_TOKENS"),
    ],
)
def test_an_unknown_name_gets_the_nearest_real_one(wrong: str, right: str) -> None:
    (message,) = found(SIMPLE_JWT={wrong: 1})
    assert message.hint == f"Did you mean {right}?"


def test_an_unknown_name_like_no_other() -> None:
    (message,) = found(SIMPLE_JWT={"QQQ": 1})
    assert message.hint == "Delete QQQ from SIMPLE_JWT."


def test_both_names_set() -> None:
    (message,) = found(SIMPLE_JWT={}, PYJWTFAST={})
    assert message.id == "pyjwtfast.E001"
    assert "PYJWTFAST and SIMPLE_JWT are both set" in message.msg


def test_messages_name_the_setting_that_is_read() -> None:
    (message,) = found(SIMPLE_JWT=None, PYJWTFAST={"LEEWAY": -1})
    assert message.msg.startswith("PYJWTFAST['LEEWAY']")


def test_the_secret_key_is_looked_at_too() -> None:
    assert [each.id for each in found(SECRET_KEY="short")] == ["pyjwtfast.W002"]
    assert found(SECRET_KEY="short")[0].msg.startswith("SECRET_KEY has 5 bytes")
    assert found(SECRET_KEY="short", SIMPLE_JWT={"SIGNING_KEY": "x" * 64}) == []


@pytest.mark.parametrize(
    ("overrides", "source"),
    [
        ({"SECRET_KEY": STARTPROJECT_KEY}, "SECRET_KEY"),
        ({"SIMPLE_JWT": {"SIGNING_KEY": STARTPROJECT_KEY}}, "SIMPLE_JWT['SIGNING_KEY']"),
        (
            {"SIMPLE_JWT": None, "PYJWTFAST": {"SIGNING_KEY": STARTPROJECT_KEY}},
            "PYJWTFAST['SIGNING_KEY']",
        ),
    ],
)
def test_a_key_made_by_startproject(overrides: dict[str, Any], source: str) -> None:
    assert found(**overrides) == []
    (message,) = found_at_deployment(**overrides)
    assert message.id == "pyjwtfast.W003"
    assert message.msg.startswith(f"{source} begins with 'django-insecure-'")
    assert message.hint is not None
    assert message.hint.startswith(f"Set {source} to")
    assert "A new key ends every session" in message.hint


def test_keys_that_may_be_deployed() -> None:
    assert found_at_deployment() == []
    own = {"SIGNING_KEY": "x" * 64}
    assert found_at_deployment(SECRET_KEY=STARTPROJECT_KEY, SIMPLE_JWT=own) == []
    assert found_at_deployment(SIMPLE_JWT={"SIGNING_KEY": None}) == []
    assert found_at_deployment(SIMPLE_JWT=["no", "dict"]) == []


def test_no_message_shows_a_key() -> None:
    for key in ("short", STARTPROJECT_KEY, PEM):
        overrides = {"SIMPLE_JWT": {"SIGNING_KEY": key}}
        messages = found(**overrides) + found_at_deployment(**overrides)
        assert messages
        for message in messages:
            assert key not in f"{message.msg} {message.hint}"


@pytest.mark.parametrize(
    "entry",
    [
        "rest_framework_simplejwt.token_blacklist",
        "rest_framework_simplejwt.token_blacklist.apps.TokenBlacklistConfig",
        f"{__name__}.RenamedBlacklistConfig",
    ],
)
def test_the_blacklist_app(entry: str) -> None:
    """Its revoked tokens would come back to life without a word."""
    (message,) = found(INSTALLED_APPS=[*settings.INSTALLED_APPS, entry])
    assert message.id == "pyjwtfast.E011"
    assert message.is_serious()
    assert "'rest_framework_simplejwt.token_blacklist' is installed" in message.msg
    assert "accepted again until they expire" in message.msg
    assert message.hint is not None
    assert message.hint.startswith("Stay with djangorestframework-simplejwt until")


@pytest.mark.parametrize(
    ("setting", "entry"),
    [
        ("AUTH_TOKEN_CLASSES", "tokens.AccessToken"),
        ("TOKEN_USER_CLASS", "models.TokenUser"),
        ("TOKEN_OBTAIN_SERIALIZER", "serializers.TokenObtainPairSerializer"),
        ("USER_AUTHENTICATION_RULE", "authentication.default_user_authentication_rule"),
    ],
)
def test_names_of_simplejwt(setting: str, entry: str, monkeypatch: pytest.MonkeyPatch) -> None:
    overrides = {"SIMPLE_JWT": {setting: f"rest_framework_simplejwt.{entry}"}}
    (message,) = found(**overrides)
    assert (message.id, message.hint) == ("pyjwtfast.W004", f"Write 'pyjwtfast.drf.{entry}'.")
    # And where it has been uninstalled:
    module = f"rest_framework_simplejwt.{entry.partition('.')[0]}"
    monkeypatch.setitem(sys.modules, module, None)
    (message,) = found(**overrides)
    assert (message.id, message.hint) == ("pyjwtfast.E008", f"Write 'pyjwtfast.drf.{entry}'.")


@pytest.mark.parametrize(
    ("entry", "hint"),
    [
        (
            "rest_framework_simplejwt.authentication.JWTAuthentication",
            "Write 'pyjwtfast.drf.authentication.JWTAuthentication'.",
        ),
        (
            "rest_framework_simplejwt.authentication.NoSuch",
            "Write 'pyjwtfast.drf.authentication.NoSuch'.",
        ),
        (
            TheirAuthentication,
            "Import 'pyjwtfast.drf.authentication.JWTAuthentication' in its place.",
        ),
        (
            f"{__name__}.TheirAuthenticationOfOurs",
            "Import 'pyjwtfast.drf.authentication.JWTAuthentication' in its place.",
        ),
    ],
)
def test_authentication_classes_of_simplejwt(entry: Any, hint: str) -> None:
    ours = f"{__name__}.OwnAuthentication"
    (message,) = found(REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": [ours, entry]})
    assert (message.id, message.hint) == ("pyjwtfast.W004", hint)
    assert message.msg.startswith("REST_FRAMEWORK['DEFAULT_AUTHENTICATION_CLASSES'] ")


def test_authentication_classes_of_others() -> None:
    names = [f"{__name__}.OwnAuthentication", "rest_framework.authentication.BasicAuthentication"]
    for classes in (names, tuple(names), [OwnAuthentication], names[0], [], None):
        assert found(REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": classes}) == []
    assert found(REST_FRAMEWORK={}) == []
    assert found(REST_FRAMEWORK=None) == []


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("Authorization", "HTTP_AUTHORIZATION"),
        ("X-Access-Token", "HTTP_X_ACCESS_TOKEN"),
        ("X_ACCESS_TOKEN", "HTTP_X_ACCESS_TOKEN"),
        ("http_authorization", "HTTP_AUTHORIZATION"),
        ("HTTP_X-ACCESS-TOKEN", "HTTP_X_ACCESS_TOKEN"),
        ("Content-Type", "CONTENT_TYPE"),
    ],
)
def test_header_names(wrong: str, right: str) -> None:
    (message,) = found(SIMPLE_JWT={"AUTH_HEADER_NAME": wrong})
    assert (message.id, message.hint) == ("pyjwtfast.W005", f"Write '{right}'.")
    assert found(SIMPLE_JWT={"AUTH_HEADER_NAME": right}) == []


def test_settings_without_effect_may_be_there_unset() -> None:
    unset = {"VERIFYING_KEY": "", "JWK_URL": None}
    assert found(SIMPLE_JWT=unset) == []
    assert found(SIMPLE_JWT={"VERIFYING_KEY": None}) == []
