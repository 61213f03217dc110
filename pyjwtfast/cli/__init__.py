"""The command line: `python -m pyjwtfast COMMAND`, or `pyjwtfast COMMAND`.

One module per group of commands; each adds its parsers and names the function that runs. What a
command needs is imported when it runs, so that --help is quick.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from .._version import __version__
from ..exceptions import PyJWTError
from .errors import Refused, UsageError

DESCRIPTION = "Make, verify and look into JSON Web Tokens (RFC 7519), and make their keys."

EPILOG = """\
examples:
  pyjwtfast keygen ES256 --out key.pem --public-out public.pem
  pyjwtfast encode --key key.pem --claim sub=42 --expires-in 15m >token.txt
  pyjwtfast decode --key public.pem token.txt
  pyjwtfast verify --key public.pem - <token.txt && echo valid
  pyjwtfast inspect token.txt
  pyjwtfast jwks public.pem >jwks.json

No option takes a secret as its value: a process list, or a shell's history, would show it to
others. Secrets, keys and passwords come from files, environment variables or a prompt.

exit codes:
  0  done, or the token is valid
  1  the token, or the key, is refused; the reason is on standard error
  2  the command line is wrong, or a file can't be read or written
"""


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the line breaks of descriptions and epilogs, and adds defaults that say something."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=32, width=100)


def make_parser() -> argparse.ArgumentParser:
    from . import bench, keys, tokens

    parser = argparse.ArgumentParser(
        prog="pyjwtfast", description=DESCRIPTION, epilog=EPILOG, formatter_class=HelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"pyjwtfast {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    for module in (tokens, keys, bench):
        module.add_parsers(commands, HelpFormatter)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code. argv: the words after the program's name."""
    parser = make_parser()
    arguments = parser.parse_args(argv)
    try:
        if arguments.command is None:
            print_versions()
            parser.print_usage()
            print("Type `pyjwtfast --help` for the commands.")
            sys.stdout.flush()
            return 0
        with warnings.catch_warnings():
            warnings.showwarning = _warning_printer(arguments.command)
            code: int = arguments.run(arguments)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Whoever read our output has seen enough; nothing more may be written, at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130
    except UsageError as error:
        _complain(arguments.command, error)
        return 2
    except (Refused, PyJWTError) as error:
        _complain(arguments.command, error)
        return 1


def _complain(command: str, error: Exception) -> None:
    """One line on standard error. A token, or a server, can have put a name of its own in it:
    terminals obey more than letters.
    """
    told = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(error))
    print(f"pyjwtfast {command}: {told}", file=sys.stderr)


def _warning_printer(command: str) -> Callable[..., None]:
    """A warnings.showwarning that says what is wrong, and not where in our code it was noticed."""

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        print(f"pyjwtfast {command}: warning: {message}", file=sys.stderr)

    return show


def print_versions() -> None:
    """What a bug report needs: versions of everything that takes part."""
    import platform

    from .._core import BASE64URL_PATH, OPENSSL_VERSION

    print(f"pyjwtfast {__version__}")
    print(f"{platform.python_implementation()} {platform.python_version()}")
    print(f"{platform.system()} {platform.release()} ({platform.machine()})")
    print(f"{OPENSSL_VERSION}; base64url: {BASE64URL_PATH}")
