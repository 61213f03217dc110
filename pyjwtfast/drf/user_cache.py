"""Users, kept for USER_CACHE_TTL seconds in each process; off by default.

What is kept is the row, never an instance that somebody uses: each request gets a copy of its own.
Saving or deleting a user drops what is kept of it, at once and again when the transaction commits,
and no row that was read before is kept after it. While the transaction is open, that user is read
from the database, by everybody. `invalidate_user` says the same of what sends no signal: `update()`
and raw SQL.

Other processes learn it by USER_CACHE_INVALIDATION: they look every USER_CACHE_POLL seconds, and
when they can't, they use nothing of what they keep.
"""

from __future__ import annotations

import math
import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.signals import setting_changed
from django.db import connections, router
from django.db.models import Model
from django.db.models.signals import post_delete, post_save

from .instance_copies import NotCopiableError, copier
from .invalidation_feed import EVERYTHING, InvalidationFeed
from .settings import api_settings, setting_in_effect, settings_changed
from .utils import logger

# The longest USER_CACHE_TTL, in seconds: a day.
LONGEST_TTL = 86_400

# Of so many changed users it is known which reads are too old to be kept; of more, none is kept
# that began before the oldest one known.
_CHANGES_KNOWN = 4096

# One transaction that changes more users than this counts as one that changes all.
_MOST_OF_ONE_TRANSACTION = 1000

# Seconds between two warnings of the same kind.
_WARN_EVERY = 60.0

# The tables' rows that make up a user: his own, and those of the models that his inherits from.
Rows = frozenset[str]


class UnknownRowError(Exception):
    """An instance does not say which rows it is made of."""


class _Entry:
    __slots__ = ("expires", "make", "rows", "used")

    def __init__(self, make: Callable[[], Any], rows: Rows, expires: float) -> None:
        self.make, self.rows, self.expires = make, rows, expires
        self.used = False


class _Mark:
    """A transaction of this process that has changed users, until it ends.

    It is among the hooks that the connection calls on commit; a connection that has it there no
    more, and has not called it, has rolled back. A savepoint that is rolled back leaves it there.
    """

    def __init__(self, cache: UserCache, connection: Any) -> None:
        self._cache, self._connection = cache, weakref.ref(connection)
        self.rows: set[str] = set()
        # As on_commit() does it, which refuses where the project manages transactions itself.
        self._hooks: list[Any] = connection.run_on_commit
        self._hooks.append((set(), self, False))

    def is_of(self, connection: Any) -> bool:
        return self._connection() is connection and self.is_alive()

    def is_alive(self) -> bool:
        connection = self._connection()
        if connection is None:
            return False
        hooks = connection.run_on_commit
        return hooks is self._hooks or any(hook is self for _, hook, _ in list(hooks))

    def add(self, rows: Iterable[str]) -> None:
        self.rows.update(rows)
        if EVERYTHING in self.rows or len(self.rows) > _MOST_OF_ONE_TRANSACTION:
            self.rows = {EVERYTHING}

    def covers(self, rows: Rows) -> bool:
        return EVERYTHING in self.rows or not self.rows.isdisjoint(rows)

    def __call__(self) -> None:
        self._cache.settle(self)
        self._cache.publish(self.rows)


class UserCache:
    """The users of one process. Safe under threads, and after a fork.

    ttl, poll: seconds. size: entries. shared: the alias of the cache that processes share, or None.
    key: called for each request; what else than alias and schema decides which row an id names.
    """

    def __init__(
        self,
        *,
        ttl: float,
        size: int,
        shared: str | None = None,
        poll: float = 1.0,
        key: Callable[[], Hashable] | None = None,
    ) -> None:
        self._ttl, self._size, self._poll, self._hook = ttl, size, poll, key
        self._feed = InvalidationFeed(shared, ttl + poll) if shared is not None else None
        # For `users`: where the users of a model are always read, as long as there are no routers.
        self.known_places: dict[Hashable, tuple[str, Hashable]] = {}
        self._has_schemas: dict[str, bool] = {}
        self._warned: dict[str, float] = {}
        self._owes_everything = False
        self.after_fork()

    def after_fork(self) -> None:
        """Begin anew, with nothing kept, and with locks that nobody holds."""
        self._lock = threading.RLock()
        self._looking = threading.Lock()
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._keys: dict[str, set[Hashable]] = {}  # of the entries that a row is part of
        self._marks: list[_Mark] = []
        # Each change has a number; a read that began before one can't be kept after it.
        self._version = 0
        self._changed: OrderedDict[str, int] = OrderedDict()
        self._oldest = 0  # what was read before this version is not kept, whoever it is
        # Until when entries may be used without looking at the feed, by the monotonic clock.
        self._good_until = math.inf if self._feed is None else -math.inf
        self._next_look = -math.inf
        if self._feed is not None:
            self._feed.lose_track()

    # --- What requests call ---

    def place(self, alias: str) -> Hashable:
        """Where a user is read: alias, and beside it the schema and USER_CACHE_KEY's value.

        Raises ImproperlyConfigured where the latter is not hashable.
        """
        connection: Any = connections[alias] if self._has_schema(alias) else None
        schema = None if connection is None else connection.schema_name
        if self._hook is None:
            return alias if schema is None else (alias, schema)
        value = self._hook()
        try:
            hash(value)
        except TypeError as error:
            raise ImproperlyConfigured(
                f"{setting_in_effect('USER_CACHE_KEY')} returned {value!r}, which is not hashable."
            ) from error
        return alias, schema, value

    def is_same_everywhere(self, alias: str) -> bool:
        """Whether a place is the same in the event loop and in the threads that it waits for.

        Connections, and what hooks and routers ask, may not be.
        """
        return self._hook is None and not router.routers and not self._has_schema(alias)

    def _has_schema(self, alias: str) -> bool:
        """Whether the connection has a schema of the moment, as django-tenants' has."""
        try:
            return self._has_schemas[alias]
        except KeyError:
            found = self._has_schemas[alias] = hasattr(connections[alias], "schema_name")
            return found

    def peek(self, key: Hashable) -> Any | None:
        """The user of this key, if he is kept and nothing has to be asked; else None."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        now = monotonic()
        if now >= entry.expires or now >= self._good_until:
            return None
        entry.used = True
        return entry.make()

    def get(self, key: Hashable, alias: str, read: Callable[[], Any | None]) -> Any | None:
        """The user of this key: as kept, or else as read from that database, and then kept.

        That there is none is not kept.
        """
        user = self.peek(key)
        if user is not None:
            return user
        if not self._is_current():
            return read()
        user = self.peek(key)
        if user is not None:
            return user
        self._settle_what_ended()  # or it would end while this is read
        version, expires = self._version, monotonic() + self._ttl
        user = read()
        if user is not None:
            self._keep(key, user, alias, version, expires)
        return user

    def _keep(self, key: Hashable, user: Any, alias: str, version: int, expires: float) -> None:
        """Keep what was read; within a transaction only when and if it commits."""
        connection = connections[alias]
        if connection.in_atomic_block and not _reads_what_is_committed(connection):
            return
        try:
            entry = _Entry(copier(user), rows_of(user), expires)
        except (NotCopiableError, UnknownRowError) as error:
            self._warn("copy", "Users are not cached: %s", error)
            return
        if connection.in_atomic_block:
            hook = partial(self._insert_after_commit, connection, key, entry, version)
            connection.on_commit(hook)
        elif connection.get_autocommit():
            self._insert(key, entry, version)

    def _insert_after_commit(
        self, connection: Any, key: Hashable, entry: _Entry, version: int
    ) -> None:
        # Tests call such hooks within their own transaction, which they roll back.
        if not connection.in_atomic_block:
            self._insert(key, entry, version)

    def _insert(self, key: Hashable, entry: _Entry, version: int) -> None:
        with self._lock:
            self._settle_what_ended()
            if (
                version < self._oldest
                or any(self._changed.get(row, 0) > version for row in entry.rows)
                or any(mark.covers(entry.rows) for mark in self._marks)
            ):
                return
            self._remove(key)
            while len(self._entries) >= self._size:
                self._evict()
            self._entries[key] = entry
            for row in entry.rows:
                self._keys.setdefault(row, set()).add(key)

    def _evict(self) -> None:
        """Remove the oldest entry that was not used since this was last asked of it."""
        key, entry = next(iter(self._entries.items()))
        while entry.used and monotonic() < entry.expires:
            entry.used = False
            self._entries.move_to_end(key)
            key, entry = next(iter(self._entries.items()))
        self._remove(key)

    def _remove(self, key: Hashable) -> None:
        entry = self._entries.pop(key, None)
        for row in entry.rows if entry is not None else ():
            keys = self._keys[row]
            keys.discard(key)
            if not keys:
                del self._keys[row]

    # --- What changes of users call ---

    def invalidate(self, rows: Iterable[str], alias: str) -> None:
        """These rows have changed, or EVERYTHING has, through the connection of this alias."""
        rows = frozenset(rows)
        connection = connections[alias]
        in_transaction = connection.in_atomic_block or (
            connection.connection is not None and not connection.autocommit
        )
        with self._lock:
            if in_transaction:
                self._mark(connection, rows)
            self.drop(rows)
        if not in_transaction:
            self.publish(rows)

    def _mark(self, connection: Any, rows: Rows) -> None:
        """Keep nothing of these rows until the transaction has ended."""
        mark = next((each for each in self._marks if each.is_of(connection)), None)
        if mark is None:
            mark = _Mark(self, connection)
            self._marks.append(mark)
        mark.add(rows)

    def _settle_what_ended(self) -> None:
        """Of the transactions that were rolled back nobody else tells."""
        if self._marks:
            with self._lock:
                for mark in [mark for mark in self._marks if not mark.is_alive()]:
                    self.settle(mark)

    def settle(self, mark: _Mark) -> None:
        """The mark's transaction has ended, whichever way."""
        with self._lock:
            if mark in self._marks:
                self._marks.remove(mark)
            self.drop(mark.rows)

    def drop(self, rows: Iterable[str]) -> None:
        """Forget what is kept of these rows, and what is being read of them."""
        with self._lock:
            self._version += 1
            for row in rows:
                if row == EVERYTHING:
                    self._entries.clear()
                    self._keys.clear()
                    self._changed.clear()
                    self._oldest = self._version
                    return
                for key in list(self._keys.get(row, ())):
                    self._remove(key)
                self._changed[row] = self._version
                self._changed.move_to_end(row)
            while len(self._changed) > _CHANGES_KNOWN:
                _, self._oldest = self._changed.popitem(last=False)

    # --- Other processes ---

    def publish(self, rows: Iterable[str]) -> None:
        """Tell the other processes. Where that fails, what was saved stays saved."""
        if self._feed is None:
            return
        try:
            self._feed.publish(rows)
        except Exception:
            self._owes_everything = True
            self._warn(
                "publish",
                "Other processes were not told that a user has changed; they may use the former "
                "row until USER_CACHE_TTL is over",
                exc_info=True,
            )

    def _is_current(self) -> bool:
        """Whether what is kept may be used; looks at the feed when it is time to."""
        if monotonic() < self._good_until:
            return True
        if not self._looking.acquire(blocking=False):
            return False  # another thread looks
        try:
            began = monotonic()
            if began < self._good_until:
                return True
            return began >= self._next_look and self._look(began)
        finally:
            self._looking.release()

    def _look(self, began: float) -> bool:
        feed = self._feed
        assert feed is not None
        try:
            if self._owes_everything:
                feed.publish([EVERYTHING])
                self._owes_everything = False
            rows = feed.look()
        except Exception:
            feed.lose_track()
            # A cache that times out costs a tenth of the time, not all of it.
            took = monotonic() - began
            self._next_look = began + max(self._poll, 10 * took)
            self._warn(
                "look",
                "Whether users have changed can't be learned: each is read from the database",
                exc_info=True,
            )
            return False
        if rows:
            self.drop(rows)
        self._good_until = began + self._poll
        return True

    def _warn(self, kind: str, message: str, *args: object, **options: Any) -> None:
        now = monotonic()
        if now >= self._warned.get(kind, -math.inf) + _WARN_EVERY:
            self._warned[kind] = now
            logger.warning(message, *args, **options)


def _reads_what_is_committed(connection: Any) -> bool:
    """Whether in a transaction each statement sees what is committed by then.

    Otherwise all of them see what was, when the first of them began. SQLite's do, and those of
    databases whose OPTIONS ask for another isolation level.
    """
    level = getattr(connection, "isolation_level", None)
    return str(getattr(level, "name", level)).replace("_", " ").lower() == "read committed"


# --- Which rows an instance is made of ---


def _tables(model: type[Model]) -> list[type[Model]]:
    """The models whose tables hold an instance: its own, and those it inherits from."""
    concrete = model._meta.concrete_model
    assert concrete is not None
    return [concrete, *concrete._meta.get_parent_list()]


def _row(model: type[Model], pk: Any) -> str:
    """A row's name, whichever way its key is written. Raises UnknownRowError for what is no key."""
    field = model._meta.pk
    assert field is not None
    try:
        value = None if isinstance(pk, bool) else field.to_python(pk)
    except (TypeError, ValueError, ValidationError) as error:
        raise UnknownRowError(f"{pk!r} is no primary key of {model._meta.label}.") from error
    if value is None:
        raise UnknownRowError(f"{pk!r} is no primary key of {model._meta.label}.")
    return f"{model._meta.label_lower}:{value}"


def rows_of(instance: Model) -> Rows:
    """The rows that an instance is made of. Raises UnknownRowError."""
    own, *parents = _tables(type(instance))
    found = {_row(own, instance.pk)}
    for parent in parents:
        attribute = parent._meta.pk.attname
        if attribute not in vars(instance):
            raise UnknownRowError(f"{own._meta.label} was read without {attribute}.")
        found.add(_row(parent, vars(instance)[attribute]))
    return frozenset(found)


# --- The one of the process ---


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
    ttl = seconds("USER_CACHE_TTL", api_settings.USER_CACHE_TTL)
    if not ttl:
        return None
    size, alias = api_settings.USER_CACHE_SIZE, api_settings.USER_CACHE_INVALIDATION
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise _wrong("USER_CACHE_SIZE", size, "a number of users")
    if alias is not None and (not isinstance(alias, str) or alias not in settings.CACHES):
        raise _wrong("USER_CACHE_INVALIDATION", alias, "the name of a cache in CACHES, or None")
    poll = seconds("USER_CACHE_POLL", api_settings.USER_CACHE_POLL)
    key = api_settings.USER_CACHE_KEY
    if key is not None and not callable(key):
        raise _wrong("USER_CACHE_KEY", key, "a callable without arguments, or None")
    return UserCache(ttl=ttl, size=size, shared=alias, poll=poll, key=key)


def seconds(name: str, value: Any) -> float:
    """What USER_CACHE_TTL or USER_CACHE_POLL holds, which may be a timedelta.

    Raises ImproperlyConfigured for what is no such time.
    """
    found = value.total_seconds() if isinstance(value, timedelta) else value
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise _wrong(name, value, "a number of seconds")
    if not 0 <= found <= LONGEST_TTL:  # NaN neither
        raise _wrong(name, value, f"between 0 and {LONGEST_TTL} seconds")
    return float(found)


def _wrong(name: str, value: object, what: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{setting_in_effect(name)} is {value!r}, but must be {what}.")


def _listen() -> None:
    """Let the signals of all models that share a table with the user model drop what is kept."""
    try:
        tables = set(_tables(get_user_model()))
    except ImproperlyConfigured:
        return  # no user model: nobody is looked up
    _senders[:] = (m for m in apps.get_models() if not tables.isdisjoint(_tables(m)))
    for model in _senders:
        for signal in (post_save, post_delete):
            signal.connect(_on_change, sender=model, weak=False)


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
            rows = frozenset({_row(_tables(model)[0], user)})
        elif set(_tables(type(user))).isdisjoint(_tables(model)):
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
