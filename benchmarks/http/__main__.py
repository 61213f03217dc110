"""The command `python -m benchmarks.http`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from benchmarks import console, postgres
from benchmarks.console import print_table, progress
from benchmarks.libraries import load_peers, version_of
from benchmarks.report import (
    ROOT,
    Environment,
    describe,
    environment,
    load_average,
    replace_section,
)
from benchmarks.timing import CaseResult, measure
from benchmarks.workloads import SECRET

from . import cases, contest, memory, report, wrk
from .authenticate import authenticate_cases
from .plots import PLOTS
from .project import DATABASE, Server, configure, make_users
from .report import HttpReport
from .targets import TARGETS

COMMAND = "python -m benchmarks.http"
HTTP_GROUPS = (*cases.CASES, "connections")
GROUPS = (*HTTP_GROUPS, report.IN_PROCESS, "memory")

# Short turns, many of them: what else the machine does lasts for seconds.
ROUNDS, SECONDS = 20, 1
QUICK_ROUNDS, QUICK_SECONDS, QUICK_TOKENS = 1, 1, 50_000
# Of authenticate() alone: rounds for one of the others, and milliseconds of a turn before LONGER.
MORE_ROUNDS, TURN = 3, 4.0


def parse(arguments: list[str]) -> argparse.Namespace:
    return console.parse(
        arguments,
        prog=COMMAND,
        description="Requests per second of a Django REST Framework view under Gunicorn, with "
        "PostgreSQL: pyjwtfast's classes, simplejwt's, and none, by turns. Also authenticate() "
        "alone, and a worker's memory. Needs wrk and a PostgreSQL server.",
        groups=GROUPS,
        rounds=ROUNDS,
        quick="one round of short turns: a look, not a measurement",
        documents="README.md, docs/performance.md and docs/databases.md",
    )


def surroundings(load_before: float, command: str = COMMAND) -> Environment:
    """With the versions of the servers. Raises postgres.NoServerError."""
    peers = {name: peer for name, peer in load_peers().items() if name in ("PyJWT", "simplejwt")}
    env = environment(peers, load_before, command)
    versions = {name: version_of(name) for name in ("gunicorn", "psycopg")}
    versions |= {"PostgreSQL": postgres.version(), "wrk": wrk.version()}
    return replace(env, versions=env.versions | versions)


def run_http(group: str, rounds: int, seconds: int) -> Iterator[CaseResult]:
    with ExitStack() as stack:
        for case in cases.cases(group, stack):
            turns = max(1, rounds // 2) if case.half else rounds
            progress(f"{group}: starting servers")

            def show(number: int, turns: int = turns) -> None:
                progress(f"{group}: round {number + 1} of {turns}")

            yield contest.measure(case, turns, seconds, show)
            progress("")


def run_in_process(rounds: int) -> Iterator[CaseResult]:
    from django.db import connections

    for case in authenticate_cases():
        progress(f"{case.name}")
        yield measure(case, rounds, TURN * 1e6)
        progress("")
    connections.close_all()


def measured(options: argparse.Namespace) -> HttpReport:
    """Runs what the options ask for, printing each table as it is ready.

    Raises console.NotThereError without wrk or PostgreSQL.
    """
    wrk.need()
    load_before = load_average()
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    seconds = QUICK_SECONDS if options.quick else SECONDS
    groups = options.only or GROUPS
    print(describe(surroundings(load_before)), flush=True)
    results: list[CaseResult] = []
    growths = []
    with postgres.database(DATABASE):
        configure(Server("pyjwtfast", {"SIGNING_KEY": SECRET}))
        make_users(cases.USERS)
        for group in (group for group in GROUPS if group in groups):
            if group == "memory":
                progress("memory: a minute or so")
                growths = memory.measured(QUICK_TOKENS if options.quick else memory.TOKENS)
                progress("")
                print_table("Memory of a worker", report.memory_rows(growths))
                continue
            found = (
                run_in_process(rounds * MORE_ROUNDS)
                if group == report.IN_PROCESS
                else run_http(group, rounds, seconds)
            )
            for result in found:
                print_table(result.title, report.rows_of(result))
                results.append(result)
                if parts := report.part_rows(result):
                    print_table(report.PARTS, parts)
    return HttpReport(surroundings(load_before), rounds, seconds * 1000, results, growths)


def print_report(shown: HttpReport) -> None:
    """The tables of an earlier run."""
    console.print_cases(shown, report.rows_of)
    if shown.memory:
        print_table("Memory of a worker", report.memory_rows(shown.memory))


def write_documents(shown: HttpReport, pictures: list[Path]) -> None:
    """Puts tables and pictures between the markers."""
    requests, connections = pictures

    def seen_from(place: Path, picture: Path) -> str:
        return Path(os.path.relpath(picture, place)).as_posix()

    docs = ROOT / "docs"
    for path, text in (
        (ROOT / "README.md", report.readme_section(shown, seen_from(ROOT, requests))),
        (docs / "performance.md", report.performance_section(shown, seen_from(docs, requests))),
        (docs / "databases.md", report.databases_section(shown, seen_from(docs, connections))),
    ):
        replace_section(path, text, report.MARK)
        print(f"Written: {path.relative_to(ROOT)}")


def is_full(result: HttpReport) -> bool:
    groups = {case.group for case in result.cases}
    return groups >= {*HTTP_GROUPS, report.IN_PROCESS} and bool(result.memory)


def main(arguments: list[str]) -> int:
    return console.run(
        parse(arguments),
        read=report.from_json,
        measure=measured,
        print_report=print_report,
        print_verdicts=lambda result: print_table(
            "Targets (median of the rounds' ratios)", report.target_rows(result)
        ),
        is_full=is_full,
        write_documents=write_documents,
        suffix="-http",
        targets=TARGETS,
        pictures=PLOTS,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
