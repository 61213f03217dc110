"""JSON Web Tokens at the speed of C: PyJWT's functions; prepared keys, signers and verifiers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

try:
    from ._core import CacheInfo, Key, Signer, Verifier
except ModuleNotFoundError as _error:
    if _error.name != f"{__name__}._core":
        raise
    # Whoever starts Python in a checkout finds its folder before what pip has installed.
    _message = (
        f"The compiled part of pyjwtfast for this Python is not in {__path__[0]}. Leave the "
        f"checkout if pyjwtfast is installed; to work in it, type `make build`."
    )
    raise ModuleNotFoundError(_message, name=_error.name, path=_error.path) from None
from ._version import __version__
from .api_jwk import PyJWK, PyJWKSet
from .api_jws import (
    PyJWS,
    get_algorithm_by_name,
    get_unverified_header,
    register_algorithm,
    unregister_algorithm,
)
from .api_jwt import PyJWT, decode, decode_complete, encode
from .exceptions import (
    DecodeError,
    ExpiredSignatureError,
    ImmatureSignatureError,
    InvalidAlgorithmError,
    InvalidAudienceError,
    InvalidIssuedAtError,
    InvalidIssuerError,
    InvalidJTIError,
    InvalidKeyError,
    InvalidSignatureError,
    InvalidSubjectError,
    InvalidTokenError,
    MissingRequiredClaimError,
    PyJWKClientConnectionError,
    PyJWKClientError,
    PyJWKError,
    PyJWKSetError,
    PyJWTError,
)
from .warnings import InsecureKeyLengthWarning

if TYPE_CHECKING:
    from .jwks_client import PyJWKClient

__all__ = [
    "CacheInfo",
    "DecodeError",
    "ExpiredSignatureError",
    "ImmatureSignatureError",
    "InsecureKeyLengthWarning",
    "InvalidAlgorithmError",
    "InvalidAudienceError",
    "InvalidIssuedAtError",
    "InvalidIssuerError",
    "InvalidJTIError",
    "InvalidKeyError",
    "InvalidSignatureError",
    "InvalidSubjectError",
    "InvalidTokenError",
    "Key",
    "MissingRequiredClaimError",
    "PyJWK",
    "PyJWKClient",
    "PyJWKClientConnectionError",
    "PyJWKClientError",
    "PyJWKError",
    "PyJWKSet",
    "PyJWKSetError",
    "PyJWS",
    "PyJWT",
    "PyJWTError",
    "Signer",
    "Verifier",
    "__version__",
    "decode",
    "decode_complete",
    "encode",
    "get_algorithm_by_name",
    "get_unverified_header",
    "register_algorithm",
    "unregister_algorithm",
]


def __getattr__(name: str) -> Any:
    """PyJWKClient, loaded when it is asked for: it needs threads and logging, most users do not."""
    if name == "PyJWKClient":
        from .jwks_client import PyJWKClient

        return PyJWKClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
