"""What one process knows of revocations: the cache's mark, whether it answers, and the list.

Where the cache fails, or holds what is not ours, REVOCATION_WHEN_DOWN decides. Where it has lost
what it held (seen by its mark), nobody can tell what was revoked, and all tokens of before count as
revoked; or, with "accept", none.
"""

from __future__ import annotations

import logging
import math
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any, NamedTuple

from ..exceptions import RevocationsUnavailable
from ..logs import RareLogger
from ..settings import setting_in_effect, to_seconds, wrong_setting
from ..state import token_backend
from .store import (
    ALL,
    CHANGE,
    MARK,
    OVERFLOW,
    TOKEN,
    USER,
    Mark,
    Store,
    StoreError,
    parse_cutoff,
    parse_entry,
    parse_mark,
)

_logger = logging.getLogger(__package__)

# For how many seconds a cache that has failed is not asked again: requests do not wait for it.
COOL_DOWN = 1.0
# A failure quicker than this may be a connection that was idle for too long: it is tried once more.
_QUICK = 0.1


class Subject(NamedTuple):
    """What of a token decides whether it is revoked."""

    token_key: str | None
    user_key: str | None
    iat: object


class _View(NamedTuple):
    """What a process has read of all revocations. read_at is of time.monotonic()."""

    read_at: float
    change: object
    cutoff: int
    tokens: frozenset[str]
    users: Mapping[str, int]
    is_complete: bool

    def revokes(self, subject: Subject) -> bool:
        if subject.token_key in self.tokens:
            return True
        cutoff = self.users.get(subject.user_key, 0) if subject.user_key is not None else 0
        return _is_until(subject.iat, max(cutoff, self.cutoff))


class _Scope:
    """What is remembered of one tenant's keys; there is one scope where keys have no tenant."""

    def __init__(self) -> None:
        self.epoch: str | None = None  # of the mark, as it was seen last
        self.view: _View | None = None


class Revocations:
    """The revocations in one cache, as one process sees them; safe between threads."""

    def __init__(self, alias: str, poll: object, when_down: object) -> None:
        """Raises ImproperlyConfigured for values that are none of their settings'."""
        if when_down not in ("refuse", "accept"):
            raise wrong_setting("REVOCATION_WHEN_DOWN", when_down, "'refuse' or 'accept'")
        self.store = Store(alias)
        self.poll = 0.0 if poll is None else to_seconds("REVOCATION_POLL", poll)
        self.accepts = when_down == "accept"
        self._scopes: dict[str, _Scope] = {}
        self._down_until = 0.0
        self._reason = ""
        self._failures = RareLogger(__package__)
        self.renew_lock()

    def renew_lock(self) -> None:
        """In a process that was forked: the lock may have been another thread's."""
        self._lock = Lock()

    def _scope(self) -> _Scope:
        name = self.store.scope()
        scope = self._scopes.get(name)
        return self._scopes.setdefault(name, _Scope()) if scope is None else scope

    def needs_io(self) -> bool:
        """Whether the next token is judged by asking the cache."""
        view = self._scope().view if self.poll else None
        return view is None or not view.is_complete or time.monotonic() - view.read_at >= self.poll

    def is_revoked(self, subject: Subject, directly: bool) -> bool:
        """Whether a token is revoked. directly: whatever the list says. Raises StoreError."""
        scope = self._scope()
        if self.poll and not directly:
            view = self._current_view(scope)
            is_revoked = view.revokes(subject)
            if is_revoked or view.is_complete:
                return is_revoked
        keys = [MARK, ALL]
        if subject.token_key is not None:
            keys.append(subject.token_key)
        if subject.user_key is not None:
            keys.append(subject.user_key)
        found = self._read(keys)
        try:
            cutoff = max(self._judge_mark(scope, found.get(MARK)), parse_cutoff(found.get(ALL)))
            if subject.token_key in found:
                parse_entry(TOKEN, found[subject.token_key])
                return True
            if subject.user_key in found:
                cutoff = max(cutoff, parse_entry(USER, found[subject.user_key]).cutoff)
        except StoreError as error:
            self._fail(error)
            raise
        return _is_until(subject.iat, cutoff)

    def _current_view(self, scope: _Scope) -> _View:
        """The list, not older than twice the interval, unless REVOCATION_WHEN_DOWN is "accept".

        Where it is older than the interval one thread reads, and the others go on with it; so do
        all if that fails. Raises StoreError if there is none.
        """
        view = scope.view
        age = math.inf if view is None else time.monotonic() - view.read_at
        if view is not None and age < self.poll:
            return view
        is_usable = age < 2 * self.poll
        # With nothing to go on with, wait for who reads.
        if not self._lock.acquire(blocking=not is_usable) and view is not None:
            return view
        try:
            newest = scope.view
            if newest is not None and time.monotonic() - newest.read_at < self.poll:
                return newest
            return self._read_view(scope)
        except StoreError:
            if view is not None and (is_usable or self.accepts):
                return view
            raise
        finally:
            self._lock.release()

    def _read_view(self, scope: _Scope) -> _View:
        """Read the list anew: in one round trip if nothing has changed, else in three."""
        read_at, old = time.monotonic(), scope.view
        found = self._read([MARK, ALL, CHANGE, OVERFLOW])
        try:
            cutoff = max(self._judge_mark(scope, found.get(MARK)), parse_cutoff(found.get(ALL)))
            change, is_complete = found.get(CHANGE), OVERFLOW not in found
            if old is not None and old.change == change:
                view = old._replace(read_at=read_at, cutoff=cutoff, is_complete=is_complete)
            else:
                listing = self.store.list()
                entries = listing.entries.items()
                view = _View(
                    read_at,
                    change,
                    cutoff,
                    frozenset(key for key, entry in entries if entry.kind == TOKEN),
                    {key: entry.cutoff for key, entry in entries if entry.kind == USER},
                    is_complete and listing.is_complete,
                )
        except StoreError as error:
            self._fail(error)
            raise
        scope.view = view
        return view

    def _judge_mark(self, scope: _Scope, value: object) -> int:
        """The second until which tokens are revoked because the cache has lost its entries."""
        if value is not None:
            mark = parse_mark(value)
            if mark.epoch == scope.epoch:
                return mark.cutoff
        known = scope.epoch is not None and not self.store.is_local
        cutoff = 0 if self.accepts or not known else int(time.time())
        if value is None:
            mark = self.store.add_mark(Mark(secrets.token_hex(8), known, cutoff))
        if known and not mark.is_known_loss:
            # It was made anew by a process that had not seen the one before.
            mark = self.store.replace_mark(Mark(mark.epoch, True, cutoff))
        if known:
            _logger.error(
                "The cache '%s' has lost the revocations that were in it. %s Let it evict nothing "
                "and outlive a restart.",
                self.store.alias,
                f"{setting_in_effect('REVOCATION_WHEN_DOWN')} is 'accept': tokens that were "
                "revoked are accepted again."
                if self.accepts
                else "All tokens that were issued until now count as revoked.",
            )
        scope.epoch = mark.epoch
        return mark.cutoff

    def _read(self, keys: list[str]) -> dict[str, Any]:
        was_down = self._down_until
        started = time.monotonic()
        if was_down:
            if started < was_down:
                raise StoreError(self._reason)
            self._down_until = started + COOL_DOWN  # one tries; the others need not wait for it
        try:
            try:
                found = self.store.read(keys)
            except StoreError:
                if was_down or time.monotonic() - started > _QUICK:
                    raise
                found = self.store.read(keys)
        except StoreError as error:
            self._fail(error)
            raise
        if was_down:
            self._down_until = 0.0
            self._failures.forget()
            _logger.warning("The cache '%s' answers again.", self.store.alias)
        return found

    def _fail(self, error: StoreError) -> None:
        self._down_until, self._reason = time.monotonic() + COOL_DOWN, str(error)
        self._failures.log(
            logging.ERROR,
            "The cache '%s' does not say which tokens are revoked (%s). %s",
            self.store.alias,
            error,
            "Tokens are accepted." if self.accepts else "Tokens are refused, with 503.",
        )

    @contextmanager
    def writing(self) -> Iterator[Store]:
        """The store, to be written to; a failure is a RevocationsUnavailable."""
        try:
            # Not as a request would: what has to be written is tried, whatever happened before.
            self._judge_mark(self._scope(), self.store.read([MARK]).get(MARK))
            yield self.store
        except StoreError as error:
            _logger.error("The cache '%s' takes no revocation: %s", self.store.alias, error)
            raise RevocationsUnavailable(wait=COOL_DOWN) from error
        self._scope().view = None  # this process knows of it at once


def _is_until(iat: object, cutoff: int) -> bool:
    """Whether a token was, or may have been, issued until the end of that second; 0 is never."""
    if not cutoff:
        return False
    if isinstance(iat, bool) or not isinstance(iat, (int, float)):
        return True  # no word of when it was
    if isinstance(iat, float) and not math.isfinite(iat):  # an int may be too large to be asked
        return True
    if iat < cutoff + 1:
        return True
    ahead = iat - time.time()
    return ahead > 0 and ahead > token_backend.get_leeway().total_seconds()
