"""The same answers without holding up the event loop.

To verify a token takes about a microsecond, which no thread is worth. What may wait for something
(the database, the network, a step that the project has replaced) is done in the thread that Django
keeps for such work, by asgiref's `sync_to_async`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from asgiref.sync import sync_to_async
from django.db import connections

from . import lazy_users, revocation, state
from .authentication import (
    JWTAuthentication,
    JWTLazyUserAuthentication,
    JWTStatelessUserAuthentication,
)
from .backends import TokenBackend
from .models import TokenUser
from .per_request import Attempt, find_attempt
from .settings import api_settings
from .token_blacklist import is_asked
from .tokens import AccessToken, BlacklistMixin, SlidingToken, Token, UntypedToken

if TYPE_CHECKING:
    from django.http import HttpRequest
    from rest_framework.request import Request

T = TypeVar("T")

# The steps of reading a token, and those that wait for nothing; BlacklistMixin's where there is no
# app for it to ask.
_STEPS: dict[str, tuple[Any, ...]] = {
    "__init__": (Token.__init__, SlidingToken.__init__),
    "verify": (Token.verify, BlacklistMixin.verify),
    "check_exp": (Token.check_exp,),
    "verify_token_type": (Token.verify_token_type, UntypedToken.verify_token_type),
    "token_backend": (Token.token_backend,),
    "get_token_backend": (Token.get_token_backend,),
}


class AsyncJWTAuthentication(JWTAuthentication):
    """JWTAuthentication for code that runs in an event loop; the steps are the same, and sync.

    Before another class among the bases it does that one's work: stateless, lazy, or your own.
    """

    async def authenticate(  # type: ignore[override]
        self, request: HttpRequest | Request
    ) -> tuple[Any, Token] | None:
        """The user and the verified token; None when the request does not bring one.

        Raises AuthenticationFailed (or InvalidToken, which is one) for a token that is refused.
        """
        raw_token = self._find_raw_token(request)  # type: ignore[arg-type]
        if raw_token is None:
            return None
        attempt = find_attempt(request)
        if attempt is None or not attempt.is_of(self, raw_token):
            attempt = Attempt(self, raw_token)
        token = await verify(attempt)
        return await get_user(attempt, self, request), token


async def verify(attempt: Attempt, *, in_request: bool = True) -> Token:
    """`attempt.verify()`.

    in_request: one of Django's, after which Django closes old connections to the database.
    """
    if attempt.is_verified or _verifies_at_once(attempt.authenticator):
        return attempt.verify()
    return await _in_thread(attempt.verify, in_request)


async def get_user(attempt: Attempt, authenticator: JWTAuthentication, request: Any) -> Any:
    """The user of a verified token for an authentication class, as it would find it itself."""
    if attempt.has_user_for(authenticator):
        return await load(attempt)
    token = attempt.verify()
    if _makes_user_at_once(authenticator):
        user = authenticator.get_user(token)
    else:
        user = await sync_to_async(authenticator.get_user)(token)
    if isinstance(authenticator, JWTLazyUserAuthentication):
        authenticator.attach(user, token, request)
    return user


async def load(attempt: Attempt, *, in_request: bool = True) -> Any:
    """`attempt.load()`, likewise."""
    if attempt.is_loaded or _is_stateless(attempt.authenticator):
        return attempt.load()
    kept = _kept_user(attempt)
    if kept is not None:
        return attempt.load(kept)
    return await _in_thread(attempt.load, in_request)


async def _in_thread(function: Callable[[], T], in_request: bool) -> T:
    """Of the thread that Django keeps for sync code."""

    def with_good_connections() -> T:
        _close_old_connections()
        try:
            return function()
        finally:
            _close_old_connections()

    return await sync_to_async(function if in_request else with_good_connections)()


def _close_old_connections() -> None:
    """As Django does it around a request, but for one that somebody has a transaction open on."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()


def _kept_user(attempt: Attempt) -> Any:
    """The user as USER_CACHE_TTL keeps it in this process; None if that has to be asked for."""
    authenticator = attempt.authenticator
    own = type(authenticator)
    if (
        own._reader() is not JWTAuthentication.get_user
        or own._find_user is not JWTAuthentication._find_user
        or own.get_user_queryset is not JWTAuthentication.get_user_queryset
    ):
        return None
    token = attempt.verify()
    user = authenticator._find_user(token.get(api_settings.USER_ID_CLAIM), only_kept=True)
    if user is not None and revocation.is_on() and revocation.is_named_otherwise(token, user):
        return None  # whether he is revoked may have to be asked for
    return user


def _verifies_at_once(authenticator: JWTAuthentication) -> bool:
    """Whether to verify a token waits for nothing: no blacklist or cache, no JWK set, no step of
    others.
    """
    own, backend = type(authenticator), state.token_backend
    return (
        own.get_validated_token is JWTAuthentication.get_validated_token
        and type(backend).decode is TokenBackend.decode
        and not backend.jwk_url
        and not backend.decides_per_token()
        and not revocation.needs_io()
        and all(map(_reads_at_once, api_settings.AUTH_TOKEN_CLASSES))
    )


def _reads_at_once(token_class: type[Token]) -> bool:
    if token_class is AccessToken:
        return True
    if issubclass(token_class, BlacklistMixin) and is_asked():
        return False
    if token_class._buys_tokens and revocation.is_on():
        return False
    return token_class._token_backend is None and all(
        getattr(token_class, step) in _STEPS[step] for step in _STEPS
    )


def _makes_user_at_once(authenticator: JWTAuthentication) -> bool:
    """Whether get_user() waits for nothing: it makes the user of the token alone."""
    own = type(authenticator)
    return _is_stateless(authenticator) or (
        own.get_user is JWTLazyUserAuthentication.get_user
        and own.get_user_queryset is JWTAuthentication.get_user_queryset
        and lazy_users.is_primary_key(authenticator.user_model, api_settings.USER_ID_FIELD)
    )


def _is_stateless(authenticator: JWTAuthentication) -> bool:
    return (
        type(authenticator).get_user is JWTStatelessUserAuthentication.get_user
        and api_settings.TOKEN_USER_CLASS is TokenUser
    )
