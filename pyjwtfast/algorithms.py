"""Algorithms as objects (RFC 7518 section 3, RFC 8037, RFC 8812, RFC 9864), with PyJWT's classes.

The built-in ones are names for what the compiled core does. A subclass, or an Algorithm of one's
own, is put in by register_algorithm() and then called for its name. Where PyJWT's classes hold keys
of the library cryptography, these hold a Key; given such keys, they take them too.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NoReturn, overload

from . import _core
from ._core import Key
from .exceptions import InvalidKeyError
from .utils import (
    base64url_decode,
    base64url_encode,
    cryptography_der,
    force_bytes,
    is_ssh_key,
)

if TYPE_CHECKING:
    from typing import TypeAlias

    from cryptography.hazmat.primitives.asymmetric.ec import (
        EllipticCurve,
        EllipticCurvePrivateKey,
        EllipticCurvePublicKey,
    )
    from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey, Ed448PublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

    from .types import JWKDict

    # What the algorithms take as keys besides text: a Key, and the library cryptography's own.
    AllowedRSAKeys: TypeAlias = Key | RSAPrivateKey | RSAPublicKey
    AllowedECKeys: TypeAlias = Key | EllipticCurvePrivateKey | EllipticCurvePublicKey
    AllowedOKPKeys: TypeAlias = (
        Key | Ed25519PrivateKey | Ed25519PublicKey | Ed448PrivateKey | Ed448PublicKey
    )
    AllowedKeys: TypeAlias = AllowedRSAKeys | AllowedECKeys | AllowedOKPKeys
    AllowedPrivateKeys: TypeAlias = (
        Key | RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey | Ed448PrivateKey
    )
    AllowedPublicKeys: TypeAlias = (
        Key | RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey | Ed448PublicKey
    )

has_crypto = True  # whether asymmetric algorithms are there: always, without any other library

# The algorithms that PyJWT needs the library cryptography for. Nothing here does.
requires_cryptography = {
    "ES256",
    "ES256K",
    "ES384",
    "ES512",
    "ES521",
    "EdDSA",
    "PS256",
    "PS384",
    "PS512",
    "RS256",
    "RS384",
    "RS512",
}

_KEY_TYPES = {
    "RSA": ("RSAPrivateKey", "RSAPublicKey"),
    "EC": ("EllipticCurvePrivateKey", "EllipticCurvePublicKey"),
    "OKP": ("Ed25519PrivateKey", "Ed25519PublicKey", "Ed448PrivateKey", "Ed448PublicKey"),
}
_ALIASES = {
    "AllowedRSAKeys": _KEY_TYPES["RSA"],
    "AllowedECKeys": _KEY_TYPES["EC"],
    "AllowedOKPKeys": _KEY_TYPES["OKP"],
    "AllowedKeys": (*_KEY_TYPES["RSA"], *_KEY_TYPES["EC"], *_KEY_TYPES["OKP"]),
    "AllowedPrivateKeys": tuple(
        names[i] for names in _KEY_TYPES.values() for i in range(0, len(names), 2)
    ),
    "AllowedPublicKeys": tuple(
        names[i] for names in _KEY_TYPES.values() for i in range(1, len(names), 2)
    ),
}


class _Digest:
    """A hash function as PyJWT's classes name it; hashlib is imported when it is called."""

    def __init__(self, name: str, digest_size: int) -> None:
        self.name = name
        self.digest_size = digest_size

    def __call__(self, data: bytes = b"") -> Any:
        import hashlib

        return hashlib.new(self.name, data)

    def __repr__(self) -> str:
        return f"<{self.name}>"


_SHA256 = _Digest("sha256", 32)
_SHA384 = _Digest("sha384", 48)
_SHA512 = _Digest("sha512", 64)


def _digest_name(hash_alg: Any) -> str | None:
    """The name of a hash function: ours, hashlib's, or a class or object of cryptography's."""
    name = getattr(hash_alg, "name", None)
    if name is None and callable(hash_alg):
        name = getattr(hash_alg(), "name", None)
    return name.lower().replace("-", "_") if isinstance(name, str) else None


def _curve_name(curve: Any) -> str | None:
    """A curve's name as JWKs have it, from that, from OpenSSL's or from cryptography's class."""
    if curve is None:
        return None
    name = getattr(curve, "name", curve)
    known = {
        "secp256r1": "P-256",
        "prime256v1": "P-256",
        "secp384r1": "P-384",
        "secp521r1": "P-521",
    }
    return known.get(name, name) if isinstance(name, str) else repr(name)


def _long_curve_name(crv: str | None) -> str:
    """The name that PyJWT's messages call it by (SEC 2)."""
    names = {"P-256": "secp256r1", "P-384": "secp384r1", "P-521": "secp521r1"}
    return names.get(crv or "", crv or "none")


def _load_text(text: str | bytes) -> Key:
    """A key from PEM, OpenSSH's line format, or DER."""
    data: bytes | None
    try:
        data = force_bytes(text)
    except UnicodeEncodeError:
        data = None  # the exception holds the text, and would be the context of ours
    if data is None:
        raise InvalidKeyError("The key is a str that can't be encoded as UTF-8")
    if is_ssh_key(data):
        return Key.from_ssh(data)
    if b"-----BEGIN" in data:
        return Key.from_pem(data)
    if data.startswith(b"\x30"):
        return Key.from_der(data)
    raise InvalidKeyError("Could not parse the provided public key.")


def _as_key(key: object) -> Key | None:
    """A Key as it is, or from one of cryptography's; None for anything else."""
    if isinstance(key, Key):
        return key
    der = cryptography_der(key)
    return None if der is None else Key.from_der(der)


def _write(jwk: JWKDict, as_dict: bool) -> JWKDict | str:
    if as_dict:
        return jwk
    import json

    return json.dumps(jwk)


class Algorithm(ABC):
    """What signs and verifies for one name of an algorithm. Subclass it for one of your own."""

    _kty: ClassVar[str | None] = None  # of the keys it takes; None: not of a Key

    def compute_hash_digest(self, bytestr: bytes) -> bytes:
        """The digest of bytes by the algorithm's hash function, say for ``at_hash`` (OpenID Connect
        Core section 3.1.3.6). NotImplementedError for an algorithm without one.
        """
        hash_alg = getattr(self, "hash_alg", None)
        if hash_alg is None:
            raise NotImplementedError
        name = _digest_name(hash_alg)
        if isinstance(hash_alg, type) and name is not None:  # cryptography's: not to be called
            import hashlib

            return hashlib.new(name, bytestr).digest()
        return bytes(hash_alg(bytestr).digest())

    def check_crypto_key_type(self, key: Any) -> None:
        """Raise InvalidKeyError unless key is a Key (or one of cryptography's) of the algorithm's
        kind; ValueError where the algorithm has no such kind.
        """
        if self._kty is None:
            raise ValueError("Only algorithms with asymmetric keys check the type of a key.")
        loaded = _as_key(key)
        if loaded is None or loaded.kty != self._kty:
            got = type(key).__name__ if loaded is None else f"a Key of type {loaded.kty}"
            raise InvalidKeyError(
                f"Expected one of {', '.join(_KEY_TYPES[self._kty])}, got: {got}. "
                f"Invalid Key type for {type(self).__name__}"
            )

    @abstractmethod
    def prepare_key(self, key: Any) -> Any:
        """What sign() and verify() are to get for the key that a caller gave.

        Raises InvalidKeyError for a key that is not for this algorithm, TypeError for what is none.
        """

    @abstractmethod
    def sign(self, msg: bytes, key: Any) -> bytes:
        """The signature of a message by a prepared key."""

    @abstractmethod
    def verify(self, msg: bytes, key: Any, sig: bytes) -> bool:
        """Whether it is the signature of the message by a prepared key."""

    @overload
    @staticmethod
    @abstractmethod
    def to_jwk(key_obj: Any, as_dict: Literal[True]) -> JWKDict: ...

    @overload
    @staticmethod
    @abstractmethod
    def to_jwk(key_obj: Any, as_dict: Literal[False] = False) -> str: ...

    @staticmethod
    @abstractmethod
    def to_jwk(key_obj: Any, as_dict: bool = False) -> JWKDict | str:
        """A prepared key as a JWK (RFC 7517): JSON text, or a dict."""

    @staticmethod
    @abstractmethod
    def from_jwk(jwk: str | JWKDict) -> Any:
        """A prepared key from a JWK: JSON text, or a dict."""

    def check_key_length(self, key: Any) -> str | None:
        """Why a prepared key is too short to be secure, in a sentence; None when it is not."""
        return None


class NoneAlgorithm(Algorithm):
    """The unsecured "none" (RFC 7518 section 3.6): an empty signature, which never verifies."""

    def prepare_key(self, key: str | None) -> None:
        if key is not None and key != "":
            raise InvalidKeyError('When alg = "none", key value must be None.')

    def sign(self, msg: bytes, key: None) -> bytes:
        return b""

    def verify(self, msg: bytes, key: None, sig: bytes) -> bool:
        return False

    @staticmethod
    def to_jwk(key_obj: Any, as_dict: bool = False) -> NoReturn:
        raise NotImplementedError

    @staticmethod
    def from_jwk(jwk: str | JWKDict) -> NoReturn:
        raise NotImplementedError


class HMACAlgorithm(Algorithm):
    """HMAC (RFC 7518 section 3.2). Its prepared keys are bytes; a Key is taken as well.

    hash_alg: one of the class's own, or another hash function of hashlib, for which Python's hmac
    does the work.
    """

    SHA256: ClassVar[Any] = _SHA256
    SHA384: ClassVar[Any] = _SHA384
    SHA512: ClassVar[Any] = _SHA512

    def __init__(self, hash_alg: Any) -> None:
        self.hash_alg = hash_alg

    def prepare_key(self, key: str | bytes | Key) -> bytes | Key:
        """The secret as bytes. Raises InvalidKeyError for an empty one, and for text or DER of an
        asymmetric key, of a certificate or of a JWK: whoever has it could sign.
        """
        if isinstance(key, Key):
            if key.kty != "oct":
                raise InvalidKeyError("the key does not fit the algorithm")
            return key
        Key.from_secret(key)
        return force_bytes(key)

    def sign(self, msg: bytes, key: str | bytes | Key) -> bytes:
        name = self._native_name()
        if name is not None:
            return _core._sign(name, key, msg)
        import hmac

        # A digest that JWS has no name for. hmac takes no class of cryptography's.
        return hmac.new(
            self._secret(key), msg, _digest_name(self.hash_alg) or self.hash_alg
        ).digest()

    def verify(self, msg: bytes, key: str | bytes | Key, sig: bytes) -> bool:
        name = self._native_name()
        if name is not None:
            return _core._verify(name, key, msg, sig)
        import hmac

        return hmac.compare_digest(sig, self.sign(msg, key))

    @overload
    @staticmethod
    def to_jwk(key_obj: str | bytes | Key, as_dict: Literal[True]) -> JWKDict: ...

    @overload
    @staticmethod
    def to_jwk(key_obj: str | bytes | Key, as_dict: Literal[False] = False) -> str: ...

    @staticmethod
    def to_jwk(key_obj: str | bytes | Key, as_dict: bool = False) -> JWKDict | str:
        """The secret as a JWK. The result is as secret."""
        text = base64url_encode(HMACAlgorithm._secret(key_obj)).decode()
        return _write({"k": text, "kty": "oct"}, as_dict)

    @staticmethod
    def from_jwk(jwk: str | JWKDict) -> bytes:
        """The secret of a JWK of type oct, as bytes. What the JWK says of its use is lost with it:
        PyJWK and Key.from_jwk() keep that.
        """
        return HMACAlgorithm._secret(_key_from_jwk(jwk, "oct", "Not an HMAC key"))

    def check_key_length(self, key: str | bytes | Key) -> str | None:
        digest = self.hash_alg()
        if isinstance(key, Key):
            length = key.bits // 8
        else:  # surrogates, too: the exception would hold the secret
            length = len(key.encode("utf-8", "surrogatepass") if isinstance(key, str) else key)
        if length >= digest.digest_size:
            return None
        return (
            f"The HMAC key is {length} bytes long, which is below the minimum recommended length "
            f"of {digest.digest_size} bytes for {digest.name.upper()}. See RFC 7518 Section 3.2."
        )

    def _native_name(self) -> str | None:
        return {"sha256": "HS256", "sha384": "HS384", "sha512": "HS512"}.get(
            _digest_name(self.hash_alg) or ""
        )

    @staticmethod
    def _secret(key: str | bytes | Key) -> bytes:
        """The secret as bytes, refused where HMAC by the core would refuse it."""
        if isinstance(key, Key):
            if key.kty != "oct":
                raise InvalidKeyError("the key does not fit the algorithm")
            return base64url_decode(key.to_jwk(private=True)["k"])
        Key.from_secret(key)
        return force_bytes(key)


class _KeyPairAlgorithm(Algorithm):
    """What the algorithms with asymmetric keys share: prepared keys are Keys of their type."""

    _jwk_members: ClassVar[tuple[str, ...]]
    _no_key: ClassVar[str]  # what from_jwk() says of a JWK of another type

    def prepare_key(self, key: Any) -> Key:
        """A Key from PEM (of a private or public key, or a certificate), OpenSSH's line format or
        DER, from a key of the library cryptography's, or as it is.

        Raises InvalidKeyError for a key that can't be read or is not for this algorithm, TypeError
        for what is no key.
        """
        loaded = _load_text(key) if isinstance(key, (str, bytes)) else _as_key(key)
        if loaded is None:
            raise TypeError("Expecting a PEM-formatted key.")
        self.check_crypto_key_type(loaded)
        return loaded

    def sign(self, msg: bytes, key: Any) -> bytes:
        loaded = self._own_key(key)
        return _core._sign(self._native_name(loaded), loaded, msg)

    def verify(self, msg: bytes, key: Any, sig: bytes) -> bool:
        loaded = self._own_key(key)
        return _core._verify(self._native_name(loaded), loaded, msg, sig)

    @overload
    @classmethod
    def to_jwk(cls, key_obj: Any, as_dict: Literal[True]) -> JWKDict: ...

    @overload
    @classmethod
    def to_jwk(cls, key_obj: Any, as_dict: Literal[False] = False) -> str: ...

    @classmethod
    def to_jwk(cls, key_obj: Any, as_dict: bool = False) -> JWKDict | str:
        """The key as a JWK, JSON text or a dict; a private key with its private part.

        Raises InvalidKeyError for what is no key of this type.
        """
        key = _as_key(key_obj)
        if key is None or key.kty != cls._kty:
            raise InvalidKeyError("Not a public or private key")
        numbers = key.to_jwk(private=key.is_private)
        if cls._kty == "RSA":
            numbers["key_ops"] = ["sign"] if key.is_private else ["verify"]
        return _write(
            {name: numbers[name] for name in cls._jwk_members if name in numbers}, as_dict
        )

    @classmethod
    def from_jwk(cls, jwk: str | JWKDict) -> Key:
        """The Key of a JWK, JSON text or a dict, bound to what the JWK says of its use.

        Raises InvalidKeyError for what is no JWK of this type.
        """
        return _key_from_jwk(jwk, cls._kty, cls._no_key)

    def _own_key(self, key: Any) -> Key:
        """Of what prepare_key() gives, which a subclass may have changed."""
        loaded = _as_key(key)
        if loaded is None:
            raise TypeError("Expecting a Key.")
        return loaded

    def _native_name(self, key: Key) -> str:
        """The name the core knows this algorithm by, with a key like that."""
        raise NotImplementedError


class _DigestAlgorithm(_KeyPairAlgorithm):
    """With a choice of hash functions, given as PyJWT's users give it."""

    SHA256: ClassVar[Any] = _SHA256
    SHA384: ClassVar[Any] = _SHA384
    SHA512: ClassVar[Any] = _SHA512

    hash_alg: Any

    def _find_name(self, names: dict[Any, str], key: Any) -> str:
        try:
            return names[key]
        except KeyError:
            raise InvalidKeyError(
                f"JWS has no algorithm of {type(self).__name__} with this hash function and key"
            ) from None


class RSAAlgorithm(_DigestAlgorithm):
    """RSASSA-PKCS1-v1_5 (RFC 7518 section 3.3).

    hash_alg: one of the class's own, or the same of hashlib or of cryptography.
    """

    _kty = "RSA"
    _jwk_members = ("kty", "key_ops", "n", "e", "d", "p", "q", "dp", "dq", "qi")
    _no_key = "Not an RSA key"
    _MIN_KEY_SIZE: ClassVar[int] = 2048  # bits
    _prefix: ClassVar[str] = "RS"

    def __init__(self, hash_alg: Any) -> None:
        self.hash_alg = hash_alg

    def check_key_length(self, key: Any) -> str | None:
        bits = self._own_key(key).bits
        if bits >= self._MIN_KEY_SIZE:
            return None
        return (
            f"The RSA key is {bits} bits long, which is below the minimum recommended size of "
            f"{self._MIN_KEY_SIZE} bits. See NIST SP 800-131A."
        )

    def _native_name(self, key: Key) -> str:
        names = {f"sha{size}": f"{self._prefix}{size}" for size in (256, 384, 512)}
        return self._find_name(names, _digest_name(self.hash_alg))


class RSAPSSAlgorithm(RSAAlgorithm):
    """RSASSA-PSS with a salt as long as the digest (RFC 7518 section 3.5)."""

    _prefix = "PS"


class ECAlgorithm(_DigestAlgorithm):
    """ECDSA (RFC 7518 section 3.4, RFC 8812 section 3.2).

    hash_alg: as RSAAlgorithm's. expected_curve: the one curve that keys must be of, by its name in
    JWKs or as a class of cryptography's; None: the one that goes with hash_alg.
    """

    _kty = "EC"
    _jwk_members = ("kty", "crv", "x", "y", "d")
    _no_key = "Not an Elliptic curve key"

    def __init__(
        self, hash_alg: Any, expected_curve: type[EllipticCurve] | str | None = None
    ) -> None:
        self.hash_alg = hash_alg
        self.expected_curve = expected_curve

    def prepare_key(self, key: Any) -> Key:
        loaded = super().prepare_key(key)
        expected = _curve_name(self.expected_curve)
        if expected is not None and loaded.crv != expected:
            raise InvalidKeyError(
                f"The key's curve '{_long_curve_name(loaded.crv)}' does not match the expected "
                f"curve '{_long_curve_name(expected)}' for this algorithm"
            )
        return loaded

    def _native_name(self, key: Key) -> str:
        names = {
            ("sha256", "P-256"): "ES256",
            ("sha256", "secp256k1"): "ES256K",
            ("sha384", "P-384"): "ES384",
            ("sha512", "P-521"): "ES512",
        }
        return self._find_name(names, (_digest_name(self.hash_alg), key.crv))


class OKPAlgorithm(_KeyPairAlgorithm):
    """EdDSA with Ed25519 or Ed448 (RFC 8037 section 3.1).

    expected_curve: the only one that keys must be of (RFC 9864 section 2.2); None: either.
    Other arguments are ignored, as PyJWT does.
    """

    _kty = "OKP"
    _jwk_members = ("x", "d", "kty", "crv")
    _no_key = "Not an Octet Key Pair"

    def __init__(self, *, expected_curve: str | None = None, **kwargs: Any) -> None:
        self.expected_curve = expected_curve

    def prepare_key(self, key: Any) -> Key:
        if not isinstance(key, (str, bytes)):
            self.check_crypto_key_type(key)  # PyJWT's InvalidKeyError, where RSA has a TypeError
        loaded = super().prepare_key(key)
        if self.expected_curve is not None and loaded.crv != self.expected_curve:
            raise InvalidKeyError(
                f"The key's curve '{loaded.crv}' does not match the expected curve "
                f"'{self.expected_curve}' for this algorithm"
            )
        return loaded

    def sign(self, msg: str | bytes, key: Any) -> bytes:
        return super().sign(force_bytes(msg), key)

    def verify(self, msg: str | bytes, key: Any, sig: str | bytes) -> bool:
        return super().verify(force_bytes(msg), key, force_bytes(sig))

    def _native_name(self, key: Key) -> str:
        return self.expected_curve or "EdDSA"


def _key_from_jwk(jwk: str | JWKDict, kty: str | None, otherwise: str) -> Key:
    """The Key of a JWK of this type; InvalidKeyError with that text for another type."""
    if not isinstance(jwk, (str, dict)):
        raise InvalidKeyError("Key is not valid JSON")
    key = Key.from_jwk(jwk)
    if key.kty != kty:
        raise InvalidKeyError(otherwise)
    return key


_DEFAULTS: dict[str, Algorithm] = {
    "none": NoneAlgorithm(),
    "HS256": HMACAlgorithm(HMACAlgorithm.SHA256),
    "HS384": HMACAlgorithm(HMACAlgorithm.SHA384),
    "HS512": HMACAlgorithm(HMACAlgorithm.SHA512),
    "RS256": RSAAlgorithm(RSAAlgorithm.SHA256),
    "RS384": RSAAlgorithm(RSAAlgorithm.SHA384),
    "RS512": RSAAlgorithm(RSAAlgorithm.SHA512),
    "ES256": ECAlgorithm(ECAlgorithm.SHA256, "P-256"),
    "ES256K": ECAlgorithm(ECAlgorithm.SHA256, "secp256k1"),
    "ES384": ECAlgorithm(ECAlgorithm.SHA384, "P-384"),
    "ES521": ECAlgorithm(ECAlgorithm.SHA512, "P-521"),
    "ES512": ECAlgorithm(ECAlgorithm.SHA512, "P-521"),
    "PS256": RSAPSSAlgorithm(RSAPSSAlgorithm.SHA256),
    "PS384": RSAPSSAlgorithm(RSAPSSAlgorithm.SHA384),
    "PS512": RSAPSSAlgorithm(RSAPSSAlgorithm.SHA512),
    "EdDSA": OKPAlgorithm(),
    "Ed25519": OKPAlgorithm(expected_curve="Ed25519"),
    "Ed448": OKPAlgorithm(expected_curve="Ed448"),
}


def get_default_algorithms() -> dict[str, Algorithm]:
    """The built-in algorithms by name: a dict of the caller's own, with the same objects each time,
    by which the core knows its own work.
    """
    return dict(_DEFAULTS)


def __getattr__(name: str) -> Any:
    """The aliases Allowed...Keys, made when asked for: of Key, and of cryptography's classes where
    that library is installed.
    """
    if name not in _ALIASES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from functools import reduce
    from operator import or_

    types: list[Any] = [Key]
    try:
        from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
    except ModuleNotFoundError:
        pass
    else:
        for class_name in _ALIASES[name]:
            module = next(each for each in (ec, ed448, ed25519, rsa) if hasattr(each, class_name))
            types.append(getattr(module, class_name))
    return reduce(or_, types)
