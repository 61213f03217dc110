"""What can be wrong with a token or a key. Names and tree are PyJWT's."""

from __future__ import annotations

__all__ = [
    "DecodeError",
    "ExpiredSignatureError",
    "ImmatureSignatureError",
    "InvalidAlgorithmError",
    "InvalidAudienceError",
    "InvalidIssuedAtError",
    "InvalidIssuerError",
    "InvalidJTIError",
    "InvalidKeyError",
    "InvalidSignatureError",
    "InvalidSubjectError",
    "InvalidTokenError",
    "MissingCryptographyError",
    "MissingRequiredClaimError",
    "PyJWKClientConnectionError",
    "PyJWKClientError",
    "PyJWKError",
    "PyJWKSetError",
    "PyJWTError",
]


class PyJWTError(Exception):
    """Base of every exception of this package."""


class InvalidTokenError(PyJWTError):
    """A token is not to be trusted."""


class DecodeError(InvalidTokenError):
    """A token can't be taken apart, or a claim has a form no rule can read."""


class InvalidSignatureError(DecodeError):
    """The signature is not one of the given key over this token."""


class ExpiredSignatureError(InvalidTokenError):
    """The time of ``exp`` has come (RFC 7519 section 4.1.4)."""


class InvalidAudienceError(InvalidTokenError):
    """``aud`` names nobody the caller answers to (RFC 7519 section 4.1.3)."""


class InvalidIssuerError(InvalidTokenError):
    """``iss`` is not an issuer the caller accepts (RFC 7519 section 4.1.1)."""


class InvalidIssuedAtError(InvalidTokenError):
    """``iat`` is not a number (RFC 7519 section 4.1.6)."""


class ImmatureSignatureError(InvalidTokenError):
    """``nbf`` or ``iat`` lies in the future (RFC 7519 section 4.1.5)."""


class InvalidKeyError(PyJWTError):
    """A key is not usable, or not for this algorithm."""


class InvalidAlgorithmError(InvalidTokenError):
    """``alg`` is missing, unknown, or not one the caller allows (RFC 8725 section 3.1)."""


class MissingRequiredClaimError(InvalidTokenError):
    """A claim that must be there is absent or null.

    claim: its name, also in the attribute of that name.
    """

    def __init__(self, claim: str) -> None:
        super().__init__(claim)
        self.claim = claim

    def __str__(self) -> str:
        return f'Token is missing the "{self.claim}" claim'


class InvalidSubjectError(InvalidTokenError):
    """``sub`` is not a string, or not the expected one (RFC 7519 section 4.1.2)."""


class InvalidJTIError(InvalidTokenError):
    """``jti`` is not a string (RFC 7519 section 4.1.7)."""


class PyJWKError(PyJWTError):
    """A JWK is not usable (RFC 7517)."""


class MissingCryptographyError(PyJWKError):
    """Never raised here: PyJWT's, for keys it needs the library cryptography for."""


class PyJWKSetError(PyJWTError):
    """A JWK set holds no usable key (RFC 7517 section 5)."""


class PyJWKClientError(PyJWTError):
    """A JWK set could not be had, or lacks the key that was asked for."""


class PyJWKClientConnectionError(PyJWKClientError):
    """The server of a JWK set could not be reached."""
