"""A run's figures as tables, as JSON and as Markdown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.report import (
    Environment,
    Report,
    case_rows,
    duration,
    markdown,
    surroundings,
    times,
    verdict_rows,
)
from benchmarks.report import from_json as plain_from_json
from benchmarks.targets import judge
from benchmarks.timing import CaseResult, Figures

from .cases import CACHED, CONSTANT, DRF, FRESH, LAZY, OURS, STATELESS, THEIRS, UNAUTHENTICATED
from .memory import LIMIT, Growth
from .targets import TARGETS

MARK = "bench-http"
IN_PROCESS = "authenticate"
PARTS = "Where the time of one request goes"


@dataclass(frozen=True)
class HttpReport(Report):
    """A turn is one of wrk's; rounds are those of the first case."""

    memory: list[Growth]


def from_json(text: str) -> HttpReport:
    """The report that benchmarks.report.to_json wrote."""
    memory = [Growth(**one) for one in json.loads(text)["memory"]]
    return HttpReport(**vars(plain_from_json(text)), memory=memory)


# --- requests per second ---


def per_second(nanoseconds: float) -> float:
    return 1e9 / nanoseconds


def rate(nanoseconds: float) -> str:
    """Requests per second, as digits of which three or so are worth something."""
    return f"{round(per_second(nanoseconds)):,}"


def shown_references(result: CaseResult) -> list[str]:
    """Those that others are compared with in tables; the rest serve the parts of a request."""
    hidden = ("a constant user", "pyjwtfast stateless")
    return [name for name in result.figures[0].ratios if name not in hidden]


def request_rows(result: CaseResult) -> list[list[str]]:
    references = shown_references(result)
    rows = [["", "requests/s", "best round", "each", *(f"x {name}" for name in references)]]
    for one in result.figures:
        ratios = [times(one.ratios[name].median) for name in references]
        rates = [rate(one.median), rate(one.minimum)]
        rows.append([one.name, *rates, duration(one.median), *ratios])
    return rows


def rows_of(result: CaseResult) -> list[list[str]]:
    return case_rows(result) if result.group == IN_PROCESS else request_rows(result)


# --- where a request's time goes ---


@dataclass(frozen=True)
class Parts:
    """Nanoseconds of one request, each the median of the rounds' differences.

    server: the view without authentication. required: what a constant user costs beyond that.
    token: what the library's stateless class costs beyond a constant user. user: what this class
    costs beyond the stateless one.
    """

    name: str
    server: float
    required: float
    token: float
    user: float

    @property
    def shares(self) -> dict[str, float]:
        return {
            "Gunicorn, Django, REST framework": self.server,
            "a view that asks for a user": self.required,
            "the token": self.token,
            "the user": self.user,
        }


def parts_of(result: CaseResult) -> list[Parts]:
    """Of every class that was measured and whose library's stateless class was, too."""
    nobody = result.of(f"{DRF} {UNAUTHENTICATED}")
    constant = result.of(f"{DRF} {CONSTANT}")
    if nobody is None or constant is None:
        return []
    required = constant.extras["unauthenticated"].median
    found = [
        Parts(nobody.name, nobody.median, 0, 0, 0),
        Parts(constant.name, nobody.median, required, 0, 0),
    ]
    for library, stateless in ((THEIRS, "simplejwt stateless"), (OURS, "pyjwtfast stateless")):
        least = result.of(f"{library} {STATELESS}")
        for way in (FRESH, CACHED, LAZY, STATELESS):
            one = result.of(f"{library} {way}")
            if one is None or least is None:
                continue
            token = least.extras["a constant user"].median
            user = 0.0 if way == STATELESS else one.extras[stateless].median
            found.append(Parts(one.name, nobody.median, required, token, user))
    return found


def part_rows(result: CaseResult) -> list[list[str]]:
    """None for a case that lacks the contestants."""
    found = parts_of(result)
    if not found:
        return []
    rows = [["", *found[0].shares]]
    for one in found:
        cells = [f"{value / 1000:.0f} µs" if value else "-" for value in one.shares.values()]
        rows.append([one.name, *cells])
    return rows


# --- memory ---


def megabytes(kibibytes: float) -> str:
    return f"{kibibytes / 1024:+.1f} MB"


def memory_rows(memory: Sequence[Growth]) -> list[list[str]]:
    rows = [["", "resident before", "resident after", "growth", "good tokens still cached"]]
    for one in memory:
        rows.append(
            [
                f"{one.tokens:,} {one.kind}",
                f"{one.before / 1024:.1f} MB",
                f"{one.after / 1024:.1f} MB",
                megabytes(one.after - one.before),
                f"{one.kept} of {one.good}",
            ]
        )
    return rows


# --- targets ---


def target_rows(report: HttpReport) -> list[list[str]]:
    """verdict_rows of the cases that were run, and a line for the memory after each kind."""
    verdicts = judge(report.cases, TARGETS)
    rows = verdict_rows([one for one in verdicts if report.case(one.target.case)])
    for one in report.memory:
        target = f"{LIMIT / 1024:.0f} MB at most, good tokens kept"
        reached = megabytes(one.after - one.before)
        kept = f"{one.kept} of {one.good} kept"
        verdict = "reached" if one.ok else "MISSED"
        rows.append([f"memory, {one.tokens:,} {one.kind}", target, reached, kept, verdict])
    return rows


# --- Markdown ---


def rate_cell(figures: Figures | None) -> str:
    return rate(figures.median) if figures else "-"


def summary_rows(result: CaseResult) -> list[list[str]]:
    """The modes, both libraries beside each other."""
    rows = [["Requests per second", "simplejwt", "pyjwtfast", "faster"]]
    for title, theirs, ours, reference in (
        ("user read on each request (default)", FRESH, FRESH, "simplejwt"),
        ("user cached (`USER_CACHE_TTL`)", "", CACHED, "simplejwt"),
        ("user read when it is asked for (lazy)", "", LAZY, "simplejwt"),
        ("no user, only the token (stateless)", STATELESS, STATELESS, "simplejwt stateless"),
    ):
        one = result.of(f"{OURS} {ours}")
        if one is None:
            continue
        faster = f"{times(one.ratios[reference].median)} x"
        if not theirs:
            faster += " simplejwt's default"
        other = result.of(f"{THEIRS} {theirs}")
        rows.append([title, rate_cell(other), f"**{rate_cell(one)}**", faster])
    for title, way in (
        ("a user that is a constant", CONSTANT),
        ("no authentication at all", UNAUTHENTICATED),
    ):
        limit = rate_cell(result.of(f"{DRF} {way}"))
        rows.append([f"for comparison: {title}", limit, limit, ""])
    return rows


def where_measured(env: Environment) -> str:
    names = (
        "Django",
        "djangorestframework",
        "simplejwt",
        "gunicorn",
        "psycopg",
        "PostgreSQL",
        "wrk",
    )
    versions = ", ".join(f"{name} {env.versions[name]}" for name in names if name in env.versions)
    return f"{env.python}, {env.cpu}, {env.cpus} CPUs; {versions}"


def readme_section(report: HttpReport, plot: str) -> str:
    """plot: path of the picture from the root."""
    result = report.case("requests")
    assert result is not None
    return f"""\
A view that returns a constant, one synchronous Gunicorn worker, PostgreSQL, `wrk -c4`, medians of \
{report.rounds} interleaved rounds. {where_measured(report.environment)}.

{markdown(summary_rows(result))}

![Requests per second, and where the time of one request goes]({plot})

To reproduce it: `make bench-http`. More in \
[docs/performance.md](docs/performance.md#requests-per-second); what the connection to the \
database costs, in [docs/databases.md](docs/databases.md).
"""


def performance_section(report: HttpReport, plot: str) -> str:
    """plot: path of the picture from docs/."""
    requests = f"turns of {report.turn_milliseconds / 1000:.0f} s"
    blocks = [surroundings(report, requests), f"![requests]({plot})"]
    for case in report.cases:
        blocks.append(f"### {case.title}\n\n{markdown(rows_of(case))}")
        if parts := part_rows(case):
            blocks.append(f"### {PARTS}\n\n{markdown(parts)}")
    if report.memory:
        blocks.append(f"### Memory of a worker\n\n{markdown(memory_rows(report.memory))}")
    blocks.append(f"### Targets of requests\n\n{markdown(target_rows(report))}")
    return "\n\n".join(blocks) + "\n"


def databases_section(report: HttpReport, plot: str) -> str:
    """plot: path of the picture from docs/."""
    result = report.case("connections")
    assert result is not None
    about = f"{where_measured(report.environment)}; medians of {result.rounds} interleaved rounds."
    title = "Requests per second by how the connection is had"
    return f"![{title}]({plot})\n\n{markdown(request_rows(result))}\n\n{about}\n"
