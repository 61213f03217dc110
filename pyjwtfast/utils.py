"""Helpers: those of PyJWT's that users import, and the slow ways of the compiled core.

The core calls `dump_claims` and `build_header` for what it leaves to Python's json, and
`cryptography_der` for keys that are objects of the library `cryptography`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from .exceptions import InvalidKeyError, InvalidTokenError

if TYPE_CHECKING:
    import json
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurve

_TIME_CLAIMS = ("exp", "iat", "nbf")


# --- base64url and integers (RFC 4648 section 5, RFC 7518 section 2) ---


def force_bytes(value: bytes | str) -> bytes:
    """The bytes of a str in UTF-8, or bytes as they are; TypeError for anything else."""
    if isinstance(value, str):
        return value.encode("utf-8")
    if isinstance(value, bytes):
        return value
    raise TypeError("Expected a string or bytes value")


def base64url_decode(input: bytes | str) -> bytes:
    """What base64url text stands for, with or without padding.

    As lenient as PyJWT's: characters outside the alphabet are skipped. Tokens and JWKs are read by
    the core, which skips nothing. Raises ValueError (binascii.Error) for an impossible length.
    """
    from base64 import urlsafe_b64decode

    text = force_bytes(input)
    return urlsafe_b64decode(text + b"=" * (-len(text) % 4))


def base64url_encode(input: bytes) -> bytes:
    """The base64url text of bytes, without padding."""
    from base64 import urlsafe_b64encode

    return urlsafe_b64encode(input).rstrip(b"=")


def bytes_from_int(val: int, *, bit_length: int | None = None) -> bytes:
    """A non-negative integer, big-endian, in as few bytes as hold it, or as bit_length bits take.

    Raises OverflowError for one that is negative or too large.
    """
    bits = val.bit_length() if bit_length is None else bit_length
    return val.to_bytes((bits + 7) // 8, "big")


def to_base64url_uint(val: int, *, bit_length: int | None = None) -> bytes:
    """A non-negative integer as JWKs write it (RFC 7518 section 2); zero is one zero byte."""
    if val < 0:
        raise ValueError("Must be a positive integer")
    return base64url_encode(bytes_from_int(val, bit_length=bit_length) or b"\x00")


def from_base64url_uint(val: bytes | str) -> int:
    """The integer that base64url text stands for."""
    return int.from_bytes(base64url_decode(val), "big")


def number_to_bytes(num: int, num_bytes: int) -> bytes:
    """An integer in num_bytes bytes, big-endian; in more of them where it needs more."""
    return num.to_bytes(max(num_bytes, (num.bit_length() + 7) // 8, 1), "big")


def bytes_to_number(string: bytes) -> int:
    """The integer of big-endian bytes; ValueError for none."""
    if not string:
        raise ValueError("an integer needs at least one byte")
    return int.from_bytes(string, "big")


# --- ECDSA signatures: JWS has r and s side by side (RFC 7518 section 3.4), X.509 has DER ---


def der_to_raw_signature(der_sig: bytes, curve: EllipticCurve) -> bytes:
    """r and s of a DER signature (RFC 3279 section 2.2.3), each as long as the curve's order.

    curve: anything with a key_size in bits. Raises ValueError for what is no such signature.
    """
    size = (curve.key_size + 7) // 8
    body, rest = _der_value(der_sig, 0x30)
    r, body = _der_value(body, 0x02)
    s, body = _der_value(body, 0x02)
    if rest or body:
        raise ValueError("Invalid signature")
    return _der_uint(r, size) + _der_uint(s, size)


def raw_to_der_signature(raw_sig: bytes, curve: EllipticCurve) -> bytes:
    """The DER form of r and s side by side; the inverse of der_to_raw_signature().

    Raises ValueError for a signature of the wrong length.
    """
    size = (curve.key_size + 7) // 8
    if len(raw_sig) != 2 * size:
        raise ValueError("Invalid signature")
    body = b""
    for part in (raw_sig[:size], raw_sig[size:]):
        number = int.from_bytes(part, "big")
        body += _der(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))
    return _der(0x30, body)


def _der(tag: int, value: bytes) -> bytes:
    """A value with its tag and length (X.690 section 8.1)."""
    if len(value) < 0x80:
        return bytes((tag, len(value))) + value
    length = len(value).to_bytes((len(value).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + value


def _der_value(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """The value with this tag that data starts with, and what follows it."""
    if len(data) < 2 or data[0] != tag:
        raise ValueError("Invalid signature")
    length, start = data[1], 2
    if length == 0x81 and len(data) > 2 and data[2] >= 0x80:  # ES512: 128 bytes and more
        length, start = data[2], 3
    elif length >= 0x80:
        raise ValueError("Invalid signature")
    if len(data) < start + length:
        raise ValueError("Invalid signature")
    return data[start : start + length], data[start + length :]


def _der_uint(value: bytes, size: int) -> bytes:
    """A DER integer in size bytes, big-endian; it is neither negative nor padded."""
    padded = len(value) > 1 and value[0] == 0 and value[1] < 0x80
    if not value or value[0] >= 0x80 or padded or len(value.lstrip(b"\x00")) > size:
        raise ValueError("Invalid signature")
    return int.from_bytes(value, "big").to_bytes(size, "big")


# --- forms of key text ---

_PEM_LABELS = (
    "CERTIFICATE",
    "CERTIFICATE REQUEST",
    "DH PARAMETERS",
    "DSA PRIVATE KEY",
    "EC PRIVATE KEY",
    "ENCRYPTED PRIVATE KEY",
    "NEW CERTIFICATE REQUEST",
    "OPENSSH PRIVATE KEY",
    "PRIVATE KEY",
    "PUBLIC KEY",
    "RSA PRIVATE KEY",
    "RSA PUBLIC KEY",
    "SSH2 ENCRYPTED PRIVATE KEY",
    "SSH2 PUBLIC KEY",
    "TRUSTED CERTIFICATE",
    "X509 CRL",
)

_SSH_PREFIXES = (
    b"ssh-ed25519",
    b"ssh-rsa",
    b"ssh-dss",
    b"ecdsa-sha2-nistp256",
    b"ecdsa-sha2-nistp384",
    b"ecdsa-sha2-nistp521",
)


def is_pem_format(key: bytes) -> bool:
    """Whether there is a PEM block in it: a BEGIN line, and after it the END line of its label."""
    import re

    for label in _PEM_LABELS:
        # Four dashes will do, and the fifth may be a blank (RFC 4716): loaders take that too.
        begin, end = (f"----[- ]{word} {label}[- ]----".encode() for word in ("BEGIN", "END"))
        found = re.search(begin, key)
        if found and re.compile(end).search(key, found.end() + 1):
            return True
    return False


def is_ssh_key(key: bytes) -> bool:
    """Whether it starts as a public key in OpenSSH's line format does."""
    return key.startswith(_SSH_PREFIXES)


# --- keys of the library cryptography ---

_CRYPTOGRAPHY_KEYS = {
    "rsa": ("RSAPrivateKey", "RSAPublicKey"),
    "ec": ("EllipticCurvePrivateKey", "EllipticCurvePublicKey"),
    "ed25519": ("Ed25519PrivateKey", "Ed25519PublicKey"),
    "ed448": ("Ed448PrivateKey", "Ed448PublicKey"),
}


def cryptography_der(key: object) -> bytes | None:
    """The DER of a key object of the library cryptography: PKCS #8 of a private one (RFC 5958),
    SubjectPublicKeyInfo of a public one (RFC 5280). None for any other object.

    Raises InvalidKeyError for a private key that doesn't leave its device.
    """
    # Whoever has such an object has imported its module; we import nothing.
    prefix = "cryptography.hazmat.primitives.asymmetric."
    for name, (private, public) in _CRYPTOGRAPHY_KEYS.items():
        module = sys.modules.get(prefix + name)
        if module is None:
            continue
        if isinstance(key, getattr(module, private)):
            return _export(key, "private_bytes")
        if isinstance(key, getattr(module, public)):
            return _export(key, "public_bytes")
    return None


def _export(key: Any, method: str) -> bytes:
    from cryptography.hazmat.primitives import serialization as form

    try:
        if method == "private_bytes":
            return bytes(
                key.private_bytes(form.Encoding.DER, form.PrivateFormat.PKCS8, form.NoEncryption())
            )
        return bytes(key.public_bytes(form.Encoding.DER, form.PublicFormat.SubjectPublicKeyInfo))
    except Exception as error:
        raise InvalidKeyError(
            f"The {type(key).__name__} can't be exported; to use a key that stays where it is, "
            "register an Algorithm of your own"
        ) from error


# --- the slow ways of encode() ---


def _epoch_seconds(moment: datetime) -> int:
    """Whole seconds from the epoch to a moment; a naive one is taken for UTC."""
    from calendar import timegm

    return timegm(moment.utctimetuple())


def plain_claims(claims: dict[str, Any]) -> dict[str, Any]:
    """A copy of claims with datetimes in exp, iat and nbf as whole seconds (RFC 7519 section 2,
    NumericDate). Raises TypeError for an ``iss`` that is no str.
    """
    claims = claims.copy()
    # Where datetime was never imported there is no datetime; and importing it would be no small
    # thing (CPython 3.12 aborts when an interpreter with a GIL of its own that did so ends).
    loaded = sys.modules.get("datetime")
    if loaded is not None:
        for name in _TIME_CLAIMS:
            moment = claims.get(name)
            if isinstance(moment, loaded.datetime):
                claims[name] = _epoch_seconds(moment)
    if "iss" in claims and not isinstance(claims["iss"], str):
        raise TypeError("Issuer (iss) must be a string.")
    return claims


def dump_json(claims: dict[str, Any], json_encoder: type[json.JSONEncoder] | None) -> bytes:
    """The JSON text of claims as a token has it. Raises json's own errors."""
    import json

    return json.dumps(claims, separators=(",", ":"), cls=json_encoder).encode("utf-8")


def dump_claims(claims: dict[str, Any], json_encoder: type[json.JSONEncoder] | None) -> bytes:
    """The JSON text of claims after plain_claims(); raises what that and json raise."""
    return dump_json(plain_claims(claims), json_encoder)


def build_header(
    algorithm: str,
    headers: dict[str, Any] | None,
    json_encoder: type[json.JSONEncoder] | None,
    sort_headers: bool,
    header_typ: Any = "JWT",
    detached: bool = False,
) -> tuple[bytes, str, bool]:
    """The JSON text of a JOSE header, the algorithm it names, and whether the payload is detached.

    An ``alg`` in headers outranks algorithm; ``b64: False``, or detached, detaches the payload, and
    ``b64`` is listed in ``crit`` (RFC 7797 section 3); a falsy ``typ`` leaves it out. Raises
    InvalidTokenError for a ``kid`` that is no str or a ``crit`` that is no list, and for a null
    ``alg``.
    """
    import json

    header: dict[str, Any] = {"typ": header_typ, "alg": algorithm}
    if headers:
        if headers.get("alg"):
            algorithm = headers["alg"]
        elif "alg" in headers:
            raise InvalidTokenError("The 'alg' header parameter must not be empty")
        detached = detached or headers.get("b64") is False
        if "kid" in headers and not isinstance(headers["kid"], str):
            raise InvalidTokenError("Key ID header parameter must be a string")
        header.update(headers)
    if not header["typ"]:
        del header["typ"]
    if detached:
        header["b64"] = False
        critical = header.get("crit", [])
        if not isinstance(critical, list):
            raise InvalidTokenError("Invalid 'crit' header: must be a list")
        if "b64" not in critical:
            header["crit"] = [*critical, "b64"]
    else:
        header.pop("b64", None)
    text = json.dumps(header, separators=(",", ":"), cls=json_encoder, sort_keys=sort_headers)
    return text.encode("utf-8"), algorithm, detached
