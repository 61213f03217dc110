"""Runs the checks of `make test`, all of them, and sums up at the end.

As many at a time as there are processors; then the output of each comes in one piece when it has
ended. With --jobs 1 they run one after another, and their output is shown as it comes.
Exit status 0 only if nothing failed. What cannot run here is named; with CI=true that is a failure.
PostgreSQL is looked for at 127.0.0.1:5432, or where libpq's variables say (PGHOST, PGUSER, ...);
MariaDB at 127.0.0.1:3306, or where MYSQL_HOST, MYSQL_TCP_PORT, MYSQL_USER and MYSQL_PWD say.
"""

import argparse
import getpass
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = Path(sysconfig.get_path("scripts"))
GROUPS = ("lint", "c", "python", "drf", "example")
# A line of pytest's short summary, which pyproject.toml asks for: how many, where, why.
SKIPPED = re.compile(r"^SKIPPED \[(\d+)\] \S+: (.+)$", re.MULTILINE)
COLOUR = re.compile(r"\x1b\[[\d;]*m")
# Of tests/drf: no test there asks a database, so those on SQLite are enough.
WITHOUT_DATABASE = (
    "revocation/test_checks.py",
    "test_backends.py",
    "test_checks.py",
    "test_checks_of_deployment.py",
    "test_checks_of_values.py",
    "test_doctor_outside.py",
    "test_simplejwt_surface.py",
)
CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
WRITING = threading.Lock()


@dataclass
class Step:
    """One command. `skip` says why it cannot run here; empty: it can.

    `skipped` are pytest's own skips afterwards: the number of tests for each reason.
    """

    group: str
    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    skip: str = ""
    outcome: str = ""
    skipped: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def lane(self) -> str:
        return self.name if self.group in ("drf", "example") else self.group

    @property
    def title(self) -> str:
        return f"{self.group}: {self.name}"

    def run(self, *, aside: bool) -> None:
        """Runs it and shows its output: aside others all of it at the end, else as it comes."""
        if self.skip:
            self.outcome = "FAILED" if CI else "skipped"
            show(f"\n=== {self.title}\n{self.skip}\n")
            return
        show(f"\n=== {self.title}{': started' if aside else ''}\n")
        start = time.monotonic()
        status, output = run_and_read(
            self.command, {**os.environ, **self.environment}, shown=not aside
        )
        self.seconds = time.monotonic() - start
        self.outcome = "passed" if status == 0 else "FAILED"
        if aside:
            show(f"\n=== {self.title}: {self.outcome} after {self.seconds:.0f} s\n{output}")
        if "pytest" in self.command:
            for tests, why in SKIPPED.findall(COLOUR.sub("", output)):
                self.skipped[why] += int(tests)


def show(text: str) -> None:
    """Writes at once, and in one piece, whatever other threads write."""
    with WRITING:
        sys.stdout.buffer.write(text.encode(errors="replace"))
        sys.stdout.flush()


def run_and_read(
    command: list[str], environment: dict[str, str], *, shown: bool
) -> tuple[int, str]:
    """Runs the command, shows its output as it comes if wanted; exit status and output."""
    output = bytearray()
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout is not None
        while chunk := os.read(process.stdout.fileno(), 65536):
            output += chunk
            if shown:
                sys.stdout.buffer.write(chunk)
                sys.stdout.flush()
    return process.returncode, output.decode(errors="replace")


def lanes(steps: list[Step]) -> list[list[Step]]:
    """What may run side by side; within a lane, one after another. The longest ones come first.

    Steps of one group write to the same build directory; those of Django to one database each.
    """
    found: dict[str, list[Step]] = {}
    for step in steps:
        found.setdefault(step.lane, []).append(step)
    order = ("python", "postgresql", "sqlite", "lint", "c")
    places = {lane: place for place, lane in enumerate(order)}
    return [found[lane] for lane in sorted(found, key=lambda lane: places.get(lane, len(order)))]


def run_lane(steps: list[Step], aside: bool) -> None:
    for step in steps:
        step.run(aside=aside)


def postgresql_silence() -> str:
    """Why PostgreSQL cannot be used; empty: it can."""
    # Not at the top: --help is for those too who have installed nothing yet.
    import psycopg

    os.environ.setdefault("PGHOST", "127.0.0.1")
    try:
        psycopg.connect("dbname=postgres", connect_timeout=3).close()
    except psycopg.OperationalError as error:
        return f"PostgreSQL does not answer: {str(error).splitlines()[0]}"
    return ""


def mariadb_silence() -> str:
    """Why MariaDB cannot be used; empty: it can. Looked for where its client's variables say."""
    import pymysql  # type: ignore[import-untyped]

    try:
        pymysql.connect(
            host=os.environ.get("MYSQL_HOST", "127.0.0.1"),
            port=int(os.environ.get("MYSQL_TCP_PORT", "3306")),
            user=os.environ.get("MYSQL_USER", getpass.getuser()),
            password=os.environ.get("MYSQL_PWD", ""),
            connect_timeout=3,
        ).close()
    except pymysql.Error as error:
        return f"MariaDB does not answer: {error}"
    return ""


def lint_steps() -> list[Step]:
    python = [sys.executable, "-m"]
    c_files = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("csrc/**/*.[ch]"))
    clang_format = [str(SCRIPTS / "clang-format"), "--dry-run", "-Werror", *c_files]
    steps = [
        Step("lint", "ruff check", [*python, "ruff", "check", "."]),
        Step("lint", "ruff format", [*python, "ruff", "format", "--check", "."]),
        Step("lint", "clang-format", clang_format),
        Step("lint", "mypy --strict", [*python, "mypy"]),
        Step("lint", "stubtest", [*python, "mypy.stubtest", "pyjwtfast._core"]),
        Step(
            "lint",
            "documentation",
            [*python, "mkdocs", "--quiet", "build", "--strict", "--site-dir", "build/docs"],
            {"NO_MKDOCS_2_WARNING": "1"},
        ),
    ]
    for compiler in ("gcc", "clang"):
        output = f"build/warnings-{compiler}"
        build = [sys.executable, "setup.py", "--quiet", "build_ext", "--force"]
        steps.append(
            Step(
                "lint",
                f"warnings of {compiler}",
                [*build, "--build-temp", output, "--build-lib", output],
                {"CC": compiler, "PYJWTFAST_WERROR": "1"},
                skip="" if shutil.which(compiler) else f"{compiler} is not installed",
            )
        )
    return steps


def test_steps() -> list[Step]:
    pytest = [sys.executable, "-m", "pytest"]
    if sys.stdout.isatty():
        # Its output goes through a pipe, see run_and_read.
        pytest.append("--color=yes")
    silence = postgresql_silence()
    fuzz_skip = "" if shutil.which("clang") else "clang is not installed"
    steps = [
        Step("c", "C tests under sanitizers", ["make", "-C", "csrc", "check"]),
        Step("c", "fuzzers on their seeds", ["make", "-C", "csrc", "fuzz-regress"], skip=fuzz_skip),
        Step(
            "c",
            "instructions per call",
            [sys.executable, "benchmarks/instructions.py"],
            skip="" if shutil.which("valgrind") else "valgrind is not installed",
        ),
        # tests/deploy and tests/browser collect nothing here: their targets run them.
        Step("python", "all but tests/drf", [*pytest, "tests", "--ignore=tests/drf"]),
    ]
    ignored = [f"--ignore=tests/drf/{name}" for name in WITHOUT_DATABASE]
    for database, url, skip, options in (
        ("sqlite", "sqlite://:memory:", "", []),
        # libpq's variables say where; Django makes and drops the database test_<name>.
        ("postgresql", "postgresql:///pyjwtfast_example", silence, ignored),
    ):
        steps += [
            Step(
                "drf",
                database,
                [*pytest, "tests/drf", *options],
                {"PYJWTFAST_TEST_DATABASE": database},
                skip=skip,
            ),
            Step(
                "example",
                database,
                [*pytest, "example", "--ds=project.settings"],
                {"DATABASE_URL": url},
                skip=skip,
            ),
        ]
    # What depends on the database beyond Django's own care: how users are loaded.
    names = ("user_query", "user_cache", "user_cache_shared", "user_modes")
    loading = [f"tests/drf/test_{name}.py" for name in names]
    steps.append(
        Step(
            "drf",
            "mariadb",
            [*pytest, *loading],
            {"PYJWTFAST_TEST_DATABASE": "mariadb"},
            skip=mariadb_silence(),
        )
    )
    return steps


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "groups",
        nargs="*",
        choices=GROUPS,
        metavar="group",
        help=f"of {', '.join(GROUPS)} (default: every group)",
    )
    parser.add_argument(
        "-j",
        "--jobs",
        type=int,
        default=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1,
        metavar="N",
        help="how many checks run at a time (default: the number of processors, here %(default)s)",
    )
    options = parser.parse_args()
    if options.jobs < 1:
        parser.error("--jobs must be at least 1")
    wanted = options.groups or GROUPS
    steps = [step for step in (*lint_steps(), *test_steps()) if step.group in wanted]
    if options.jobs == 1:
        run_lane(steps, aside=False)
    else:
        with ThreadPoolExecutor(options.jobs) as pool:
            for lane in [pool.submit(run_lane, steps, True) for steps in lanes(steps)]:
                lane.result()

    print(f"\n=== Summary (Python {sys.version.split()[0]})")
    for step in steps:
        print(f"  {step.outcome:8} {step.seconds:6.1f} s  {step.group}: {step.name}")
    for step in steps:
        if step.skip:
            print(f"  {step.group}: {step.name} {step.outcome}: {step.skip}")
        for why, tests in step.skipped.items():
            print(f"  {step.group}: {step.name}, {tests} tests skipped: {why}")
    return int(any(step.outcome == "FAILED" for step in steps))


if __name__ == "__main__":
    sys.exit(main())
