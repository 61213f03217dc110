"""The benchmark: its arithmetic, and that it runs and measures what its targets are about."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import report
from benchmarks.breakdown import Share, breakdown_cases, shares
from benchmarks.targets import TARGETS, judge
from benchmarks.timing import (
    Case,
    CaseResult,
    Contestant,
    Figures,
    Ratio,
    WrongResultError,
    calls_for,
    check,
    measure,
    ratio,
    rotating,
    turn_order,
)

ROOT = Path(__file__).resolve().parent.parent
# Everything that needs no compiler.
GROUPS = ("decode", "encode", "cached", "sizes", "algorithms", "errors", "drf")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The JSON of a quick run."""
    directory = tmp_path_factory.mktemp("results")
    done = run("--quick", "--rounds", "2", "--output", str(directory), "--only", *GROUPS)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = directory.iterdir()
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return content


def test_run(written: dict[str, Any]) -> None:
    assert written["rounds"] == 2
    assert {case["group"] for case in written["cases"]} == set(GROUPS)
    for case in written["cases"]:
        for figures in case["figures"]:
            assert 0 < figures["minimum"] <= figures["median"], case["name"]
    decode = next(case for case in written["cases"] if case["name"] == "decode")
    assert {"PyJWT", "simplejwt", "pyjwtfast"} <= {one["library"] for one in decode["figures"]}
    # A peer takes part, or the run says why it doesn't.
    env = written["environment"]
    assert {"PyJWT", "simplejwt", "oxyjwt", "ryjwt"} <= env["versions"].keys() | env[
        "missing"
    ].keys()
    assert all(env["missing"].values())


def test_targets_are_about_what_is_measured(written: dict[str, Any]) -> None:
    measured = {
        case["name"]: {f"{one['library']} {one['way']}" for one in case["figures"]}
        for case in written["cases"]
    }
    for target in TARGETS:
        assert target.contestant in measured[target.case]
    missing = written["environment"]["missing"]
    for judged in written["targets"]:
        assert (judged["reached"] is None) == (judged["reference"] in missing)


@pytest.mark.parametrize(
    "arguments",
    [("--rounds", "0"), ("--only", "nothing"), ("--readme", "--quick"), ("--what",)],
)
def test_wrong_arguments(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert "usage: python -m benchmarks" in done.stderr


# --- arithmetic ---


def test_ratio() -> None:
    # The second round was slow for both: within the round, the ratio is as in the others.
    assert ratio([300, 900, 330], [100, 300, 150]) == Ratio(median=3.0, minima=3.0)
    assert ratio([100, 100], [400, 200]) == Ratio(median=0.375, minima=0.5)


def test_turn_order() -> None:
    rounds = ["".join(turn_order("abc", number)) for number in range(6)]
    assert rounds == ["abc", "bca", "cab", "cba", "acb", "bac"]


def test_calls_for() -> None:
    assert calls_for(lambda calls: 50.0, turn=10_000) == 200
    assert calls_for(lambda calls: 1e9, turn=10_000) == 1


def test_rotating_passes_over_everything() -> None:
    seen: list[str] = []
    loop = rotating(seen.append, lambda: ["a", "b", "c"])
    assert loop(4) > 0
    assert seen == ["a", "b", "c"] * 2


def contestant(name: str, nanoseconds: float, outcome: object = "right") -> Contestant:
    return Contestant(name, "way", lambda calls: nanoseconds, lambda: outcome)


def test_measure() -> None:
    contestants = [contestant("theirs", 300), contestant("ours", 100)]
    case = Case("group", "name", "title", contestants, "right", {"theirs": "theirs way"})
    numbers: list[int] = []
    result = measure(case, rounds=3, turn=1000, progress=numbers.append)
    assert numbers == [0, 1, 2]
    assert result.rounds == 3
    assert result.of("ours way") == Figures(
        "ours", "way", 10, 100.0, 100.0, {"theirs": Ratio(3.0, 3.0)}
    )
    assert result.of("nobody") is None


def test_unequal_results_are_not_compared() -> None:
    contestants = [contestant("theirs", 300), contestant("ours", 100, outcome="wrong")]
    with pytest.raises(WrongResultError, match="ours way gives 'wrong'"):
        check(Case("group", "name", "title", contestants, "right"))


def test_what_was_timed_is_confirmed() -> None:
    def refuse() -> None:
        raise WrongResultError("no hits")

    one = contestant("ours", 100)
    one.confirm = refuse
    with pytest.raises(WrongResultError, match="no hits"):
        measure(Case("group", "name", "title", [one], "right"), rounds=1, turn=1000)


def result_of(name: str, way: str, reached: dict[str, Ratio]) -> CaseResult:
    figures = [Figures("pyjwtfast", way, 1, 100.0, 110.0, reached)]
    return CaseResult("decode", name, "title", 1, figures)


def test_judge() -> None:
    reached = {"ryjwt": Ratio(1.49, 1.6), "PyJWT": Ratio(55.0, 54.0)}
    verdicts = judge([result_of("decode", "Verifier.verify()", reached)])
    assert [verdict.ok for verdict in verdicts[:3]] == [False, True, None]
    assert len(verdicts) == len(TARGETS)
    rows = report.verdict_rows(verdicts)
    assert rows[1] == ["Verifier.verify()", ">= 1.5 x ryjwt", "1.490", "1.600", "MISSED"]
    assert rows[2] == ["Verifier.verify()", ">= 55 x PyJWT", "55.0", "54.0", "reached"]
    assert rows[3][-1] == "not measured"


# --- report ---


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (3.61, "3.6 ns"),
        (85.4, "85 ns"),
        (999.4, "999 ns"),
        (999.6, "1.00 µs"),
        (31_760, "31.8 µs"),
        (399_200, "399 µs"),
        (4_870_000, "4.87 ms"),
    ],
)
def test_duration(nanoseconds: float, text: str) -> None:
    assert report.duration(nanoseconds) == text


def test_json_round_trip() -> None:
    env = report.environment({}, load_before=0.5)
    cases = [result_of("decode", "Verifier.verify()", {"PyJWT": Ratio(55.5, 56.0)})]
    whole = report.Report(env, 2, 1.0, cases)
    assert report.from_json(report.to_json(whole)) == whole


def test_replace_section(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text(f"before\n{report.START}\nold\n{report.END}\nafter\n")
    report.replace_section(path, "new\n")
    assert path.read_text() == f"before\n{report.START}\nnew\n{report.END}\nafter\n"
    path.write_text(f"{report.END} {report.START}")
    with pytest.raises(ValueError, match="has no"):
        report.replace_section(path, "new\n")


def test_breakdown_adds_up() -> None:
    def figures(way: str, minimum: float) -> Figures:
        return Figures("library", way, 1, minimum, 2 * minimum, {})

    parts = [figures("whole", 500.0), figures("hash", 300.0), figures("dict", 120.0)]
    result = CaseResult("breakdown", "breakdown-verify", "title", 1, parts)
    *pieces, rest, whole = shares(result)
    assert [(share.what, share.nanoseconds) for share in pieces] == [
        ("hash", 300.0),
        ("dict", 120.0),
    ]
    assert (rest.nanoseconds, whole) == (80.0, Share("whole", 500.0))
    assert report.rows_of(result)[1] == ["hash", "300 ns", "60%"]


def test_breakdown_pieces_compile_and_run() -> None:
    results = [measure(case, rounds=1, turn=1000) for case in breakdown_cases()]
    assert [result.name for result in results] == ["breakdown-verify", "breakdown-sign"]
    assert all(len(result.figures) > 4 for result in results)
