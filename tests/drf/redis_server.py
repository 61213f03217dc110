"""A Redis of a test's own, that can be stopped and started again."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import IN_CI

PROGRAM = shutil.which("redis-server")


def need_redis() -> None:
    """Skip the test where Redis or its client is not installed; in CI, where they must be, fail."""
    if PROGRAM is None:
        pytest.fail("no redis-server") if IN_CI else pytest.skip("needs redis-server")
    pytest.importorskip("redis", reason="needs the package redis")


def redis_cache(url: str, **options: Any) -> dict[str, Any]:
    """An entry of CACHES."""
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": url,
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2, **options},
    }


class RedisServer:
    """A server without persistence: what is stopped has lost everything."""

    def __init__(self, directory: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        assert PROGRAM is not None
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._process = subprocess.Popen(
            [PROGRAM, *options], cwd=self._directory, stdout=subprocess.DEVNULL
        )
        for _ in range(500):
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise RuntimeError("redis-server does not answer")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._process = None

    def cache(self, **options: Any) -> dict[str, Any]:
        """An entry of CACHES."""
        return redis_cache(self.url, **options)

    def client(self) -> Any:
        import redis

        return redis.Redis(port=self.port)

    def commands(self) -> int:
        """How many it has processed, but for those of this count."""
        stats = self.client().info("commandstats")
        ours = ("cmdstat_info", "cmdstat_client|setinfo", "cmdstat_hello", "cmdstat_select")
        return sum(found["calls"] for name, found in stats.items() if name not in ours)
