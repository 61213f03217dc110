"""Key: every form in and out, held against the library cryptography and PyJWT."""

from __future__ import annotations

import contextlib
import copy
import datetime
import functools
import hashlib
import itertools
import json
import pickle
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jwt.algorithms
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
    load_ssh_public_key,
)
from hypothesis import given, settings
from hypothesis import strategies as st

import pyjwtfast
from pyjwtfast import Key, _jwks
from pyjwtfast.exceptions import InvalidKeyError, PyJWTError

from ..support import SECRET, b64url
from . import key_material

DER, PEM = Encoding.DER, Encoding.PEM
PKCS8, SPKI = PrivateFormat.PKCS8, PublicFormat.SubjectPublicKeyInfo
PASSWORD = "pässword"

# name: kty, crv, bits, an algorithm that fits, one that does not.
KINDS = {
    "RSA": ("RSA", None, 2048, "RS256", "ES256"),
    "P-256": ("EC", "P-256", 256, "ES256", "ES384"),
    "P-384": ("EC", "P-384", 384, "ES384", "ES256"),
    "P-521": ("EC", "P-521", 521, "ES512", "RS512"),
    "secp256k1": ("EC", "secp256k1", 256, "ES256K", "ES256"),
    "Ed25519": ("OKP", "Ed25519", 256, "EdDSA", "Ed448"),
    "Ed448": ("OKP", "Ed448", 456, "EdDSA", "Ed25519"),
}
EC_CURVES = {
    "P-256": ec.SECP256R1(),
    "P-384": ec.SECP384R1(),
    "P-521": ec.SECP521R1(),
    "secp256k1": ec.SECP256K1(),
}
SSH_KINDS = [kind for kind in KINDS if kind not in {"secp256k1", "Ed448"}]

kinds = pytest.mark.parametrize("kind", KINDS)


@functools.cache
def private(kind: str) -> Any:
    """A throw-away private key of cryptography's."""
    if kind == "RSA":
        return rsa.generate_private_key(65537, 2048)
    if kind in EC_CURVES:
        return ec.generate_private_key(EC_CURVES[kind])
    return (ed25519.Ed25519PrivateKey if kind == "Ed25519" else ed448.Ed448PrivateKey).generate()


def pkcs8(kind: str, encoding: Encoding = PEM, password: bytes | None = None) -> bytes:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return private(kind).private_bytes(encoding, PKCS8, encryption)  # type: ignore[no-any-return]


def spki(kind: str, encoding: Encoding = PEM) -> bytes:
    return private(kind).public_key().public_bytes(encoding, SPKI)  # type: ignore[no-any-return]


def ssh(kind: str) -> bytes:
    public = private(kind).public_key()
    return public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)  # type: ignore[no-any-return]


@functools.cache
def certificate(kind: str, encoding: Encoding = PEM) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    moment = datetime.datetime(2020, 1, 1)
    digest = None if kind.startswith("Ed") else hashes.SHA256()
    builder = x509.CertificateBuilder(name, name, private(kind).public_key(), 7, moment, moment)
    return builder.sign(private(kind), digest).public_bytes(encoding)


def jwk_of(kind: str, private_part: bool) -> dict[str, Any]:
    """PyJWT's JWK of a key, without what it adds of its own."""
    algorithms: dict[str, Any] = {
        "RSA": jwt.algorithms.RSAAlgorithm,
        "EC": jwt.algorithms.ECAlgorithm,
        "OKP": jwt.algorithms.OKPAlgorithm,
    }
    algorithm = algorithms[KINDS[kind][0]]
    key = private(kind) if private_part else private(kind).public_key()
    jwk: dict[str, Any] = algorithm.to_jwk(key, as_dict=True)
    jwk.pop("key_ops", None)
    return jwk


def is_private_key_of(key: Key, kind: str) -> bool:
    """Whether key is, by cryptography's reading of its DER, this kind's private key."""
    theirs = load_der_private_key(key.to_der(private=True), None)
    return theirs.private_bytes(DER, PKCS8, NoEncryption()) == pkcs8(kind, DER)


def is_public_key_of(key: Key, kind: str) -> bool:
    return key.to_der() == spki(kind, DER)


# What every loader makes of a kind's private and public key.
PRIVATE_FORMS: dict[str, Callable[[str], Key]] = {
    "pem": lambda kind: Key.from_pem(pkcs8(kind)),
    "pem str": lambda kind: Key.from_pem(pkcs8(kind).decode()),
    "pem encrypted": lambda kind: Key.from_pem(
        pkcs8(kind, PEM, PASSWORD.encode()), password=PASSWORD
    ),
    "der": lambda kind: Key.from_der(pkcs8(kind, DER)),
    "der encrypted": lambda kind: Key.from_der(
        pkcs8(kind, DER, PASSWORD.encode()), password=PASSWORD.encode()
    ),
    "jwk dict": lambda kind: Key.from_jwk(jwk_of(kind, True)),
    "jwk str": lambda kind: Key.from_jwk(json.dumps(jwk_of(kind, True))),
    "jwk bytes": lambda kind: Key.from_jwk(json.dumps(jwk_of(kind, True), indent=1).encode()),
    "jwks": lambda kind: Key.from_jwks({"keys": [jwk_of(kind, True)]}, strict=True)[0],
    "cryptography": lambda kind: Key.from_cryptography(private(kind)),
    "own pem": lambda kind: Key.from_pem(Key.from_pem(pkcs8(kind)).to_pem(private=True)),
    "own pem encrypted": lambda kind: Key.from_pem(
        Key.from_pem(pkcs8(kind)).to_pem(True, PASSWORD), password=PASSWORD
    ),
    "own der": lambda kind: Key.from_der(Key.from_pem(pkcs8(kind)).to_der(True)),
    "own jwk": lambda kind: Key.from_jwk(Key.from_pem(pkcs8(kind)).to_jwk(True)),
}
PUBLIC_FORMS: dict[str, Callable[[str], Key]] = {
    "pem": lambda kind: Key.from_pem(spki(kind)),
    "der": lambda kind: Key.from_der(spki(kind, DER)),
    "certificate pem": lambda kind: Key.from_pem(certificate(kind)),
    "certificate der": lambda kind: Key.from_der(certificate(kind, DER)),
    "jwk": lambda kind: Key.from_jwk(jwk_of(kind, False)),
    "jwks": lambda kind: Key.from_jwks(json.dumps({"keys": [jwk_of(kind, False)]}))[0],
    "cryptography": lambda kind: Key.from_cryptography(private(kind).public_key()),
    "public()": lambda kind: Key.from_pem(pkcs8(kind)).public(),
    "own pem": lambda kind: Key.from_pem(Key.from_pem(pkcs8(kind)).to_pem()),
    "own jwk": lambda kind: Key.from_jwk(Key.from_pem(pkcs8(kind)).to_jwk()),
}


@kinds
@pytest.mark.parametrize("form", PRIVATE_FORMS)
def test_private_forms(kind: str, form: str) -> None:
    key = PRIVATE_FORMS[form](kind)
    kty, crv, bits, _, _ = KINDS[kind]
    assert (key.kty, key.crv, key.bits) == (kty, crv, bits)
    assert (key.is_private, key.kid, key.algorithm) == (True, None, None)
    assert is_private_key_of(key, kind)
    assert is_public_key_of(key, kind)
    assert is_public_key_of(key.public(), kind)


@kinds
@pytest.mark.parametrize("form", PUBLIC_FORMS)
def test_public_forms(kind: str, form: str) -> None:
    key = PUBLIC_FORMS[form](kind)
    kty, crv, bits, _, _ = KINDS[kind]
    assert (key.kty, key.crv, key.bits) == (kty, crv, bits)
    assert (key.is_private, key.kid, key.algorithm) == (False, None, None)
    assert is_public_key_of(key, kind)
    assert key.public() is key
    for write in (key.to_pem, key.to_der, key.to_jwk):
        with pytest.raises(InvalidKeyError, match="no private part"):
            write(private=True)


class TestPem:
    @pytest.mark.parametrize("kind", ["RSA", "P-256", "P-384", "P-521", "secp256k1"])
    @pytest.mark.parametrize("encoding", [PEM, DER])
    def test_traditional_private(self, kind: str, encoding: Encoding) -> None:
        text = private(kind).private_bytes(
            encoding, PrivateFormat.TraditionalOpenSSL, NoEncryption()
        )
        load = Key.from_pem if encoding is PEM else Key.from_der
        assert is_private_key_of(load(text), kind)

    @pytest.mark.parametrize("encoding", [PEM, DER])
    def test_pkcs1_public(self, encoding: Encoding) -> None:
        text = private("RSA").public_key().public_bytes(encoding, PublicFormat.PKCS1)
        load = Key.from_pem if encoding is PEM else Key.from_der
        assert is_public_key_of(load(text), "RSA")

    def test_old_encryption(self) -> None:
        text = private("RSA").private_bytes(
            PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"old")
        )
        assert b"Proc-Type: 4,ENCRYPTED" in text
        assert is_private_key_of(Key.from_pem(text, password="old"), "RSA")
        with pytest.raises(InvalidKeyError):
            Key.from_pem(text, password="new")
        with pytest.raises(InvalidKeyError):
            Key.from_pem(text)

    @kinds
    def test_what_we_write_is_what_cryptography_reads(self, kind: str) -> None:
        key = Key.from_pem(pkcs8(kind))
        public_pem = key.to_pem()
        assert isinstance(public_pem, str)
        assert load_pem_public_key(public_pem.encode()).public_bytes(DER, SPKI) == spki(kind, DER)
        assert load_der_public_key(key.to_der()).public_bytes(DER, SPKI) == spki(kind, DER)
        for password in (None, PASSWORD, PASSWORD.encode()):
            text = key.to_pem(private=True, password=password)
            theirs = load_pem_private_key(text.encode(), PASSWORD.encode() if password else None)
            assert theirs.private_bytes(DER, PKCS8, NoEncryption()) == pkcs8(kind, DER)
            assert ("ENCRYPTED" in text) == (password is not None)

    def test_public_is_what_is_written_unless_said(self) -> None:
        key = Key.from_pem(pkcs8("P-256"))
        assert key.to_pem() == key.public().to_pem() == spki("P-256").decode()
        assert "d" not in key.to_jwk()

    @pytest.mark.parametrize("private_part", ["password", 1, None, b""])
    def test_private_must_be_a_bool(self, private_part: Any) -> None:
        key = Key.from_pem(pkcs8("P-256"))
        for write in (key.to_pem, key.to_der, key.to_jwk):
            with pytest.raises(TypeError, match="private must be a bool"):
                write(private_part)

    def test_passwords(self) -> None:
        plain, locked = pkcs8("P-256"), pkcs8("P-256", PEM, b"right")
        for text, password, message in (
            (locked, None, "no password was given"),
            (locked, "wrong", "password does not decrypt"),
            (locked, "", "password does not decrypt"),
            (locked, "righ", "password does not decrypt"),
            (locked, "right\0x", "password does not decrypt"),
            (locked, "\ud800", "can't be encoded"),
            (plain, "right", "not encrypted"),
            (spki("P-256"), "right", "not encrypted"),
        ):
            with pytest.raises(InvalidKeyError, match=message):
                Key.from_pem(text, password=password)
        for bad in (5, ["right"], bytearray(b"right")):
            with pytest.raises(TypeError):
                Key.from_pem(locked, password=bad)  # type: ignore[arg-type]

    def test_passwords_to_write_with(self) -> None:
        key = Key.from_pem(pkcs8("P-256"))
        with pytest.raises(ValueError, match="must not be empty"):
            key.to_pem(True, "")
        with pytest.raises(ValueError, match="needs private=True"):
            key.to_pem(password="right")
        with pytest.raises(TypeError):
            key.to_pem(True, 5)  # type: ignore[arg-type]
        with pytest.raises(InvalidKeyError, match="can't be encoded"):
            key.to_pem(True, "\ud800")

    @pytest.mark.parametrize("form", [str, bytes])
    def test_white_space_around(self, form: type) -> None:
        text = b"\n \t" + spki("P-256") + b"\r\n\n"
        assert is_public_key_of(Key.from_pem(text.decode() if form is str else text), "P-256")

    def test_something_behind_the_key(self) -> None:
        for text in (spki("P-256") * 2, spki("P-256") + b"x", pkcs8("P-256") + spki("P-256")):
            with pytest.raises(InvalidKeyError, match="something else stands"):
                Key.from_pem(text)
        with pytest.raises(InvalidKeyError):
            Key.from_der(spki("P-256", DER) + b"\0")


class TestSsh:
    @pytest.mark.parametrize("kind", SSH_KINDS)
    def test_loads(self, kind: str) -> None:
        line = ssh(kind)
        for text in (line, line.decode(), line + b"\n", line + b" user@example"):
            assert is_public_key_of(Key.from_ssh(text), kind)
        assert load_ssh_public_key(line).public_bytes(DER, SPKI) == spki(kind, DER)

    @pytest.mark.parametrize(
        "line",
        [
            "",
            "ssh-ed25519",
            "ssh-ed25519 ",
            "ssh-ed25519 AAAA",
            "ssh-rsa " + ssh("Ed25519").decode().split()[1],
            ssh("Ed25519").decode()[:-4],
            ssh("Ed25519").decode() + "\n" + ssh("P-256").decode(),
            "ssh-dss AAAAB3NzaC1kc3MAAACBAA==",
            "-----BEGIN PUBLIC KEY-----",
        ],
    )
    def test_refused(self, line: str) -> None:
        with pytest.raises(InvalidKeyError):
            Key.from_ssh(line)


class TestJwk:
    @kinds
    @pytest.mark.parametrize("private_part", [False, True])
    def test_is_pyjwts(self, kind: str, private_part: bool) -> None:
        jwk = Key.from_pem(pkcs8(kind)).to_jwk(private=private_part)
        assert jwk == jwk_of(kind, private_part)
        assert next(iter(jwk)) == "kty"

    def test_secret(self) -> None:
        jwk = {"kty": "oct", "k": b64url(SECRET.encode()).decode(), "kid": "k1", "alg": "HS256"}
        key = Key.from_jwk(jwk)
        assert (key.kty, key.crv, key.bits) == ("oct", None, len(SECRET) * 8)
        assert (key.kid, key.algorithm, key.is_private) == ("k1", "HS256", True)
        assert key.to_jwk(private=True) == jwk
        token = pyjwtfast.encode({"a": 1}, key)
        assert pyjwtfast.decode(token, SECRET, algorithms=["HS256"]) == {"a": 1}
        for refused in (key.to_jwk, key.public):
            with pytest.raises(InvalidKeyError, match="no public part"):
                refused()
        for write in (key.to_pem, key.to_der):
            for private_part in (False, True):
                with pytest.raises(InvalidKeyError):
                    write(private=private_part)

    def test_every_member_that_binds_is_written(self) -> None:
        jwk = jwk_of("P-256", True) | {
            "alg": "ES256",
            "use": "sig",
            "key_ops": ["sign"],
            "kid": "é\U0001f600",
        }
        key = Key.from_jwk(jwk | {"x5t": "ignored", "nested": {"a": [1, None]}})
        assert key.to_jwk(private=True) == jwk
        public = key.public()
        assert public.to_jwk()["key_ops"] == ["verify"]
        assert (public.kid, public.algorithm) == (key.kid, key.algorithm) == (jwk["kid"], "ES256")

    def test_kid_and_algorithm_given_outrank_the_jwks(self) -> None:
        jwk = jwk_of("P-256", False) | {"alg": "ES256", "kid": "theirs"}
        assert Key.from_jwk(jwk).kid == "theirs"
        key = Key.from_jwk(jwk, kid="ours")
        assert (key.kid, key.to_jwk()["kid"]) == ("ours", "ours")
        assert Key.from_jwk(jwk_of("RSA", False) | {"alg": "RS256"}, algorithm="PS512").algorithm
        with pytest.raises(InvalidKeyError):
            Key.from_jwk(jwk, algorithm="ES384")

    def test_mappings(self) -> None:
        class Lazy(Mapping[str, Any]):
            def __getitem__(self, name: str) -> Any:
                return jwk_of("P-256", False)[name]

            def __iter__(self) -> Iterator[str]:
                return iter(jwk_of("P-256", False))

            def __len__(self) -> int:
                return 4

        class Names(str):
            pass

        subclass = {Names(name): Names(value) for name, value in jwk_of("P-256", False).items()}
        jwks: list[Any] = [Lazy(), subclass, type("D", (dict,), {})(jwk_of("P-256", False))]
        for jwk in jwks:
            assert is_public_key_of(Key.from_jwk(jwk), "P-256")

    @pytest.mark.parametrize("jwk", [None, 5, [], [("kty", "oct")], object(), {"kty"}])
    def test_no_mapping(self, jwk: Any) -> None:
        with pytest.raises(TypeError, match="a JWK must be a str, bytes or a mapping"):
            Key.from_jwk(jwk)

    @pytest.mark.parametrize(
        "change",
        [
            {"x": None},
            {"x": 5},
            {"x": b"AA"},
            {"x": ""},
            {"x": "AA"},
            {"x": "!" * 43},
            {"y": "A" * 43},
            {"crv": "P-384"},
            {"crv": "X25519"},
            {"kty": "RSA"},
            {"kty": "ec"},
            {"kty": None},
            {"alg": "ES384"},
            {"alg": "none"},
            {"alg": "RSA-OAEP"},
            {"alg": 5},
            {"use": 5},
            {"use": ["sig"]},
            {"key_ops": "verify"},
            {"key_ops": ["verify", "verify"]},
            {"key_ops": [5]},
            {"kid": 5},
            {"kid": "k" * 256},
            {"kid": "\ud800"},
            {"d": "A" * 43},
            {5: "x"},
            {(): "x"},
            {"extra": object()},
            {"extra": float("nan")},
            {"extra": {1, 2}},
        ],
    )
    def test_refused(self, change: dict[Any, Any]) -> None:
        jwk = jwk_of("P-256", False) | change
        with pytest.raises(InvalidKeyError):
            Key.from_jwk(jwk)

    def test_refused_texts(self) -> None:
        text = json.dumps(jwk_of("P-256", False))
        cyclic: dict[str, Any] = dict(jwk_of("P-256", False))
        cyclic["self"] = cyclic
        deep: Any = []
        for _ in range(100_000):
            deep = [deep]
        for refused in (
            "",
            "{",
            "[]",
            "null",
            "{}",
            text + "x",
            text[:-1],
            text[:-1] + ', "kty": "EC"}',
            "\ufeff" + text,
            text.encode("utf-16"),
            "\ud800",
            cyclic,
            jwk_of("P-256", False) | {"deep": deep},
            {"kty": "oct", "k": ""},
            {"kty": "oct", "k": b64url(spki("P-256")).decode()},
            {"kty": "oct", "k": "A" * 400_000},
        ):
            with pytest.raises(InvalidKeyError):
                Key.from_jwk(refused)

    def test_a_private_part_of_another_key(self) -> None:
        other = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
        with pytest.raises(InvalidKeyError, match="does not match"):
            Key.from_jwk(jwk_of("P-256", False) | {"d": b64url(other.to_bytes(32, "big")).decode()})

    def test_rsa_with_d_alone(self) -> None:
        jwk = {name: jwk_of("RSA", True)[name] for name in ("kty", "n", "e", "d")}
        key = Key.from_jwk(jwk)
        numbers = load_der_private_key(key.to_der(True), None)
        assert isinstance(numbers, rsa.RSAPrivateKey)
        ours, theirs = numbers.private_numbers(), private("RSA").private_numbers()
        assert (ours.d, {ours.p, ours.q}) == (theirs.d, {theirs.p, theirs.q})


class TestCryptography:
    def test_terms(self) -> None:
        key = Key.from_cryptography(private("P-256"), algorithm="ES256", kid="k")
        assert (key.algorithm, key.kid) == ("ES256", "k")

    @pytest.mark.parametrize("thing", [None, 5, "text", b"bytes", [], object(), ec, SECRET])
    def test_no_key_object(self, thing: Any) -> None:
        with pytest.raises(TypeError, match="key object of the library cryptography"):
            Key.from_cryptography(thing)
        with pytest.raises(TypeError):
            Key.from_cryptography(Key.from_secret(SECRET))

    @pytest.mark.parametrize(
        "make",
        [
            lambda: x25519.X25519PrivateKey.generate(),
            lambda: dsa.generate_private_key(1024),
            lambda: ec.generate_private_key(ec.SECP224R1()),
            lambda: ec.generate_private_key(ec.BrainpoolP256R1()).public_key(),
        ],
    )
    def test_keys_that_sign_nothing_here(self, make: Callable[[], Any]) -> None:
        with pytest.raises((InvalidKeyError, TypeError)):
            Key.from_cryptography(make())


class TestBinding:
    @kinds
    def test_algorithm(self, kind: str) -> None:
        _, _, _, fits, does_not = KINDS[kind]
        loaders: list[Callable[..., Key]] = [
            functools.partial(Key.from_pem, pkcs8(kind)),
            functools.partial(Key.from_der, spki(kind, DER)),
            functools.partial(Key.from_jwk, jwk_of(kind, True)),
            functools.partial(Key.from_cryptography, private(kind)),
        ]
        if kind in SSH_KINDS:
            loaders.append(functools.partial(Key.from_ssh, ssh(kind)))
        for load in loaders:
            key = load(algorithm=fits, kid="k")
            assert (key.algorithm, key.kid) == (fits, "k")
            assert (key.public().algorithm, key.public().kid) == (fits, "k")
            assert key.to_jwk()["alg"] == fits
            with pytest.raises(InvalidKeyError):
                load(algorithm=does_not)
            for unknown in ("none", "RS1", "hs256", "\ud800", ""):
                with pytest.raises(ValueError, match="is not supported"):
                    load(algorithm=unknown)
            with pytest.raises(TypeError):
                load(algorithm=5)

    @kinds
    def test_serves_its_algorithm_and_no_other(self, kind: str) -> None:
        _, _, _, fits, does_not = KINDS[kind]
        key = Key.from_pem(pkcs8(kind), algorithm=fits)
        token = pyjwtfast.encode({"a": 1}, key, fits)
        assert jwt.decode(token, private(kind).public_key(), algorithms=[fits]) == {"a": 1}
        for verifying in (key, key.public()):
            assert pyjwtfast.decode(token, verifying, algorithms=[fits]) == {"a": 1}
        for other in {does_not, "HS256", "PS256", "ES521", "Ed25519"} - {fits}:
            with pytest.raises(InvalidKeyError):
                pyjwtfast.encode({}, key, other)
        with pytest.raises(InvalidKeyError):
            pyjwtfast.encode({}, key.public(), fits)

    def test_use_and_operations(self) -> None:
        jwk = jwk_of("P-256", True)
        token = pyjwtfast.encode({}, Key.from_jwk(jwk), "ES256")

        def may(key: Key) -> tuple[bool, bool]:
            answers = []
            for call in (
                lambda: pyjwtfast.encode({}, key, "ES256"),
                lambda: pyjwtfast.decode(token, key, algorithms=["ES256"]),
            ):
                try:
                    call()
                except InvalidKeyError:
                    answers.append(False)
                else:
                    answers.append(True)
            return answers[0], answers[1]

        for members, expected in (
            ({}, (True, True)),
            ({"use": "sig"}, (True, True)),
            ({"use": "enc"}, (False, False)),
            ({"key_ops": ["sign"]}, (True, True)),  # who signs may check what he signed
            ({"key_ops": ["verify"]}, (False, True)),
            ({"key_ops": ["encrypt"]}, (False, False)),
            ({"key_ops": []}, (False, False)),
            ({"use": "enc", "key_ops": ["sign"]}, (False, False)),
        ):
            assert may(Key.from_jwk(jwk | members)) == expected, members
        assert may(Key.from_jwk(jwk_of("P-256", False) | {"key_ops": ["sign"]})) == (False, False)
        assert may(Key.from_jwk(jwk | {"key_ops": ["sign"]}).public()) == (False, True)


class TestObject:
    def test_kid(self) -> None:
        class Named(str):
            pass

        kid = Key.from_pem(spki("P-256"), kid=Named("k")).kid
        assert kid == "k"
        assert type(kid) is str
        with pytest.raises(TypeError):
            Key.from_pem(spki("P-256"), kid=b"k")  # type: ignore[arg-type]
        for bad in ("k" * 256, "é" * 128, "\ud800"):
            with pytest.raises(ValueError, match=r"kid|surrogates"):
                Key.from_pem(spki("P-256"), kid=bad)
        assert Key.from_pem(spki("P-256"), kid="").to_jwk()["kid"] == ""

    def test_repr(self) -> None:
        assert (
            repr(Key.from_secret(SECRET)) == f"<pyjwtfast.Key oct, {len(SECRET) * 8} bits, secret>"
        )
        key = Key.from_pem(pkcs8("P-256"), kid="it's", algorithm="ES256")
        assert repr(key) == ("<pyjwtfast.Key EC, P-256, private, kid=\"it's\", algorithm='ES256'>")
        assert repr(Key.from_pem(spki("RSA"))) == "<pyjwtfast.Key RSA, 2048 bits, public>"

    @kinds
    def test_no_text_shows_a_number(self, kind: str) -> None:
        key = Key.from_pem(pkcs8(kind))
        numbers = [value for value in jwk_of(kind, True).values() if len(value) > 12]
        assert numbers
        for text in (repr(key), str(key), f"{key}", *map(str, errors_of(kind))):
            assert not any(number[:8] in text for number in numbers)

    def test_copies_are_the_same_object(self) -> None:
        key = Key.from_pem(pkcs8("P-256"))
        assert copy.copy(key) is key
        assert copy.deepcopy({"key": [key]})["key"][0] is key

    @pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
    def test_cannot_be_pickled(self, protocol: int) -> None:
        for key in (Key.from_pem(spki("P-256")), Key.from_secret(SECRET)):
            with pytest.raises(TypeError, match="can't be pickled"):
                pickle.dumps(key, protocol)

    def test_equal_is_identical(self) -> None:
        one, other = Key.from_pem(spki("P-256")), Key.from_pem(spki("P-256"))
        assert one == one
        assert one != other
        assert len({one, other, one}) == 2

    def test_is_made_by_its_loaders(self) -> None:
        with pytest.raises(TypeError, match=r"Key\.from_secret"):
            Key()
        with pytest.raises(TypeError):
            object.__new__(Key)
        with pytest.raises(AttributeError):
            Key.from_pem(spki("P-256")).kid = "x"  # type: ignore[misc]

    def test_every_method_says_what_it_does(self) -> None:
        for name in dir(Key):
            if not name.startswith("_"):
                assert getattr(Key, name).__doc__, name


def errors_of(kind: str) -> Iterator[Exception]:
    """What loaders say about damaged forms of a private key."""
    jwk = jwk_of(kind, True)
    attempts: list[tuple[Callable[[Any], Any], Any]] = [
        (Key.from_pem, pkcs8(kind)[:-40]),
        (Key.from_pem, pkcs8(kind) + pkcs8(kind)),
        (Key.from_der, pkcs8(kind, DER)[:-1]),
        (Key.from_jwk, json.dumps(jwk)[:-5]),
        (Key.from_jwks, json.dumps({"keys": [jwk]})[:-5]),
        (Key.from_secret, json.dumps(jwk)),
        *((Key.from_jwk, jwk | {name: jwk[name][:-1] + "!"}) for name in jwk),
        *((Key.from_jwk, jwk | {name: None}) for name in jwk),
    ]
    for load, text in attempts:
        with pytest.raises(PyJWTError) as caught:
            load(text)
        error: BaseException | None = caught.value
        while isinstance(error, Exception):
            yield error
            error = error.__cause__ or error.__context__


class TestThumbprint:
    @kinds
    def test_is_the_hash_of_the_required_members(self, kind: str) -> None:
        key = Key.from_pem(pkcs8(kind), kid="k", algorithm=KINDS[kind][3])
        required = {"RSA": "e kty n", "EC": "crv kty x y", "OKP": "crv kty x"}[KINDS[kind][0]]
        text = json.dumps({name: key.to_jwk()[name] for name in required.split()}).replace(" ", "")
        expected = b64url(hashlib.sha256(text.encode()).digest()).decode()
        assert key.thumbprint() == key.public().thumbprint() == expected

    def test_of_a_secret(self) -> None:
        text = f'{{"k":"{b64url(SECRET.encode()).decode()}","kty":"oct"}}'
        expected = b64url(hashlib.sha256(text.encode()).digest()).decode()
        assert Key.from_secret(SECRET).thumbprint() == expected

    def test_rfc_7638_section_3_1(self) -> None:
        jwk = {
            "kty": "RSA",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1"
            "L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4"
            "QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbO"
            "pbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csF"
            "Cur-kEgU8awapJzKnqDKgw",
            "e": "AQAB",
            "alg": "RS256",
            "kid": "2011-04-29",
        }
        assert Key.from_jwk(jwk).thumbprint() == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


class TestGenerate:
    @pytest.mark.parametrize(
        ("algorithm", "kty", "crv", "bits"),
        [
            ("HS256", "oct", None, 256),
            ("HS384", "oct", None, 384),
            ("HS512", "oct", None, 512),
            ("RS256", "RSA", None, 2048),
            ("PS512", "RSA", None, 2048),
            ("ES256", "EC", "P-256", 256),
            ("ES384", "EC", "P-384", 384),
            ("ES512", "EC", "P-521", 521),
            ("ES256K", "EC", "secp256k1", 256),
            ("EdDSA", "OKP", "Ed25519", 256),
            ("Ed25519", "OKP", "Ed25519", 256),
            ("Ed448", "OKP", "Ed448", 456),
        ],
    )
    def test_serves_its_algorithm(
        self, algorithm: str, kty: str, crv: str | None, bits: int
    ) -> None:
        key = Key.generate(algorithm, kid="new")
        assert (key.kty, key.crv, key.bits, key.kid) == (kty, crv, bits, "new")
        assert (key.is_private, key.algorithm) == (True, None)
        token = pyjwtfast.encode({"a": 1}, key, algorithm)
        assert pyjwtfast.decode(token, key, algorithms=[algorithm]) == {"a": 1}
        if kty != "oct":
            load_der_private_key(key.to_der(private=True), None)
        again = Key.generate(algorithm)
        assert again.to_jwk(private=True) != key.to_jwk(private=True)

    def test_bits(self) -> None:
        assert Key.generate("RS256", bits=3072).bits == 3072
        assert Key.generate("HS256", bits=1024).bits == 1024
        for algorithm, bits in (
            ("RS256", 1024),
            ("RS256", 0),
            ("RS256", -1),
            ("RS256", 16385),
            ("RS256", 2**70),
            ("HS256", 255),
            ("HS256", 248),
            ("HS256", 257),
            ("HS512", 256),
            ("HS512", 2**40),
            ("ES256", 256),
            ("EdDSA", 256),
        ):
            with pytest.raises(ValueError, match=r"^bits "):
                Key.generate(algorithm, bits=bits)
        for wrong in ("2048", 2048.0):
            with pytest.raises(TypeError):
                Key.generate("RS256", bits=wrong)  # type: ignore[arg-type]

    def test_unknown_algorithm(self) -> None:
        for unknown in ("none", "RS1", "", "rs256"):
            with pytest.raises(ValueError, match="is not supported"):
                Key.generate(unknown)
        with pytest.raises(TypeError):
            Key.generate(None)  # type: ignore[arg-type]


# --- what is refused, whatever it is ---


LOADERS: dict[str, Callable[[Any], Any]] = {
    "secret": Key.from_secret,
    "pem": Key.from_pem,
    "der": Key.from_der,
    "ssh": Key.from_ssh,
    "jwk": Key.from_jwk,
    "jwks": Key.from_jwks,
}


@pytest.mark.parametrize("name", LOADERS)
@pytest.mark.parametrize("thing", [None, 5, 1.5, [], [b"x"], object(), bytearray(b"x"), Key])
def test_arguments_of_other_types(name: str, thing: Any) -> None:
    with pytest.raises(TypeError):
        LOADERS[name](thing)


@pytest.mark.parametrize("name", ["pem", "der", "ssh", "jwk", "jwks"])
@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\0",
        b" \n",
        SECRET.encode(),
        b"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
        b"-----BEGIN PUBLIC KEY-----",
        b"-----BEGIN NONSENSE-----\nAAAA\n-----END NONSENSE-----\n",
        key_material.OPENSSH_PRIVATE_PEM,
        b"x" * 300_000,
        b"[" * 300_000,
        b"\x30\x84\xff\xff\xff\xff",
    ],
    ids=lambda text: repr(text[:20]),
)
def test_garbage(name: str, text: bytes) -> None:
    with pytest.raises(InvalidKeyError):
        LOADERS[name](text)


def test_der_is_no_text() -> None:
    with pytest.raises(TypeError, match="der must be bytes"):
        Key.from_der(spki("P-256").decode())  # type: ignore[arg-type]


def test_weak_rsa() -> None:
    weak = rsa.generate_private_key(65537, 1024)
    assert Key.from_cryptography(weak).bits == 1024
    tiny = {"kty": "RSA", "e": "AQAB", "n": b64url((2**511 + 1).to_bytes(64, "big")).decode()}
    with pytest.raises(InvalidKeyError, match="1024 to 16384 bits"):
        Key.from_jwk(tiny)
    for exponent in ("AQ", "Ag", "AAAB", b64url((2**64 + 1).to_bytes(9, "big")).decode()):
        with pytest.raises(InvalidKeyError):
            Key.from_jwk(jwk_of("RSA", False) | {"e": exponent})


SEEDS: list[tuple[Callable[[Any], Any], bytes]] = [
    *((Key.from_pem, pkcs8(kind)) for kind in ("P-256", "Ed25519")),
    (Key.from_pem, key_material.EC_SEC1_PEM),
    (Key.from_der, spki("P-521", DER)),
    (Key.from_der, pkcs8("Ed448", DER)),
    (Key.from_der, certificate("P-256", DER)),
    (Key.from_ssh, ssh("P-384")),
    (Key.from_jwk, json.dumps(jwk_of("P-256", True)).encode()),
    (Key.from_jwks, json.dumps({"keys": [jwk_of("Ed25519", False)]}).encode()),
]


@settings(max_examples=300)
@given(st.data())
def test_damaged_forms_load_or_are_refused(data: st.DataObject) -> None:
    """A changed byte gives a key or InvalidKeyError, nothing else."""
    load, text = data.draw(st.sampled_from(SEEDS))
    damaged = bytearray(text)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    with contextlib.suppress(InvalidKeyError):
        load(bytes(damaged))


# --- sets ---


class TestJwks:
    def test_unusable_keys_are_skipped(self) -> None:
        good = jwk_of("P-256", False) | {"kid": "good"}
        unusable: list[Any] = [
            {"kty": "unknown"},
            jwk_of("RSA", False) | {"alg": "RSA-OAEP", "use": "enc"},
            jwk_of("P-384", False) | {"x": "AA"},
            {},
            None,
            5,
            "text",
            [],
        ]
        for jwks in (
            {"keys": [*unusable, good]},
            {"keys": (good, *unusable), "other": object()},
            json.dumps({"keys": [*unusable, good]}),
            json.dumps({"keys": [good, *unusable]}, indent=2).encode(),
        ):
            assert [key.kid for key in Key.from_jwks(jwks)] == ["good"]
            with pytest.raises(InvalidKeyError, match=r"^Key [01] of the JWK set: "):
                Key.from_jwks(jwks, strict=True)
        for member in unusable:
            with pytest.raises(InvalidKeyError, match="no usable key"):
                Key.from_jwks({"keys": [member]})

    def test_order_is_kept(self) -> None:
        jwks = {"keys": [jwk_of(kind, False) | {"kid": kind} for kind in KINDS]}
        for strict in (False, True):
            assert [key.kid for key in Key.from_jwks(jwks, strict=strict)] == list(KINDS)

    @pytest.mark.parametrize(
        "jwks",
        [
            "",
            "[]",
            "null",
            "{}",
            '{"keys": {}}',
            '{"keys": []}',
            '{"keys": "x"}',
            '{"keys": [], "keys": []}',
            '{"keys": [NaN]}',
            "\ufeff{}",
            b"\xff",
            "\ud800",
            "[" * 100_000,
            '{"keys": [' + "9" * 5000 + "]}",
            {},
            {"keys": None},
            {"keys": []},
            {"keys": 5},
        ],
        ids=lambda jwks: repr(jwks)[:20],
    )
    def test_no_set(self, jwks: Any) -> None:
        with pytest.raises(InvalidKeyError) as caught:
            Key.from_jwks(jwks)
        assert caught.value.__context__ is None

    def test_strict_must_be_a_bool(self) -> None:
        with pytest.raises(TypeError):
            Key.from_jwks({"keys": [jwk_of("P-256", False)]}, strict=1)  # type: ignore[arg-type]

    def test_a_name_twice(self) -> None:
        good = json.dumps(jwk_of("P-256", False))
        jwks = '{{"keys": [{}, {}]}}'.format(good[:-1] + ', "kty": "EC"}', good)
        assert len(Key.from_jwks(jwks)) == 1
        with pytest.raises(InvalidKeyError, match="every name once"):
            Key.from_jwks(jwks, strict=True)

    @pytest.mark.parametrize(
        ("first", "second", "message"),
        [
            ({"kid": "a"}, {"kid": "a"}, "two keys with the same 'kid'"),
            ({}, {"kty": "oct", "k": "A" * 43}, "mixes symmetric and asymmetric"),
            (
                {"kty": "oct", "k": "A" * 43},
                {"kty": "oct", "k": "A" * 42},
                "Key 1 .*secret shorter",
            ),
            (
                {"kty": "oct", "k": "A" * 43, "alg": "HS384"},
                {"kty": "oct", "k": "A" * 43},
                "Key 0 .*secret shorter",
            ),
        ],
    )
    def test_strict(self, first: dict[str, Any], second: dict[str, Any], message: str) -> None:
        keys = [jwk if "kty" in jwk else jwk_of("P-256", False) | jwk for jwk in (first, second)]
        assert len(Key.from_jwks({"keys": keys})) == 2
        with pytest.raises(InvalidKeyError, match=message):
            Key.from_jwks({"keys": keys}, strict=True)

    def test_strict_and_small_rsa(self) -> None:
        jwk = Key.from_cryptography(rsa.generate_private_key(65537, 1024)).to_jwk()
        assert Key.from_jwks({"keys": [jwk]})[0].bits == 1024
        with pytest.raises(InvalidKeyError, match="below 2048 bits"):
            Key.from_jwks({"keys": [jwk]}, strict=True)

    def test_roca(self) -> None:
        """Moduli made as the weak generator made them, and others."""
        product, prime = 1, 2
        for prime in range(2, 168):
            if all(prime % divisor for divisor in range(2, prime)):
                product *= prime
        # One prime is k * M + (65537^a mod M); any number of that form will do here.
        weak = [(3**300 + turn) * product + pow(65537, 1000 + turn, product) for turn in range(9)]
        for p, q in itertools.pairwise(weak):
            assert _jwks.is_roca_weak(p * q)
        assert not any(_jwks.is_roca_weak(p * q + 2) for p, q in itertools.pairwise(weak))
        for _ in range(3):
            modulus = rsa.generate_private_key(65537, 1024).public_key().public_numbers().n
            assert not _jwks.is_roca_weak(modulus)
        jwk = jwk_of("RSA", False)
        modulus = max(p * q for p, q in itertools.pairwise(weak)) ** 2  # long enough
        jwk["n"] = b64url(modulus.to_bytes((modulus.bit_length() + 7) // 8, "big")).decode()
        with pytest.raises(InvalidKeyError, match="ROCA"):
            _jwks.check_strict([jwk])
