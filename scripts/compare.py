"""A short side-by-side timing of pyjwtfast, PyJWT and simplejwt: a few seconds, in one process.

The contestants take turns, round by round, so that what else the machine does meets all alike.
`make bench` is the thorough one.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import django
import jwt
from django.conf import settings

import pyjwtfast

ROUNDS = 15
# Of one turn; long against the clock's resolution, short against the scheduler's slices.
SECONDS_PER_TURN = 0.015
SECRET = "a signing key of forty-eight characters: 0123456"


@dataclass
class Contestant:
    """One way of doing the measured thing. The first of a table is what the ratios refer to."""

    name: str
    call: Callable[[], Any]
    repeats: int = 1
    # Microseconds per call, one figure a round.
    rounds: list[float] = field(default_factory=list)

    def turn(self) -> float:
        """Seconds per call over `repeats` calls."""
        call = self.call
        start = time.perf_counter()
        for _ in range(self.repeats):
            call()
        return (time.perf_counter() - start) / self.repeats


def compare(title: str, contestants: list[Contestant]) -> None:
    """Times the contestants by turns and prints minimum, median and ratio to the first one."""
    for contestant in contestants:
        contestant.repeats = max(1, int(SECONDS_PER_TURN / min(contestant.turn() for _ in "123")))
    for number in range(ROUNDS):
        # The order alternates: nobody always runs after the same neighbour.
        for contestant in contestants[:: 1 if number % 2 else -1]:
            contestant.rounds.append(contestant.turn() * 1e6)
    print(f"{title:54} {'min µs':>9} {'median µs':>10} {'faster':>9}")
    slowest = min(contestants[0].rounds)
    for contestant in contestants:
        best = min(contestant.rounds)
        median = statistics.median(contestant.rounds)
        print(f"  {contestant.name:52} {best:9.2f} {median:10.2f} {slowest / best:8.1f}x")
    print()


def compare_tokens() -> None:
    """The libraries alone."""
    now = int(time.time())
    claims = {
        "token_type": "access",
        "exp": now + 3600,
        "iat": now,
        "jti": "2f6ae4c1b2fd4b1c9a4b3d1b7cf0c2a1",
        "user_id": "1",
    }
    token = jwt.encode(claims, SECRET)
    key = pyjwtfast.Key.from_secret(SECRET)
    verifier = pyjwtfast.Verifier([key], ["HS256"])
    signer = pyjwtfast.Signer(key)
    if not jwt.decode(token, SECRET, ["HS256"]) == verifier.verify(token) == claims:
        raise AssertionError("the libraries do not agree about the claims")
    if not jwt.encode(claims, SECRET) == pyjwtfast.encode(claims, SECRET) == signer.sign(claims):
        raise AssertionError("the libraries do not agree about the token")
    compare(
        "Verify an access token (HS256)",
        [
            Contestant("PyJWT decode()", lambda: jwt.decode(token, SECRET, ["HS256"])),
            Contestant("pyjwtfast decode()", lambda: pyjwtfast.decode(token, SECRET, ["HS256"])),
            Contestant("pyjwtfast Verifier.verify()", lambda: verifier.verify(token)),
        ],
    )
    compare(
        "Sign an access token (HS256)",
        [
            Contestant("PyJWT encode()", lambda: jwt.encode(claims, SECRET)),
            Contestant("pyjwtfast encode()", lambda: pyjwtfast.encode(claims, SECRET)),
            Contestant("pyjwtfast Signer.sign()", lambda: signer.sign(claims)),
        ],
    )


def compare_requests() -> None:
    """What authenticating a request costs in Django REST Framework."""
    settings.configure(
        SECRET_KEY=SECRET,
        USE_TZ=True,
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework"],
    )
    django.setup()
    # These read Django's settings when they are imported.
    from django.test import override_settings
    from rest_framework.request import Request
    from rest_framework.test import APIRequestFactory
    from rest_framework_simplejwt import authentication as simplejwt
    from rest_framework_simplejwt.tokens import AccessToken

    from pyjwtfast.drf import authentication

    token = AccessToken()
    token["user_id"] = "1"
    request = Request(APIRequestFactory().get("/", HTTP_AUTHORIZATION=f"Bearer {token}"))
    theirs: Any = simplejwt.JWTStatelessUserAuthentication()
    ours: Any = authentication.JWTStatelessUserAuthentication()
    if theirs.authenticate(request)[0].id != ours.authenticate(request)[0].id:
        raise AssertionError("the libraries do not agree about the user")
    title = "Stateless, without the user query"
    for cache_size, tokens in ((0, "new token"), (1024, "token seen before")):
        with override_settings(SIMPLE_JWT={"VERIFIED_TOKEN_CACHE_SIZE": cache_size}):
            compare(
                f"{title}, {tokens}",
                [
                    Contestant("simplejwt", lambda: theirs.authenticate(request)),
                    Contestant("pyjwtfast.drf", lambda: ours.authenticate(request)),
                ],
            )


if __name__ == "__main__":
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    print(
        f"Side by side: Python {sys.version.split()[0]}, PyJWT {jwt.__version__}, one process, "
        f"{ROUNDS} rounds in turn\n"
    )
    compare_tokens()
    compare_requests()
    print("A whole request, with its query and its view, gains less: docs/performance.md")
