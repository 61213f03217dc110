"""The contestants' authenticators, by the names that servers are started with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

STUB_USER = 1


def constant() -> Any:
    """The limit of every authenticator: one that has the user already."""
    from django.contrib.auth.models import User
    from rest_framework.authentication import BaseAuthentication

    found = User(pk=STUB_USER, username=f"user {STUB_USER}"), None

    class ConstantAuthentication(BaseAuthentication):
        def authenticate(self, request: Any) -> Any:
            return found

        def authenticate_header(self, request: Any) -> str:
            return "Bearer"

    return ConstantAuthentication


def simplejwt() -> Any:
    from rest_framework_simplejwt.authentication import JWTAuthentication

    return JWTAuthentication


def simplejwt_stateless() -> Any:
    from rest_framework_simplejwt.authentication import JWTStatelessUserAuthentication

    return JWTStatelessUserAuthentication


def ours() -> Any:
    from pyjwtfast.drf.authentication import JWTAuthentication

    return JWTAuthentication


def ours_stateless() -> Any:
    from pyjwtfast.drf.authentication import JWTStatelessUserAuthentication

    return JWTStatelessUserAuthentication


def ours_lazy() -> Any:
    from pyjwtfast.drf.authentication import JWTLazyUserAuthentication

    return JWTLazyUserAuthentication


def stub() -> Any:
    """Our class without its token: no header is read, nothing is verified, the user is looked up
    as ever. What is faster than this saves on the user, not on the token."""
    from pyjwtfast.drf.authentication import JWTAuthentication
    from pyjwtfast.drf.settings import api_settings
    from pyjwtfast.drf.tokens import AccessToken

    token = AccessToken()
    token[api_settings.USER_ID_CLAIM] = str(STUB_USER)

    class StubAuthentication(JWTAuthentication):
        def authenticate(self, request: Any) -> Any:
            return self.get_user(token), token

    return StubAuthentication


NAMES: dict[str, Callable[[], Any]] = {
    "none": lambda: None,
    "constant": constant,
    "simplejwt": simplejwt,
    "simplejwt stateless": simplejwt_stateless,
    "pyjwtfast": ours,
    "pyjwtfast stateless": ours_stateless,
    "pyjwtfast lazy": ours_lazy,
    "pyjwtfast stub": stub,
}
# Those whose answer depends on the token.
READ_TOKENS = frozenset(
    name for name in NAMES if name not in ("none", "constant", "pyjwtfast stub")
)


def authenticator(name: str) -> Any:
    """The class; None for a view that has no authentication. Django is set up before."""
    return NAMES[name]()
