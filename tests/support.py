"""Tokens made by hand: what no honest encoder would write, with a right signature all the same."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

SECRET = "a secret of forty-eight bytes, enough for HS384!"
OTHER_SECRET = "another secret of forty-eight bytes, for HS384!!"
LONG_SECRET = "a secret of at least sixty-four bytes is what HS512 wants, so here it is."

_DIGESTS = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


def b64url(data: bytes) -> bytes:
    """base64url without padding (RFC 4648 section 5), by the standard library."""
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def b64url_decode(segment: bytes) -> bytes:
    """The lenient inverse of `b64url`; raises ValueError for what cannot be decoded at all."""
    return base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))


def mac(signing_input: bytes, secret: str | bytes = SECRET, algorithm: str = "HS256") -> bytes:
    """HMAC of the signing input (RFC 7518 section 3.2), by the standard library."""
    secret = secret.encode() if isinstance(secret, str) else secret
    return hmac.new(secret, signing_input, _DIGESTS[algorithm]).digest()


def compact(value: Any) -> bytes:
    """JSON as a token has it; bytes are taken as they are."""
    return value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()


def forge(
    payload: Any,
    header: Any = None,
    secret: str | bytes = SECRET,
    algorithm: str = "HS256",
) -> str:
    """A token with exactly this header and payload (objects, or raw JSON bytes), well signed."""
    if header is None:
        header = {"alg": algorithm, "typ": "JWT"}
    signing_input = b64url(compact(header)) + b"." + b64url(compact(payload))
    return (signing_input + b"." + b64url(mac(signing_input, secret, algorithm))).decode()


def forge_detached(payload: bytes, secret: str | bytes = SECRET) -> str:
    """A token whose payload is not in it and not encoded (RFC 7797), well signed."""
    header = b64url(b'{"alg":"HS256","b64":false,"crit":["b64"]}')
    return (header + b".." + b64url(mac(header + b"." + payload, secret))).decode()


def resign(
    header_segment: bytes,
    payload_segment: bytes,
    secret: str | bytes = SECRET,
    algorithm: str = "HS256",
) -> str:
    """Sign segments that are given as they stand, well encoded or not."""
    signing_input = header_segment + b"." + payload_segment
    return (signing_input + b"." + b64url(mac(signing_input, secret, algorithm))).decode("latin-1")
