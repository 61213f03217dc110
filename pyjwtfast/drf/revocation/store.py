"""What a cache holds of revocations: entries, an index of them, and marks.

An entry is a key of its own, written in one step, for one token or for one user; it goes when the
last token that it concerns has expired. Nothing is read, changed and written back, so no two that
revoke at once can lose what the other has written.

The index, CAPACITY slots each taken by `add`, says which entries there are, for who reads all of
them at once. Where it is full a mark says so until the last entry that is not in it has gone.

The mark MARK is written at the first use and stays. Where it was seen and is gone, entries have
gone with it.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from django.core.cache import InvalidCacheBackendError, caches
from django.core.exceptions import ImproperlyConfigured

from ..settings import setting_in_effect

# How many entries the index can hold.
CAPACITY = 1000

_PREFIX = "pyjwtfast.revocation."
MARK = f"{_PREFIX}mark"
ALL = f"{_PREFIX}all"  # since when everything is revoked
CHANGE = f"{_PREFIX}change"  # another text after each change
OVERFLOW = f"{_PREFIX}overflow"
LONGEST = f"{_PREFIX}longest"  # seconds: the longest life that the settings have given a token
_SLOTS = tuple(f"{_PREFIX}index.{number}" for number in range(CAPACITY))

TOKEN, USER = "token", "user"
# What every memcached takes, and no digest has: without a dot.
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,100}")
# How much of an id is kept for people to read.
_SHOWN = 100
# How often what others overwrite at the same moment is written.
_ATTEMPTS = 3


class StoreError(Exception):
    """The cache failed, or gave back what was not written to it; the text says how."""


class Entry(NamedTuple):
    """One token's or one user's revocation. Times are in seconds since 1970.

    cutoff: of a user, the second in which the last tokens were issued that are revoked.
    until: when the entry may go.
    """

    kind: str
    id: str
    cutoff: int
    until: int

    def covers(self, other: Entry) -> bool:
        """Whether nothing is lost if this one is there in the place of the other."""
        return self.cutoff >= other.cutoff and self.until >= other.until


class Mark(NamedTuple):
    """That the cache has been in use. epoch: another text after each loss.

    is_known_loss: whoever has made it, or corrected it, knew of a loss of what was there before.
    cutoff: tokens issued until the end of that second are revoked; 0 for none.
    """

    epoch: str
    is_known_loss: bool
    cutoff: int


class Listing(NamedTuple):
    """All the entries, by their keys, as they are now, and whether there are more."""

    entries: dict[str, Entry]
    is_complete: bool


@lru_cache(4096)
def key_of(kind: str, identifier: str) -> str:
    """The key of an entry; of an id that not every cache takes (long, odd), by its SHA-256."""
    if _PLAIN.fullmatch(identifier):
        return f"{_PREFIX}{kind}.{identifier}"
    # JSON can hold a lone surrogate, and so can an id.
    digest = hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{_PREFIX}{kind}.sha256.{digest}"


def parse_entry(kind: str, value: object) -> Entry:
    """An entry as it came from the cache. Raises StoreError for anything else."""
    _, identifier, cutoff, until = _parse(value, kind, (str, int, int))
    return Entry(kind, identifier, cutoff, until)


def parse_cutoff(value: object) -> int:
    """What ALL holds, 0 where there is nothing. Raises StoreError for anything else."""
    return 0 if value is None else int(_parse(value, "all", (int,))[1])


def parse_mark(value: object) -> Mark:
    """A mark as it came from the cache. Raises StoreError for anything else."""
    return Mark(*_parse(value, "mark", (str, bool, int))[1:])


def _parse(value: object, kind: str, types: tuple[type, ...]) -> Sequence[Any]:
    if (
        not isinstance(value, (list, tuple))
        or len(value) != len(types) + 1
        or value[0] != kind
        or not all(map(isinstance, value[1:], types))
    ):
        raise StoreError("it holds what pyjwtfast has not written")
    return value


class Store:
    """Reads and writes a cache of Django's CACHES. What goes wrong there is a StoreError."""

    def __init__(self, alias: str) -> None:
        """Raises ImproperlyConfigured for an alias that is none."""
        self.alias = alias
        cache = self._cache()
        own = f"{type(cache).__module__}.{type(cache).__qualname__}"
        # What is cleared in a process's own memory was cleared by the process.
        self.is_local = own == "django.core.cache.backends.locmem.LocMemCache"
        # Under another function keys may depend on the tenant: django-tenants has one.
        self._constant_keys = (
            getattr(cache.key_func, "__module__", "") == "django.core.cache.backends.base"
        )

    def _cache(self) -> Any:
        try:
            return caches[self.alias]  # one for each thread
        except InvalidCacheBackendError as error:
            source = setting_in_effect("REVOCATION_CACHE")
            raise ImproperlyConfigured(f"{source} is {self.alias!r}: {error}") from error

    def scope(self) -> str:
        """What tells this moment's keys from those of another tenant; no round trip."""
        return MARK if self._constant_keys else str(self._cache().make_key(MARK))

    def read(self, keys: Iterable[str]) -> dict[str, Any]:
        """What is there of these keys, in one round trip."""
        try:
            found = self._cache().get_many(keys)
        except ImproperlyConfigured:
            raise
        except Exception as error:  # each backend has its own; a pickle can raise anything
            raise StoreError(f"{type(error).__name__}: {error}") from error
        if not isinstance(found, Mapping):
            raise StoreError(f"its get_many() gave a {type(found).__name__}")
        return dict(found)

    def list(self) -> Listing:
        """All entries, in two round trips."""
        found = self.read([*_SLOTS, OVERFLOW])
        is_complete = found.pop(OVERFLOW, None) is None
        keys = list({_parse_slot(value)[0] for value in found.values()})
        values = self.read(keys) if keys else {}
        entries = {key: parse_entry(_kind_of(key), value) for key, value in values.items()}
        return Listing(entries, is_complete)

    def add_mark(self, mark: Mark) -> Mark:
        """Write the mark where there is none: the one that is there then."""
        self._call("add", MARK, ["mark", *mark], None)
        return self._marked()

    def replace_mark(self, mark: Mark) -> Mark:
        """Write the mark in any case."""
        self._call("set", MARK, ["mark", *mark], None)
        return self._marked()

    def _marked(self) -> Mark:
        value = self.read([MARK]).get(MARK)
        if value is None:
            raise StoreError("it does not keep what is written to it")
        return parse_mark(value)

    def longest(self, own: int) -> int:
        """The longest life of a token, in seconds, that any process's settings have said so far.

        own: what this process's say.
        """
        known = self.read([LONGEST]).get(LONGEST)
        if known is not None and not isinstance(known, int):
            raise StoreError("it holds what pyjwtfast has not written")
        if known is None or known < own:
            self._call("set", LONGEST, own, None)
            return own
        return known

    def write(self, entries: Sequence[Entry], longest: int) -> None:
        """Write these entries, and put them into the index. Returns when they can be read.

        longest: as `longest()` returns it.
        """
        wanted = {key_of(entry.kind, entry.id): entry for entry in entries}
        for left in range(_ATTEMPTS, -1, -1):
            there = self._entries(wanted)
            missing = {
                key: _joined(entry, there.get(key))
                for key, entry in wanted.items()
                if key not in there or not there[key].covers(entry)
            }
            if not missing:
                break
            if not left:
                raise StoreError("it does not keep what is written to it")
            for until in {entry.until for entry in missing.values()}:
                values = {
                    key: [entry.kind, entry.id[:_SHOWN], entry.cutoff, entry.until]
                    for key, entry in missing.items()
                    if entry.until == until
                }
                self._call("set_many", values, _timeout(until))
        self._index(wanted, longest)
        self.announce()

    def _entries(self, wanted: Iterable[str]) -> dict[str, Entry]:
        found = self.read(list(wanted))
        return {key: parse_entry(_kind_of(key), value) for key, value in found.items()}

    def _index(self, wanted: Mapping[str, Entry], longest: int) -> None:
        """Put keys into the index, each in a slot that is free."""
        found = self.read([*_SLOTS, OVERFLOW])
        overflow = found.pop(OVERFLOW, None)
        listed: dict[str, int] = {}
        for value in found.values():
            key, until = _parse_slot(value)
            listed[key] = max(until, listed.get(key, 0))
        free = [slot for slot in _SLOTS if slot not in found]
        secrets.SystemRandom().shuffle(free)  # others look for one as well
        left = 0
        for key, entry in wanted.items():
            if listed.get(key, 0) >= entry.until:
                continue
            value = ["slot", key, entry.until]
            while free:
                if self._call("add", free.pop(), value, _timeout(entry.until)):
                    break
            else:
                left = max(left, entry.until)
        if left:
            # As long as any entry of the same moment may live, whoever writes this mark last.
            until = max(left, int(time.time()) + longest)
            if isinstance(overflow, int):
                until = max(until, overflow)
            self._call("set", OVERFLOW, until, _timeout(until))
            if OVERFLOW not in self.read([OVERFLOW]):
                raise StoreError("it does not keep what is written to it")

    def write_cutoff(self, cutoff: int) -> None:
        """Write ALL, unless a later time is there already."""
        for _ in range(_ATTEMPTS):
            self._call("set", ALL, ["all", cutoff], None)
            if parse_cutoff(self.read([ALL]).get(ALL)) >= cutoff:
                self.announce()
                return
        raise StoreError("it does not keep what is written to it")

    def delete(self, keys: Iterable[str]) -> None:
        """Delete what is there of these keys."""
        self._call("delete_many", list(keys))
        self.announce()

    def announce(self) -> None:
        """Tell those who poll that there is something new."""
        self._call("set", CHANGE, secrets.token_hex(8), None)
        if CHANGE not in self.read([CHANGE]):
            raise StoreError("it does not keep what is written to it")

    def _call(self, method: str, *args: Any) -> Any:
        try:
            return getattr(self._cache(), method)(*args)
        except ImproperlyConfigured:
            raise
        except Exception as error:
            raise StoreError(f"{type(error).__name__}: {error}") from error


def _kind_of(key: str) -> str:
    return key.removeprefix(_PREFIX).partition(".")[0]


def _parse_slot(value: object) -> tuple[str, int]:
    _, key, until = _parse(value, "slot", (str, int))
    return key, until


def _joined(entry: Entry, there: Entry | None) -> Entry:
    if there is None:
        return entry
    return entry._replace(
        cutoff=max(entry.cutoff, there.cutoff), until=max(entry.until, there.until)
    )


def _timeout(until: int) -> int:
    """Seconds from now, never less than what is left."""
    return max(1, until - int(time.time())) + 1
