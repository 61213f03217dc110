"""`python -m pyjwtfast.drf doctor`: the doctor for projects that list none of our apps."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandParser, handle_default_options

USAGE = """\
usage: python -m pyjwtfast.drf [--help] doctor [options]

Commands of pyjwtfast.drf that need no app in INSTALLED_APPS.

  doctor    print what of pyjwtfast is in use in a project and what to fix, or why a token is
            refused; `python -m pyjwtfast.drf doctor --help` lists its options

The project is named as to django-admin: by --settings project.settings, or by the environment
variable DJANGO_SETTINGS_MODULE; --pythonpath adds a directory to look for it in.
"""


def main(argv: Sequence[str]) -> int:
    """Run a command; its exit status. argv: the words after the program's name."""
    if not argv or argv[0] in ("-h", "--help"):
        print(USAGE, end="")
        return 0 if argv else 2
    if argv[0] != "doctor":
        print(f"python -m pyjwtfast.drf: no such command: {argv[0]}\n\n{USAGE}", file=sys.stderr)
        return 2
    parser = CommandParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--settings")
    parser.add_argument("--pythonpath")
    sys.path.insert(0, "")  # as manage.py, which stands beside the project
    handle_default_options(parser.parse_known_args(argv[1:])[0])
    if {"-h", "--help"}.isdisjoint(argv) and (problem := _set_up()) is not None:
        print(f"python -m pyjwtfast.drf: {problem}", file=sys.stderr)
        return 2
    from .doctor.command import Command

    Command().run_from_argv(["python -m pyjwtfast.drf", *argv])
    return 0


def _set_up() -> str | None:
    """Load the project; why that is impossible, or None."""
    name = os.environ.get("DJANGO_SETTINGS_MODULE")
    if not name:
        return (
            "No settings are named: add --settings project.settings, or set DJANGO_SETTINGS_MODULE."
        )
    try:
        django.setup()
    except (ImproperlyConfigured, ImportError) as error:
        return f"Django does not start with the settings {name!r}: {error}"
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
