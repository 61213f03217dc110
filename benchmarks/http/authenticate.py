"""`authenticate()` alone, in this process and with its query on PostgreSQL, beside simplejwt's."""

from __future__ import annotations

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
# Name of the case, the contestants' ways and authenticators, and more of SIMPLE_JWT.
MODES: tuple[tuple[str, str, str, str, dict[str, Any]], ...] = (
    ("fresh", FRESH, "simplejwt", "pyjwtfast", {}),
    ("cached", CACHED, "simplejwt", "pyjwtfast", CACHE),
    ("stateless", STATELESS, "simplejwt stateless", "pyjwtfast stateless", {}),
)


def users_of(authenticate: Callable[[Any], Any], fresh: Callable[[], list[Any]]) -> list[str]:
    return [str(authenticate(request)[0].pk) for request in fresh()]


def authenticate_cases() -> Iterator[Case]:
    """Django is set up, and the database has its users."""
    from django.test import override_settings

    for mode, way, theirs, ours, more in MODES:
        for count, words in ((1, "the same token"), (USERS, f"tokens of {USERS} users in turn")):
            # One token is authenticated by as many requests, so that the loops are alike.
            numbers = [n if count > 1 else 1 for n in range(1, USERS + 1)]
            fresh = requests_with([token_of(access_claims(number)) for number in numbers])
            contestants = []
            for library, name in ((THEIRS, theirs), (OURS, ours)):
                authenticate = authenticators.authenticator(name)().authenticate
                their_way = way if library == OURS or mode == "stateless" else FRESH
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
                partial(override_settings, SIMPLE_JWT={"SIGNING_KEY": SECRET, **more}),
                LONGER,
            )
