"""JSON Web Keys and sets of them (RFC 7517) with PyJWT's classes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ._core import Key
from .algorithms import get_default_algorithms
from .exceptions import InvalidKeyError, PyJWKError, PyJWKSetError, PyJWTError

if TYPE_CHECKING:
    from .types import JWKDict

# The algorithm of a JWK that names none, by its type, or by its type and curve.
_ALGORITHM_OF_TYPE = {"RSA": "RS256", "oct": "HS256"}
_ALGORITHM_OF_CURVE = {
    "EC": {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "secp256k1": "ES256K"},
    "OKP": {"Ed25519": "EdDSA"},
}


class PyJWK:
    """One JSON Web Key, bound to one algorithm.

    jwk_data: the JWK, parsed. algorithm: its name; without it the JWK's ``alg`` counts, and without
    that what goes with ``kty`` and ``crv``.

    algorithm_name: that name. Algorithm: the Algorithm. key: the Key, which is bound to a stated
    algorithm, but not to one that was guessed from ``kty``.

    Raises InvalidKeyError for a JWK that is unusable, PyJWKError for an algorithm that is unknown.
    """

    def __init__(self, jwk_data: JWKDict, algorithm: str | None = None) -> None:
        if not isinstance(jwk_data, dict):
            raise InvalidKeyError("Key is not valid JSON")
        self._jwk_data = jwk_data
        if not jwk_data.get("kty"):
            raise InvalidKeyError("kty is not found")
        stated = algorithm or jwk_data.get("alg") or None
        self.algorithm_name: str = stated or _guess_algorithm(jwk_data)
        known = get_default_algorithms()
        if (
            not isinstance(self.algorithm_name, str)
            or self.algorithm_name not in known
            or self.algorithm_name == "none"
        ):
            raise PyJWKError("Unable to find an algorithm for key")
        self.Algorithm = known[self.algorithm_name]
        # Some issuers write null for what they have not.
        members = {name: value for name, value in jwk_data.items() if value is not None}
        self.key: Key = Key.from_jwk(members, algorithm=stated)

    @staticmethod
    def from_dict(obj: JWKDict, algorithm: str | None = None) -> PyJWK:
        """The same as the constructor."""
        return PyJWK(obj, algorithm)

    @staticmethod
    def from_json(data: str | bytes, algorithm: str | None = None) -> PyJWK:
        """From JSON text; InvalidKeyError for what is none."""
        return PyJWK(_parse(data, InvalidKeyError("Key is not valid JSON")), algorithm)

    @property
    def key_type(self) -> str | None:
        """The JWK's ``kty`` (RFC 7517 section 4.1)."""
        return self._jwk_data.get("kty")

    @property
    def key_id(self) -> str | None:
        """The JWK's ``kid`` (section 4.5)."""
        return self._jwk_data.get("kid")

    @property
    def public_key_use(self) -> str | None:
        """The JWK's ``use`` (section 4.2)."""
        return self._jwk_data.get("use")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.algorithm_name}, {self.key!r}>"


class PyJWKSet:
    """A set of JSON Web Keys (RFC 7517 section 5), to be iterated, or asked for a key by its id.

    keys: the members, parsed. strict: refuse a set with a member that is unusable, where otherwise
    that is skipped; with an id twice, or with symmetric and asymmetric keys mixed; and with keys
    that are shorter than RFC 7518 wants or come from a generator known to be broken.

    Raises PyJWKSetError for a refused set, and for one without any usable key.
    """

    def __init__(self, keys: list[JWKDict], *, strict: bool = False) -> None:
        if not keys:
            raise PyJWKSetError("The JWK Set did not contain any keys")
        if not isinstance(keys, list):
            raise PyJWKSetError("Invalid JWK Set value")
        from . import _jwks

        self.keys: list[PyJWK] = []
        work = _jwks.PrivateWork()
        for key in keys:
            try:
                work.spend(key)
                self.keys.append(PyJWK(key))
            except PyJWTError as error:
                if strict:
                    raise PyJWKSetError(f"The JWK Set has an unusable key: {error}") from error
        if not self.keys:
            raise PyJWKSetError("The JWK Set did not contain any usable keys.")
        if strict:
            try:
                _jwks.check_strict(keys)
            except InvalidKeyError as error:
                raise PyJWKSetError(str(error)) from error

    @staticmethod
    def from_dict(obj: dict[str, Any], *, strict: bool = False) -> PyJWKSet:
        """From a parsed JWK set, an object with a member ``keys``."""
        if not isinstance(obj, dict):
            raise PyJWKSetError("Invalid JWK Set value")
        return PyJWKSet(obj.get("keys", []), strict=strict)

    @staticmethod
    def from_json(data: str | bytes, *, strict: bool = False) -> PyJWKSet:
        """From JSON text; PyJWKSetError for what is none."""
        parsed = _parse(data, PyJWKSetError("The JWK Set is not valid JSON"))
        return PyJWKSet.from_dict(parsed, strict=strict)

    def __getitem__(self, kid: str) -> PyJWK:
        """The first key with this id; KeyError without one."""
        for key in self.keys:
            if key.key_id == kid:
                return key
        raise KeyError(f"keyset has no key for kid: {kid}")

    def __iter__(self) -> Iterator[PyJWK]:
        return iter(self.keys)


class PyJWTSetWithTimestamp:
    """A set, and when it was made on the clock of time.monotonic(), in seconds."""

    def __init__(self, jwk_set: PyJWKSet) -> None:
        from time import monotonic

        self.jwk_set = jwk_set
        self.timestamp = monotonic()

    def get_jwk_set(self) -> PyJWKSet:
        return self.jwk_set

    def get_timestamp(self) -> float:
        return self.timestamp


def _guess_algorithm(jwk: JWKDict) -> str:
    """The algorithm of a JWK that states none, as PyJWT guesses it."""
    kty, crv = jwk["kty"], jwk.get("crv")
    if not isinstance(kty, str) or kty not in (*_ALGORITHM_OF_TYPE, *_ALGORITHM_OF_CURVE):
        raise InvalidKeyError(f"Unsupported kty: {_shown(kty)}")
    if kty in _ALGORITHM_OF_TYPE:
        return _ALGORITHM_OF_TYPE[kty]
    if not crv:
        raise InvalidKeyError("crv is not found")
    curves = _ALGORITHM_OF_CURVE[kty]
    if not isinstance(crv, str) or crv not in curves:
        raise InvalidKeyError(f"Unsupported crv: {_shown(crv)}")
    return curves[crv]


def _shown(value: Any) -> str:
    """A member's value for a message: a name, and nothing that may be a key by mistake."""
    if isinstance(value, str) and len(value) <= 20:
        return value
    return f"a {type(value).__name__}"


def _parse(data: str | bytes, error: PyJWTError) -> Any:
    import json

    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        pass  # it holds the text, and with it the key: not even as a context of ours
    raise error
