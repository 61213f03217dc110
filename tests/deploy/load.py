"""Load by wrk: valid, expired, forged and missing tokens mixed, each answer checked (load.lua)."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .client import Client, bad_tokens

SCRIPT = Path(__file__).with_name("load.lua")
SECONDS = int(os.environ.get("DEPLOY_SECONDS") or 5)
# Of 20 requests; wrk's threads begin at different ones.
MIX = {"valid": 14, "expired": 2, "forged": 2, "missing": 2}
CONNECTIONS = 16


@dataclass
class Result:
    """What wrk saw. Times in milliseconds; `right` and `wrong` are answers by kind of token."""

    requests: int
    seconds: float
    p50: float
    p99: float
    lost: int
    right: dict[str, int]
    wrong: dict[str, int]
    first_wrong: str

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    @property
    def errors(self) -> int:
        """Wrong answers, and requests without one."""
        return self.lost + sum(self.wrong.values())


def plan(token: str, key: str, path: str, text: str) -> list[str]:
    """The lines of the plan, kinds spread over it. `key` is the server's secret; the answer to a
    valid token has the text.
    """
    valid = (token, text)
    kinds = {"valid": valid, **bad_tokens(token, key)}
    spread = sorted(
        ((number + 0.5) / share, kind) for kind, share in MIX.items() for number in range(share)
    )
    lines = []
    for _, kind in spread:
        sent, expected = kinds[kind]
        status = 200 if kind == "valid" else 401
        lines.append(f"{kind}\t{status}\t{expected}\t{path}\t{sent or ''}\n")
    return lines


def run_wrk(
    client: Client,
    token: str,
    key: str,
    directory: Path,
    seconds: int,
    target: tuple[str, str] = ("/api/notes/", '"results"'),
) -> Result:
    """Load the deployment for so many seconds. `key` is the server's secret.

    target: a path, and a text that its answer to a valid token has.
    """
    file = directory / "plan"
    file.write_text("".join(plan(token, key, *target)))
    options = [f"-t{CONNECTIONS}", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout=30s"]
    options += ["-s", str(SCRIPT), "-H", f"Host: {client.host}"]
    done = subprocess.run(
        ["wrk", *options, f"{client.url}/", "--", str(file)],
        capture_output=True,
        text=True,
        timeout=seconds + 120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    values = dict(re.findall(r"^RESULT (\S+) (\S+)$", done.stdout, re.MULTILINE))
    counts = {
        name: {kind: int(values[f"{name}:{kind}"]) for kind in MIX} for name in ("right", "wrong")
    }
    first = re.search(r"^FIRST (.*)$", done.stdout, re.MULTILINE)
    return Result(
        requests=int(values["requests"]),
        seconds=float(values["seconds"]),
        p50=float(values["p50"]),
        p99=float(values["p99"]),
        lost=int(values["lost"]),
        first_wrong=first[1] if first else "",
        **counts,
    )
