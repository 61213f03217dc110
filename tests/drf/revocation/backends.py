"""Caches of the tests."""

from __future__ import annotations

from typing import Any

from django.core.cache.backends.locmem import LocMemCache

# What was asked of a cache of this module: method and keys.
CALLS: list[tuple[str, list[str]]] = []


class Shared(LocMemCache):
    """One in memory that passes for one that processes share, and notes what it is asked."""

    def get_many(self, keys: Any, version: Any = None) -> Any:
        keys = list(keys)
        CALLS.append(("get_many", keys))
        return {key: value for key in keys if (value := self.get(key, _NONE)) is not _NONE}

    def set(self, key: Any, *args: Any, **kwargs: Any) -> None:
        CALLS.append(("set", [key]))
        super().set(key, *args, **kwargs)


class Careless(LocMemCache):
    """Keeps nothing, and says nothing of it; memcached's does so when its server is gone."""

    def set(self, *args: Any, **kwargs: Any) -> None:
        pass

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return False


_NONE = object()
