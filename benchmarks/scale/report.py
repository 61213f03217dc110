"""A run's figures as tables, and what follows from them for a million users."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

from benchmarks.http.cases import FRESH, OURS, STATELESS, THEIRS
from benchmarks.http.report import per_second, request_rows
from benchmarks.report import Report, case_rows, duration, markdown, surroundings, verdict_rows
from benchmarks.report import from_json as plain_from_json
from benchmarks.targets import judge
from benchmarks.timing import CaseResult

from .rows import SIZES, TABLES, words
from .targets import TARGETS

MARK = "bench-scale"

# The load that stands for a million users, from which the rest follows.
MILLION, ACTIVE, SECONDS_BETWEEN = 1_000_000, 100_000, 10
ACCESS_SECONDS, REFRESH_SECONDS = 5 * 60, 24 * 3600
USER_CACHE_TTL = 60


@dataclass(frozen=True)
class ScaleReport(Report):
    """bytes_per_row: in the largest database, with the indexes' share."""

    bytes_per_row: dict[str, float]


def from_json(text: str) -> ScaleReport:
    """The report that benchmarks.report.to_json wrote."""
    bytes_per_row = json.loads(text)["bytes_per_row"]
    return ScaleReport(**vars(plain_from_json(text)), bytes_per_row=bytes_per_row)


def rows_of(result: CaseResult) -> list[list[str]]:
    return request_rows(result) if result.group == "gthread" else case_rows(result)


def storage_rows(bytes_per_row: dict[str, float]) -> list[list[str]]:
    rows = [["in PostgreSQL, indexes included", "bytes", "a million"]]
    for what, size in bytes_per_row.items():
        rows.append([what, f"{size:.0f}", f"{size * MILLION / 1e6:.0f} MB"])
    return rows


# --- a million users, on paper ---


def hit_rate(workers: int) -> float:
    """Of the user cache: the share of a user's requests that a worker has the row for.

    Requests go to any of the workers, so that each sees one user's requests at random times, and
    keeps what it reads for USER_CACHE_TTL.
    """
    within = USER_CACHE_TTL / SECONDS_BETWEEN / workers
    return within / (1 + within)


def paper_rows(report: ScaleReport) -> list[list[str]]:
    """What ACTIVE of a million users ask for, and how many cores that keeps busy."""
    servers, refresh = report.case("gthread"), report.case("rows-refresh")
    assert servers is not None
    assert refresh is not None
    requests = ACTIVE // SECONDS_BETWEEN
    refreshes = ACTIVE / ACCESS_SECONDS
    rows = [["", "per second", "each", "workers kept busy", "statements per second"]]
    for title, library, way in (
        ("requests, simplejwt, user read", THEIRS, FRESH),
        ("requests, user read", OURS, FRESH),
        ("requests, stateless", OURS, STATELESS),
    ):
        one = servers.of(f"{library} {way}, 1 thread")
        assert one is not None
        workers = math.ceil(requests / per_second(one.median))
        statements = "0" if way == STATELESS else f"{requests:,}"
        rows.append([title, f"{requests:,}", duration(one.median), str(workers), statements])
    one = refresh.of(f"pyjwtfast {words(SIZES[-1])}")
    assert one is not None
    busy = f"{refreshes * one.median / 1e9:.2f}"
    rows.append(["refreshes", f"{refreshes:.0f}", duration(one.median), busy, "see below"])
    return rows


def day_of_refreshes(report: ScaleReport) -> str:
    """With rotation, each refresh leaves an outstanding token, and a blacklisted one."""
    count = ACTIVE / ACCESS_SECONDS * REFRESH_SECONDS
    size = sum(report.bytes_per_row[what] for what in list(TABLES)[1:])
    return (
        f"A day of refreshes leaves {count / 1e6:.0f} million outstanding tokens, nearly all of "
        f"them blacklisted: {count * size / 1e9:.0f} GB, until they have expired and are flushed."
    )


def hit_rows() -> list[list[str]]:
    rows = [["workers", "requests that find the user cached", "statements per second"]]
    for workers in (1, 2, 4, 8, 16):
        found = hit_rate(workers)
        statements = (1 - found) * ACTIVE / SECONDS_BETWEEN
        rows.append([str(workers), f"{found:.0%}", f"{statements:,.0f}"])
    return rows


def scaling_section(report: ScaleReport, plot: str) -> str:
    """plot: path of the picture from docs/."""
    blocks = [surroundings(report), f"![How cost grows]({plot})"]
    blocks += [f"### {case.title}\n\n{markdown(rows_of(case))}" for case in report.cases]
    blocks.append(f"### Storage\n\n{markdown(storage_rows(report.bytes_per_row))}")
    verdicts = markdown(verdict_rows(judge(report.cases, TARGETS)))
    blocks.append(f"### Targets of growth\n\n{verdicts}")
    return "\n\n".join(blocks) + "\n"


def paper_section(report: ScaleReport) -> str:
    """What the figures make of the load, and what the user cache does to its statements."""
    about = (
        "With `USER_CACHE_TTL` = 60, a user's requests spread over workers that each have a cache "
        "of their own; what is not found there is read:"
    )
    tables = f"{markdown(paper_rows(report))}\n\n{day_of_refreshes(report)}\n\n{about}"
    return f"{tables}\n\n{markdown(hit_rows())}\n"
