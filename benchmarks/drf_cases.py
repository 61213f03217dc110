"""Tokens and requests of Django REST Framework: pyjwtfast.drf against simplejwt.

Both are given the same Request objects, under the same Django settings. A server brings the header
as a new str with each request, and so do these cases; making it is not timed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from typing import Any

from . import django_project
from .cases import canonical
from .timing import Case, Contestant, WrongResultError, repeating, rotating
from .ways import Peers
from .workloads import ROTATION, Claims, access_claims, fresh_copies, token_of

CLASS = "JWTStatelessUserAuthentication"
READ, ISSUE = "AccessToken(raw)", "str(AccessToken.for_user(user))"
AUTHENTICATE = "JWTAuthentication.authenticate"


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


class User:
    """What tokens and `get_user` need of a user; no database is involved."""

    id = pk = 7
    is_active = True


def versions(peers: Peers, name: str, module: str) -> Iterator[tuple[str, Any]]:
    """A class of both libraries, simplejwt's first where it is there."""
    if peers["simplejwt"].module:
        yield "simplejwt", getattr(import_module(f"rest_framework_simplejwt.{module}"), name)
    yield "pyjwtfast.drf", getattr(import_module(f"pyjwtfast.drf.{module}"), name)


def side_by_side(
    name: str,
    title: str,
    contestants: list[Contestant],
    expected: list[str],
) -> Case:
    """A case without preparations; simplejwt's contestant, if it takes part, is the reference."""
    references = {one.library: one.name for one in contestants if one.library == "simplejwt"}
    return Case("drf", name, title, contestants, expected, references)


def read_case(peers: Peers) -> Case:
    all_claims = [access_claims(number) for number in range(1, ROTATION + 1)]
    fresh = fresh_copies([token_of(claims) for claims in all_claims])

    def payloads(token_class: Callable[[str], Any]) -> list[str]:
        return [canonical(token_class(raw).payload) for raw in fresh()]

    contestants = [
        Contestant(library, READ, rotating(found, fresh), partial(payloads, found))
        for library, found in versions(peers, "AccessToken", "tokens")
    ]
    title = f"Read an access token: {ROTATION} tokens in turn"
    return side_by_side("drf-read", title, contestants, [canonical(one) for one in all_claims])


def issue_case(peers: Peers) -> Case:
    user = User()

    def issued(token_class: Any) -> list[str]:
        claims = token_class(str(token_class.for_user(user))).payload
        lifetime = claims["exp"] - claims["iat"]
        return [f"{list(claims)} {claims['token_type']} {claims['user_id']} {lifetime}"]

    def issuing(token_class: Any) -> Callable[[Any], str]:
        return lambda user: str(token_class.for_user(user))

    contestants = [
        Contestant(library, ISSUE, repeating(issuing(found), user), partial(issued, found))
        for library, found in versions(peers, "AccessToken", "tokens")
    ]
    expected = ["['token_type', 'exp', 'iat', 'jti', 'user_id'] access 7 300"]
    return side_by_side("drf-issue", "Issue an access token", contestants, expected)


def authenticate_case(peers: Peers) -> Case:
    user = User()
    fresh = requests_with([token_of(access_claims(n)) for n in range(1, ROTATION + 1)])

    def users_of(authenticate: Callable[[Any], Any]) -> list[str]:
        return [str(authenticate(request)[0].id) for request in fresh()]

    contestants = []
    for library, found in versions(peers, "JWTAuthentication", "authentication"):
        without_query = type(found.__name__, (found,), {"get_user": lambda self, token: user})
        authenticate = without_query().authenticate
        loop = rotating(authenticate, fresh)
        outcome = partial(users_of, authenticate)
        contestants.append(Contestant(library, AUTHENTICATE, loop, outcome))
    title = f"Authenticate by JWTAuthentication, without its query: {ROTATION} tokens in turn"
    return side_by_side("drf-authenticate", title, contestants, ["7"] * ROTATION)


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
    yield read_case(peers)
    yield issue_case(peers)
    yield authenticate_case(peers)
