"""A Redis of a test's own, which can be stopped and started, and a proxy before it that stalls."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

PROGRAM = shutil.which("redis-server")


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


class Redis:
    """A server without persistence: what is stopped has lost everything."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self._directory = directory
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        assert PROGRAM is not None
        options = [
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--databases",
            "2",
        ]
        self._process = subprocess.Popen(
            [PROGRAM, *options], cwd=self._directory, stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            time.sleep(0.02)
        raise AssertionError("redis-server does not answer")

    def stop(self) -> None:
        self._process.kill()
        self._process.wait(10)

    def client(self) -> Any:
        import redis

        return redis.Redis(port=self.port)

    def commands(self) -> int:
        """How many it has processed, but for those of this count."""
        stats = self.client().info("commandstats")
        ours = ("cmdstat_info", "cmdstat_client|setinfo", "cmdstat_hello", "cmdstat_select")
        return sum(found["calls"] for name, found in stats.items() if name not in ours)


class Proxy:
    """Passes connections on to a port; while `stalls` is set it takes bytes and passes nothing."""

    def __init__(self, port: int) -> None:
        self._to = port
        self.stalls = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._to))
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=(source, target), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                while self.stalls.is_set():
                    time.sleep(0.01)
                target.sendall(data)
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.stalls.clear()
        self._listening.close()
