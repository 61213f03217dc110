"""Claims, tokens and requests for the tests of this folder."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.conf import settings
from rest_framework.test import APIClient

from tests.support import forge

ABSENT = object()


class Raw(str):
    """A claim's value as JSON text, for what `json` would not write."""


def claims(token_type: str = "access", /, **changes: Any) -> dict[str, Any]:
    """The claims of a good token of user 1; a change to ABSENT leaves one out."""
    now = int(time.time())
    base = {
        "token_type": token_type,
        "exp": now + 300,
        "iat": now - 10,
        "jti": "0123456789abcdef0123456789abcdef",
        "user_id": "1",
    }
    if token_type == "sliding":
        base["refresh_exp"] = now + 600
    return {name: value for name, value in {**base, **changes}.items() if value is not ABSENT}


def token(payload: Mapping[str, Any]) -> str:
    """These claims, well signed with SECRET_KEY, by the standard library alone."""
    members = (
        f"{json.dumps(name)}:{value if isinstance(value, Raw) else json.dumps(value)}"
        for name, value in payload.items()
    )
    return forge(f"{{{','.join(members)}}}".encode(), secret=settings.SECRET_KEY)


class Answer(NamedTuple):
    """What a client sees of a response."""

    status: int
    body: Any
    headers: dict[str, str]


def answer(response: Any) -> Answer:
    is_json = response.headers.get("Content-Type", "").startswith("application/json")
    body = json.loads(response.content) if is_json else response.content
    return Answer(response.status_code, body, dict(response.headers))


def get(client: APIClient, path: str, authorization: str | bytes | None = None) -> Answer:
    headers = {} if authorization is None else {"HTTP_AUTHORIZATION": authorization}
    return answer(client.get(path, **headers))


def post(client: APIClient, path: str, body: Any) -> Answer:
    return answer(client.post(path, json.dumps(body), content_type="application/json"))
