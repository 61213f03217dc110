"""The benchmark: its arithmetic, and that it runs and measures what its targets are about."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from benchmarks import bare, many, plots, report
from benchmarks.breakdown import Share, breakdown_cases, shares
from benchmarks.compiled import BuildError
from benchmarks.materials import ALL, material
from benchmarks.targets import TARGETS, Limit, Target, Verdict, judge
from benchmarks.timing import (
    Case,
    CaseResult,
    Contestant,
    Extra,
    Figures,
    Ratio,
    WrongResultError,
    calls_for,
    check,
    extra,
    measure,
    ratio,
    rotating,
    turn_order,
)

ROOT = Path(__file__).resolve().parent.parent
# Everything that does without a compiler.
GROUPS = (
    *("decode", "encode", "cached", "sizes", "algorithms", "cached-algorithms"),
    *("algorithm-sizes", "threads", "keys", "errors", "drf"),
)


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
        if target.case not in measured:
            assert target.case.startswith("threads")
            assert many.cpus() < many.THREADS
            continue
        assert target.contestant in measured[target.case]
    missing = set(written["environment"]["missing"])
    missing |= {"OpenSSL"} if bare.module() is None else set()
    for judged in written["targets"]:
        assert (judged["reached"] is None) == (judged["reference"] in missing)


def test_every_algorithm_is_measured(written: dict[str, Any]) -> None:
    shown = report.from_json(json.dumps(written))
    assert len(ALL) == 15
    for rows in (
        report.algorithm_rows(shown),
        report.size_rows(shown, "verify"),
        report.size_rows(shown, "sign"),
    ):
        assert [row[0] for row in rows[1:]] == list(ALL)
        # Our columns are the last of the tables.
        assert all(row[-1] != "-" and "**-**" not in row for row in rows[1:])
    # Where a peer cannot take part, nothing stands for it.
    ed448 = report.case_rows(
        next(case for case in shown.cases if case.name == "verify-eddsa-ed448")
    )
    assert not any(row[0].startswith("ryjwt") for row in ed448)


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


def test_extra() -> None:
    assert extra([300, 900, 330], [350, 950, 400]) == Extra(median=50, minima=50)
    assert extra([100], [80]) == Extra(median=-20, minima=-20)


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
        *("ours", "way", 10, 100.0, 100.0),
        {"theirs": Ratio(3.0, 3.0)},
        {"theirs": Extra(-200.0, -200.0)},
    )
    assert result.of("nobody") is None
    case.longer = 3
    longer = measure(case, rounds=1, turn=1000).of("ours way")
    assert longer
    assert longer.calls_per_turn == 30


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


def figures_of(library: str, minimum: float, extras: dict[str, Extra]) -> Figures:
    return Figures(library, "way", 1, minimum, minimum + 100, {}, extras)


def test_limit() -> None:
    alone = figures_of("OpenSSL", 10_000, {"OpenSSL": Extra(0, 0)})
    ours = figures_of("ours", 10_800, {"OpenSSL": Extra(950, 800)})
    result = CaseResult("group", "case", "title", 1, [ours, alone])
    limit = Limit("measure", "case", "ours way", "OpenSSL", 1.03, 600)
    reached = limit.reached(result)
    assert reached is not None
    assert (reached.median, reached.minima) == pytest.approx((950 - 303, 800 - 300))
    assert not limit.holds(reached)
    assert limit.holds(Extra(600, 700))
    verdict = report.verdict_rows([Verdict(limit, reached)])[1]
    assert verdict == ["measure", "<= 1.03 x OpenSSL + 600 ns", "+ 647 ns", "+ 500 ns", "MISSED"]
    # Someone has not taken part.
    assert limit.reached(CaseResult("group", "case", "title", 1, [ours])) is None
    assert limit.reached(CaseResult("group", "case", "title", 1, [alone])) is None


def test_limit_without_reference() -> None:
    result = CaseResult("group", "case", "title", 1, [figures_of("ours", 250, {})])
    limit = Limit("measure", "case", "ours way", "", 0, 300)
    assert limit.reached(result) == Extra(350, 250)
    verdict = report.verdict_rows([Verdict(limit, limit.reached(result))])[1]
    assert verdict == ["measure", "<= 300 ns", "350 ns", "250 ns", "MISSED"]


def test_goal() -> None:
    assert report.goal(Target("", "", "", "one key", 1 / 1.1)) == ">= 0.9091 x one key"


# --- contestants ---


@pytest.mark.parametrize("name", ALL)
def test_openssl_alone(name: str) -> None:
    operations = bare.module().Operations(
        material(name).algorithm, material(name).bare_key, b"header.payload"
    )
    operations.verify(3)
    operations.sign(3)


@pytest.mark.parametrize(
    ("algorithm", "key", "error"),
    [("ES256", b"no key", RuntimeError), ("none", b"", ValueError), ("HS257", b"", ValueError)],
)
def test_openssl_alone_refuses(algorithm: str, key: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        bare.module().Operations(algorithm, key, b"header.payload")


def test_another_openssl_is_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyjwtfast._core.OPENSSL_VERSION", "OpenSSL 9.9")
    with pytest.raises(BuildError, match=r"the extension OpenSSL 9\.9"):
        bare.checked()


def test_in_threads() -> None:
    seen: list[tuple[int, str]] = []

    def call(argument: str) -> None:
        seen.append((threading.get_ident(), argument))

    assert many.in_threads(2, call, "a")(6) > 0
    assert [argument for _, argument in seen] == ["a"] * 6
    assert len({thread for thread, _ in seen}) == 2


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


def test_plots(written: dict[str, Any], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="plots need matplotlib")
    pictures = plots.draw(report.from_json(json.dumps(written)), tmp_path, "stem")
    names = ["stem-speed.png", "stem-sizes.png", "stem-algorithms.png"]
    assert [picture.name for picture in pictures] == names
    assert all(picture.with_suffix(".svg").stat().st_size > 1000 for picture in pictures)


def test_documents(written: dict[str, Any]) -> None:
    shown = report.from_json(json.dumps(written))
    readme = report.readme_section(shown)
    assert "; ES256: **" in readme
    assert " (-" not in readme
    assert "where simplejwt's takes " in readme
    assert "**-**" not in readme, "a case or a contestant was not found"
    whole = report.performance_section(shown, ["speed.png"])
    assert "| `Verifier.verify()`, RS256 | " in whole
    assert whole.count("### Every algorithm") == 1
    assert "| EdDSA Ed448 | " in whole
    assert "two threads, RS256" in whole


def test_json_round_trip() -> None:
    env = report.environment({}, load_before=0.5)
    cases = [result_of("decode", "Verifier.verify()", {"PyJWT": Ratio(55.5, 56.0)})]
    whole = report.Report(env, 2, 1.0, cases)
    assert report.from_json(report.to_json(whole)) == whole


@pytest.mark.parametrize("mark", ["bench", "bench-http"])
def test_replace_section(tmp_path: Path, mark: str) -> None:
    start, end = f"<!-- {mark}:start -->", f"<!-- {mark}:end -->"
    path = tmp_path / "README.md"
    path.write_text(f"before\n{start}\nold\n{end}\nafter\n")
    report.replace_section(path, "new\n", mark)
    assert path.read_text() == f"before\n{start}\nnew\n{end}\nafter\n"
    with pytest.raises(ValueError, match="has no <!-- other:start"):
        report.replace_section(path, "new\n", "other")
    path.write_text(f"{end} {start}")
    with pytest.raises(ValueError, match="has no"):
        report.replace_section(path, "new\n", mark)


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
