"""Tells the processes of a project what has changed, through one of Django's caches.

Each change gets the next number, and is kept under it for a while. Who follows the feed reads one
number, and what lies between it and the last one that it has seen. What can't be told for certain
counts as a change of everything: numbers that are gone, or are not there yet, or too many.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from django.core.cache import caches
from django.core.cache.backends.base import BaseCache

# What changes, and the number of the last change: one entry each.
_CHANGE, _NUMBER = "pyjwtfast.users.change.{}", "pyjwtfast.users.number"

# Stands for everything among what has changed.
EVERYTHING = "*"

# So many changes are looked at one by one; after more of them at once everything is dropped.
MOST_AT_ONCE = 500


class InvalidationFeed:
    """The feed in the cache of this alias. Changes are texts, kept for so many seconds.

    Whatever the cache raises, its methods raise.
    """

    def __init__(self, alias: str, kept_for: float) -> None:
        self._alias, self._kept_for = alias, kept_for
        self._seen: object = self  # no number at all: the first look finds a change

    def publish(self, changes: Iterable[str]) -> None:
        """Let everybody know, in two or three round trips."""
        cache = caches[self._alias]
        if type(cache).incr is BaseCache.incr:
            # It reads, then writes: of two changes at once one would be lost. This can't be.
            cache.set(_NUMBER, uuid4().hex, timeout=None)
            return
        try:
            number = cache.incr(_NUMBER)
        except ValueError:
            # The first one, or the cache has lost it: far from any that there was.
            cache.add(_NUMBER, int(time.time() * 1_000_000), timeout=None)
            number = cache.incr(_NUMBER)
        cache.set(_CHANGE.format(number), list(changes), timeout=self._kept_for)

    def look(self) -> set[str]:
        """What has changed since the last look: one round trip, and one more if anything has.

        The first look finds that EVERYTHING has; so does the one after `lose_track`.
        """
        cache = caches[self._alias]
        number = cache.get(_NUMBER)
        if number == self._seen:
            return set()
        changes = self._between(cache, self._seen, number)
        self._seen = number
        return changes

    def lose_track(self) -> None:
        """Changes may have been missed."""
        self._seen = self

    @staticmethod
    def _between(cache: Any, seen: object, number: object) -> set[str]:
        if (
            not isinstance(seen, int)
            or not isinstance(number, int)
            or not 0 < number - seen <= MOST_AT_ONCE
        ):
            return {EVERYTHING}
        keys = [_CHANGE.format(each) for each in range(seen + 1, number + 1)]
        found = cache.get_many(keys)
        if len(found) < len(keys):
            return {EVERYTHING}
        return {change for changes in found.values() for change in changes}
