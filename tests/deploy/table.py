"""The table of what the deployments carried, for docs/deploy/index.md."""

from __future__ import annotations

import os
import platform
import re
import time
from pathlib import Path

from tests.processes import REPOSITORY

from .load import CONNECTIONS, MIX, SECONDS, Result

PAGE = REPOSITORY / "docs" / "deploy" / "index.md"
START, END = "<!-- load:start -->", "<!-- load:end -->"

# By the names of the deployments, in the order in which they were run.
ROWS: dict[str, Result] = {}


def machine() -> str:
    """The processor and how many of it there are."""
    info = Path("/proc/cpuinfo")
    names = re.findall(r"^model name\s*: (.*)$", info.read_text(), re.M) if info.exists() else []
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} CPUs"


def render() -> str:
    """The table with what has to be known beside it."""
    sent = sum(result.requests for result in ROWS.values())
    lines = [
        f"- Date: {time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC",
        f"- Command: `make test-deploy DEPLOY_SECONDS={SECONDS} UPDATE=1`",
        f"- Machine: {machine()}, which servers, database and wrk share; "
        f"load {os.getloadavg()[2]:.1f}",
        f"- wrk: {CONNECTIONS} connections, {SECONDS} s each; of {sum(MIX.values())} requests "
        + ", ".join(f"{share} {kind}" for kind, share in MIX.items()),
        f"- Answers checked: {sent:,}",
        "",
        "| Deployment | Requests/s | p50 | p99 | Errors |",
        "|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {name} | {result.rate:,.0f} | {result.p50:.1f} ms | {result.p99:.1f} ms | "
        f"{result.errors} |"
        for name, result in sorted(ROWS.items(), key=lambda row: row[0] != "runserver")
    ]
    return "\n".join(lines)


def write() -> Path:
    """Put the table into the page, in the place of the one that is there."""
    text = PAGE.read_text()
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    assert after, f"{PAGE} has no {START} ... {END}"
    PAGE.write_text(f"{before}{START}\n{render()}\n{END}{after}")
    return PAGE
