"""Types of arguments and results. Names are PyJWT's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypedDict

__all__ = ["CompleteToken", "FullOptions", "HashlibHash", "JWKDict", "Options", "SigOptions"]

# A JWK taken apart (RFC 7517 section 4).
JWKDict = dict[str, Any]

# What makes a hash object: hashlib.sha256 and its like.
HashlibHash = Callable[..., Any]


class CompleteJWS(TypedDict):
    """A signed message taken apart: JOSE header, payload, signature."""

    header: dict[str, Any]
    payload: bytes
    signature: bytes


class SigOptions(TypedDict, total=False):
    """Options on the signature alone."""

    verify_signature: bool
    enforce_minimum_key_length: bool


class Options(TypedDict, total=False):
    """Options of decode(). Each verify_* is True unless verify_signature is False."""

    verify_signature: bool
    verify_exp: bool
    verify_nbf: bool
    verify_iat: bool
    verify_aud: bool
    verify_iss: bool
    verify_sub: bool
    verify_jti: bool
    require: list[str]
    strict_aud: bool
    enforce_minimum_key_length: bool


class FullOptions(TypedDict):
    """All options with their values."""

    verify_signature: bool
    verify_exp: bool
    verify_nbf: bool
    verify_iat: bool
    verify_aud: bool
    verify_iss: bool
    verify_sub: bool
    verify_jti: bool
    require: list[str]
    strict_aud: bool
    enforce_minimum_key_length: bool


class CompleteToken(TypedDict):
    """A token taken apart: JOSE header, claims, signature."""

    header: dict[str, Any]
    payload: dict[str, Any]
    signature: bytes
