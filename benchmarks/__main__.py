"""The command `python -m benchmarks`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

try:
    import pyjwtfast._core  # noqa: F401
except ModuleNotFoundError:
    sys.exit(
        "The C extension is not built for this Python: run `make build` first, or use `make bench`"
    )

from . import breakdown, cases, console, drf_cases, many, report
from .compiled import BuildError
from .console import print_table, print_targets, progress
from .libraries import load_peers
from .timing import Case, CaseResult, measure
from .ways import Peers

GROUPS: dict[str, Callable[[Peers], Iterable[Case]]] = {
    "decode": cases.decode_cases,
    "encode": cases.encode_cases,
    "cached": cases.cached_cases,
    "sizes": cases.size_cases,
    "algorithms": cases.algorithm_cases,
    "cached-algorithms": cases.cached_algorithm_cases,
    "algorithm-sizes": cases.algorithm_size_cases,
    "threads": many.thread_cases,
    "keys": many.key_cases,
    "errors": cases.error_cases,
    "drf": drf_cases.drf_cases,
    "breakdown": lambda peers: breakdown.breakdown_cases(),
}

ROUNDS, TURN = 100, 4.0  # milliseconds
QUICK_ROUNDS, QUICK_TURN = 10, 1.0


def parse(arguments: list[str]) -> argparse.Namespace:
    return console.parse(
        arguments,
        prog="python -m benchmarks",
        description="pyjwtfast side by side with PyJWT, simplejwt, oxyjwt and ryjwt, by turns in "
        "one process. Prints tables and the targets; a full run also writes JSON and plots.",
        groups=GROUPS,
        rounds=ROUNDS,
        quick=f"{QUICK_ROUNDS} rounds of short turns: a look, not a measurement",
        documents="README.md and docs/performance.md",
    )


def run(groups: Iterable[str], peers: Peers, rounds: int, turn: float) -> Iterator[CaseResult]:
    """Measures case after case. turn: nanoseconds."""
    wanted = list(groups)
    for number, group in enumerate(wanted, 1):
        at = f"{number} of {len(wanted)}, {group}: "
        progress(f"{at}preparing")
        try:
            for case in GROUPS[group](peers):
                result = measure(case, rounds, turn, partial(show_round, at, case, rounds))
                progress("")
                yield result
                progress(f"{at}preparing")
            progress("")
        except BuildError as error:
            progress("")
            print(f"\nWithout the breakdown: it cannot be compiled\n{error}", file=sys.stderr)


def show_round(at: str, case: Case, rounds: int, number: int) -> None:
    progress(f"{at}{case.name}, round {number + 1} of {rounds}")


def measured(options: argparse.Namespace) -> report.Report:
    """Runs what the options ask for, printing each table as it is ready."""
    peers = load_peers()
    load_before = report.load_average()
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    turn = QUICK_TURN if options.quick else TURN
    print(report.describe(report.environment(peers, load_before)))
    results = []
    for result in run(options.only or GROUPS, peers, rounds, turn * 1e6):
        print_table(result.title, report.rows_of(result))
        results.append(result)
    return report.Report(report.environment(peers, load_before), rounds, turn, results)


def write_documents(measured_report: report.Report, pictures: list[Path]) -> None:
    docs = report.ROOT / "docs"
    paths = [Path(os.path.relpath(picture, docs)).as_posix() for picture in pictures]
    report.replace_section(report.ROOT / "README.md", report.readme_section(measured_report))
    report.replace_section(
        docs / "performance.md", report.performance_section(measured_report, paths)
    )
    print("Written: README.md, docs/performance.md")


def is_full(result: report.Report) -> bool:
    """Without a compiler there is no breakdown; documents and plots can do without it."""
    return {case.group for case in result.cases} >= GROUPS.keys() - {"breakdown"}


def main(arguments: list[str]) -> int:
    return console.run(
        parse(arguments),
        read=report.from_json,
        measure=measured,
        print_report=console.print_cases,
        print_verdicts=lambda result: print_targets(result.cases),
        is_full=is_full,
        write_documents=write_documents,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
