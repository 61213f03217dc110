"""Tokens: objects that hold claims, made from an encoded token or for a user."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from copy import deepcopy
from datetime import datetime, timedelta
from os import urandom
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast
from uuid import uuid4

from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import classproperty

from pyjwtfast._core import _is_usual_token

from . import revocation, state
from .backends import TokenBackend
from .exceptions import ExpiredTokenError, TokenBackendError, TokenBackendExpiredToken, TokenError
from .models import TokenUser
from .settings import DEFAULTS, api_settings, setting_in_effect, wrong_setting
from .token_blacklist import is_asked
from .translation import gettext_lazy as _
from .users import find_user
from .utils import (
    aware_utcnow,
    datetime_from_epoch,
    datetime_to_epoch,
    format_lazy,
    get_md5_hash_password,
    logger,
)

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

    from .token_blacklist.models import BlacklistedToken, OutstandingToken
    from .token_blacklist.store import Record

T = TypeVar("T", bound="Token")
F = TypeVar("F", bound=Callable[..., Any])
AuthUser = TypeVar("AuthUser", "AbstractBaseUser", TokenUser)

# While several classes try one token: what the token was decoded to.
# Under None: why it is refused although it is valid.
_Decoded = dict[
    tuple[TokenBackend | None, "str | bytes | None"],
    "dict[str, Any] | TokenBackendError | TokenError",
]
_decoded: ContextVar[_Decoded | None] = ContextVar("decoded", default=None)

# What the token column begins with where STORE_TOKEN is "hash".
HASHED = "sha256:"

# The last second a datetime can hold: the end of the year 9999.
_LAST_SECOND = 253_402_300_799


@contextmanager
def verifying_once() -> Iterator[None]:
    """Inside, several token classes may read one token, and its signature is verified once.

    That holds for those with the same backend. Each gets claims of its own, and does the rest.
    """
    reset = _decoded.set({})
    try:
        yield
    finally:
        _decoded.reset(reset)


def _decode_once(decoded: _Decoded, backend: TokenBackend, token: str | bytes) -> dict[str, Any]:
    known = decoded.get((backend, token))
    if known is None:
        try:
            known = backend.decode(token, verify=True)
        except TokenBackendError as error:
            known = error
        decoded[backend, token] = known
    if isinstance(known, Exception):
        raise known
    return deepcopy(known)


class Token:
    """The claims of one token; a mapping, and `str()` of it is the signed token.

    Subclasses name a `token_type` and a `lifetime`. Each step of reading a token (`verify`,
    `check_exp`, `verify_token_type`, `token_backend`) may be overridden.
    """

    token_type: str | None = None
    lifetime: timedelta | None = None

    token: str | bytes | None
    payload: dict[str, Any]

    # Whether it is for being given new tokens, of which the list of REVOCATION_POLL is no judge.
    _buys_tokens = False

    _current_time: datetime | None = None
    _token_backend: TokenBackend | None = None

    def __init__(self, token: str | bytes | None = None, verify: bool = True) -> None:
        """Read an encoded token, or make a new one when there is none.

        Without verify nothing of the token is checked: its claims are anybody's word.
        Raises TokenError, with a message for the client, for a token that is not to be used.
        """
        lifetime = self.lifetime
        if self.token_type is None or lifetime is None:
            raise TokenError(_("Cannot create token with no type or lifetime"))

        self.token = token
        self._made_at = time.time()
        if token is None:
            self.payload = {}
            if api_settings.TOKEN_TYPE_CLAIM is not None:
                self.payload[api_settings.TOKEN_TYPE_CLAIM] = self.token_type
            self._set_times(lifetime)
            self.set_jti()
            return

        try:
            backend = self.get_token_backend()
            if verify and (decoded := _decoded.get()) is not None:
                self.payload = _decode_once(decoded, backend, token)
            else:
                self.payload = backend.decode(token, verify=verify)
        except TokenBackendExpiredToken as error:
            raise ExpiredTokenError(_("Token is expired")) from error
        except TokenBackendError as error:
            raise TokenError(_("Token is invalid")) from error
        if verify:
            own = type(self)
            # By any of these the instance of a subclass may have steps of its own.
            is_plain = own is AccessToken or (
                own.__init__ is _INIT
                and own.__new__ is object.__new__
                and own.__getattribute__ is object.__getattribute__
            )
            if not (
                is_plain
                and own.verify is _VERIFY
                and own.check_exp is _CHECK_EXP
                and own.verify_token_type is _VERIFY_TOKEN_TYPE
                and _is_usual_token(
                    self.payload,
                    self._made_at,
                    api_settings.JTI_CLAIM,
                    api_settings.TOKEN_TYPE_CLAIM,
                    self.token_type,
                )
            ):
                self.verify()
            if api_settings.REVOCATION_CACHE is not None:
                self._check_revocation()

    def _check_revocation(self) -> None:
        """Raise TokenError if the token is revoked; for several classes it is asked once."""
        decoded = _decoded.get()
        known = None if decoded is None else decoded.get((None, self.token))
        if isinstance(known, Exception):
            raise known
        try:
            revocation.check(self.payload, directly=self._buys_tokens)
        except TokenError as error:
            if decoded is not None:
                decoded[None, self.token] = error
            raise

    def _set_times(self, lifetime: timedelta) -> None:
        """Write `exp` and `iat` of a new token; without datetimes, if the steps are those below."""
        own = type(self)
        if (
            aware_utcnow is _AWARE_UTCNOW
            and own.set_exp is _SET_EXP
            and own.set_iat is _SET_IAT
            and type(lifetime) is timedelta
            and not lifetime.microseconds
        ):
            issued_at = int(self._made_at)
            expiry = issued_at + lifetime.days * 86_400 + lifetime.seconds
            if 0 <= expiry <= _LAST_SECOND:
                self.payload["exp"] = expiry
                self.payload["iat"] = issued_at
                return
        self.current_time = aware_utcnow()
        self.set_exp(from_time=self.current_time, lifetime=lifetime)
        self.set_iat(at_time=self.current_time)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Read a pickle, also one of simplejwt's."""
        attributes = vars(self)
        attributes.update(state)
        if "current_time" in attributes:
            # simplejwt's: there this is an attribute like any other, and the token has brought a
            # copy of its process's backend with it, keys and all.
            self.current_time = attributes.pop("current_time")
            attributes.pop("_token_backend", None)

    @property
    def current_time(self) -> datetime:
        """When this object was made. New expiry times count from here."""
        if self._current_time is None:
            # Built when asked for: reading a token needs no datetime.
            self._current_time = datetime_from_epoch(self._made_at)
        return self._current_time

    @current_time.setter
    def current_time(self, value: datetime) -> None:
        self._current_time = value

    def __repr__(self) -> str:
        return repr(self.payload)

    def __getitem__(self, key: str) -> Any:
        return self.payload[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.payload[key] = value

    def __delitem__(self, key: str) -> None:
        del self.payload[key]

    def __contains__(self, key: str) -> bool:
        return key in self.payload

    def get(self, key: str, default: Any = None) -> Any:
        return self.payload.get(key, default)

    def __str__(self) -> str:
        """The signed token. Raises TypeError for claims that JSON cannot hold."""
        return self.get_token_backend().encode(self.payload)

    def verify(self) -> None:
        """Check what the backend does not: that `exp` and an id are there, and the type is ours.

        Raises TokenError. To be overridden with further checks.
        """
        # RFC 7519 leaves exp and jti optional; an authorization token must end, and be nameable.
        self.check_exp()
        jti_claim = api_settings.JTI_CLAIM
        if jti_claim is not None and jti_claim not in self.payload:
            raise TokenError(_("Token has no id"))
        if api_settings.TOKEN_TYPE_CLAIM is not None:
            self.verify_token_type()

    def verify_token_type(self) -> None:
        """Raise TokenError unless the claim TOKEN_TYPE_CLAIM names this class's type."""
        try:
            token_type = self.payload[api_settings.TOKEN_TYPE_CLAIM]
        except KeyError as error:
            raise TokenError(_("Token has no type")) from error
        if self.token_type != token_type:
            raise TokenError(_("Token has wrong type"))

    def set_jti(self) -> None:
        """Give the token a new random id (RFC 7519 section 4.1.7), unless JTI_CLAIM is None."""
        if api_settings.JTI_CLAIM is not None:
            self.payload[api_settings.JTI_CLAIM] = _new_id()

    def set_exp(
        self,
        claim: str = "exp",
        from_time: datetime | None = None,
        lifetime: timedelta | None = None,
    ) -> None:
        """Let the token expire (RFC 7519 section 4.1.4) one lifetime after from_time.

        Defaults: this token's `current_time` and `lifetime`.
        Raises ImproperlyConfigured, with the setting's name, for a lifetime that is no timedelta.
        """
        if from_time is None:
            from_time = self.current_time
        if lifetime is None:
            lifetime = self.lifetime
            assert lifetime is not None, "checked by __init__"
        try:
            expiry = from_time + lifetime
        except TypeError as error:
            if isinstance(lifetime, timedelta):
                raise
            raise ImproperlyConfigured(
                f"{self._lifetime_source(lifetime)} is {lifetime!r}, but must be a timedelta."
            ) from error
        self.payload[claim] = datetime_to_epoch(expiry)

    def _lifetime_source(self, lifetime: object) -> str:
        """Where a lifetime comes from, for whoever has to correct it."""
        for name in DEFAULTS:
            if name.endswith("_LIFETIME") and getattr(api_settings, name) is lifetime:
                return setting_in_effect(name)
        return f"The lifetime of {type(self).__qualname__}"

    def set_iat(self, claim: str = "iat", at_time: datetime | None = None) -> None:
        """Write the time of issue (RFC 7519 section 4.1.6), by default `current_time`."""
        self.payload[claim] = datetime_to_epoch(self.current_time if at_time is None else at_time)

    def check_exp(self, claim: str = "exp", current_time: datetime | None = None) -> None:
        """Raise TokenError unless the claim holds a time after current_time less the leeway.

        current_time is by default the token's own.
        """
        try:
            value = self.payload[claim]
        except KeyError as error:
            raise TokenError(format_lazy(_("Token has no '{}' claim"), claim)) from error

        if current_time is None:
            if (
                self._current_time is None
                and type(value) is int
                and self._made_at < value <= _LAST_SECOND
            ):
                return  # the usual case: valid, whatever the leeway
            current_time = self.current_time

        try:
            claim_time = datetime_from_epoch(value)
        except (TypeError, ValueError, OverflowError, OSError) as error:
            raise TokenError(_("Token is invalid")) from error
        if claim_time <= current_time - self.get_token_backend().get_leeway():
            raise TokenError(format_lazy(_("Token '{}' claim has expired"), claim))

    def outstand(self) -> Any:
        """Record this token as issued, and return the record; plain tokens keep none."""
        return None

    @classmethod
    def for_user(cls: type[T], user: AuthUser) -> T:
        """A new token that names the user. Whether the user may log in is the caller's to check."""
        if not getattr(user, "is_active", True):
            logger.warning(
                "Creating token for inactive user: %s. If this is not intentional, check the "
                "user's status before calling for_user().",
                user.pk,
            )
        token = cls()
        token[api_settings.USER_ID_CLAIM] = str(getattr(user, api_settings.USER_ID_FIELD))
        if api_settings.CHECK_REVOKE_TOKEN:
            token[api_settings.REVOKE_TOKEN_CLAIM] = get_md5_hash_password(user.password)
        return token

    @property
    def token_backend(self) -> TokenBackend:
        """The backend that reads and signs this token: `state.token_backend`, unless set."""
        return state.token_backend if self._token_backend is None else self._token_backend

    def get_token_backend(self) -> TokenBackend:
        return self.token_backend


# The steps of a token as they are here: others have to be taken.
_SET_EXP, _SET_IAT = Token.set_exp, Token.set_iat
_INIT = Token.__init__
_VERIFY, _CHECK_EXP, _VERIFY_TOKEN_TYPE = Token.verify, Token.check_exp, Token.verify_token_type
_AWARE_UTCNOW, _UUID4 = aware_utcnow, uuid4


def _new_id() -> str:
    """`uuid4().hex`, without the object (RFC 9562 section 5.4); tests may replace uuid4."""
    if uuid4 is not _UUID4:
        return uuid4().hex
    octets = bytearray(urandom(16))
    octets[6] = octets[6] & 0x0F | 0x40
    octets[8] = octets[8] & 0x3F | 0x80
    return octets.hex()


def _only_with_app(method: F) -> F:
    """A method that exists only while the blacklist app is installed."""
    return cast("F", _MethodOfApp(method))


class _MethodOfApp:
    def __init__(self, method: Callable[..., Any]) -> None:
        self._method = method
        self.__doc__ = method.__doc__

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        if not is_asked():
            raise AttributeError(
                f"{self._method.__qualname__} needs 'pyjwtfast.drf.token_blacklist' in "
                "INSTALLED_APPS."
            )
        return self._method.__get__(instance, owner)


class BlacklistMixin(Generic[T]):
    """Of tokens that are recorded when they are issued, and can be blacklisted.

    To stand before a subclass of Token among the bases. Without the app
    `pyjwtfast.drf.token_blacklist` in INSTALLED_APPS it does nothing, and `blacklist` and
    `check_blacklist` are not there.
    """

    payload: dict[str, Any]
    token: str | bytes | None
    current_time: datetime

    _record: Record | None = None  # what check_blacklist() has found, until blacklist() uses it
    _user: tuple[object, AbstractBaseUser | None] | None = None  # and who the claim's user is
    _new_jti: str | None = None
    _recorded_exp: Any = None  # as it was when this object made the token's record

    def __str__(self) -> str:
        """The signed token. Has its `exp` been changed since it was recorded, so is the record."""
        text = super().__str__()
        recorded = self._recorded_exp
        if recorded is not None and self.payload.get("exp", recorded) != recorded:
            from .token_blacklist import store

            store.set_expiry(self._expires_at(), jti=self._jti())
            self._recorded_exp = self.payload["exp"]
        return text

    def verify(self, *args: Any, **kwargs: Any) -> None:
        """Check the blacklist, then all the rest. Raises TokenError."""
        if is_asked() and api_settings.JTI_CLAIM in self.payload:
            self.check_blacklist()
        super().verify(*args, **kwargs)  # type: ignore[misc]

    @_only_with_app
    def check_blacklist(self) -> None:
        """Raise TokenError if the token is blacklisted, or has an id that can never be."""
        from .token_blacklist import store

        self._record = store.find(self._jti())
        if self._record.blacklisted is not None:
            raise TokenError(_("Token is blacklisted"))

    @_only_with_app
    def blacklist(self) -> tuple[BlacklistedToken, bool]:
        """Blacklist the token: the record of that, and whether it was made just now.

        A token that is not recorded as issued is recorded first.
        Raises TokenError for a token without an id or without `exp`.
        """
        from .token_blacklist import store

        jti, record = self._jti(), self._record
        self._record = None
        if record is None or record.jti != jti:
            record = store.find(jti)
        # As it came: it need not be one that we can sign.
        return store.blacklist(
            record,
            self._expires_at(),
            lambda: self._row(self._find_user(), self.token or self),
        )

    def outstand(self) -> tuple[OutstandingToken, bool] | None:
        """Record the token as issued: its record, and whether it was made just now.

        None where the app is not installed. Raises TokenError as `blacklist`.
        """
        if not is_asked():
            return super().outstand()  # type: ignore[misc, no-any-return]
        from .token_blacklist import store

        if self._jti() == self._new_jti:
            made = store.insert(self._row(self._find_user(), self)), True
        else:
            made = store.outstand(self._jti(), lambda: self._row(self._find_user(), self))
        if made[1]:
            self._recorded_exp = self.payload["exp"]
        return made

    @classmethod
    def for_user(cls: type[T], user: AuthUser) -> T:  # type: ignore[misc]
        """A new token that names the user, recorded as issued."""
        token: Any = super().for_user(user)  # type: ignore[misc]
        if is_asked() and api_settings.JTI_CLAIM is not None:
            from .token_blacklist import store

            store.insert(token._row(user, token))
            token._recorded_exp = token.payload["exp"]
        return token  # type: ignore[no-any-return]

    def set_jti(self) -> None:
        super().set_jti()  # type: ignore[misc]
        self._new_jti = self.payload.get(api_settings.JTI_CLAIM)

    def _jti(self) -> Any:
        try:
            return self.payload[api_settings.JTI_CLAIM]
        except KeyError as error:
            raise TokenError(_("Token has no id")) from error

    def _find_user(self) -> AbstractBaseUser | None:
        """The user whom the token names; not asked for again by whoever has found it already."""
        user_id = self.payload.get(api_settings.USER_ID_CLAIM)
        if self._user is None or self._user[0] != user_id:
            self._user = user_id, find_user(get_user_model(), user_id)
        return self._user[1]

    def _expires_at(self) -> datetime:
        try:
            return datetime_from_epoch(self.payload["exp"])
        except KeyError as error:
            raise TokenError(format_lazy(_("Token has no '{}' claim"), "exp")) from error
        except (TypeError, ValueError, OverflowError, OSError) as error:
            raise TokenError(_("Token is invalid")) from error

    def _row(self, user: object, token: object) -> OutstandingToken:
        """The record of this token as issued, not saved yet."""
        from .token_blacklist.models import OutstandingToken

        expires_at = self._expires_at()
        row = OutstandingToken(
            jti=self._jti(),
            token=_stored(token),
            created_at=self.current_time,
            expires_at=expires_at,
        )
        if isinstance(user, get_user_model()):
            # Assigned so, the user may come from a replica whatever the database routers say.
            field: Any = OutstandingToken._meta.get_field("user")
            setattr(row, field.attname, user.pk)
            field.set_cached_value(row, user)
        return row


def _stored(token: object) -> str:
    """What the table keeps of a token's text, as STORE_TOKEN says."""
    kind = api_settings.STORE_TOKEN
    if kind == "empty":
        return ""
    text = token.decode() if isinstance(token, bytes) else str(token)
    if kind == "full":
        return text
    if kind == "hash":
        return f"{HASHED}{hashlib.sha256(text.encode()).hexdigest()}"
    raise wrong_setting("STORE_TOKEN", kind, "'full', 'hash' or 'empty'")


class _Lifetime:
    """A class attribute that is what a setting is; read for each token."""

    def __init__(self, setting: str) -> None:
        self.setting = setting

    def __get__(self, instance: object, owner: type | None = None) -> timedelta:
        return getattr(api_settings, self.setting)  # type: ignore[no-any-return]


class AccessToken(Token):
    """Proves who sends a request; short-lived."""

    token_type = "access"

    lifetime = _Lifetime("ACCESS_TOKEN_LIFETIME")


class RefreshToken(BlacklistMixin["RefreshToken"], Token):
    """Buys new access tokens; good for nothing else."""

    token_type = "refresh"
    _buys_tokens = True
    access_token_class: ClassVar[type[Token]] = AccessToken

    lifetime = _Lifetime("REFRESH_TOKEN_LIFETIME")

    @classproperty
    def no_copy_claims(cls) -> Sequence[str]:
        """Claims that an access token gets anew instead of from its refresh token.

        A token from elsewhere may have both JTI_CLAIM and "jti": neither is copied.
        """
        return (api_settings.TOKEN_TYPE_CLAIM, "exp", api_settings.JTI_CLAIM, "jti", "iat")

    @property
    def access_token(self) -> Token:
        """A new access token with this token's claims, except `no_copy_claims`.

        Its lifetime counts from this token's `current_time`: a pair is of one time.
        """
        access = self.access_token_class()
        access.set_exp(from_time=self.current_time)
        no_copy = self.no_copy_claims
        for claim, value in self.payload.items():
            if claim not in no_copy:
                access[claim] = value
        return access


class SlidingToken(BlacklistMixin["SlidingToken"], Token):
    """Access and refresh token in one: it can be renewed until `refresh_exp`."""

    token_type = "sliding"

    lifetime = _Lifetime("SLIDING_TOKEN_LIFETIME")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.token is None:
            self.set_exp(
                api_settings.SLIDING_TOKEN_REFRESH_EXP_CLAIM,
                from_time=self.current_time,
                lifetime=api_settings.SLIDING_TOKEN_REFRESH_LIFETIME,
            )


class UntypedToken(Token):
    """Any valid token, whatever it is meant for: it proves nothing about what it may do."""

    token_type = "untyped"
    lifetime = timedelta(seconds=0)

    def verify_token_type(self) -> None:
        """Every type is right."""


def __getattr__(name: str) -> Any:
    """OutstandingToken and BlacklistedToken, which simplejwt's module has among its imports."""
    if name in ("OutstandingToken", "BlacklistedToken"):
        from .token_blacklist import models

        return getattr(models, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
