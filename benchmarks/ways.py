"""How each library verifies and signs: one uniform face over their different calls.

A bare way is given the key with each call, as PyJWT's functions are; a prepared way has it
already. The loops of bare ways write the call as users do, keywords and list literal included.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import repeat
from time import perf_counter_ns
from typing import Any

import pyjwtfast

from . import django_project
from .libraries import Library
from .materials import Material
from .timing import Loop, repeating, rotating
from .workloads import SECRET, Claims

Peers = dict[str, Library]


@dataclass(frozen=True)
class Verification:
    """One way of getting the claims of a token.

    function: takes the token alone, or with `secret` the token, the secret and algorithms=[...].
    secret: whatever the library calls a key.
    bad_signature, expired: the exceptions that it raises.
    """

    library: str
    way: str
    function: Callable[..., Any]
    bad_signature: type[Exception]
    expired: type[Exception]
    secret: Any = None
    algorithm: str = "HS256"

    def __call__(self, token: str) -> Any:
        if self.secret is None:
            return self.function(token)
        return self.function(token, self.secret, algorithms=[self.algorithm])

    def repeating(self, token: str) -> Loop:
        """Verifies the same str object again and again."""
        if self.secret is None:
            return repeating(self.function, token)
        decode, secret, algorithm = self.function, self.secret, self.algorithm

        def loop(calls: int) -> float:
            start = perf_counter_ns()
            for _ in repeat(None, calls):
                decode(token, secret, algorithms=[algorithm])
            return (perf_counter_ns() - start) / calls

        return loop

    def rotating(self, fresh: Callable[[], list[str]]) -> Loop:
        """Verifies each token that fresh() makes, once."""
        if self.secret is None:
            return rotating(self.function, fresh)
        decode, secret, algorithm = self.function, self.secret, self.algorithm

        def loop(calls: int) -> float:
            spent = done = 0
            while done < calls:
                tokens = fresh()
                start = perf_counter_ns()
                for token in tokens:
                    decode(token, secret, algorithms=[algorithm])
                spent += perf_counter_ns() - start
                done += len(tokens)
            return spent / done

        return loop

    def refusing(self, token: str, error: type[Exception]) -> Loop:
        """Verifies a token that is refused, and catches the exception."""
        function, secret, algorithm = self.function, self.secret, self.algorithm

        def prepared(calls: int) -> float:
            start = perf_counter_ns()
            for _ in repeat(None, calls):
                try:
                    function(token)
                except error:
                    continue
                raise AssertionError("the token was accepted")
            return (perf_counter_ns() - start) / calls

        def bare(calls: int) -> float:
            start = perf_counter_ns()
            for _ in repeat(None, calls):
                try:
                    function(token, secret, algorithms=[algorithm])
                except error:
                    continue
                raise AssertionError("the token was accepted")
            return (perf_counter_ns() - start) / calls

        return prepared if secret is None else bare


@dataclass(frozen=True)
class Signing:
    """One way of making a token of claims; `secret` as in Verification."""

    library: str
    way: str
    function: Callable[..., str]
    secret: Any = None
    algorithm: str = "HS256"

    def __call__(self, claims: Claims) -> str:
        if self.secret is None:
            return self.function(claims)
        return self.function(claims, self.secret, algorithm=self.algorithm)

    def repeating(self, claims: Claims) -> Loop:
        """Signs the same dict again and again."""
        if self.secret is None:
            return repeating(self.function, claims)
        encode, secret, algorithm = self.function, self.secret, self.algorithm

        def loop(calls: int) -> float:
            start = perf_counter_ns()
            for _ in repeat(None, calls):
                encode(claims, secret, algorithm=algorithm)
            return (perf_counter_ns() - start) / calls

        return loop


def verifications(peers: Peers, algorithm: str = "HS256") -> list[Verification]:
    """Every way of verifying that can be imported, the peers' first."""
    django_project.configure()
    ways = []
    if jwt := peers["PyJWT"].module:
        errors = (jwt.InvalidSignatureError, jwt.ExpiredSignatureError)
        ways.append(Verification("PyJWT", "decode()", jwt.decode, *errors, SECRET, algorithm))
    if peers["simplejwt"].module:
        from rest_framework_simplejwt import backends, exceptions

        backend = backends.TokenBackend(algorithm, SECRET)
        errors = (exceptions.TokenBackendError, exceptions.TokenBackendExpiredToken)
        ways.append(Verification("simplejwt", "TokenBackend.decode()", backend.decode, *errors))
    if oxyjwt := peers["oxyjwt"].module:
        errors = (oxyjwt.InvalidSignatureError, oxyjwt.ExpiredSignatureError)
        prepared = oxyjwt.DecodingKey.from_secret(SECRET)
        for way, key in (("decode()", SECRET), ("decode(), prepared key", prepared)):
            ways.append(Verification("oxyjwt", way, oxyjwt.decode, *errors, key, algorithm))
    if ryjwt := peers["ryjwt"].module:
        errors = (ryjwt.InvalidSignatureError, ryjwt.ExpiredSignatureError)
        secret_key = ryjwt.SecretKey(SECRET, algorithms=[algorithm])
        ways.append(Verification("ryjwt", "SecretKey.decode()", secret_key.decode, *errors))
    return [*ways, *our_verifications(algorithm)]


def our_verifications(algorithm: str) -> list[Verification]:
    from pyjwtfast.drf import backends, exceptions

    errors = (pyjwtfast.InvalidSignatureError, pyjwtfast.ExpiredSignatureError)
    backend = backends.TokenBackend(algorithm, SECRET)
    backend_errors = (exceptions.TokenBackendError, exceptions.TokenBackendExpiredToken)
    verifier = pyjwtfast.Verifier([pyjwtfast.Key.from_secret(SECRET)], [algorithm])
    return [
        Verification("pyjwtfast.drf", "TokenBackend.decode()", backend.decode, *backend_errors),
        Verification("pyjwtfast", "decode()", pyjwtfast.decode, *errors, SECRET, algorithm),
        Verification("pyjwtfast", "Verifier.verify()", verifier.verify, *errors),
    ]


def signings(peers: Peers, algorithm: str = "HS256") -> list[Signing]:
    """Every way of signing that can be imported, the peers' first."""
    django_project.configure()
    ways = []
    if jwt := peers["PyJWT"].module:
        ways.append(Signing("PyJWT", "encode()", jwt.encode, SECRET, algorithm))
    if peers["simplejwt"].module:
        from rest_framework_simplejwt.backends import TokenBackend as TheirBackend

        theirs = TheirBackend(algorithm, SECRET)
        ways.append(Signing("simplejwt", "TokenBackend.encode()", theirs.encode))
    if oxyjwt := peers["oxyjwt"].module:
        prepared = oxyjwt.EncodingKey.from_secret(SECRET)
        for way, key in (("encode()", SECRET), ("encode(), prepared key", prepared)):
            ways.append(Signing("oxyjwt", way, oxyjwt.encode, key, algorithm))
    if ryjwt := peers["ryjwt"].module:
        secret_key = ryjwt.SecretKey(SECRET, algorithms=[algorithm])
        ways.append(Signing("ryjwt", "SecretKey.encode()", secret_key.encode))
    from pyjwtfast.drf.backends import TokenBackend

    backend = TokenBackend(algorithm, SECRET)
    signer = pyjwtfast.Signer(pyjwtfast.Key.from_secret(SECRET), algorithm)
    return [
        *ways,
        Signing("pyjwtfast.drf", "TokenBackend.encode()", backend.encode),
        Signing("pyjwtfast", "encode()", pyjwtfast.encode, SECRET, algorithm),
        Signing("pyjwtfast", "Signer.sign()", signer.sign),
    ]


# --- asymmetric algorithms ---

# What the peers' documents leave out, and oxyjwt's names for the keys of each kind. simplejwt is
# not among these: it calls PyJWT's decode with a key that PyJWT has prepared.
OXYJWT_LACKS = ("ES512", "ES256K", "EdDSA Ed448")
OXYJWT_KEYS = {"RS": "rsa", "PS": "rsa", "ES": "ec", "Ed": "ed"}
RYJWT_LACKS = ("EdDSA Ed448",)


def oxyjwt_key(kind: Any, material: Material, pem: str) -> Any:
    """kind: oxyjwt's EncodingKey or DecodingKey."""
    return getattr(kind, f"from_{OXYJWT_KEYS[material.algorithm[:2]]}_pem")(pem)


def pyjwt_key(jwt: Any, material: Material, pem: str) -> Any:
    """The object of `cryptography` that PyJWT makes of a PEM."""
    return jwt.get_algorithm_by_name(material.algorithm).prepare_key(pem)


def pyjwt_with_keys(peers: Peers) -> Any:
    """PyJWT, if it has `cryptography`, without which it knows HMAC alone."""
    jwt = peers["PyJWT"].module
    return jwt if jwt and jwt.algorithms.has_crypto else None


def public_key_verifications(peers: Peers, material: Material) -> list[Verification]:
    """Every way of verifying with a public key, its PEM text given with each call or prepared."""
    algorithm, pem = material.algorithm, material.verifying_text
    ways = []
    if jwt := pyjwt_with_keys(peers):
        errors = (jwt.InvalidSignatureError, jwt.ExpiredSignatureError)
        for way, key in (
            ("decode(), PEM", pem),
            ("decode(), prepared key", pyjwt_key(jwt, material, pem)),
        ):
            ways.append(Verification("PyJWT", way, jwt.decode, *errors, key, algorithm))
    if (oxyjwt := peers["oxyjwt"].module) and material.name not in OXYJWT_LACKS:
        errors = (oxyjwt.InvalidSignatureError, oxyjwt.ExpiredSignatureError)
        key = oxyjwt_key(oxyjwt.DecodingKey, material, pem)
        way = "decode(), prepared key"
        ways.append(Verification("oxyjwt", way, oxyjwt.decode, *errors, key, algorithm))
    if (ryjwt := peers["ryjwt"].module) and material.name not in RYJWT_LACKS:
        errors = (ryjwt.InvalidSignatureError, ryjwt.ExpiredSignatureError)
        decode = ryjwt.PublicKey(pem, algorithms=[algorithm]).decode
        ways.append(Verification("ryjwt", "PublicKey.decode()", decode, *errors))
    errors = (pyjwtfast.InvalidSignatureError, pyjwtfast.ExpiredSignatureError)
    verifier = pyjwtfast.Verifier([material.verifying_key], [algorithm])
    return [
        *ways,
        Verification("pyjwtfast", "decode(), PEM", pyjwtfast.decode, *errors, pem, algorithm),
        Verification("pyjwtfast", "Verifier.verify()", verifier.verify, *errors),
    ]


def private_key_signings(peers: Peers, material: Material) -> list[Signing]:
    """Every way of signing with a private key, likewise."""
    algorithm, pem = material.algorithm, material.signing_text
    ways = []
    if jwt := pyjwt_with_keys(peers):
        ways.append(Signing("PyJWT", "encode(), PEM", jwt.encode, pem, algorithm))
        key = pyjwt_key(jwt, material, pem)
        ways.append(Signing("PyJWT", "encode(), prepared key", jwt.encode, key, algorithm))
    if (oxyjwt := peers["oxyjwt"].module) and material.name not in OXYJWT_LACKS:
        key = oxyjwt_key(oxyjwt.EncodingKey, material, pem)
        ways.append(Signing("oxyjwt", "encode(), prepared key", oxyjwt.encode, key, algorithm))
    if (ryjwt := peers["ryjwt"].module) and material.name not in RYJWT_LACKS:
        private_key = ryjwt.PrivateKey(pem, algorithms=[algorithm])
        ways.append(Signing("ryjwt", "PrivateKey.encode()", private_key.encode))
    signer = pyjwtfast.Signer(material.signing_key, algorithm)
    return [
        *ways,
        Signing("pyjwtfast", "encode(), PEM", pyjwtfast.encode, pem, algorithm),
        Signing("pyjwtfast", "Signer.sign()", signer.sign),
    ]
