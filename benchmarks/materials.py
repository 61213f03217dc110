"""The algorithms that are measured, each with a key of its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pyjwtfast

from .workloads import SECRET, Claims

HMAC = ("HS256", "HS384", "HS512")
RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
# Shown name to the algorithm that the header names, and the one that the key is made for.
CURVES = {
    "ES256": ("ES256", "ES256"),
    "ES384": ("ES384", "ES384"),
    "ES512": ("ES512", "ES512"),
    "ES256K": ("ES256K", "ES256K"),
    "EdDSA Ed25519": ("EdDSA", "Ed25519"),
    "EdDSA Ed448": ("EdDSA", "Ed448"),
}
ASYMMETRIC = (*RSA, *CURVES)
ALL = (*HMAC, *ASYMMETRIC)


def slug(name: str) -> str:
    """How the names of cases end: rs256, eddsa-ed448."""
    return name.lower().replace(" ", "-")


@dataclass(frozen=True)
class Material:
    """An algorithm, and texts and keys that sign and verify with it; HMAC has one of each.

    bare_key: the secret, or the private key in DER.
    """

    name: str
    algorithm: str
    signing_text: str
    verifying_text: str
    signing_key: pyjwtfast.Key
    verifying_key: pyjwtfast.Key
    bare_key: bytes

    @property
    def slug(self) -> str:
        return slug(self.name)

    def token_of(self, claims: Claims) -> str:
        return pyjwtfast.encode(claims, self.signing_text, algorithm=self.algorithm)


@cache
def private_key(made_for: str) -> pyjwtfast.Key:
    """A new key, through PEM so that it is bound to no algorithm."""
    return pyjwtfast.Key.from_pem(pyjwtfast.Key.generate(made_for).to_pem(private=True))


@cache
def material(name: str) -> Material:
    """The one for a name of ALL; RSA's algorithms share a key of 2048 bits."""
    if name in HMAC:
        key = pyjwtfast.Key.from_secret(SECRET)
        return Material(name, name, SECRET, SECRET, key, key, SECRET.encode("ascii"))
    algorithm, made_for = CURVES.get(name, (name, "RS256"))
    key = private_key(made_for)
    public = key.public()
    return Material(
        name,
        algorithm,
        key.to_pem(private=True),
        public.to_pem(),
        key,
        public,
        key.to_der(private=True),
    )
