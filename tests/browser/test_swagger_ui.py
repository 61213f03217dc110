"""Swagger UI at /api/docs/: the bearer scheme works from the page, under the strict policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from .visit import CREDENTIALS, Visit


def execute(page: Any, operation: str) -> str:
    """Tries the operation out; the status of the answer that the page shows."""
    block = page.locator(f"#operations-{operation}")
    if not block.get_by_role("button", name="Execute").count():
        block.locator(".opblock-summary-control").click()
        block.get_by_role("button", name="Try it out").click()
    else:
        block.get_by_role("button", name="Clear").click()
    block.get_by_role("button", name="Execute").click()
    status = block.locator(".live-responses-table .response-col_status").last
    status.wait_for()
    text: str = status.inner_text()
    return text.split()[0]


def test_authorize_and_try_the_protected_endpoint(visit: Callable[..., Visit]) -> None:
    opened = visit(path="/api/docs/", statuses=(401,))
    page = opened.page
    assert page.title() == "Notes: API reference"
    answer = opened.context.request.post(f"{opened.url}/api/token/", data=CREDENTIALS)
    token = answer.json()["access"]

    assert execute(page, "whoami-whoami_retrieve") == "401"
    page.locator(".scheme-container").get_by_role("button", name="Authorize").click()
    window = page.locator(".dialog-ux")
    expect(window).to_contain_text("jwtAuth", timeout=30_000)
    window.locator("input").fill(token)
    window.get_by_role("button", name="Apply credentials").click()
    window.get_by_role("button", name="Close").last.click()
    assert execute(page, "whoami-whoami_retrieve") == "200"
    assert execute(page, "notes-notes_list") == "200"
    expect(page.locator("#operations-notes-notes_list .highlight-code").first).to_contain_text(
        "Weave algebraic patterns"
    )
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert all(token not in sent.url for sent in opened.requests)


def test_it_is_there_on_a_phone_and_lists_every_endpoint(visit: Callable[..., Visit]) -> None:
    opened = visit(path="/api/docs/", viewport={"width": 390, "height": 844})
    paths = opened.page.locator(".opblock-summary-path")
    expect(paths).to_have_count(9, timeout=30_000)
    # Swagger UI breaks long paths at their slashes, with characters that have no width.
    assert [text.replace("\u200b", "") for text in paths.all_inner_texts()] == [
        "/api/about/",
        "/api/notes/",
        "/api/notes/",
        "/api/signup/",
        "/api/token/",
        "/api/token/blacklist/",
        "/api/token/refresh/",
        "/api/token/verify/",
        "/api/whoami/",
    ]
