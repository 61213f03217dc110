"""manage.py scrubtokens: takes the tokens' text out of rows that were written with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError, CommandParser
from django.db.models import Value
from django.db.models.functions import SHA256, Concat

from ....settings import api_settings, setting_in_effect
from ....tokens import HASHED
from ...batches import Batch
from ...models import OutstandingToken
from ..batch_command import BatchCommand

if TYPE_CHECKING:
    from django.db.models import QuerySet


class _Hash(SHA256):
    """The SHA-256 of a text in hexadecimal; on PostgreSQL by its own function, not by pgcrypto."""

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """The function that PostgreSQL has since 11."""
        template = "ENCODE(SHA256(CONVERT_TO(%(expressions)s, 'UTF8')), 'hex')"
        return super().as_sql(compiler, connection, template=template, **context)


class Command(BatchCommand):
    """Replace the token column of old rows by what STORE_TOKEN says."""

    help = """\
Takes the text of the tokens out of the table of outstanding tokens, so that who gets to
see a copy of the database can't use them. Neither this library nor simplejwt reads that
column: tokens stay valid, and blacklisted where they are.

STORE_TOKEN says what new rows hold: "full", the token; "hash", "sha256:" and the SHA-256
of its text in hexadecimal; "empty", nothing. This command brings the rows there are to
"hash" or "empty". There is no way back.

It works in batches, each in a transaction of its own, while requests go on. It may be
stopped at any time, by Ctrl-C too, and run again: what is done is skipped."""
    examples = """\
examples:
  manage.py scrubtokens --dry-run
  manage.py scrubtokens                 # to what STORE_TOKEN says
  manage.py scrubtokens --to empty      # whatever it says"""
    done = "scrubbed"

    def add_arguments(self, parser: CommandParser) -> None:
        """Add --to."""
        super().add_arguments(parser)
        parser.add_argument(
            "--to", choices=("hash", "empty"), help="what to leave; default: what STORE_TOKEN says"
        )

    def get_rows(self, using: str, options: dict[str, Any]) -> QuerySet[OutstandingToken]:
        """The tokens that hold more than they shall; CommandError where that is no less."""
        self.to = options["to"] or api_settings.STORE_TOKEN
        if self.to not in ("hash", "empty"):
            raise CommandError(
                f"{setting_in_effect('STORE_TOKEN')} is {self.to!r}, so there is nothing to scrub. "
                "Set it to 'hash' or 'empty', or new rows are written with the token again; or say "
                "--to hash or --to empty."
            )
        rows = OutstandingToken.objects.using(using).exclude(token="")
        return rows.exclude(token__startswith=HASHED) if self.to == "hash" else rows

    def work(self, batch: Batch) -> int:
        """Hash or empty these."""
        value = Concat(Value(HASHED), _Hash("token")) if self.to == "hash" else Value("")
        return batch.rows.update(token=value)
