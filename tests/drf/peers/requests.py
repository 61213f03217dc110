"""A process that answers requests for itself, and changes users, as it is told on standard input.

Each line is JSON: a command and its arguments. The answer is a line of JSON.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.contrib.auth.signals import user_logged_in  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from rest_framework.exceptions import AuthenticationFailed  # noqa: E402
from rest_framework.test import APIRequestFactory  # noqa: E402

from pyjwtfast.drf.authentication import JWTAuthentication  # noqa: E402
from pyjwtfast.drf.tokens import AccessToken  # noqa: E402
from pyjwtfast.drf.user_cache import invalidate_user  # noqa: E402


def who(pk: int) -> Any:
    """The name of the user of a request, or why it is refused; and how many queries that took."""
    token = AccessToken()
    token["user_id"] = str(pk)
    request: Any = APIRequestFactory().get("/", HTTP_AUTHORIZATION=f"Bearer {token}")
    with CaptureQueriesContext(connection) as queries:
        try:
            result = JWTAuthentication().authenticate(request)
            assert result is not None
            found = result[0].username
        except AuthenticationFailed as refused:
            found = refused.detail["code"]  # type: ignore[call-overload,index]
    return found, len(queries.captured_queries)


def save(pk: int, **values: Any) -> None:
    user = User.objects.get(pk=pk)
    vars(user).update(values)
    user.save()


def update(pk: int, **values: Any) -> None:
    User.objects.filter(pk=pk).update(**values)
    invalidate_user(pk)


def log_in(pk: int) -> None:
    user = User.objects.get(pk=pk)
    user_logged_in.send(sender=User, user=user, request=None)


def create(names: list[str]) -> list[int]:
    return [User.objects.create_user(name).pk for name in names]


COMMANDS = {each.__name__: each for each in (who, save, update, log_in, create)}

for line in sys.stdin:
    command, arguments, options = json.loads(line)
    print(json.dumps(COMMANDS[command](*arguments, **options)), flush=True)
