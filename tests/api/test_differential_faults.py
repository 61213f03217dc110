"""Tokens and calls with two faults at once: the same one is reported as by PyJWT.

RFC 7519 section 7.2 leaves the order open, but a caller who tells an expired token from a forged
one depends on it: a claim of an unverified token must never be what the error is about.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from ..support import OTHER_SECRET, SECRET, b64url, compact, mac
from .oracle import NOW, assert_same, clock_at


@dataclass(frozen=True)
class Attempt:
    """A token in parts, and the call that reads it; without faults it verifies."""

    header: Any = field(default_factory=lambda: {"alg": "HS256", "typ": "JWT"})
    payload: Any = field(default_factory=lambda: {"sub": "s", "aud": "a", "iss": "i"})
    signed_with: str = SECRET
    after_header: bytes = b""
    after_payload: bytes = b""
    after_signature: bytes = b""
    call: dict[str, Any] = field(
        default_factory=lambda: {
            "key": SECRET,
            "algorithms": ["HS256"],
            "audience": "a",
            "issuer": "i",
            "subject": "s",
        }
    )

    def with_header(self, **members: Any) -> Attempt:
        if isinstance(self.header, bytes):
            return self
        return replace(self, header={**self.header, **members})

    def with_claims(self, **claims: Any) -> Attempt:
        if isinstance(self.payload, bytes):
            return self
        return replace(self, payload={**self.payload, **claims})

    def without_claim(self, name: str) -> Attempt:
        if isinstance(self.payload, bytes):
            return self
        return replace(self, payload={k: v for k, v in self.payload.items() if k != name})

    def with_call(self, **arguments: Any) -> Attempt:
        merged = {**self.call, **arguments}
        if "options" in arguments:
            merged["options"] = {**self.call.get("options", {}), **arguments["options"]}
        return replace(self, call=merged)

    def token(self) -> bytes:
        header = b64url(compact(self.header)) + self.after_header
        payload = b64url(compact(self.payload)) + self.after_payload
        signature = b64url(mac(header + b"." + payload, self.signed_with))
        return header + b"." + payload + b"." + signature + self.after_signature


Fault = Callable[[Attempt], Attempt]

FAULTS: dict[str, Fault] = {
    "header segment junk": lambda a: replace(a, after_header=b"!"),
    "header not JSON": lambda a: replace(a, header=b"{"),
    "header no object": lambda a: replace(a, header=b"[]"),
    "payload segment junk": lambda a: replace(a, after_payload=b"!"),
    "payload not JSON": lambda a: replace(a, payload=b"{"),
    "payload no object": lambda a: replace(a, payload=b"[]"),
    "signature segment junk": lambda a: replace(a, after_signature=b"!"),
    "too many segments": lambda a: replace(a, after_signature=b".e30.e30"),
    "wrong signature": lambda a: replace(a, signed_with=OTHER_SECRET),
    "alg missing": lambda a: (
        a
        if isinstance(a.header, bytes)
        else replace(a, header={k: v for k, v in a.header.items() if k != "alg"})
    ),
    "alg not allowed": lambda a: a.with_header(alg="HS512"),
    "alg none": lambda a: a.with_header(alg="none"),
    "alg of another type": lambda a: a.with_header(alg=["HS256"]),
    "alg unsupported but allowed": lambda a: a.with_header(alg="XX").with_call(
        algorithms=["XX", "HS256"]
    ),
    "kid of another type": lambda a: a.with_header(kid=5),
    "crit unknown": lambda a: a.with_header(crit=["zzz"], zzz=1),
    "crit empty": lambda a: a.with_header(crit=[]),
    "crit names what is absent": lambda a: a.with_header(crit=["b64"]),
    "b64 false": lambda a: a.with_header(b64=False),
    "b64 false and crit": lambda a: a.with_header(b64=False, crit=["b64"]),
    "detached payload not wanted": lambda a: a.with_call(detached_payload=b"{}"),
    "no algorithms": lambda a: a.with_call(algorithms=[]),
    "key empty": lambda a: a.with_call(key=""),
    "key None": lambda a: a.with_call(key=None),
    "key is PEM": lambda a: a.with_call(
        key="-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"
    ),
    "key short, enforced": lambda a: a.with_call(
        key="short", options={"enforce_minimum_key_length": True}
    ),
    "key short": lambda a: a.with_call(key="short"),
    "required claim absent": lambda a: a.with_call(options={"require": ["zzz"]}),
    "exp no number": lambda a: a.with_claims(exp="x"),
    "expired": lambda a: a.with_claims(exp=1),
    "nbf no number": lambda a: a.with_claims(nbf=[]),
    "not yet valid (nbf)": lambda a: a.with_claims(nbf=9e9),
    "iat no number": lambda a: a.with_claims(iat=None),
    "not yet valid (iat)": lambda a: a.with_claims(iat=9e9),
    "iss wrong": lambda a: a.with_claims(iss="j"),
    "iss no string": lambda a: a.with_claims(iss=5),
    "iss absent": lambda a: a.without_claim("iss"),
    "aud wrong": lambda a: a.with_claims(aud=["b"]),
    "aud of another type": lambda a: a.with_claims(aud={"a": 1}),
    "aud absent": lambda a: a.without_claim("aud"),
    "aud not expected": lambda a: a.with_call(audience=None),
    "audience argument wrong": lambda a: a.with_call(audience=5),
    "issuer argument wrong": lambda a: a.with_call(issuer=5),
    "sub wrong": lambda a: a.with_claims(sub="t"),
    "sub no string": lambda a: a.with_claims(sub=5),
    "jti no string": lambda a: a.with_claims(jti=5),
}


def check(attempt: Attempt) -> str:
    with clock_at(NOW):
        return assert_same("decode_complete", attempt.token(), **attempt.call).kind


def test_without_faults() -> None:
    assert check(Attempt()) == "returned"


# A short key alone is warned about, not refused; here it is the wrong one as well.
@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault(fault: str) -> None:
    assert check(FAULTS[fault](Attempt())) == "raised"


@pytest.mark.parametrize("first", FAULTS)
def test_two_faults(first: str) -> None:
    for second in FAULTS:
        check(FAULTS[second](FAULTS[first](Attempt())))


def test_three_faults() -> None:
    """A sample: one fault of the token's form, one of header or key, one of the claims."""
    names = list(FAULTS)
    for a, b, c in itertools.product(names[::5], names[9:30:4], names[28::4]):
        check(FAULTS[c](FAULTS[b](FAULTS[a](Attempt()))))
