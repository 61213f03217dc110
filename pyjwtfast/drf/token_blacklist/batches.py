"""Work on a great many rows: a batch at a time, each in a transaction of its own.

What a run has done stands in the tables, and nowhere else: one that was stopped is gone on with by
the next. Memory does not grow with the rows, and a lock lasts no longer than a batch.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import IntegrityError, OperationalError, models, transaction
from django.db.models import signals

from .models import BlacklistedToken, OutstandingToken

if TYPE_CHECKING:
    from django.db.models import QuerySet

# Short enough for requests not to notice the locks, long enough for the statements not to count.
BATCH_SIZE = 5000
# What a batch that met another transaction waits, in seconds, before it is tried again.
_WAITS = (0.05, 0.2, 1.0)


class Batch(NamedTuple):
    """Some rows that follow each other: those of a query whose ids are from `first` to `last`."""

    rows: QuerySet[OutstandingToken]
    first: int
    last: int


def run_in_batches(
    rows: QuerySet[OutstandingToken],
    work: Callable[[Batch], int],
    *,
    size: int = BATCH_SIZE,
    limit: int | None = None,
    pause: float = 0.0,
) -> Iterator[int]:
    """Do `work` on the rows, in the order of their ids, and yield its result after each batch.

    `work` is called in a transaction on their database, for `size` rows at a time, and returns how
    many it has changed; after `pause` seconds comes the next call. At most `limit` rows are looked
    at, all by default. Rows that come to be among them behind the place where the run is are left
    to the next one. Raises IntegrityError and OperationalError (a deadlock, a lock not had in time)
    where three repetitions have not helped; the batches before it are done.
    """
    rows, left = rows.order_by("pk"), limit
    rest = rows
    while left is None or left > 0:
        window = rest.values("pk")[: size if left is None else min(size, left)]
        # Before the transaction: in one that began by reading, SQLite refuses to write once
        # another connection has written.
        found = window.aggregate(
            first=models.Min("pk"), last=models.Max("pk"), number=models.Count("pk")
        )
        first, last = found["first"], found["last"]
        if last is None:
            return
        if rest is not rows:
            time.sleep(pause)
        yield _repeated(work, Batch(rows.filter(pk__range=(first, last)).order_by(), first, last))
        rest = rows.filter(pk__gt=last)
        if left is not None:
            left -= found["number"]


def _repeated(work: Callable[[Batch], int], batch: Batch) -> int:
    for wait in _WAITS:
        try:
            with transaction.atomic(using=batch.rows.db):
                return work(batch)
        except (IntegrityError, OperationalError):
            # A token was blacklisted between the two deletions, or somebody else has the rows.
            time.sleep(wait)
    with transaction.atomic(using=batch.rows.db):
        return work(batch)


def expired_tokens(using: str) -> QuerySet[OutstandingToken]:
    """The tokens that can't be used any more, in the database of this alias.

    That is later than `expires_at` by LEEWAY; and by SLIDING_TOKEN_REFRESH_LIFETIME too where
    AUTH_TOKEN_CLASSES has sliding tokens, which are renewed under the id, and the row, that they
    have: deleted before that, a blacklisted one would be good again.
    """
    return OutstandingToken.objects.using(using).filter(expires_at__lte=_useless_since())


def usable_tokens(using: str) -> QuerySet[OutstandingToken]:
    """The other ones."""
    return OutstandingToken.objects.using(using).filter(expires_at__gt=_useless_since())


def _useless_since() -> datetime:
    from ..settings import api_settings
    from ..state import token_backend
    from ..tokens import SlidingToken
    from ..utils import aware_utcnow

    grace: timedelta = token_backend.get_leeway()
    if any(issubclass(token, SlidingToken) for token in api_settings.AUTH_TOKEN_CLASSES):
        # It may have been renewed for the last time by leeway, and leeway counts again after that.
        grace += api_settings.SLIDING_TOKEN_REFRESH_LIFETIME + grace
    return aware_utcnow() - grace


def delete_tokens(batch: Batch) -> int:
    """Delete these tokens, and that they were blacklisted; the number of tokens.

    In two statements, where no receiver of pre_delete or post_delete and no other model has to
    know of it; else as QuerySet.delete() does.
    """
    rows = batch.rows
    if not _can_delete_unseen():
        return rows.delete()[1].get(OutstandingToken._meta.label, 0)
    # The range is implied; it keeps planners from reading the whole table for each batch.
    blacklisted = BlacklistedToken.objects.using(rows.db).filter(
        token__gte=batch.first, token__lte=batch.last, token__in=rows.values("pk")
    )
    blacklisted._raw_delete(rows.db)
    return rows._raw_delete(rows.db)


def _can_delete_unseen() -> bool:
    own = {BlacklistedToken._meta.get_field("token")}
    for model in (OutstandingToken, BlacklistedToken):
        if signals.pre_delete.has_listeners(model) or signals.post_delete.has_listeners(model):
            return False
        fields = model._meta.get_fields(include_hidden=True)
        related = {getattr(field, "remote_field", None) for field in fields if _points_here(field)}
        if related - own or any(hasattr(f, "bulk_related_objects") for f in fields):
            return False
    return True


def _points_here(field: Any) -> bool:
    return bool(field.auto_created and not field.concrete)


def blacklist_tokens(batch: Batch) -> int:
    """Blacklist these tokens, those that are not yet; how many that were.

    pre_save and post_save are sent where there are receivers.
    """
    using = batch.rows.db
    wanted = batch.rows.filter(blacklistedtoken=None).values_list("pk", flat=True)
    manager = BlacklistedToken.objects.using(using)
    if any(s.has_listeners(BlacklistedToken) for s in (signals.pre_save, signals.post_save)):
        return sum(manager.get_or_create(token_id=pk)[1] for pk in list(wanted))
    entries = [BlacklistedToken(token_id=pk) for pk in wanted]
    manager.bulk_create(entries, ignore_conflicts=True)
    return len(entries)
