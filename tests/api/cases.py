"""Calls at random, of every function and kind of key, for the differential tests."""

from __future__ import annotations

import functools
import json
from typing import Any

import jwt
from hypothesis import strategies as st

from ..support import LONG_SECRET, SECRET, b64url
from . import keys
from . import strategies as own

HMAC = ("HS256", "HS384", "HS512")
ALL = (*HMAC, *keys.ALGORITHMS)
PAYLOADS = (
    b"{}",
    b'{"sub":"1","aud":"us","iss":"me","exp":9999999999}',
    b'{"exp":1}',
    b"[1]",
    b"x",
)

MODULE = ("", "api_jwt._jwt_global_obj.")


@functools.cache
def signed(algorithm: str, payload: bytes, detached: bool = False) -> str:
    """A token by PyJWT, of the key that goes with the algorithm."""
    key = LONG_SECRET if algorithm in HMAC else keys.private_object(keys.ALGORITHMS[algorithm])
    return jwt.api_jws.encode(payload, key, algorithm, is_payload_detached=detached)


def _key_name(draw: st.DrawFn, algorithm: str) -> str:
    if draw(st.integers(0, 3)):
        return keys.ALGORITHMS[algorithm]
    return draw(st.sampled_from(keys.NAMES))


def _jwk_members(draw: st.DrawFn, algorithm: str) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, choices in (
        ("alg", [algorithm, algorithm, "RS256", "ES256", "EdDSA", "HS256", "none", "XX", ""]),
        ("use", ["sig", "sig", "enc", "x"]),
        ("key_ops", [["sign"], ["verify"], ["sign", "verify"], ["encrypt"], []]),
        ("kid", ["k", "", "é", 5]),
    ):
        if draw(st.integers(0, 3)) == 0:
            members[name] = draw(st.sampled_from(choices))
    return members


def _key(draw: st.DrawFn, algorithm: str, private: bool) -> Any:
    """A key in some form, mostly one that fits."""
    form = draw(st.integers(0, 9))
    if algorithm in HMAC:
        if form == 0:
            return draw(st.sampled_from(["", "short", SECRET, SECRET.encode(), None, 5]))
        if form < 3:
            text = b64url((LONG_SECRET if form == 1 else SECRET).encode()).decode()
            jwk = {"kty": "oct", "k": text, **_jwk_members(draw, algorithm)}
            return keys.OwnJWK(json.dumps(jwk), draw(st.sampled_from([None, algorithm])))
        return LONG_SECRET
    name = _key_name(draw, algorithm)
    if form == 0:
        return draw(st.sampled_from([SECRET, "", b"-----BEGIN PUBLIC KEY-----\n", None, 5]))
    if form < 4:
        private_jwk = private or form == 1
        return keys.own_jwk(
            name,
            private_jwk,
            draw(st.sampled_from([None, None, algorithm, "RS256"])),
            **_jwk_members(draw, algorithm),
        )
    if form == 4:
        private = not private
    forms = keys.private_forms(name) if private else keys.public_forms(name)
    return forms[draw(st.sampled_from(sorted(forms)))]


def _broken(draw: st.DrawFn, token: str) -> str | bytes:
    """The token, or what is left of it after a mutation or two."""
    data = bytearray(token.encode())
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        position = draw(st.integers(0, len(data)))
        action = draw(st.integers(0, 4))
        if action == 0 and position < len(data):
            data[position] ^= 1 << draw(st.integers(0, 7))
        elif action == 1:
            piece = draw(st.sampled_from([b".", b"=", b" ", b"\n", b"-", b"A", b"\xff", b"%"]))
            data[position:position] = piece
        elif action == 2:
            del data[position : position + draw(st.integers(1, 4))]
        elif action == 3:
            segments = bytes(data).split(b".")
            index = draw(st.integers(0, len(segments) - 1))
            segments[index] = draw(st.sampled_from([b"", b"e30", b"AAAA", b"eyJhbGciOiJub25lIn0"]))
            data = bytearray(b".".join(segments))
        else:
            header = json.dumps(draw(own.headers())).encode()
            data = bytearray(b64url(header) + b"." + bytes(data).partition(b".")[2])
    return bytes(data) if draw(st.booleans()) else data.decode("latin-1")


_flags = st.sampled_from([True, True, True, False, 1, 0, None, "x"])


def _options(draw: st.DrawFn, jws: bool) -> dict[str, Any] | None:
    if draw(st.integers(0, 2)) == 0:
        return None
    names = ["verify_signature", "enforce_minimum_key_length"]
    if not jws:
        names += [f"verify_{claim}" for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")]
        names += ["strict_aud", "unknown"]
    options = {name: draw(_flags) for name in draw(st.sets(st.sampled_from(names), max_size=4))}
    if not jws and draw(st.integers(0, 3)) == 0:
        options["require"] = draw(st.sampled_from([[], ["exp"], ["sub", "nbf"], ("iss",)]))
    return options


def _encode(draw: st.DrawFn) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    algorithm = draw(st.sampled_from(ALL))
    key = _key(draw, algorithm, private=True)
    kwargs: dict[str, Any] = {}
    if draw(st.integers(0, 4)):
        kwargs["algorithm"] = algorithm if draw(st.integers(0, 9)) else draw(own.alg_values)
    if draw(st.integers(0, 2)) == 0:
        kwargs["headers"] = draw(own.headers())
        kwargs["headers"].pop("alg", None) if draw(st.booleans()) else None
    if draw(st.integers(0, 4)) == 0:
        kwargs["sort_headers"] = draw(st.booleans())
    if draw(st.integers(0, 3)) == 0:
        kwargs["is_payload_detached"] = draw(st.booleans())
        return "api_jws.encode", (draw(st.sampled_from(PAYLOADS)), key), kwargs
    claims = draw(st.dictionaries(own.texts, own.scalars, max_size=3))
    return draw(st.sampled_from(MODULE)) + "encode", (claims, key), kwargs


def _decode(draw: st.DrawFn) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    algorithm = draw(st.sampled_from(ALL))
    payload = draw(st.sampled_from(PAYLOADS))
    detached = draw(st.integers(0, 7)) == 0
    token = _broken(draw, signed(algorithm, payload, detached))
    key = _key(draw, algorithm, private=False)
    kwargs: dict[str, Any] = {}
    if draw(st.integers(0, 5)):
        allowed = draw(st.sampled_from([[algorithm], [algorithm], list(ALL), ["HS256"], []]))
        kwargs["algorithms"] = allowed
    if (detached and draw(st.integers(0, 5))) or draw(st.integers(0, 20)) == 0:
        kwargs["detached_payload"] = draw(st.sampled_from([payload, payload, b"", b"{}"]))
    jws = draw(st.integers(0, 3)) == 0
    options = _options(draw, jws)
    if options is not None:
        kwargs["options"] = options
    function = draw(st.sampled_from(["decode", "decode_complete"]))
    if jws:
        return "api_jws." + function, (token, key), kwargs
    for name, choices in (
        ("audience", ["us", ["us", "them"], "them", [], None]),
        ("issuer", ["me", ["me"], "you", None]),
        ("subject", ["1", "2", None]),
        ("leeway", [0, 5, 1.5]),
    ):
        if draw(st.integers(0, 2)) == 0:
            kwargs[name] = draw(st.sampled_from(choices))
    return draw(st.sampled_from(MODULE)) + function, (token, key), kwargs


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    """A function by its dotted name, with arguments for it."""
    return _encode(draw) if draw(st.integers(0, 2)) == 0 else _decode(draw)
