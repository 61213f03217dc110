"""PyJWT and pyjwtfast do the same with asymmetric keys: signing, verifying, every form of a key,
PyJWK, detached payloads, PyJWS, and options.
"""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pyjwtfast

from ..support import b64url
from . import key_material as material
from . import keys
from . import strategies as own
from .cases import calls
from .oracle import assert_same


@pytest.mark.parametrize("algorithm", keys.ALGORITHMS)
def test_both_read_what_either_wrote(algorithm: str) -> None:
    name = keys.ALGORITHMS[algorithm]
    claims = {"sub": "é", "a": [1, {"b": None}]}
    tokens = set()
    for form, key in keys.private_forms(name).items():
        assert_same("encode", claims, key, algorithm)
        for module in (jwt, pyjwtfast):
            tokens.add(module.encode(claims, key, algorithm, headers={"x": form}))
    for token in tokens:
        for key in keys.public_forms(name).values():
            ours = assert_same("decode_complete", token, key, algorithms=[algorithm])
            assert ours.kind == "returned"


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "EdDSA"])
def test_signatures_that_leave_no_choice_are_the_same_bytes(algorithm: str) -> None:
    key = keys.private_pem(keys.ALGORITHMS[algorithm])
    for claims in ({}, {"a": "x" * 1000}):
        token = pyjwtfast.encode(claims, key, algorithm)
        assert token == jwt.encode(claims, key, algorithm)


@pytest.mark.parametrize("algorithm", keys.ALGORITHMS)
@pytest.mark.parametrize("name", keys.NAMES)
def test_a_key_of_another_kind(algorithm: str, name: str) -> None:
    """Every algorithm with every key, to sign and to verify."""
    assert_same("encode", {"a": 1}, keys.private_pem(name), algorithm)
    assert_same("encode", {"a": 1}, keys.private_object(name), algorithm)
    token = jwt.encode({"a": 1}, keys.private_object(keys.ALGORITHMS[algorithm]), algorithm)
    assert_same("decode", token, keys.public_pem(name), algorithms=[algorithm])
    assert_same("decode", token, keys.public_object(name), algorithms=[algorithm])
    assert_same("decode", token, keys.private_pem(name), algorithms=[algorithm])


@pytest.mark.parametrize("algorithm", keys.ALGORITHMS)
def test_every_algorithm_against_every_allowed_one(algorithm: str) -> None:
    name = keys.ALGORITHMS[algorithm]
    token = jwt.encode({"a": 1}, keys.private_object(name), algorithm)
    for allowed in keys.ALGORITHMS:
        assert_same("decode", token, keys.public_pem(name), algorithms=[allowed])
        # What a forger writes: the right signature, and another name in the header.
        head = b64url(json.dumps({"alg": allowed}).encode())
        forged = head.decode() + token[token.index(".") :]
        assert_same("decode", forged, keys.public_pem(name), algorithms=[algorithm, allowed])


@pytest.mark.parametrize("algorithm", keys.ALGORITHMS)
def test_public_keys_sign_nothing(algorithm: str) -> None:
    for key in keys.public_forms(keys.ALGORITHMS[algorithm]).values():
        ours = assert_same("encode", {"a": 1}, key, algorithm)
        assert ours.kind == "raised"


@pytest.mark.parametrize("algorithm", keys.ALGORITHMS)
def test_signature_lengths(algorithm: str) -> None:
    name = keys.ALGORITHMS[algorithm]
    token = jwt.encode({"a": 1}, keys.private_object(name), algorithm)
    head, _, signature = token.rpartition(".")
    full = len(signature)
    for length in (0, 1, 2, full // 2, full - 4, full - 2, full - 1):
        assert_same("decode", f"{head}.{signature[:length]}", keys.public_pem(name), [algorithm])
    for extra in ("A", "AA", "AAAA", "A" * 400):
        assert_same("decode", token + extra, keys.public_pem(name), [algorithm])


TEXTS: dict[str, Any] = {
    "nothing": b"",
    "a word": b"key",
    "half a frame": b"-----BEGIN PUBLIC KEY-----",
    "an empty frame": b"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----",
    "junk in a frame": b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
    "junk in a private frame": b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
    "a frame of something else": b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----",
    "ssh": b"ssh-rsa",
    "ssh junk": b"ssh-ed25519 AAAA",
    "dsa over ssh": b"ssh-dss AAAAB3NzaC1kc3MAAAAA",
    "not UTF-8": b"\xff\xfe",
    "a surrogate": "\ud800",
    "NUL": b"\0",
    "another type": 5,
    "None": None,
    "a list": [],
    "a dict": {},
    "encrypted": material.EC_ENCRYPTED_PEM,
    "SEC 1": material.EC_SEC1_PEM,
    "PKCS #1": material.RSA_PKCS1_PUBLIC_PEM,
}


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
@pytest.mark.parametrize("text", TEXTS)
def test_odd_texts_as_keys(algorithm: str, text: str) -> None:
    token = jwt.encode({"a": 1}, keys.private_object(keys.ALGORITHMS[algorithm]), algorithm)
    assert_same("encode", {"a": 1}, TEXTS[text], algorithm)
    assert_same("decode", token, TEXTS[text], algorithms=[algorithm])


@pytest.mark.parametrize(
    ("name", "private"),
    [("rsa", False), ("p256", True), ("p521", False), ("ed25519", True), ("ed448", False)],
)
@pytest.mark.parametrize(
    "members",
    [
        {},
        {"alg": "same"},
        {"use": "sig", "kid": "k"},
        {"key_ops": ["sign", "verify"]},
        {"use": "enc"},
        {"key_ops": ["sign"]},
        {"key_ops": ["verify"]},
        {"alg": "RS256"},
        {"alg": "ES256"},
        {"alg": "EdDSA"},
        {"alg": "none"},
        {"alg": "XX"},
        {"kty": "RSA"},
        {"kty": "EC"},
        {"kty": "oct"},
        {"kty": ""},
        {"kty": "XX"},
        {"crv": "P-256"},
        {"crv": "Ed25519"},
        {"crv": "XX"},
        {"x": "AA"},
        {"d": "AA"},
        {"n": "AA"},
        {"kid": 5},
        {"unknown": 5},
    ],
    ids=repr,
)
def test_jwks(name: str, private: bool, members: dict[str, Any]) -> None:
    kind = name.replace("ed448", "ed25519")
    algorithms = [known for known, key in keys.ALGORITHMS.items() if key == kind]
    if members.get("alg") == "same":
        members = {"alg": algorithms[0]}
    key = keys.own_jwk(name, private, **members)
    assert_same("encode", {"a": 1}, key)
    token = jwt.encode({"a": 1}, keys.private_object(name), algorithms[0])
    assert_same("decode", token, key)
    assert_same("decode", token, key, algorithms=algorithms)
    assert_same("decode", token, key, algorithms=["HS256"])


@pytest.mark.parametrize("members", [{}, {"alg": "PS256"}, {"p": "AA"}, {"key_ops": ["verify"]}])
def test_private_rsa_jwks(members: dict[str, Any]) -> None:
    """PyJWT takes long to load them."""
    token = jwt.encode({"a": 1}, keys.private_object("rsa"), "RS256")
    assert_same("encode", {"a": 1}, keys.own_jwk("rsa", **members))
    assert_same("decode", token, keys.own_jwk("rsa", **members))


@pytest.mark.parametrize("algorithm", keys.ALGORITHMS)
def test_detached_payloads(algorithm: str) -> None:
    name = keys.ALGORITHMS[algorithm]
    private, public = keys.private_pem(name), keys.public_pem(name)
    for payload in (b'{"a":1}', b"{}"):
        for module in (jwt, pyjwtfast):
            token = module.encode(json.loads(payload), private, algorithm, headers={"b64": False})
            for given_payload in (payload, b'{"a":2}', b"", None):
                assert_same(
                    "decode",
                    token,
                    public,
                    algorithms=[algorithm],
                    detached_payload=given_payload,
                )


@given(calls())
def test_any_call(call: tuple[str, tuple[Any, ...], dict[str, Any]]) -> None:
    """What `make fuzz-python` does for as long as it is let."""
    function, args, kwargs = call
    assert_same(function, *args, **kwargs)


@given(own.payloads, st.sampled_from(sorted(keys.ALGORITHMS)))
def test_claims_survive(claims: dict[str, Any], algorithm: str) -> None:
    claims = {name: value for name, value in claims.items() if name not in {"iss", "jti"}}
    name = keys.ALGORITHMS[algorithm]
    token = pyjwtfast.encode(claims, keys.private_pem(name), algorithm)
    assert_same("decode", token, keys.public_pem(name), algorithms=[algorithm])
