"""Requests to which every way of authentication has to say the same, and who answers them."""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client

from tests.drf.malformed import BAD_HEADERS, BAD_TIMES_AND_IDS, BAD_USER_IDS
from tests.drf.models import User
from tests.drf.support import ABSENT, Answer, answer, claims, token

CLAIMS: list[dict[str, Any]] = [
    {},
    {"exp": 1},
    {"token_type": ABSENT},
    {"token_type": "refresh"},
    {"user_id": ABSENT},
    {"user_id": "99999"},
    {"user_id": 10**30},
    {"nbf": 4102444800},
    {"iat": "x"},
    {"extra": {"nested": ["é", None]}},
    *BAD_TIMES_AND_IDS,
    *BAD_USER_IDS,
]


def headers(user: User) -> list[Any]:
    """The whole table; the good claims are the user's."""
    tokens = (token(claims(**{"user_id": str(user.pk), **changes})) for changes in CLAIMS)
    return [*BAD_HEADERS, *(f"Bearer {raw}" for raw in tokens)]


def ask(path: str, authorization: Any = None, method: str = "get", **extra: str) -> Answer:
    """What the sync handler answers."""
    given = {} if authorization is None else {"HTTP_AUTHORIZATION": authorization}
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    return answer(getattr(client, method)(path, **given, **extra))


def ask_async(path: str, authorization: Any = None, method: str = "get", **extra: str) -> Answer:
    """What the async handler answers."""
    given = {} if authorization is None else {"Authorization": authorization}
    client = AsyncClient(raise_request_exception=False, enforce_csrf_checks=True)
    call = async_to_sync(getattr(client, method))
    return answer(call(path, headers={**given, **extra}))
