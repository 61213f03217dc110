"""bench: how fast this machine signs and verifies."""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from .. import Key, Signer, Verifier
from ..algorithms import get_default_algorithms
from .errors import UsageError

# What a login service puts into an access token.
CLAIMS = {
    "token_type": "access",
    "exp": 4_102_444_800,
    "iat": 1_767_225_600,
    "jti": "0123456789abcdef0123456789abcdef",
    "user_id": "42",
}

_ROUNDS = 7


def add_parsers(commands: Any, formatter: Any) -> None:
    parser = commands.add_parser(
        "bench",
        help="time signing and verifying on this machine",
        description="Time a prepared signer and verifier for each algorithm, without caches, and "
        "PyJWT's\nencode and decode with prepared keys where it is installed. Microseconds a "
        "token: the\nmedian of seven rounds that take turns.",
        epilog="examples:\n  pyjwtfast bench\n  pyjwtfast bench HS256 ES256 --seconds 10",
        formatter_class=formatter,
    )
    names = [name for name in get_default_algorithms() if name not in ("none", "ES521")]
    parser.add_argument(
        "algorithms", nargs="*", metavar="ALG", help=f"by default {', '.join(names)}"
    )
    parser.add_argument(
        "--seconds", type=float, default=5.0, help="for all of them together (default: 5)"
    )
    parser.set_defaults(run=run, names=names)


def run(arguments: argparse.Namespace) -> int:
    names = arguments.algorithms or arguments.names
    for name in names:
        if name not in arguments.names:
            raise UsageError(f"{name} is no algorithm; {', '.join(arguments.names)} are")
    if not 0.1 <= arguments.seconds <= 3600:
        raise UsageError("--seconds must be between 0.1 and 3600")
    theirs = _import_pyjwt()
    print(f"{'':8} {'sign':>9} {'verify':>9}", end="")
    print(f" {'PyJWT encode':>14} {'decode':>9}" if theirs is not None else "   (µs a token)")
    share = arguments.seconds / len(names)
    for name in names:
        if sys.stderr.isatty():
            print(f"{name} ...", end="\r", file=sys.stderr, flush=True)
        calls = _calls(name, theirs)
        times = _time(calls, share)
        print(
            f"{name:8}", *(f"{time_:9.2f}" if time_ else f"{'':9}" for time_ in times[:2]), end=""
        )
        print(f" {times[2]:14.2f} {times[3]:9.2f}" if len(times) == 4 else "")
    return 0


def _import_pyjwt() -> Any:
    try:
        import jwt
    except ImportError:
        return None
    return jwt


def _calls(name: str, theirs: Any) -> list[Callable[[], object]]:
    key = Key.generate(name)
    signer = Signer(key, name)
    token = signer.sign(CLAIMS)
    verifier = Verifier([key], [name])
    calls: list[Callable[[], object]] = [
        lambda: signer.sign(CLAIMS),
        lambda: verifier.verify(token),
    ]
    if theirs is None:
        return calls
    try:
        secret = key.kty == "oct"
        private = theirs.PyJWK(key.to_jwk(private=True), name)
        public = private if secret else theirs.PyJWK(key.to_jwk(), name)
        theirs.decode(token, public, algorithms=[name])
        theirs.encode(CLAIMS, private, algorithm=name)
    except Exception:  # an algorithm that it has not, or not without the library cryptography
        return calls
    return [
        *calls,
        lambda: theirs.encode(CLAIMS, private, algorithm=name),
        lambda: theirs.decode(token, public, algorithms=[name]),
    ]


def _time(calls: list[Callable[[], object]], seconds: float) -> list[float]:
    """Microseconds per call of each, in rounds that take turns."""
    counts = []
    for call in calls:
        call()
        start = time.perf_counter()
        call()
        once = max(time.perf_counter() - start, 1e-7)
        counts.append(max(1, int(seconds / len(calls) / _ROUNDS / once)))
    rounds: list[list[float]] = [[] for _ in calls]
    for _ in range(_ROUNDS):
        for call, count, found in zip(calls, counts, rounds, strict=True):
            start = time.perf_counter()
            for _ in range(count):
                call()
            found.append((time.perf_counter() - start) / count * 1e6)
    return [statistics.median(found) for found in rounds]
