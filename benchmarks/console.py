"""What the benchmarks' commands have in common: options, what they print, what they write."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from . import plots, report
from .targets import TARGETS, Limit, Target, judge
from .timing import CaseResult, WrongResultError

RESULTS = Path(__file__).resolve().parent / "results"

R = TypeVar("R", bound=report.Report)


class NotThereError(Exception):
    """Something is needed that this machine does not have; the message says what, and where."""


def parse(
    arguments: list[str],
    *,
    prog: str,
    description: str,
    groups: Collection[str],
    rounds: int,
    quick: str,
    documents: str,
) -> argparse.Namespace:
    """quick: the help of --quick. documents: those that --readme writes into."""
    parser = argparse.ArgumentParser(prog=prog, description=description)
    parser.add_argument("--quick", action="store_true", help=quick)
    parser.add_argument("--rounds", type=int, metavar="N", help=f"rounds (default {rounds})")
    parser.add_argument(
        "--only", nargs="+", choices=groups, metavar="GROUP", help=f"of {', '.join(groups)}"
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
        help=f"write the figures of a full run into {documents}",
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


def print_table(title: str, rows: list[list[str]]) -> None:
    print(f"\n{title}\n{report.aligned(rows)}", flush=True)


def print_targets(
    results: Sequence[CaseResult], targets: Sequence[Target | Limit] = TARGETS
) -> None:
    """The targets of the cases that were run."""
    run_cases = {result.name for result in results}
    verdicts = [verdict for verdict in judge(results, targets) if verdict.target.case in run_cases]
    asked = [verdict for verdict in verdicts if verdict.reached is not None]
    if not verdicts:
        return
    print_table("Targets (median of the rounds' ratios)", report.verdict_rows(verdicts))
    reached = sum(verdict.ok is True for verdict in asked)
    print(f"\n{reached} of {len(asked)} targets reached, {len(verdicts) - len(asked)} not measured")


def write(
    measured: report.Report,
    directory: Path,
    stem: str,
    drawn: bool,
    targets: Sequence[Target | Limit] = TARGETS,
    pictures: Mapping[str, Callable[[Any, Any], Any]] = plots.PLOTS,
) -> list[Path]:
    """Writes <stem>.json and, if `drawn`, pictures, and says so.

    Returns the pictures; none without matplotlib, which it says too.
    """
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{stem}.json"
    path.write_text(report.to_json(measured, targets), "utf-8")
    print(f"\nWritten: {path}")
    if not drawn:
        return []
    try:
        written = plots.draw(measured, directory, stem, pictures)
    except ImportError as error:
        print(f"Without plots, and documents left as they are: {error}", file=sys.stderr)
        return []
    for picture in written:
        print(f"Written: {picture} and .svg")
    return written


def run(
    options: argparse.Namespace,
    *,
    read: Callable[[str], R],
    measure: Callable[[argparse.Namespace], R],
    print_report: Callable[[R], None],
    print_verdicts: Callable[[R], None],
    is_full: Callable[[R], bool],
    write_documents: Callable[[R, list[Path]], None],
    suffix: str = "",
    targets: Sequence[Target | Limit] = TARGETS,
    pictures: Mapping[str, Callable[[Any, Any], Any]] = plots.PLOTS,
) -> int:
    """Do what the options ask for; the exit status.

    read: the report that a JSON of an earlier run holds, which print_report then prints.
    is_full: whether every group was measured. suffix: of the names of the files that are written.
    """
    try:
        if options.source:
            result = read(options.source.read_text("utf-8"))
            print_report(result)
        else:
            result = measure(options)
    except NotThereError as error:
        print(error, file=sys.stderr)
        return 1
    except WrongResultError as error:
        progress("")
        print(f"\nNothing is compared that is not right: {error}", file=sys.stderr)
        return 1
    print_verdicts(result)
    full = is_full(result) and not options.quick
    if options.readme and not full:
        print(f"{options.source} is not of a full run", file=sys.stderr)
        return 1
    directory = options.output or (RESULTS if full else None)
    if directory:
        stem = report.file_stem(result.environment) + suffix
        written = write(result, directory, stem, full, targets, pictures)
        if options.readme and written:
            write_documents(result, written)
    return 0


def print_cases(
    shown: report.Report, rows_of: Callable[[CaseResult], list[list[str]]] = report.rows_of
) -> None:
    """The tables of an earlier run."""
    print(report.describe(shown.environment))
    for case in shown.cases:
        print_table(case.title, rows_of(case))
