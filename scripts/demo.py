"""Runs the example under Gunicorn on a free port, walks through its API over HTTP, and times it.

Every request and answer is printed. Exit status 0 only if every answer was the expected one; what
was started is stopped in any case. `make demo` builds the extension and runs this.
"""

import argparse
import http.client
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from server import gunicorn, migrate

import pyjwtfast

HERE = Path(__file__).resolve().parent
TOKEN = re.compile(r"\b(eyJ[\w-]+)\.[\w-]+\.([\w-]+)")


def shortened(text: str) -> str:
    """The text with its tokens cut down to the start of the header and that of the signature."""
    return TOKEN.sub(lambda found: f"{found[1][:12]}...{found[2][:8]}...", text)


class UnexpectedAnswerError(Exception):
    """An answer was not the expected one."""


@dataclass
class Walk:
    """The requests of one walk through the API at `url`."""

    url: str
    steps: int = 0

    def request(
        self,
        title: str,
        method: str,
        path: str,
        *,
        body: dict[str, str] | None = None,
        token: str | None = None,
        status: int,
        contains: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Sends one request, prints it and its answer, and returns the JSON of the answer.

        `contains` are members that this must have, with exactly these values. Raises
        UnexpectedAnswerError for another status or without these members.
        """
        self.steps += 1
        content = None if body is None else json.dumps(body)
        headers = {} if content is None else {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        print(f"\n{self.steps}. {title}")
        words = [f"curl -X {method} {self.url}{path}"]
        words += [f"-H '{name}: {shortened(value)}'" for name, value in headers.items()]
        if content is not None:
            words.append(f"-d '{shortened(content)}'")
        print("   $ " + " \\\n        ".join(words))

        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        connection.request(method, path, content, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        print(f"   < {answer.status} {answer.reason}")
        challenge = answer.getheader("WWW-Authenticate")
        if challenge:
            print(f"   < WWW-Authenticate: {challenge}")
        try:
            members: dict[str, Any] = json.loads(text)
        except ValueError:
            members = {}
        else:
            text = json.dumps(members)
        lines = textwrap.wrap(shortened(text), 96, break_long_words=False, break_on_hyphens=False)
        print(textwrap.indent("\n".join(lines), "   < "))

        expected = contains or {}
        if answer.status != status or not expected.items() <= members.items():
            wanted = f"{status} {json.dumps(expected) if expected else ''}".rstrip()
            raise UnexpectedAnswerError(f"The answer to {self.steps} should have been {wanted}")
        return members


def walk_through(url: str, signing_key: str) -> Walk:
    """Login, protected call, wrong and expired tokens, refresh. `signing_key` is the server's."""
    walk = Walk(url)
    username = f"ada-{secrets.token_hex(4)}"
    user = {"username": username, "password": "analytical-engine"}

    walk.request(
        "A public endpoint",
        "GET",
        "/api/about/",
        status=200,
        contains={"service": "notes", "signed_in": False},
    )
    walk.request(
        "Sign up", "POST", "/api/signup/", body=user, status=201, contains={"username": username}
    )
    walk.request(
        "A protected endpoint without a token",
        "GET",
        "/api/notes/",
        status=401,
        contains={"detail": "Authentication credentials were not provided."},
    )
    walk.request(
        "Login with a wrong password",
        "POST",
        "/api/token/",
        body={**user, "password": "difference-engine"},
        status=401,
        contains={"detail": "No active account found with the given credentials"},
    )
    pair = walk.request("Login: a pair of tokens", "POST", "/api/token/", body=user, status=200)
    access, refresh = pair["access"], pair["refresh"]
    walk.request(
        "Protected call: add a note",
        "POST",
        "/api/notes/",
        body={"text": "weave algebraic patterns"},
        token=access,
        status=201,
        contains={"text": "weave algebraic patterns"},
    )
    walk.request(
        "Protected call: list the user's own notes",
        "GET",
        "/api/notes/",
        token=access,
        status=200,
        contains={"count": 1},
    )
    walk.request(
        "A view with @authentication_classes, answered from the token alone",
        "GET",
        "/api/whoami/",
        token=access,
        status=200,
    )

    def refusal(message: str) -> dict[str, Any]:
        return {
            "detail": "Given token not valid for any token type",
            "code": "token_not_valid",
            "messages": [
                {"token_class": "AccessToken", "token_type": "access", "message": message}
            ],
        }

    claims = pyjwtfast.decode(access, signing_key, algorithms=["HS256"])
    other_user = {**claims, "user_id": "1000000"}
    walk.request(
        "A wrong token: other claims, signed with another key",
        "GET",
        "/api/notes/",
        token=pyjwtfast.encode(other_user, secrets.token_hex(32)),
        status=401,
        contains=refusal("Token is invalid"),
    )
    header, payload, signature = access.split(".")
    walk.request(
        "A wrong token: one character of the signature changed",
        "GET",
        "/api/notes/",
        token=f"{header}.{payload}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}",
        status=401,
        contains=refusal("Token is invalid"),
    )
    walk.request(
        "A wrong token: the refresh token",
        "GET",
        "/api/notes/",
        token=refresh,
        status=401,
        contains=refusal("Token has wrong type"),
    )
    now = int(time.time())
    expired = {**claims, "iat": now - 600, "exp": now - 300}
    walk.request(
        "An expired token: signed with the server's own key, expired five minutes ago",
        "GET",
        "/api/notes/",
        token=pyjwtfast.encode(expired, signing_key),
        status=401,
        contains=refusal("Token is expired"),
    )
    fresh = walk.request(
        "Refresh: a new access token",
        "POST",
        "/api/token/refresh/",
        body={"refresh": refresh},
        status=200,
    )["access"]
    walk.request(
        "Verify the new token",
        "POST",
        "/api/token/verify/",
        body={"token": fresh},
        status=200,
    )
    walk.request(
        "Protected call with the new token",
        "GET",
        "/api/notes/",
        token=fresh,
        status=200,
        contains={"count": 1},
    )
    walk.request(
        "Refresh with an access token",
        "POST",
        "/api/token/refresh/",
        body={"refresh": fresh},
        status=401,
        contains={"detail": "Token has wrong type", "code": "token_not_valid"},
    )
    return walk


def main() -> int:
    argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="environment: DATABASE_URL, by default a temporary SQLite file",
    ).parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as directory:
        environment = {
            "DEBUG": "0",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "DATABASE_URL": os.environ.get("DATABASE_URL") or f"sqlite:///{directory}/demo.sqlite3",
        }
        migrate(environment)
        try:
            with gunicorn(environment) as (url, _):
                print(f"The example runs under Gunicorn at {url}")
                walk = walk_through(url, environment["SECRET_KEY"])
        except (UnexpectedAnswerError, OSError) as error:
            print(f"\nFAILED: {error}\nThe server has been stopped.", file=sys.stderr)
            return 1
    print(f"\nThe server has been stopped. All {walk.steps} answers were the expected ones.\n")
    sys.stdout.flush()
    return subprocess.run([sys.executable, str(HERE / "compare.py")]).returncode


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
