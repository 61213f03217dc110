"""A deployment from outside: does a token that a client sends arrive where it is looked at?

Between client and Django stand servers that may keep the Authorization header to themselves, as
Apache does without `WSGIPassAuthorization On`. Django then sees a request without a token, and
nothing in it says that there was one. So a request is sent with a token that can't be valid, and
one without: the two have different answers where the header arrives.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from email.message import Message
from http.client import HTTPException
from typing import IO, Any, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, build_opener

from ...jwks_fetch import NoRedirects
from ..settings import api_settings
from .verdicts import Step

# Of the right form, and signed by nobody.
_TOKEN = "eyJhbGciOiJIUzI1NiJ9.e30.bm9ib2R5"
_SECONDS = 10
_LARGEST_BYTES = 64 * 1024


class _Answer(NamedTuple):
    status: int
    # What the body says, as JSON; {} where it is something else.
    said: dict[str, Any]
    location: str


def look_from_outside(url: str) -> tuple[list[Step], bool]:
    """What requests to a protected view at this address show, and whether all is well.

    Raises ValueError for what is no http or https address, OSError where nobody answers.
    """
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise ValueError(f"{url!r} is no http or https address")
    steps = list(_steps(url))
    return steps, all(step.holds for step in steps)


def _steps(url: str) -> Iterator[Step]:
    scheme = api_settings.header_types[0]
    header = api_settings.AUTH_HEADER_NAME.removeprefix("HTTP_").replace("_", "-").title()
    without = _ask(url, {})
    answer = _ask(url, {header: f"{scheme} {_TOKEN}"})
    if urlsplit(url).scheme == "https":
        yield Step("tls", True, "the address begins with https")
    elif answer.status == 403 != without.status:
        yield Step("tls", True, "a token without TLS is refused")
        return
    elif answer.location.startswith("https:"):
        yield Step(
            "tls",
            False,
            f"redirected to {answer.location}: a token that a client sent here has been seen; "
            "the server in front had better refuse it",
        )
        return
    else:
        yield Step("tls", False, "tokens are taken without TLS: whoever is on the way has them")
    yield _header(header, without, answer)


def _header(name: str, without: _Answer, answer: _Answer) -> Step:
    """Whether the two answers differ as they do where the token has arrived."""
    if answer.said.get("code") == "token_not_valid":
        return Step("header", True, f"{name} arrives: a token that nobody signed is not valid")
    if without.status < 300:
        text = f"{without.status} without a token: name the address of a view that asks for one"
        return Step("header", None, text)
    if answer.status in (401, 403) and answer == without:
        return Step(
            "header",
            False,
            f"{name} does not arrive: with and without it the answer is {answer.status} "
            f"{answer.said.get('detail', '')!r}. Apache with mod_wsgi needs `WSGIPassAuthorization "
            "On`; or the view does not use JWTAuthentication",
        )
    return Step("header", None, f"{answer.status} with a token, {without.status} without")


def _ask(url: str, headers: dict[str, str]) -> _Answer:
    request = Request(url, headers={"Accept": "application/json", **headers})
    try:
        with build_opener(NoRedirects).open(request, timeout=_SECONDS) as found:
            return _read(found.status, found.headers, found)
    except HTTPError as error:
        with error:
            return _read(error.code, error.headers, error)
    except URLError as error:
        raise OSError(str(error.reason)) from error
    except HTTPException as error:
        raise OSError(f"no HTTP: {error!r}") from error


def _read(status: int, headers: Message, body: IO[bytes]) -> _Answer:
    try:
        said = json.loads(body.read(_LARGEST_BYTES))
    except ValueError:
        said = None
    return _Answer(status, said if isinstance(said, dict) else {}, headers.get("Location") or "")
