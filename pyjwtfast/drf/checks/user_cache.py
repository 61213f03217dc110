"""Cached users: whether other processes learn of changes, and whether any user is cached at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.cache import InvalidCacheBackendError, caches
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.filebased import FileBasedCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.checks import Error, Warning
from django.core.exceptions import ImproperlyConfigured
from django.db.models.signals import post_init, pre_init
from django.utils.module_loading import import_string

from ..authentication import JWTAuthentication, JWTStatelessUserAuthentication
from ..user_query import is_djangos_own
from .support import Messages, entries

# Caches that one process alone sees, or one machine.
_OF_ONE_PROCESS = (LocMemCache, DummyCache)
_OF_ONE_MACHINE = (FileBasedCache,)


def check_invalidation(name: str, values: Mapping[str, Any]) -> Messages:
    alias = values["USER_CACHE_INVALIDATION"]
    if not values["USER_CACHE_TTL"] or alias is None:
        return
    if not isinstance(alias, str) or alias not in settings.CACHES:
        yield Error(
            f"{name}['USER_CACHE_INVALIDATION'] is {alias!r}, which is no cache in CACHES.",
            hint=f"Set USER_CACHE_INVALIDATION to one of {', '.join(map(repr, settings.CACHES))}, "
            "or to None.",
            id="pyjwtfast.E028",
        )
        return
    try:
        cache = caches[alias]
    except (InvalidCacheBackendError, ImportError) as error:
        yield Error(
            f"{name}['USER_CACHE_INVALIDATION'] is {alias!r}: {error}",
            hint="Correct CACHES.",
            id="pyjwtfast.E028",
        )
        return
    if isinstance(cache, (*_OF_ONE_PROCESS, *_OF_ONE_MACHINE)):
        whom = "process" if isinstance(cache, _OF_ONE_PROCESS) else "machine"
        yield Warning(
            f"{name}['USER_CACHE_INVALIDATION'] is {alias!r}, a {type(cache).__qualname__}: no "
            f"other {whom} learns from it that a user has changed.",
            hint="Name a cache that all processes share, as Redis or Memcached.",
            id="pyjwtfast.W015",
        )


def check_effect(name: str, values: Mapping[str, Any]) -> Messages:
    """Whether there are users that can be kept."""
    if not values["USER_CACHE_TTL"]:
        return
    try:
        model: Any = get_user_model()
    except ImproperlyConfigured:
        return
    if pre_init.has_listeners(model) or post_init.has_listeners(model):
        yield Warning(
            f"{name}['USER_CACHE_TTL'] has no effect: {model._meta.label} has receivers of "
            "pre_init or post_init, which would miss copies.",
            hint="Disconnect the receivers, or delete USER_CACHE_TTL.",
            id="pyjwtfast.W016",
        )
    elif not is_djangos_own(model.objects) and not _has_constant_classes():
        yield Warning(
            f"{name}['USER_CACHE_TTL'] has no effect on JWTAuthentication: {model._meta.label}"
            f".objects is a {type(model.objects).__qualname__}, whose users may be others on each "
            "request.",
            hint="If they are not, authenticate by a subclass with user_queryset_is_constant = "
            "True.",
            id="pyjwtfast.W016",
        )


def _has_constant_classes() -> bool:
    """Whether one of the project's authentication classes says that its users can be kept."""
    rest_framework = getattr(settings, "REST_FRAMEWORK", None)
    if not isinstance(rest_framework, Mapping):
        return False
    for entry in entries(rest_framework.get("DEFAULT_AUTHENTICATION_CLASSES")):
        try:
            named = import_string(entry) if isinstance(entry, str) else entry
        except ImportError:
            continue  # DRF reports it
        if (
            isinstance(named, type)
            and issubclass(named, JWTAuthentication)
            and not issubclass(named, JWTStatelessUserAuthentication)
            and named.user_queryset_is_constant
        ):
            return True
    return False


def check_deployment(name: str, values: Mapping[str, Any]) -> Messages:
    if values.get("USER_CACHE_TTL") and values.get("USER_CACHE_INVALIDATION") is None:
        yield Warning(
            f"{name}['USER_CACHE_TTL'] is set without USER_CACHE_INVALIDATION: other processes go "
            "on with a user who was deactivated, or whose password was changed, for that long.",
            hint="Set USER_CACHE_INVALIDATION to a cache that all processes share, as Redis.",
            id="pyjwtfast.W017",
        )


CHECKS = (check_invalidation, check_effect)
