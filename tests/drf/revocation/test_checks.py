"""System checks of the settings of revocation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.checks import CheckMessage
from django.test import override_settings

from pyjwtfast.drf.checks import check_settings

BACKENDS = "django.core.cache.backends"
CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": f"{BACKENDS}.locmem.LocMemCache"},
    "dummy": {"BACKEND": f"{BACKENDS}.dummy.DummyCache"},
    "table": {"BACKEND": f"{BACKENDS}.db.DatabaseCache", "LOCATION": "cached"},
    "large": {
        "BACKEND": f"{BACKENDS}.db.DatabaseCache",
        "LOCATION": "cached",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    "files": {"BACKEND": f"{BACKENDS}.filebased.FileBasedCache", "LOCATION": "/nonexistent"},
    "hanging": {"BACKEND": f"{BACKENDS}.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"},
    "redis": {
        "BACKEND": f"{BACKENDS}.redis.RedisCache",
        "LOCATION": "redis://127.0.0.1:1",
        "OPTIONS": {"socket_timeout": 0.5},
    },
    "address": {
        "BACKEND": f"{BACKENDS}.redis.RedisCache",
        "LOCATION": ["redis://127.0.0.1:1?socket_timeout=0.5"],
    },
    "broken": {"BACKEND": "no.such.Backend"},
}


def found(debug: bool = False, **simple_jwt: Any) -> list[CheckMessage]:
    with override_settings(SIMPLE_JWT=simple_jwt, CACHES=CACHES, DEBUG=debug):
        return check_settings()


@pytest.mark.parametrize(
    ("simple_jwt", "identifier", "text"),
    [
        ({"REVOCATION_CACHE": "nowhere"}, "E030", "is 'nowhere', which is none of CACHES: 'addr"),
        ({"REVOCATION_CACHE": True}, "E030", "is True, which is none of CACHES"),
        ({"REVOCATION_CACHE": ["redis"]}, "E030", "is ['redis'], which is none of CACHES"),
        ({"REVOCATION_CACHE": ""}, "E030", "is '', which is none"),
        ({"REVOCATION_CACHE": "broken"}, "E030", "is 'broken': Could not find backend"),
        ({"REVOCATION_CACHE": "dummy"}, "E030", "keeps nothing"),
        ({"REVOCATION_CACHE": "default"}, "W020", "in the memory of one process"),
        ({"REVOCATION_CACHE": "table"}, "W021", "throws entries away when it has 300"),
        ({"REVOCATION_CACHE": "files"}, "W021", "throws entries away when it has 300"),
        ({"REVOCATION_CACHE": "hanging"}, "W022", "a Redis without a time limit"),
        ({"REVOCATION_CACHE": "redis", "REVOCATION_POLL": -1}, "E031", "is -1"),
        ({"REVOCATION_CACHE": "redis", "REVOCATION_POLL": "5"}, "E031", "is '5'"),
        ({"REVOCATION_CACHE": "redis", "REVOCATION_POLL": True}, "E031", "is True"),
        ({"REVOCATION_CACHE": "redis", "REVOCATION_POLL": float("nan")}, "E031", "is nan"),
        ({"REVOCATION_CACHE": "redis", "REVOCATION_POLL": 300}, "W023", "live for 0:05:00"),
        ({"REVOCATION_CACHE": "redis", "REVOCATION_POLL": timedelta(hours=1)}, "W023", "is 3600 s"),
        ({"REVOCATION_CACHE": "redis", "REVOCATION_WHEN_DOWN": "503"}, "E023", "is '503'"),
        ({"REVOCATION_POLL": 5}, "W006", "['REVOCATION_POLL'] has no effect: REVOCATION_CACHE"),
        ({"REVOCATION_WHEN_DOWN": "accept"}, "W006", "['REVOCATION_WHEN_DOWN'] has no effect"),
    ],
    ids=repr,
)
def test_one_mistake_one_message(simple_jwt: Any, identifier: str, text: str) -> None:
    (message,) = found(**simple_jwt)
    assert message.id == f"pyjwtfast.{identifier}"
    assert text in message.msg
    assert message.hint
    assert message.is_serious() is identifier.startswith("E")


@pytest.mark.parametrize(
    "simple_jwt",
    [
        {"REVOCATION_CACHE": None},
        {"REVOCATION_CACHE": "redis"},
        {"REVOCATION_CACHE": "redis", "REVOCATION_POLL": timedelta(seconds=5)},
        {"REVOCATION_CACHE": "address", "REVOCATION_POLL": None},
        {"REVOCATION_CACHE": "large", "REVOCATION_POLL": 299.5, "REVOCATION_WHEN_DOWN": "accept"},
        {
            "REVOCATION_CACHE": "redis",
            "REVOCATION_POLL": 300,
            "ACCESS_TOKEN_LIFETIME": timedelta(hours=1),
        },
    ],
    ids=repr,
)
def test_what_is_right(simple_jwt: Any) -> None:
    assert found(**simple_jwt) == []


def test_in_development_memory_will_do() -> None:
    assert found(debug=True, REVOCATION_CACHE="default") == []
