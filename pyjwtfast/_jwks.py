"""JWK sets (RFC 7517 section 5), and what of a JWK the compiled core leaves to Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from .exceptions import InvalidKeyError, PyJWTError
from .utils import from_base64url_uint

T = TypeVar("T")

# RFC 7518 sections 3.2 and 3.3: the least bits of a secret, by its alg, and of an RSA modulus.
_SECRET_BITS = {"HS256": 256, "HS384": 384, "HS512": 512}
_MODULUS_BITS = 2048

# What checking the private parts of one set may cost, in checks of an RSA key of 2048 bits with its
# primes: one to three seconds.
_PRIVATE_WORK = 1024


def dump(jwk: Mapping[str, Any]) -> bytes:
    """The JSON text of a JWK that is a mapping.

    Raises TypeError for what is no mapping, InvalidKeyError for one that is no JSON object.
    """
    import json

    if not isinstance(jwk, Mapping):
        raise TypeError(f"a JWK must be a str, bytes or a mapping, not {type(jwk).__name__}")
    plain = dict(jwk)
    if not all(isinstance(name, str) for name in plain):
        raise InvalidKeyError("JWK: the names of its members must be str")
    try:
        return json.dumps(plain).encode("ascii")
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidKeyError("JWK: a member has no form in JSON") from error


def members(jwks: str | bytes | Mapping[str, Any]) -> list[Any]:
    """The array ``keys`` of a JWK set, which may be its JSON text.

    An object of the text in which a name occurs twice comes as None: it is no usable key
    (RFC 7517 section 4). Raises TypeError for another type, InvalidKeyError for what is no set.
    """
    jwk_set = _parse(jwks) if isinstance(jwks, (str, bytes)) else jwks
    if not isinstance(jwk_set, Mapping):
        if isinstance(jwks, (str, bytes)):
            raise InvalidKeyError("A JWK set must be a JSON object")
        raise TypeError(f"a JWK set must be a str, bytes or a mapping, not {type(jwks).__name__}")
    keys = jwk_set.get("keys")
    if not isinstance(keys, (list, tuple)):
        raise InvalidKeyError("A JWK set must have an array 'keys'")
    return list(keys)


def load(
    make: Callable[[Mapping[str, Any]], T], jwks: str | bytes | Mapping[str, Any], strict: bool
) -> list[T]:
    """What `make` makes of each key of a set, in the set's order.

    Members that are no object, or that `make` refuses with a PyJWTError, are skipped; when strict,
    they are refused, and `check_strict` has its say. Raises InvalidKeyError, also for no key.
    """
    keys = members(jwks)
    made = []
    work = PrivateWork()
    for number, jwk in enumerate(keys):
        try:
            work.spend(jwk)
            made.append(load_member(make, jwk))
        except PyJWTError as error:
            if strict:
                raise InvalidKeyError(f"Key {number} of the JWK set: {error}") from error
    if not made:
        raise InvalidKeyError("The JWK set has no usable key")
    if strict:
        check_strict(keys)
    return made


def load_member(make: Callable[[Mapping[str, Any]], T], jwk: object) -> T:
    """What `make` makes of one of the members(); InvalidKeyError for what is no object."""
    if not isinstance(jwk, Mapping):
        raise InvalidKeyError("not a JSON object with every name once")
    return make(jwk)


class PrivateWork:
    """What is left of the work on the private parts of one set. That they belong to their public
    parts is checked, which takes far longer than to read them; who publishes a set chooses how
    many.
    """

    def __init__(self) -> None:
        self._left = _PRIVATE_WORK

    def spend(self, jwk: object) -> None:
        """Count a member that is about to be loaded; InvalidKeyError where too little is left."""
        if not isinstance(jwk, Mapping) or jwk.get("d") is None or jwk.get("kty") == "oct":
            return
        cost = 4  # of the slowest curve
        if jwk.get("kty") == "RSA":
            modulus = jwk.get("n")
            bits = 6 * len(modulus) if isinstance(modulus, str) else 0
            cost = max(1, round(bits / _MODULUS_BITS)) ** 3
            cost *= 1 if "p" in jwk else 8  # 8: its primes are to be found
        if cost > self._left:
            raise InvalidKeyError("the private parts of this JWK set are too many or too large")
        self._left -= cost


def check_strict(keys: Sequence[Mapping[str, Any]]) -> None:
    """The rules of a strict set on JWKs that can all be loaded.

    No two keys with one kid, no symmetric beside asymmetric keys (whose public part could be taken
    for a secret), none below the sizes of RFC 7518 sections 3.2 and 3.3, no RSA modulus with the
    weakness ROCA. Raises InvalidKeyError.
    """
    kids = [jwk["kid"] for jwk in keys if jwk.get("kid") is not None]
    if len(set(kids)) != len(kids):
        raise InvalidKeyError("The JWK set has two keys with the same 'kid'")
    if len({jwk["kty"] == "oct" for jwk in keys}) > 1:
        raise InvalidKeyError("The JWK set mixes symmetric and asymmetric keys")
    for number, jwk in enumerate(keys):
        if jwk["kty"] == "oct":
            bits = len(jwk["k"]) * 3 // 4 * 8
            if bits < _SECRET_BITS.get(jwk.get("alg", ""), _SECRET_BITS["HS256"]):
                raise InvalidKeyError(
                    f"Key {number} of the JWK set: a secret shorter than the digest of its"
                    " algorithm (RFC 7518 section 3.2)"
                )
        elif jwk["kty"] == "RSA":
            modulus = from_base64url_uint(jwk["n"])
            if modulus.bit_length() < _MODULUS_BITS:
                raise InvalidKeyError(
                    f"Key {number} of the JWK set: an RSA modulus below {_MODULUS_BITS} bits"
                    " (RFC 7518 section 3.3)"
                )
            if is_roca_weak(modulus):
                raise InvalidKeyError(
                    f"Key {number} of the JWK set: its RSA modulus has the weakness ROCA"
                    " (CVE-2017-15361)"
                )


def is_roca_weak(modulus: int) -> bool:
    """Whether an RSA modulus bears the fingerprint of ROCA (CVE-2017-15361).

    The weak generator made primes that are powers of 65537 modulo each small prime; so is then
    their product. Another modulus does by chance, once in 2^27.
    """
    return all(modulus % prime in powers for prime, powers in _roca_residues())


@cache
def _roca_residues() -> list[tuple[int, frozenset[int]]]:
    """The odd primes up to 167, which all the affected key sizes share, with the residues that
    powers of 65537 leave."""
    residues = []
    for prime in range(3, 168, 2):
        if all(prime % divisor for divisor in range(3, prime, 2)):
            powers = {1}
            power = 65537 % prime
            while power not in powers:
                powers.add(power)
                power = power * 65537 % prime
            residues.append((prime, frozenset(powers)))
    return residues


def _parse(text: str | bytes) -> Any:
    """JSON text as RFC 8259 has it, in UTF-8; None for an object with a name twice."""
    import json

    def constant(name: str) -> None:
        raise ValueError(name)

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any] | None:
        plain = dict(pairs)
        return plain if len(plain) == len(pairs) else None

    try:
        text = text.decode("utf-8") if isinstance(text, bytes) else text
        return json.loads(text, object_pairs_hook=unique, parse_constant=constant)
    except (ValueError, RecursionError):
        pass  # it holds the whole text, which ours must not
    raise InvalidKeyError("A JWK set must be JSON text in UTF-8")
