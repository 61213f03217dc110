"""Users, kept for USER_CACHE_TTL seconds in each process; off by default.

Saving or deleting a user lets go of what is kept of it, in every process; `invalidate_user` says
the same of what sends no signal: `update()` and raw SQL. Other processes learn it by
USER_CACHE_INVALIDATION: they look every USER_CACHE_POLL seconds, and when they can't, they use
nothing of what they keep.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.db import router
from django.db.models import Model
from django.db.models.signals import post_delete, post_save

from ..settings import api_settings, settings_changed, to_seconds, wrong_setting
from .feed import EVERYTHING
from .memory import UserCache
from .rows import UnknownRowError, row_name, rows_of, tables_of

# The one of the process, the models whose signals it follows, and whether settings have been read.
_cache: UserCache | None = None
_is_configured = False
_configuring = threading.RLock()
_senders: list[type[Model]] = []


def current() -> UserCache | None:
    """The cache of this process; None where USER_CACHE_TTL is 0.

    Raises ImproperlyConfigured, with the setting's name, for settings that can't be used.
    """
    return _cache if _is_configured else _configure()


def _configure() -> UserCache | None:
    global _cache, _is_configured
    with _configuring:
        if not _is_configured:
            made = _from_settings()
            if made is not None:
                _listen()
            _cache = made
            _is_configured = True
        return _cache


def _from_settings() -> UserCache | None:
    ttl = to_seconds("USER_CACHE_TTL", api_settings.USER_CACHE_TTL)
    if not ttl:
        return None
    size, alias = api_settings.USER_CACHE_SIZE, api_settings.USER_CACHE_INVALIDATION
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise wrong_setting("USER_CACHE_SIZE", size, "a number of users")
    if alias is not None and (not isinstance(alias, str) or alias not in settings.CACHES):
        raise wrong_setting(
            "USER_CACHE_INVALIDATION", alias, "the name of a cache in CACHES, or None"
        )
    poll = to_seconds("USER_CACHE_POLL", api_settings.USER_CACHE_POLL)
    key = api_settings.USER_CACHE_KEY
    if key is not None and not callable(key):
        raise wrong_setting("USER_CACHE_KEY", key, "a callable without arguments, or None")
    return UserCache(ttl=ttl, size=size, shared=alias, poll=poll, key=key)


def _listen() -> None:
    """Let the signals of all models that share a table with the user model drop what is kept."""
    try:
        tables = set(tables_of(get_user_model()))
    except ImproperlyConfigured:
        return  # no user model: nobody is looked up
    _senders[:] = (m for m in apps.get_models() if not tables.isdisjoint(tables_of(m)))
    for model in _senders:
        for signal in (post_save, post_delete):
            signal.connect(_on_change, sender=model, weak=False)
    for signal in (post_save, post_delete):
        _put_first(signal)


def _put_first(signal: Any) -> None:
    """Call ours before the project's: one that fails keeps later ones from being called, and
    outside of a transaction the row has been changed by then.
    """
    with signal.lock:
        signal.receivers.sort(key=lambda each: each[0][0] != id(_on_change))
        signal.sender_receivers_cache.clear()


def _stop_listening() -> None:
    for model in _senders:
        for signal in (post_save, post_delete):
            signal.disconnect(_on_change, sender=model)
    _senders.clear()


def _on_change(sender: type[Model], instance: Model, using: str, **kwargs: Any) -> None:
    if _cache is not None:
        try:
            rows: Iterable[str] = rows_of(instance)
        except UnknownRowError:  # a parent's key, which was deferred
            rows = [EVERYTHING]
        _cache.invalidate(rows, using)


def start() -> None:
    """Read the settings, if that is possible now: a process that only saves users has to tell."""
    # The checks say what is wrong with them, and so does each use.
    with suppress(ImproperlyConfigured, ImportError, RuntimeError):
        current()


def reset(**kwargs: Any) -> None:
    """Forget settings and users. Also a receiver of signals."""
    global _cache, _is_configured
    with _configuring:
        _stop_listening()
        _cache, _is_configured = None, False
    if apps.ready:
        start()


def _reset_after(**kwargs: Any) -> None:
    if kwargs["setting"] in _ABOUT_USERS:
        reset()


_ABOUT_USERS = ("AUTH_USER_MODEL", "CACHES", "DATABASES", "DATABASE_ROUTERS", "INSTALLED_APPS")


def _after_fork() -> None:
    global _configuring
    _configuring = threading.RLock()
    if _cache is not None:
        _cache.after_fork()


settings_changed.connect(reset)
setting_changed.connect(_reset_after)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


# --- For projects ---


def invalidate_user(user: Any, using: str | None = None) -> None:
    """Let no request use what was read of this user before.

    For changes that send no signal: `update()`, `bulk_update()`, raw SQL. To be called after the
    change, in its transaction or when that is over; it counts from its commit on.
    user: the user, or a primary key. using: the database alias of the change; by default where
    users are written to.
    Raises TypeError or ValueError for what is neither. Does nothing where USER_CACHE_TTL is 0.
    """
    cache = current()
    model = get_user_model()
    try:
        if not isinstance(user, Model):
            rows = frozenset({row_name(tables_of(model)[0], user)})
        elif set(tables_of(type(user))).isdisjoint(tables_of(model)):
            raise TypeError(f"{user!r} is of {type(user)._meta.label}, not of {model._meta.label}.")
        else:
            rows = rows_of(user)
    except UnknownRowError as error:
        raise ValueError(str(error)) from error
    if cache is not None:
        cache.invalidate(rows, using or router.db_for_write(model))


def invalidate_all_users(using: str | None = None) -> None:
    """The same of all users: after an `update()` of many. See invalidate_user."""
    cache = current()
    if cache is not None:
        cache.invalidate([EVERYTHING], using or router.db_for_write(get_user_model()))
