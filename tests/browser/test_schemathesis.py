"""Schemathesis against the example: generated requests, right and wrong ones, and no 500."""

from __future__ import annotations

import json
import re
import subprocess
import sysconfig
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .visit import CREDENTIALS

pytest.importorskip("schemathesis", reason="it has no version for this Python")

BEYOND_THE_SCHEMA = (
    # It has no words for passwords that are too common, for blanks alone, and for a name that is
    # taken.
    "positive_data_acceptance",
    # Where a text is wanted, Django REST Framework takes a number for its digits.
    "negative_data_rejection",
)


def post(url: str, body: dict[str, str]) -> Any:
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


@pytest.mark.parametrize("token", ["valid", "forged", "none"])
def test_every_answer_is_one_of_the_schema(
    serve: Callable[..., Any], token: str, tmp_path: Path
) -> None:
    url, _ = serve(DEMO="0", DEBUG="0", SECRET_KEY="s" * 48, ACCESS_TOKEN_SECONDS="3600")
    headers: list[str] = []
    if token != "none":
        post(f"{url}/api/signup/", CREDENTIALS)
        access: str = post(f"{url}/api/token/", CREDENTIALS)["access"]
        signed, _, signature = access.rpartition(".")
        # Other bits of the signature, and still base64url.
        forged = f"{signed}.{signature[1:]}{signature[0]}"
        headers = ["--header", f"Authorization: Bearer {access if token == 'valid' else forged}"]
    done = subprocess.run(
        [
            str(Path(sysconfig.get_path("scripts"), "schemathesis")),
            *("run", f"{url}/api/schema/", *headers),
            *("--phases", "coverage,fuzzing", "--max-examples", "20", "--generation-deterministic"),
            *("--checks", "all", "--exclude-checks", ",".join(BEYOND_THE_SCHEMA)),
            "--no-color",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "9 selected / 9 total" in done.stdout
    (cases,) = re.findall(r"(\d+) generated", done.stdout)
    assert int(cases) > 150, done.stdout
