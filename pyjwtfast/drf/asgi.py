"""Authentication of WebSocket connections (RFC 6455), for Channels and any other ASGI application.

A browser cannot send a header of its own with a WebSocket handshake. So the token may also come as
a subprotocol, or in a cookie; never in the address, which servers and proxies write into their
logs. A cookie is sent by whatever page opens the connection, another site's too: it only counts
where the handshake's Origin is one of those that the project names.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, parse_cookie
from django.utils.http import is_same_domain
from rest_framework.exceptions import APIException, NotAuthenticated

from . import asynchronous
from .authentication import JWTAuthentication
from .exceptions import AuthenticationFailed, headers_of
from .per_request import Attempt
from .tokens import Token

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# RFC 6455 section 7.4.2 leaves 4000 to 4999 to applications: this is HTTP's 401. 1013 is the
# registered "try again later".
CLOSED_UNAUTHORIZED = 4401
CLOSED_TRY_AGAIN_LATER = 1013

# Seconds after which the clock is looked at again: it may be set, and machines sleep.
_LONGEST_SLEEP = 30.0

_DEFAULT_PORTS = {"http": 80, "https": 443}


class JWTAuthMiddleware:
    """Sets `scope["user"]` and `scope["auth"]` of WebSocket and HTTP connections by their token.

    The token is looked for in the Authorization header (as AUTH_HEADER_NAME and AUTH_HEADER_TYPES
    say); of WebSocket connections then among the subprotocols, after the one named `subprotocol`;
    then in the cookie of the name `cookie`. The user is loaded before the connection is accepted.

    A token or user that is refused ends the connection; none at all does so if it is `required`,
    and else leaves `scope["user"]` as it was, or an AnonymousUser. A WebSocket connection is
    accepted and closed at once with code 4401 and the error's code as the reason, because browsers
    show scripts nothing of a handshake that fails; with refuse_before_accept it fails, with 401
    where the server can send that (the extension "websocket.http.response") and 403 elsewhere.

    An accepted WebSocket connection is closed with 4401, "token_expired", when its token's `exp`
    has passed (and the leeway). Other scopes are left alone.

    allowed_origins: "https://example.org" or "https://*.example.org", which is all of its
    subdomains. A handshake with another Origin fails with 403, whatever it brings. They have to be
    given where there is a cookie, which then needs an Origin; else ImproperlyConfigured.
    subprotocol: None looks for none.
    authentication_class: whose steps are taken.
    """

    def __init__(
        self,
        app: Application,
        *,
        required: bool = True,
        subprotocol: str | None = "bearer",
        cookie: str | None = None,
        allowed_origins: Iterable[str] | None = None,
        refuse_before_accept: bool = False,
        authentication_class: type[JWTAuthentication] = JWTAuthentication,
    ) -> None:
        if isinstance(allowed_origins, str):
            raise ImproperlyConfigured("allowed_origins must be a list of origins, not a string.")
        if cookie is not None and allowed_origins is None:
            raise ImproperlyConfigured(
                "A token in a cookie needs allowed_origins: browsers send the cookie with "
                "connections that other sites' pages open, too. Name your own sites there, as in "
                'allowed_origins=["https://example.org"].'
            )
        self.app = app
        self.required = required
        self.subprotocol = subprotocol
        self.cookie = cookie
        self.refuse_before_accept = refuse_before_accept
        self.authentication_class = authentication_class
        self._origins = (
            None if allowed_origins is None else [_parse_pattern(each) for each in allowed_origins]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._serve_websocket(scope, receive, send)
        elif scope["type"] == "http":
            await self._serve_http(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def authenticate(self, scope: Scope) -> tuple[Any, Token] | None:
        """The user and the verified token; None when the connection does not bring one.

        Raises AuthenticationFailed for what is refused.
        """
        authenticator = self.authentication_class()
        raw_token = self.get_raw_token(scope, authenticator)
        if raw_token is None:
            return None
        attempt = Attempt(authenticator, raw_token)
        token = await asynchronous.verify(attempt, in_request=False)
        return await asynchronous.load(attempt, in_request=False), token

    def get_raw_token(self, scope: Scope, authenticator: JWTAuthentication) -> bytes | None:
        """The token of a connection, or None; to be overridden to look elsewhere, too.

        Raises AuthenticationFailed for a header that is malformed.
        """
        request: Any = _request_of(scope)
        raw_token = authenticator._find_raw_token(request)
        if raw_token is None and scope["type"] == "websocket":
            return self._token_in_subprotocols(scope) or self._token_in_cookie(scope)
        return raw_token

    def _token_in_subprotocols(self, scope: Scope) -> bytes | None:
        names = list(scope.get("subprotocols") or ())
        if self.subprotocol not in names[:-1]:
            return None
        return str(names[names.index(self.subprotocol) + 1]).encode("latin-1", "replace")

    def _token_in_cookie(self, scope: Scope) -> bytes | None:
        if self.cookie is None:
            return None
        cookies = parse_cookie("; ".join(_headers(scope, b"cookie")))
        value = cookies.get(self.cookie)
        if not value:
            return None
        if not _headers(scope, b"origin"):
            raise _ForeignOrigin
        return value.encode("latin-1", "replace")

    async def _serve_http(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            scope = await self._authenticated(scope)
        except APIException as error:
            await _respond(send, "http.response", error, self._challenge(scope))
            return
        await self.app(scope, receive, send)

    async def _serve_websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._check_origin(scope)
            inner = await self._authenticated(scope)
        except _ForeignOrigin:
            await receive()  # websocket.connect
            await send({"type": "websocket.close"})
            return
        except APIException as error:
            await receive()
            await self._refuse(scope, send, error)
            return
        inner, send = self._without_token(inner, send)
        token = inner["auth"]
        expires_at = None if token is None else _expiry(token)
        if expires_at is None:
            await self.app(inner, receive, send)
        else:
            await _Expiring(receive, send).run(self.app, inner, expires_at)

    async def _authenticated(self, scope: Scope) -> Scope:
        """The scope with its user; AuthenticationFailed also for none, if one is required."""
        found = await self.authenticate(scope)
        if found is not None:
            return {**scope, "user": found[0], "auth": found[1]}
        if self.required:
            raise AuthenticationFailed(
                str(NotAuthenticated.default_detail), code="not_authenticated"
            )
        return {"user": AnonymousUser(), **scope, "auth": None}

    def _check_origin(self, scope: Scope) -> None:
        origins = _headers(scope, b"origin")
        if self._origins is not None and not all(map(self._is_allowed, origins)):
            raise _ForeignOrigin

    def _is_allowed(self, origin: str) -> bool:
        try:
            scheme, host, port = _parse_origin(origin)
        except ValueError:
            return False
        return any(
            (scheme, port) == pattern[::2] and is_same_domain(host, pattern[1])
            for pattern in self._origins or ()
        )

    def _without_token(self, scope: Scope, send: Send) -> tuple[Scope, Send]:
        """What the application sees of the subprotocols, and what it may choose of them.

        A browser takes a handshake for failed where it has offered some and none is chosen.
        """
        offered = list(scope.get("subprotocols") or ())
        if self.subprotocol not in offered:
            return scope, send
        at = offered.index(self.subprotocol)
        others = offered[:at] + offered[at + 2 :]
        name = b"sec-websocket-protocol"
        headers = [(key, value) for key, value in scope["headers"] if key.lower() != name]
        if others:
            headers.append((name, ", ".join(others).encode("latin-1")))

        async def send_with_subprotocol(message: Message) -> None:
            if message["type"] == "websocket.accept" and message.get("subprotocol") not in others:
                message = {**message, "subprotocol": self.subprotocol}
            await send(message)

        return {**scope, "subprotocols": others, "headers": headers}, send_with_subprotocol

    async def _refuse(self, scope: Scope, send: Send, error: APIException) -> None:
        if self.refuse_before_accept:
            if "websocket.http.response" in (scope.get("extensions") or {}):
                await _respond(send, "websocket.http.response", error, self._challenge(scope))
            else:
                await send({"type": "websocket.close"})
            return
        offered = scope.get("subprotocols") or [None]
        chosen = self.subprotocol if self.subprotocol in offered else offered[0]
        code = CLOSED_UNAUTHORIZED if error.status_code == 401 else CLOSED_TRY_AGAIN_LATER
        await send({"type": "websocket.accept", "subprotocol": chosen})
        await send({"type": "websocket.close", "code": code, "reason": _code_of(error)})

    def _challenge(self, scope: Scope) -> str:
        request: Any = _request_of(scope)
        return self.authentication_class().authenticate_header(request)


class _ForeignOrigin(Exception):
    """The handshake comes from a page that is none of ours."""


class _Expired(OSError):
    """Of `send` when the connection is over, as ASGI has it; an application may catch it."""


class _Expiring:
    """A WebSocket connection that ends when its token does."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._expired: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._next: asyncio.Future[Message] | None = None
        self._is_over = False  # the client or the application has ended it

    async def run(self, app: Application, scope: Scope, expires_at: float) -> None:
        end = asyncio.ensure_future(self._end(expires_at))
        try:
            await app(scope, self.receive, self.send)
        except _Expired:
            pass
        finally:
            left = [task for task in (end, self._next) if task is not None]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _end(self, expires_at: float) -> None:
        while (left := expires_at - time.time()) > 0:
            await asyncio.sleep(min(left, _LONGEST_SLEEP))
        if not self._is_over:
            self._expired.set_result(None)
            await self._send(
                {
                    "type": "websocket.close",
                    "code": CLOSED_UNAUTHORIZED,
                    "reason": "token_expired",
                }
            )

    async def receive(self) -> Message:
        """The next message; when the token has expired, that the connection is over.

        One that is given up waiting for is the next call's.
        """
        if self._next is None:
            self._next = asyncio.ensure_future(self._receive())
        waited_for: set[asyncio.Future[Any]] = {self._next, self._expired}
        await asyncio.wait(waited_for, return_when=asyncio.FIRST_COMPLETED)
        if self._expired.done():
            return {
                "type": "websocket.disconnect",
                "code": CLOSED_UNAUTHORIZED,
                "reason": "token_expired",
            }
        message = self._next.result()
        self._next = None
        self._is_over |= message["type"] == "websocket.disconnect"
        return message

    async def send(self, message: Message) -> None:
        if self._expired.done():
            raise _Expired("The token of this connection has expired.")
        self._is_over |= message["type"] == "websocket.close"
        await self._send(message)


def _expiry(token: Token) -> float | None:
    """When a token is refused from, in seconds since 1970; None for one that never is."""
    value = token.get("exp")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value + token.get_token_backend().get_leeway().total_seconds()


def _headers(scope: Scope, name: bytes) -> list[str]:
    found: Sequence[tuple[bytes, bytes]] = scope.get("headers") or ()
    return [value.decode("latin-1") for key, value in found if key.lower() == name]


def _request_of(scope: Scope) -> HttpRequest:
    """The headers as an authentication class looks for them; without cookies, see above."""
    request = HttpRequest()
    for key, value in scope.get("headers") or ():
        name = key.decode("latin-1").upper()
        if "_" in name or name == "COOKIE":
            continue  # Django drops the former, too: a proxy would not have seen X-Name in X_Name
        name = f"HTTP_{name.replace('-', '_')}"
        text = value.decode("latin-1")
        request.META[name] = f"{request.META[name]},{text}" if name in request.META else text
    return request


def _parse_origin(text: str) -> tuple[str, str, int]:
    """Scheme, host and port of an Origin (RFC 6454 section 6). Raises ValueError for none."""
    parts = urlsplit(text.strip().lower())
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    if not parts.hostname or port is None or parts.netloc.count("@"):
        raise ValueError(text)
    if parts.path or parts.query or parts.fragment:
        raise ValueError(text)
    return parts.scheme, parts.hostname, port


def _parse_pattern(pattern: str) -> tuple[str, str, int]:
    try:
        scheme, host, port = _parse_origin(pattern)
    except ValueError:
        host = "*"
    if "*" in host.removeprefix("*."):
        raise ImproperlyConfigured(
            f"allowed_origins has {pattern!r}: an origin is a scheme, a host and a port that is "
            'not the usual one, as in "https://example.org" or "http://localhost:3000"; '
            '"https://*.example.org" stands for all subdomains.'
        )
    return scheme, host.removeprefix("*"), port


def _code_of(error: APIException) -> str:
    detail: Any = error.detail
    code = detail.get("code") if isinstance(detail, dict) else None
    return str(code or "authentication_failed")[:100]  # 123 bytes are as much as there is room for


async def _respond(send: Send, kind: str, error: APIException, challenge: str) -> None:
    """Answer an HTTP request, or a handshake, as a view of Django REST Framework would."""
    body = json.dumps(error.detail).encode()
    headers = {
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **headers_of(error, challenge),
    }
    encoded = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": f"{kind}.start", "status": error.status_code, "headers": encoded})
    await send({"type": f"{kind}.body", "body": body})
