"""JSON Web Signatures (RFC 7515) with PyJWT's class and functions.

The core does all of it: structure, header, signature. It comes back here for an Algorithm that is
not its own, with `_sign` and `_verify`.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

from . import _core
from ._core import Key, get_unverified_header
from .algorithms import Algorithm, get_default_algorithms
from .api_jwk import PyJWK
from .exceptions import DecodeError, InvalidKeyError, InvalidTokenError
from .utils import base64url_encode, force_bytes
from .warnings import InsecureKeyLengthWarning, RemovedInPyjwt3Warning

if TYPE_CHECKING:
    import json
    from collections.abc import Container, Sequence

    from .algorithms import AllowedPrivateKeys, AllowedPublicKeys
    from .types import CompleteJWS, SigOptions

__all__ = [
    "PyJWS",
    "decode",
    "decode_complete",
    "encode",
    "get_algorithm_by_name",
    "get_unverified_header",
    "register_algorithm",
    "unregister_algorithm",
]

_ALGORITHM_UNSET: Any = object()


class Hooks:
    """Methods of a class that a subclass, an object or a test may have replaced."""

    def __init__(self, base: type, *names: str) -> None:
        self._names = frozenset(names)
        self._read = attrgetter(*names)
        self._own = self._read(base)

    def replaced_in(self, instance: object) -> bool:
        return self._read(type(instance)) != self._own or not self._names.isdisjoint(vars(instance))


class PyJWS:
    """Signs and verifies bytes, by a set of algorithms of its own.

    algorithms: the names it knows of the built-in ones; None: all. options: ``verify_signature``,
    ``enforce_minimum_key_length``.
    """

    header_typ: str | None = "JWT"  # the "typ" of what it signs; a subclass may have another

    def __init__(
        self,
        algorithms: Sequence[str] | None = None,
        options: SigOptions | None = None,
    ) -> None:
        defaults = get_default_algorithms()
        self._valid_algs = set(defaults if algorithms is None else algorithms)
        self._algorithms = {name: defaults[name] for name in defaults if name in self._valid_algs}
        # What the core is to look names up in; None where that are the built-in ones.
        self._registry = None if self._algorithms == defaults else self._algorithms
        self.options: SigOptions = self._get_default_options()
        if options is not None:
            self.options = {**self.options, **options}

    @staticmethod
    def _get_default_options() -> SigOptions:
        return {"verify_signature": True, "enforce_minimum_key_length": False}

    def register_algorithm(self, alg_id: str, alg_obj: Algorithm) -> None:
        """Let alg_obj sign and verify under this name.

        Raises ValueError for a name that is taken, TypeError for what is no Algorithm.
        """
        if alg_id in self._algorithms:
            raise ValueError("Algorithm already has a handler.")
        if not isinstance(alg_obj, Algorithm):
            raise TypeError("Object is not of type `Algorithm`")
        self._algorithms[alg_id] = alg_obj
        self._valid_algs.add(alg_id)
        self._tell_core()

    def unregister_algorithm(self, alg_id: str) -> None:
        """Forget the algorithm of this name; KeyError without one."""
        if alg_id not in self._algorithms:
            raise KeyError(
                "The specified algorithm could not be removed because it is not registered."
            )
        del self._algorithms[alg_id]
        self._valid_algs.remove(alg_id)
        self._tell_core()

    def get_algorithms(self) -> list[str]:
        """The names it knows, in no particular order."""
        return list(self._valid_algs)

    def get_algorithm_by_name(self, alg_name: str) -> Algorithm:
        """The Algorithm of this name; NotImplementedError without one."""
        try:
            return self._algorithms[alg_name]
        except KeyError:
            raise NotImplementedError("Algorithm not supported") from None

    def encode(
        self,
        payload: bytes,
        key: AllowedPrivateKeys | PyJWK | str | bytes | None,
        algorithm: str | None = _ALGORITHM_UNSET,
        headers: dict[str, Any] | None = None,
        json_encoder: type[json.JSONEncoder] | None = None,
        is_payload_detached: bool = False,
        sort_headers: bool = True,
    ) -> str:
        """The payload signed, in compact serialisation (RFC 7515 section 7.1).

        algorithm: by default the key's, or HS256. headers: more header parameters. With
        is_payload_detached, or ``b64: False`` in headers, the payload is signed as it is and left
        out (RFC 7797). Raises InvalidKeyError for a refused key, NotImplementedError for an unknown
        algorithm, InvalidTokenError for a wrong header parameter.
        """
        return _core._jws_encode(
            payload,
            key,
            _choose_algorithm(key, algorithm),
            headers,
            json_encoder,
            is_payload_detached,
            sort_headers,
            self.header_typ,
            self._registry,
            bool(self.options.get("enforce_minimum_key_length", False)),
        )

    def decode_complete(
        self,
        jwt: str | bytes,
        key: AllowedPublicKeys | PyJWK | str | bytes = "",
        algorithms: Container[str] | None = None,
        options: SigOptions | None = None,
        detached_payload: bytes | None = None,
        **kwargs: Any,
    ) -> CompleteJWS:
        """A verified token taken apart: header, payload (bytes), signature (RFC 7515 section 5.2).

        algorithms: the names allowed; the key's own where the key is a PyJWK. options: over those
        of the constructor. detached_payload: what was signed, where the header says ``b64: false``.
        Raises a subclass of PyJWTError for what is wrong with token or key.
        """
        if kwargs:
            _warn_of_extra("decode_complete", kwargs)
        merged = self.options if options is None else {**self.options, **options}
        verify = bool(merged["verify_signature"])
        enforce = bool(merged.get("enforce_minimum_key_length", False))
        if _DECODE_HOOKS.replaced_in(self):
            return self._decode_in_pieces(jwt, key, algorithms, merged, detached_payload)
        return _core._jws_decode(
            jwt, key, algorithms, verify, enforce, detached_payload, self._registry
        )

    def decode(
        self,
        jwt: str | bytes,
        key: AllowedPublicKeys | PyJWK | str | bytes = "",
        algorithms: Container[str] | None = None,
        options: SigOptions | None = None,
        detached_payload: bytes | None = None,
        **kwargs: Any,
    ) -> Any:
        """The payload of a verified token, bytes; as decode_complete()."""
        if kwargs:
            _warn_of_extra("decode", kwargs)
        return self.decode_complete(
            jwt, key, algorithms, options, detached_payload=detached_payload
        )["payload"]

    def get_unverified_header(self, jwt: str | bytes) -> dict[str, Any]:
        """The header of a token whose signature is not verified: trust nothing in it."""
        return get_unverified_header(jwt)

    def _tell_core(self) -> None:
        """The algorithms have changed. The core's own encode() and decode() go by those of the
        module's object.
        """
        changed = self._algorithms != get_default_algorithms()
        self._registry = self._algorithms if changed else None
        if self is _jws_global_obj:
            _core._set_registry(self._registry)

    # --- the pieces, for subclasses that put their own in place ---

    def _decode_in_pieces(
        self,
        jwt: str | bytes,
        key: Any,
        algorithms: Container[str] | None,
        options: SigOptions,
        detached_payload: bytes | None,
    ) -> CompleteJWS:
        verify = options["verify_signature"]
        if verify and not algorithms and not isinstance(key, PyJWK):
            raise DecodeError(
                'It is required that you pass in a value for the "algorithms" argument when calling'
                " decode()."
            )
        payload, signing_input, header, signature = self._load(jwt)
        self._validate_headers(header)
        if header.get("b64", True) is False:
            # Refused without a payload, and one that is given is taken over.
            payload = _core._jws_decode(jwt, "", None, False, False, detached_payload, None)[
                "payload"
            ]
            signing_input = signing_input.partition(b".")[0] + b"." + payload
        elif detached_payload is not None:
            _core._jws_decode(jwt, "", None, False, False, detached_payload, None)  # refused
        if verify:
            self._verify_signature(signing_input, header, signature, key, algorithms, options)
        return {"header": header, "payload": payload, "signature": signature}

    def _load(self, jwt: str | bytes) -> tuple[bytes, bytes, dict[str, Any], bytes]:
        """Payload, signing input, header and signature of a token, none of it verified."""
        header = get_unverified_header(jwt)
        detached = b"" if header.get("b64", True) is False else None
        parts = _core._jws_decode(jwt, "", None, False, False, detached, None)
        signing_input = force_bytes(jwt).rpartition(b".")[0]
        return parts["payload"], signing_input, header, parts["signature"]

    def _validate_headers(self, headers: dict[str, Any], *, encoding: bool = False) -> None:
        """Refuse wrong header parameters (InvalidTokenError). `_load` has done so already."""
        if "kid" in headers and not isinstance(headers["kid"], str):
            raise InvalidTokenError("Key ID header parameter must be a string")
        if not encoding and "crit" in headers:
            import json

            get_unverified_header(base64url_encode(json.dumps(headers).encode()) + b"..")

    def _verify_signature(
        self,
        signing_input: bytes,
        header: dict[str, Any],
        signature: bytes,
        key: Any = "",
        algorithms: Container[str] | None = None,
        options: SigOptions | None = None,
    ) -> None:
        """Refuse what is not signed by this key and an allowed algorithm (PyJWTError)."""
        wanted = self.options if options is None else options
        segment, _, payload = signing_input.partition(b".")
        detached = header.get("b64", True) is False
        _core._jws_decode(
            segment + b"." + (b"" if detached else payload) + b"." + base64url_encode(signature),
            key,
            algorithms,
            True,
            bool(wanted.get("enforce_minimum_key_length", False)),
            payload if detached else None,
            self._registry,
        )


# With one of these replaced, the core is given the pieces one by one.
_DECODE_HOOKS = Hooks(PyJWS, "_load", "_validate_headers", "_verify_signature")


def _warn_of_extra(function: str, kwargs: dict[str, Any]) -> None:
    """PyJWT's warning of keyword arguments that do nothing, for the caller's caller."""
    import warnings

    warnings.warn(
        f"passing additional kwargs to {function}() is deprecated and will be removed in pyjwt "
        f"version 3. Unsupported kwargs: {tuple(kwargs)}",
        RemovedInPyjwt3Warning,
        stacklevel=3,
    )


def _choose_algorithm(key: object, algorithm: str | None) -> str:
    """The algorithm to sign with: as given, or the key's, or the default one."""
    if algorithm is not None and algorithm is not _ALGORITHM_UNSET:
        return algorithm
    if isinstance(key, PyJWK):
        return key.algorithm_name
    if algorithm is None:
        return "none"
    if isinstance(key, Key) and key.algorithm is not None:
        return key.algorithm
    return "HS256"


# --- what the core calls for an Algorithm that is not its own ---


def _prepare(alg_obj: Algorithm, key: Any, enforce: bool) -> Any:
    """The key as the algorithm wants it, after a look at its length."""
    prepared = alg_obj.prepare_key(key.key if isinstance(key, PyJWK) else key)
    complaint = alg_obj.check_key_length(prepared)
    if complaint:
        if enforce:
            raise InvalidKeyError(complaint)
        import warnings

        warnings.warn(complaint, InsecureKeyLengthWarning, stacklevel=3)
    return prepared


def _sign(alg_obj: Algorithm, key: Any, signing_input: bytes, enforce: bool) -> bytes:
    return alg_obj.sign(signing_input, _prepare(alg_obj, key, enforce))


def _verify(
    alg_obj: Algorithm, key: Any, signing_input: bytes, signature: bytes, enforce: bool
) -> bool:
    return bool(alg_obj.verify(signing_input, _prepare(alg_obj, key, enforce), signature))


_core._setup(get_default_algorithms(), PyJWK, _sign, _verify)

_jws_global_obj = PyJWS()
encode = _jws_global_obj.encode
decode_complete = _jws_global_obj.decode_complete
decode = _jws_global_obj.decode
register_algorithm = _jws_global_obj.register_algorithm
unregister_algorithm = _jws_global_obj.unregister_algorithm
get_algorithm_by_name = _jws_global_obj.get_algorithm_by_name
