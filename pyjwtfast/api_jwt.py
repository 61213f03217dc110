"""JSON Web Tokens (RFC 7519) with PyJWT's class and functions.

`encode`, `decode` and `decode_complete` are the core's own functions. A PyJWT object takes the same
way, unless a subclass has put something of its own in it: then the pieces are called one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from . import _core
from ._core import decode, decode_complete, encode
from .api_jws import _ALGORITHM_UNSET, Hooks, PyJWS, _jws_global_obj, _warn_of_extra
from .exceptions import (
    DecodeError,
    ExpiredSignatureError,
    ImmatureSignatureError,
    InvalidIssuedAtError,
    MissingRequiredClaimError,
)
from .utils import dump_json, plain_claims

if TYPE_CHECKING:
    import json
    from collections.abc import Container, Iterable
    from datetime import timedelta
    from typing import TypeAlias

    from .algorithms import AllowedPrivateKeys, AllowedPublicKeys
    from .api_jwk import PyJWK
    from .types import CompleteToken, FullOptions, Options, SigOptions

    AllowedPrivateKeyTypes: TypeAlias = AllowedPrivateKeys | PyJWK | str | bytes
    AllowedPublicKeyTypes: TypeAlias = AllowedPublicKeys | PyJWK | str | bytes

__all__ = ["PyJWT", "decode", "decode_complete", "encode"]

_CLAIM_CHECKS = ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")


class PyJWT:
    """Encodes and decodes tokens by options of its own; see types.Options.

    A subclass may override ``_encode_payload``, ``_decode_payload``, ``_validate_claims`` and the
    ``_validate_<claim>`` that it calls.
    """

    def __init__(self, options: Options | None = None) -> None:
        self.options: FullOptions = self._get_default_options()
        if options is not None:
            self.options = self._merge_options(options)
        self._jws = self._own_jws = PyJWS(options=self._get_sig_options())

    @staticmethod
    def _get_default_options() -> FullOptions:
        return {
            "verify_signature": True,
            "verify_exp": True,
            "verify_nbf": True,
            "verify_iat": True,
            "verify_aud": True,
            "verify_iss": True,
            "verify_sub": True,
            "verify_jti": True,
            "require": [],
            "strict_aud": False,
            "enforce_minimum_key_length": False,
        }

    def _get_sig_options(self) -> SigOptions:
        return {
            "verify_signature": self.options["verify_signature"],
            "enforce_minimum_key_length": self.options.get("enforce_minimum_key_length", False),
        }

    def _merge_options(self, options: Options | None = None) -> FullOptions:
        """The object's options with these over them; without a signature no claim is checked unless
        that is asked for.
        """
        if options is None:
            return self.options
        merged: dict[str, Any] = {**self.options, **options}
        if not options.get("verify_signature", True):
            for claim in _CLAIM_CHECKS:
                merged[f"verify_{claim}"] = dict(options).get(f"verify_{claim}", False)
        return cast("FullOptions", merged)

    def encode(
        self,
        payload: dict[str, Any],
        key: AllowedPrivateKeyTypes | None,
        algorithm: str | None = _ALGORITHM_UNSET,
        headers: dict[str, Any] | None = None,
        json_encoder: type[json.JSONEncoder] | None = None,
        sort_headers: bool = True,
    ) -> str:
        """Claims signed as a token in compact serialisation; as encode() of the module."""
        enforced = self._jws.options.get("enforce_minimum_key_length", False)
        if self._is_direct(_ENCODING) and not enforced:
            if algorithm is _ALGORITHM_UNSET:
                return encode(
                    payload,
                    key,
                    headers=headers,
                    json_encoder=json_encoder,
                    sort_headers=sort_headers,
                )
            return encode(payload, key, algorithm, headers, json_encoder, sort_headers)
        if not isinstance(payload, dict):
            raise TypeError(
                "Expecting a dict object, as JWT only supports JSON objects as payloads."
            )
        text = self._encode_payload(
            plain_claims(payload), headers=headers, json_encoder=json_encoder
        )
        return self._jws.encode(
            text, key, algorithm, headers, json_encoder, sort_headers=sort_headers
        )

    def _encode_payload(
        self,
        payload: dict[str, Any],
        headers: dict[str, Any] | None = None,
        json_encoder: type[json.JSONEncoder] | None = None,
    ) -> bytes:
        """The bytes to sign for claims: their JSON. A subclass may, say, compress them."""
        return dump_json(payload, json_encoder)

    def decode_complete(
        self,
        jwt: str | bytes,
        key: AllowedPublicKeyTypes = "",
        algorithms: Container[str] | None = None,
        options: Options | None = None,
        verify: bool | None = None,
        detached_payload: bytes | None = None,
        audience: str | Iterable[str] | None = None,
        issuer: str | Container[str] | None = None,
        subject: str | None = None,
        leeway: float | timedelta = 0,
        **kwargs: Any,
    ) -> CompleteToken:
        """A verified token taken apart: header, payload (the claims), signature; as
        decode_complete() of the module.
        """
        if kwargs:
            _warn_of_extra("decode_complete", kwargs)
        verify_signature = _wants_signature(options, verify)
        if self._is_direct(_DECODING):
            return decode_complete(
                jwt,
                key,
                algorithms,
                self._core_options(options, verify_signature),
                detached_payload=detached_payload,
                audience=audience,
                issuer=issuer,
                subject=subject,
                leeway=leeway,
            )
        merged = self._merge_options(options)
        decoded: dict[str, Any] = dict(
            self._jws.decode_complete(
                jwt,
                key=key,
                algorithms=algorithms,
                options={
                    "verify_signature": verify_signature,
                    "enforce_minimum_key_length": merged.get("enforce_minimum_key_length", False),
                },
                detached_payload=detached_payload,
            )
        )
        payload = self._decode_payload(decoded)
        self._validate_claims(
            payload, merged, audience=audience, issuer=issuer, leeway=leeway, subject=subject
        )
        decoded["payload"] = payload
        return cast("CompleteToken", decoded)

    def _decode_payload(self, decoded: dict[str, Any]) -> dict[str, Any]:
        """The claims in the parts of a verified token, of which ``payload`` is bytes. Raises
        DecodeError. A subclass may, say, decompress them.
        """
        try:
            payload = _core._json_loads(decoded["payload"])
        except ValueError as error:
            raise DecodeError(f"Invalid payload string: {error}") from error
        if not isinstance(payload, dict):
            raise DecodeError("Invalid payload string: must be a json object")
        return payload

    def decode(
        self,
        jwt: str | bytes,
        key: AllowedPublicKeyTypes = "",
        algorithms: Container[str] | None = None,
        options: Options | None = None,
        verify: bool | None = None,
        detached_payload: bytes | None = None,
        audience: str | Iterable[str] | None = None,
        subject: str | None = None,
        issuer: str | Container[str] | None = None,
        leeway: float | timedelta = 0,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """The claims of a verified token; as decode() of the module."""
        if kwargs:
            _warn_of_extra("decode", kwargs)
        if self._is_direct(_DECODING):
            return decode(
                jwt,
                key,
                algorithms,
                self._core_options(options, _wants_signature(options, verify)),
                detached_payload=detached_payload,
                audience=audience,
                subject=subject,
                issuer=issuer,
                leeway=leeway,
            )
        return self.decode_complete(
            jwt,
            key,
            algorithms,
            options,
            verify=verify,
            detached_payload=detached_payload,
            audience=audience,
            subject=subject,
            issuer=issuer,
            leeway=leeway,
        )["payload"]

    def _is_direct(self, hooks: Hooks) -> bool:
        """Whether the core's own function does what this object would."""
        jws = self._jws
        # The core's functions go by the registry of the module's object.
        if jws is not _jws_global_obj and (
            jws is not self._own_jws or jws._registry is not _jws_global_obj._registry
        ):
            return False
        return not hooks.replaced_in(self) and not _SIGNING.replaced_in(jws)

    def _core_options(self, options: Options | None, verify_signature: bool) -> Options:
        """For the core, with a value for every name. As in PyJWT, the constructor's
        ``verify_signature`` decides on claims, and the call's on the signature.
        """
        merged = self._merge_options(options)
        if merged["verify_signature"] is not verify_signature:
            merged = {**merged, "verify_signature": verify_signature}
        return cast("Options", merged)

    # --- the rules on claims (RFC 7519 section 4.1), in pieces for subclasses ---

    def _validate_claims(
        self,
        payload: dict[str, Any],
        options: FullOptions,
        audience: Iterable[str] | str | None = None,
        issuer: Container[str] | str | None = None,
        subject: str | None = None,
        leeway: float | timedelta = 0,
    ) -> None:
        """Every rule on claims; raises a subclass of InvalidTokenError for the first one broken."""
        if not _RULES.replaced_in(self):
            _core._check_claims(payload, options, audience, issuer, subject, leeway)
            return
        from time import time

        # Refuses a leeway or an audience that is none.
        _core._check_claims({}, _ONLY["exp"], audience, None, None, leeway)
        seconds = float(leeway) if isinstance(leeway, (int, float)) else leeway.total_seconds()
        self._validate_required_claims(payload, options["require"])
        now = time()
        if "iat" in payload and options["verify_iat"]:
            self._validate_iat(payload, now, seconds)
        if "nbf" in payload and options["verify_nbf"]:
            self._validate_nbf(payload, now, seconds)
        if "exp" in payload and options["verify_exp"]:
            self._validate_exp(payload, now, seconds)
        if options["verify_iss"]:
            self._validate_iss(payload, issuer)
        if options["verify_aud"]:
            self._validate_aud(payload, audience, strict=options.get("strict_aud", False))
        if options["verify_sub"]:
            self._validate_sub(payload, subject)
        if options["verify_jti"]:
            self._validate_jti(payload)

    def _validate_required_claims(self, payload: dict[str, Any], claims: Iterable[str]) -> None:
        for claim in claims:
            if payload.get(claim) is None:
                raise MissingRequiredClaimError(claim)

    def _validate_iat(self, payload: dict[str, Any], now: float, leeway: float) -> None:
        message = "Issued At claim (iat) must be an integer."
        if _seconds(payload["iat"], InvalidIssuedAtError(message)) > now + leeway:
            raise ImmatureSignatureError("The token is not yet valid (iat)")

    def _validate_nbf(self, payload: dict[str, Any], now: float, leeway: float) -> None:
        message = "Not Before claim (nbf) must be an integer."
        if _seconds(payload["nbf"], DecodeError(message)) > now + leeway:
            raise ImmatureSignatureError("The token is not yet valid (nbf)")

    def _validate_exp(self, payload: dict[str, Any], now: float, leeway: float) -> None:
        message = "Expiration Time claim (exp) must be an integer."
        if _seconds(payload["exp"], DecodeError(message)) <= now - leeway:
            raise ExpiredSignatureError("Signature has expired")

    def _validate_iss(self, payload: dict[str, Any], issuer: Container[str] | str | None) -> None:
        _core._check_claims(payload, _ONLY["iss"], None, issuer, None, 0)

    def _validate_aud(
        self,
        payload: dict[str, Any],
        audience: str | Iterable[str] | None,
        *,
        strict: bool = False,
    ) -> None:
        options: FullOptions = {**_ONLY["aud"], "strict_aud": strict}
        _core._check_claims(payload, options, audience, None, None, 0)

    def _validate_sub(self, payload: dict[str, Any], subject: str | None = None) -> None:
        _core._check_claims(payload, _ONLY["sub"], None, None, subject, 0)

    def _validate_jti(self, payload: dict[str, Any]) -> None:
        _core._check_claims(payload, _ONLY["jti"], None, None, None, 0)


_ENCODING = Hooks(PyJWT, "_encode_payload")
_RULE_NAMES = ("_validate_required_claims", *(f"_validate_{claim}" for claim in _CLAIM_CHECKS))
_RULES = Hooks(PyJWT, *_RULE_NAMES)
_DECODING = Hooks(PyJWT, "decode_complete", "_decode_payload", "_validate_claims", *_RULE_NAMES)
_SIGNING = Hooks(
    PyJWS,
    "header_typ",
    "encode",
    "decode_complete",
    "_load",
    "_validate_headers",
    "_verify_signature",
)

# Options that check one claim and nothing else.
_ONLY: dict[str, FullOptions] = {
    wanted: cast(
        "FullOptions",
        {
            **PyJWT._get_default_options(),
            **{f"verify_{claim}": claim == wanted for claim in _CLAIM_CHECKS},
        },
    )
    for wanted in _CLAIM_CHECKS
}


def _seconds(value: Any, error: Exception) -> int:
    """A time claim as whole seconds since the epoch, by Python's int(), as PyJWT reads it."""
    try:
        return int(value)
    except (ValueError, TypeError, OverflowError):
        raise error from None


def _wants_signature(options: Options | None, verify: bool | None) -> bool:
    """Whether a call's options want the signature verified; with PyJWT's warning, for the caller's
    caller, of a ``verify`` that says otherwise and does nothing.
    """
    wanted = True if options is None else options.get("verify_signature", True)
    if verify is not None and verify != wanted:
        import warnings

        warnings.warn(
            "The `verify` argument to `decode` does nothing in PyJWT 2.0 and newer. The equivalent "
            "is setting `verify_signature` to False in the `options` dictionary. This invocation "
            "has a mismatch between the kwarg and the option entry.",
            DeprecationWarning,
            stacklevel=3,
        )
    return wanted


_jwt_global_obj = PyJWT()
_jwt_global_obj._jws = _jws_global_obj
