"""manage.py indexexpiredtokens: an index by which the expired tokens are found."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.db import connections
from django.db.models import Index

from ...models import OutstandingToken
from ..batch_command import TableCommand

INDEX = Index(fields=["expires_at"], name="token_blacklist_expires_at")


class Command(TableCommand):
    """Create the index, or drop it."""

    help = """\
Creates an index on the column expires_at of the outstanding tokens, or drops it again. It
is for large tables: without it flushexpiredtokens reads all of the table to find the few
tokens that have expired since yesterday. Each new token costs a little more with it.

The index is no part of the models or migrations, which stay simplejwt's: both libraries
work with it and without it, and makemigrations sees no difference. Where there is one
already, by whichever name, nothing is done. On PostgreSQL it is built concurrently, while
requests go on."""
    examples = """\
examples:
  manage.py indexexpiredtokens
  manage.py indexexpiredtokens --drop"""

    def add_arguments(self, parser: CommandParser) -> None:
        """Add --drop."""
        super().add_arguments(parser)
        parser.add_argument("--drop", action="store_true", help="drop the index")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create or drop it, if it is not there, or there."""
        using = self.find_database(options)
        indexes = self._find_indexes(using)
        if options["drop"]:
            if INDEX.name in indexes:
                self._alter(using, create=False)
                message = f"The index {INDEX.name} has been dropped."
            else:
                message = f"There is no index {INDEX.name} to drop."
        elif INDEX.name in indexes and not indexes[INDEX.name]:
            self._alter(using, create=False)
            self._alter(using, create=True)
            message = f"The index {INDEX.name} was left half-built; it has been built anew."
        elif valid := [name for name, is_valid in indexes.items() if is_valid]:
            message = f"There is an index already: {valid[0]}."
        else:
            self._alter(using, create=True)
            message = f"The index {INDEX.name} has been created."
        if options["verbosity"] > 0:
            self.stdout.write(message)

    def _find_indexes(self, using: str) -> dict[str, bool]:
        """The indexes on that column alone, by name, and whether each is valid.

        One that PostgreSQL was building concurrently when it was stopped is there, and is not.
        """
        connection, table = connections[using], OutstandingToken._meta.db_table
        with connection.cursor() as cursor:
            constraints = connection.introspection.get_constraints(cursor, table)
            found = {
                name: True
                for name, constraint in constraints.items()
                if constraint["index"] and constraint["columns"] == ["expires_at"]
            }
            if connection.vendor == "postgresql" and found:
                cursor.execute(
                    "SELECT relname, indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid "
                    "WHERE indrelid = to_regclass(%s)",
                    [connection.ops.quote_name(table)],
                )
                found |= {name: valid for name, valid in cursor.fetchall() if name in found}
        return found

    def _alter(self, using: str, *, create: bool) -> None:
        connection = connections[using]
        concurrently = {"concurrently": True} if connection.vendor == "postgresql" else {}
        # Not in a transaction: PostgreSQL builds no index concurrently in one.
        with connection.schema_editor(atomic=False) as editor:
            change = editor.add_index if create else editor.remove_index
            change(OutstandingToken, INDEX, **concurrently)
