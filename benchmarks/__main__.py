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

from . import breakdown, cases, drf_cases, many, plots, report
from .compiled import BuildError
from .libraries import load_peers
from .targets import judge
from .timing import Case, CaseResult, WrongResultError, measure
from .ways import Peers

RESULTS = Path(__file__).resolve().parent / "results"

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
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="pyjwtfast side by side with PyJWT, simplejwt, oxyjwt and ryjwt, by turns in "
        "one process. Prints tables and the targets; a full run also writes JSON and plots.",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help=f"{QUICK_ROUNDS} rounds of short turns: a look, not a measurement",
    )
    parser.add_argument("--rounds", type=int, metavar="N", help=f"rounds (default {ROUNDS})")
    parser.add_argument(
        "--only", nargs="+", choices=GROUPS, metavar="GROUP", help=f"of {', '.join(GROUPS)}"
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIRECTORY",
        help="where to write JSON and plots (default: benchmarks/results for a full run, nowhere "
        "for a quick or partial one)",
    )
    parser.add_argument(
        "--readme",
        action="store_true",
        help="write the figures of a full run into README.md and docs/performance.md",
    )
    parser.add_argument(
        "--from",
        dest="source",
        type=Path,
        metavar="JSON",
        help="measure nothing: take the figures of an earlier run",
    )
    options = parser.parse_args(arguments)
    if options.rounds is not None and options.rounds < 1:
        parser.error("--rounds must be at least 1")
    if options.readme and (options.quick or options.only):
        parser.error("--readme needs a full run")
    return options


def progress(text: str) -> None:
    """Replaces the last line of a terminal."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


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
        print_case(result)
        results.append(result)
    return report.Report(report.environment(peers, load_before), rounds, turn, results)


def print_case(result: CaseResult) -> None:
    print(f"\n{result.title}\n{report.aligned(report.rows_of(result))}", flush=True)


def print_targets(results: list[CaseResult]) -> None:
    """The targets of the cases that were run."""
    run_cases = {result.name for result in results}
    verdicts = [verdict for verdict in judge(results) if verdict.target.case in run_cases]
    asked = [verdict for verdict in verdicts if verdict.reached is not None]
    if not verdicts:
        return
    print(
        f"\nTargets (median of the rounds' ratios)\n{report.aligned(report.verdict_rows(verdicts))}"
    )
    reached = sum(verdict.ok is True for verdict in asked)
    print(f"\n{reached} of {len(asked)} targets reached, {len(verdicts) - len(asked)} not measured")


def write(measured_report: report.Report, directory: Path, readme: bool, drawn: bool) -> None:
    """Writes JSON and, if `drawn`, plots, and says so; `readme`: the documents too."""
    directory.mkdir(parents=True, exist_ok=True)
    stem = report.file_stem(measured_report.environment)
    path = directory / f"{stem}.json"
    path.write_text(report.to_json(measured_report), "utf-8")
    print(f"\nWritten: {path}")
    if not drawn:
        return
    try:
        pictures = plots.draw(measured_report, directory, stem)
    except ImportError as error:
        print(f"Without plots, and documents left as they are: {error}", file=sys.stderr)
        return
    for picture in pictures:
        print(f"Written: {picture} and .svg")
    if readme:
        write_documents(measured_report, pictures)


def write_documents(measured_report: report.Report, pictures: list[Path]) -> None:
    root = report.ROOT
    from_root, from_docs = (
        [Path(os.path.relpath(picture, base)).as_posix() for picture in pictures]
        for base in (root, root / "docs")
    )
    report.replace_section(
        root / "README.md", report.readme_section(measured_report, from_root[0], from_root[-1])
    )
    report.replace_section(
        root / "docs" / "performance.md", report.performance_section(measured_report, from_docs)
    )
    print("Written: README.md, docs/performance.md")


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    try:
        if options.source:
            result = report.from_json(options.source.read_text("utf-8"))
            print(report.describe(result.environment))
            for case in result.cases:
                print_case(case)
        else:
            result = measured(options)
    except WrongResultError as error:
        progress("")
        print(f"\nNothing is compared that is not equal: {error}", file=sys.stderr)
        return 1
    print_targets(result.cases)
    # Without a compiler there is no breakdown; documents and plots can do without it.
    groups = {case.group for case in result.cases}
    full = groups >= GROUPS.keys() - {"breakdown"} and not options.quick
    if options.readme and not full:
        print(f"{options.source} is not of a full run", file=sys.stderr)
        return 1
    directory = options.output or (RESULTS if full else None)
    if directory:
        write(result, directory, options.readme, full)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
