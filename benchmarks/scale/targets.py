"""How flat cost is meant to stay."""

from __future__ import annotations

from benchmarks.targets import Limit, Target

from .counts import ALGORITHMS, KEYS, THREADS, plural
from .rows import SIZES, words

# 20 % more time at most.
FLAT = 1 / 1.2

TARGETS: tuple[Target | Limit, ...] = (
    *(
        Target(
            f"{name}, {words(size)}",
            f"rows-{name}",
            f"pyjwtfast {words(size)}",
            "pyjwtfast, 1",
            FLAT,
        )
        for name in ("authenticate", "obtain", "refresh")
        for size in SIZES[1:]
    ),
    *(
        Target(f"{words}, {name}", f"{case}-{name.lower()}", f"pyjwtfast {words}", reference, FLAT)
        for case, words, reference in (
            ("threads", plural(THREADS[-1], "thread"), "1 thread"),
            ("keys", plural(KEYS[-1], "key"), "1 key"),
        )
        for name in ALGORITHMS
    ),
)
