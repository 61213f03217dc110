"""Warnings of this package. Names are PyJWT's."""

from __future__ import annotations

__all__ = ["InsecureKeyLengthWarning", "RemovedInPyjwt3Warning"]


class RemovedInPyjwt3Warning(DeprecationWarning):
    """A use that PyJWT 3 removes."""


class InsecureKeyLengthWarning(UserWarning):
    """A key is shorter than its algorithm asks for (RFC 7518 section 3.2)."""
