"""The scripts behind the targets of the Makefile, some with stand-ins for what they run."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.processes import REPOSITORY, printed_by, python

SCRIPTS = REPOSITORY / "scripts"
EXAMPLE = REPOSITORY / "example"
ALL = ("3.10", "3.11", "3.12", "3.13", "3.14")

FIND_PYTHON = """\
#!/bin/sh
case " $FOUND " in *" $1 "*) echo /some/python$1 ;; *) exit 1 ;; esac
"""
# Makes the virtual environment's Python, which notes how it is called.
MAKE = """\
#!/bin/sh
for word; do case $word in VENV=*) venv=${word#VENV=} ;; esac; done
mkdir -p "$venv/bin"
printf '#!/bin/sh\\necho "%s $*" >>log\\n[ "%s" != "$BROKEN" ]\\n' \\
    "${venv#.venv-}" "${venv#.venv-}" >"$venv/bin/python"
chmod +x "$venv/bin/python"
"""


def run_all(directory: Path, **environment: str) -> tuple[int, str, list[str]]:
    """Runs test_all.sh with stand-ins: exit status, table, how each Python was called."""
    shutil.copytree(SCRIPTS, directory / "scripts")
    (directory / "bin").mkdir()
    for path, text in (("scripts/find_python.sh", FIND_PYTHON), ("bin/make", MAKE)):
        (directory / path).write_text(text)
        (directory / path).chmod(0o755)
    done = subprocess.run(
        ["scripts/test_all.sh"],
        cwd=directory,
        env={"PATH": f"{directory / 'bin'}:{os.environ['PATH']}", **environment},
        capture_output=True,
        text=True,
    )
    log = directory / "log"
    calls = log.read_text().splitlines() if log.exists() else []
    return done.returncode, done.stdout.partition("=== make test-all")[2], calls


def test_every_python_and_once_the_rest(tmp_path: Path) -> None:
    status, table, calls = run_all(tmp_path, FOUND=" ".join(ALL), CI="true")
    assert status == 0, table
    versions = [f"{version} scripts/run_tests.py python drf example" for version in ALL]
    assert calls == [*versions, "3.14 scripts/run_tests.py lint c"]
    assert table.count(" passed ") == 6


@pytest.mark.parametrize("broken", ALL)
def test_one_failure_fails_all(tmp_path: Path, broken: str) -> None:
    status, table, calls = run_all(tmp_path, FOUND=" ".join(ALL), BROKEN=broken)
    assert status == 1
    assert f"Python {broken} " in table
    assert table.count(" FAILED ") == 1
    assert len(calls) == 6


@pytest.mark.parametrize(("ci", "status"), [("", 0), ("false", 0), ("true", 1), ("1", 1)])
@pytest.mark.parametrize("missing", ALL)
def test_what_is_not_found_is_named(tmp_path: Path, missing: str, ci: str, status: int) -> None:
    found = [version for version in ALL if version != missing]
    got, table, calls = run_all(tmp_path, FOUND=" ".join(found), CI=ci)
    assert got == (status if missing != "3.14" else 0)
    (line,) = [line for line in table.splitlines() if missing in line]
    assert "not found" in line
    assert ("FAILED" in line) == bool(got)
    assert len(calls) == 5


def test_no_python_at_all(tmp_path: Path) -> None:
    status, table, calls = run_all(tmp_path, FOUND="")
    assert status == 1
    assert table.count("not found") == 5
    assert calls == []


def serve(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What scripts/serve.py says, with a database in the directory."""
    return python(str(SCRIPTS / "serve.py"), *arguments, **of_the_example(directory))


def of_the_example(directory: Path) -> dict[str, str]:
    database = f"sqlite:///{directory}/db.sqlite3"
    return {"DJANGO_SETTINGS_MODULE": "project.settings", "DATABASE_URL": database}


def test_serve_on_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = serve(tmp_path, "--port", str(port))
    assert done.returncode == 1
    reason = f"Port {port}: address already in use."
    assert done.stderr == f"{reason} Try another one: make serve PORT=8001\n"


def test_serve_where_ada_is_somebody_else(tmp_path: Path) -> None:
    make = "from django.contrib.auth.models import User; User.objects.create_user('ada')"
    for command in (["migrate", "--verbosity=0"], ["shell", "-c", make]):
        printed_by("manage.py", *command, directory=EXAMPLE, **of_the_example(tmp_path))
    done = serve(tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: The user ada has another password")
    assert done.stderr.count("\n") == 1


def load_run_tests() -> ModuleType:
    spec = importlib.util.spec_from_file_location("run_tests", SCRIPTS / "run_tests.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where its dataclass looks for its annotations
    spec.loader.exec_module(module)
    return module


def test_checks_run_in_lanes() -> None:
    run_tests = load_run_tests()
    steps = [*run_tests.lint_steps(), *run_tests.test_steps()]
    lanes = run_tests.lanes(steps)
    assert sorted(step.title for lane in lanes for step in lane) == sorted(
        step.title for step in steps
    )
    for name in run_tests.WITHOUT_DATABASE:
        assert "django_db" not in (SCRIPTS.parent / "tests" / "drf" / name).read_text()
    names = [{step.lane for step in lane} for lane in lanes]
    assert names == [{"python"}, {"postgresql"}, {"sqlite"}, {"lint"}, {"c"}, {"mariadb"}]


@pytest.mark.parametrize("aside", [False, True])
def test_a_check_is_judged_by_its_exit_status(
    aside: bool, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    run_tests = load_run_tests()
    passes, fails, absent = (
        run_tests.Step("lint", name, [sys.executable, "-c", code], skip=skip)
        for name, code, skip in (
            ("passes", "print('one'); print('two')", ""),
            ("fails", "raise SystemExit('three')", ""),
            ("absent", "", "it is not installed"),
        )
    )
    run_tests.run_lane([passes, fails, absent], aside=aside)
    outcomes = [step.outcome for step in (passes, fails, absent)]
    assert outcomes == ["passed", "FAILED", "FAILED" if run_tests.CI else "skipped"]
    output = capfdbinary.readouterr().out
    assert output.index(b"one\ntwo\n") < output.index(b"three\n") < output.index(b"not installed")
