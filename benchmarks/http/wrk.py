"""Running wrk, which sends requests as fast as a server answers them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.console import NotThereError
from benchmarks.timing import WrongResultError

SCRIPT = Path(__file__).with_suffix(".lua")
CONNECTIONS = 4


@dataclass(frozen=True)
class Outcome:
    """requests: that were answered with 2xx or 3xx, within so many seconds."""

    requests: int
    seconds: float

    @property
    def nanoseconds_each(self) -> float:
        return self.seconds / self.requests * 1e9


def version() -> str:
    """wrk's own, "" where there is no wrk."""
    if not shutil.which("wrk"):
        return ""
    done = subprocess.run(["wrk", "--version"], capture_output=True, text=True)
    return (done.stdout + done.stderr).split()[1]


def need() -> None:
    """Raises NotThereError where there is no wrk."""
    if not version():
        raise NotThereError("wrk is not there; scripts/check_requirements.sh http gets it")


def read(output: str) -> Outcome:
    """What the last line says. Raises WrongResultError for requests that were refused or failed."""
    counts = json.loads(output.splitlines()[-1])
    if counts["refused"] or counts["failed"] or not counts["requests"]:
        raise WrongResultError(
            f"of {counts['requests']:,} requests {counts['refused']:,} were refused and "
            f"{counts['failed']:,} failed"
        )
    return Outcome(counts["requests"], counts["seconds"])


def run(url: str, tokens: Sequence[str], seconds: int, connections: int = CONNECTIONS) -> Outcome:
    """Sends requests for so long, with the tokens by turns. Raises WrongResultError."""
    command = ["wrk", "--threads=1", f"--connections={connections}", f"--duration={seconds}s"]
    done = subprocess.run(
        [*command, f"--script={SCRIPT}", url, "--", *tokens], capture_output=True, text=True
    )
    if done.returncode:
        raise WrongResultError(f"wrk: {done.stdout}{done.stderr}".strip())
    return read(done.stdout)
