"""System checks: each mistake is reported, with the setting's name and what to do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import checks
from django.test import override_settings

from pyjwtfast.drf.checks import check_settings

STARTPROJECT_KEY = "django-insecure-0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefgh"
PEM = "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n"


def found(**overrides: Any) -> list[checks.CheckMessage]:
    with override_settings(**overrides):
        return check_settings()


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


@pytest.mark.parametrize(
    ("simple_jwt", "identifier", "text"),
    [
        (["ALGORITHM"], "pyjwtfast.E002", "SIMPLE_JWT is of type list"),
        ({"AUTH_TOKEN_CLASS": "x"}, "pyjwtfast.E003", "SIMPLE_JWT['AUTH_TOKEN_CLASS']"),
        ({"ALGORITHM": "RS256"}, "pyjwtfast.E004", "is not supported by this version"),
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
        ({"SIGNING_KEY": STARTPROJECT_KEY}, "pyjwtfast.W003", "begins with 'django-insecure-'"),
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
    assert [each.id for each in found(SECRET_KEY=STARTPROJECT_KEY)] == ["pyjwtfast.W003"]
    assert found(SECRET_KEY="short", SIMPLE_JWT={"SIGNING_KEY": "x" * 64}) == []


def test_no_message_shows_a_key() -> None:
    for key in ("short", STARTPROJECT_KEY, PEM):
        for message in found(SIMPLE_JWT={"SIGNING_KEY": key}):
            assert key not in f"{message.msg} {message.hint}"
