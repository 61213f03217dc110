"""One test for each published attack on JWT libraries; each opens with the attack.

The identifiers are of the libraries that fell. `ELSEWHERE`, at the end, names the tests of those
attacks that other files are about: the cache of verified tokens, the text of secrets, Django.
"""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa, utils, x448, x25519

import pyjwtfast
from pyjwtfast import Key, PyJWKClient, Signer, Verifier, exceptions
from pyjwtfast.algorithms import HMACAlgorithm
from pyjwtfast.api_jwk import PyJWK, PyJWKSet
from pyjwtfast.exceptions import (
    DecodeError,
    ExpiredSignatureError,
    InvalidAlgorithmError,
    InvalidIssuerError,
    InvalidKeyError,
    InvalidSignatureError,
    InvalidTokenError,
    PyJWKClientError,
    PyJWTError,
)

from .api import jwks_server, key_material, keys
from .support import (
    OTHER_SECRET,
    SECRET,
    b64url,
    compact,
    forge,
    mac,
    resign,
)

HS = {"algorithms": ["HS256"]}


def decode(token: str | bytes, **kwargs: Any) -> dict[str, Any]:
    """`decode`, and the same through a `Verifier`; both must agree, error or result."""
    arguments = {"key": SECRET, **HS, **kwargs}
    try:
        expected = pyjwtfast.decode(token, **arguments)
    except PyJWTError as error:
        with pytest.raises(type(error)):
            verify(token)
        raise
    assert repr(verify(token)) == repr(expected)
    return expected


def verify(token: str | bytes, **kwargs: Any) -> dict[str, Any]:
    return Verifier([Key.from_secret(SECRET)], ["HS256"], **kwargs).verify(token)


def unsigned(header: Any, payload: Any = b"{}") -> str:
    return (b64url(compact(header)) + b"." + b64url(compact(payload)) + b".").decode()


def signing_input(algorithm: str, payload: Any = b"{}", **header: Any) -> bytes:
    return b64url(compact({"alg": algorithm, **header})) + b"." + b64url(compact(payload))


def signed_by(body: bytes, signature: bytes) -> str:
    return (body + b"." + b64url(signature)).decode()


def check_refused(
    token: str,
    algorithm: str,
    name: str,
    error: type[BaseException] | tuple[type[BaseException], ...] = InvalidSignatureError,
) -> None:
    """The token is refused by the key of that name, in each form it can be given in."""
    public = keys.public_pem(name)
    jwk = {**keys.jwk(name, private=False), "alg": algorithm}
    calls: tuple[Callable[[], Any], ...] = (
        lambda: pyjwtfast.decode(token, public, algorithms=[algorithm]),
        lambda: pyjwtfast.decode(token, PyJWK(jwk)),
        lambda: Verifier([Key.from_pem(public)], [algorithm], cache_size=2).verify(token),
        lambda: Verifier([Key.from_jwk(jwk)], [algorithm]).verify(token),
        lambda: Verifier([Key.from_pem(keys.private_pem(name))], [algorithm]).verify(token),
    )
    for call in calls:
        with pytest.raises(error):
            call()


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", "none ", " none", "none\0"])
@pytest.mark.parametrize("key", ["", None, b"", SECRET])
def test_alg_none(name: str, key: Any) -> None:
    """The token names the algorithm "none", or a spelling that a filter misses, and carries no
    signature (many in 2015; jsonwebtoken CVE-2022-23540; Auth0 2020: "nonE")."""
    token = unsigned({"alg": name}, {"admin": True})
    for algorithms in (["HS256"], ["none"], ["HS256", "none"], [name]):
        with pytest.raises(PyJWTError):
            pyjwtfast.decode(token, key, algorithms=algorithms)
    with pytest.raises(InvalidTokenError):
        verify(token)


def test_alg_none_and_asymmetric_keys() -> None:
    """The same with a public key at hand, which is not asked for anything."""
    for header in ({"alg": "none"}, {"alg": "None", "kid": "k"}):
        token = unsigned(header, {"admin": True})
        for name, algorithm in (("rsa", "RS256"), ("p256", "ES256"), ("ed25519", "EdDSA")):
            check_refused(token, algorithm, name, InvalidAlgorithmError)
            for allowed in (["none"], ["none", algorithm]):
                with pytest.raises(PyJWTError):
                    pyjwtfast.decode(token, keys.public_pem(name), algorithms=allowed)
    with pytest.raises(PyJWTError):
        PyJWK({"kty": "oct", "k": "AAAA", "alg": "none"})
    for call in (lambda: Verifier([Key.from_secret(SECRET)], ["none"]),
                 lambda: Signer(Key.from_secret(SECRET), "none")):  # fmt: skip
        with pytest.raises(ValueError, match="none"):
            call()


@pytest.mark.parametrize("name", ["hs256", "Hs256", "HS256\0", " HS256", "HS2", "HS2560", "HS-256"])
def test_alg_casing(name: str) -> None:
    """A case-insensitive or prefix comparison lets a token pick what the caller did not allow
    (rfc8725bis section 2)."""
    with pytest.raises(InvalidAlgorithmError):
        decode(forge({}, {"alg": name}))
    with pytest.raises(InvalidAlgorithmError):
        pyjwtfast.decode(forge({}, {"alg": "HS256"}), SECRET, algorithms=[name])


@pytest.mark.parametrize("value", [["HS256"], {"HS256": 1}, None, 0, True, 256, ""])
def test_alg_of_another_type(value: Any) -> None:
    """An array or null in `alg` slips past a comparison that assumed text."""
    with pytest.raises(InvalidAlgorithmError):
        decode(forge({}, {"alg": value}))


def test_alg_missing() -> None:
    """No `alg` at all: a verifier that fills in a default lets the attacker leave the choice."""
    with pytest.raises(InvalidAlgorithmError, match=r"^Algorithm not specified$"):
        decode(forge({}, {"typ": "JWT"}))


@pytest.mark.parametrize(
    "public",
    [
        key_material.EC_PUBLIC_PEM,
        key_material.RSA_PKCS1_PUBLIC_PEM,
        key_material.CERTIFICATE_PEM,
        key_material.RSA_SPKI_DER,
        key_material.CERTIFICATE_DER,
        key_material.SSH_RSA,
        key_material.SSH_ECDSA,
        b'{"kty":"RSA","n":"AQAB","e":"AQAB"}',
        b'{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}',
    ],
    ids=lambda public: repr(public[:24]),
)
def test_algorithm_confusion(public: bytes) -> None:
    """A token signed with HS256 and the *public* RSA or EC key as its secret, given to a verifier
    that holds this public key (CVE-2017-11424, CVE-2022-29217, CVE-2024-33663, CVE-2026-22817)."""
    forged = forge({"admin": True}, secret=public)
    for algorithms in (["HS256"], ["RS256", "HS256"], ["ES256", "RS256", "HS256"]):
        with pytest.raises(InvalidKeyError):
            pyjwtfast.decode(forged, public, algorithms=algorithms)
    with pytest.raises(InvalidAlgorithmError):
        pyjwtfast.decode(forged, public, algorithms=["RS256"])
    with pytest.raises(InvalidKeyError):
        pyjwtfast.encode({}, public)
    with pytest.raises(InvalidKeyError):
        Key.from_secret(public)


@pytest.mark.parametrize(
    "disguise", ["{}", " {}", "\n{}", "\t{}", "\ufeff{}", "x{}", "{} ", "[{}]"]
)
@pytest.mark.parametrize(
    "public",
    [
        key_material.EC_PUBLIC_PEM.decode(),
        key_material.CERTIFICATE_PEM.decode(),
        key_material.SSH_RSA.decode(),
        '{"kty":"RSA","n":"AQAB","e":"AQAB"}',
        '{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}',
    ],
    ids=lambda public: public[:24],
)
def test_algorithm_confusion_in_disguise(public: str, disguise: str) -> None:
    """The filter against it is evaded by a character before the key, or an array around it
    (fast-jwt CVE-2023-48223, CVE-2026-34950, GHSA-ww5h-9m49-7xx4; PyJWT CVE-2026-48526)."""
    text = disguise.format(public)
    for key in (text, text.encode(), text.encode("utf-16"), text.encode("utf-16-le")):
        forged = forge({"admin": True}, secret=key)
        if disguise[0] == "x" or (disguise == "[{}]" and public[0] != "{"):
            # Text that no loader takes for a key serves as a secret, but for the PEM frame in it.
            with pytest.raises((InvalidKeyError, InvalidAlgorithmError)):
                pyjwtfast.decode(forged, key, algorithms=["RS256"])
        else:
            for algorithms in (["HS256"], ["RS256", "HS256"]):
                with pytest.raises(InvalidKeyError):
                    pyjwtfast.decode(forged, key, algorithms=algorithms)
        # Whoever holds the public key as a Key, or in a list, is out of reach.
        with pytest.raises(TypeError):
            pyjwtfast.decode(forged, [public], algorithms=["HS256"])  # type: ignore[arg-type]
    held = Key.from_pem(keys.public_pem("rsa"))
    forged = forge({"admin": True}, secret=keys.public_pem("rsa"))
    with pytest.raises(InvalidAlgorithmError):
        Verifier([held], ["RS256"]).verify(forged)
    with pytest.raises(InvalidKeyError):
        Verifier([held], ["HS256"])
    for algorithms in (["HS256"], ["RS256", "HS256"]):
        with pytest.raises(InvalidKeyError):
            pyjwtfast.decode(forged, held, algorithms=algorithms)


def test_a_key_serves_one_algorithm() -> None:
    """A key is used with whatever algorithm the token names (jsonwebtoken CVE-2022-23541, PyJWT
    CVE-2026-48523: the `alg` of a PyJWK against the header's)."""
    for name, own, others in (
        ("rsa", "RS256", ["RS384", "RS512", "PS256", "PS384", "PS512"]),
        ("rsa", "PS512", ["PS256", "RS512"]),
        ("ed25519", "EdDSA", ["Ed448", "ES256", "HS256"]),
    ):
        public = {**keys.jwk(name, private=False), "alg": own}
        private = keys.private_pem(name)
        for other in others:
            fits = other[:2] in ("RS", "PS")
            body = signing_input(other)
            if fits:
                signature = pyjwtfast._core._sign(other, Key.from_pem(private), body)
            else:
                signature = bytes(64)
            token = signed_by(body, signature)
            if fits:
                assert pyjwtfast.decode(token, keys.public_pem(name), algorithms=[other]) == {}
            for allowed in (None, [other], [own, other], [other, own, "HS256"]):
                with pytest.raises(PyJWTError):
                    pyjwtfast.decode(token, PyJWK(public), algorithms=allowed)
            for allowed in ([other], [own, other]):
                with pytest.raises(PyJWTError):
                    pyjwtfast.decode(token, Key.from_jwk(public), algorithms=allowed)
                with pytest.raises(PyJWTError):
                    Verifier([Key.from_jwk(public)], allowed).verify(token)
            with pytest.raises(InvalidKeyError):
                Signer(Key.from_pem(private, algorithm=own), other)


@pytest.mark.parametrize(
    ("algorithm", "curve"),
    [
        (algorithm, curve)
        for algorithm, own in (("ES256", "p256"), ("ES256K", "secp256k1"), ("ES384", "p384"),
                               ("ES512", "p521"), ("ES521", "p521"))
        for curve in ("p256", "secp256k1", "p384", "p521", "ed25519", "ed448", "rsa")
        if curve != own
    ],
)  # fmt: skip
def test_another_curve(algorithm: str, curve: str) -> None:
    """ES256 with a key of another curve: another strength than was agreed, or another key type
    altogether (PyJWT before 2.11; jsonwebtoken CVE-2022-23539)."""
    private, public = keys.private_pem(curve), keys.public_pem(curve)
    with pytest.raises(InvalidKeyError):
        pyjwtfast.encode({}, private, algorithm)
    with pytest.raises(InvalidKeyError):
        Signer(Key.from_pem(private), algorithm)
    with pytest.raises(InvalidKeyError):
        Verifier([Key.from_pem(public)], [algorithm])
    with pytest.raises(InvalidKeyError):
        Key.from_pem(public, algorithm=algorithm)
    with pytest.raises(InvalidKeyError):
        Key.from_jwk({**keys.jwk(curve), "alg": algorithm})
    token = signed_by(signing_input(algorithm), bytes(64))
    with pytest.raises(InvalidKeyError):
        pyjwtfast.decode(token, public, algorithms=[algorithm])


def test_empty_secret_of_a_jwk() -> None:
    """The same by way of a JWK set (joserfc GHSA-gg9x-qcx2-xmrh)."""
    for jwk in ({"kty": "oct", "k": ""}, {"kty": "oct", "k": "", "alg": "HS256"}):
        for load in (Key.from_jwk, PyJWK, HMACAlgorithm.from_jwk):
            with pytest.raises(PyJWTError):
                load(jwk)  # type: ignore[operator]
        with pytest.raises(PyJWTError):
            Key.from_jwks({"keys": [jwk]})
        with pytest.raises(PyJWTError):
            PyJWKSet.from_dict({"keys": [jwk]})


@pytest.mark.parametrize("enforce", [True, False])
@pytest.mark.parametrize("key", ["", b""])
def test_empty_hmac_key(key: Any, enforce: bool) -> None:
    """An unset environment variable becomes an empty secret, and everyone can sign with it
    (fast-jwt CVE-2026-44351, ruby-jwt CVE-2026-45363, libjwt CVE-2026-44699)."""
    options = {"enforce_minimum_key_length": enforce}
    with pytest.raises(InvalidKeyError, match="must not be empty"):
        pyjwtfast.decode(forge({}, secret=b""), key, **HS, options=options)
    with pytest.raises(InvalidKeyError, match="must not be empty"):
        pyjwtfast.encode({}, key)
    with pytest.raises(InvalidKeyError, match="must not be empty"):
        Key.from_secret(key)
    with pytest.raises(TypeError):
        pyjwtfast.decode(forge({}, secret=b""), None, **HS)  # type: ignore[arg-type]


def test_short_keys() -> None:
    """A secret shorter than the digest can be guessed offline (CVE-2025-45768, disputed)."""
    token = forge({}, secret="s" * 31)
    with pytest.warns(pyjwtfast.warnings.InsecureKeyLengthWarning):
        pyjwtfast.decode(token, "s" * 31, **HS)
    for _ in range(2):
        with pytest.raises(InvalidKeyError):
            pyjwtfast.decode(token, "s" * 31, **HS, options={"enforce_minimum_key_length": True})


def test_a_key_with_a_method_that_gives_text() -> None:
    """An object whose `toString` the attacker controls is taken for a key (CVE-2022-23529)."""

    class Secret:
        def __str__(self) -> str:
            return SECRET

        __bytes__ = __str__

    for key in (Secret(), [SECRET], {"k": SECRET}, memoryview(SECRET.encode()), 5):
        with pytest.raises(TypeError):
            pyjwtfast.decode(forge({}), key, **HS)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "crit",
    [["zzz"], [], None, "b64", ["b64"], [1], [["zzz"]], {}, ["zzz", "b64"], ["alg"], [""], 5, True],
    ids=repr,
)
def test_crit(crit: Any) -> None:
    """An extension that must be understood is not, and the token is accepted all the same
    (authlib CVE-2025-59420, PyJWT CVE-2026-32597, fast-jwt CVE-2026-35042)."""
    header = {"alg": "HS256", "crit": crit, "zzz": 1}
    token = forge({}, header)
    with pytest.raises(InvalidTokenError, match=r"(?i)crit"):
        decode(token)
    with pytest.raises(InvalidTokenError, match=r"(?i)crit"):
        pyjwtfast.get_unverified_header(token)
    # Before the signature is looked at, and without it.
    with pytest.raises(InvalidTokenError, match=r"(?i)crit"):
        decode(forge({}, header, OTHER_SECRET))
    with pytest.raises(InvalidTokenError, match=r"(?i)crit"):
        pyjwtfast.decode(token, options={"verify_signature": False})


def test_crit_on_a_cached_header() -> None:
    """A verifier that remembers a good header must still judge another one."""
    verifier = Verifier([Key.from_secret(SECRET)], ["HS256"], cache_size=8)
    good, bad = forge({}), forge({}, {"alg": "HS256", "typ": "JWT", "crit": ["zzz"], "zzz": 1})
    for _ in range(3):
        assert verifier.verify(good) == {}
        with pytest.raises(InvalidTokenError, match="zzz"):
            verifier.verify(bad)


def test_b64_false() -> None:
    """With b64 false the payload is not base64: a verifier that ignores the header, or its absence
    from `crit`, checks other bytes than it returns (PyJWT CVE-2026-48525)."""
    plain = b64url(b'{"alg":"HS256","b64":false}')
    critical = b64url(b'{"alg":"HS256","b64":false,"crit":["b64"]}')
    for header in (plain, critical):
        with pytest.raises(DecodeError, match="Payload segment must be empty"):
            decode(resign(header, b64url(b'{"admin":true}')))
    with pytest.raises(InvalidTokenError, match="requires 'b64' to be listed in 'crit'"):
        decode(resign(plain, b""))
    with pytest.raises(DecodeError, match="detached_payload"):
        decode(resign(critical, b""))
    signed = critical + b".." + b64url(mac(critical + b'.{"a":1}'))
    assert pyjwtfast.decode(signed, SECRET, **HS, detached_payload=b'{"a":1}') == {"a": 1}
    with pytest.raises(InvalidSignatureError):
        pyjwtfast.decode(signed, SECRET, **HS, detached_payload=b'{"a":2}')


def test_embedded_keys_are_not_read() -> None:
    """The header carries, or points to, the key that verifies it (node-jose CVE-2018-0114, authlib
    CVE-2026-27962)."""
    own = "the attacker's own secret, of more than 32 bytes"
    jwk = {"kty": "oct", "k": b64url(own.encode()).decode()}
    for members in ({"jwk": jwk}, {"jku": "https://evil.example/keys"}, {"x5u": "file:///x"},
                    {"x5c": ["AAAA"]}, {"jwk": jwk, "kid": own}):  # fmt: skip
        token = forge({}, {"alg": "HS256", **members}, own)
        with pytest.raises(InvalidSignatureError):
            decode(token)
        with pytest.raises((TypeError, PyJWTError)):
            pyjwtfast.decode(token, None, **HS)  # type: ignore[arg-type]


@pytest.mark.parametrize("kid", [1, None, ["a"], {"a": 1}, True, 1.5])
def test_kid_of_another_type(kid: Any) -> None:
    """An application uses `kid` in a query or a path, and gets a list or an object."""
    for function in (decode, pyjwtfast.get_unverified_header):
        with pytest.raises(InvalidTokenError, match="Key ID header parameter must be a string"):
            function(forge({}, {"alg": "HS256", "kid": kid}))


def test_kid_is_opaque() -> None:
    """Path traversal and SQL in `kid`: handed over as it is, never used by us."""
    for kid in ("../../dev/null", "' OR 1=1 --", "a\0b", "x" * 10_000, "\ud800"):
        token = forge({}, {"alg": "HS256", "kid": kid})
        assert pyjwtfast.get_unverified_header(token)["kid"] == kid
        assert decode(token) == {}
        keyed = Verifier([Key.from_secret(SECRET, kid="k")], ["HS256"])
        with pytest.raises(PyJWTError):
            keyed.verify(token)


@pytest.mark.parametrize("junk", ["+", "/", " ", "\n", "\r\n", "\t", "#", "?", "!", "\0", "%", "=A",
                                  "é", "\x7f", "\ufeff", "~", ",", "*"])  # fmt: skip
@pytest.mark.parametrize("segment", [0, 1, 2])
@pytest.mark.parametrize("place", ["start", "middle", "end"])
def test_base64_junk(junk: str, segment: int, place: str) -> None:
    """Characters that a lenient decoder skips give one token many spellings, each past a denylist
    of tokens (authlib, python-jose; PyJWT GHSA-hxm8-2xgr-2p9m)."""
    parts = forge({"sub": "someone"}).split(".")
    text = parts[segment]
    at = {"start": 0, "middle": len(text) // 2, "end": len(text)}[place]
    parts[segment] = text[:at] + junk + text[at:]
    with pytest.raises(DecodeError):
        decode(".".join(parts))
    # Also when the signature covers the junk.
    if segment < 2:
        with pytest.raises(DecodeError):
            decode(resign(parts[0].encode(), parts[1].encode()))


def test_non_canonical_trailing_bits() -> None:
    """The unused bits of the last character are a second spelling of one signature (python-jose,
    jwcrypto): a cache or denylist keyed by the token misses it."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    token = forge({})
    accepted = []
    for character in alphabet:
        try:
            decode(token[:-1] + character)
        except InvalidTokenError:
            continue
        accepted.append(character)
    assert accepted == [token[-1]]


def elapsed(function: Callable[[], Any]) -> float:
    start = time.perf_counter()
    with pytest.raises(InvalidTokenError):
        function()
    return time.perf_counter() - start


@pytest.mark.parametrize("filler", [".", "A", "=", "A.", "\0", "é"])
def test_a_megabyte_is_refused_at_once(filler: str) -> None:
    """A header of a megabyte of dots makes a splitting parser allocate a million pieces (golang-jwt
    CVE-2025-30204, go-jose CVE-2025-27144); oversized segments: authlib CVE-2025-61920."""
    token = (filler * (1_000_000 // len(filler)))[:1_000_000]
    large = Verifier([Key.from_secret(SECRET)], ["HS256"], max_token_bytes=10**7)
    for function in (
        lambda: decode(token),
        lambda: pyjwtfast.get_unverified_header(token),
        lambda: large.verify(token),
        lambda: pyjwtfast.decode(token, options={"verify_signature": False}),
    ):
        assert min(elapsed(function) for _ in range(3)) < 0.05


def test_dots_take_linear_time() -> None:
    """Ten times the dots take about ten times as long, not a hundred."""
    large = Verifier([Key.from_secret(SECRET)], ["HS256"], max_token_bytes=10**8)
    few = min(elapsed(lambda: large.verify("." * 10**6)) for _ in range(5))
    many = min(elapsed(lambda: large.verify("." * 10**7)) for _ in range(3))
    assert many < max(few * 60, 0.05)


def test_oversized_tokens() -> None:
    """Memory is taken for what a stranger sends: the token is bounded before it is decoded."""
    token = forge({"a": "x" * 300_000})
    for given in (token, token.encode()):
        with pytest.raises(DecodeError):
            decode(given)
        with pytest.raises(DecodeError):
            pyjwtfast.get_unverified_header(given)


def in_small_stack(function: Callable[[], Any]) -> BaseException | None:
    """Run in a thread with a stack of 128 KiB, as musl has it; the exception it ended with."""
    caught: list[BaseException] = []

    def run() -> None:
        try:
            function()
        except BaseException as error:
            caught.append(error)

    previous = threading.stack_size(128 * 1024)
    try:
        thread = threading.Thread(target=run)
        thread.start()
    finally:
        threading.stack_size(previous)
    thread.join()
    return caught[0] if caught else None


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[[{"a":['])
def test_deep_json(opening: bytes) -> None:
    """A hundred thousand brackets overflow the stack of a recursive parser, or let RecursionError
    escape (PyJWT GHSA-8wjv-2p76-3863)."""
    deep = opening * 100_000
    wide = Verifier([Key.from_secret(SECRET)], ["HS256"], max_token_bytes=10**7)
    tokens = {
        "payload": forge(b'{"a":' + deep),
        "header": forge({}, b'{"alg":"HS256","a":' + deep),
    }
    for where, token in tokens.items():
        calls: list[Callable[[], Any]] = [
            lambda token=token: wide.verify(token),
            lambda token=token: pyjwtfast.decode(token, SECRET, **HS),
            lambda token=token: pyjwtfast.decode(token, options={"verify_signature": False}),
        ]
        if where == "header":
            calls.append(lambda token=token: pyjwtfast.get_unverified_header(token))
        for call in calls:
            with pytest.raises(DecodeError):
                call()
            assert isinstance(in_small_stack(call), DecodeError)


def test_deepest_json_in_a_small_stack() -> None:
    """What is within the limit works on any thread."""
    claims = b'{"a":' + b"[" * 127 + b"]" * 127 + b"}"
    made = Verifier([Key.from_secret(SECRET)], ["HS256"], cache_size=2)
    for _ in range(2):
        assert in_small_stack(lambda: made.verify(forge(claims))) is None


def test_huge_integers() -> None:
    """Converting a million digits takes quadratic time (CVE-2020-10735): the limit is Python's own,
    read at call time."""
    wide = Verifier([Key.from_secret(SECRET)], ["HS256"], max_token_bytes=10**7)
    for digits in (5000, 1_000_000):
        for name in ("a", "exp"):
            token = forge(b'{"%s":%s}' % (name.encode(), b"9" * digits))
            assert elapsed(lambda token=token: wide.verify(token)) < 0.2
    with pytest.raises(DecodeError):
        decode(forge(b'{"a":' + b"9" * 4301 + b"}"))
    assert decode(forge(b'{"a":' + b"9" * 4300 + b"}"))
    if hasattr(sys, "set_int_max_str_digits"):
        limit = sys.get_int_max_str_digits()
        try:
            sys.set_int_max_str_digits(640)
            with pytest.raises(DecodeError):
                decode(forge(b'{"a":' + b"9" * 641 + b"}"))
            sys.set_int_max_str_digits(0)
            assert pyjwtfast.decode(forge(b'{"a":' + b"9" * 5000 + b"}"), SECRET, **HS)
        finally:
            sys.set_int_max_str_digits(limit)


@pytest.mark.parametrize("value", [b"NaN", b"Infinity", b"-Infinity", b"1e400", b"-1e400"])
@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
def test_non_finite_times(name: str, value: bytes) -> None:
    """`NaN <= now` is false: a token whose exp is NaN never expires (authlib)."""
    with pytest.raises(InvalidTokenError):
        decode(forge(b'{"%s":%s}' % (name.encode(), value)))


@pytest.mark.parametrize("value", ["", "soon", [9e9], {"a": 1}, None, "1.5", "9" * 5000])
@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
def test_times_of_another_type(name: str, value: Any) -> None:
    """A claim the comparison cannot handle must not mean that there is none."""
    with pytest.raises(InvalidTokenError):
        decode(forge({name: value}))


@pytest.mark.parametrize(
    "value", [" 99999999999 ", "9_9999999999", "\u0669" * 11, "+99999999999", "\n99999999999\t"]
)
def test_what_int_reads_in_times(value: str) -> None:
    """PyJWT applies int() to exp, so these pass there; we follow it, and reject what is past."""
    assert decode(forge({"exp": value})) == {"exp": value}
    with pytest.raises(ExpiredSignatureError):
        decode(forge({"exp": " 1_0 "}))


def test_duplicate_names() -> None:
    """Two parsers read two different values. In the header: refused. In the claims: the last one
    counts everywhere, for the rules and for the result."""
    with pytest.raises(DecodeError):
        decode(forge({}, b'{"alg":"none","alg":"HS256"}'))
    with pytest.raises(DecodeError):
        decode(forge({}, b'{"alg":"HS256","\\u0061lg":"HS256"}'))
    assert decode(forge(b'{"sub":"a","sub":"b"}')) == {"sub": "b"}
    with pytest.raises(ExpiredSignatureError):
        decode(forge(b'{"exp":9999999999,"exp":1}'))
    with pytest.raises(ExpiredSignatureError):
        decode(forge(b'{"exp":9999999999,"\\u0065xp":1}'))
    assert decode(forge(b'{"exp":1,"exp":9999999999}')) == {"exp": 9999999999}


@pytest.mark.parametrize(
    "encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-8-sig", "utf-7"]
)
def test_only_utf_8(encoding: str) -> None:
    """RFC 8725 section 3.7: another encoding is another reading of the same bytes."""
    if encoding == "utf-7":
        claims = '{"sub":"é"}'.encode(encoding)
        assert decode(forge(claims)) == {"sub": claims[8:-2].decode()}
        return
    with pytest.raises(DecodeError):
        decode(forge('{"sub":"é"}'.encode(encoding)))
    with pytest.raises(DecodeError):
        decode(forge({}, '{"alg":"HS256"}'.encode(encoding)))


@pytest.mark.parametrize(
    "bad",
    [b"\xff", b"\xc0\x80", b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\x80",
     b"\xf0\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xc3", b"\xe2\x82",
     b"\xf0\x9f\x98"],
)  # fmt: skip
def test_invalid_utf_8(bad: bytes) -> None:
    """Overlong forms and encoded surrogates hide characters from filters; a cut sequence must not
    swallow the quote behind it."""
    for text in (b'{"a":"%s"}', b'{"%s":1}', b'{"a":"x%sx"}', b'{"a":1}%s', b"%s{}",
                 b'{"a":"0123456789abcdef0123456789abcdef%s0123456789abcdef"}'):  # fmt: skip
        with pytest.raises(DecodeError):
            decode(forge(text % bad))
        with pytest.raises(DecodeError):
            decode(forge({}, b'{"alg":"HS256","x":' + (text % bad) + b"}"))


def test_surrogates_and_nul() -> None:
    """A lone surrogate or a NUL in a claim crashes what comes later (PostgreSQL refuses NUL). JSON
    allows both, so they are returned, as json does; signing them again works."""
    for text in ("\ud800", "\udfff", "a\ud83d", "\x00", "a\x00b", "\ud83d\ude00"):
        claims = json.loads(json.dumps({"sub": text, text: 1}))
        assert decode(forge(claims)) == claims
        assert pyjwtfast.encode(claims, SECRET) == forge(claims, {"alg": "HS256", "typ": "JWT"})
        made = Verifier([Key.from_secret(SECRET)], ["HS256"], cache_size=2)
        assert made.verify(forge(claims)) == made.verify(forge(claims)) == claims


@pytest.mark.parametrize("token", ["\ud800", "a.b.\udfff", "é.é.é", b"\xff.\xff.\xff", "\0.\0.\0"])
def test_input_that_is_no_token(token: Any) -> None:
    """Input from the network that cannot be encoded must be a bad token, not a server error."""
    for function in (decode, pyjwtfast.get_unverified_header, verify):
        with pytest.raises(DecodeError):
            function(token)


def test_partial_issuer() -> None:
    """`iss in issuer` on text accepts every part of it (PyJWT CVE-2024-53861)."""
    for iss in ("a", "", "acme", "cme.co", "https://acme.com/", "HTTPS://ACME.COM"):
        with pytest.raises(InvalidIssuerError):
            pyjwtfast.decode(forge({"iss": iss}), SECRET, **HS, issuer="https://acme.com")
        with pytest.raises(InvalidIssuerError):
            verify(forge({"iss": iss}), issuer="https://acme.com")


def test_partial_audience() -> None:
    """The same for `aud`, where both sides may be text."""
    for aud in ("a", "api", ["ap", "pi"], "my-api-2"):
        with pytest.raises(exceptions.InvalidAudienceError):
            pyjwtfast.decode(forge({"aud": aud}), SECRET, **HS, audience="my-api")


def test_expired_and_badly_signed() -> None:
    """A caller that treats "expired" as harmless lets a forged token through when that is reported
    first (golang-jwt CVE-2024-51744)."""
    for claims in ({"exp": 1}, {"nbf": 9e9}, {"iat": "x"}, {"aud": "b"}, {"sub": 5}, [], b"{"):
        with pytest.raises(InvalidSignatureError) as caught:
            decode(forge(claims, secret=OTHER_SECRET))
        assert type(caught.value) is InvalidSignatureError
        assert str(caught.value) == "Signature verification failed"


@pytest.mark.parametrize("segments", [1, 2, 4, 5, 6])
def test_jwe_and_other_segment_counts(segments: int) -> None:
    """Five segments are a JWE; a parser that goes on with the first three verifies something else
    (rfc8725bis, JWT format confusion)."""
    parts = [*forge({"a": 1}).split("."), "e30", "e30", "e30"]
    with pytest.raises(DecodeError):
        decode(".".join(parts[:segments]))
    jwe = {"alg": "dir", "enc": "A256GCM", "zip": "DEF"}
    with pytest.raises(DecodeError):
        decode(b".".join([b64url(compact(jwe)), b"", b"AAAA", b"AAAA", b"AAAA"]))


@pytest.mark.parametrize(
    "text", ['{"payload":"e30","signatures":[]}', "[]", '"a.b.c"', "{}..", "{"]
)
def test_json_serialisation(text: str) -> None:
    """One input that is read as JSON by one parser and as compact by the other (rfc8725bis)."""
    with pytest.raises(DecodeError):
        decode(text)
    header, payload, signature = forge({}).split(".")
    mixed = json.dumps({"protected": header, "payload": payload, "signature": signature})
    with pytest.raises(DecodeError):
        decode(mixed)


@pytest.mark.parametrize("leeway", [math.nan, math.inf, -math.inf])
def test_non_finite_leeway(leeway: float) -> None:
    """leeway=nan makes every comparison false: PyJWT accepts an expired token."""
    with pytest.raises(ValueError, match=r"(?i)leeway"):
        pyjwtfast.decode(forge({"exp": 1}), SECRET, **HS, leeway=leeway)
    with pytest.raises(ValueError, match=r"(?i)leeway"):
        verify(forge({"exp": 1}), leeway=leeway)


def test_algorithms_as_text() -> None:
    """`alg in "HS256"` is true for "HS2": a str is one exact name, or a TypeError."""
    for name in ("xxHS256xx", "HS2566", "HS256 HS384", "S256"):
        with pytest.raises((TypeError, InvalidAlgorithmError)):
            pyjwtfast.decode(forge({}), SECRET, algorithms=name)  # type: ignore[arg-type]
    for token in (forge({}, {"alg": "H"}), forge({}, {"alg": "HS2"}), forge({}, {"alg": ""})):
        with pytest.raises((TypeError, InvalidAlgorithmError)):
            pyjwtfast.decode(token, SECRET, algorithms="HS256")  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [None, "", 0, False, []])
def test_alg_null_on_encode(value: Any) -> None:
    """PyJWT signs with HS256 and writes `"alg":null`: no verifier accepts it, some crash."""
    with pytest.raises((PyJWTError, TypeError, ValueError)):
        pyjwtfast.encode({}, SECRET, headers={"alg": value})
    with pytest.raises((PyJWTError, TypeError, ValueError)):
        Signer(Key.from_secret(SECRET), headers={"alg": value})


def test_secrets_are_bound_to_their_family() -> None:
    """The cache of prepared keys must not hand the bytes of one family to another: first used as an
    HMAC secret, then refused as a key of "none", then used again."""
    for _ in range(3):
        assert pyjwtfast.decode(forge({}), SECRET, **HS) == {}
        with pytest.raises(InvalidKeyError):
            pyjwtfast.encode({}, SECRET, algorithm="none")
        with pytest.raises(PyJWTError):
            pyjwtfast.decode(unsigned({"alg": "none"}), SECRET, algorithms=["none", "HS256"])


def test_mac_lengths() -> None:
    """A truncated or empty tag that matches as far as it goes must not verify."""
    head, _, _ = forge({"a": 1}).rpartition(".")
    full = mac(head.encode())
    for length in (0, 1, 4, 16, 31):
        with pytest.raises(InvalidSignatureError):
            decode(f"{head}.{b64url(full[:length]).decode()}")
    for longer in (full + b"\0", full + full, b"\0" + full):
        with pytest.raises(InvalidSignatureError):
            decode(f"{head}.{b64url(longer).decode()}")


def test_verified_bytes_are_returned_bytes() -> None:
    """The claims are those of the signed segment, whatever its JSON spelling."""
    text = b' {\t"sub" : "a\\u0062" ,\r\n "n" : [ 1 , 2.50 ] } '
    assert decode(forge(text)) == {"sub": "ab", "n": [1, 2.5]}


def test_errors_carry_no_claims() -> None:
    """A log of refused tokens must not become a store of their content."""
    for token in (forge({"ssn": "078-05-1120"}, secret=OTHER_SECRET),
                  forge(b'{"ssn":"078-05-1120"'), forge({"ssn": "078-05-1120", "exp": 1}),
                  forge({}, b'{"ssn":"078-05-1120"')):  # fmt: skip
        error: BaseException | None
        with pytest.raises(InvalidTokenError) as caught:
            decode(token)
        error = caught.value
        while error is not None:
            assert "078-05-1120" not in repr(error)
            assert SECRET not in repr(error)
            error = error.__cause__


# --- signatures of asymmetric keys ---

# The orders of the curves: FIPS 186-4 appendix D, SEC 2.
ORDERS = {
    "p256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "secp256k1": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    "p384": int("F" * 48 + "C7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973", 16),
    "p521": int(
        "1" + "F" * 65 + "A51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409", 16
    ),
}
CURVES = [("ES256", "p256"), ("ES256K", "secp256k1"), ("ES384", "p384"), ("ES512", "p521")]


def ecdsa(name: str, algorithm: str, body: bytes) -> tuple[int, int]:
    """r and s of a good signature, by the library cryptography."""
    digest = {"ES256": hashes.SHA256(), "ES256K": hashes.SHA256(), "ES384": hashes.SHA384(),
              "ES512": hashes.SHA512()}[algorithm]  # fmt: skip
    r, s = utils.decode_dss_signature(keys.private_object(name).sign(body, ec.ECDSA(digest)))
    return r, s


@pytest.mark.parametrize(("algorithm", "name"), CURVES)
def test_psychic_signatures(algorithm: str, name: str) -> None:
    """r and s of zero verify anything where nobody looks at their range (Java CVE-2022-21449)."""
    order = ORDERS[name]
    size = (order.bit_length() + 7) // 8
    body = signing_input(algorithm, {"admin": True})
    r, s = ecdsa(name, algorithm, body)
    good = signed_by(body, r.to_bytes(size, "big") + s.to_bytes(size, "big"))
    assert pyjwtfast.decode(good, keys.public_pem(name), algorithms=[algorithm]) == {"admin": True}
    pairs = [(0, 0), (0, s), (r, 0), (order, order), (order, s), (r, order), (0, order), (1, 0)]
    pairs += [(1, 1), (r, 1), (order - 1, order - 1), (256**size - 1, 256**size - 1)]
    pairs += [(r + order, s), (r, s + order), (s, r)]
    for first, second in pairs:
        if max(first, second) < 256**size:
            pair = first.to_bytes(size, "big") + second.to_bytes(size, "big")
            check_refused(signed_by(body, pair), algorithm, name)


@pytest.mark.parametrize(("algorithm", "name"), CURVES)
def test_length_of_ecdsa_signatures(algorithm: str, name: str) -> None:
    """A pair of numbers with zeros before them, or as DER, is a second spelling of a signature
    (jwcrypto accepts the first kind; RFC 7518 section 3.4 has one length)."""
    size = (ORDERS[name].bit_length() + 7) // 8
    body = signing_input(algorithm)
    r, s = ecdsa(name, algorithm, body)
    one, two = r.to_bytes(size, "big"), s.to_bytes(size, "big")
    longer = [
        b"\0" + one + b"\0" + two,
        b"\0\0" + one + two,
        one + two + b"\0\0",
        one + two + b"\0",
    ]
    shorter = [b"", one, (one + two)[:-1], (one + two)[1:], one[1:] + two[1:], bytes(size)]
    for signature in (*longer, *shorter, utils.encode_dss_signature(r, s), (one + two) * 2):
        check_refused(signed_by(body, signature), algorithm, name)


SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")


def textbook_rsa(name: str, message: bytes) -> bytes:
    """The message, a number, to the power of the private exponent."""
    numbers = keys.private_object(name).private_numbers()
    n = numbers.public_numbers.n
    return pow(int.from_bytes(message, "big"), numbers.d, n).to_bytes(
        (n.bit_length() + 7) // 8, "big"
    )


def sha256(data: bytes) -> bytes:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(data)
    return digest.finalize()


def test_rsa_padding() -> None:
    """A verifier that parses the padding itself, and not strictly, takes what anybody can compute
    (Bleichenbacher 2006, BERserk 2014)."""
    body = signing_input("RS256", {"admin": True})
    digest = sha256(body)
    info = SHA256_PREFIX + digest

    def padded(tail: bytes, start: bytes = b"\0\1", filler: bytes = b"\xff") -> bytes:
        return start + filler * (256 - len(start) - 1 - len(tail)) + b"\0" + tail

    good = signed_by(body, textbook_rsa("rsa", padded(info)))
    assert pyjwtfast.decode(good, keys.public_pem("rsa"), algorithms=["RS256"]) == {"admin": True}
    without_null = bytes.fromhex("302f300b0609608648016503040201") + b"\x04\x20" + digest
    long_lengths = bytes.fromhex("308131300d060960864801650304020105000420") + digest
    of_sha1 = bytes.fromhex("3021300906052b0e03021a05000414") + digest[:20]
    of_sha512 = bytes.fromhex("3051300d060960864801650304020305000440") + digest * 2
    half = b"\0\1" + b"\xff" * 8 + b"\0" + info
    messages = {
        "type 0": padded(info, b"\0\0"),
        "type 2": padded(info, b"\0\2"),
        "first byte": padded(info, b"\1\1"),
        "other filler": padded(info, filler=b"\xfe"),
        "a hole in the filler": padded(info)[:100] + b"\0" + padded(info)[101:],
        "no zero behind it": b"\0\1" + b"\xff" * (254 - len(info)) + info,
        "garbage behind": half + b"\x55" * (256 - len(half)),
        "zeros behind": half + bytes(256 - len(half)),
        "no NULL": padded(without_null),
        "another NULL": padded(info.replace(b"\5\0", b"\4\0", 1)),
        "long lengths": padded(long_lengths),
        "digest alone": padded(digest),
        "another hash's name": padded(of_sha1),
        "a longer hash's name": padded(of_sha512),
        "a byte behind the digest": padded(info + b"\0"),
        "an empty digest": padded(SHA256_PREFIX[:-1] + b"\0"),
        "no padding": bytes(256 - len(info)) + info,
    }
    for name, message in messages.items():
        assert len(message) == 256, name
        check_refused(signed_by(body, textbook_rsa("rsa", message)), "RS256", "rsa")


def test_rsa_numbers() -> None:
    """Numbers that make the power trivial, or stand for another number modulo n."""
    n = keys.private_object("rsa").private_numbers().public_numbers.n
    body = signing_input("RS256")
    good = textbook_rsa("rsa", b"\0\1" + b"\xff" * 202 + b"\0" + SHA256_PREFIX + sha256(body))
    number = int.from_bytes(good, "big")
    assert pyjwtfast.decode(signed_by(body, good), keys.public_pem("rsa"), ["RS256"]) == {}
    wrong = [b"", bytes(256), b"\0" + good, good + b"\0", good[1:], good[:-1], good * 2]
    wrong += [value.to_bytes(256, "big") for value in (1, n - 1, n, n - number, 256**256 - 1)]
    wrong += [(number + n).to_bytes(257, "big")]
    if number + n < 256**256:
        wrong += [(number + n).to_bytes(256, "big")]
    for signature in wrong:
        for algorithm in ("RS256", "PS256"):
            token = signed_by(signing_input(algorithm), signature)
            check_refused(token, algorithm, "rsa")


def cube_root(number: int) -> int:
    """The least integer whose cube is not below the number."""
    low, high = 0, 1 << (number.bit_length() // 3 + 1)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if middle**3 < number else (low, middle)
    return low


def test_rsa_with_exponent_3() -> None:
    """With an exponent of 3, a cube root makes up a signature that begins well, without the
    private key (Bleichenbacher 2006)."""
    key = rsa.generate_private_key(3, 2048)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    body = signing_input("RS256", {"admin": True})
    start = b"\0\1\xff\xff\xff\xff\xff\xff\xff\xff\0" + SHA256_PREFIX + sha256(body)
    forged = cube_root(int.from_bytes(start + bytes(256 - len(start)), "big"))
    assert (forged**3).to_bytes(256, "big").startswith(start)
    good = key.sign(body, padding.PKCS1v15(), hashes.SHA256())
    assert pyjwtfast.decode(signed_by(body, good), public, ["RS256"]) == {"admin": True}
    token = signed_by(body, forged.to_bytes(256, "big"))
    with pytest.raises(InvalidSignatureError):
        pyjwtfast.decode(token, public, ["RS256"])
    with pytest.raises(InvalidSignatureError):
        Verifier([Key.from_pem(public)], ["RS256"]).verify(token)


def test_pss_parameters() -> None:
    """OpenSSL reads the length of the salt from the signature unless told otherwise: PS256 is one
    salt of 32 bytes, and MGF1 with the same hash (RFC 7518 section 3.5)."""
    key = keys.private_object("rsa")
    digests = {"PS256": hashes.SHA256(), "PS384": hashes.SHA384(), "PS512": hashes.SHA512()}
    for algorithm, digest in digests.items():
        body = signing_input(algorithm)
        size = digest.digest_size

        def by(mask: Any, salt: int, body: bytes = body, digest: Any = digest) -> str:
            return signed_by(body, key.sign(body, padding.PSS(padding.MGF1(mask), salt), digest))

        good = by(digest, size)
        assert pyjwtfast.decode(good, keys.public_pem("rsa"), [algorithm]) == {}
        for salt in (0, 1, 20, size - 1, size + 1, 256 - size - 2):
            check_refused(by(digest, salt), algorithm, "rsa")
        for mask in (hashes.SHA1(), *(other for other in digests.values() if other is not digest)):
            check_refused(by(mask, size), algorithm, "rsa")
        # The padding of one family under the name of the other.
        check_refused(signed_by(body, key.sign(body, padding.PKCS1v15(), digest)), algorithm, "rsa")
        body = signing_input(algorithm.replace("PS", "RS"))
        pss = key.sign(body, padding.PSS(padding.MGF1(digest), size), digest)
        check_refused(signed_by(body, pss), algorithm.replace("PS", "RS"), "rsa")


# --- keys ---


def number(value: int) -> str:
    return b64url(value.to_bytes((value.bit_length() + 7) // 8, "big")).decode()


@pytest.mark.parametrize("bits", [16_392, 65_536, 1_000_000])
def test_huge_rsa_modulus(bits: int) -> None:
    """A JWK set with a modulus of 64,000 bits: each verification takes seconds of a processor."""
    jwk = {"kty": "RSA", "n": number(2**bits - 1), "e": "AQAB", "alg": "RS256", "kid": "bomb"}
    start = time.perf_counter()
    for load in (Key.from_jwk, PyJWK, lambda jwk: Key.from_jwks({"keys": [jwk]})):
        with pytest.raises(PyJWTError):
            load(jwk)  # type: ignore[operator]
    good = {**keys.jwk("rsa", private=False), "alg": "RS256", "kid": "good"}
    assert [key.kid for key in Key.from_jwks({"keys": [jwk, good]})] == ["good"]
    if bits < 100_000:
        public = rsa.RSAPublicNumbers(65537, 2**bits - 1).public_key()
        for form in (serialization.Encoding.PEM, serialization.Encoding.DER):
            text = public.public_bytes(form, serialization.PublicFormat.SubjectPublicKeyInfo)
            load = Key.from_pem if form is serialization.Encoding.PEM else Key.from_der
            with pytest.raises(InvalidKeyError):
                load(text)  # type: ignore[operator]
            with pytest.raises(InvalidKeyError):
                pyjwtfast.decode(signed_by(signing_input("RS256"), bytes(256)), text, ["RS256"])
    assert time.perf_counter() - start < 2


def test_private_parts_in_a_set() -> None:
    """JWK set bombs: a megabyte of RSA keys given by n, e and d alone, whose primes are looked for,
    takes seven minutes. Whoever publishes a set does not choose how long it is worked on."""
    number = b64url(b"\xc5" * 2048).decode()
    bomb = {"kty": "RSA", "n": number, "e": "AQAB", "d": b64url(b"\x6b" * 2048).decode()}
    good = Key.generate("RS256", kid="good").public().to_jwk()
    text = json.dumps({"keys": [*[bomb] * 40, good]})
    started = time.process_time()
    assert [key.kid for key in Key.from_jwks(text)] == ["good"]
    assert [key.key_id for key in PyJWKSet.from_json(text)] == ["good"]
    for load in (Key.from_jwks, PyJWKSet.from_json):
        with pytest.raises(PyJWTError, match="private parts"):
            load(text, strict=True)  # type: ignore[operator]
    assert time.process_time() - started < 10

    pair = Key.generate("ES256")
    many = json.dumps({"keys": [pair.to_jwk(private=True)] * 1000})
    assert 50 <= len(Key.from_jwks(many)) == len(PyJWKSet.from_json(many).keys) < 1000
    many = json.dumps({"keys": [pair.to_jwk()] * 1000})
    assert len(Key.from_jwks(many)) == len(PyJWKSet.from_json(many).keys) == 1000


@pytest.mark.parametrize(
    "exponent", [0, 1, 2, 65536, 2**64 + 13, 2**2047 + 1], ids=lambda value: str(value)[:12]
)
def test_rsa_exponents(exponent: int) -> None:
    """An exponent as long as the modulus costs as much as a signature; 1 makes each one its own."""
    jwk = {**keys.jwk("rsa", private=False), "e": number(exponent) if exponent else "AA"}
    for load in (Key.from_jwk, PyJWK):
        with pytest.raises(InvalidKeyError):
            load(jwk)  # type: ignore[operator]


def test_cost_of_an_encrypted_key() -> None:
    """The iterations of PBES2 are in the text of the key, hence its author's to choose
    (python-jose CVE-2024-33664, jwcrypto CVE-2026-39373, joserfc CVE-2026-27932 in JWE)."""
    with_rounds = ("-v2", "aes-256-cbc", "-iter", str(0xCAFE), "-passout", "pass:right")
    pem = keys.private_pem("p256")
    der = openssl("pkcs8", "-topk8", *with_rounds, "-outform", "DER", stdin=pem)
    assert Key.from_der(der, password="right").is_private
    # The same number of bytes, far more rounds: 0x7fffffff where PBKDF2's INTEGER is 4 bytes long.
    integer = bytes.fromhex("020300cafe")
    assert der.count(integer) == 1
    at = der.index(integer)
    bomb = bytearray(der[:at] + bytes.fromhex("02047fffffff") + der[at + len(integer) :])
    # Every SEQUENCE around it is longer by one byte.
    position = 0
    while position < at:
        if bomb[position] == 0x30:
            count = bomb[position + 1] & 0x7F if bomb[position + 1] & 0x80 else 0
            last = position + 1 + count
            length = int.from_bytes(bomb[position + 2 : last + 1], "big") if count else bomb[last]
            if last < at < last + 1 + length:
                bomb[last] += 1
                position = last + 1
                continue
            position = last + 1 + length
        else:
            position += 2 + bomb[position + 1]
    start = time.perf_counter()
    with pytest.raises(InvalidKeyError, match="too much work"):
        Key.from_der(bytes(bomb), password="right")
    assert time.perf_counter() - start < 0.2


def test_a_password_is_never_asked_for() -> None:
    """OpenSSL asks on the terminal for a password that it was not given, and the server waits."""
    old = openssl(
        "rsa", "-aes128", "-traditional", "-passout", "pass:x", stdin=keys.private_pem("rsa")
    )
    assert b"DEK-Info" in old
    for encrypted, algorithm in ((key_material.EC_ENCRYPTED_PEM, "ES256"), (old, "RS256")):
        for call in every_way(encrypted, algorithm):
            with pytest.raises(InvalidKeyError, match=r"no password was given"):
                call()


def openssl(*arguments: str, stdin: bytes = b"") -> bytes:
    command = ["openssl", *arguments]
    return subprocess.run(command, check=True, capture_output=True, input=stdin).stdout


def every_way(text: bytes, algorithm: str) -> list[Callable[[], Any]]:
    token = signed_by(signing_input(algorithm), bytes(64))
    return [
        lambda: Key.from_pem(text),
        lambda: pyjwtfast.encode({}, text, algorithm),
        lambda: pyjwtfast.decode(token, text, algorithms=[algorithm]),
    ]


def test_several_keys_in_a_text() -> None:
    """The first key of a bundle is checked by one program, the last one by another."""
    one, two = keys.public_pem("p256"), keys.public_pem("other p256")
    private = keys.private_pem("p256")
    bundles = (one + two, one + one, private + one, one + private, key_material.CERTIFICATE_PEM * 2)
    for text in (*bundles, one + b"\nmore", b"Subject: x\n" + one):
        for call in every_way(text, "ES256"):
            with pytest.raises(InvalidKeyError):
                call()


def test_explicit_curve_parameters() -> None:
    """A key that brings its own curve: a generator of the attacker's choice makes any public key
    theirs (CVE-2020-0601)."""
    command = ("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-param_enc", "explicit")
    private = openssl(*command)
    for call in every_way(private, "ES256"):
        with pytest.raises(InvalidKeyError):
            call()


def test_keys_restricted_to_pss() -> None:
    """A key that its owner made for PSS alone (RFC 4055) is not one for PKCS #1 v1.5."""
    private = openssl("genpkey", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048")
    for algorithm in ("RS256", "RS384", "RS512"):
        with pytest.raises(InvalidKeyError):
            pyjwtfast.encode({}, private, algorithm)
        with pytest.raises(InvalidKeyError):
            Signer(Key.from_pem(private), algorithm)
        with pytest.raises(InvalidKeyError):
            Verifier([Key.from_pem(private).public()], [algorithm])


OTHER_KEYS: dict[str, Callable[[], Any]] = {
    "X25519": x25519.X25519PrivateKey.generate,
    "X448": x448.X448PrivateKey.generate,
    "DSA": lambda: dsa.generate_private_key(1024),
    "P-224": lambda: ec.generate_private_key(ec.SECP224R1()),
    "brainpoolP256r1": lambda: ec.generate_private_key(ec.BrainpoolP256R1()),
}


@pytest.mark.parametrize("kind", [*OTHER_KEYS, "DH"])
def test_keys_of_other_kinds(kind: str) -> None:
    """Keys that sign nothing, or nothing in JWS, are refused when they are loaded: not later, by
    whatever OpenSSL makes of them."""
    if kind == "DH":
        texts = [openssl("genpkey", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048")]
    else:
        key = OTHER_KEYS[kind]()
        pem = serialization.Encoding.PEM
        texts = [
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
            key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo),
        ]
    for text in texts:
        for algorithm in ("ES256", "RS256", "EdDSA"):
            for call in every_way(text, algorithm):
                with pytest.raises(InvalidKeyError):
                    call()


# The points of small order of Ed25519 in all their encodings, as in libsodium's list: whoever owns
# such a key can find signatures that hold for many messages.
SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


@pytest.mark.parametrize("point", SMALL_ORDER)
def test_points_of_small_order(point: str) -> None:
    """An Ed25519 key of small order: one signature verifies many tokens."""
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": b64url(bytes.fromhex(point)).decode()}
    for load in (Key.from_jwk, PyJWK):
        with pytest.raises(InvalidKeyError):
            load(jwk)  # type: ignore[operator]
    spki = bytes.fromhex("302a300506032b6570032100" + point)
    with pytest.raises(InvalidKeyError):
        Key.from_der(spki)
    # R the neutral element, S zero: holds for such keys whatever is signed.
    token = signed_by(signing_input("EdDSA"), bytes([1]) + bytes(63))
    with pytest.raises(InvalidKeyError):
        pyjwtfast.decode(token, spki, algorithms=["EdDSA"])


def test_one_text_in_two_families() -> None:
    """The cache of prepared keys must not answer a question about one family, or one purpose, with
    what it holds for another; and what was refused once is refused again."""
    public, private = keys.public_pem("rsa"), keys.private_pem("rsa")
    token = pyjwtfast.encode({}, private, "RS256")
    pss = pyjwtfast.encode({}, private, "PS256")
    forged = forge({}, secret=public)
    for _ in range(3):
        assert pyjwtfast.decode(token, public, algorithms=["RS256"]) == {}
        for refused in (
            lambda: pyjwtfast.decode(forged, public, algorithms=["HS256"]),
            lambda: pyjwtfast.decode(forged, public, algorithms=["RS256", "HS256"]),
            lambda: pyjwtfast.encode({}, public, "HS256"),
            lambda: pyjwtfast.encode({}, private, "HS256"),
            lambda: pyjwtfast.encode({}, public, "RS256"),
            lambda: pyjwtfast.encode({}, private, "ES256"),
            lambda: pyjwtfast.encode({}, SECRET, "RS256"),
        ):
            with pytest.raises(InvalidKeyError):
                refused()
        assert pyjwtfast.decode(pss, public, algorithms=["PS256"]) == {}
        with pytest.raises(InvalidAlgorithmError):
            pyjwtfast.decode(pss, public, algorithms=["RS256"])
        assert pyjwtfast.decode(forge({}), SECRET, **HS) == {}


def test_secrets_are_compared_in_constant_time() -> None:
    """Where the comparison ends tells how many bytes were right. A clock would not show it reliably
    here, so the source does: nothing but CRYPTO_memcmp near signatures and keys' secrets."""
    core = Path(__file__).resolve().parent.parent / "csrc" / "core"
    calls = {path.name: path.read_text() for path in core.glob("sig*.c")}
    assert len(calls) >= 6
    for name, text in calls.items():
        assert " memcmp(" not in text, name
        assert "(memcmp(" not in text, name
    assert "pjf_secret_equal(" in calls["sig.c"]
    assert "CRYPTO_memcmp(" in (core / "base.c").read_text()


# --- tokens ---


def test_padding_behind_a_segment() -> None:
    """Some senders pad (AWS's load balancers). PyJWT takes it where it is right, and so do we: a
    second spelling of a token, so that nothing may go by a token's text but its own cache entry."""
    parts = forge({"a": 12}).split(".")
    paddings = ["=" * (-len(part) % 4) for part in parts]
    assert any(paddings)
    made = Verifier([Key.from_secret(SECRET)], ["HS256"], cache_size=8)
    padded = ".".join((*parts[:2], parts[2] + paddings[2]))
    assert made.verify(".".join(parts)) == made.verify(padded) == {"a": 12}
    assert made.cache_info().entries == 2
    assert jwt.decode(padded, SECRET, **HS) == decode(padded) == {"a": 12}
    for wrong in ("=" * (len(paddings[2]) % 2 + 1 + len(paddings[2])), "====", "=A", "= "):
        token = ".".join((*parts[:2], parts[2] + wrong))
        with pytest.raises(DecodeError):
            decode(token)


@pytest.mark.parametrize("value", [b"NaN", b"-Infinity", b"1e400"])
def test_non_finite_numbers_elsewhere(value: bytes) -> None:
    """In other claims they are json's business, as with PyJWT: what signed them meant them."""
    token = forge(b'{"a":' + value + b"}")
    assert repr(decode(token)) == repr(jwt.decode(token, SECRET, **HS))


# --- JWK sets from elsewhere ---


@pytest.mark.parametrize(
    "uri", ["file:///etc/passwd", "ftp://127.0.0.1/k", "data:,{}", "gopher://x", "FILE:/etc/passwd"]
)
def test_other_schemes_of_a_set(uri: str) -> None:
    """A URI from a configuration, or worse from a token, reads local files (PyJWT
    CVE-2026-48522)."""
    with pytest.raises(PyJWKClientError, match="scheme"):
        PyJWKClient(uri)


def test_a_set_elsewhere() -> None:
    """A redirect leads the client to an address inside, or to a file (PyJWT GHSA-9v7f)."""
    with jwks_server.serving() as inside, jwks_server.serving() as outside:
        for status in (301, 302, 303, 307, 308):
            for target in (inside.uri, "file:///etc/passwd"):
                outside.behave = jwks_server.says({}, status, Location=target)
                with pytest.raises(PyJWKClientError):
                    PyJWKClient(outside.uri, timeout=5).get_jwk_set()
        assert inside.requests == []


def test_a_set_that_cannot_be_renewed() -> None:
    """A failing refresh wipes the keys that were there, and with them every login (PyJWT
    CVE-2026-48524)."""
    key = Key.generate("ES256", kid="k")
    token = Signer(key, "ES256").sign({})
    answers = [
        jwks_server.says({}, 500),
        jwks_server.sends(b"<html>"),
        jwks_server.says({"keys": []}),
        jwks_server.says({"keys": [{"kty": "RSA", "n": number(2**65_535 + 1), "e": "AQAB"}]}),
        jwks_server.hangs_up,
    ]
    with jwks_server.serving() as server:
        for answer in answers:
            server.behave = jwks_server.says({"keys": [key.public().to_jwk()]})
            client = PyJWKClient(server.uri, timeout=5)
            assert pyjwtfast.decode(token, client.get_signing_key_from_jwt(token)) == {}
            server.behave = answer
            with pytest.raises(PyJWKClientError):
                client.get_jwk_set(refresh=True)
            assert pyjwtfast.decode(token, client.get_signing_key_from_jwt(token)) == {}


def test_made_up_key_ids() -> None:
    """Each unknown `kid` makes the client ask the issuer again: anybody can set off a flood (PyJWT
    GHSA-2gx3)."""
    key = Key.generate("ES256", kid="k")
    with jwks_server.serving() as server:
        server.behave = jwks_server.says({"keys": [key.public().to_jwk()]})
        client = PyJWKClient(server.uri, timeout=5)
        for count in range(50):
            with pytest.raises(PyJWKClientError):
                client.get_signing_key_from_jwt(forge({}, {"alg": "HS256", "kid": f"k{count}"}))
        assert len(server.requests) <= 2
        assert client.get_signing_key("k").key_id == "k"


def test_a_key_of_a_set_serves_its_own_family() -> None:
    """Algorithm confusion by way of a set: the key found by `kid` is used with HS256."""
    key = Key.generate("RS256", kid="k")
    with jwks_server.serving() as server:
        server.behave = jwks_server.says({"keys": [key.public().to_jwk()]})
        found = PyJWKClient(server.uri, timeout=5).get_signing_key("k")
    for secret in (key.public().to_pem(), json.dumps(key.public().to_jwk()), SECRET):
        forged = forge({"admin": True}, {"alg": "HS256", "kid": "k"}, secret)
        for algorithms in (None, ["HS256"], ["RS256", "HS256"]):
            with pytest.raises(PyJWTError):
                pyjwtfast.decode(forged, found, algorithms=algorithms)


# --- what other files test ---

ELSEWHERE = {
    "two faults at once": ["api/test_differential_faults.py::test_two_faults"],
    "reading past a page": [
        "../csrc/tests/test_b64url.c::nothing_outside_is_touched_everywhere",
        "../csrc/tests/test_b64url.c::every_length_everywhere",
    ],
    "text of keys as secrets": [
        "api/test_key_text.py::test_we_refuse_what_pyjwt_refuses",
        "api/test_key_text.py::test_jwk_spelt_and_encoded_otherwise",
    ],
    "use and key_ops": ["api/test_asymmetric.py::test_use_and_key_ops"],
    "inactive users": [
        "drf/test_authentication.py::test_activity_is_checked_each_time",
        "drf/test_authentication.py::test_a_remembered_token_does_not_remember_its_user",
        "drf/test_views.py::test_renewal_of_an_inactive_user",
        "drf/test_tokens.py::test_for_user",
    ],
    "a subject that a database refuses": ["drf/test_malformed.py::test_bad_user_ids"],
    "leeway of a setting": ["drf/test_backends.py::test_wrong_leeway"],
    "cache: the key is the caller's": [
        "api/test_cache.py::test_a_changed_signature_is_no_hit",
        "api/test_cache.py::test_each_tokens_own_claims",
        "api/test_cache.py::test_collisions_by_choice_are_not_to_be_had",
    ],
    "cache: another verifier's entry": [
        "api/test_cache.py::test_another_key",
        "api/test_cache.py::test_another_algorithm_list",
        "api/test_cache.py::test_other_options",
        "api/test_cache.py::test_keys_made_again_at_the_same_address",
        "api/test_cache.py::test_kid_is_looked_at",
    ],
    "cache: claims not checked again": [
        "api/test_cache.py::test_exp",
        "api/test_cache.py::test_clock_going_backwards",
        "api/test_cache.py::test_leeway_counts",
        "api/test_cache.py::test_other_rules",
    ],
    "cache: a shared result": [
        "api/test_cache.py::test_mutation_at_every_depth",
        "api/test_cache.py::test_complete",
    ],
    "cache: failures kept, junk evicts": [
        "api/test_cache.py::test_bad_signatures",
        "api/test_cache.py::test_not_yet_valid_becomes_valid",
        "api/test_cache.py::test_unverified_decodes_are_not_kept",
        "api/test_cache.py::test_junk_cannot_evict",
        "api/test_cache.py::test_entries",
        "api/test_cache.py::test_bytes",
    ],
    "cache: revocation": [
        "api/test_cache.py::test_clear",
        "api/test_cache.py::test_after_fork",
        "api/test_cache.py::test_an_expired_entry_is_removed",
    ],
    "cache: spellings": [
        "api/test_cache.py::test_padded_spelling_is_an_entry_of_its_own",
        "api/test_cache.py::test_str_and_bytes_are_one_token",
    ],
    "cache: threads": ["api/test_cache.py::test_clearing_while_others_verify"],
}


@pytest.mark.parametrize("attack", ELSEWHERE)
def test_is_tested_elsewhere(attack: str) -> None:
    for test in ELSEWHERE[attack]:
        path, name = test.split("::")
        text = (Path(__file__).parent / path).read_text()
        assert re.search(rf"def {name}\(|\bTEST\({name}\)", text), test


def test_registered_algorithms_and_the_cache() -> None:
    """An algorithm of the caller's own might change its mind: nothing it verified is remembered,
    because a Verifier, which alone remembers, takes the core's algorithms only."""
    with pytest.raises(ValueError, match="is not supported"):
        Verifier([Key.from_secret(SECRET)], ["X-OWN"], cache_size=8)
    token = forge({})
    jws = pyjwtfast.PyJWS(algorithms=["HS256"])
    assert jws.decode(token, SECRET, ["HS256"]) == b"{}"
    jws.unregister_algorithm("HS256")
    with pytest.raises(InvalidAlgorithmError):
        jws.decode(token, SECRET, ["HS256"])
