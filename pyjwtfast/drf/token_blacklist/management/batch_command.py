"""What the commands that work through the tokens in batches have in common."""

from __future__ import annotations

import math
import shutil
import time
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError, CommandParser, OutputWrapper
from django.db import DatabaseError, connections, router
from django.db.models import Max

from ...management.help import CommandWithExamples
from ..batches import BATCH_SIZE, Batch, run_in_batches
from ..models import BlacklistedToken, OutstandingToken

if TYPE_CHECKING:
    from django.db.models import QuerySet

# The exit status of what SIGINT has stopped.
_INTERRUPTED = 130


class TableCommand(CommandWithExamples):
    """A command for the tables of one database."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Add --database."""
        parser.add_argument(
            "--database",
            choices=tuple(connections),
            metavar="ALIAS",
            help="the database, by its name in DATABASES; default: where the tokens are written",
        )

    def find_database(self, options: dict[str, Any]) -> str:
        """The alias of the database; CommandError where it has not got the tables."""
        using: str = options["database"] or router.db_for_write(OutstandingToken)
        if using not in connections:
            raise CommandError(f"--database: {using!r} is not among DATABASES.")
        needed = {model._meta.db_table for model in (OutstandingToken, BlacklistedToken)}
        missing = needed - set(connections[using].introspection.table_names())
        if missing:
            raise CommandError(
                f"The database '{using}' has no table {' and no table '.join(sorted(missing))}. "
                f"Run 'manage.py migrate --database={using}' first."
            )
        return using


class BatchCommand(TableCommand):
    """A command that does something to a great many tokens, in batches."""

    # "tokens {done}", "would be {done}".
    done: str

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options that batches have."""
        super().add_arguments(parser)
        parser.add_argument(
            "--batch-size",
            type=int,
            default=BATCH_SIZE,
            metavar="ROWS",
            help="tokens in one transaction (default: %(default)s); a smaller number makes shorter "
            "locks, and a longer run",
        )
        parser.add_argument(
            "--sleep",
            type=float,
            default=0.0,
            metavar="SECONDS",
            help="pause between two batches, such as 0.1 (default: none)",
        )
        parser.add_argument(
            "--limit",
            type=int,
            metavar="ROWS",
            help="stop after so many tokens, and leave the rest to the next run (default: all)",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what there is to do, and change nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run, with a progress bar on a terminal."""
        size, pause, limit = options["batch_size"], options["sleep"], options["limit"]
        if size < 1:
            raise CommandError(f"--batch-size is {size}: give it a number of rows, 1 or more.")
        if not math.isfinite(pause) or pause < 0:
            raise CommandError(f"--sleep is {pause}: give it a number of seconds, 0 or more.")
        if limit is not None and limit < 1:
            raise CommandError(f"--limit is {limit}: give it a number of rows, 1 or more.")
        rows = self.get_rows(self.find_database(options), options)
        if options["dry_run"]:
            self.stdout.write(self.describe(rows if limit is None else _first(rows, limit)))
            return
        verbose = options["verbosity"] > 0
        bar = ProgressBar(self.stderr) if verbose and self.stderr.isatty() else None
        if bar is not None:
            total = rows.count()
            bar.total = total if limit is None else min(total, limit)
        done = 0
        try:
            for number in run_in_batches(rows, self.work, size=size, limit=limit, pause=pause):
                done += number
                if bar is not None:
                    bar.show(done)
        except KeyboardInterrupt:
            if bar is not None:
                bar.clear()
            raise CommandError(
                f"Interrupted: {_tokens(done)} {self.done}, in whole batches; the one that was "
                "under way has been undone. Run the command again to go on.",
                returncode=_INTERRUPTED,
            ) from None
        except DatabaseError as error:
            if bar is not None:
                bar.clear()
            raise CommandError(
                f"The database has refused: {str(error).strip()}\n{_tokens(done)} {self.done} "
                "before that, in whole batches. Run the command again to go on."
            ) from error
        if bar is not None:
            bar.clear()
        if verbose:
            self.stdout.write(f"{_tokens(done)} {self.done}.")

    def get_rows(self, using: str, options: dict[str, Any]) -> QuerySet[OutstandingToken]:
        """The tokens to work on."""
        raise NotImplementedError

    def work(self, batch: Batch) -> int:
        """Do it to these, inside a transaction; how many that were."""
        raise NotImplementedError

    def describe(self, rows: QuerySet[OutstandingToken]) -> str:
        """What --dry-run says."""
        return f"{_tokens(rows.count())} would be {self.done}."


def _first(rows: QuerySet[OutstandingToken], limit: int) -> QuerySet[OutstandingToken]:
    """So many of them, in the order of a run; without a slice, which MySQL can't have in an IN."""
    last = rows.order_by("pk").values("pk")[:limit].aggregate(last=Max("pk"))["last"]
    return rows.filter(pk__lte=last)


class ProgressBar:
    """One line of a terminal: how much is done, how fast, and how long it still takes."""

    def __init__(self, output: OutputWrapper) -> None:
        self.output = output
        self.total = 0
        self.start = time.monotonic()

    def show(self, done: int) -> None:
        """Write the line anew."""
        columns = shutil.get_terminal_size().columns - 1
        total = max(self.total, done, 1)
        rate = done / max(time.monotonic() - self.start, 1e-9)
        left = (total - done) / rate if rate else 0.0
        text = f" {done:,} of {total:,}, {rate:,.0f}/s, {left:,.0f} s left"
        width = min(40, columns - len(text) - 2)
        if width >= 10:
            filled = width * done // total
            text = f"[{'#' * filled}{'.' * (width - filled)}]{text}"
        self._write("\r" + text[:columns].ljust(columns))

    def clear(self) -> None:
        """Leave the line empty, for what is written next."""
        self._write("\r" + " " * (shutil.get_terminal_size().columns - 1) + "\r")

    def _write(self, text: str) -> None:
        # str: the wrapper would make it red, as it does with errors.
        self.output.write(text, style_func=str, ending="")
        self.output.flush()


def _tokens(count: int) -> str:
    """How many, in words."""
    return f"{count:,} token" if count == 1 else f"{count:,} tokens"
