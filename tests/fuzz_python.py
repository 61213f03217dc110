"""`make fuzz-python`: the same calls of both libraries at random, as many as are asked for.

The calls are those of tests/api/cases.py and of the HS256 strategies; an outcome that differs and
is not in tests/api/differences.py ends the run with the smallest such call that Hypothesis finds.
Prints its progress, and how the calls ended, so that one sees what was tried.
"""

from __future__ import annotations

import argparse
import collections
import sys
import time
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from .api import cases
from .api import strategies as own
from .api.oracle import assert_same
from .support import LONG_SECRET, SECRET, forge

BATCH = 2500


def _random_call(data: st.DataObject) -> str:
    function, args, kwargs = data.draw(cases.calls())
    return _ended(function, assert_same(function, *args, **kwargs))


def _hmac_token(data: st.DataObject) -> str:
    token = data.draw(st.one_of(own.broken_tokens(), own.padded_tokens()))
    return _ended("decode", assert_same("decode", token, SECRET, algorithms=["HS256"]))


def _hmac_payload(data: st.DataObject) -> str:
    payload = data.draw(own.json_like())
    header = data.draw(st.one_of(st.none(), own.headers()))
    token = forge(payload, header)
    return _ended("decode", assert_same("decode_complete", token, SECRET, algorithms=["HS256"]))


def _encode(data: st.DataObject) -> str:
    claims = data.draw(st.dictionaries(own.texts, own.python_values, max_size=4))
    headers = data.draw(st.one_of(st.none(), own.headers()))
    return _ended("encode", assert_same("encode", claims, LONG_SECRET, headers=headers))


def _ended(function: str, outcome: object) -> str:
    kind, value = outcome.kind, outcome.value  # type: ignore[attr-defined]
    return f"{function.rpartition('.')[2]} {kind if kind == 'returned' else value[0]}"


# How often of ten each kind of call is made: the first reaches everything, and costs most.
KINDS: list[Callable[[st.DataObject], str]] = [
    *[_random_call] * 4,
    *[_hmac_token] * 2,
    *[_hmac_payload] * 2,
    *[_encode] * 2,
]


def run_batch(size: int, number: int, shrink: bool) -> collections.Counter[str]:
    """Make that many calls; the number seeds the choice."""
    ends: collections.Counter[str] = collections.Counter()

    @settings(
        max_examples=size,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @seed(number)
    @given(st.data())
    def batch(data: st.DataObject) -> None:
        ends[KINDS[data.draw(st.integers(0, len(KINDS) - 1))](data)] += 1

    batch()
    return ends


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=int, default=100_000, help="calls to make (default 100000)")
    parser.add_argument(
        "--seed", type=int, default=None, help="to repeat a run (default: the time)"
    )
    parser.add_argument(
        "--no-shrink", dest="shrink", action="store_false", help="show a failure as it was met"
    )
    options = parser.parse_args()
    first = int(time.time()) if options.seed is None else options.seed
    print(f"{options.cases} calls of both libraries, --seed {first}", flush=True)
    started, done, batch = time.monotonic(), 0, 0
    ends: collections.Counter[str] = collections.Counter()
    while done < options.cases:
        ends += run_batch(min(BATCH, options.cases - done), first + batch, options.shrink)
        done, batch = sum(ends.values()), batch + 1
        elapsed = time.monotonic() - started
        left = elapsed / done * max(options.cases - done, 0)
        line = f"{done} calls, {done / elapsed:.0f}/s, {left:.0f} s left"
        print(f"\r{line:<50}" if sys.stdout.isatty() else line + "\n", end="", flush=True)
    print()
    for end, count in ends.most_common():
        print(f"  {count:>8}  {end}")
    print("no difference but the documented ones")
    return 0


if __name__ == "__main__":
    sys.exit(main())
