"""manage.py flushexpiredtokens: deletes what is no longer needed to refuse a token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...batches import Batch, delete_tokens, expired_tokens
from ...models import BlacklistedToken, OutstandingToken
from ..batch_command import BatchCommand

if TYPE_CHECKING:
    from django.db.models import QuerySet


class Command(BatchCommand):
    """Delete the expired tokens, and their entries in the blacklist."""

    help = """\
Deletes expired tokens from the tables of outstanding and of blacklisted tokens. They
would be refused without their rows too. Run it daily, or the tables grow for ever.

It works in batches, each in a transaction of its own, while requests go on. It may be
stopped at any time, by Ctrl-C too, and run again: a batch is done, or undone, as a whole.

A token counts as expired LEEWAY after its time. Where AUTH_TOKEN_CLASSES has sliding
tokens it is SLIDING_TOKEN_REFRESH_LIFETIME more, as those can be renewed for so long."""
    examples = """\
examples:
  manage.py flushexpiredtokens --dry-run
  manage.py flushexpiredtokens --verbosity 0                # for cron: quiet
  manage.py flushexpiredtokens --batch-size 1000 --sleep 0.1  # gently
  manage.py flushexpiredtokens --limit 100000               # in instalments"""
    done = "deleted"

    def get_rows(self, using: str, options: dict[str, Any]) -> QuerySet[OutstandingToken]:
        """The expired tokens."""
        return expired_tokens(using)

    def work(self, batch: Batch) -> int:
        """Delete these."""
        return delete_tokens(batch)

    def describe(self, rows: QuerySet[OutstandingToken]) -> str:
        """How many would be deleted of both tables."""
        blacklisted = BlacklistedToken.objects.using(rows.db).filter(token__in=rows.values("pk"))
        return f"{super().describe(rows)[:-1]}, {blacklisted.count():,} of them blacklisted."
