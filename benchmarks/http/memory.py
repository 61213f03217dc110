"""What a worker's memory does when a million tokens pass through authenticate().

A process of its own authenticates tokens that are all different, first valid ones, then junk. Its
resident memory is read before and after. Meanwhile a few tokens are used again and again, as those
of active users are: in the end the verifier must still have them.
"""

from __future__ import annotations

import argparse
import gc
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.workloads import OTHER_SECRET, SECRET, access_claims, token_of

from .cases import CACHE, USERS
from .project import Server, configure

TOKENS, WARM_UP = 1_000_000, 20_000
# After so many others, the good tokens are used once.
GOOD_EVERY = 1000
LIMIT = 2 * 1024  # KiB


@dataclass(frozen=True)
class Growth:
    """kind: of the tokens that passed. Resident memory in KiB; how many of so many good tokens the
    verifier still had."""

    kind: str
    tokens: int
    before: int
    after: int
    good: int
    kept: int

    @property
    def ok(self) -> bool:
        return abs(self.after - self.before) <= LIMIT and self.kept == self.good


def resident() -> int:
    """KiB."""
    gc.collect()
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1])


def valid_tokens() -> Iterator[str]:
    """All different, of the users in turn."""
    import pyjwtfast

    sign = pyjwtfast.Signer(pyjwtfast.Key.from_secret(SECRET), "HS256").sign
    claims, number = access_claims(), 0
    while True:
        number += 1
        claims["jti"], claims["user_id"] = f"{number:032x}", str(number % USERS + 1)
        yield sign(claims)


def junk() -> Iterator[str]:
    """All different: forged, expired, cut off, of no form at all, in turn."""
    import pyjwtfast

    forge = pyjwtfast.Signer(pyjwtfast.Key.from_secret(OTHER_SECRET), "HS256").sign
    sign = pyjwtfast.Signer(pyjwtfast.Key.from_secret(SECRET), "HS256").sign
    claims, expired, number = access_claims(), access_claims(lifetime=-600), 0
    while True:
        number += 1
        claims["jti"] = expired["jti"] = f"{number:032x}"
        yield forge(claims)
        yield sign(expired)
        yield sign(claims)[:-1]
        yield f"junk.{number}.{'x' * (number % 300)}"


def authenticating() -> Callable[[str], bool]:
    """Whether a token is accepted, by JWTAuthentication with its users cached."""
    from django.test import RequestFactory
    from rest_framework.exceptions import AuthenticationFailed
    from rest_framework.request import Request

    from pyjwtfast.drf.authentication import JWTAuthentication

    request = Request(RequestFactory().get("/"))
    authenticate = JWTAuthentication().authenticate

    def accepted(token: str) -> bool:
        request.META["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        try:
            return authenticate(request) is not None
        except AuthenticationFailed:
            return False

    return accepted


def cache_info() -> Any:
    from pyjwtfast.drf.state import token_backend

    return token_backend._verifier.cache_info()  # no public name has it


def watch(count: int) -> list[Growth]:
    """So many tokens of each kind, after a few to warm up with. Django is set up."""
    accepted = authenticating()
    good = [token_of(access_claims(number)) for number in range(1, USERS + 1)]

    def use_good() -> int:
        """How many of them the verifier had."""
        before = cache_info().hits
        assert all(map(accepted, good))
        return int(cache_info().hits - before)

    def let_pass(tokens: Iterator[str], many: int, valid: bool) -> None:
        for start in range(0, many, GOOD_EVERY):
            assert all(
                accepted(token) == valid for token in islice(tokens, min(GOOD_EVERY, many - start))
            )
            if valid:  # junk is to leave them alone, used or not
                use_good()

    kinds = {"valid tokens": (valid_tokens(), True), "junk tokens": (junk(), False)}
    use_good()
    for tokens, valid in kinds.values():
        let_pass(tokens, WARM_UP, valid)
    use_good()
    found = []
    for kind, (tokens, valid) in kinds.items():
        before = resident()
        let_pass(tokens, count, valid)
        kept = use_good()
        found.append(Growth(kind, count, before, resident(), len(good), kept))
    return found


def measured(count: int) -> list[Growth]:
    """watch() in a process of its own."""
    command = [sys.executable, "-m", __name__, "--tokens", str(count)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return [Growth(**one) for one in json.loads(done.stdout)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokens", type=int, default=TOKENS)
    options = parser.parse_args()
    configure(Server("pyjwtfast", {"SIGNING_KEY": SECRET, **CACHE}))
    print(json.dumps([asdict(one) for one in watch(options.tokens)]))


if __name__ == "__main__":
    main()
