"""The users that one process keeps.

What is kept is the row, never an instance that somebody uses: each request gets a copy of its own.
A change drops what is kept of its rows, at once and again when its transaction commits, and no row
that was read before is kept after it. While the transaction is open, that user is read from the
database, by everybody.
"""

from __future__ import annotations

import logging
import math
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from functools import partial
from time import monotonic
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connections, router

from ..logs import RareLogger
from ..settings import setting_in_effect
from .copies import NotCopiableError, copier
from .feed import EVERYTHING, InvalidationFeed
from .rows import Rows, UnknownRowError, rows_of

# Of so many changed users it is known which reads are too old to be kept; of more, none is kept
# that began before the oldest one known.
_CHANGES_KNOWN = 4096

# One transaction that changes more users than this counts as one that changes all.
_MOST_OF_ONE_TRANSACTION = 1000


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
        # As on_commit() does it, which refuses where the project manages transactions itself. But
        # before all others: of those that are there none that fails may keep it from being called.
        # A TestCase has to find its own, by their places, and commits nothing.
        self._hooks: list[Any] = connection.run_on_commit
        at = len(self._hooks) if _is_of_test_case(connection) else 0
        self._hooks.insert(at, (set(), self, False))

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
        self._logger = RareLogger(__package__)
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
        """The user of a key that `peek` does not find: as kept, if a look shows that to be current,
        or else as read from that database, and then kept.

        That there is none is not kept.
        """
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
            self._logger.log(logging.WARNING, "Users are not cached: %s", error)
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
            self._logger.log(
                logging.WARNING,
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
            self._logger.log(
                logging.WARNING,
                "Whether users have changed can't be learned: each is read from the database",
                exc_info=True,
            )
            return False
        if rows:
            self.drop(rows)
        self._good_until = began + self._poll
        return True


def _is_of_test_case(connection: Any) -> bool:
    """Whether the transaction is one that Django's TestCase rolls back."""
    return any(getattr(block, "_from_testcase", False) for block in connection.atomic_blocks)


def _reads_what_is_committed(connection: Any) -> bool:
    """Whether in a transaction each statement sees what is committed by then.

    Otherwise all of them see what was, when the first of them began. SQLite's do, and those of
    databases whose OPTIONS ask for another isolation level.
    """
    level = getattr(connection, "isolation_level", None)
    return str(getattr(level, "name", level)).replace("_", " ").lower() == "read committed"
