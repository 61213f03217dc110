"""Only `make test-deploy` collects these: they need the servers that it installs, and minutes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from . import table
from .client import Client
from .load import SECONDS, Result, run_wrk
from .site import Site, make_site

if "DEPLOY_SECONDS" not in os.environ:
    collect_ignore_glob = ["test_*.py"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if table.ROWS:
        terminalreporter.section("load")
        terminalreporter.write_line(table.render())
    if os.environ.get("UPDATE") and table.ROWS:
        terminalreporter.write_line(f"Written into {table.write()}")


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """The example on a server of its own, for the tests of one module."""
    with make_site() as made:
        yield made


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Result]:
    """`load(name, client, site)`: wrk for DEPLOY_SECONDS; every answer is the right one."""

    def run(name: str, client: Client, site: Site, **options: Any) -> Result:
        assert shutil.which("wrk"), "wrk is not installed: make test-deploy installs it"
        result = run_wrk(client, site.access_token(), site.key, tmp_path, SECONDS, **options)
        table.ROWS[name] = result
        assert result.errors == 0, (result, site.log)
        assert min(result.right.values()) > 0, result
        # wrk leaves when the time is up: what is under way then was sent, and has no answer.
        assert result.requests == sum(result.right.values())
        return result

    return run
