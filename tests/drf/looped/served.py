"""The application that Uvicorn serves: a slow database, and a pulse that a blocked loop misses."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.db.backends.signals import connection_created
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

# Seconds that each statement takes.
DELAY = float(os.environ.get("LOOPED_DELAY", "0"))
BEAT = 0.01

http = get_asgi_application()

from pyjwtfast.drf.asgi import JWTAuthMiddleware  # noqa: E402 - needs the apps
from pyjwtfast.drf.authentication import JWTAuthentication  # noqa: E402
from tests.drf.looped.consumers import Told  # noqa: E402
from tests.drf.looped.views import by_hand, plain, plain_async  # noqa: E402
from tests.drf.views import WhoAmI  # noqa: E402


def make_slow(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    if context["connection"].vendor == "postgresql" and not sql.startswith("SELECT pg_sleep"):
        with context["connection"].connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(%s)", [DELAY])
    else:
        time.sleep(DELAY)
    return execute(sql, params, many, context)


def on_connection(connection: Any, **kwargs: Any) -> None:
    if make_slow not in connection.execute_wrappers:  # it is opened time and again
        connection.execute_wrappers.append(make_slow)


if DELAY:
    connection_created.connect(on_connection)


class Pulse:
    """A task of the loop that notes the longest time for which it was not run."""

    task: Any = None
    longest = 0.0

    async def beat(self) -> None:
        while True:
            started = time.monotonic()
            await asyncio.sleep(BEAT)
            self.longest = max(self.longest, time.monotonic() - started - BEAT)


pulse = Pulse()


async def longest_gap(request: HttpRequest) -> HttpResponse:
    """That time since this was last asked."""
    if pulse.task is None:
        pulse.task = asyncio.ensure_future(pulse.beat())
    longest, pulse.longest = pulse.longest, 0.0
    return JsonResponse({"seconds": longest})


async def blocks(request: HttpRequest) -> HttpResponse:
    """What must not be: it shows that the pulse notices."""
    time.sleep(DELAY)
    return HttpResponse()


urlpatterns = [
    path("gap/", longest_gap),
    path("blocks/", blocks),
    path("by-hand/<str:name>/", by_hand),
    path("plain/", plain),
    path("plain-async/", plain_async),
    path("who/", WhoAmI.as_view(authentication_classes=[JWTAuthentication])),
]

told: Any = Told.as_asgi()
COOKIE: Any = {"cookie": "access", "allowed_origins": ["https://example.org"]}
application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": URLRouter(
            [
                path("told/", JWTAuthMiddleware(told)),  # type: ignore[arg-type]
                path("cookie/", JWTAuthMiddleware(told, **COOKIE)),  # type: ignore[arg-type]
                path(
                    "early/",
                    JWTAuthMiddleware(told, refuse_before_accept=True),  # type: ignore[arg-type]
                ),
            ]
        ),
    }
)
