"""What a library's views answer to the same requests, with its blacklist app. Writes JSON.

New tokens in answers are left out: only that they are there is compared.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from rest_framework.test import APIClient  # noqa: E402

from tests.drf.malformed import BAD_TIMES_AND_IDS, BAD_USER_IDS  # noqa: E402
from tests.drf.support import ABSENT, claims, token  # noqa: E402

client = APIClient(raise_request_exception=False)
ANSWERS: dict[str, Any] = {}

# Beside those of simplejwt without an app: of the blacklist's making.
MALFORMED = [
    {},
    {"jti": "x" * 255},
    {"exp": 1},
    {"token_type": "access"},
    {"token_type": ABSENT},
    {"exp": ABSENT, "token_type": "access"},
    {"user_id": ABSENT},
    {"user_id": "99999"},
    *BAD_TIMES_AND_IDS,
    *BAD_USER_IDS,
]


def ask(name: str, path: str, body: Any, method: str = "post") -> Any:
    response = client.generic(
        method.upper(), path, json.dumps(body), content_type="application/json"
    )
    is_json = response.headers.get("Content-Type", "").startswith("application/json")
    answered = json.loads(response.content) if is_json else "no JSON"
    answer = dict(answered) if isinstance(answered, dict) else answered
    if isinstance(answer, dict):
        answer.pop("description", None)  # of OPTIONS: the docstring's
        for field in ("access", "refresh", "token"):
            if isinstance(answer.get(field), str) and response.status_code == 200:
                answer[field] = "a token"
    ANSWERS[name] = [response.status_code, response.headers.get("WWW-Authenticate"), answer]
    return answered


def use_up(kind: str, raw: str) -> None:
    """Everything that a refresh or sliding token is taken for, before and after the blacklist."""
    for time in ("first", "second"):
        name = f"{kind}, {time}"
        ask(f"{name}: verify", "/verify/", {"token": raw})
        if kind.startswith("sliding"):
            ask(f"{name}: refresh", "/sliding/refresh/", {"token": raw})
        else:
            ask(f"{name}: refresh", "/refresh/", {"refresh": raw})
        ask(f"{name}: blacklist", "/blacklist/", {"refresh": raw})
        ask(f"{name}: verify afterwards", "/verify/", {"token": raw})


def main() -> None:
    call_command("migrate", run_syncdb=True, verbosity=0)
    user = User.objects.create_user("anna", password="a password")
    credentials = {"username": "anna", "password": "a password"}

    pair = ask("obtain", "/token/", credentials)
    use_up("refresh", pair["refresh"])
    pair = ask("obtain again", "/token/", credentials)
    rotated = ask("rotate", "/refresh/", {"refresh": pair["refresh"]})
    use_up("rotated", rotated.get("refresh", pair["refresh"]))
    use_up("sliding", ask("sliding", "/sliding/", credentials)["token"])
    use_up("unknown", token(claims("refresh", user_id=str(user.pk), jti="unknown")))
    use_up("access", pair["access"])

    for path, field in (
        ("/refresh/", "refresh"),
        ("/blacklist/", "refresh"),
        ("/verify/", "token"),
        ("/sliding/refresh/", "token"),
    ):
        for value in (None, "", 5, [], "x", "a.b.c", "a\0b", "\ud800"):
            ask(f"{path} {value!r}", path, {field: value})
        ask(f"{path} nothing", path, {})
        kind = "sliding" if path.startswith("/sliding") else "refresh"
        for number, changes in enumerate(MALFORMED):
            payload = {"user_id": str(user.pk), "jti": f"{path}{number}", **changes}
            if payload.pop("token_type", kind) is ABSENT or "token_type" in changes:
                payload["token_type"] = changes["token_type"]
            shown = repr(changes).replace(repr(ABSENT), "ABSENT")[:200]
            ask(f"{path} {shown}", path, {field: token(claims(kind, **payload))})
    for method in ("get", "put", "delete", "patch", "options"):
        ask(f"{method} /blacklist/", "/blacklist/", {}, method)

    User.objects.update(is_active=False)
    raw = token(claims("refresh", user_id=str(user.pk), jti="inactive"))
    ask("inactive: refresh", "/refresh/", {"refresh": raw})
    ask("inactive: blacklist", "/blacklist/", {"refresh": raw})
    json.dump(ANSWERS, sys.stdout)


main()
