"""The speeds that pyjwtfast is meant to have, against what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .materials import ASYMMETRIC, slug
from .timing import CaseResult, Extra, Ratio

VERIFY, SIGN = "pyjwtfast Verifier.verify()", "pyjwtfast Signer.sign()"
DECODE, ENCODE = "pyjwtfast decode()", "pyjwtfast encode()"
CACHED = "pyjwtfast Verifier.verify(), cached"
DRF = "pyjwtfast.drf"
AUTHENTICATE = f"{DRF} JWTStatelessUserAuthentication"


@dataclass(frozen=True)
class Target:
    """A contestant of a case is to be `factor` times as fast as a reference."""

    measure: str
    case: str
    contestant: str
    reference: str
    factor: float

    def reached(self, result: CaseResult) -> Ratio | None:
        """What was measured, in the terms of the target; None where someone did not take part."""
        figures = result.of(self.contestant)
        return figures.ratios.get(self.reference) if figures else None

    def holds(self, reached: Ratio | Extra) -> bool:
        return reached.median >= self.factor


@dataclass(frozen=True)
class Limit:
    """A contestant of a case is to take at most `factor` times as long as a library, and so many
    nanoseconds. Without a reference, at most the nanoseconds."""

    measure: str
    case: str
    contestant: str
    reference: str
    factor: float
    nanoseconds: float

    def reached(self, result: CaseResult) -> Extra | None:
        """The nanoseconds beyond `factor` times the reference; None as above."""
        figures = result.of(self.contestant)
        if figures is None:
            return None
        if not self.reference:
            return Extra(figures.median, figures.minimum)
        library = next((one for one in result.figures if one.library == self.reference), None)
        if library is None:
            return None
        extra, share = figures.extras[self.reference], self.factor - 1
        return Extra(
            extra.median - share * library.median,
            extra.minima - share * library.minimum,
        )

    def holds(self, reached: Ratio | Extra) -> bool:
        return reached.median <= self.nanoseconds


def algorithm_targets() -> Iterator[Target | Limit]:
    for name in ASYMMETRIC:
        for measure, verb, contestant in (
            ("Verifier.verify()", "verify", VERIFY),
            ("Signer.sign()", "sign", SIGN),
        ):
            case = f"{verb}-{slug(name)}"
            yield Limit(f"{measure}, {name}", case, contestant, "OpenSSL", 1.03, 600)
    for name in ("RS256", "PS256"):
        case = f"verify-{slug(name)}"
        yield Target(f"Verifier.verify(), {name}", case, VERIFY, "ryjwt", 0.97)
    for name in ASYMMETRIC:
        contestant = f"pyjwtfast {name}"
        yield Limit(f"cached, {name}", "cached-algorithms", contestant, "", 0, 300)
    yield Target("encode(), RSA PEM", "sign-rs256", f"{ENCODE}, PEM", "PyJWT", 100)
    two = f"{VERIFY}, two threads"
    yield Target("two threads, RS256", "threads-verify-rs256", two, "one thread", 1.8)
    for name in ("HS256", "RS256", "ES256"):
        hundred = "pyjwtfast Verifier, 100 keys"
        yield Target(f"100 keys, {name}", f"keys-{slug(name)}", hundred, "one key", 1 / 1.1)


TARGETS: tuple[Target | Limit, ...] = (
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
    *algorithm_targets(),
    Target("DRF, one token", "drf-one-token", AUTHENTICATE, "simplejwt", 12),
    Target("DRF, tokens in turn", "drf-rotating", AUTHENTICATE, "simplejwt", 12),
    Target("DRF, cache off", "drf-uncached", AUTHENTICATE, "simplejwt", 12),
    Target("AccessToken(raw)", "drf-read", f"{DRF} AccessToken(raw)", "simplejwt", 15),
    Target(
        "str(for_user())", "drf-issue", f"{DRF} str(AccessToken.for_user(user))", "simplejwt", 8
    ),
    Target(
        "JWTAuthentication",
        "drf-authenticate",
        f"{DRF} JWTAuthentication.authenticate",
        "simplejwt",
        10,
    ),
)


@dataclass(frozen=True)
class Verdict:
    """A target and what was reached; None where case or reference were not measured."""

    target: Target | Limit
    reached: Ratio | Extra | None

    @property
    def ok(self) -> bool | None:
        return None if self.reached is None else self.target.holds(self.reached)


def judge(
    results: Iterable[CaseResult], targets: Sequence[Target | Limit] = TARGETS
) -> list[Verdict]:
    """Every target, in order."""
    by_name = {result.name: result for result in results}
    verdicts = []
    for target in targets:
        result = by_name.get(target.case)
        verdicts.append(Verdict(target, target.reached(result) if result else None))
    return verdicts
