"""`authenticate()` alone, in this process and with its query on PostgreSQL, beside simplejwt's."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from benchmarks.drf_cases import requests_with
from benchmarks.timing import Case, Contestant, rotating
from benchmarks.workloads import SECRET, access_claims, token_of

from . import authenticators
from .cases import CACHE, CACHED, FRESH, OURS, STATELESS, THEIRS, USERS

# A query takes so long that a turn is to be longer than those of benchmarks.timing.
LONGER = 5
REDIS_HOST = os.environ.get("PYJWTFAST_BENCH_REDIS", "127.0.0.1:6379")
ASKED = {"REVOCATION_CACHE": "revocation"}
REVOCATION, POLL = f"{STATELESS}, REVOCATION_CACHE", f"{STATELESS}, REVOCATION_POLL"
# Name of the case, the contestants' ways and authenticators, and more of SIMPLE_JWT.
MODES: tuple[tuple[str, str, str, str, dict[str, Any]], ...] = (
    ("fresh", FRESH, "simplejwt", "pyjwtfast", {}),
    ("cached", CACHED, "simplejwt", "pyjwtfast", CACHE),
    ("stateless", STATELESS, "simplejwt stateless", "pyjwtfast stateless", {}),
)
# The same with Redis; simplejwt, which cannot revoke, is there for scale.
REDIS_MODES: tuple[tuple[str, str, str, str, dict[str, Any]], ...] = (
    ("revocation", REVOCATION, "simplejwt stateless", "pyjwtfast stateless", ASKED),
    (
        "revocation-polled",
        POLL,
        "simplejwt stateless",
        "pyjwtfast stateless",
        {**ASKED, "REVOCATION_POLL": 5},
    ),
)


def redis_silence() -> str:
    """Why there is no Redis; empty: it answers."""
    try:
        import redis
    except ImportError:
        return "the package redis is not installed"
    try:
        redis.Redis.from_url(f"redis://{REDIS_HOST}", socket_connect_timeout=1).ping()
    except redis.RedisError as error:
        return f"it does not answer at {REDIS_HOST} ({error})"
    return ""


def modes() -> tuple[tuple[str, str, str, str, dict[str, Any]], ...]:
    if silence := redis_silence():
        print(f"\nRevocation is not measured without Redis: {silence}", file=sys.stderr)
        return MODES
    return MODES + REDIS_MODES


def users_of(authenticate: Callable[[Any], Any], fresh: Callable[[], list[Any]]) -> list[str]:
    return [str(authenticate(request)[0].pk) for request in fresh()]


def authenticate_cases() -> Iterator[Case]:
    """Django is set up, and the database has its users."""
    from django.test import override_settings

    shared = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": f"redis://{REDIS_HOST}/0",
        "KEY_PREFIX": "pyjwtfast_bench",
    }
    own = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    for mode, way, theirs, ours, more in modes():
        for count, words in ((1, "the same token"), (USERS, f"tokens of {USERS} users in turn")):
            # One token is authenticated by as many requests, so that the loops are alike.
            numbers = [n if count > 1 else 1 for n in range(1, USERS + 1)]
            fresh = requests_with([token_of(access_claims(number)) for number in numbers])
            contestants = []
            for library, name in ((THEIRS, theirs), (OURS, ours)):
                authenticate = authenticators.authenticator(name)().authenticate
                their_way = way if library == OURS else STATELESS if STATELESS in way else FRESH
                loop, outcome = (
                    rotating(authenticate, fresh),
                    partial(users_of, authenticate, fresh),
                )
                contestants.append(Contestant(library, their_way, loop, outcome))
            yield Case(
                "authenticate",
                f"authenticate-{mode}" + ("-in-turn" if count > 1 else ""),
                f"authenticate() alone, {way}: {words}",
                contestants,
                [str(number) for number in numbers],
                {"simplejwt": contestants[0].name},
                partial(
                    override_settings,
                    SIMPLE_JWT={"SIGNING_KEY": SECRET, **more},
                    CACHES={"default": own, "revocation": shared},
                ),
                LONGER,
            )
