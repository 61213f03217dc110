"""Asymmetric keys for the tests, made once per session by the library cryptography, in every form
in which both libraries take them.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

# The algorithms that both libraries have, with the name of a key that serves each.
ALGORITHMS = {
    "RS256": "rsa",
    "RS384": "rsa",
    "RS512": "rsa",
    "PS256": "rsa",
    "PS384": "rsa",
    "PS512": "rsa",
    "ES256": "p256",
    "ES256K": "secp256k1",
    "ES384": "p384",
    "ES512": "p521",
    "ES521": "p521",
    "EdDSA": "ed25519",
}
RANDOMISED = ("ES", "PS")  # whose signatures differ from call to call

_MAKERS: dict[str, Callable[[], Any]] = {
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
    "other rsa": lambda: rsa.generate_private_key(65537, 2048),
    "short rsa": lambda: rsa.generate_private_key(65537, 1024),
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "other p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "secp256k1": lambda: ec.generate_private_key(ec.SECP256K1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "p521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "other ed25519": ed25519.Ed25519PrivateKey.generate,
    "ed448": ed448.Ed448PrivateKey.generate,
}
NAMES = tuple(_MAKERS)


@dataclass(frozen=True)
class OwnJWK:
    """Stands for a PyJWK: each library is given one of its own class, made from this."""

    jwk: str
    algorithm: str | None = None

    def of(self, module: Any) -> Any:
        return module.PyJWK(json.loads(self.jwk), self.algorithm)


def resolve(value: Any, module: Any) -> Any:
    """The argument as this library, `jwt` or `pyjwtfast`, is to get it."""
    return value.of(module) if isinstance(value, OwnJWK) else value


@functools.cache
def private_object(name: str) -> Any:
    """The private key as an object of cryptography's."""
    return _MAKERS[name]()


@functools.cache
def public_object(name: str) -> Any:
    return private_object(name).public_key()


@functools.cache
def private_pem(name: str) -> bytes:
    return private_object(name).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@functools.cache
def public_pem(name: str) -> bytes:
    return public_object(name).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


@functools.cache
def public_ssh(name: str) -> bytes:
    """One line as in authorized_keys; not for the curves that OpenSSH lacks."""
    return public_object(name).public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )


@functools.cache
def jwk(name: str, private: bool = True) -> dict[str, Any]:
    """The key as a JWK without alg, use, key_ops or kid, written by PyJWT."""
    import jwt

    key = private_object(name) if private else public_object(name)
    for algorithm in (
        jwt.algorithms.RSAAlgorithm,
        jwt.algorithms.ECAlgorithm,
        jwt.algorithms.OKPAlgorithm,
    ):
        try:
            made = algorithm.to_jwk(key, as_dict=True)
        except (jwt.InvalidKeyError, AttributeError):
            continue
        made.pop("key_ops", None)
        return made
    raise AssertionError(name)


def load(key: Any) -> Any:
    """An object of cryptography's for a key in any form; the key itself where there is none."""
    if isinstance(key, OwnJWK):
        made = json.loads(key.jwk)
        if made.get("kty") != "RSA" or not isinstance(made.get("n"), str):
            return key
        import jwt

        return jwt.algorithms.RSAAlgorithm.from_jwk(made)
    text = key.encode("utf-8", "surrogatepass") if isinstance(key, str) else key
    if isinstance(text, bytes) and text.startswith((b"ssh-", b"ecdsa-")):
        return serialization.load_ssh_public_key(text)
    if isinstance(text, bytes) and b"PRIVATE KEY" in text:
        return serialization.load_pem_private_key(text, None)
    if isinstance(text, bytes) and b"-----BEGIN" in text:
        return serialization.load_pem_public_key(text)
    return key


def own_jwk(
    name: str, private: bool = True, algorithm: str | None = None, **members: Any
) -> OwnJWK:
    """A PyJWK of each library: the key with these members besides."""
    return OwnJWK(json.dumps({**jwk(name, private), **members}), algorithm)


_WITHOUT_SSH = {"secp256k1", "ed448"}


def public_forms(name: str) -> dict[str, Any]:
    """The public key in every form that decode() of both libraries takes."""
    forms = {
        "PEM bytes": public_pem(name),
        "PEM str": public_pem(name).decode(),
        "object": public_object(name),
    }
    if name not in _WITHOUT_SSH:
        forms["SSH"] = public_ssh(name)
    return forms


def private_forms(name: str) -> dict[str, Any]:
    """The private key in every form that encode() of both libraries takes."""
    return {
        "PEM bytes": private_pem(name),
        "PEM str": private_pem(name).decode(),
        "object": private_object(name),
    }
