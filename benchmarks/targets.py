"""The speeds that pyjwtfast is meant to have, against what was measured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .timing import CaseResult, Ratio

VERIFY, SIGN = "pyjwtfast Verifier.verify()", "pyjwtfast Signer.sign()"
DECODE, ENCODE = "pyjwtfast decode()", "pyjwtfast encode()"
CACHED = "pyjwtfast Verifier.verify(), cached"
AUTHENTICATE = "pyjwtfast.drf JWTStatelessUserAuthentication"


@dataclass(frozen=True)
class Target:
    """A contestant of a case is to be `factor` times as fast as a reference."""

    measure: str
    case: str
    contestant: str
    reference: str
    factor: float


TARGETS = (
    Target("Verifier.verify()", "decode", VERIFY, "ryjwt", 1.5),
    Target("Verifier.verify()", "decode", VERIFY, "PyJWT", 55),
    Target("decode(), bare secret", "decode", DECODE, "ryjwt", 1.35),
    Target("decode(), bare secret", "decode", DECODE, "PyJWT", 50),
    Target("Signer.sign()", "encode", SIGN, "ryjwt", 1.15),
    Target("Signer.sign()", "encode", SIGN, "PyJWT", 40),
    Target("encode(), bare secret", "encode", ENCODE, "ryjwt", 1.15),
    Target("encode(), bare secret", "encode", ENCODE, "PyJWT", 40),
    Target("cached, flat claims", "rotating-flat", CACHED, "ryjwt", 5),
    Target("cached, nested claims", "rotating-nested", CACHED, "ryjwt", 2.5),
    *(
        Target(f"verify {size}, {shape}", f"verify-{shape}-{size}", VERIFY, "ryjwt", factor)
        for size, factor in (("1KB", 1.3), ("8KB", 1.1), ("100KB", 1.05))
        for shape in ("text", "list")
    ),
    *(
        Target(f"sign {size}, {shape}", f"sign-{shape}-{size}", SIGN, "ryjwt", 0.97)
        for size in ("1KB", "8KB", "100KB")
        for shape in ("text", "list")
    ),
    Target("DRF, one token", "drf-one-token", AUTHENTICATE, "simplejwt", 12),
    Target("DRF, tokens in turn", "drf-rotating", AUTHENTICATE, "simplejwt", 12),
    Target("DRF, cache off", "drf-uncached", AUTHENTICATE, "simplejwt", 12),
)


@dataclass(frozen=True)
class Verdict:
    """A target and what was reached; None where case or reference were not measured."""

    target: Target
    reached: Ratio | None

    @property
    def ok(self) -> bool | None:
        return None if self.reached is None else self.reached.median >= self.target.factor


def judge(results: Iterable[CaseResult]) -> list[Verdict]:
    """Every target, in order."""
    by_name = {result.name: result for result in results}
    verdicts = []
    for target in TARGETS:
        result = by_name.get(target.case)
        figures = result.of(target.contestant) if result else None
        verdicts.append(Verdict(target, figures.ratios.get(target.reference) if figures else None))
    return verdicts
