"""Caches for revocations: in memory, and a Redis of this run's own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.core.cache import caches
from django.test import override_settings

from pyjwtfast.drf import revocation
from tests.drf.redis_server import RedisServer, need_redis

LOCMEM = {"BACKEND": "tests.drf.revocation.backends.Shared", "LOCATION": "revocations"}

Configure = Callable[..., None]


@pytest.fixture(scope="session")
def running_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    need_redis()
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture
def redis(running_redis: RedisServer) -> RedisServer:
    """A server that is empty."""
    running_redis.client().flushall()
    return running_redis


@pytest.fixture
def switch_on() -> Iterator[Configure]:
    """Sets REVOCATION_CACHE to a cache, with more of SIMPLE_JWT; each time it is a new process's
    memory, so to speak.
    """
    with ExitStack() as stack:

        def switch(cache: dict[str, Any], **values: Any) -> None:
            stack.enter_context(override_settings(CACHES={"default": LOCMEM, "revoked": cache}))
            simple_jwt = {"REVOCATION_CACHE": "revoked", **values}
            stack.enter_context(override_settings(SIMPLE_JWT=simple_jwt))

        yield switch
        caches["default"].clear()


@pytest.fixture(params=["memory", "redis"])
def cache(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The setting of a cache that is empty."""
    if request.param == "redis":
        return request.getfixturevalue("redis").cache()
    return LOCMEM


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Lets the functions that revoke return at once; the seconds that they would wait for."""
    seconds: list[int] = []
    monkeypatch.setattr(revocation, "_wait_for", seconds.append)
    return seconds


@pytest.fixture
def moves(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the clock that intervals are measured by."""
    ahead = [0.0]
    real = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: real() + ahead[0])

    def move(seconds: float) -> None:
        ahead[0] += seconds

    return move
