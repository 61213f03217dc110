"""A process that answers requests by each mode, and changes users, as it is told line by line.

As peers/requests.py; but through views, and its clock for cached users only moves when it is told.
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from typing import Any

import django

django.setup()

from django.contrib.auth.models import Permission, User  # noqa: E402
from django.test import override_settings  # noqa: E402
from rest_framework.test import APIClient  # noqa: E402

from pyjwtfast.drf.tokens import AccessToken  # noqa: E402
from pyjwtfast.drf.user_cache import invalidate_user, memory  # noqa: E402

client = APIClient(raise_request_exception=False)
stack = ExitStack()
seconds = 1000.0
assert callable(memory.monotonic)  # it is where it is looked for
memory.monotonic = lambda: seconds


def configure(**simple_jwt: Any) -> None:
    """Has these settings, and nothing in memory: a process that has just begun."""
    stack.close()
    stack.enter_context(override_settings(SIMPLE_JWT=simple_jwt))


def later(by: float) -> None:
    global seconds
    seconds += by


def create(name: str) -> list[Any]:
    """A new user's primary key, and an access token of his that has his name."""
    user = User.objects.create_user(name, password="a password")
    token = AccessToken.for_user(user)
    token["username"] = name
    return [user.pk, str(token)]


def ask(path: str, token: str) -> list[Any]:
    response = client.get(path, HTTP_AUTHORIZATION=f"Bearer {token}")
    return [response.status_code, json.loads(response.content)]


def change(how: str, pk: int) -> None:
    CHANGES[how](User.objects.get(pk=pk))


def save(user: User, **values: Any) -> None:
    vars(user).update(values)
    user.save()


def set_password(user: User) -> None:
    user.set_password("another")
    user.save()


def update(user: User) -> None:
    User.objects.filter(pk=user.pk).update(username=f"new {user.pk}")


def update_and_say_so(user: User) -> None:
    update(user)
    invalidate_user(user)


CHANGES: dict[str, Any] = {
    "saved": lambda user: save(user, username=f"new {user.pk}"),
    "deactivated": lambda user: save(user, is_active=False),
    "deleted": lambda user: user.delete(),
    "password": set_password,
    "permission": lambda user: user.user_permissions.add(
        Permission.objects.get(codename="view_group")
    ),
    "update()": update,
    "update(), invalidate_user()": update_and_say_so,
}
COMMANDS = {each.__name__: each for each in (configure, later, create, ask, change)}

if __name__ == "__main__":
    for line in sys.stdin:
        command, arguments, options = json.loads(line)
        print(json.dumps(COMMANDS[command](*arguments, **options)), flush=True)
