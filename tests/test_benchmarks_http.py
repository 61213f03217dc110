"""The benchmark of requests: its arithmetic, and that it notices wrong answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import plots, postgres
from benchmarks.http import authenticate, cases, contest, memory, report, servers, wrk
from benchmarks.http.__main__ import GROUPS, HTTP_GROUPS
from benchmarks.http.plots import PLOTS
from benchmarks.http.project import Server
from benchmarks.http.targets import TARGETS
from benchmarks.report import environment, to_json
from benchmarks.timing import CaseResult, Extra, Figures, Ratio, WrongResultError

ROOT = Path(__file__).resolve().parent.parent


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.http", *arguments],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
    )


def all_cases() -> list[cases.Case]:
    return [*(make() for make in cases.CASES.values()), cases.connections_case(6432)]


# --- wrk ---


def line(requests: int = 3000, refused: int = 0, failed: int = 0) -> str:
    counts = {"requests": requests, "seconds": 2.0, "refused": refused, "failed": failed}
    return f"Running 2s test\n{json.dumps(counts)}\n"


def test_what_wrk_counts() -> None:
    assert wrk.read(line()) == wrk.Outcome(3000, 2.0)
    assert wrk.read(line()).nanoseconds_each == pytest.approx(2e9 / 3000)


@pytest.mark.parametrize("counts", [{"refused": 1}, {"failed": 1}, {"requests": 0}])
def test_one_wrong_answer_and_there_is_no_figure(counts: dict[str, int]) -> None:
    with pytest.raises(WrongResultError, match=r"were refused and .* failed"):
        wrk.read(line(**counts))


# --- contestants ---


def test_every_target_is_about_what_is_measured() -> None:
    taking_part = {case.name: case for case in all_cases()}
    in_process = {f"authenticate-{mode}": way for mode, way, *_ in authenticate.MODES}
    for target in TARGETS:
        if way := in_process.get(target.case):
            assert (target.contestant, target.reference) == (f"{cases.OURS} {way}", "simplejwt")
            continue
        case = taking_part[target.case]
        assert target.contestant in {one.name for one in case.contestants}
        assert target.reference in case.references


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_references_take_part(case: cases.Case) -> None:
    names = [one.name for one in case.contestants]
    assert len(set(names)) == len(names)
    assert set(case.references.values()) <= set(names)


def test_contestants_differ_in_what_the_case_says_alone() -> None:
    (middleware,) = {one.server.middleware for one in cases.middleware_case().contestants}
    assert middleware
    assert {one.server.workers for one in cases.workers_case().contestants} == {2}
    assert {len(one.tokens) for one in cases.tokens_case().contestants} == {cases.USERS}
    for one in cases.requests_case().contestants:
        assert replace(one.server, authenticator="", simple_jwt={}) == Server("")
        assert len(one.tokens) == 1
    databases = [one.server.database for one in cases.connections_case(6432).contestants]
    assert {database.get("PORT") for database in databases} == {None, 6432}
    without = [one.server.database for one in cases.connections_case(None).contestants]
    assert not any("PORT" in database for database in without)


@pytest.fixture(scope="module")
def stateless() -> Iterator[tuple[cases.Contestant, int]]:
    """A server that needs no database, and its port."""
    one = cases.BY_NAME[cases.OURS, cases.STATELESS].contestant(tokens=3)
    with servers.gunicorn(one.server) as port:
        yield one, port


def test_answers_are_checked(stateless: tuple[cases.Contestant, int]) -> None:
    one, port = stateless
    assert contest.check_answers(one, port)
    with pytest.raises(WrongResultError, match="answers user 2, not 1"):
        contest.check_answers(replace(one, tokens=one.tokens[1:]), port)
    with pytest.raises(WrongResultError, match="answers 401"):
        contest.check_answers(replace(one, tokens=["no token"]), port)
    # Of a server that does not read tokens, something else is expected.
    constant = cases.BY_NAME[cases.DRF, cases.CONSTANT].contestant()
    with pytest.raises(WrongResultError, match="answers user 2, not 1"):
        contest.check_answers(replace(constant, tokens=one.tokens[1:]), port)


def test_a_server_that_refuses_nothing_is_noticed() -> None:
    nobody = cases.BY_NAME[cases.DRF, cases.UNAUTHENTICATED].contestant()
    with servers.gunicorn(nobody.server) as port:
        assert contest.check_answers(nobody, port)
        reading = replace(nobody, server=Server("pyjwtfast stateless"))
        with pytest.raises(WrongResultError, match="answers user None, not 1"):
            contest.check_answers(reading, port)
        with pytest.raises(WrongResultError, match="/ answers 200"):
            contest.expect_answer(port, "/", None, 401)


def test_no_answer() -> None:
    with pytest.raises(WrongResultError, match="no answer"):
        servers.get(servers.free_port(), "/", None)


@pytest.mark.skipif(not wrk.version(), reason="wrk is not installed")
def test_measured(stateless: tuple[cases.Contestant, int]) -> None:
    one, port = stateless
    url = f"http://127.0.0.1:{port}/"
    assert wrk.run(url, one.tokens, 1).requests > 0
    assert wrk.run(url, one.tokens[:1], 1).requests > 0
    with pytest.raises(WrongResultError, match="were refused"):
        wrk.run(url, [*one.tokens, "no token"], 1)
    kinds = [cases.BY_NAME[cases.DRF, cases.CONSTANT], cases.BY_NAME[cases.OURS, cases.STATELESS]]
    contestants = [kind.contestant() for kind in kinds]
    references = {"a constant user": contestants[0].name}
    numbers: list[int] = []
    case = cases.Case("few", "title", contestants, references)
    result = contest.measure(case, rounds=2, seconds=1, progress=numbers.append)
    assert numbers == [0, 1]
    assert [figures.name for figures in result.figures] == [one.name for one in contestants]
    assert result.figures[0].ratios == {"a constant user": Ratio(1.0, 1.0)}


# --- arithmetic and tables ---


def figures_of(library: str, way: str, micros: float, **references: float) -> Figures:
    """references: their times, in microseconds, too."""
    of = {name.replace("_", " "): value for name, value in references.items()}
    return Figures(
        library,
        way,
        1000,
        micros * 900,
        micros * 1000,
        {name: Ratio(value / micros, value / micros) for name, value in of.items()},
        {name: Extra((micros - value) * 1000, 0) for name, value in of.items()},
    )


def result_of(name: str = "requests", half: bool = False) -> CaseResult:
    reference = {
        "unauthenticated": 250,
        "a_constant_user": 260,
        "simplejwt": 800,
        "simplejwt_stateless": 400,
        "pyjwtfast_stateless": 280,
    }
    shown = [
        (cases.DRF, cases.UNAUTHENTICATED, 250),
        (cases.DRF, cases.CONSTANT, 260),
        (cases.THEIRS, cases.FRESH, 800),
        (cases.THEIRS, cases.STATELESS, 400),
        (cases.OURS, cases.FRESH, 500),
        (cases.OURS, cases.CACHED, 270),
        (cases.OURS, cases.STATELESS, 280),
    ]
    figures = [figures_of(library, way, micros, **reference) for library, way, micros in shown]
    return CaseResult(name, name, f"Case {name}", 5 if half else 10, figures)


def growth(grown: int = 1024, kept: int = 64) -> memory.Growth:
    return memory.Growth("junk tokens", 1_000_000, 50_000, 50_000 + grown, 64, kept)


def whole_report() -> report.HttpReport:
    env = environment({}, load_before=0.5, command="python -m benchmarks.http")
    connections = result_of("connections", half=True)
    results = [result_of(), replace(connections, figures=connections.figures[2:])]
    return report.HttpReport(env, 10, 2000.0, results, [growth()])


def test_rates() -> None:
    assert report.rate(250_000) == "4,000"
    head, first, *_ = report.request_rows(result_of())
    # What serves the parts alone is not compared with.
    columns = ["x unauthenticated", "x simplejwt", "x simplejwt stateless"]
    assert head == ["", "requests/s", "best round", "each", *columns]
    assert first[:4] == ["DRF without authentication", "4,000", "4,444", "250 µs"]
    assert first[4:] == ["1.00", "3.20", "1.60"]


def test_parts_add_up() -> None:
    parts = {one.name: one for one in report.parts_of(result_of())}
    theirs, fresh = parts["simplejwt JWTAuthentication"], parts["pyjwtfast JWTAuthentication"]
    assert list(theirs.shares.values()) == [250_000, 10_000, 140_000, 400_000]
    assert list(fresh.shares.values()) == [250_000, 10_000, 20_000, 220_000]
    assert sum(fresh.shares.values()) == 500_000
    stateless = parts["pyjwtfast JWTStatelessUserAuthentication"]
    assert (sum(stateless.shares.values()), stateless.user) == (280_000, 0)
    # Faster than stateless: less than nothing for the user, in the table as it is.
    cached = report.part_rows(result_of())[6]
    assert cached[1:] == ["250 µs", "10 µs", "20 µs", "-10 µs"]
    without = replace(result_of(), figures=result_of().figures[2:])
    assert report.part_rows(without) == []


def test_targets() -> None:
    rows = {row[0]: row for row in report.target_rows(whole_report())}
    read = rows["requests, user read"]
    assert read[1:] == [">= 1.55 x simplejwt", "1.600", "1.600", "reached"]
    assert "RS256, stateless" not in rows  # its case was not run
    last = rows["memory, 1,000,000 junk tokens"]
    assert last[1:] == ["2 MB at most, good tokens kept", "+1.0 MB", "64 of 64 kept", "reached"]


@pytest.mark.parametrize(
    ("grown", "kept", "ok"),
    [(2048, 64, True), (-2048, 64, True), (2049, 64, False), (-2049, 64, False), (0, 63, False)],
)
def test_memory_is_judged(grown: int, kept: int, ok: bool) -> None:
    assert growth(grown, kept).ok == ok


def test_json_round_trip() -> None:
    text = to_json(whole_report(), TARGETS)
    read = report.from_json(text)
    assert to_json(read, TARGETS) == text
    assert read.memory == [growth()]


def test_documents() -> None:
    whole = whole_report()
    readme = report.readme_section(whole, "requests.png")
    assert "| user read on each request (default) | 1,250 | **2,000** | 1.60 x |" in readme
    cached = "| user cached (`USER_CACHE_TTL`) | - | **3,704** | 2.96 x simplejwt's default |"
    assert cached in readme
    assert "| no user, only the token (stateless) | 2,500 | **3,571** | 1.43 x |" in readme
    performance = report.performance_section(whole, "requests.png")
    assert "10 rounds of turns of 2 s" in performance
    assert performance.count(report.PARTS) == 1
    assert "1,000,000 junk tokens" in performance
    assert "medians of 5 interleaved rounds" in report.databases_section(whole, "plot.png")
    for name in ("README.md", "docs/performance.md", "docs/databases.md"):
        text = (ROOT / name).read_text("utf-8")
        assert text.count("<!-- bench-http:start -->") == text.count("<!-- bench-http:end -->") == 1


def test_plots(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="plots need matplotlib")
    pictures = plots.draw(whole_report(), tmp_path, "stem-http", PLOTS)
    assert [one.name for one in pictures] == ["stem-http-requests.png", "stem-http-connections.png"]


# --- the command ---


@pytest.mark.parametrize(
    "arguments", [("--rounds", "0"), ("--only", "nothing"), ("--readme", "--quick")]
)
def test_wrong_arguments(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert "usage: python -m benchmarks.http" in done.stderr


def test_groups() -> None:
    assert set(HTTP_GROUPS) < set(GROUPS)
    with ExitStack() as stack:
        found = [case.name for group in cases.CASES for case in cases.cases(group, stack)]
    assert found == list(cases.CASES)


@pytest.mark.skipif(not wrk.version(), reason="wrk is not installed")
def test_no_server() -> None:
    done = run("--only", "memory", PGPORT=str(servers.free_port()))
    assert done.returncode == 1
    assert "PostgreSQL does not answer at " in done.stderr
    assert "PGHOST, PGPORT, PGUSER" in done.stderr


@pytest.fixture
def prefix() -> str:
    """Of databases' names."""
    try:
        postgres.version()
    except postgres.NoServerError as error:
        pytest.skip(str(error))
    return f"pyjwtfast_{uuid.uuid4().hex}"


@pytest.mark.skipif(not wrk.version(), reason="wrk is not installed")
def test_in_process(prefix: str, tmp_path: Path) -> None:
    arguments = ("--quick", "--only", "authenticate", "memory", "--output", str(tmp_path))
    done = run(*arguments, PYJWTFAST_BENCH_DATABASE=prefix)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = tmp_path.glob("*-http.json")
    found = report.from_json(path.read_text("utf-8"))
    modes = [f"authenticate-{mode}" for mode, *_ in authenticate.modes()]
    names = [name for mode in modes for name in (mode, f"{mode}-in-turn")]
    assert [case.name for case in found.cases] == names
    assert [(one.kind, one.kept) for one in found.memory] == [
        ("valid tokens", cases.USERS),
        ("junk tokens", cases.USERS),
    ]
    left = postgres.sql(f"SELECT 1 FROM pg_database WHERE datname LIKE '{prefix}%'")
    assert left == []
