"""The benchmark of growth: its arithmetic, its processes, and what it makes of a million users."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from benchmarks import plots, postgres
from benchmarks.materials import material
from benchmarks.report import environment, to_json
from benchmarks.scale import counts, report, rows
from benchmarks.scale.plots import PLOTS
from benchmarks.scale.targets import TARGETS
from benchmarks.timing import CaseResult, Extra, Figures, Ratio, measure

ROOT = Path(__file__).resolve().parent.parent


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.scale", *arguments],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
    )


def result_of(group: str, name: str, references: dict[str, str], *contestants: str) -> CaseResult:
    """Each contestant takes a microsecond longer than the one before, from 99 on."""
    micros = {name: 100 + number for number, name in enumerate(contestants, -1)}
    figures = [
        Figures(
            *contestant.split(" ", 1),
            *(1, value * 1000, value * 1000),
            {short: Ratio(micros[name] / value, 1) for short, name in references.items()},
            {short: Extra(value - micros[name], 0) for short, name in references.items()},
        )
        for contestant, value in micros.items()
    ]
    return CaseResult(group, name, f"Case {name}", 20, figures)


BYTES = dict(zip(rows.TABLES, (300.0, 600.0, 200.0), strict=True))


def whole_report() -> report.ScaleReport:
    sizes = [f"{library} {rows.words(size)}" for library in rows.PACKAGES for size in rows.SIZES]
    first = {f"{library}, 1": f"{library} 1 user" for library in rows.PACKAGES}
    results = [
        result_of("rows", f"rows-{name}", first, *sizes)
        for name in ("authenticate", "obtain", "refresh")
    ]
    for group, numbers, word in (
        ("threads", counts.THREADS, "thread"),
        ("keys", counts.KEYS, "key"),
    ):
        names = [f"pyjwtfast {counts.plural(number, word)}" for number in numbers]
        results += [
            result_of(group, f"{group}-{name.lower()}", {f"1 {word}": names[0]}, *names)
            for name in counts.ALGORITHMS
        ]
    servers = counts.server_case()
    names = [one.name for one in servers.contestants]
    results.append(result_of("gthread", "gthread", servers.references, *names))
    env = environment({}, load_before=0.5, command="python -m benchmarks.scale")
    return report.ScaleReport(env, 20, 4.0, results, BYTES)


def test_every_target_is_about_what_is_measured() -> None:
    rows_of_targets = report.verdict_rows(report.judge(whole_report().cases, TARGETS))
    assert len(rows_of_targets) == len(TARGETS) + 1
    assert {row[-1] for row in rows_of_targets[1:]} == {"reached"}


@pytest.mark.parametrize("make", [counts.thread_case, counts.key_case])
def test_cases(make: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "KEYS", (1, 2, 5))
    assert callable(make)
    result = measure(make(material("HS256")), rounds=1, turn=1000)
    found = [figures.way for figures in result.figures]
    if make is counts.thread_case:
        assert found == ["1 thread", "2 threads", "4 threads", "8 threads"]
    else:
        assert found == [
            "1 key",
            *("2 keys", "2 keys, each in turn"),
            *("5 keys", "5 keys, each in turn"),
        ]


def test_servers_have_threads_and_enough_connections() -> None:
    case = counts.server_case()
    assert {one.server.threads for one in case.contestants} == set(counts.THREADS)
    assert case.connections == max(counts.THREADS)
    assert set(case.references.values()) <= {one.name for one in case.contestants}


# --- on paper ---


def test_hit_rate() -> None:
    # One worker sees six requests of a user while it keeps the row; six workers see one each.
    assert report.hit_rate(1) == pytest.approx(6 / 7)
    assert report.hit_rate(6) == pytest.approx(1 / 2)


def test_a_million_users() -> None:
    _head, theirs, ours, stateless, refreshes = report.paper_rows(whole_report())
    # 99 µs each: 1.0 seconds of work a second is one worker, just.
    assert theirs == ["requests, simplejwt, user read", "10,000", "99.0 µs", "1", "10,000"]
    assert ours[1:] == ["10,000", "103 µs", "2", "10,000"]
    assert stateless[-1] == "0"
    assert refreshes == ["refreshes", "333", "104 µs", "0.03", "see below"]
    # 100,000 times 288 in a day, 800 bytes each.
    assert "29 million outstanding tokens, nearly all of them blacklisted: 23 GB" in (
        report.day_of_refreshes(whole_report())
    )
    assert report.storage_rows({"a user": 300.4})[1] == ["a user", "300", "300 MB"]


# --- report ---


def test_json_round_trip() -> None:
    text = to_json(whole_report(), TARGETS)
    read = report.from_json(text)
    assert to_json(read, TARGETS) == text
    assert read.bytes_per_row == BYTES


def test_documents() -> None:
    text = report.scaling_section(whole_report(), "growth.png")
    assert "| 1 | 86% | 1,429 |" in report.paper_section(whole_report())
    assert "](growth.png)" in text
    assert "| a user | 300 | 300 MB |" in text
    assert "authenticate, 1,000,000 users" in text
    page = (ROOT / "docs" / "scaling.md").read_text("utf-8")
    for mark in ("bench-scale", "bench-scale-paper"):
        assert page.count(f"<!-- {mark}:start -->") == page.count(f"<!-- {mark}:end -->") == 1


def test_plots(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="plots need matplotlib")
    (picture,) = plots.draw(whole_report(), tmp_path, "stem-scale", PLOTS)
    assert picture.name == "stem-scale-growth.png"


# --- the command ---


def test_wrong_arguments() -> None:
    done = run("--only", "nothing")
    assert done.returncode == 2
    assert "usage: python -m benchmarks.scale" in done.stderr


def test_rows(tmp_path: Path) -> None:
    try:
        postgres.version()
    except postgres.NoServerError as error:
        pytest.skip(str(error))
    prefix = f"pyjwtfast_{uuid.uuid4().hex}"
    done = run(
        *("--quick", "--rounds", "1", "--only", "rows", "--output", str(tmp_path)),
        PYJWTFAST_BENCH_DATABASE=prefix,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = tmp_path.glob("*-scale.json")
    found = report.from_json(path.read_text("utf-8"))
    assert [case.name for case in found.cases] == [
        "rows-authenticate",
        "rows-obtain",
        "rows-refresh",
    ]
    assert [one.name for one in found.cases[0].figures] == [
        f"{library} {rows.words(size)}" for library in rows.PACKAGES for size in rows.QUICK_SIZES
    ]
    assert set(found.bytes_per_row) == set(rows.TABLES)
    assert all(size > 50 for size in found.bytes_per_row.values())
    assert postgres.sql(f"SELECT 1 FROM pg_database WHERE datname LIKE '{prefix}%'") == []
