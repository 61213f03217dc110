"""System checks: each mistake is reported, with the setting's name and what to do."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

import pytest
from django.core import checks
from django.db import models
from django.db.models.signals import post_init
from django.test import override_settings
from rest_framework_simplejwt.authentication import JWTAuthentication as TheirAuthentication
from rest_framework_simplejwt.tokens import AccessToken as TheirAccessToken

from pyjwtfast import Key
from pyjwtfast.drf.authentication import JWTAuthentication
from pyjwtfast.drf.checks import check_deployment, check_settings
from pyjwtfast.drf.tokens import AccessToken
from tests.api import keys
from tests.drf.models import User

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
        (
            {"SIGNING_KEY": None},
            "pyjwtfast.E005",
            "cannot be used: HS256 needs a secret, not None",
        ),
        ({"SIGNING_KEY": 5}, "pyjwtfast.E005", "SIMPLE_JWT['SIGNING_KEY']"),
        ({"SIGNING_KEY": PEM}, "pyjwtfast.E005", "SIMPLE_JWT['SIGNING_KEY']"),
        ({"LEEWAY": -1}, "pyjwtfast.E006", "SIMPLE_JWT['LEEWAY'] is -1"),
        ({"LEEWAY": float("nan")}, "pyjwtfast.E006", "SIMPLE_JWT['LEEWAY'] is nan"),
        ({"LEEWAY": float("inf")}, "pyjwtfast.E006", "SIMPLE_JWT['LEEWAY'] is inf"),
        ({"LEEWAY": "5"}, "pyjwtfast.E006", "SIMPLE_JWT['LEEWAY'] is '5'"),
        ({"LEEWAY": True}, "pyjwtfast.E006", "SIMPLE_JWT['LEEWAY'] is True"),
        ({"LEEWAY": timedelta(seconds=-1)}, "pyjwtfast.E006", "SIMPLE_JWT['LEEWAY']"),
        ({"BLACKLIST_AFTER_ROTATION": True}, "pyjwtfast.W010", "are not rotated"),
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
        ({"REVOKE_TOKEN_CLAIM": "h"}, "pyjwtfast.W006", "CHECK_REVOKE_TOKEN is not set"),
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


@pytest.mark.parametrize(
    ("wrong", "right"), [("hs256", "HS256"), ("RS265", "RS256"), ("EDDSA", "EdDSA"), ("none", None)]
)
def test_an_unknown_algorithm_gets_the_nearest_real_one(wrong: str, right: str | None) -> None:
    (message,) = found(SIMPLE_JWT={"ALGORITHM": wrong})
    assert message.hint is not None
    assert message.hint.startswith(f"Did you mean {right}? Set ALGORITHM to" if right else "Set ")


def test_a_key_where_a_secret_belongs_may_be_the_algorithms_mistake() -> None:
    (message,) = found(SIMPLE_JWT={"SIGNING_KEY": PEM})
    assert message.hint is not None
    assert message.hint.startswith("If this key is meant, set ALGORITHM")
    for nothing in ("", None):
        (message,) = found(SIMPLE_JWT={"SIGNING_KEY": nothing})
        assert message.hint is not None
        assert "ALGORITHM" not in message.hint


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
    own = {"SIGNING_KEY": "0123456789abcdef" * 4}
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
    ("setting", "entry"),
    [
        ("AUTH_TOKEN_CLASSES", "tokens.AccessToken"),
        ("TOKEN_USER_CLASS", "models.TokenUser"),
        ("TOKEN_OBTAIN_SERIALIZER", "serializers.TokenObtainPairSerializer"),
        ("USER_AUTHENTICATION_RULE", "authentication.default_user_authentication_rule"),
    ],
)
def test_names_of_simplejwt(setting: str, entry: str, monkeypatch: pytest.MonkeyPatch) -> None:
    dotted = f"rest_framework_simplejwt.{entry}"
    overrides = {"SIMPLE_JWT": {setting: [dotted] if setting == "AUTH_TOKEN_CLASSES" else dotted}}
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


PRIVATE, PUBLIC = keys.private_pem("rsa").decode(), keys.public_pem("rsa").decode()
OTHER_PRIVATE, OTHER_PUBLIC = (
    keys.private_pem("other rsa").decode(),
    keys.public_pem("other rsa").decode(),
)
URL = "https://id.example.org/keys"


@pytest.mark.parametrize(
    "changes",
    [
        {"SIGNING_KEY": PRIVATE, "VERIFYING_KEY": PUBLIC},
        {"SIGNING_KEY": Key.from_pem(PRIVATE), "VERIFYING_KEY": keys.public_ssh("rsa")},
        {"VERIFYING_KEY": PUBLIC},
        {"SIGNING_KEY": None, "VERIFYING_KEY": PUBLIC},
        {"JWK_URL": URL},
        {"SIGNING_KEY": PRIVATE, "JWK_URL": URL, "JWK_CLIENT_OPTIONS": {"cache": "default"}},
        {
            "SIGNING_KEY": PRIVATE,
            "VERIFYING_KEY": PUBLIC,
            "SIGNING_KEY_FALLBACKS": [OTHER_PUBLIC],
        },
    ],
)
def test_right_key_pairs(changes: dict[str, Any]) -> None:
    assert found(SIMPLE_JWT={"ALGORITHM": "RS256", **changes}) == []
    # SECRET_KEY signs no token here, so these are no keys of ours either.
    former = {"SECRET_KEY": STARTPROJECT_KEY, "SECRET_KEY_FALLBACKS": ["short", ""]}
    assert found(SIMPLE_JWT={"ALGORITHM": "RS256", **changes}, **former) == []
    assert found_at_deployment(SIMPLE_JWT={"ALGORITHM": "RS256", **changes}, **former) == []


@pytest.mark.parametrize(
    ("changes", "identifier", "text"),
    [
        ({}, "E012", "RS256 has no key: SIGNING_KEY, VERIFYING_KEY and JWK_URL are not set"),
        ({"SIGNING_KEY": None}, "E012", "RS256 has no key"),
        ({"SIGNING_KEY": "x" * 64}, "E005", "needs the text of a key"),
        ({"SIGNING_KEY": PUBLIC}, "E005", "it is a public key; the private one signs"),
        ({"SIGNING_KEY": PEM}, "E005", "['SIGNING_KEY'] cannot be used"),
        ({"SIGNING_KEY": PRIVATE.replace("\n", "\\n")}, "E005", "backslash"),
        ({"SIGNING_KEY": keys.private_pem("p256")}, "E005", "RSAPrivateKey"),
        ({"SIGNING_KEY": 5}, "E005", "not an object of type int"),
        ({"SIGNING_KEY": PRIVATE}, "W007", "['VERIFYING_KEY'] is not set: tokens can be signed"),
        ({"VERIFYING_KEY": PEM}, "E012", "['VERIFYING_KEY'] cannot be used"),
        ({"VERIFYING_KEY": "x" * 64}, "E012", "needs the text of a key"),
        ({"VERIFYING_KEY": keys.public_pem("ed25519")}, "E012", "RSAPublicKey"),
        ({"SIGNING_KEY": PRIVATE, "VERIFYING_KEY": OTHER_PUBLIC}, "E013", "not the public half"),
        ({"VERIFYING_KEY": PRIVATE}, "W008", "['VERIFYING_KEY'] holds a private key"),
        ({"VERIFYING_KEY": keys.public_pem("short rsa")}, "W002", "has 1024 bits; RS256 wants"),
        (
            {
                "SIGNING_KEY": keys.private_pem("short rsa"),
                "VERIFYING_KEY": keys.public_pem("short rsa"),
            },
            "W002",
            "SIMPLE_JWT['SIGNING_KEY'] has 1024 bits",
        ),
        ({"ALGORITHM": "ES256", "VERIFYING_KEY": keys.public_pem("p384")}, "E012", "secp384r1"),
        ({"JWK_URL": "ftp://x/keys"}, "E014", "['JWK_URL'], or its JWK_CLIENT_OPTIONS, cannot"),
        ({"JWK_URL": 5}, "E014", "must be a str"),
        ({"JWK_URL": URL, "JWK_CLIENT_OPTIONS": {"timeuot": 5}}, "E014", "timeuot"),
        ({"JWK_URL": URL, "JWK_CLIENT_OPTIONS": {"cache": "nowhere"}}, "E014", "nowhere"),
        ({"JWK_URL": URL, "JWK_CLIENT_OPTIONS": [5]}, "E014", "is of type list"),
        ({"JWK_URL": URL, "VERIFYING_KEY": PUBLIC}, "W006", "['VERIFYING_KEY'] has no effect"),
        (
            {"JWK_URL": URL, "SIGNING_KEY_FALLBACKS": [OTHER_PUBLIC]},
            "W006",
            "['SIGNING_KEY_FALLBACKS'] has no effect",
        ),
        (
            {"VERIFYING_KEY": PUBLIC, "JWK_CLIENT_OPTIONS": {"timeout": 5}},
            "W006",
            "['JWK_CLIENT_OPTIONS'] has no effect: there is no JWK_URL",
        ),
        (
            {"VERIFYING_KEY": PUBLIC, "SIGNING_KEY_FALLBACKS": [PEM]},
            "E015",
            "FALLBACKS'][0] cannot",
        ),
        ({"VERIFYING_KEY": PUBLIC, "SIGNING_KEY_FALLBACKS": ["x" * 64]}, "E015", "needs the text"),
        (
            {"VERIFYING_KEY": PUBLIC, "SIGNING_KEY_FALLBACKS": PUBLIC},
            "E015",
            "in a list, not a str",
        ),
        (
            {"VERIFYING_KEY": PUBLIC, "SIGNING_KEY_FALLBACKS": [OTHER_PUBLIC] * 16},
            "E015",
            "16 former keys are too many",
        ),
        (
            {"VERIFYING_KEY": PUBLIC, "SIGNING_KEY_FALLBACKS": [OTHER_PUBLIC, OTHER_PRIVATE]},
            "W008",
            "['SIGNING_KEY_FALLBACKS'][1] holds a private key",
        ),
    ],
)
def test_mistakes_with_key_pairs(changes: dict[str, Any], identifier: str, text: str) -> None:
    (message,) = found(SIMPLE_JWT={"ALGORITHM": "RS256", **changes})
    assert message.id == f"pyjwtfast.{identifier}"
    assert text in message.msg
    assert message.hint
    assert message.is_serious() is identifier.startswith("E")
    for key in (PRIVATE, PUBLIC, "x" * 64, "MFkw"):
        assert key[-40:] not in f"{message.msg} {message.hint}"


@pytest.mark.parametrize(
    ("overrides", "identifier", "text"),
    [
        ({"SECRET_KEY_FALLBACKS": [""]}, "E015", "SECRET_KEY_FALLBACKS[0] cannot be used"),
        ({"SECRET_KEY_FALLBACKS": ["x" * 64, "short"]}, "W002", "FALLBACKS[1] has 5 bytes"),
        ({"SECRET_KEY_FALLBACKS": "x" * 64}, "E015", "SECRET_KEY_FALLBACKS cannot be used: Former"),
        ({"SECRET_KEY_FALLBACKS": ["x" * 64] * 16}, "E015", "16 former keys are too many"),
        (
            {"SIMPLE_JWT": {"SIGNING_KEY_FALLBACKS": [PUBLIC]}},
            "E015",
            "SIMPLE_JWT['SIGNING_KEY_FALLBACKS'][0] cannot be used",
        ),
        (
            {"SIMPLE_JWT": {"JWK_CLIENT_OPTIONS": {"timeout": 5}}},
            "W006",
            "HS* algorithms have no public keys",
        ),
        (
            {"SIMPLE_JWT": {"SIGNING_KEY": Key.from_secret("short")}},
            "W002",
            "has 5 bytes; HS256 wants at least 32",
        ),
        ({"SIMPLE_JWT": {"SIGNING_KEY": Key.from_pem(PUBLIC)}}, "E005", "not a key of type RSA"),
    ],
)
def test_mistakes_with_secrets(overrides: dict[str, Any], identifier: str, text: str) -> None:
    (message,) = found(**overrides)
    assert message.id == f"pyjwtfast.{identifier}"
    assert text in message.msg
    assert message.hint


def test_former_secrets_that_are_right() -> None:
    assert found(SECRET_KEY_FALLBACKS=["x" * 64]) == []
    assert found(SIMPLE_JWT={"SIGNING_KEY_FALLBACKS": ["x" * 64]}) == []
    # Not the signing key's:
    assert found(SIMPLE_JWT={"SIGNING_KEY": "y" * 64}, SECRET_KEY_FALLBACKS=["short"]) == []


def test_a_short_key_is_replaced_without_a_break() -> None:
    (message,) = found(SECRET_KEY="short")
    assert message.hint is not None
    assert "Put the old one into SECRET_KEY_FALLBACKS until" in message.hint
    (message,) = found(SIMPLE_JWT={"SIGNING_KEY": "short"})
    assert message.hint is not None
    assert "SIMPLE_JWT['SIGNING_KEY_FALLBACKS'] until" in message.hint


def test_a_url_without_tls() -> None:
    values = {"ALGORITHM": "RS256", "JWK_URL": "http://id.example.org/keys"}
    assert found(SIMPLE_JWT=values) == []
    (message,) = found_at_deployment(SIMPLE_JWT=values)
    assert message.id == "pyjwtfast.W009"
    assert message.msg.startswith("SIMPLE_JWT['JWK_URL'] is fetched without TLS")
    assert found_at_deployment(SIMPLE_JWT={**values, "JWK_URL": URL}) == []
    assert found_at_deployment(SIMPLE_JWT={"ALGORITHM": "none", "JWK_URL": URL}) == []


class Own(models.Manager[Any]):
    def get_queryset(self) -> Any:
        return super().get_queryset().filter(is_staff=True)


class OwnConstant(JWTAuthentication):
    """For DEFAULT_AUTHENTICATION_CLASSES."""

    user_queryset_is_constant = True


def test_users_that_cannot_be_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    cached = {"USER_CACHE_TTL": 9}
    assert found(SIMPLE_JWT=cached) == []
    manager: Any = Own()
    manager.model, manager.name = User, "objects"
    with monkeypatch.context() as patch:
        patch.setattr(User, "objects", manager)
        (message,) = found(SIMPLE_JWT=cached)
        assert message.id == "pyjwtfast.W016"
        assert "drf.User.objects is a Own" in message.msg
        for names, identifiers in (
            (["no.Such", f"{__name__}.OwnAuthentication"], ["pyjwtfast.W016"]),
            ([f"{__name__}.OwnAuthentication", f"{__name__}.OwnConstant"], []),
        ):
            rest_framework = {"DEFAULT_AUTHENTICATION_CLASSES": names}
            messages = found(SIMPLE_JWT=cached, REST_FRAMEWORK=rest_framework)
            assert [each.id for each in messages] == identifiers

    def receiver(**kwargs: Any) -> None:
        pass

    post_init.connect(receiver, sender=User)
    try:
        (message,) = found(SIMPLE_JWT=cached)
    finally:
        post_init.disconnect(receiver, sender=User)
    assert message.id == "pyjwtfast.W016"
    assert "receivers of pre_init or post_init" in message.msg


def test_cached_users_at_deployment() -> None:
    (message,) = found_at_deployment(SIMPLE_JWT={"USER_CACHE_TTL": 9})
    assert message.id == "pyjwtfast.W017"
    assert "go on with a user who was deactivated" in message.msg
    shared = {"USER_CACHE_TTL": 9, "USER_CACHE_INVALIDATION": "default"}
    assert found_at_deployment(SIMPLE_JWT=shared) == []
    assert found_at_deployment(SIMPLE_JWT={}) == []
