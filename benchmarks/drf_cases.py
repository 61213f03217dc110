"""Authenticating requests of Django REST Framework: pyjwtfast.drf against simplejwt.

Both are given the same Request objects, under the same Django settings. A server brings the header
as a new str with each request, and so do these cases; making it is not timed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from . import django_project
from .cases import canonical
from .timing import Case, Contestant, WrongResultError, rotating
from .ways import Peers
from .workloads import ROTATION, Claims, access_claims, token_of

CLASS = "JWTStatelessUserAuthentication"


def requests_with(tokens: list[str]) -> Callable[[], list[Any]]:
    """Real requests with these tokens; each call gives the same ones new header strings."""
    from rest_framework.request import Request
    from rest_framework.test import APIRequestFactory

    factory = APIRequestFactory()
    requests = [Request(factory.get("/api/notes/")) for _ in tokens]
    headers = [f"Bearer {token}".encode("ascii") for token in tokens]

    def fresh() -> list[Any]:
        for request, header in zip(requests, headers, strict=True):
            request.META["HTTP_AUTHORIZATION"] = header.decode("ascii")
        return requests

    return fresh


def users(authenticate: Callable[[Any], Any], fresh: Callable[[], list[Any]]) -> list[str]:
    """Users and claims that the requests are authenticated as."""
    found = (authenticate(request) for request in fresh())
    return [f"{type(user).__name__} {user.id!r} {canonical(auth.payload)}" for user, auth in found]


def request_case(
    name: str, title: str, all_claims: list[Claims], cache_size: int, peers: Peers
) -> Case:
    """cache_size: what VERIFIED_TOKEN_CACHE_SIZE is set to; simplejwt has no such setting."""
    from django.test import override_settings

    from pyjwtfast.drf.authentication import JWTStatelessUserAuthentication
    from pyjwtfast.drf.state import token_backend

    fresh = requests_with([token_of(claims) for claims in all_claims])
    expected = [f"TokenUser {claims['user_id']!r} {canonical(claims)}" for claims in all_claims]
    contestants = []
    references = {}

    def add(library: str, authenticate: Callable[[Any], Any], **more: Callable[[], None]) -> None:
        outcome = partial(users, authenticate, fresh)
        loop = rotating(authenticate, fresh)
        contestants.append(Contestant(library, CLASS, loop, outcome, **more))

    def confirm() -> None:
        # No public name tells how the backend's cache has fared.
        info = token_backend._verifier.cache_info()
        if info.capacity != cache_size or (cache_size and info.misses != len(set(expected))):
            raise WrongResultError(f"{name}: unexpected use of the cache: {info}")

    if peers["simplejwt"].module:
        from rest_framework_simplejwt.authentication import (
            JWTStatelessUserAuthentication as TheirAuthentication,
        )

        add("simplejwt", TheirAuthentication().authenticate)
        references["simplejwt"] = contestants[0].name
    add("pyjwtfast.drf", JWTStatelessUserAuthentication().authenticate, confirm=confirm)
    changed = {"VERIFIED_TOKEN_CACHE_SIZE": cache_size}
    during = partial(override_settings, SIMPLE_JWT=changed)
    return Case("drf", name, title, contestants, expected, references, during)


def drf_cases(peers: Peers) -> Iterator[Case]:
    django_project.configure()
    from pyjwtfast.drf.settings import DEFAULTS

    size = DEFAULTS["VERIFIED_TOKEN_CACHE_SIZE"]
    one = [access_claims()] * ROTATION
    many = [access_claims(number) for number in range(1, ROTATION + 1)]
    title = "Authenticate a request of Django REST Framework"
    yield request_case("drf-one-token", f"{title}: always the same token", one, size, peers)
    yield request_case("drf-rotating", f"{title}: {ROTATION} tokens in turn", many, size, peers)
    title += f": {ROTATION} tokens in turn, cache switched off"
    yield request_case("drf-uncached", title, many, 0, peers)
