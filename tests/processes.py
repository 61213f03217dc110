"""Python in processes of their own: for what can't change within one, or must not be seen in it.

Nothing but the standard library is imported here: it would be imported in those processes too.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent

# Under AddressSanitizer (scripts/sanitize.sh) all takes longer; what is lost is found by it.
SANITIZED = "PYJWTFAST_SANITIZED" in os.environ


def python(
    *arguments: str,
    directory: Path = REPOSITORY,
    stdin: str = "",
    timeout: float = 120,
    threads_at_the_end: bool = False,
    **variables: str,
) -> subprocess.CompletedProcess[str]:
    """What `python ...` does and says in a directory, with this package and its tests to import.

    threads_at_the_end: it ends while threads are at work, which never give back what they hold.
    variables: of the environment, beside this process's.
    """
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), **variables}
    if SANITIZED:
        timeout *= 10
        if threads_at_the_end:
            environment["ASAN_OPTIONS"] = f"{environment['ASAN_OPTIONS']}:detect_leaks=0"
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=directory,
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout,
    )


def printed_by(*arguments: str, **options: object) -> str:
    """What `python ...` prints, with the options of `python`; a failure shows all that it says."""
    done = python(*arguments, **options)  # type: ignore[arg-type]
    assert done.returncode == 0, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout
