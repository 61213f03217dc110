"""Errors of tokens and token backends, and what API clients see of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rest_framework import exceptions, status

from .translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class TokenError(Exception):
    """A token was refused; the first argument is a message that a client may see."""


class ExpiredTokenError(TokenError):
    """A token was refused because its `exp` has passed."""


class TokenBackendError(Exception):
    """A backend is misconfigured, or could not decode a token."""


class TokenBackendExpiredToken(TokenBackendError):
    """A backend refused a token because its `exp` has passed."""


class DetailDictMixin:
    """Gives an APIException a body of `detail`, `code` and whatever else it was made with."""

    default_detail: Any
    default_code: str

    def __init__(
        self,
        detail: dict[str, Any] | str | _StrPromise | None = None,
        code: str | None = None,
    ) -> None:
        """Take a message, or a dict to be merged over the defaults; code replaces the code."""
        body: dict[str, Any] = {"detail": self.default_detail, "code": self.default_code}
        if isinstance(detail, dict):
            body |= detail
        elif detail is not None:
            body["detail"] = detail
        if code is not None:
            body["code"] = code
        super().__init__(body)  # type: ignore[call-arg]


class AuthenticationFailed(DetailDictMixin, exceptions.AuthenticationFailed):
    """401: the credentials were read, and refused."""


class InvalidToken(AuthenticationFailed):
    """401 `token_not_valid`: the token itself was refused."""

    status_code = status.HTTP_401_UNAUTHORIZED
    default_detail = _("Token is invalid or expired")
    default_code = "token_not_valid"


class TokenRevoked(exceptions.AuthenticationFailed):
    """401: the token is to be blacklisted, which the rollback after an error must not undo.

    revoke: what blacklists it, to be called after the request's transaction; None if it is done.
    """

    def __init__(self, detail: Any, code: str, revoke: Callable[[], object] | None) -> None:
        super().__init__(detail, code)
        self.revoke = revoke


class _Unavailable(DetailDictMixin, exceptions.APIException):
    """503: what a token is to be judged by cannot be had, so nobody knows whether it is valid.

    wait: seconds after which to try again, sent as Retry-After (RFC 9110 section 10.2.3).
    """

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = _("Tokens cannot be verified at present; try again later.")

    def __init__(
        self,
        detail: dict[str, Any] | str | _StrPromise | None = None,
        code: str | None = None,
        *,
        wait: float = 1,
    ) -> None:
        super().__init__(detail, code)
        self.wait = max(1, math.ceil(wait))  # DRF's exception handler makes the header of it


class KeysUnavailable(_Unavailable):
    """503 `keys_unavailable`: the keys at JWK_URL cannot be had."""

    default_code = "keys_unavailable"


class RevocationsUnavailable(_Unavailable):
    """503 `revocations_unavailable`: the cache REVOCATION_CACHE does not say what is revoked."""

    default_code = "revocations_unavailable"


def headers_of(error: exceptions.APIException, challenge: str) -> dict[str, str]:
    """What an error adds to the headers of its answer, as with Django REST Framework's handler.

    challenge: the WWW-Authenticate of a 401 (RFC 9110 section 11.6.1).
    """
    headers = {}
    if error.status_code == status.HTTP_401_UNAUTHORIZED:
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(wait)
    return headers
