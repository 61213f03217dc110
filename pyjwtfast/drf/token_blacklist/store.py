"""What tokens read from the two tables and write to them.

Both go to the database that is written to: a replica that lags behind would let through what has
just been blacklisted.

Of several requests that want to blacklist the same token, to get a new one for it, one may win.
What decides is the unique constraint on BlacklistedToken.token: whoever inserts the row has won,
and the insertion is the first statement of its transaction. (After a SELECT, SQLite refuses it at
once if anybody has written in between, and other databases would have to lock.) Who has lost is
told by reading again once the transaction is undone, not by the kind of the error: so a lock that
timed out and a failed serialization count as lost only if the token is blacklisted indeed, and a
database that cannot be asked remains an error.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from datetime import datetime
from typing import NamedTuple, TypeVar

from django.db import (
    DatabaseError,
    IntegrityError,
    OperationalError,
    connections,
    router,
    transaction,
)
from django.db.backends.base.base import BaseDatabaseWrapper

from ..exceptions import TokenError
from ..translation import gettext_lazy as _
from ..users import is_identifier
from .models import BlacklistedToken, OutstandingToken

T = TypeVar("T")

_MAX_LENGTH = OutstandingToken._meta.get_field("jti").max_length

# How often a transaction that the database could not put in order is tried, and until when, in
# seconds: one that has waited for a lock in vain has waited long enough.
_ATTEMPTS = 3
_PATIENCE = 1.0

_claiming: ContextVar[bool] = ContextVar("claiming", default=False)


class Record(NamedTuple):
    """What the tables hold of a token's id: the ids of its rows, None where there is none."""

    jti: str
    outstanding: int | None = None
    blacklisted: int | None = None
    expires_at: datetime | None = None


def database() -> str:
    """The alias of the database that has the tables."""
    return router.db_for_write(OutstandingToken)


def is_within_transaction(alias: str) -> bool:
    """Whether a transaction is under way that is somebody else's, who also ends it.

    The one that Django's TestCase wraps around a test does not count: what is tested knows nothing
    of it.
    """
    connection = connections[alias]
    blocks = connection.atomic_blocks
    of_test = bool(blocks) and getattr(blocks[-1], "_from_testcase", False)
    return connection.in_atomic_block and not of_test


@contextmanager
def claiming(wanted: bool = True) -> Iterator[None]:
    """Inside, tokens are read in order to be blacklisted, and only the first one succeeds.

    `blacklist()` then raises TokenError where it would return an existing row.
    """
    reset = _claiming.set(wanted)
    try:
        yield
    finally:
        _claiming.reset(reset)


def check_id(jti: object) -> str:
    """An id that the tables can hold; TokenError for any other."""
    if not isinstance(jti, str) or len(jti) > (_MAX_LENGTH or 0) or not is_identifier(jti):
        raise TokenError(_("Token is invalid"))
    return jti


def find(jti: object) -> Record:
    """What is known of an id. Raises TokenError for what cannot be one."""
    jti = check_id(jti)
    alias = database()
    connection = connections[alias]
    if not (_claiming.get() and is_within_transaction(alias) and connection.vendor == "sqlite"):
        return _read(alias, jti)
    try:
        return _lock_and_read(connection, jti)
    except OperationalError as error:
        if _is_blacklisted_outside(alias, jti):
            raise TokenError(_("Token is blacklisted")) from error
        raise


def _read(alias: str, jti: str) -> Record:
    rows = OutstandingToken._default_manager.using(alias).filter(jti=jti).order_by()
    for found in rows.values_list("pk", "blacklistedtoken__pk", "expires_at"):
        return Record(jti, *found)
    return Record(jti)


def _lock_and_read(connection: BaseDatabaseWrapper, jti: str) -> Record:
    """The same by a statement that writes, and changes nothing.

    In a transaction of SQLite that begins with it, it waits for those of others. After a SELECT
    the first statement that writes would not: it fails if anybody else has written.
    """
    quote = connection.ops.quote_name
    table = quote(OutstandingToken._meta.db_table)
    other = quote(BlacklistedToken._meta.db_table)
    statement = f"UPDATE {table} SET created_at = created_at WHERE jti = %s"
    with connection.cursor() as cursor:
        if not connection.features.can_return_columns_from_insert:  # SQLite before 3.35
            cursor.execute(statement, [jti])
            return _read(connection.alias, jti)
        blacklisted = f"(SELECT id FROM {other} WHERE token_id = {table}.id)"
        cursor.execute(f"{statement} RETURNING id, {blacklisted}, expires_at", [jti])
        for outstanding, entry, text in cursor.fetchall():
            to_datetime = connection.ops.convert_datetimefield_value  # type: ignore[attr-defined]
            return Record(jti, outstanding, entry, to_datetime(text, None, connection))
        return Record(jti)


def insert(row: OutstandingToken) -> OutstandingToken:
    """Record a token whose id is new."""
    row.save(using=database(), force_insert=True)
    return row


def set_expiry(expires_at: datetime, **which: object) -> None:
    """Correct the time in the record of a token."""
    rows = OutstandingToken._default_manager.using(database())
    rows.filter(**which).update(expires_at=expires_at)


def outstand(
    jti: object, make_row: Callable[[], OutstandingToken]
) -> tuple[OutstandingToken, bool]:
    """The row of a token, made where there is none, and whether it was made.

    make_row: makes the row, not saved.
    """
    alias = database()
    rows = OutstandingToken._default_manager.using(alias).filter(jti=check_id(jti))
    for row in rows:
        return row, False
    try:
        with _savepoint(alias):
            return insert(make_row()), True
    except IntegrityError:  # somebody else was faster; if not, get() says so
        return rows.get(), False


def blacklist(
    record: Record, expires_at: datetime, make_row: Callable[[], OutstandingToken]
) -> tuple[BlacklistedToken, bool]:
    """The row that blacklists a token, made where there is none, and whether it was made.

    expires_at: the token's own time, until when it has to stay blacklisted.
    make_row: makes the OutstandingToken, not saved, of a token that has none.
    """
    alias = database()
    if record.blacklisted is None:
        try:
            with nullcontext() if _claiming.get() else _savepoint(alias):
                return _insert_blacklisted(alias, record, expires_at, make_row), True
        except IntegrityError:
            if _claiming.get():
                raise  # claim() knows what to do
        record = _read(alias, record.jti)  # somebody else has inserted one row or both
        if record.blacklisted is None:
            return _insert_blacklisted(alias, record, expires_at, make_row), True
    if _claiming.get():
        raise TokenError(_("Token is blacklisted"))
    rows = BlacklistedToken._default_manager.using(alias).select_related("token")
    return rows.get(pk=record.blacklisted), False


def _insert_blacklisted(
    alias: str,
    record: Record,
    expires_at: datetime,
    make_row: Callable[[], OutstandingToken],
) -> BlacklistedToken:
    if record.outstanding is None:
        row = BlacklistedToken(token=insert(make_row()))
    else:
        row = BlacklistedToken(token_id=record.outstanding)
    row.save(using=alias, force_insert=True)
    if record.expires_at is not None and record.expires_at < expires_at:
        # Or a flush would delete both rows before the token expires.
        set_expiry(expires_at, pk=record.outstanding)
    return row


def _savepoint(alias: str) -> AbstractContextManager[object]:
    """What an error inside undoes; nothing has to be done for that outside of transactions."""
    connection = connections[alias]
    if connection.in_atomic_block or not connection.get_autocommit():
        return transaction.atomic(alias)
    return nullcontext()


def claim(jti: object, work: Callable[[], T], *, atomic: bool) -> T:
    """What work returns, which blacklists the token of this id while `claiming`.

    All that it writes is written, or nothing. atomic: whether that is more than the two rows of
    the token, and takes a transaction.
    Raises TokenError if somebody else has blacklisted the token. Within a transaction of the
    caller's any error means that it has to be rolled back.
    """
    jti, alias = check_id(jti), database()
    if is_within_transaction(alias):
        try:
            with transaction.atomic(alias, savepoint=False):
                return work()
        except (IntegrityError, OperationalError) as error:
            if _is_blacklisted_outside(alias, jti):
                raise TokenError(_("Token is blacklisted")) from error
            raise
    deadline = time.monotonic() + _PATIENCE
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with transaction.atomic(alias) if atomic else _savepoint(alias):
                return work()
        except (IntegrityError, OperationalError) as error:
            if _read(alias, jti).blacklisted is not None:
                raise TokenError(_("Token is blacklisted")) from error
            if attempt == _ATTEMPTS or time.monotonic() > deadline:
                raise
    raise AssertionError("the last attempt returns or raises")


def _is_blacklisted_outside(alias: str, jti: str) -> bool:
    """Whether others see the token blacklisted, asked while a transaction is failing.

    The connection that is failing cannot tell, so another one is opened for it. Where there can
    be none, such as in tests, nobody is said to have been faster.
    """
    connection = connections[alias].copy()
    connection.settings_dict["OPTIONS"].pop("pool", None)  # which may wait for us
    try:
        query = BlacklistedToken._default_manager.filter(token__jti=jti).query
        return bool(query.get_compiler(connection=connection).has_results())
    except DatabaseError:
        return False
    finally:
        connection.close()
