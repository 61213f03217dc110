"""The slow ways of encode(), called by the compiled core for what it leaves to Python's json."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from .exceptions import InvalidTokenError

if TYPE_CHECKING:
    import json
    from datetime import datetime

_TIME_CLAIMS = ("exp", "iat", "nbf")


def _epoch_seconds(moment: datetime) -> int:
    """Whole seconds from the epoch to a moment; a naive one is taken for UTC."""
    from calendar import timegm

    return timegm(moment.utctimetuple())


def dump_claims(claims: dict[str, Any], json_encoder: type[json.JSONEncoder] | None) -> bytes:
    """The JSON text of claims, with datetimes in exp, iat and nbf as whole seconds (RFC 7519
    section 2, NumericDate).

    Raises TypeError for an ``iss`` that is no str, and json's own errors.
    """
    import json

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
    return json.dumps(claims, separators=(",", ":"), cls=json_encoder).encode("utf-8")


def build_header(
    algorithm: str,
    headers: dict[str, Any] | None,
    json_encoder: type[json.JSONEncoder] | None,
    sort_headers: bool,
) -> tuple[bytes, str, bool]:
    """The JSON text of a JOSE header, the algorithm it names, and whether the payload is detached.

    An ``alg`` in headers outranks algorithm; ``b64: False`` detaches the payload and is listed in
    ``crit`` (RFC 7797 section 3); a falsy ``typ`` leaves it out. Raises InvalidTokenError for a
    ``kid`` that is no str or a ``crit`` that is no list, and for a null ``alg``.
    """
    import json

    header: dict[str, Any] = {"typ": "JWT", "alg": algorithm}
    detached = False
    if headers:
        if headers.get("alg"):
            algorithm = headers["alg"]
        elif "alg" in headers:
            raise InvalidTokenError("The 'alg' header parameter must not be empty")
        detached = headers.get("b64") is False
        if "kid" in headers and not isinstance(headers["kid"], str):
            raise InvalidTokenError("Key ID header parameter must be a string")
        header.update(headers)
    if not header["typ"]:
        del header["typ"]
    if detached:
        critical = header.get("crit", [])
        if not isinstance(critical, list):
            raise InvalidTokenError("Invalid 'crit' header: must be a list")
        if "b64" not in critical:
            header["crit"] = [*critical, "b64"]
    else:
        header.pop("b64", None)
    text = json.dumps(header, separators=(",", ":"), cls=json_encoder, sort_keys=sort_headers)
    return text.encode("utf-8"), algorithm, detached
