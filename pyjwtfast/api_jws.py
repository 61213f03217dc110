"""JSON Web Signatures (RFC 7515) with PyJWT's functions."""

from __future__ import annotations

from ._core import get_unverified_header

__all__ = ["get_unverified_header"]
