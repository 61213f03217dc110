"""From claims to tokens and back, with one algorithm: one key signs, one or several verify."""

from __future__ import annotations

import json
import logging
import math
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import cached_property, partial
from threading import Lock
from typing import Any, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

from django.core.cache import InvalidCacheBackendError, caches
from django.core.exceptions import ImproperlyConfigured

import pyjwtfast
from pyjwtfast import Key, PyJWK, Signer, Verifier
from pyjwtfast.algorithms import get_default_algorithms
from pyjwtfast.exceptions import (
    ExpiredSignatureError,
    InvalidAlgorithmError,
    InvalidKeyError,
    InvalidSignatureError,
    PyJWKClientError,
    PyJWTError,
)
from pyjwtfast.jwks_client import PyJWKClient, UnknownKeyError
from pyjwtfast.utils import is_ssh_key
from pyjwtfast.warnings import InsecureKeyLengthWarning

from .exceptions import KeysUnavailable, TokenBackendError, TokenBackendExpiredToken
from .translation import gettext_lazy as _
from .utils import format_lazy

T = TypeVar("T")

_logger = logging.getLogger(__name__)

# What ALGORITHM may be: simplejwt's, and the two of RFC 9864.
ALLOWED_ALGORITHMS = frozenset(get_default_algorithms()) - {"none"}

# How many SIGNING_KEY_FALLBACKS there may be: a forged token is tried with each key, and a Verifier
# tries 16 of them.
MAX_FALLBACKS = 15

# For how many keys of a JWK set verified tokens are remembered.
_MAX_CACHES = 16

# What a key may be given as: text (a secret; PEM, a certificate, OpenSSH's line), DER,
# or an object.
AnyKey: TypeAlias = str | bytes | Key | PyJWK


class TokenBackend:
    """Signs and verifies tokens.

    algorithm: one of ALLOWED_ALGORITHMS; TokenBackendError for any other.
    signing_key: the secret, or the private key (PEM); None where tokens are only verified.
    verifying_key: the public key (PEM, a certificate, OpenSSH's line); "" where tokens are only
    signed. HS* ignore it.
    audience, issuer: written as `aud` and `iss` into each token, and required of each token that
    is decoded; None leaves both alone.
    jwk_url: where the public keys are published as a JWK set (RFC 7517), in the place of
    verifying_key; HS* ignore it.
    leeway: seconds, or a timedelta, by which clocks may differ.
    json_encoder: a json.JSONEncoder class for the claims.
    cache_size: how many verified tokens are remembered. Only their signature, and the claims that
    it covers, are taken from memory: times, audience and issuer are checked anew each time.
    signing_key_fallbacks: former keys, whose tokens are still valid: secrets, or public keys for
    algorithms that have them. TypeError for what is no list or tuple, ValueError for more than
    MAX_FALLBACKS. They stand beside signing_key or verifying_key, not beside a jwk_url.
    jwk_client_options: further arguments of the PyJWKClient; a str for `cache` names one of
    Django's CACHES.

    A key may also be a Key or a PyJWK. Keys and verifier are prepared on first use, and again
    after an attribute was assigned.
    """

    def __init__(
        self,
        algorithm: str,
        signing_key: AnyKey | None = None,
        verifying_key: AnyKey | None = "",
        audience: str | Iterable[str] | None = None,
        issuer: str | None = None,
        jwk_url: str | None = None,
        leeway: float | timedelta | None = None,
        json_encoder: type[json.JSONEncoder] | None = None,
        *,
        cache_size: int = 0,
        signing_key_fallbacks: Sequence[AnyKey] = (),
        jwk_client_options: Mapping[str, Any] | None = None,
    ) -> None:
        self._validate_algorithm(algorithm)
        validate_fallbacks(signing_key_fallbacks)
        self.algorithm = algorithm
        self.signing_key = signing_key
        self.verifying_key = verifying_key
        self.audience = audience
        self.issuer = issuer
        self.jwk_url = jwk_url
        self.leeway = leeway
        self.json_encoder = json_encoder
        self.cache_size = cache_size
        self.signing_key_fallbacks = signing_key_fallbacks
        self.jwk_client_options = jwk_client_options

    def __setattr__(self, name: str, value: Any) -> None:
        # A new dict: what another thread is preparing now goes into the old one, and is forgotten.
        forgotten = _PREPARED | {"jwks_client"} if name in _OF_CLIENT else _PREPARED
        kept = {key: held for key, held in vars(self).items() if key not in forgotten}
        object.__setattr__(self, "__dict__", {**kept, name: value})

    @cached_property
    def prepared_signing_key(self) -> Key | None:
        """The signing key, checked and prepared; None where there is none.

        Raises InvalidKeyError for what is no key of the algorithm. Warns InsecureKeyLengthWarning
        of a short one.
        """
        if self.signing_key is None:
            return None
        return self._prepare_key("SIGNING_KEY", self.signing_key)

    @cached_property
    def prepared_verifying_key(self) -> Key | None:
        """The public key, likewise; of a private one its public half."""
        if self.verifying_key is None or self.verifying_key in ("", b""):
            return None
        key = self._prepare_key("VERIFYING_KEY", self.verifying_key)
        return key.public() if key.is_private and key.kty != "oct" else key

    @cached_property
    def jwks_client(self) -> PyJWKClient | None:
        """What fetches and keeps the keys at jwk_url; None where there is none.

        Raises ImproperlyConfigured for arguments that it does not take.
        """
        if not self.jwk_url:
            return None
        try:
            return make_jwks_client(self.jwk_url, self.jwk_client_options)
        except (PyJWKClientError, InvalidCacheBackendError, TypeError, ValueError) as error:
            source = f"{self._source('JWK_URL')}, or its JWK_CLIENT_OPTIONS,"
            raise ImproperlyConfigured(f"{source} cannot be used: {error}") from error

    @cached_property
    def _short_keys(self) -> set[Key]:
        """Short keys of which there has been a warning, by the setting's name."""
        return set()

    @cached_property
    def _fallback_keys(self) -> tuple[Key, ...]:
        """The former keys that can be used; an error is logged of each that cannot."""
        validate_fallbacks(self.signing_key_fallbacks)
        keys = []
        for number, given in enumerate(self.signing_key_fallbacks):
            name = f"{self._source('SIGNING_KEY_FALLBACKS')}[{number}]"
            try:
                key = prepare_key(given, self.algorithm)
                self._warn_if_short(name, key)
                self._prepare(Verifier, [key], [self.algorithm])  # it may not be for verifying
            except (InvalidKeyError, TypeError) as error:
                _logger.error("%s cannot be used to verify tokens: %s", name, error)
            else:
                keys.append(key)
        return tuple(keys)

    @cached_property
    def _signer(self) -> Signer:
        return self._prepare(Signer, self._key_to_sign(), self.algorithm)

    @cached_property
    def _verifier(self) -> Verifier | _JWKSVerifier:
        make = partial(
            self._prepare,
            Verifier,
            algorithms=[self.algorithm],
            audience=_audience(self.audience),
            issuer=self.issuer,
            leeway=self.get_leeway(),
            options={"verify_aud": self.audience is not None},
        )
        if not self._is_symmetric() and self.jwks_client is not None:
            return _JWKSVerifier(self.jwks_client, self.algorithm, make, self.cache_size)
        return make([self._key_to_verify(), *self._fallback_keys], cache_size=self.cache_size)

    def _key_to_sign(self) -> Key:
        """The key that signs.

        Where none can: InvalidKeyError, or TypeError for a secret that is no text, with the
        setting's name.
        """
        source = self._source("SIGNING_KEY")
        if self._is_symmetric():
            try:
                return prepare_key(self.prepared_signing_key, self.algorithm)
            except (InvalidKeyError, TypeError) as error:
                raise type(error)(f"{source} cannot be used: {error}") from error
        if self.prepared_signing_key is None:
            raise InvalidKeyError(f"{source} is None: tokens can be verified, but not signed.")
        key = prepare_key(self.prepared_signing_key, self.algorithm)  # it may be a subclass's own
        if not key.is_private:
            raise InvalidKeyError(f"{source} is a public key; the private one signs.")
        return key

    def _key_to_verify(self) -> Key:
        """The present key for verifying, without the former ones; InvalidKeyError for none."""
        if self._is_symmetric():
            if self.prepared_signing_key is None:
                raise InvalidKeyError(f"{self.algorithm} needs a secret, not None.")
            return _key(self.prepared_signing_key)
        if self.prepared_verifying_key is None:
            raise InvalidKeyError("it is not set: tokens can be signed, but not verified.")
        return prepare_key(self.prepared_verifying_key, self.algorithm)

    def _prepare_key(self, name: str, given: AnyKey) -> Key:
        try:
            key = prepare_key(given, self.algorithm)
        except InvalidKeyError as error:
            if self._is_symmetric() or name == "VERIFYING_KEY":
                raise  # decode() adds the name
            raise InvalidKeyError(f"{self._source(name)} cannot be used: {error}") from error
        self._warn_if_short(self._source(name), key)
        return key

    def _warn_if_short(self, source: str, key: Key) -> None:
        short = describe_short_key(key, self.algorithm)
        if short is not None:
            warnings.warn(f"{source} {short}", InsecureKeyLengthWarning, stacklevel=4)
            self._short_keys.add(key)

    def _prepare(self, factory: Callable[..., T], keys: Any, *args: Any, **kwargs: Any) -> T:
        """What the factory makes, without its warning of a short key that has been warned of."""
        if self._short_keys.isdisjoint(keys if isinstance(keys, list) else (keys,)):
            return factory(keys, *args, **kwargs)
        with _FILTERS_LOCK, warnings.catch_warnings():
            warnings.simplefilter("ignore", InsecureKeyLengthWarning)
            return factory(keys, *args, **kwargs)

    def _is_symmetric(self) -> bool:
        return is_symmetric(self.algorithm)

    def _validate_algorithm(self, algorithm: str) -> None:
        if algorithm not in ALLOWED_ALGORITHMS:
            raise TokenBackendError(format_lazy(_("Unrecognized algorithm type '{}'"), algorithm))

    def get_leeway(self) -> timedelta:
        """The leeway as a timedelta.

        Raises TokenBackendError for a wrong type, ValueError for what is negative or not finite.
        """
        leeway = self.leeway
        if leeway is None:
            return timedelta(0)
        if isinstance(leeway, (int, float)):
            if not math.isfinite(leeway):
                raise ValueError(f"'leeway' must be finite, not {leeway!r}.")
            leeway = timedelta(seconds=leeway)
        elif not isinstance(leeway, timedelta):
            raise TokenBackendError(
                format_lazy(
                    _("Unrecognized type '{}', 'leeway' must be of type int, float or timedelta."),
                    type(leeway),
                )
            )
        if leeway < timedelta(0):
            raise ValueError(f"'leeway' must not be negative, but is {leeway!r}.")
        return leeway

    def get_verifying_key(self, token: str | bytes) -> Any:
        """The key that this token, not verified yet, is to be verified with.

        A JWK set is asked by the token's `kid`. Former keys are not considered here.
        Raises PyJWTError for a token that names no key of the set, KeysUnavailable when the set
        cannot be had.
        """
        if self._is_symmetric():
            return self.prepared_signing_key
        if self.jwks_client is not None:
            return find_jwk(self.jwks_client, token).key
        return self.prepared_verifying_key

    def encode(self, payload: dict[str, Any]) -> str:
        """Sign the claims, with audience and issuer added; payload itself is left as it is.

        Raises TypeError or ValueError for claims that JSON cannot hold, InvalidKeyError where
        there is no key to sign with.
        """
        claims = payload.copy()
        if self.audience is not None:
            claims["aud"] = self.audience
        if self.issuer is not None:
            claims["iss"] = self.issuer
        if self.json_encoder is None:
            return self._signer.sign(claims)
        return pyjwtfast.encode(
            claims,
            self._key_to_sign(),
            algorithm=self.algorithm,
            json_encoder=self.json_encoder,
        )

    def decode(self, token: str | bytes, verify: bool = True) -> dict[str, Any]:
        """The claims of a token.

        With verify, signature, algorithm, times, audience and issuer have been checked; without,
        nothing but the form (and the audience, where one is set).
        Raises TokenBackendExpiredToken when `exp` has passed, else TokenBackendError. A key that
        cannot be used makes every token invalid, and is logged as an error each time. Where the
        JWK set cannot be had: KeysUnavailable, which a view answers with 503.
        """
        try:
            if verify and not self.decides_per_token():
                return self._verifier.verify(token)
            return self._decode_by_hooks(token, verify)
        except InvalidAlgorithmError as error:
            raise TokenBackendError(_("Invalid algorithm specified")) from error
        except ExpiredSignatureError as error:
            raise TokenBackendExpiredToken(_("Token is expired")) from error
        except InvalidKeyError as error:
            # Whoever sent the token is told nothing of it; whoever runs the project is.
            _logger.error("%s cannot be used to verify tokens: %s", self._key_source(), error)
            raise TokenBackendError(_("Token is invalid")) from error
        except PyJWTError as error:
            raise TokenBackendError(_("Token is invalid")) from error

    def _decode_by_hooks(self, token: str | bytes, verify: bool) -> dict[str, Any]:
        """The claims of a token for which hooks choose key or leeway, or that is not verified."""
        decode = partial(
            pyjwtfast.decode,
            token,
            algorithms=[self.algorithm],
            audience=_audience(self.audience),
            issuer=self.issuer,
            leeway=self.get_leeway(),
            options={"verify_aud": self.audience is not None, "verify_signature": verify},
        )
        if not verify and not self._chooses_key():
            return decode("")
        key = self.get_verifying_key(token) or ""
        try:
            return decode(key)
        except InvalidSignatureError:
            if not verify or self._chooses_key() or self._asks_jwks():
                raise
            for former in self._fallback_keys:
                with suppress(InvalidSignatureError):
                    return decode(former)
            raise

    def _asks_jwks(self) -> bool:
        return not self._is_symmetric() and self.jwks_client is not None

    def _chooses_key(self) -> bool:
        """Whether a hook, in a subclass or assigned, chooses the key for each token."""
        return (
            type(self).get_verifying_key is not _GET_VERIFYING_KEY
            or "get_verifying_key" in self.__dict__
        )

    def decides_per_token(self) -> bool:
        """Whether hooks choose key or leeway for each token."""
        own, attributes = type(self), self.__dict__
        return (
            own.get_verifying_key is not _GET_VERIFYING_KEY
            or own.get_leeway is not _GET_LEEWAY
            or "get_verifying_key" in attributes
            or "get_leeway" in attributes
        )

    def _key_source(self) -> str:
        """Where the verifying key comes from, for whoever has to correct it."""
        if not self._chooses_key():
            if self._is_symmetric():
                return self._source("SIGNING_KEY")
            return self._source("JWK_URL" if self._asks_jwks() else "VERIFYING_KEY")
        return f"The key that {type(self).__qualname__}.get_verifying_key() returned"

    def _source(self, name: str) -> str:
        """What messages call the setting behind an argument, for whoever has to correct it."""
        return f"The setting {name}" + (
            " (where it is not set, SECRET_KEY)" if name == "SIGNING_KEY" else ""
        )


class _JWKSVerifier:
    """Verifies each token with the key of a JWK set that it names.

    Each key has a Verifier of its own, with its own memory of verified tokens. Both live as long
    as the client keeps the key: a token is not remembered longer than its key is published.
    """

    def __init__(
        self,
        client: PyJWKClient,
        algorithm: str,
        make: Callable[..., Verifier],
        cache_size: int,
    ) -> None:
        self._client = client
        self._algorithm = algorithm
        self._make = make
        self._cache_size = cache_size
        self._verifiers: WeakKeyDictionary[PyJWK, Verifier | None] = WeakKeyDictionary()

    def verify(self, token: str | bytes) -> dict[str, Any]:
        """The claims of a token; as Verifier.verify, and as find_jwk raises."""
        jwk = find_jwk(self._client, token)
        try:
            verifier = self._verifiers[jwk]
        except KeyError:
            verifier = self._verifiers[jwk] = self._verifier_of(jwk)
        if verifier is None:  # as wrong as a key that is not in the set
            raise InvalidSignatureError(f"The key is none for {self._algorithm}")
        return verifier.verify(token)

    def _verifier_of(self, jwk: PyJWK) -> Verifier | None:
        """The Verifier of a key; None, and a warning in the log, where it is of another algorithm.

        Sets have such keys beside the right ones, and anybody can name them.
        """
        cache_size = self._cache_size if len(self._verifiers) < _MAX_CACHES else 0
        try:
            return self._make([prepare_key(jwk.key, self._algorithm)], cache_size=cache_size)
        except InvalidKeyError as error:
            _logger.warning("A key of %s verifies no tokens: %s", self._client, error)
            return None


# What a TokenBackend prepares of its attributes, and forgets when one is assigned.
_PREPARED = frozenset(
    {
        "prepared_signing_key",
        "prepared_verifying_key",
        "_short_keys",
        "_fallback_keys",
        "_signer",
        "_verifier",
    }
)

# The attributes that jwks_client is made of. Others may change, and it keeps its keys.
_OF_CLIENT = frozenset({"jwk_url", "jwk_client_options"})

# The methods as they are here: other ones are hooks, which decode() has to ask.
_GET_VERIFYING_KEY = TokenBackend.get_verifying_key
_GET_LEEWAY = TokenBackend.get_leeway


# Filters of warnings belong to the whole process: one thread at a time puts them aside.
_FILTERS_LOCK = Lock()


def is_symmetric(algorithm: str) -> bool:
    """Whether the same key signs and verifies."""
    return algorithm.startswith("HS")


def prepare_key(given: Any, algorithm: str) -> Key:
    """A key for an algorithm, out of what a setting holds.

    Raises InvalidKeyError for what is none, TypeError for a secret that is no text.
    """
    key = given.key if isinstance(given, PyJWK) else given
    if is_symmetric(algorithm):
        if not isinstance(key, Key):
            try:
                return Key.from_secret(key)
            except TypeError:
                what = "None" if key is None else f"an object of type {type(key).__name__}"
                raise TypeError(f"{algorithm} needs a secret, not {what}.") from None
        if key.kty != "oct":
            raise InvalidKeyError(f"{algorithm} needs a secret, not {_describe(key)}.")
        return key
    if isinstance(key, (str, bytes)):
        _expect_key_text(key, algorithm)
    try:
        prepared = get_default_algorithms()[algorithm].prepare_key(key)
    except TypeError:
        what = type(key).__name__
        raise InvalidKeyError(f"{algorithm} needs a key, not an object of type {what}.") from None
    assert isinstance(prepared, Key), "every asymmetric algorithm gives one"
    if prepared.algorithm not in (None, algorithm):
        raise InvalidKeyError(f"it is a key for {prepared.algorithm}, not for {algorithm}.")
    return prepared


def _expect_key_text(text: str | bytes, algorithm: str) -> None:
    """InvalidKeyError, with the usual reasons, for what is not even like a key."""
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    if b"-----BEGIN" in data:
        if b"\\n" in data:
            raise InvalidKeyError(
                "its PEM has a backslash and an n in the place of each end of line, as environment "
                r"variables often have: call .replace('\\n', '\n') on it."
            )
    elif not is_ssh_key(data) and not data.startswith(b"\x30"):
        raise InvalidKeyError(
            f"{algorithm} needs the text of a key (PEM, say), not a secret or a file's name."
        )


def describe_short_key(key: Key, algorithm: str) -> str | None:
    """How a prepared key falls short of what the algorithm asks for; None if it does not."""
    if is_symmetric(algorithm):
        minimum, length = int(algorithm[2:]) // 8, key.bits // 8
        unit, section = "bytes", "2"
    elif key.kty == "RSA":
        minimum, length = 2048, key.bits
        unit, section = "bits", "3" if algorithm.startswith("RS") else "5"
    else:
        return None
    if length >= minimum:
        return None
    wanted = f"{algorithm} wants at least {minimum} (RFC 7518 section 3.{section})."
    return f"has {length} {unit}; {wanted}"


def validate_fallbacks(fallbacks: object) -> None:
    """TypeError for what is no list of keys, ValueError for a list that is too long."""
    if not isinstance(fallbacks, (list, tuple)):
        # Of a str each character would be a key.
        raise TypeError(f"Former keys must be in a list, not a {type(fallbacks).__name__}.")
    if len(fallbacks) > MAX_FALLBACKS:
        raise ValueError(f"{len(fallbacks)} former keys are too many: at most {MAX_FALLBACKS}.")


def make_jwks_client(url: str, options: Mapping[str, Any] | None) -> PyJWKClient:
    """The client for a JWK_URL. Raises PyJWKClientError, TypeError or ValueError for arguments
    that it does not take.
    """
    arguments = dict(options or {})
    if isinstance(arguments.get("cache"), str):
        arguments["cache"] = caches[arguments["cache"]]
    return PyJWKClient(url, **arguments)


def find_jwk(client: PyJWKClient, token: str | bytes) -> PyJWK:
    """The key of a JWK set that a token, not verified yet, names.

    Raises PyJWTError for what names none, KeysUnavailable when the set cannot be had: then nobody
    knows whether the token is valid.
    """
    try:
        return client.get_signing_key_from_jwt(token)
    except UnknownKeyError:
        raise
    except PyJWKClientError as error:
        _logger.error("Tokens cannot be verified: %s", error)
        raise KeysUnavailable(wait=client.cooldown_duration) from error


def _key(key: Any) -> Key:
    """A prepared key as it is, anything else as a secret; TypeError where there is none."""
    return key if isinstance(key, Key) else Key.from_secret(key)


def _describe(key: Key) -> str:
    return f"a key of type {key.kty}"


def _audience(audience: str | Iterable[str] | None) -> str | list[str] | None:
    return audience if audience is None or isinstance(audience, str) else list(audience)
