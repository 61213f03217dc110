"""One visit to the page: what a person does there, and what must never be seen while it lasts."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent.parent
SCREENSHOTS = ROOT / "build" / "screenshots"
OPTIONS = [
    *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
CREDENTIALS = {"username": "ada", "password": "analytical-engine"}

WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.effectiveDirective} ${event.blockedURI}`);
});
"""
# Wherever a page could leave something: (storage) -> its text.
PLACES = """async () => ({
  localStorage: JSON.stringify({ ...localStorage }),
  sessionStorage: JSON.stringify({ ...sessionStorage }),
  "document.cookie": document.cookie,
  indexedDB: JSON.stringify(await indexedDB.databases()),
  caches: window.caches ? JSON.stringify(await caches.keys()) : "",
  "the address": location.href,
  "the page": document.documentElement.outerHTML,
  "history.state": JSON.stringify(history.state),
  "window.name": window.name,
  "a field": [...document.querySelectorAll("input")].map((input) => input.value).join("\\n"),
})"""


class Visit:
    """A page in a browser context of its own.

    statuses: error answers that the test provokes, and Chromium reports on the console.
    """

    def __init__(
        self,
        chromium: Any,
        url: str,
        path: str = "/",
        statuses: tuple[int, ...] = (),
        **options: Any,
    ):
        self.url = url.rstrip("/")
        self.statuses = statuses
        self.unreachable = False  # whether the test stops the server
        options.setdefault("viewport", DESK)
        self.context = chromium.new_context(**options)
        self.context.set_default_timeout(30_000)
        self.context.add_init_script(WATCH)
        self.page = self.context.new_page()
        self.console: list[str] = []
        self.requests: list[Any] = []
        self.responses: list[Any] = []
        self.violations: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.console.append(str(error)))
        self.page.on("request", lambda sent: self.requests.append(sent))
        self.page.on("response", lambda got: self.responses.append(got))
        self.page.goto(f"{self.url}{path}")

    def _console(self, message: Any) -> None:
        if message.type not in ("error", "warning"):
            return
        expected = [f"the server responded with a status of {status}" for status in self.statuses]
        if self.unreachable:
            expected.append("net::ERR_")
        if not any(part in message.text for part in expected):
            self.console.append(message.text)

    # --- What a person does ---

    def log_in(self, **changed: str) -> None:
        """Types the demo user's name and password, or what is given in their place."""
        for name, text in {**CREDENTIALS, **changed}.items():
            self.page.get_by_label({"username": "User name", "password": "Password"}[name]).fill(
                text
            )
        self.press("Log in", 0)

    def press(self, button: str, number: int = -1) -> None:
        """Clicks the button; of several with that name the one of that number."""
        self.page.get_by_role("button", name=button, exact=True).nth(number).click()

    def result(self, step: str) -> str:
        """What is said below a step (login, call, refresh, reuse, logout), once it is said."""
        words = self.page.locator(f"#{step}-result[aria-busy=false] .words")
        words.wait_for()
        text: str = words.inner_text()
        return text

    def claims(self, token: str = "access") -> dict[str, str]:
        """The claims of the access or refresh token that the page shows."""
        section = {"access": "#access", "refresh": "#refresh-token"}[token]
        rows = self.page.locator(f"{section} .claims-list > div").all()
        return {row.locator("dt").inner_text(): row.locator(".value").inner_text() for row in rows}

    def active(self) -> str:
        """The name of what has the keyboard's focus: its text, label or id."""
        name: str = self.page.evaluate(
            """() => {
              const active = document.activeElement;
              return active.labels?.[0]?.textContent || active.textContent.trim() || active.id;
            }"""
        )
        return name

    # --- What must never be ---

    def tokens(self, kind: str = "") -> list[str]:
        """Every token (of that type: access, refresh) that the server has given to this page."""
        found = []
        for response in self.responses:
            path = urlsplit(response.url).path
            if path.startswith("/api/token/") and response.status == 200:
                body = response.json()
                found += [
                    body[name] for name in ("access", "refresh") if name in body and kind in name
                ]
        return found

    def leaks(self) -> list[str]:
        """Where a token, or what of it is secret, can be found but in the page's variables."""
        signatures = [token.rpartition(".")[2] for token in self.tokens()]
        places: dict[str, str] = self.page.evaluate(PLACES)
        places["a cookie"] = json.dumps(self.context.cookies())
        places["the address of a request"] = "\n".join(sent.url for sent in self.requests)
        return [
            place
            for place, text in places.items()
            if any(signature in text for signature in signatures)
        ]

    def sideways(self) -> int:
        """By how many pixels the page can be scrolled sideways."""
        pixels: int = self.page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return pixels

    def close(self) -> list[str]:
        """Ends the visit; what was wrong in it."""
        self.violations += self.page.evaluate("window.violations")
        elsewhere = [
            sent.url for sent in self.requests if not sent.url.startswith(("data:", f"{self.url}/"))
        ]
        cookies = [cookie["name"] for cookie in self.context.cookies()]
        self.context.close()
        return [
            *(f"console: {text}" for text in self.console),
            *(f"Content-Security-Policy: {text}" for text in self.violations),
            *(f"request to another server: {address}" for address in elsewhere),
            *(f"cookie: {name}" for name in cookies),
        ]
