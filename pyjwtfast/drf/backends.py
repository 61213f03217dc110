"""From claims to tokens and back, with one algorithm and one key."""

from __future__ import annotations

import json
import logging
import math
import warnings
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import cached_property
from threading import Lock
from typing import Any, TypeVar

from django.utils.translation import gettext_lazy as _

import pyjwtfast
from pyjwtfast import Key, Signer, Verifier
from pyjwtfast.exceptions import (
    ExpiredSignatureError,
    InvalidAlgorithmError,
    InvalidKeyError,
    PyJWTError,
)
from pyjwtfast.warnings import InsecureKeyLengthWarning

from .exceptions import TokenBackendError, TokenBackendExpiredToken
from .utils import format_lazy

T = TypeVar("T")

_logger = logging.getLogger(__name__)

# What ALGORITHM may be, and what of it this version can do.
ALLOWED_ALGORITHMS = frozenset(
    {
        *("HS256", "HS384", "HS512"),
        *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
        *("ES256", "ES256K", "ES384", "ES512", "ES521", "EdDSA"),
    }
)
SUPPORTED_ALGORITHMS = frozenset({"HS256", "HS384", "HS512"})


class TokenBackend:
    """Signs and verifies tokens.

    algorithm: one of SUPPORTED_ALGORITHMS; TokenBackendError for any other.
    signing_key: the secret. verifying_key: for algorithms with a public key; HS* ignore it.
    audience, issuer: written as `aud` and `iss` into each token, and required of each token that
    is decoded; None leaves both alone.
    jwk_url: where public keys are published; HS* ignore it.
    leeway: seconds, or a timedelta, by which clocks may differ.
    json_encoder: a json.JSONEncoder class for the claims.
    cache_size: how many verified tokens are remembered. Only their signature, and the claims that
    it covers, are taken from memory: times, audience and issuer are checked anew each time.

    Key and verifier are prepared on first use, and again after an attribute was assigned.
    """

    def __init__(
        self,
        algorithm: str,
        signing_key: str | bytes | None = None,
        verifying_key: str | bytes = "",
        audience: str | Iterable[str] | None = None,
        issuer: str | None = None,
        jwk_url: str | None = None,
        leeway: float | timedelta | None = None,
        json_encoder: type[json.JSONEncoder] | None = None,
        *,
        cache_size: int = 0,
    ) -> None:
        self._validate_algorithm(algorithm)
        self.algorithm = algorithm
        self.signing_key = signing_key
        self.verifying_key = verifying_key
        self.audience = audience
        self.issuer = issuer
        self.jwk_url = jwk_url
        self.leeway = leeway
        self.json_encoder = json_encoder
        self.cache_size = cache_size

    def __setattr__(self, name: str, value: Any) -> None:
        # A new dict: what another thread is preparing now goes into the old one, and is forgotten.
        kept = {key: held for key, held in vars(self).items() if key not in _PREPARED}
        object.__setattr__(self, "__dict__", {**kept, name: value})

    @cached_property
    def prepared_signing_key(self) -> Key | None:
        """The signing key, checked and prepared; None where there is none.

        Raises InvalidKeyError for what cannot be a secret: nothing, a public key, a JWK. Warns
        InsecureKeyLengthWarning of a short one.
        """
        if self.signing_key is None:
            return None
        key = Key.from_secret(self.signing_key)
        short = describe_short_key(self.signing_key, self.algorithm)
        if short is not None:
            warnings.warn(
                f"{self._signing_key_source()} {short}", InsecureKeyLengthWarning, stacklevel=2
            )
        return key

    @cached_property
    def _signer(self) -> Signer:
        return self._prepare(Signer, _key(self.prepared_signing_key), self.algorithm)

    @cached_property
    def _verifier(self) -> Verifier:
        return self._prepare(
            Verifier,
            [_key(self.prepared_signing_key or "")],  # no key: as wrong as an empty one
            [self.algorithm],
            audience=_audience(self.audience),
            issuer=self.issuer,
            leeway=self.get_leeway(),
            options={"verify_aud": self.audience is not None},
            cache_size=self.cache_size,
        )

    def _prepare(self, factory: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """What the factory makes, without its warning of a short key that has been warned of."""
        if (
            self.signing_key is None
            or "prepared_signing_key" not in vars(self)  # it is a subclass's own
            or describe_short_key(self.signing_key, self.algorithm) is None
        ):
            return factory(*args, **kwargs)
        with _FILTERS_LOCK, warnings.catch_warnings():
            warnings.simplefilter("ignore", InsecureKeyLengthWarning)
            return factory(*args, **kwargs)

    def _validate_algorithm(self, algorithm: str) -> None:
        if algorithm not in ALLOWED_ALGORITHMS:
            raise TokenBackendError(format_lazy(_("Unrecognized algorithm type '{}'"), algorithm))
        if algorithm not in SUPPORTED_ALGORITHMS:
            raise TokenBackendError(
                f"This version of pyjwtfast supports {', '.join(sorted(SUPPORTED_ALGORITHMS))}; "
                f"{algorithm} is not among them."
            )

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
        """The key that this token, not verified yet, is to be verified with."""
        return self.prepared_signing_key

    def encode(self, payload: dict[str, Any]) -> str:
        """Sign the claims, with audience and issuer added; payload itself is left as it is.

        Raises TypeError or ValueError for claims that JSON cannot hold.
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
            _key(self.prepared_signing_key),
            algorithm=self.algorithm,
            json_encoder=self.json_encoder,
        )

    def decode(self, token: str | bytes, verify: bool = True) -> dict[str, Any]:
        """The claims of a token.

        With verify, signature, algorithm, times, audience and issuer have been checked; without,
        nothing but the form (and the audience, where one is set).
        Raises TokenBackendExpiredToken when `exp` has passed, else TokenBackendError. A key that
        cannot be used makes every token invalid, and is logged as an error each time.
        """
        try:
            if verify and not self._decides_per_token():
                return self._verifier.verify(token)
            return pyjwtfast.decode(
                token,
                self.get_verifying_key(token) or "",
                algorithms=[self.algorithm],
                audience=_audience(self.audience),
                issuer=self.issuer,
                leeway=self.get_leeway(),
                options={"verify_aud": self.audience is not None, "verify_signature": verify},
            )
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

    def _chooses_key(self) -> bool:
        """Whether a hook, in a subclass or assigned, chooses the key for each token."""
        return (
            type(self).get_verifying_key is not _GET_VERIFYING_KEY
            or "get_verifying_key" in self.__dict__
        )

    def _decides_per_token(self) -> bool:
        """Whether hooks choose key or leeway for each token."""
        own = type(self)
        return (
            own.get_verifying_key is not _GET_VERIFYING_KEY
            or own.get_leeway is not _GET_LEEWAY
            or not _HOOKS.isdisjoint(self.__dict__)
        )

    def _key_source(self) -> str:
        """Where the verifying key comes from, for whoever has to correct it."""
        if not self._chooses_key():
            return self._signing_key_source()
        return f"The key that {type(self).__qualname__}.get_verifying_key() returned"

    def _signing_key_source(self) -> str:
        """Where the signing key comes from, likewise."""
        return "The setting SIGNING_KEY (where it is not set, SECRET_KEY)"


# What a TokenBackend prepares of its attributes, and forgets when one is assigned.
_PREPARED = frozenset({"prepared_signing_key", "_signer", "_verifier"})

# The methods as they are here: other ones are hooks, which decode() has to ask.
_GET_VERIFYING_KEY = TokenBackend.get_verifying_key
_GET_LEEWAY = TokenBackend.get_leeway
_HOOKS = frozenset({"get_verifying_key", "get_leeway"})


# Filters of warnings belong to the whole process: one thread at a time puts them aside.
_FILTERS_LOCK = Lock()


def describe_short_key(secret: str | bytes, algorithm: str) -> str | None:
    """How a secret falls short of what an HS* algorithm asks for; None if it does not."""
    if algorithm not in SUPPORTED_ALGORITHMS:
        return None
    length = len(secret.encode() if isinstance(secret, str) else secret)
    minimum = int(algorithm[2:]) // 8
    if length >= minimum:
        return None
    return f"has {length} bytes; {algorithm} wants at least {minimum} (RFC 7518 section 3.2)."


def _key(key: Any) -> Key:
    """A prepared key as it is, anything else as a secret; TypeError where there is none."""
    return key if isinstance(key, Key) else Key.from_secret(key)


def _audience(audience: str | Iterable[str] | None) -> str | list[str] | None:
    return audience if audience is None or isinstance(audience, str) else list(audience)
