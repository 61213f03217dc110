"""Logging of what may go on failing at each request: once a minute is enough."""

from __future__ import annotations

import logging
from time import monotonic
from typing import Any

_PAUSE = 60.0


class RareLogger:
    """A logger that gives out each message, whatever its arguments, once a minute at most."""

    def __init__(self, name: str | None) -> None:
        self._logger = logging.getLogger(name)
        self._silent_until: dict[str, float] = {}

    def log(self, level: int, message: str, *args: object, **options: Any) -> None:
        """As `Logger.log`."""
        now = monotonic()
        if now >= self._silent_until.get(message, now):
            self._silent_until[message] = now + _PAUSE
            self._logger.log(level, message, *args, stacklevel=2, **options)

    def forget(self) -> None:
        """What fails after this is news."""
        self._silent_until.clear()
