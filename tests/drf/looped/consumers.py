"""Applications of Channels, and a bare one, that tell whose a connection is."""

from __future__ import annotations

import asyncio
from typing import Any

from channels.generic.http import AsyncHttpConsumer
from channels.generic.websocket import AsyncJsonWebsocketConsumer, WebsocketConsumer


class Told(AsyncJsonWebsocketConsumer):
    """Says who has connected, then repeats what it is told."""

    ended_with: list[int] = []  # noqa: RUF012

    async def connect(self) -> None:
        await self.accept()
        auth = self.scope["auth"]
        await self.send_json(
            {
                "user": str(self.scope["user"]),
                "claims": None if auth is None else auth.payload,
                "subprotocols": self.scope["subprotocols"],
                "headers": [name.decode() for name, _ in self.scope["headers"]],
                "seen": any(b"eyJ" in value for _, value in self.scope["headers"]),
            }
        )

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        await self.send_json(content)

    async def disconnect(self, code: int) -> None:
        self.ended_with.append(code)


class Choosing(Told):
    """Takes the last of the subprotocols that it is offered."""

    async def connect(self) -> None:
        offered = self.scope["subprotocols"]
        await self.accept(offered[-1] if offered else None)


class InThreads(WebsocketConsumer):
    def connect(self) -> None:
        self.accept()
        self.send(text_data=self.scope["user"].username)


class OverHTTP(AsyncHttpConsumer):
    async def handle(self, body: bytes) -> None:
        await self.send_response(200, str(self.scope["user"]).encode())


async def sends_without_end(scope: Any, receive: Any, send: Any) -> None:
    """Never asks whether the client is still there: `send` has to say so."""
    await receive()
    await send({"type": "websocket.accept"})
    while True:
        await send({"type": "websocket.send", "text": "."})
        await asyncio.sleep(0.02)
