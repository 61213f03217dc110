"""The command `python -m benchmarks.scale`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from benchmarks import console, postgres
from benchmarks.console import print_table, print_targets, progress
from benchmarks.http import cases as http
from benchmarks.http import contest, wrk
from benchmarks.http.__main__ import surroundings
from benchmarks.http.project import DATABASE
from benchmarks.report import ROOT, describe, load_average, replace_section
from benchmarks.timing import Case, CaseResult, measure

from . import counts, report, rows
from .plots import PLOTS
from .report import ScaleReport
from .targets import TARGETS

COMMAND = "python -m benchmarks.scale"
GROUPS = ("rows", "threads", "keys", "gthread")

ROUNDS, TURN = 20, 4.0  # milliseconds
QUICK_ROUNDS, QUICK_TURN = 2, 1.0
# Of the servers: rounds for one of the others, and seconds of a turn.
FEWER_ROUNDS, SECONDS, QUICK_SECONDS = 5, 2, 1


def parse(arguments: list[str]) -> argparse.Namespace:
    return console.parse(
        arguments,
        prog=COMMAND,
        description="How the cost of tokens grows with users and outstanding tokens in PostgreSQL, "
        "with threads and with keys. Needs a PostgreSQL server, room for a gigabyte there, and wrk "
        "for the group gthread.",
        groups=GROUPS,
        rounds=ROUNDS,
        quick="few rounds and few rows: a look, not a measurement",
        documents="docs/scaling.md",
    )


def measure_all(cases: Iterable[Case], rounds: int, turn: float) -> Iterator[CaseResult]:
    for case in cases:
        progress(f"{case.name}: {rounds} rounds")
        yield measure(case, rounds, turn * 1e6)
        progress("")


def run_rows(
    sizes: tuple[int, ...], found: dict[str, float], rounds: int, turn: float
) -> Iterator[CaseResult]:
    """Puts the bytes per row into found."""
    with postgres.database(*map(rows.database_of, sizes)), ExitStack() as stack:
        progress("rows: filling the tables")
        found |= rows.filled(sizes)
        yield from measure_all(rows.row_cases(sizes, stack), rounds, turn)


def run_servers(rounds: int, seconds: int) -> Iterator[CaseResult]:
    from django.db import connections

    from benchmarks.http.project import Server, configure, make_users
    from benchmarks.workloads import SECRET

    with postgres.database(DATABASE):
        configure(Server("pyjwtfast", {"SIGNING_KEY": SECRET}))
        make_users(http.USERS)
        connections.close_all()
        progress(f"gthread: {rounds} rounds")
        yield contest.measure(counts.server_case(), rounds, seconds)
        progress("")


def measured(options: argparse.Namespace) -> ScaleReport:
    """Runs what the options ask for, printing each table as it is ready.

    Raises console.NotThereError without PostgreSQL, or without wrk where it is needed.
    """
    if "gthread" in (options.only or GROUPS):
        wrk.need()
    load_before = load_average()
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    turn = QUICK_TURN if options.quick else TURN
    sizes = rows.QUICK_SIZES if options.quick else rows.SIZES
    seconds = QUICK_SECONDS if options.quick else SECONDS
    bytes_per_row: dict[str, float] = {}
    groups: dict[str, Callable[[], Iterator[CaseResult]]] = {
        "rows": partial(run_rows, sizes, bytes_per_row, rounds, turn),
        "threads": lambda: measure_all(counts.thread_cases(), rounds, turn),
        "keys": lambda: measure_all(counts.key_cases(), rounds, turn),
        "gthread": partial(run_servers, max(1, rounds // FEWER_ROUNDS), seconds),
    }
    print(describe(surroundings(load_before, COMMAND)), flush=True)
    results = []
    for group in options.only or GROUPS:
        for result in groups[group]():
            print_table(result.title, report.rows_of(result))
            results.append(result)
    if bytes_per_row:
        print_table("Storage", report.storage_rows(bytes_per_row))
    env = surroundings(load_before, COMMAND)
    return ScaleReport(env, rounds, turn, results, bytes_per_row)


def write_documents(result: ScaleReport, pictures: list[Path]) -> None:
    """Puts tables and the picture between the markers."""
    document = ROOT / "docs" / "scaling.md"
    plot = Path(os.path.relpath(pictures[0], document.parent)).as_posix()
    replace_section(document, report.scaling_section(result, plot), report.MARK)
    replace_section(document, report.paper_section(result), f"{report.MARK}-paper")
    print("Written: docs/scaling.md")


def main(arguments: list[str]) -> int:
    return console.run(
        parse(arguments),
        read=report.from_json,
        measure=measured,
        print_report=lambda result: console.print_cases(result, report.rows_of),
        print_verdicts=lambda result: print_targets(result.cases, TARGETS),
        is_full=lambda result: {case.group for case in result.cases} >= set(GROUPS),
        write_documents=write_documents,
        suffix="-scale",
        targets=TARGETS,
        pictures=PLOTS,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
