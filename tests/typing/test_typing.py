"""The public API's types, as mypy sees them from outside."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ..conftest import IN_CI
from ..processes import REPOSITORY


def test_public_api(tmp_path: Path) -> None:
    """`mypy --strict` finds no error, and every error that is expected."""
    try:
        import mypy  # noqa: F401
    except ImportError:
        if IN_CI:
            pytest.fail("mypy is not installed")
        pytest.skip("mypy is not installed")
    done = subprocess.run(
        [
            sys.executable, "-m", "mypy", "--strict", "--warn-unused-ignores", "--no-error-summary",
            "--config-file=", f"--cache-dir={tmp_path}", "--show-error-codes",
            str(Path(__file__).with_name("public_api.py")),
        ],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
