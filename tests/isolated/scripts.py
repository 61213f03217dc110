"""Running a piece of Python in an interpreter of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

from ..conftest import REPOSITORY

PRELUDE = f"import sys; sys.path[:] = {sys.path!r}\n"


def run_script(body: str, *flags: str, timeout: float = 60) -> str:
    """Run the script in a new process and return what it printed; a failure shows its output."""
    script = PRELUDE + textwrap.dedent(body)
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONFAULTHANDLER": "1"}
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
