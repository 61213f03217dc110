"""The page that shows a token's life: each step, each error, without and with a mouse."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from .visit import CREDENTIALS, PHONE, SCREENSHOTS, Visit

Open = Callable[..., Visit]


def decoded(segment: str) -> dict[str, Any]:
    padded = segment + "=" * (-len(segment) % 4)
    value: dict[str, Any] = json.loads(base64.urlsafe_b64decode(padded))
    return value


def seconds_left(visit: Visit) -> int:
    minutes, _, seconds = visit.page.locator("#clock-time").inner_text().partition(":")
    return int(minutes) * 60 + int(seconds)


# --- The steps ---


def test_login_shows_header_claims_and_a_countdown(visit: Open) -> None:
    opened = visit()
    assert opened.page.title() == "The life of a token · pyjwtfast"
    for button in ("Who am I?", "List my notes", "Refresh", "Send the old one", "Log out"):
        assert opened.page.get_by_role("button", name=button).is_disabled()
    opened.log_in()
    assert opened.result("login") == (
        "Logged in as ada. The access token is good for 60 seconds, "
        "the refresh token for 10 minutes."
    )
    (access,), (refresh,) = opened.tokens("access"), opened.tokens("refresh")
    for name, token in (("access", access), ("refresh", refresh)):
        claims = decoded(token.split(".")[1])
        assert opened.claims(name) == {claim: str(value) for claim, value in claims.items()}
        assert opened.claims(name)["token_type"] == name
    assert opened.page.locator("#access .header-list .value").all_inner_texts() == ["HS256", "JWT"]
    shown = opened.page.locator("#access .encoded").inner_text()
    head, payload, signature = shown.split(".")
    assert [head, payload] == access.split(".")[:2]
    assert signature == access.split(".")[2][:6] + "…"
    # Its password is not kept for longer than it is needed.
    assert opened.page.get_by_label("Password").input_value() == ""

    first = seconds_left(opened)
    assert 40 < first <= 60
    opened.page.wait_for_timeout(2200)
    assert first - 4 <= seconds_left(opened) <= first - 2
    assert opened.page.locator("#clock-state").inner_text().startswith("Good until ")
    assert opened.leaks() == []


def test_the_demo_user_is_filled_in(visit: Open) -> None:
    opened = visit()
    opened.press("Fill in the demo user")
    assert opened.active() == "Log in"
    opened.page.keyboard.press("Enter")
    assert opened.result("login").startswith("Logged in as ada.")


def test_a_server_that_is_no_demonstration_tells_no_password(
    visit: Open, serve: Callable[..., Any]
) -> None:
    opened = visit(serve(DEMO="0")[0])
    assert opened.page.get_by_role("button", name="Log in").is_visible()
    text = opened.page.content()
    assert CREDENTIALS["password"] not in text
    assert "demo user" not in text


def test_wrong_password(visit: Open) -> None:
    opened = visit(statuses=(401,))
    opened.log_in(password="difference-engine")
    assert opened.result("login") == "Wrong user name or password."
    assert opened.active() == "Password"
    assert opened.page.get_by_role("button", name="Refresh").is_disabled()
    # And again, rightly: nothing is left of the error.
    opened.log_in()
    opened.page.get_by_text("Logged in as ada.").wait_for()
    assert opened.page.get_by_text("Wrong user name").count() == 0


def test_empty_fields_are_named_and_nothing_is_sent(visit: Open) -> None:
    opened = visit()
    opened.press("Log in")
    name, password = (opened.page.get_by_label(label) for label in ("User name", "Password"))
    assert opened.active() == "User name"
    for field, message in ((name, "Type your user name."), (password, "Type your password.")):
        assert field.get_attribute("aria-invalid") == "true"
        described = opened.page.locator(f"#{field.get_attribute('aria-describedby')}")
        assert described.inner_text() == message
    assert [sent.url for sent in opened.requests if "/api/" in sent.url] == []
    name.fill("ada")
    opened.press("Log in")
    assert opened.active() == "Password"
    assert name.get_attribute("aria-invalid") is None


def test_what_the_server_says_of_a_field_stands_at_the_field(visit: Open) -> None:
    opened = visit(statuses=(400,))
    opened.log_in(username="a\x00da")
    error = opened.page.locator("#username-error")
    expect(error).to_have_text("Null characters are not allowed.", timeout=30_000)
    assert opened.active() == "User name"


def test_calling_the_api(visit: Open) -> None:
    opened = visit()
    opened.log_in()
    opened.result("login")
    opened.press("Who am I?")
    assert opened.result("call").startswith("You are user 1, until ")
    opened.press("List my notes")
    opened.page.get_by_text("You have 2 notes.").wait_for()
    notes = opened.page.locator("#call-result li").all_inner_texts()
    assert notes == ["Compute the Bernoulli numbers", "Weave algebraic patterns"]
    calls = [sent for sent in opened.requests if "/api/" in sent.url]
    assert [sent.url.removeprefix(opened.url) for sent in calls] == [
        "/api/token/",
        "/api/whoami/",
        "/api/notes/",
    ]
    bearer = f"Bearer {opened.tokens('access')[0]}"
    assert [sent.headers.get("authorization") for sent in calls] == [None, bearer, bearer]
    assert opened.leaks() == []


def test_a_refresh_changes_ids_and_times_and_what_changed_is_shown(visit: Open) -> None:
    opened = visit()
    opened.log_in()
    opened.result("login")
    before = {name: opened.claims(name) for name in ("access", "refresh")}
    opened.page.wait_for_timeout(1100)  # else the times are the same
    opened.press("Refresh")
    assert opened.result("refresh") == "Refreshed: two new tokens, with ids and times of their own."
    rows = opened.page.locator(".diff tbody tr").all()
    assert [row.locator("th").inner_text() for row in rows] == [
        "access jti",
        "access exp",
        "refresh jti",
        "refresh exp",
    ]
    for name, section in (("access", "#access"), ("refresh", "#refresh-token")):
        after = opened.claims(name)
        changed = {claim for claim in after if after[claim] != before[name][claim]}
        assert changed == {"jti", "exp", "iat"}
        marked = opened.page.locator(f"{section} .claims-list mark").all_inner_texts()
        assert sorted(marked) == sorted(after[claim] for claim in changed)
        row = rows[0] if name == "access" else rows[2]
        assert row.locator("del").inner_text() == before[name]["jti"][:8] + "…"
        assert row.locator("ins").inner_text() == after["jti"][:8] + "…"
    opened.press("Who am I?")
    assert opened.result("call").startswith("You are user 1")
    assert len(set(opened.tokens())) == 4
    assert opened.leaks() == []


def test_the_old_refresh_token_is_refused_and_the_new_one_is_not(visit: Open) -> None:
    opened = visit(statuses=(401,))
    opened.log_in()
    opened.result("login")
    assert opened.page.get_by_role("button", name="Send the old one").is_disabled()
    opened.press("Refresh")
    opened.result("refresh")
    opened.press("Send the old one")
    assert opened.result("reuse") == (
        "Refused, as it should be: Token is blacklisted. The new one goes on working."
    )
    assert opened.page.locator("#wire .status").first.inner_text() == "401"
    opened.press("Refresh")
    expect(opened.page.locator("#reuse-result")).to_have_text("", timeout=30_000)
    assert opened.page.locator("#wire .status").first.inner_text() == "200"
    assert opened.leaks() == []


def test_logging_out_ends_the_session_here_and_there(visit: Open) -> None:
    opened = visit()
    opened.log_in()
    opened.result("login")
    (refresh,) = opened.tokens("refresh")
    opened.press("Log out")
    assert opened.result("logout").startswith("Logged out. The refresh token is blacklisted")
    assert opened.active() == "User name"
    for button in ("Who am I?", "Refresh", "Send the old one", "Log out"):
        assert opened.page.get_by_role("button", name=button).is_disabled()
    assert opened.claims() == {}
    assert opened.page.locator("#clock-state").inner_text() == "None yet"
    answer = opened.context.request.post(
        f"{opened.url}/api/token/refresh/", data={"refresh": refresh}
    )
    assert (answer.status, answer.json()["detail"]) == (401, "Token is blacklisted")
    assert opened.leaks() == []


def test_reloading_forgets_the_tokens(visit: Open) -> None:
    opened = visit()
    opened.log_in()
    opened.result("login")
    opened.page.reload()
    assert opened.page.get_by_role("button", name="Log out").is_disabled()
    assert opened.claims() == {}


def test_every_request_is_listed_with_its_secrets_cut(visit: Open) -> None:
    opened = visit(statuses=(401,))
    opened.log_in()
    opened.result("login")
    opened.press("List my notes")
    opened.result("call")
    listed = opened.page.locator("#wire summary")
    assert [" ".join(line.split()[:3]) for line in listed.all_inner_texts()] == [
        "GET /api/notes/ 200",
        "POST /api/token/ 200",
    ]
    for entry in listed.all():
        entry.click()
    text = opened.page.locator("#wire").inner_text()
    assert "Authorization: Bearer eyJ" in text
    assert '"username":"ada","password":"•••"' in text
    assert CREDENTIALS["password"] not in text
    assert opened.leaks() == []


# --- What goes wrong ---


def test_expiry_is_announced_and_said_in_words(visit: Open, serve: Callable[..., Any]) -> None:
    url, _ = serve(ACCESS_TOKEN_SECONDS="4", REFRESH_TOKEN_SECONDS="12")
    opened = visit(url, statuses=(401,))
    opened.log_in()
    assert "good for 4 seconds, the refresh token for 12 seconds" in opened.result("login")
    news = opened.page.locator("#clock-news")
    clock = opened.page.locator("#clock")
    expect(clock).to_have_attribute("data-state", "over", timeout=30_000)
    assert opened.page.locator("#clock-time").inner_text() == "0:00"
    assert opened.page.locator("#clock-state").inner_text() == "Expired: refresh to go on"
    assert news.inner_text() == "The access token has expired."
    assert news.get_attribute("role") == "status"
    opened.press("Who am I?")
    assert opened.result("call") == "Refused: Token is expired. Refresh it, below, and try again."
    opened.press("Refresh")
    opened.result("refresh")
    opened.press("Who am I?")
    opened.page.get_by_text("You are user 1").wait_for()
    state = opened.page.locator("#clock-state")
    expect(state).to_have_text("Expired: log in again", timeout=40_000)
    opened.press("Refresh")
    opened.page.get_by_text("The refresh token has expired, too: log in again.").wait_for()
    opened.press("Log out")
    assert opened.result("logout").startswith("Logged out. The refresh token was of no use")


def test_a_server_that_is_down(visit: Open, serve: Callable[..., Any]) -> None:
    url, server = serve()
    opened = visit(url)
    opened.log_in()
    opened.result("login")
    server.terminate()
    server.wait(timeout=30)
    opened.unreachable = True
    words = "The server does not answer. Is it running? Try again in a moment."
    for button, step in (("Who am I?", "call"), ("Refresh", "refresh"), ("Log out", "logout")):
        opened.press(button)
        assert opened.result(step) == words
    assert opened.page.locator("#wire .status").first.inner_text() == "no answer"
    # Nothing is lost: it may be there again.
    assert opened.claims()["token_type"] == "access"
    opened.log_in()
    opened.page.locator("#login-result").get_by_text(words).wait_for()


@pytest.mark.parametrize(
    ("status", "headers", "body", "words"),
    [
        (500, {}, "<h1>Server Error</h1>", "The server has failed (status 500)."),
        (502, {}, "<h1>Bad Gateway</h1>", "The server has failed (status 502)."),
        (429, {"Retry-After": "30"}, '{"detail": "Throttled."}', "Try again in 30 seconds."),
        (404, {}, "<h1>Not Found</h1>", "The answer, of status 404, is not one of the API."),
        (200, {}, "<h1>Welcome</h1>", "The answer, of status 200, is not one of the API."),
        (403, {}, '{"detail": "Not from here."}', "Not from here."),
    ],
)
def test_answers_that_nobody_expects(
    visit: Open, status: int, headers: dict[str, str], body: str, words: str
) -> None:
    opened = visit(statuses=(status,))
    opened.page.route(
        "**/api/token/", lambda route: route.fulfill(status=status, headers=headers, body=body)
    )
    opened.log_in()
    assert words in opened.result("login")
    # What an answer says is shown, never carried out.
    assert opened.page.locator("h1").count() == 1


# --- How it is used ---


def test_without_a_mouse(visit: Open) -> None:
    opened = visit(statuses=(401,))

    def tab_to(name: str, backwards: bool = False) -> None:
        for _ in range(20):
            opened.page.keyboard.press("Shift+Tab" if backwards else "Tab")
            if opened.active() == name:
                break
        assert opened.active() == name
        outline = opened.page.evaluate(
            """() => {
              const style = getComputedStyle(document.activeElement);
              const box = document.activeElement.getBoundingClientRect();
              const inside = box.top >= 0 && box.bottom <= innerHeight;
              return [style.outlineStyle, parseFloat(style.outlineWidth), inside];
            }"""
        )
        assert outline == ["solid", 3, True], name

    opened.page.keyboard.press("Tab")
    assert opened.active() == "Skip to the steps"
    assert opened.page.locator(".skip").bounding_box()["y"] >= 0
    order = ["API reference", "User name", "Password", "Log in", "Fill in the demo user"]
    for name in order:
        opened.page.keyboard.press("Tab")
        assert opened.active() == name
    tab_to("User name", backwards=True)
    opened.page.keyboard.type("ada")
    tab_to("Password")
    opened.page.keyboard.type(CREDENTIALS["password"])
    opened.page.keyboard.press("Enter")
    opened.result("login")
    # From here the next Tab leads on to the next step.
    opened.page.keyboard.press("Tab")
    assert opened.active() == "Who am I?"
    opened.page.keyboard.press("Enter")
    assert opened.result("call").startswith("You are user 1")
    tab_to("Refresh")
    opened.page.keyboard.press("Space")
    opened.result("refresh")
    assert opened.active() == "Refresh"
    tab_to("Send the old one")
    opened.page.keyboard.press("Enter")
    assert opened.result("reuse").startswith("Refused, as it should be")
    # A list of requests follows the steps; its newest is the refusal.
    tab_to("Log out")
    opened.page.keyboard.press("Tab")
    opened.page.keyboard.press("Enter")
    assert opened.page.locator("#wire details[open]").count() == 1
    tab_to("Log out", backwards=True)
    opened.page.keyboard.press("Enter")
    assert opened.result("logout").startswith("Logged out.")
    assert opened.active() == "User name"


def test_results_are_read_out(visit: Open) -> None:
    opened = visit()
    for step in ("login", "call", "refresh", "reuse", "logout"):
        place = opened.page.locator(f"#{step}-result")
        assert place.evaluate("element => element.tagName") == "OUTPUT"  # whose role is status
        assert place.get_attribute("aria-live") is None
    assert opened.page.locator("#clock-time").get_attribute("aria-live") == "off"


def whole_life(opened: Visit) -> None:
    """All steps but the last, and all details opened."""
    opened.statuses = (401,)
    opened.log_in()
    opened.result("login")
    opened.press("List my notes")
    opened.result("call")
    opened.press("Refresh")
    opened.result("refresh")
    opened.press("Send the old one")
    opened.result("reuse")
    for entry in opened.page.locator("#wire summary").all():
        entry.click()


@pytest.mark.parametrize("width", [320, 390, 768])
def test_nothing_is_wider_than_the_screen(visit: Open, width: int) -> None:
    opened = visit(viewport={"width": width, "height": 844}, has_touch=True, is_mobile=True)
    assert opened.sideways() == 0
    whole_life(opened)
    assert opened.sideways() == 0
    for button in opened.page.get_by_role("button").all():
        assert button.bounding_box()["height"] >= 44
    # The countdown stays in sight.
    opened.page.get_by_role("button", name="Log out").scroll_into_view_if_needed()
    box = opened.page.locator("#clock-time").bounding_box()
    assert 0 <= box["y"] < 100


def test_on_a_desk_tokens_stand_beside_the_steps(visit: Open) -> None:
    opened = visit()
    whole_life(opened)
    assert opened.sideways() == 0
    steps, access = (opened.page.locator(name).bounding_box() for name in (".steps", "#access"))
    assert access["x"] > steps["x"] + steps["width"]
    # As docs/assets/token-page.png shows it.
    opened.page.evaluate("scrollTo(0, 0)")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    opened.page.screenshot(path=SCREENSHOTS / "token-page.png")
    opened.page.get_by_role("button", name="Log out").scroll_into_view_if_needed()
    assert 0 <= opened.page.locator("#clock-time").bounding_box()["y"] < 100


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", ["desk", "phone"])
def test_accessibility_by_axe(visit: Open, scheme: str, viewport: str) -> None:
    options = {"viewport": PHONE} if viewport == "phone" else {}
    opened = visit(color_scheme=scheme, **options)

    def violations() -> list[str]:
        found = Axe().run(opened.page)
        assert len(found.response["passes"]) > 20
        return [
            f"{entry['id']}: {node['html'][:120]} {node['failureSummary']}"
            for entry in found.response["violations"]
            for node in entry["nodes"]
        ]

    assert violations() == []
    opened.press("Log in", 0)
    assert violations() == []  # with errors at the fields
    whole_life(opened)
    assert violations() == []


def test_the_colours_follow_the_system(visit: Open) -> None:
    backgrounds = [
        visit(color_scheme=scheme).page.evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]
    assert backgrounds == ["rgb(251, 250, 246)", "rgb(21, 24, 27)"]


# --- That the watch can see ---


@pytest.mark.parametrize(
    ("place", "script"),
    [
        ("localStorage", "token => localStorage.setItem('token', token)"),
        ("sessionStorage", "token => sessionStorage.setItem('token', token)"),
        ("document.cookie", "token => { document.cookie = `token=${token}` }"),
        ("the address", "token => { location.hash = token }"),
        ("the page", "token => { document.body.dataset.token = token }"),
        ("history.state", "token => history.replaceState({ token }, '')"),
        ("window.name", "token => { window.name = token }"),
        ("a field", "token => { document.getElementById('username').value = token }"),
        ("the address of a request", "async token => { await fetch(`/?token=${token}`) }"),
    ],
)
def test_a_token_that_is_left_somewhere_is_found(visit: Open, place: str, script: str) -> None:
    opened = visit()
    opened.log_in()
    opened.result("login")
    assert opened.leaks() == []
    opened.page.evaluate(script, opened.tokens()[0])
    assert place in opened.leaks()
    opened.context.clear_cookies()


def test_a_script_in_the_page_does_not_run(visit: Open) -> None:
    opened = visit()
    for script in (
        "const script = document.createElement('script'); script.textContent = 'window.ran = 1';"
        "document.body.append(script)",
        "document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">')",
    ):
        opened.page.evaluate(f"() => {{ {script} }}")
    time.sleep(0.2)
    assert opened.page.evaluate("window.ran") is None
    seen = opened.page.evaluate("window.violations.splice(0)")
    assert set(seen) == {"script-src-elem inline", "style-src-attr inline"}
    assert opened.console != []
    opened.console.clear()


def test_without_scripts_no_password_goes_into_the_address(visit: Open, chromium: Any) -> None:
    address = visit().url
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/")
    page.get_by_label("Password").fill(CREDENTIALS["password"])
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    # The key alone: press() of a field would wait for the page that must not come.
    page.keyboard.press("Enter")
    page.wait_for_timeout(500)
    assert page.url == f"{address}/"
    assert sent == []
    context.close()
