"""The example under Gunicorn, as `make serve` runs it, and Chromium in front of it.

Collected where Playwright is installed only: `make test-browser` has an environment with it.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from .visit import OPTIONS, ROOT, SCREENSHOTS, Visit

if importlib.util.find_spec("playwright") is None:
    collect_ignore_glob = ["test_*.py"]

# Scripts that this runs, too; they are no package.
sys.path.insert(0, str(ROOT / "scripts"))

CHROMIUM = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    found = [path for path in map(shutil.which, CHROMIUM) if path]
    path = os.environ.get("CHROMIUM") or (found[0] if found else "")
    assert path, f"None of {', '.join(CHROMIUM)} is installed; `make test-browser` does it."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        print(f"Chromium {browser.version}")
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Any]]:
    """Starts the example with a database of its own: (environment) -> URL, process."""
    from server import gunicorn, manage, migrate

    with ExitStack() as servers:

        def start(**given: str) -> tuple[str, Any]:
            directory = tmp_path_factory.mktemp("server")
            environment = {
                "DJANGO_SETTINGS_MODULE": "tests.browser.settings",
                "PYTHONPATH": str(ROOT),
                "DEBUG": "1",
                "DEMO": "1",
                "DATABASE_URL": f"sqlite:///{directory}/db.sqlite3",
                **given,
            }
            migrate(environment)
            if environment["DEMO"] == "1":
                manage(environment, "make_demo_user")
            return servers.enter_context(gunicorn(environment, workers=1))

        yield start


@pytest.fixture(scope="session")
def url(serve: Callable[..., Any]) -> str:
    """That of a server that all tests share."""
    address: str = serve()[0]
    return address


@pytest.fixture
def visit(
    chromium: Any, url: str, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Visit]]:
    """Opens the page in a context of its own: (URL, context's options) -> Visit.

    When the test is over each one is photographed, and must have had nothing to complain about.
    """
    visits: list[Visit] = []

    def open_page(address: str = "", /, **options: Any) -> Visit:
        visits.append(Visit(chromium, address or url, **options))
        return visits[-1]

    yield open_page
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    name = request.node.name.removeprefix("test_")
    for number, opened in enumerate(visits):
        suffix = f"-{number}" if number else ""
        safe = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in name)
        opened.page.screenshot(path=Path(SCREENSHOTS, f"{safe}{suffix}.png"), full_page=True)
    complaints = [complaint for opened in visits for complaint in opened.close()]
    assert complaints == []
