"""Revocation that reaches every token at once, access tokens too; off without REVOCATION_CACHE.

A token is revoked by itself (`revoke_token`), with all of its user's (`revoke_user`), or with all
that there are (`revoke_all`). The last two revoke what was issued until that second, by the claim
`iat`, which counts in whole seconds: a token of the very second cannot be told from one that was
issued a moment later. Security first: it is revoked; and for a login that follows to have another
second, those functions return when the next one has begun.

`check()` is called for each token that has been verified, by `Token`: in one round trip to the
cache, or by a list that each process reads again every REVOCATION_POLL seconds. Who is given a new
token for an old one is not judged by that list: within an interval a revoked token would buy a
new one, of after the revocation.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from ..exceptions import RevocationsUnavailable, TokenError
from ..settings import DEFAULTS, api_settings, setting_in_effect, settings_changed
from ..state import token_backend
from ..token_blacklist import is_asked
from ..translation import gettext_lazy as _
from ..users import find_user, is_identifier
from ..utils import datetime_to_epoch
from .memory import COOL_DOWN, Revocations, Subject
from .store import (
    ALL,
    MARK,
    TOKEN,
    USER,
    Entry,
    Listing,
    Mark,
    StoreError,
    key_of,
    parse_cutoff,
    parse_mark,
)

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

    from ..models import TokenUser

# A user, or an id.
AnyUser: TypeAlias = "AbstractBaseUser | TokenUser | str | int | UUID"

# Whose users' tokens are blacklisted by one query.
_AT_ONCE = 500
# Seconds: of what users' entries end at a multiple.
_UNTIL_STEP = 3600


class _HasClaims(Protocol):
    """A Token."""

    payload: dict[str, Any]


class _Claims(Protocol):
    """A Token, or what it holds."""

    def get(self, name: str, /) -> Any: ...


_current: Revocations | None = None

# Within `renewing()`: the tokens that were judged, and in which second the first one was.
_renewals: ContextVar[list[tuple[int, Subject]] | None] = ContextVar("renewals", default=None)


def is_on() -> bool:
    """Whether tokens are checked at all: whether REVOCATION_CACHE is set."""
    return api_settings.REVOCATION_CACHE is not None


def needs_io() -> bool:
    """Whether the check of the next access token asks the cache, and may wait for it.

    That is so for each one, unless REVOCATION_POLL is set and its list is still good.
    """
    return is_on() and _revocations().needs_io()


def is_of_one_process() -> bool:
    """Whether the cache is in the memory of one process, and what it revokes is so there alone.

    Raises ImproperlyConfigured where there is none.
    """
    return _revocations().store.is_local


def _revocations() -> Revocations:
    """The process's one object. Raises ImproperlyConfigured where there can be none."""
    global _current
    if _current is None:
        alias = api_settings.REVOCATION_CACHE
        if alias is None:
            raise ImproperlyConfigured(
                f"{setting_in_effect('REVOCATION_CACHE')} is not set, so access tokens cannot be "
                "revoked. Set it to the name of a cache in CACHES that all processes share."
            )
        _current = Revocations(
            alias, api_settings.REVOCATION_POLL, api_settings.REVOCATION_WHEN_DOWN
        )
    return _current


def check(claims: Mapping[str, Any], *, directly: bool = False) -> None:
    """Raise TokenError if the token with these claims, which are verified, is revoked.

    directly: by the cache, not by the list of REVOCATION_POLL.
    To be called only where `is_on()`. Raises RevocationsUnavailable (503) where nobody can tell,
    and REVOCATION_WHEN_DOWN is "refuse".
    """
    _judge(
        Subject(
            _key(TOKEN, claims.get(api_settings.JTI_CLAIM)),
            _key(USER, claims.get(api_settings.USER_ID_CLAIM)),
            claims.get("iat"),
        ),
        directly,
    )


def check_user(claims: _Claims, user: object) -> None:
    """The same, for the user whom these claims have turned out to name.

    `check()` knows the id as the token writes it, which may be otherwise than `revoke_user` does:
    "01", or a UUID without its hyphens. A field takes both for one.
    """
    if is_named_otherwise(claims, user):
        key = key_of(USER, str(_id_in_row(user)))
        _judge(Subject(None, key, claims.get("iat")), directly=False)


def is_named_otherwise(claims: _Claims, user: object) -> bool:
    """Whether `check_user` has to ask."""
    value = _id_in_row(user)
    return value is not None and str(value) != str(claims.get(api_settings.USER_ID_CLAIM))


def _id_in_row(user: object) -> object:
    """What `user_id` takes, where no query is needed for it; else None."""
    name = api_settings.USER_ID_FIELD
    return getattr(user, "pk", None) if name == "pk" else getattr(user, "__dict__", {}).get(name)


def _judge(subject: Subject, directly: bool) -> None:
    renewals = _renewals.get()
    if renewals is not None:
        renewals.append((int(time.time()), subject))
        directly = True
    _check(subject, directly)


def _check(subject: Subject, directly: bool) -> None:
    revocations = _revocations()
    try:
        is_revoked = revocations.is_revoked(subject, directly)
    except StoreError as error:
        if revocations.accepts:
            return
        raise RevocationsUnavailable(wait=COOL_DOWN) from error
    if is_revoked:
        raise TokenError(_("Token is revoked"))


def _key(kind: str, value: object) -> str | None:
    """The key of a claim's entry; None for what nobody can have revoked."""
    if isinstance(value, str):
        return key_of(kind, value)
    return key_of(kind, str(value)) if isinstance(value, int) else None


@contextmanager
def renewing() -> Iterator[None]:
    """Inside, a token is read, and a new one is issued for it.

    Raises as `check()`. If a second has passed since the old one was judged, it is judged once
    more at the end: revoked in between, it would have bought a token of after its revocation.
    """
    if not is_on():
        yield
        return
    renewals: list[tuple[int, Subject]] = []
    reset = _renewals.set(renewals)
    try:
        yield
    finally:
        _renewals.reset(reset)
    now = int(time.time())
    for second, subject in renewals:
        if second != now:
            _check(subject, directly=True)


def revoke_token(
    token: _HasClaims | str, exp: float | datetime | None = None, *, blacklist: bool = True
) -> None:
    """Revoke one token, given as a Token or by its id.

    exp: when it expires (seconds since 1970, or a datetime), by default what the Token says, or the
    longest life that a token can have. blacklist: whether it is also blacklisted, where the app
    `token_blacklist` is installed and has it on record. That of a refresh token does not reach the
    access tokens that it has bought: `revoke_user` does.
    Raises ValueError for a token without an id, and for a token's text in the place of its id;
    RevocationsUnavailable if the cache cannot be written to.
    """
    revocations = _revocations()
    payload: Mapping[str, Any] = {} if isinstance(token, str) else token.payload
    jti = token if isinstance(token, str) else payload.get(api_settings.JTI_CLAIM)
    if _key(TOKEN, jti) is None or jti == "":
        raise ValueError(
            f"The token has no id (the claim {setting_in_effect('JTI_CLAIM')}), and cannot be "
            "revoked by itself. Revoke all tokens of its user."
        )
    if isinstance(token, str) and token.startswith("eyJ") and token.count(".") == 2:
        raise ValueError("This is the text of a token, not its id. Pass a Token, or its id.")
    until = _expiry(payload.get("exp") if exp is None else exp)
    try:
        with revocations.writing() as store:
            longest = store.longest(_longest())
            now = time.time()
            end = now + longest if until is None else until
            if _may_slide(payload):
                # It may have been renewed under this id a moment ago.
                end = max(end, now + api_settings.SLIDING_TOKEN_LIFETIME.total_seconds())
            entry = Entry(TOKEN, str(jti), 0, math.ceil(end + _leeway()))
            if entry.until > now:
                store.write([entry], longest)
    finally:
        if blacklist and is_identifier(jti):
            _blacklist(jti=str(jti))


def revoke_user(user: AnyUser, *, blacklist: bool = True) -> None:
    """Revoke all tokens of a user that were issued until now; `revoke_users` for one."""
    revoke_users([user], blacklist=blacklist)


def revoke_users(users: Iterable[AnyUser], *, blacklist: bool = True) -> None:
    """Revoke all tokens of these users that were issued until now: "log out everywhere".

    users: users, or their ids as tokens carry them. blacklist: whether their refresh tokens are
    also blacklisted, where the app `token_blacklist` is installed: that outlives the cache.
    What is issued from the return of this function on is good; for that it waits for the next
    second to begin. Raises RevocationsUnavailable if the cache cannot be written to; refresh tokens
    are blacklisted all the same.
    """
    given = list(users)
    ids = [user_id(each) for each in given]
    revocations = _revocations()
    try:
        with revocations.writing() as store:
            longest = store.longest(_longest())
            # Rounded up, so that who is revoked again and again takes no place in the index again.
            ends = time.time() + longest + _leeway()
            until = math.ceil(ends / _UNTIL_STEP + 1) * _UNTIL_STEP

            def write(cutoff: int) -> None:
                store.write([Entry(USER, each, cutoff, until) for each in ids], longest)

            cutoff = _cut_off(write)
    finally:
        if blacklist:
            _blacklist_users(given)
    _wait_for(cutoff + 1)


def revoke_all(*, blacklist: bool = False) -> None:
    """Revoke every token that was issued until now. All users have to log in again.

    blacklist: whether all refresh tokens on record are also blacklisted, which outlives the cache;
    it takes half a minute for a million. Otherwise as `revoke_users`.
    """
    revocations = _revocations()
    try:
        with revocations.writing() as store:
            cutoff = _cut_off(store.write_cutoff)
    finally:
        if blacklist:
            _blacklist()
    _wait_for(cutoff + 1)


def _cut_off(write: Callable[[int], None]) -> int:
    """Write the present second as the last one of tokens that are revoked.

    If another one has begun before it could be read: that one too. Else a token that was judged at
    the last moment would have bought one of after the revocation.
    """
    cutoff = int(time.time())
    write(cutoff)
    if (now := int(time.time())) > cutoff:
        cutoff = now
        write(cutoff)
    return cutoff


def unrevoke_token(jti: str) -> None:
    """Undo `revoke_token`. What is blacklisted stays so."""
    with _revocations().writing() as store:
        store.delete([key_of(TOKEN, jti)])


def unrevoke_user(user: AnyUser) -> None:
    """Undo `revoke_user`. What is blacklisted stays so."""
    with _revocations().writing() as store:
        store.delete([key_of(USER, user_id(user))])


def unrevoke_all() -> None:
    """Undo `revoke_all`, also after a loss of the cache's entries. Users' and tokens' own
    revocations stay, and so does what is blacklisted.
    """
    with _revocations().writing() as store:
        mark = parse_mark(store.read([MARK]).get(MARK))
        store.replace_mark(Mark(mark.epoch, True, 0))
        store.delete([ALL])


class Overview(NamedTuple):
    """What is revoked. cutoff: tokens issued until the end of that second, 0 for none."""

    cutoff: int
    listing: Listing


def list_revocations() -> Overview:
    """What is revoked at present. Raises RevocationsUnavailable if the cache cannot be read."""
    with _revocations().writing() as store:
        found = store.read([MARK, ALL])
        cutoff = max(parse_mark(found.get(MARK)).cutoff, parse_cutoff(found.get(ALL)))
        return Overview(cutoff, store.list())


def user_id(user: AnyUser) -> str:
    """A user's id as tokens carry it. Raises ValueError for a user who has none."""
    if isinstance(user, (str, int, UUID)):
        return str(user)
    value = getattr(user, api_settings.USER_ID_FIELD)
    if value is None:
        raise ValueError(f"{user!r} has no {api_settings.USER_ID_FIELD}, and so no tokens.")
    return str(value)


def _expiry(exp: object) -> float | None:
    if isinstance(exp, datetime):
        return datetime_to_epoch(exp) + 1
    if exp is None:
        return None
    if isinstance(exp, bool) or not isinstance(exp, (int, float)) or not math.isfinite(exp):
        raise ValueError(f"{exp!r} is no time of expiry: seconds since 1970, or a datetime.")
    return exp


def _longest() -> int:
    """How many seconds a token can live, by the settings."""
    lifetimes = [getattr(api_settings, name) for name in DEFAULTS if name.endswith("_LIFETIME")]
    lifetimes += [each.lifetime for each in api_settings.AUTH_TOKEN_CLASSES]
    found = [each.total_seconds() for each in lifetimes if isinstance(each, timedelta)]
    return math.ceil(max(found, default=0))


def _leeway() -> float:
    return token_backend.get_leeway().total_seconds()


def _may_slide(payload: Mapping[str, Any]) -> bool:
    """Whether a token may be one that is renewed under its id; of an id alone that is unknown."""
    if payload:
        return api_settings.SLIDING_TOKEN_REFRESH_EXP_CLAIM in payload
    return any(each.token_type == "sliding" for each in api_settings.AUTH_TOKEN_CLASSES)


def _blacklist_users(users: list[AnyUser]) -> None:
    if not is_asked():
        return
    model = get_user_model()
    found = (each if isinstance(each, model) else find_user(model, user_id(each)) for each in users)
    keys = [each.pk for each in found if each is not None]
    for start in range(0, len(keys), _AT_ONCE):
        _blacklist(user__in=keys[start : start + _AT_ONCE])


def _blacklist(**which: object) -> None:
    """Blacklist the tokens on record of which this is so; nothing without the app."""
    if not is_asked():
        return
    from ..token_blacklist.batches import blacklist_tokens, run_in_batches, usable_tokens
    from ..token_blacklist.store import database

    for _number in run_in_batches(usable_tokens(database()).filter(**which), blacklist_tokens):
        pass


def _wait_for(second: int) -> None:
    """Wait until that second has begun, which is the next one."""
    left = second - time.time()
    if 0 < left <= 1:
        time.sleep(left)


def _forget(**kwargs: Any) -> None:
    """Receiver of signals: make the object anew where a setting may have changed."""
    global _current
    if kwargs.get("setting", "CACHES") == "CACHES":
        _current = None


def _after_fork() -> None:
    if _current is not None:
        _current.renew_lock()


settings_changed.connect(_forget)
setting_changed.connect(_forget)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
