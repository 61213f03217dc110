"""What one request's token has come to: verified once, and its user loaded once, whoever asks.

The middleware leaves an Attempt on Django's request, and the authentication classes of the views
take from it what they would find themselves: by the same token, and by the same steps. Anything
else they do anew. It is an attribute of that one request, and goes with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework.exceptions import APIException

from .lazy_users import fill
from .users import the_user_model

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.http import HttpRequest

    from .authentication import JWTAuthentication
    from .tokens import Token

_NAME = "_pyjwtfast_attempt"

# The method that makes a token of its text, and those that find its user: where a class has others,
# the outcome is its own.
_TOKEN_STEPS = ("get_validated_token",)
_USER_STEPS = (
    "get_user_queryset",
    "user_queryset_is_constant",
    "user_model",
    "_user_id",
    "_find_user",
    "_checked",
)


class Attempt:
    """To authenticate one request by one class. Each outcome is kept, be it an error.

    raw_token: None where the header was refused already, by refused_with.
    """

    def __init__(
        self,
        authenticator: JWTAuthentication,
        raw_token: bytes | None,
        refused_with: APIException | None = None,
    ) -> None:
        self.authenticator = authenticator
        self.raw_token = raw_token
        self.token: Token | None = None
        self.token_error = refused_with
        self.user: Any = None
        self.user_error: APIException | None = None

    @property
    def is_verified(self) -> bool:
        return self.token is not None or self.token_error is not None

    @property
    def is_loaded(self) -> bool:
        return self.user is not None or self.user_error is not None

    def verify(self) -> Token:
        """The verified token; raises what `get_validated_token` does."""
        if self.token_error is not None:
            raise self.token_error
        if self.token is None:
            assert self.raw_token is not None
            try:
                self.token = self.authenticator.get_validated_token(self.raw_token)
            except APIException as error:
                self.token_error = error
                raise
        return self.token

    def load(self, kept: AbstractBaseUser | None = None) -> Any:
        """The token's user, read; raises what `verify` and `get_user` do.

        kept: that user, where it has been found already, and only has to be checked.
        """
        token = self.verify()
        if self.user_error is not None:
            raise self.user_error
        if self.user is None:
            authenticator = self.authenticator
            try:
                if kept is None:
                    user = type(authenticator)._reader()(authenticator, token)
                    fill(user)
                else:
                    user = authenticator._checked(kept, token)
                self.user = user
            except APIException as error:
                self.user_error = error
                raise
        return self.user

    def answer(self, authenticator: JWTAuthentication, raw_token: bytes) -> tuple[Any, Token]:
        """What an authentication class answers that has found this token in the request."""
        if not self.is_of(authenticator, raw_token):
            token = authenticator.get_validated_token(raw_token)
            return authenticator.get_user(token), token
        token = self.verify()
        if self.has_user_for(authenticator):
            return self.load(), token
        return authenticator.get_user(token), token

    def is_of(self, authenticator: JWTAuthentication, raw_token: bytes) -> bool:
        """Whether this is that token, verified as the authentication class does it."""
        return raw_token == self.raw_token and _share(
            _TOKEN_STEPS, self.authenticator, authenticator
        )

    def has_user_for(self, authenticator: JWTAuthentication) -> bool:
        """Whether `load()` gives what the authentication class would find; a lazy class only has
        to take it where the row has been read already.
        """
        return self.loads_for(authenticator) and (self.is_loaded or not authenticator.is_lazy)

    def loads_for(self, authenticator: JWTAuthentication) -> bool:
        """Whether the user is read as the authentication class does it."""
        own, other = type(self.authenticator), type(authenticator)
        return (
            own._reader() is other._reader()
            and _share(_USER_STEPS, self.authenticator, authenticator)
            and _model_of(self.authenticator) is _model_of(authenticator)
        )


def _share(steps: tuple[str, ...], one: object, other: object) -> bool:
    return all(getattr(type(one), step) is getattr(type(other), step) for step in steps)


def _model_of(authenticator: JWTAuthentication) -> Any:
    """The model that an instance has been given, as simplejwt's own `__init__` does it.

    None for the project's user model: one without users has none to be asked for.
    """
    model = vars(authenticator).get("user_model")
    return None if model is None or model is the_user_model() else model


def keep_attempt(request: HttpRequest, attempt: Attempt) -> None:
    setattr(request, _NAME, attempt)


def find_attempt(request: Any) -> Attempt | None:
    """The attempt that the middleware has left on a request of Django's, or on DRF's around one."""
    return getattr(getattr(request, "_request", request), _NAME, None)
