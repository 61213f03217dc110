"""benchmarks/instructions.py without Valgrind: what it reads, and what it lets pass."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from benchmarks import instructions
from benchmarks.instructions import Counts, Kind

PROFILE = """\
# callgrind format
positions: line
events: Ir
summary: 1000

ob=/somewhere/lib/libpython3.12.so.1.0
fl=ceval.c
fn=run
10 5
cob=/somewhere/pyjwtfast/_core.cpython-312-x86_64-linux-gnu.so
cfn=verify
calls=3 0
11 700
12 7

ob=/somewhere/pyjwtfast/_core.cpython-312-x86_64-linux-gnu.so
fl=???
fn=verify
0 30
fi=other.c
0 12
cob=/usr/lib/libcrypto.so.3
cfn=SHA256_Update
calls=3 0
0 600

ob=/usr/lib/libcrypto.so.3
fn=SHA256_Update
0 600

ob=/usr/lib/libc.so.6
fn=memcpy
0 9

ob=???
fn=0x1234
0 2
"""


def counted(**core: int) -> Counts:
    return {
        path: Counter({"_core": core.get(path, 1000), "other": 7}) for path in instructions.PATHS
    }


@pytest.fixture
def kind() -> Kind:
    return {
        "python": "3.12",
        "machine": "x86_64",
        "compiler": "gcc 12",
        "flags": "-O3",
        "base64url": "avx2",
    }


@pytest.fixture
def baseline(tmp_path: Path, kind: Kind) -> Path:
    path = tmp_path / "instructions.json"
    instructions.write_baseline(path, kind, counted())
    return path


def run(
    monkeypatch: pytest.MonkeyPatch, baseline: Path, kind: Kind, counts: Counts, *arguments: str
) -> int:
    """The command, with the counts and the kind of build that are given."""
    monkeypatch.setattr("sys.argv", ["instructions.py", "--baseline", str(baseline), *arguments])
    monkeypatch.setattr(instructions.shutil, "which", lambda name: name)
    monkeypatch.setattr(instructions, "build", lambda: Path("_core.so"))
    monkeypatch.setattr(instructions, "compiler_of", lambda path: kind["compiler"])
    monkeypatch.setattr(instructions, "flags_of_python", lambda: kind["flags"])
    monkeypatch.setattr(instructions, "count", lambda: (counts, kind["base64url"]))
    monkeypatch.setattr(instructions.platform, "machine", lambda: kind["machine"])
    monkeypatch.setattr("sys.version_info", tuple(map(int, kind["python"].split("."))))
    return instructions.main()


def test_each_object_counts_its_own_instructions() -> None:
    counts = instructions.read_profile(PROFILE)
    assert counts == {"Python": 12, "_core": 42, "libcrypto": 600, "other": 11}


@pytest.mark.parametrize(
    ("content", "compiler"),
    [
        (b"\0GCC: (Debian 12.2.0-14+deb12u1) 12.2.0\0", "gcc 12"),
        (b"\0GCC: (GNU) 9.4.1\0Debian clang version 14.0.6\0", "clang 14"),
        (b"\0", "unknown"),
    ],
)
def test_the_compiler_is_read_from_the_extension(
    tmp_path: Path, content: bytes, compiler: str
) -> None:
    path = tmp_path / "_core.so"
    path.write_bytes(content)
    assert instructions.compiler_of(path) == compiler


def test_flags_leave_out_what_names_places() -> None:
    assert "prefix-map" not in instructions.flags_of_python()
    assert "-O" in instructions.flags_of_python()


@pytest.mark.parametrize(("now", "status"), [(900, 0), (1050, 0), (1051, 1)])
def test_five_percent_more_fail(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    baseline: Path,
    kind: Kind,
    now: int,
    status: int,
) -> None:
    assert run(monkeypatch, baseline, kind, counted(sign=now)) == status
    output = capsys.readouterr().out
    assert ("FAILED: sign " in output) == bool(status)
    assert output.count("FAILED") == status
    assert "NOTHING TO COMPARE WITH" not in output


@pytest.mark.parametrize(
    ("what", "other"),
    [
        ("python", "3.13"),
        ("machine", "aarch64"),
        ("compiler", "gcc 13"),
        ("flags", "-O2"),
        ("base64url", "ssse3"),
    ],
)
def test_only_like_is_compared_with_like(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    baseline: Path,
    kind: Kind,
    what: str,
    other: str,
) -> None:
    kind[what] = other  # type: ignore[literal-required]
    assert run(monkeypatch, baseline, kind, counted(sign=5000)) == 0
    assert "NOTHING TO COMPARE WITH" in capsys.readouterr().out


def test_update_replaces_what_is_of_the_same_kind(
    monkeypatch: pytest.MonkeyPatch, baseline: Path, kind: Kind
) -> None:
    other: Kind = {**kind, "python": "3.13"}
    assert run(monkeypatch, baseline, other, counted(), "--update") == 0
    assert run(monkeypatch, baseline, kind, counted(sign=2000), "--update") == 0
    entries = json.loads(baseline.read_text("utf-8"))
    assert [(entry["python"], entry["instructions"]["sign"]) for entry in entries] == [
        ("3.12", 2000),
        ("3.13", 1000),
    ]
    assert run(monkeypatch, baseline, kind, counted(sign=2100)) == 0
    assert run(monkeypatch, baseline, kind, counted(sign=2101)) == 1


def test_a_path_without_a_baseline_is_named(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    baseline: Path,
    kind: Kind,
) -> None:
    entries = json.loads(baseline.read_text("utf-8"))
    del entries[0]["instructions"]["encode"]
    baseline.write_text(json.dumps(entries), "utf-8")
    assert run(monkeypatch, baseline, kind, counted()) == 0
    assert "the baseline has no encode of this kind" in capsys.readouterr().out


def test_the_baseline_in_the_repository_is_whole() -> None:
    entries = instructions.read_baseline(instructions.BASELINE)
    assert entries
    for entry in entries:
        assert set(entry["instructions"]) == set(instructions.PATHS)
        assert all(count > 100 for count in entry["instructions"].values())
