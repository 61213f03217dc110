"""Revocation: whether its cache is shared by processes, keeps what it is given, and answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.cache import InvalidCacheBackendError, caches
from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.filebased import FileBasedCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.checks import Error, Warning
from django.core.exceptions import ImproperlyConfigured

from ..settings import to_seconds
from .support import Messages

# What a cache that throws entries away must hold at least.
_FEW = 10_000


def check_cache(name: str, values: Mapping[str, Any]) -> Messages:
    alias = values["REVOCATION_CACHE"]
    if alias is None:
        return
    source = f"{name}['REVOCATION_CACHE']"
    hint = "Set REVOCATION_CACHE to the name of a cache in CACHES that all processes share."
    if not isinstance(alias, str) or alias not in settings.CACHES:
        known = ", ".join(sorted(map(repr, settings.CACHES)))
        yield Error(
            f"{source} is {alias!r}, which is none of CACHES: {known}.",
            hint=hint,
            id="pyjwtfast.E030",
        )
        return
    try:
        cache = caches[alias]
    except (InvalidCacheBackendError, ImportError) as error:
        yield Error(f"{source} is '{alias}': {error}", hint=hint, id="pyjwtfast.E030")
        return
    if isinstance(cache, DummyCache):
        yield Error(
            f"{source} is '{alias}', a cache that keeps nothing: tokens are answered with 503.",
            hint=hint,
            id="pyjwtfast.E030",
        )
    elif isinstance(cache, LocMemCache):
        if not settings.DEBUG:
            yield Warning(
                f"{source} is '{alias}', a cache in the memory of one process: what one revokes "
                "is accepted by the others, and by all after a restart.",
                hint=f"{hint} Redis is one.",
                id="pyjwtfast.W020",
            )
    elif isinstance(cache, (DatabaseCache, FileBasedCache)):
        number = cache._max_entries
        if number < _FEW:
            yield Warning(
                f"{source} is '{alias}', a cache that throws entries away when it has {number}: "
                "tokens that were revoked are accepted again.",
                hint=f"Give '{alias}' the option MAX_ENTRIES in CACHES: {_FEW} or more, and more "
                "than users and tokens are revoked at a time.",
                id="pyjwtfast.W021",
            )
    elif _may_hang(settings.CACHES[alias]):
        yield Warning(
            f"{source} is '{alias}', a Redis without a time limit: while it hangs, so does each "
            "request that brings a token.",
            hint=f"Give '{alias}' the options socket_timeout and socket_connect_timeout in "
            "CACHES: seconds, such as 0.5.",
            id="pyjwtfast.W022",
        )


def _may_hang(configuration: Mapping[str, Any]) -> bool:
    """Whether it is Django's Redis cache, and has no time limit of ours to find."""
    if configuration["BACKEND"] != "django.core.cache.backends.redis.RedisCache":
        return False
    options = configuration.get("OPTIONS") or {}
    where = str(configuration.get("LOCATION"))  # an address may have it too
    return "socket_timeout" not in options and "socket_timeout=" not in where


def check_poll(name: str, values: Mapping[str, Any]) -> Messages:
    poll = values["REVOCATION_POLL"]
    try:
        interval = 0 if poll is None else to_seconds("REVOCATION_POLL", poll)
    except ImproperlyConfigured:
        yield Error(
            f"{name}['REVOCATION_POLL'] is {poll!r}.",
            hint="Set REVOCATION_POLL to a number of seconds, or a timedelta, of at most a day; 0 "
            "asks the cache for each token.",
            id="pyjwtfast.E031",
        )
        return
    lifetime = values["ACCESS_TOKEN_LIFETIME"]
    if isinstance(lifetime, timedelta) and 0 < lifetime.total_seconds() <= interval:
        yield Warning(
            f"{name}['REVOCATION_POLL'] is {interval:g} seconds, and access tokens live for "
            f"{lifetime}: they expire before a process learns that they are revoked.",
            hint="Set REVOCATION_POLL to the seconds for which a revoked token may go on working.",
            id="pyjwtfast.W023",
        )


CHECKS = (check_cache, check_poll)
