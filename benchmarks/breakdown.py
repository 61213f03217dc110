"""Where the nanoseconds of Verifier.verify and Signer.sign go.

breakdown.c, compiled together with csrc/core, runs their pieces one by one. They are measured by
turns with the whole, so that they can be subtracted from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyjwtfast

from .compiled import ROOT, timed
from .compiled import load as load_module
from .timing import Case, CaseResult, Contestant, Loop, repeating
from .workloads import SECRET, access_claims, token_of

PIECE = "piece:"
NOTHING = "call a C function that does nothing, from the loop"
VERIFY_PIECES = {
    "load": "split the token, decode base64url, compare the header with the last one",
    "verify": "HMAC-SHA256 of the signing input, compare",
    "read": "read the payload's JSON, making nothing of it",
    "values": "make the claims' values (short strings are shared)",
    "dict": "make the dict of finished names and values",
    "clock": "read the clock",
}
SIGN_PIECES = {
    "sign": "HMAC-SHA256 of the signing input",
    "encode": "encode payload and signature in base64url",
    "token": "make the token's str",
}


def load() -> Any:
    """The compiled module. Raises BuildError."""
    core = sorted((ROOT / "csrc" / "core").glob("*.c"))
    return load_module("breakdown", [Path(__file__).with_suffix(".c"), *core])


def breakdown_case(
    name: str,
    whole: str,
    call: Callable[[Any], object],
    argument: object,
    expected: object,
    pieces: Any,
    words: dict[str, str],
) -> Case:
    """The whole and its pieces; a piece that fails raises RuntimeError when it is run."""

    def piece(way: str, loop: Loop) -> Contestant:
        return Contestant(PIECE, way, loop, lambda: expected)

    contestants = [
        Contestant("pyjwtfast", whole, repeating(call, argument), lambda: call(argument)),
        piece(NOTHING, repeating(pieces.nothing, argument)),
        *(piece(way, timed(getattr(pieces, method))) for method, way in words.items()),
    ]
    title = f"Where the time of {whole} goes, one access token"
    return Case("breakdown", name, title, contestants, expected)


def breakdown_cases() -> Iterator[Case]:
    """Raises BuildError when the pieces cannot be compiled."""
    claims = access_claims()
    token = token_of(claims)
    pieces = load().Pieces(token.encode("ascii"), SECRET.encode("ascii"), claims)
    key = pyjwtfast.Key.from_secret(SECRET)
    verify = pyjwtfast.Verifier([key], ["HS256"]).verify
    sign = pyjwtfast.Signer(key).sign
    yield breakdown_case(
        "breakdown-verify", "Verifier.verify()", verify, token, claims, pieces, VERIFY_PIECES
    )
    yield breakdown_case(
        "breakdown-sign", "Signer.sign()", sign, claims, token, pieces, SIGN_PIECES
    )


@dataclass(frozen=True)
class Share:
    """One line of a breakdown; nanoseconds per call."""

    what: str
    nanoseconds: float


REST = {
    "breakdown-verify": "the rest: arguments, allowed algorithm, choice of the key, claim rules",
    "breakdown-sign": "the rest: arguments, the claims' JSON",
}


def shares(result: CaseResult) -> list[Share]:
    """The pieces, what remains of the whole, and the whole.

    Minima: a disturbance of the machine would not meet the whole and its pieces alike.
    """
    whole, *pieces = result.figures
    found = [Share(piece.way, piece.minimum) for piece in pieces]
    rest = whole.minimum - sum(share.nanoseconds for share in found)
    return [*found, Share(REST[result.name], rest), Share(whole.way, whole.minimum)]
