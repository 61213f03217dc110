"""A server's surroundings: what of them Django's settings show, where tokens are in use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.core.cache import InvalidCacheBackendError, caches
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.checks import Warning
from django.urls import URLPattern, URLResolver, get_resolver

from .support import Messages

if TYPE_CHECKING:  # which read settings; checks are registered before there are any
    from rest_framework.throttling import SimpleRateThrottle

    from ..views import TokenViewBase


def check_debug() -> Messages:
    if settings.DEBUG:
        yield Warning(
            "DEBUG is on: the page of an error shows what is in the frames, tokens and passwords "
            "of the request among it.",
            hint="Set DEBUG to False.",
            id="pyjwtfast.W030",
        )


def check_tls() -> Messages:
    """Whoever reads a token on its way is its user until it expires."""
    secured = (
        settings.SECURE_SSL_REDIRECT,
        settings.SECURE_PROXY_SSL_HEADER,
        settings.SECURE_HSTS_SECONDS,
    )
    if not any(secured):
        yield Warning(
            "Nothing in the settings keeps tokens from being sent without TLS: whoever is on the "
            "way can take them and be their user.",
            hint="Set SECURE_SSL_REDIRECT to True, and SECURE_PROXY_SSL_HEADER where a proxy in "
            "front ends TLS. Silence this where the proxy itself refuses what comes without TLS.",
            id="pyjwtfast.W031",
        )


def check_throttles() -> Messages:
    """A throttle that counts in each process for itself lets through a multiple of its rate."""
    from rest_framework.throttling import SimpleRateThrottle

    for throttle in dict.fromkeys(_throttles()):
        if not issubclass(throttle, SimpleRateThrottle):
            continue
        found = _cache_of(throttle)
        if isinstance(found, LocMemCache):
            effect = "each process counts for itself, and forgets when it ends"
        elif isinstance(found, DummyCache):
            effect = "nothing is counted"
        else:
            continue
        yield Warning(
            f"{throttle.__module__}.{throttle.__qualname__} counts in {type(found).__name__}: "
            f"{effect}, so that more passwords can be tried than its rate says.",
            hint="Set CACHES['default'] to a cache that processes share, as Redis or Memcached. "
            "Silence this for a server that is a single process.",
            id="pyjwtfast.W032",
        )


def check_client_addresses() -> Messages:
    """Whose requests a throttle counts together must not be the client's choice."""
    from rest_framework.settings import api_settings as rest_settings
    from rest_framework.throttling import BaseThrottle, SimpleRateThrottle

    if rest_settings.NUM_PROXIES is None and any(
        issubclass(throttle, SimpleRateThrottle) and throttle.get_ident is BaseThrottle.get_ident
        for throttle in _throttles()
    ):
        yield Warning(
            "REST_FRAMEWORK['NUM_PROXIES'] is not set: throttles that go by the client's address "
            "take for it what X-Forwarded-For says, and whoever writes another one there each time "
            "is never throttled.",
            hint="Set it to the number of proxies in front, to 0 where there is none. Silence "
            "this where throttles go by something else.",
            id="pyjwtfast.W033",
        )


def _throttles() -> Iterator[type[Any]]:
    """The project's default throttles, and those of our views' subclasses in its routes."""
    from rest_framework.settings import api_settings as rest_settings

    try:
        yield from cast("list[type[Any]]", rest_settings.DEFAULT_THROTTLE_CLASSES)
        for view in _token_views(get_resolver().url_patterns):
            yield from view.throttle_classes
    except Exception:  # the routes, or what they import, do not load: Django's own checks tell
        return


def _token_views(patterns: Any) -> Iterator[type[TokenViewBase]]:
    from ..views import TokenViewBase

    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _token_views(pattern.url_patterns)
        elif isinstance(pattern, URLPattern):
            view = getattr(pattern.callback, "view_class", None)
            if isinstance(view, type) and issubclass(view, TokenViewBase):
                yield view


def _cache_of(throttle: type[SimpleRateThrottle]) -> object:
    """The cache itself, of which a throttle has a proxy, as a rule that of 'default'."""
    cache: Any = throttle.cache
    alias = getattr(cache, "_alias", None)
    try:
        return caches[alias] if isinstance(alias, str) else cache
    except InvalidCacheBackendError:
        return None  # Django reports it


CHECKS = (check_debug, check_tls, check_throttles, check_client_addresses)
