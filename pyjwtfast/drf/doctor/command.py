"""The command: `manage.py jwt_doctor`, and `python -m pyjwtfast.drf doctor`."""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.checks import ERROR, CheckMessage
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError, CommandParser

from pyjwtfast.warnings import InsecureKeyLengthWarning

from ..management.help import CommandWithExamples


class Command(CommandWithExamples):
    """Print what of pyjwtfast is in use and what to fix, or why a token is refused."""

    help = "Prints what of pyjwtfast is in use in this project, and what to fix; never a key."
    examples = """\
examples:
  manage.py jwt_doctor
  manage.py jwt_doctor --fetch --rows
  manage.py jwt_doctor --token - <token.txt
  manage.py jwt_doctor --url https://notes.example.org/api/notes/
  python -m pyjwtfast.drf doctor --settings project.settings --json

exit status:
  0  nothing must be fixed, or the token is accepted
  1  something must be fixed, or the token is refused
  2  the command line is wrong, a file cannot be read, or nobody answers at the URL
"""
    requires_system_checks: list[str] = []  # noqa: RUF012  they are what it reports

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON, for machines")
        parser.add_argument("--fetch", action="store_true", help="fetch the keys at JWK_URL, too")
        parser.add_argument(
            "--rows",
            action="store_true",
            help="count the rows of the blacklist, which takes time where there are many",
        )
        parser.add_argument(
            "--no-database",
            action="store_false",
            dest="database",
            help="do not look at the blacklist's tables",
        )
        parser.add_argument(
            "--token",
            metavar="FILE",
            help="say why the token in this file is refused; - reads it from standard input",
        )
        parser.add_argument(
            "--url",
            help="ask a protected view at this address whether a client's token arrives there",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it; SystemExit(1) where something must be fixed, or the token is refused."""
        if options["url"]:
            is_well = self._look_from_outside(options)
        else:
            is_well = self._judge(options) if options["token"] else self._report(options)
        if not is_well:
            raise SystemExit(1)

    def _report(self, options: dict[str, Any]) -> bool:
        from . import pages  # here, so that --help needs no settings
        from .report import make_report

        report, found = make_report(
            fetch=options["fetch"], rows=options["rows"], database=options["database"]
        )
        problems = [each for each in found if not each.is_silenced()]
        is_well = all(each.level < ERROR for each in problems)
        if options["json"]:
            messages = [_as_json(each) for each in problems]
            self._write_json({**report, "problems": messages, "ok": is_well})
        else:
            self._write(pages.write_report(report, problems, self.style))
        return is_well

    def _judge(self, options: dict[str, Any]) -> bool:
        from . import pages
        from .verdicts import judge

        raw = _read(options["token"])
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", InsecureKeyLengthWarning)
                steps, accepted = judge(raw)
        except (ImproperlyConfigured, ImportError, RuntimeError) as error:
            raise CommandError(f"The settings cannot be used: {error}") from error
        if options["json"]:
            self._write_json({"steps": [step._asdict() for step in steps], "accepted": accepted})
        else:
            self._write(pages.write_verdict(steps, self.style))
        return accepted

    def _look_from_outside(self, options: dict[str, Any]) -> bool:
        from . import pages
        from .outside import look_from_outside

        try:
            steps, is_well = look_from_outside(options["url"])
        except (OSError, ValueError) as error:
            raise CommandError(f"{options['url']}: {error}", returncode=2) from error
        if options["json"]:
            self._write_json({"steps": [step._asdict() for step in steps], "ok": is_well})
        else:
            self._write(pages.write_verdict(steps, self.style))
        return is_well

    def _write(self, lines: Iterable[str]) -> None:
        try:
            for line in lines:
                self.stdout.write(line)
            self.stdout.flush()
        except BrokenPipeError:
            # Whoever read our output has seen enough; nothing more may be written, at exit either.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def _write_json(self, value: Any) -> None:
        self._write([json.dumps(value, indent=2, default=str)])


def _as_json(message: CheckMessage) -> dict[str, Any]:
    return {
        "id": message.id,
        "level": "error" if message.level >= ERROR else "warning",
        "message": str(message.msg),
        "hint": message.hint,
    }


def _read(name: str) -> str:
    """The token in a file, as it may have been copied: behind a scheme, among white space."""
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{name} cannot be read: {error}", returncode=2) from error
    words = text.split()
    if not words:
        raise CommandError(f"{name} holds no token.", returncode=2)
    return words[-1]
