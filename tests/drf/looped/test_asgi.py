"""The ASGI middleware, with Channels' own consumers and test clients."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from django.urls import path

from pyjwtfast.drf.asgi import JWTAuthMiddleware
from pyjwtfast.drf.authentication import (
    JWTAuthentication,
    JWTLazyUserAuthentication,
    JWTStatelessUserAuthentication,
)
from pyjwtfast.drf.exceptions import KeysUnavailable
from pyjwtfast.drf.models import TokenUser
from pyjwtfast.drf.tokens import AccessToken
from tests.drf.looped.consumers import Choosing, InThreads, OverHTTP, Told, sends_without_end
from tests.drf.looped.requests import ask, headers
from tests.drf.models import User
from tests.drf.support import claims, token

# Channels closes connections to the database that are in a transaction.
pytestmark = pytest.mark.django_db(transaction=True)

ORIGIN = "https://example.org"
COOKIE = {"cookie": "access", "allowed_origins": [ORIGIN]}


def run(test: Callable[[], Awaitable[Any]]) -> Any:
    async def call() -> Any:
        return await test()

    return async_to_sync(call)()


class Client(ApplicationCommunicator):
    """A client of WebSockets. That of Channels cannot be imported without Daphne."""

    def __init__(
        self, app: Any, address: str = "/", headers: Any = (), subprotocols: Any = ()
    ) -> None:
        url, _, query = address.partition("?")
        scope = {
            "type": "websocket",
            "path": url,
            "query_string": query.encode(),
            "headers": list(headers),
            "subprotocols": list(subprotocols),
        }
        super().__init__(app, scope)

    async def say(self, value: Any) -> None:
        await self.send_input({"type": "websocket.receive", "text": json.dumps(value)})

    async def hear(self) -> Any:
        return json.loads((await self.receive_output(10))["text"])

    async def disconnect(self, code: int = 1000) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": code})
        await self.wait(10)


def connection_to(
    app: Any, *subprotocols: str, given: dict[str, str] | None = None, **options: Any
) -> Client:
    """A handshake with these headers, at the middleware with these options."""
    fields = [
        (name.lower().encode(), value.encode("latin-1")) for name, value in (given or {}).items()
    ]
    if subprotocols:
        fields.append((b"sec-websocket-protocol", ", ".join(subprotocols).encode()))
    middleware = JWTAuthMiddleware(app, **options)
    return Client(middleware, headers=fields, subprotocols=subprotocols)


class Ended(Exception):
    """The server has closed: accepted with that subprotocol (or None: not at all), code, reason."""


async def first(client: Client) -> tuple[Any, Any]:
    """The chosen subprotocol and the first message. Raises Ended."""
    await client.send_input({"type": "websocket.connect"})
    answer = await client.receive_output(10)
    if answer["type"] != "websocket.accept":
        raise Ended(answer["type"], answer.get("status"))
    message = await client.receive_output(10)
    if message["type"] == "websocket.close":
        raise Ended(answer.get("subprotocol"), message["code"], message["reason"])
    return answer.get("subprotocol"), message


def connect(app: Any, *subprotocols: str, **options: Any) -> tuple[Any, dict[str, Any]]:
    """The chosen subprotocol, and what Told says. Raises Ended."""

    async def test() -> Any:
        client = connection_to(app, *subprotocols, **options)
        try:
            chosen, message = await first(client)
        finally:
            await client.disconnect()
        return chosen, json.loads(message["text"])

    found: tuple[Any, dict[str, Any]] = run(test)
    return found


def refused(app: Any, *subprotocols: str, **options: Any) -> tuple[Any, ...]:
    with pytest.raises(Ended) as caught:
        connect(app, *subprotocols, **options)
    return caught.value.args


@pytest.fixture
def raw(user: User) -> str:
    return str(AccessToken.for_user(user))


told = Told.as_asgi()


class TestSources:
    def test_header(self, raw: str) -> None:
        chosen, said = connect(told, given={"Authorization": f"Bearer {raw}"})
        assert (chosen, said["user"], said["claims"]["token_type"]) == (None, "anna", "access")

    def test_subprotocol(self, raw: str) -> None:
        chosen, said = connect(told, "bearer", raw)
        assert (chosen, said["user"], said["subprotocols"]) == ("bearer", "anna", [])
        assert not said["seen"]
        assert "sec-websocket-protocol" not in said["headers"]

    @pytest.mark.parametrize("place", [0, 1, 2])
    def test_subprotocols_of_the_application(self, raw: str, place: int) -> None:
        offered = ["graphql-ws", "chat"]
        offered[place:place] = ["bearer", raw]
        chosen, said = connect(told, *offered)
        assert (chosen, said["subprotocols"]) == ("bearer", ["graphql-ws", "chat"])
        assert not said["seen"]

        async def test() -> Any:
            client = connection_to(Choosing.as_asgi(), *offered)
            await client.send_input({"type": "websocket.connect"})
            answer = await client.receive_output(10)
            await client.disconnect()
            return answer["subprotocol"]

        assert run(test) == "chat"

    def test_another_subprotocol(self, raw: str) -> None:
        assert connect(told, "jwt", raw, subprotocol="jwt")[0] == "jwt"
        assert refused(told, "jwt", raw) == ("jwt", 4401, "not_authenticated")
        assert refused(told, "bearer", raw, subprotocol=None) == (
            "bearer",
            4401,
            "not_authenticated",
        )

    def test_cookie(self, raw: str) -> None:
        given = {"Cookie": f"a=b; access={raw}; c=d", "Origin": ORIGIN}
        assert connect(told, given=given, **COOKIE)[1]["user"] == "anna"
        assert refused(told, given=given) == (None, 4401, "not_authenticated")
        with_subprotocol = connect(told, "chat", given=given, **COOKIE)
        assert with_subprotocol[0] is None
        assert with_subprotocol[1]["subprotocols"] == ["chat"]

    def test_the_header_comes_first(self, raw: str) -> None:
        given = {"Authorization": "Bearer x", "Cookie": f"access={raw}", "Origin": ORIGIN}
        assert refused(told, "bearer", raw, given=given, **COOKIE)[1:] == (4401, "token_not_valid")
        given["Authorization"] = "Basic x"
        given["Cookie"] = "access=x"
        assert connect(told, "bearer", raw, given=given, **COOKIE)[1]["user"] == "anna"

    def test_not_in_the_address(self, raw: str) -> None:
        async def test() -> Any:
            client = Client(JWTAuthMiddleware(told), f"/?token={raw}&access={raw}")
            return await first(client)

        with pytest.raises(Ended):
            run(test)

    def test_a_source_of_ones_own(self, raw: str) -> None:
        class InPath(JWTAuthMiddleware):
            def get_raw_token(self, scope: Any, authenticator: Any) -> bytes | None:
                return super().get_raw_token(scope, authenticator) or scope["path"][1:].encode()

        async def test() -> Any:
            return await first(Client(InPath(told), f"/{raw}"))

        assert run(test)[1]["type"] == "websocket.send"

    def test_header_settings(self, raw: str) -> None:
        with override_settings(
            SIMPLE_JWT={"AUTH_HEADER_NAME": "HTTP_X_TOKEN", "AUTH_HEADER_TYPES": ("JWT",)}
        ):
            assert connect(told, given={"X-Token": f"JWT {raw}"})[1]["user"] == "anna"
            assert refused(told, given={"X_Token": f"JWT {raw}"})[1:] == (4401, "not_authenticated")


class TestOrigins:
    @pytest.mark.parametrize(
        ("allowed", "origin", "is_allowed"),
        [
            (ORIGIN, ORIGIN, True),
            (ORIGIN, "HTTPS://Example.ORG", True),
            (ORIGIN, "https://example.org:443", True),
            (ORIGIN, "http://example.org", False),
            (ORIGIN, "https://example.org:444", False),
            (ORIGIN, "https://example.org.evil.example", False),
            (ORIGIN, "https://evilexample.org", False),
            (ORIGIN, "https://sub.example.org", False),
            (ORIGIN, "https://example.org@evil.example", False),
            (ORIGIN, "https://example.org/", False),
            (ORIGIN, "null", False),
            (ORIGIN, "", False),
            (ORIGIN, "https://", False),
            (ORIGIN, "https://example.org:x", False),
            (ORIGIN, "https://[", False),
            ("https://*.example.org", "https://sub.example.org", True),
            ("https://*.example.org", "https://a.b.example.org", True),
            ("https://*.example.org", "https://evilexample.org", False),
            ("http://localhost:3000", "http://localhost:3000", True),
            ("http://localhost:3000", "http://localhost", False),
        ],
    )
    def test_patterns(self, raw: str, allowed: str, origin: str, is_allowed: bool) -> None:
        options: dict[str, Any] = {"cookie": "access", "allowed_origins": [allowed]}
        given = {"Cookie": f"access={raw}", "Origin": origin}
        if is_allowed:
            assert connect(told, given=given, **options)[1]["user"] == "anna"
        else:
            assert refused(told, given=given, **options) == ("websocket.close", None)

    def test_a_cookie_needs_one(self, raw: str) -> None:
        given = {"Cookie": f"access={raw}"}
        assert refused(told, given=given, **COOKIE) == ("websocket.close", None)
        assert refused(told, given=given, required=False, **COOKIE) == ("websocket.close", None)

    def test_whatever_the_handshake_brings(self, raw: str) -> None:
        given = {"Authorization": f"Bearer {raw}", "Origin": "https://evil.example"}
        assert connect(told, given=given)[1]["user"] == "anna"
        assert refused(told, given=given, **COOKIE) == ("websocket.close", None)
        del given["Origin"]
        assert connect(told, given=given, **COOKIE)[1]["user"] == "anna"

    @pytest.mark.parametrize(
        "allowed",
        [
            None,
            "https://example.org",
            *(
                [pattern]
                for pattern in (
                    "*",
                    "example.org",
                    "https://example.org/",
                    "https://*",
                    "https://a.*.org",
                    "https://*example.org",
                    "https://example.org:x",
                    "",
                )
            ),
        ],
        ids=repr,
    )
    def test_what_cannot_be_meant(self, allowed: Any) -> None:
        with pytest.raises(ImproperlyConfigured, match="allowed_origins"):
            JWTAuthMiddleware(told, cookie="access", allowed_origins=allowed)


class TestRefusals:
    def test_the_answers_of_views(self, user: User) -> None:
        """Code 4401 with the code of a view's 401 as the reason, or the same user."""
        for header in headers(user):
            if header is None:
                continue
            expected = ask("/ours/who/", header)
            if expected.status == 200:
                said = connect(told, given={"Authorization": header})[1]
                assert said["claims"] == expected.body["claims"]
                continue
            reason = expected.body.get("code", "not_authenticated")
            got = refused(told, given={"Authorization": header})
            assert got == (None, 4401, reason), header

    @pytest.mark.parametrize("kind", [JWTAuthentication, JWTLazyUserAuthentication])
    def test_users_who_changed(self, user: User, raw: str, kind: Any) -> None:
        User.objects.update(is_active=False)
        options: dict[str, Any] = {"authentication_class": kind, "required": False}
        assert refused(told, "bearer", raw, **options) == ("bearer", 4401, "user_inactive")
        user.delete()
        assert refused(told, "bearer", raw, **options) == ("bearer", 4401, "user_not_found")

    def test_nothing_is_required(self) -> None:
        said = connect(told, "chat", required=False)[1]
        assert (said["user"], said["claims"]) == ("AnonymousUser", None)
        assert refused(told, "bearer", "x", required=False)[1:] == (4401, "token_not_valid")

    def test_the_user_of_another_middleware_stays(self) -> None:
        async def with_user(scope: Any, receive: Any, send: Any) -> None:
            inner = JWTAuthMiddleware(told, required=False)
            await inner({**scope, "user": "of the session"}, receive, send)

        async def test() -> Any:
            return await first(Client(with_user, "/"))

        assert "of the session" in run(test)[1]["text"]

    def test_before_the_handshake(self, raw: str) -> None:
        options: dict[str, Any] = {"refuse_before_accept": True}
        assert refused(told, "bearer", "x", **options) == ("websocket.close", None)

        async def test() -> Any:
            client = connection_to(told, "bearer", "x", **options)
            client.scope["extensions"] = {"websocket.http.response": {}}
            await client.send_input({"type": "websocket.connect"})
            return [await client.receive_output(10) for _ in range(2)]

        start, body = run(test)
        assert (start["type"], start["status"]) == ("websocket.http.response.start", 401)
        assert (b"www-authenticate", b'Bearer realm="api"') in start["headers"]
        assert b"token_not_valid" in body["body"]

    def test_keys_that_cannot_be_had(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(self: Any, raw_token: Any) -> Any:
            raise KeysUnavailable(wait=7)

        monkeypatch.setattr(JWTAuthentication, "get_validated_token", fail)
        assert refused(told, "bearer", "x") == ("bearer", 1013, "keys_unavailable")
        assert over_http("Bearer x").status == 503

    def test_other_errors_are_raised(self, raw: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(JWTAuthentication, "get_user", lambda self, validated: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            connect(told, "bearer", raw)


class TestExpiry:
    def ended(self, seconds: float, app: Any = told, **settings: Any) -> tuple[Any, float]:
        """How a connection ends whose token lives so long, and after how many seconds."""
        payload = claims(exp=time.time() + seconds)

        async def test() -> Any:
            client = connection_to(
                app,
                "bearer",
                token(payload),
                authentication_class=JWTStatelessUserAuthentication,
            )
            started = time.monotonic()
            await first(client)
            while (message := await client.receive_output(10))["type"] != "websocket.close":
                pass
            took = time.monotonic() - started
            await client.wait(5)  # the application has ended, too
            return message, took

        with override_settings(SIMPLE_JWT=settings):
            found: tuple[Any, float] = run(test)
        return found

    @pytest.mark.parametrize(
        "app",
        [told, InThreads.as_asgi(), sends_without_end],
        ids=["async consumer", "sync consumer", "never receives"],
    )
    def test_at_exp(self, app: Any) -> None:
        Told.ended_with.clear()
        message, took = self.ended(1.2, app)
        assert (message["code"], message["reason"]) == (4401, "token_expired")
        assert 0.9 < took < 5
        assert Told.ended_with == ([4401] if app is told else [])

    def test_with_the_leeway(self) -> None:
        _, took = self.ended(-1, LEEWAY=2.3)
        assert 0.9 < took < 5

    def test_messages_before_it(self, raw: str) -> None:
        async def test() -> None:
            client = connection_to(told, "bearer", raw)
            await first(client)
            for number in range(20):
                await client.say({"number": number})
            for number in range(20):
                assert await client.hear() == {"number": number}
            await client.disconnect(4000)

        Told.ended_with.clear()
        run(test)
        assert Told.ended_with == [4000]

    def test_no_task_is_left(self, raw: str) -> None:
        async def test() -> set[Any]:
            before = asyncio.all_tasks()
            client = connection_to(told, "bearer", raw)
            await first(client)
            await client.disconnect()
            await asyncio.sleep(0.05)
            return asyncio.all_tasks() - before

        assert run(test) == set()


class Answer(NamedTuple):
    status: int
    body: bytes


def over_http(authorization: str | None, **options: Any) -> Answer:
    fields = [] if authorization is None else [(b"authorization", authorization.encode())]

    async def test() -> Answer:
        app = JWTAuthMiddleware(OverHTTP.as_asgi(), **options)
        scope = {"type": "http", "method": "GET", "path": "/", "headers": fields}
        client = ApplicationCommunicator(app, scope)
        await client.send_input({"type": "http.request"})
        start = await client.receive_output(10)
        body = await client.receive_output(10)
        return Answer(start["status"], body["body"])

    answer: Answer = run(test)
    return answer


def test_http(raw: str) -> None:
    assert over_http(f"Bearer {raw}").body == b"anna"
    assert over_http(None, required=False).body == b"AnonymousUser"
    got = over_http("Bearer x", required=False)
    assert (got.status, b"token_not_valid" in got.body) == (401, True)
    assert over_http(None).status == 401


def test_stateless(raw: str) -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["user"])
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": "{}"})

    connect(app, "bearer", raw, authentication_class=JWTStatelessUserAuthentication)
    assert isinstance(seen[0], TokenUser)


def test_in_channels_routing(raw: str) -> None:
    app = ProtocolTypeRouter({"websocket": JWTAuthMiddleware(URLRouter([path("", told)]))})

    async def test() -> Any:
        return await first(Client(app, "/", subprotocols=["bearer", raw]))

    chosen, message = run(test)
    assert (chosen, '"anna"' in message["text"]) == ("bearer", True)


def test_other_scopes_pass() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    scope = {"type": "lifespan"}

    async def test() -> None:
        await JWTAuthMiddleware(app)(scope, None, None)  # type: ignore[arg-type]

    run(test)
    assert seen == [scope]
    assert seen[0] is scope


def test_the_callers_scope_is_left_as_it_was(raw: str) -> None:
    client = connection_to(told, "bearer", raw)
    before = dict(client.scope)

    async def test() -> None:
        await first(client)
        await client.disconnect()

    run(test)
    assert {name: client.scope[name] for name in before} == before
    assert "user" not in client.scope
