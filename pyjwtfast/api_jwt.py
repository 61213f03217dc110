"""JSON Web Tokens (RFC 7519) with PyJWT's functions."""

from __future__ import annotations

from ._core import decode, decode_complete, encode

__all__ = ["decode", "decode_complete", "encode"]
