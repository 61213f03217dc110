"""manage.py jwt_revoke: revokes tokens, undoes that, and says what is revoked."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError, CommandParser
from django.db import Error as DatabaseError

from .. import revocation
from ..exceptions import RevocationsUnavailable, TokenError
from ..settings import api_settings, setting_in_effect
from ..tokens import UntypedToken
from ..users import find_user
from .help import CommandWithExamples

_YES = "yes"


class Command(CommandWithExamples):
    """Revoke tokens so that no process accepts them any longer, access tokens too."""

    help = """\
Revokes tokens before they expire, access tokens too: in the cache that REVOCATION_CACHE
names, where each process that accepts tokens sees it, at once or after REVOCATION_POLL
seconds. Refresh and sliding tokens are also blacklisted, if the blacklist's app is
installed; that outlives the cache.

Of a user, or of all, those tokens are revoked that were issued until now. Who logs in
after that has good ones.

A token itself is never an argument, as others on this machine can read those: give it in
a file, or by standard input."""
    examples = """\
examples:
  manage.py jwt_revoke --user 42                # all tokens of the user with this id
  manage.py jwt_revoke --username anna --username otto
  manage.py jwt_revoke --jti 9f86d081884c7d65 --exp 2026-12-31T12:00:00
  manage.py jwt_revoke --token-file - <tokens.txt  # one token a line
  manage.py jwt_revoke --all                    # everybody has to log in again
  manage.py jwt_revoke --user 42 --undo
  manage.py jwt_revoke --list

exit status:
  0  done; no process accepts these tokens any longer
  1  nothing is certain: the cache does not answer, or a line is no token
  2  the command line is wrong
"""

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_argument_group("which tokens")
        which.add_argument(
            "--user",
            action="append",
            default=[],
            metavar="ID",
            help="all tokens of the user with this id, as tokens carry it; may be repeated",
        )
        which.add_argument(
            "--username",
            action="append",
            default=[],
            metavar="NAME",
            help="the same of the user who logs in by this name; may be repeated",
        )
        which.add_argument(
            "--jti",
            action="append",
            default=[],
            metavar="ID",
            help="the token with this id; may be repeated. Of a refresh token it is that token "
            "alone, not the access tokens that it has bought",
        )
        which.add_argument(
            "--token-file",
            metavar="FILE",
            help="the tokens in this file, one a line; - reads them from standard input",
        )
        which.add_argument("--all", action="store_true", help="all tokens of all users")
        parser.add_argument(
            "--exp",
            metavar="TIME",
            help="with --jti: when the token expires, in seconds since 1970 or as "
            "2026-12-31T12:00:00, in UTC; default: as late as a token can",
        )
        parser.add_argument(
            "--undo",
            action="store_true",
            help="accept them again; what is blacklisted stays so, see the admin",
        )
        parser.add_argument(
            "--no-blacklist",
            action="store_false",
            dest="blacklist",
            help="do not blacklist refresh and sliding tokens as well",
        )
        parser.add_argument(
            "--no-input", action="store_false", dest="asks", help="with --all: do not ask"
        )
        parser.add_argument("--list", action="store_true", help="say what is revoked at present")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and say what was done."""
        wanted = ("user", "username", "jti", "token_file", "all", "list")
        if not any(options[name] for name in wanted):
            raise CommandError(
                "Say which tokens: --user, --username, --jti, --token-file or --all; or --list.",
                returncode=2,
            )
        if options["exp"] is not None and not options["jti"]:
            raise CommandError("--exp is of the token that --jti names.", returncode=2)
        try:
            self._check_cache()
            self._revoke(options)
            if options["list"]:
                self._list()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        except RevocationsUnavailable as error:
            raise CommandError(
                f"The cache '{api_settings.REVOCATION_CACHE}' failed: {error.__cause__}. Repeat "
                "the command when it answers again: until then nothing is certain."
            ) from error

    def _check_cache(self) -> None:
        if revocation.is_of_one_process():
            raise CommandError(
                f"{setting_in_effect('REVOCATION_CACHE')} is '{api_settings.REVOCATION_CACHE}', a "
                "cache in the memory of one process: this one, which ends now. Name one that all "
                "processes share, such as Redis."
            )

    def _revoke(self, options: dict[str, Any]) -> None:
        users = [*options["user"], *map(self._user_of, options["username"])]
        tokens = list(self._tokens(options["token_file"])) if options["token_file"] else []
        for jti in options["jti"]:
            _refuse_whole_token(jti)
        exp = _time(options["exp"])
        undo, blacklist = options["undo"], options["blacklist"]
        if options["all"] and not undo and options["asks"]:
            self._ask()
        if users:
            if undo:
                for user in users:
                    revocation.unrevoke_user(user)
            else:
                revocation.revoke_users(users, blacklist=blacklist)
            for user in users:
                self._say(f"all tokens of the user with the id {revocation.user_id(user)}", undo)
            if not undo:
                self._warn_of_strangers(options["user"])
        for jti in options["jti"]:
            if undo:
                revocation.unrevoke_token(jti)
            else:
                revocation.revoke_token(jti, exp, blacklist=blacklist)
            self._say(f"the token with the id {jti}", undo)
        for token in tokens:
            if undo:
                revocation.unrevoke_token(str(token[api_settings.JTI_CLAIM]))
            else:
                revocation.revoke_token(token, blacklist=blacklist)
            self._say(f"the token with the id {token[api_settings.JTI_CLAIM]}", undo)
        if options["all"]:
            if undo:
                revocation.unrevoke_all()
            else:
                revocation.revoke_all()
            self._say("all tokens", undo)

    def _say(self, what: str, undo: bool) -> None:
        if self.verbosity > 0:
            self.stdout.write(f"{'No longer revoked' if undo else 'Revoked'}: {what}.")

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Keep the verbosity for what is said."""
        self.verbosity = options["verbosity"]
        return super().execute(*args, **options)

    def _warn_of_strangers(self, ids: list[str]) -> None:
        """An id may be that of a user who is gone, or of another service: so it is revoked. But
        who has typed a name must not believe that its user is logged out.
        """
        for each in ids:
            try:
                known = find_user(get_user_model(), each) is not None
            except DatabaseError:  # a service without the users' table has none to ask
                return
            if not known:
                self.stderr.write(
                    f"Warning: no user has {api_settings.USER_ID_FIELD} {each!r} here. If that is "
                    "the name by which one logs in, say --username."
                )

    def _user_of(self, name: str) -> Any:
        model = get_user_model()
        try:
            return model._default_manager.get_by_natural_key(name)
        except model.DoesNotExist as error:
            raise CommandError(f"There is no user {name!r}.") from error

    def _tokens(self, source: str) -> Iterator[UntypedToken]:
        """The tokens in a file, read without being verified: one may be revoked already."""
        try:
            text = sys.stdin.read() if source == "-" else Path(source).read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"--token-file {source}: {error}") from error
        lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
        if not any(line for _, line in lines):
            raise CommandError(f"--token-file {source}: there is no token in it.")
        for number, line in lines:
            if not line:
                continue
            try:
                token = UntypedToken(line, verify=False)
            except TokenError as error:
                raise CommandError(
                    f"--token-file {source}: line {number} is no token; nothing was revoked."
                ) from error
            if api_settings.JTI_CLAIM not in token.payload:
                raise CommandError(
                    f"--token-file {source}: the token in line {number} has no id, by which it "
                    "could be revoked; nothing was. Revoke its user's tokens."
                )
            yield token

    def _ask(self) -> None:
        if not sys.stdin.isatty():
            raise CommandError("--all logs everybody out. Say --no-input if that is meant.")
        answer = input(f"Revoke all tokens: everybody has to log in again. '{_YES}' to go on: ")
        if answer != _YES:
            raise CommandError("Nothing was revoked.")

    def _list(self) -> None:
        overview = revocation.list_revocations()
        if overview.cutoff:
            self.stdout.write(f"all tokens issued until {_shown(overview.cutoff)}")
        for entry in sorted(overview.listing.entries.values()):
            issued = f" issued until {_shown(entry.cutoff)}" if entry.kind == "user" else ""
            self.stdout.write(f"{entry.kind} {entry.id}{issued}; kept until {_shown(entry.until)}")
        if not overview.listing.is_complete:
            self.stdout.write("... and more than can be listed.")
        elif not overview.cutoff and not overview.listing.entries:
            self.stdout.write("Nothing is revoked.")


def _refuse_whole_token(jti: str) -> None:
    """Revoking it as an id would revoke nothing."""
    try:
        UntypedToken(jti, verify=False)
    except TokenError:
        return
    raise CommandError(
        f"--jti wants a token's id, the claim {api_settings.JTI_CLAIM}, and this is a whole token. "
        "Nothing was revoked. Give it by --token-file; others on this machine can have read it "
        "here.",
        returncode=2,
    )


def _time(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return float(int(text))
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(
            f"--exp {text}: give seconds since 1970, or a time such as 2026-12-31T12:00:00.",
            returncode=2,
        ) from error
    return (found if found.tzinfo else found.replace(tzinfo=timezone.utc)).timestamp()


def _shown(seconds: int) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, tz=timezone.utc):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        return "no time of a calendar"
