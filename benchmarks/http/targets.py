"""The speeds that requests are meant to have."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.targets import Limit, Target

from .cases import CACHED, FRESH, OURS, STATELESS


def algorithm_targets() -> Iterator[Target]:
    for way, words in ((FRESH, "user read"), (STATELESS, "stateless")):
        for name in ("RS256", "ES256"):
            contestant = f"{OURS} {way}, {name}"
            yield Target(f"{name}, {words}", "algorithms", contestant, f"HS256, {words}", 0.95)


TARGETS: tuple[Target | Limit, ...] = (
    Target("requests, user read", "requests", f"{OURS} {FRESH}", "simplejwt", 1.55),
    Target("requests, user cached", "requests", f"{OURS} {CACHED}", "simplejwt", 2.7),
    Target("requests, user cached", "requests", f"{OURS} {CACHED}", "unauthenticated", 0.94),
    Target("requests, stateless", "requests", f"{OURS} {STATELESS}", "simplejwt stateless", 1.3),
    Target("authenticate(), user read", "authenticate-fresh", f"{OURS} {FRESH}", "simplejwt", 2.5),
    Target(
        "authenticate(), user cached", "authenticate-cached", f"{OURS} {CACHED}", "simplejwt", 40
    ),
    Target(
        "authenticate(), stateless",
        "authenticate-stateless",
        f"{OURS} {STATELESS}",
        "simplejwt",
        12,
    ),
    *algorithm_targets(),
)
