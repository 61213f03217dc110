"""DRF's authentication classes: from the Authorization header to a user."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from rest_framework import HTTP_HEADER_ENCODING
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from pyjwtfast._core import _token_in_header

from . import lazy_users, revocation
from .exceptions import AuthenticationFailed, InvalidToken, TokenError
from .models import TokenUser
from .per_request import find_attempt
from .settings import api_settings
from .tokens import Token, verifying_once
from .translation import gettext_lazy as _
from .user_query import database_of
from .users import is_identifier, load_user, the_user_model
from .utils import get_md5_hash_password

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.db.models import QuerySet

AuthUser = TypeVar("AuthUser", "AbstractBaseUser", TokenUser)


class _ProjectsUserModel:
    """The project's user model, where an instance or a subclass has no other.

    Not a cached_property: REST framework makes an authenticator for each request, which would
    remember it for nobody.
    """

    def __get__(self, instance: object, owner: object) -> Any:
        return self if instance is None else the_user_model()


class JWTAuthentication(BaseAuthentication):
    """Authenticates a request by the token in its header, and looks its user up.

    Each step (`get_header`, `get_raw_token`, `get_validated_token`, `get_user`) may be overridden.
    """

    www_authenticate_realm = "api"
    media_type = "application/json"

    # Of a subclass: whether the SELECT of its get_user_queryset() is the same on every request, but
    # for the user's id. It is then compiled once, and its users can be cached (USER_CACHE_TTL). Not
    # so, if it asks the time, the tenant, a thread-local or anything else that changes.
    user_queryset_is_constant = False

    # Whether get_user() leaves the user's row to be read later.
    is_lazy: ClassVar[bool] = False

    user_model: Any = _ProjectsUserModel()

    def get_user_queryset(self) -> QuerySet[Any]:
        """The users that a token can name: to be overridden with only() or select_related()."""
        return self.user_model.objects.all()  # type: ignore[no-any-return]

    def authenticate(self, request: Request) -> tuple[Any, Token] | None:
        """The user and the verified token; None when the request does not bring one.

        Raises AuthenticationFailed (or InvalidToken, which is one) for a token that is refused.
        """
        raw_token = self._find_raw_token(request)
        if raw_token is None:
            return None
        attempt = find_attempt(request)
        if attempt is not None:
            return attempt.answer(self, raw_token)
        validated_token = self.get_validated_token(raw_token)
        return self.get_user(validated_token), validated_token

    def _find_raw_token(self, request: Request) -> bytes | None:
        """The token in the request, by `get_header` and `get_raw_token`; None without one."""
        kind, attributes = type(self), self.__dict__
        if (
            kind.get_header is _GET_HEADER
            and kind.get_raw_token is _GET_RAW_TOKEN
            and (not attributes or _HEADER_STEPS.isdisjoint(attributes))
        ):
            # How nearly all headers are, answered in one step.
            usual = _token_in_header(_header_value(request), api_settings.header_starts)
            if usual is not None:
                return usual
        header = self.get_header(request)
        return None if header is None else self.get_raw_token(header)

    def authenticate_header(self, request: Request) -> str:
        """The WWW-Authenticate header of a 401."""
        return f'{api_settings.header_types[0]} realm="{self.www_authenticate_realm}"'

    def get_header(self, request: Request) -> bytes | None:
        """The header AUTH_HEADER_NAME of the request, or None."""
        header = _header_value(request)
        if isinstance(header, str):
            # A server's text is Latin-1 (PEP 3333); in a test anything can come. What is not
            # Latin-1 becomes a "?", which is in no token.
            return header.encode(HTTP_HEADER_ENCODING, "replace")
        return header

    def get_raw_token(self, header: bytes) -> bytes | None:
        """The token in a header value; None when the header is empty or of another scheme."""
        parts = header.split()
        if not parts or parts[0].lower() not in api_settings.header_schemes:
            return None
        if len(parts) != 2:
            raise AuthenticationFailed(
                _("Authorization header must contain two space-delimited values"),
                code="bad_authorization_header",
            )
        return parts[1]

    def get_validated_token(self, raw_token: str | bytes) -> Token:
        """The token as the first of AUTH_TOKEN_CLASSES that takes it, else InvalidToken."""
        token_classes: Collection[type[Token]] = api_settings.AUTH_TOKEN_CLASSES
        if len(token_classes) == 1:
            (token_class,) = token_classes
            try:
                return token_class(raw_token)
            except TokenError as error:
                messages = [_message(token_class, error)]
        else:
            messages = []
            with verifying_once():
                for token_class in token_classes:
                    try:
                        return token_class(raw_token)
                    except TokenError as error:
                        messages.append(_message(token_class, error))
        raise InvalidToken(
            {"detail": _("Given token not valid for any token type"), "messages": messages}
        )

    def get_user(self, validated_token: Token) -> Any:
        """The user whom the token names; InvalidToken or AuthenticationFailed if there is none.

        Activity and password are checked as the settings say, on each request.
        """
        return self._checked(self._find_user(self._user_id(validated_token)), validated_token)

    def _checked(self, user: Any, validated_token: Token) -> Any:
        """The user, if it is one who may come in."""
        if user is None:
            raise AuthenticationFailed(_("User not found"), code="user_not_found")
        if api_settings.CHECK_USER_IS_ACTIVE and not user.is_active:
            raise AuthenticationFailed(_("User is inactive"), code="user_inactive")
        if api_settings.CHECK_REVOKE_TOKEN and validated_token.get(
            api_settings.REVOKE_TOKEN_CLAIM
        ) != get_md5_hash_password(user.password):
            raise AuthenticationFailed(
                _("The user's password has been changed."), code="password_changed"
            )
        if api_settings.REVOCATION_CACHE is not None:
            try:
                revocation.check_user(validated_token, user)
            except TokenError as error:
                raise InvalidToken(error.args[0]) from error
        return user

    def _user_id(self, validated_token: Token) -> Any:
        try:
            return validated_token[api_settings.USER_ID_CLAIM]
        except KeyError as error:
            raise InvalidToken(_("Token contained no recognizable user identification")) from error

    @classmethod
    def _reader(cls) -> Callable[[Any, Token], Any]:
        """The method that reads the user of a token."""
        return cls.get_user

    def _find_user(self, user_id: object, only_kept: bool = False) -> AbstractBaseUser | None:
        """Whom an id names, as `users.load_user` has it: asks the database, unless only_kept."""
        kind = type(self)
        constant = kind.user_queryset_is_constant
        if kind.get_user_queryset is JWTAuthentication.get_user_queryset:
            return load_user(self.user_model, user_id, constant=constant, only_kept=only_kept)
        return load_user(
            self.get_user_queryset(), user_id, constant=constant, owner=kind, only_kept=only_kept
        )


# The steps as they are here: others have to be taken.
_GET_HEADER, _GET_RAW_TOKEN = JWTAuthentication.get_header, JWTAuthentication.get_raw_token
_HEADER_STEPS = frozenset({"get_header", "get_raw_token"})


def _message(token_class: type[Token], error: TokenError) -> dict[str, Any]:
    """Why a class does not take the token, for the client."""
    return {
        "token_class": token_class.__name__,
        "token_type": token_class.token_type,
        "message": error.args[0],
    }


def _header_value(request: Any) -> str | bytes | None:
    # DRF's request asks Django's for whatever it has not itself, and takes its time.
    inner = request._request if type(request) is Request else request
    return inner.META.get(api_settings.AUTH_HEADER_NAME)


class JWTStatelessUserAuthentication(JWTAuthentication):
    """Authenticates a request by its token alone: the user is a TokenUser, without any query."""

    def get_user(self, validated_token: Token) -> Any:
        """TOKEN_USER_CLASS of the token; InvalidToken when the token names no user."""
        if not is_identifier(validated_token.get(api_settings.USER_ID_CLAIM)):
            raise InvalidToken(_("Token contained no recognizable user identification"))
        return api_settings.TOKEN_USER_CLASS(validated_token)


class JWTLazyUserAuthentication(JWTAuthentication):
    """Authenticates a request by its token; the user's row is read when it is needed, if it is.

    The user is an instance of the user model with its primary key, and the token as `token` (where
    the model has nothing of that name). Whatever else is asked of it reads the row: once, all of
    it, by the steps of JWTAuthentication. A user who is gone or inactive, or whose password has
    changed, is then refused as there, by an AuthenticationFailed out of that question.

    Where USER_ID_FIELD is not the primary key, that cannot be known without the row, which is
    read at once.
    """

    is_lazy = True

    def authenticate(self, request: Request) -> tuple[Any, Token] | None:
        """The same; the row has been read if the middleware has needed it."""
        found = super().authenticate(request)
        if found is not None:
            self.attach(*found, request)
        return found

    def attach(self, user: Any, validated_token: Token, request: Any) -> None:
        """Tie a lazy user to its request, which is nobody's once the user turns out to be none."""
        attempt = find_attempt(request)
        if attempt is not None and attempt.token is validated_token and attempt.loads_for(self):
            lazy_users.attach(user, request, attempt.load)
        else:
            lazy_users.attach(user, request)

    def get_user(self, validated_token: Token) -> Any:
        """The user whom the token names, unread; InvalidToken or AuthenticationFailed if it can be
        told without the row that there is none.
        """
        model = self.user_model
        if not lazy_users.is_primary_key(model, api_settings.USER_ID_FIELD):
            return self.read_user(validated_token)
        user_id = self._user_id(validated_token)
        if type(self).get_user_queryset is JWTAuthentication.get_user_queryset:
            alias = database_of(model.objects)
        else:
            alias = database_of(self.get_user_queryset())
        key = lazy_users.to_primary_key(model, user_id, alias)
        if key is None:
            raise AuthenticationFailed(_("User not found"), code="user_not_found")
        read = partial(self.read_user, validated_token)
        return lazy_users.make_lazy(model, key, alias, read, token=validated_token)

    def read_user(self, validated_token: Token) -> Any:
        """The user with its row, checked; what the lazy user reads by."""
        return super().get_user(validated_token)

    @classmethod
    def _reader(cls) -> Callable[[Any, Token], Any]:
        if cls.get_user is not JWTLazyUserAuthentication.get_user:
            return cls.get_user  # which may refuse whom read_user() does not
        if cls.read_user is not JWTLazyUserAuthentication.read_user:
            return cls.read_user
        return super().get_user


# Its former name.
JWTTokenUserAuthentication = JWTStatelessUserAuthentication


def default_user_authentication_rule(user: AbstractBaseUser | None) -> bool:
    """Whether a user may obtain tokens: must exist, and be active (see CHECK_USER_IS_ACTIVE).

    Django's own ModelBackend refuses inactive users already; other backends may not.
    """
    return user is not None and (not api_settings.CHECK_USER_IS_ACTIVE or user.is_active)


def __getattr__(name: str) -> Any:
    """AUTH_HEADER_TYPES and AUTH_HEADER_TYPE_BYTES, as the settings are now."""
    if name == "AUTH_HEADER_TYPES":
        return api_settings.header_types
    if name == "AUTH_HEADER_TYPE_BYTES":
        return {scheme.encode(HTTP_HEADER_ENCODING) for scheme in api_settings.header_types}
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
