"""Running a piece of Python in an interpreter of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

from ..conftest import REPOSITORY

PRELUDE = f"import sys; sys.path[:] = {sys.path!r}\n"


# Under AddressSanitizer (scripts/sanitize.sh) all takes longer; what is lost is found by it.
SANITIZED = "PYJWTFAST_SANITIZED" in os.environ


def run_script(
    body: str, *flags: str, timeout: float = 60, threads_at_the_end: bool = False
) -> str:
    """Run the script in a new process and return what it printed; a failure shows its output.

    threads_at_the_end: it ends while threads are at work, which never give back what they hold.
    """
    script = PRELUDE + textwrap.dedent(body)
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONFAULTHANDLER": "1"}
    if SANITIZED:
        timeout *= 10
        if threads_at_the_end:
            environment["ASAN_OPTIONS"] = f"{environment['ASAN_OPTIONS']}:detect_leaks=0"
    done = subprocess.run(
        [sys.executable, *flags, "-c", script],
        capture_output=True,
        text=True,
        timeout=timeout,
        env=environment,
        cwd=REPOSITORY,
    )
    assert done.returncode == 0, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout
