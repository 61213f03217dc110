"""encode, decode, Signer and Verifier with every algorithm and every form of key, against PyJWT."""

from __future__ import annotations

import base64
import datetime
import functools
import hashlib
import hmac
import json
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import jwt
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
)

import pyjwtfast
from pyjwtfast import Key, Signer, Verifier, _core
from pyjwtfast.algorithms import Algorithm, HMACAlgorithm, get_default_algorithms
from pyjwtfast.api_jwk import PyJWK
from pyjwtfast.api_jws import PyJWS
from pyjwtfast.api_jwt import PyJWT
from pyjwtfast.exceptions import (
    DecodeError,
    InvalidAlgorithmError,
    InvalidKeyError,
    InvalidSignatureError,
    PyJWTError,
)
from pyjwtfast.warnings import InsecureKeyLengthWarning

CLAIMS: dict[str, Any] = {"sub": "somebody", "n": 1, "nested": {"list": [1, 2]}}
MESSAGE = b"header.payload"

# Each algorithm with what its keys are made of. The last two are RFC 9864's, unknown to PyJWT.
RSA_NAMES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
KEY_OF = {
    **dict.fromkeys(RSA_NAMES, "rsa"),
    "ES256": "P-256",
    "ES256K": "secp256k1",
    "ES384": "P-384",
    "ES512": "P-521",
    "ES521": "P-521",
    "EdDSA": "Ed25519",
    "Ed25519": "Ed25519",
    "Ed448": "Ed448",
}
ALGORITHMS = tuple(KEY_OF)
PYJWT_ALGORITHMS = tuple(name for name in ALGORITHMS if name not in ("Ed25519", "Ed448"))
# An algorithm for each sort of key.
SORTS = {sort: name for name, sort in reversed(KEY_OF.items())}


@functools.cache
def private_key(sort: str) -> Any:
    """A key of cryptography's, always the same."""
    if sort == "rsa":
        return rsa.generate_private_key(65537, 2048)
    if sort == "short rsa":
        return rsa.generate_private_key(65537, 1024)
    if sort == "Ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if sort == "Ed448":
        return ed448.Ed448PrivateKey.generate()
    curves: dict[str, ec.EllipticCurve] = {
        "P-256": ec.SECP256R1(),
        "P-384": ec.SECP384R1(),
        "P-521": ec.SECP521R1(),
        "secp256k1": ec.SECP256K1(),
    }
    return ec.generate_private_key(curves[sort])


def private_text(
    sort: str,
    encoding: Encoding = Encoding.PEM,
    form: PrivateFormat = PrivateFormat.PKCS8,
) -> bytes:
    text: bytes = private_key(sort).private_bytes(encoding, form, NoEncryption())
    return text


def public_text(
    sort: str,
    encoding: Encoding = Encoding.PEM,
    form: PublicFormat = PublicFormat.SubjectPublicKeyInfo,
) -> bytes:
    text: bytes = private_key(sort).public_key().public_bytes(encoding, form)
    return text


def certificate(sort: str) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "somebody")])
    begin = datetime.datetime(2020, 1, 1)
    builder = x509.CertificateBuilder(name, name, private_key(sort).public_key(), 7, begin)
    builder = builder.not_valid_after(datetime.datetime(2040, 1, 1))
    return builder.sign(private_key("P-256"), hashes.SHA256()).public_bytes(Encoding.PEM)


def jwk_of(name: str, private: bool) -> dict[str, Any]:
    key = Key.from_pem(private_text(KEY_OF[name]))
    return {**key.to_jwk(private=private), "alg": name}


PRIVATE_FORMS: dict[str, Callable[[str], Any]] = {
    "PEM, str": lambda name: private_text(KEY_OF[name]).decode(),
    "PEM, bytes": lambda name: private_text(KEY_OF[name]),
    "PEM, traditional": lambda name: private_text(
        KEY_OF[name], form=PrivateFormat.TraditionalOpenSSL
    ),
    "DER": lambda name: private_text(KEY_OF[name], Encoding.DER),
    "Key": lambda name: Key.from_pem(private_text(KEY_OF[name])),
    "Key, bound": lambda name: Key.from_pem(private_text(KEY_OF[name]), algorithm=name),
    "PyJWK": lambda name: PyJWK(jwk_of(name, private=True)),
    "cryptography": lambda name: private_key(KEY_OF[name]),
}
PUBLIC_FORMS: dict[str, Callable[[str], Any]] = {
    "PEM, str": lambda name: public_text(KEY_OF[name]).decode(),
    "PEM, bytes": lambda name: public_text(KEY_OF[name]),
    "PEM, PKCS #1": lambda name: public_text(KEY_OF[name], form=PublicFormat.PKCS1),
    "DER": lambda name: public_text(KEY_OF[name], Encoding.DER),
    "OpenSSH": lambda name: public_text(KEY_OF[name], Encoding.OpenSSH, PublicFormat.OpenSSH),
    "certificate": lambda name: certificate(KEY_OF[name]),
    "Key": lambda name: Key.from_pem(public_text(KEY_OF[name])),
    "Key, bound": lambda name: Key.from_pem(public_text(KEY_OF[name]), algorithm=name),
    "PyJWK": lambda name: PyJWK(jwk_of(name, private=False)),
    "cryptography": lambda name: private_key(KEY_OF[name]).public_key(),
}


def exists(name: str, form: str) -> bool:
    """Whether keys of the algorithm have the form."""
    sort = KEY_OF[name]
    if form == "PEM, traditional":
        return not sort.startswith("Ed")
    if form == "PEM, PKCS #1":
        return sort == "rsa"
    return form != "OpenSSH" or sort not in ("secp256k1", "Ed448")


PRIVATE_CASES = [
    (name, form) for name in ALGORITHMS for form in PRIVATE_FORMS if exists(name, form)
]
PUBLIC_CASES = [(name, form) for name in ALGORITHMS for form in PUBLIC_FORMS if exists(name, form)]


@functools.cache
def token_of(name: str) -> str:
    """A token, by PyJWT where it knows the algorithm."""
    library: Any = jwt if name in PYJWT_ALGORITHMS else pyjwtfast
    return str(library.encode(CLAIMS, private_text(KEY_OF[name]), algorithm=name))


def tampered(token: str) -> str:
    header, payload, signature = token.split(".")
    return f"{header}.{payload}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


# --- every algorithm and form, both ways ---


@pytest.mark.parametrize(("name", "form"), PRIVATE_CASES)
def test_encode_with_every_form(name: str, form: str) -> None:
    token = pyjwtfast.encode(CLAIMS, PRIVATE_FORMS[form](name), algorithm=name)
    assert pyjwtfast.get_unverified_header(token) == {"alg": name, "typ": "JWT"}
    public = public_text(KEY_OF[name])
    assert pyjwtfast.decode(token, public, algorithms=[name]) == CLAIMS
    if name in PYJWT_ALGORITHMS:
        assert jwt.decode(token, public.decode(), algorithms=[name]) == CLAIMS


@pytest.mark.parametrize(("name", "form"), PUBLIC_CASES)
def test_decode_with_every_form(name: str, form: str) -> None:
    key = PUBLIC_FORMS[form](name)
    assert pyjwtfast.decode(token_of(name), key, algorithms=[name]) == CLAIMS
    complete = pyjwtfast.decode_complete(token_of(name), key, [name])
    assert complete["payload"] == CLAIMS
    with pytest.raises(InvalidSignatureError):
        pyjwtfast.decode(tampered(token_of(name)), key, algorithms=[name])


@pytest.mark.parametrize(("name", "form"), PRIVATE_CASES)
def test_a_private_key_verifies_too(name: str, form: str) -> None:
    assert pyjwtfast.decode(token_of(name), PRIVATE_FORMS[form](name), [name]) == CLAIMS


@pytest.mark.parametrize("name", ALGORITHMS)
def test_signer_and_verifier(name: str) -> None:
    private = Key.from_pem(private_text(KEY_OF[name]), kid="k")
    signer = Signer(private, name)
    token = signer.sign(CLAIMS)
    assert pyjwtfast.get_unverified_header(token) == {"alg": name, "typ": "JWT", "kid": "k"}
    assert pyjwtfast.decode(token, public_text(KEY_OF[name]), [name]) == CLAIMS
    for key in (private, private.public(), Key.from_jwk(jwk_of(name, private=False))):
        verifier = Verifier([key], [name])
        assert verifier.verify(token) == CLAIMS
        assert verifier.verify(token_of(name)) == CLAIMS
        assert verifier.verify_complete(token)["payload"] == CLAIMS
        with pytest.raises(InvalidSignatureError):
            verifier.verify(tampered(token))
    cached = Verifier([private.public()], [name], cache_size=4)
    assert [cached.verify(token) for _ in range(3)] == [CLAIMS] * 3
    assert cached.cache_info().hits == 2


@pytest.mark.parametrize("name", ALGORITHMS)
def test_detached_payloads(name: str) -> None:
    jws = PyJWS()
    token = jws.encode(b"\xffbytes", private_text(KEY_OF[name]), name, is_payload_detached=True)
    assert token.split(".")[1] == ""
    public = public_text(KEY_OF[name])
    complete = jws.decode_complete(token, public, [name], detached_payload=b"\xffbytes")
    assert complete["payload"] == b"\xffbytes"
    assert complete["header"]["crit"] == ["b64"]
    if name in PYJWT_ALGORITHMS:
        jwt.PyJWS().decode(token, public, [name], detached_payload=b"\xffbytes")
    with pytest.raises(InvalidSignatureError):
        jws.decode(token, public, [name], detached_payload=b"other bytes")


@pytest.mark.parametrize("name", ALGORITHMS)
def test_signatures_alone(name: str) -> None:
    key = Key.from_pem(private_text(KEY_OF[name]))
    signature = _core._sign(name, key, MESSAGE)
    assert _core._verify(name, key.public(), MESSAGE, signature) is True
    assert _core._verify(name, key.public(), MESSAGE + b"x", signature) is False
    assert _core._verify(name, key.public(), MESSAGE, signature[:-1]) is False
    with pytest.raises(InvalidKeyError, match="can't sign"):
        _core._sign(name, key.public(), MESSAGE)


def test_signatures_alone_refuse_wrong_arguments() -> None:
    secret = Key.from_secret("x" * 32)
    key = Key.from_pem(private_text("P-256"))
    for name in ("none", "HS1", "", "es256"):
        with pytest.raises(ValueError, match=r"HS256, .*RS256, .*ES256, .*Ed448"):
            _core._sign(name, secret, MESSAGE)
    for arguments in ((1, secret, b""), ("HS256", secret, "text"), ("HS256", None, b"")):
        with pytest.raises(TypeError):
            _core._sign(*arguments)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            _core._verify(*arguments, b"")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        _core._verify("HS256", secret, b"", "text")  # type: ignore[arg-type]
    with pytest.raises(InvalidKeyError):
        _core._sign("HS256", key, MESSAGE)
    with pytest.raises(InvalidKeyError):
        _core._verify("RS256", key, MESSAGE, b"")


# --- the algorithm that nobody named ---


def test_default_algorithms() -> None:
    def alg_of(*args: Any) -> Any:
        return pyjwtfast.get_unverified_header(pyjwtfast.encode(CLAIMS, *args))["alg"]

    jwk = PyJWK(jwk_of("ES384", private=True))
    assert alg_of("x" * 32) == "HS256"
    assert alg_of(jwk) == alg_of(jwk, None) == "ES384"
    assert alg_of(None, None) == alg_of("", None) == "none"
    assert alg_of(Key.from_pem(private_text("P-521"), algorithm="ES512")) == "ES512"
    bound = Key.from_jwk({**jwk_of("PS384", private=True)})
    assert Signer(bound).algorithm == "PS384"
    assert Signer(Key.from_secret("x" * 32)).algorithm == "HS256"
    with pytest.raises(TypeError):
        pyjwtfast.encode(CLAIMS, private_key("P-256"))  # HS256, says PyJWT too
    with pytest.raises(InvalidKeyError):
        Signer(Key.from_pem(private_text("P-256")))
    with pytest.raises(InvalidKeyError):
        pyjwtfast.encode(CLAIMS, jwk, "ES256")


# --- keys that do not fit, against PyJWT ---


def wrong_keys() -> dict[str, Any]:
    sealed = private_key("rsa").private_bytes(
        Encoding.PEM,
        PrivateFormat.PKCS8,
        BestAvailableEncryption(b"password"),
    )
    others = {
        "None": None,
        "int": 5,
        "list": ["key"],
        "bytearray": bytearray(b"x" * 32),
        "empty": "",
        "secret": "x" * 32,
        "junk bytes": b"\xff\xfe" * 40,
        "not UTF-8": "\ud800",
        "header alone": "-----BEGIN PUBLIC KEY-----\n",
        "damaged": public_text("P-256").replace(b"M", b"A"),
        "encrypted": sealed,
        "DSA": dsa.generate_private_key(1024),
        "X25519": x25519.X25519PrivateKey.generate(),
    }
    for sort in ("rsa", "P-256", "P-384", "secp256k1", "Ed25519"):
        others[f"{sort} PEM"] = private_text(sort)
        others[f"{sort} public PEM"] = public_text(sort)
        others[f"{sort} object"] = private_key(sort)
        others[f"{sort} public object"] = private_key(sort).public_key()
    return others


WRONG_KEYS = wrong_keys()


def outcome(call: Callable[[], Any]) -> Any:
    """What a call gives: True, or the class of the exception by name."""
    try:
        call()
    except Exception as error:
        return type(error).__name__
    return True


# What PyJWT lets escape of cryptography's and Python's own, we say in our words.
FOREIGN = {"ValueError", "UnsupportedAlgorithm", "AttributeError", "UnicodeEncodeError"}
FOREIGN |= {"UnicodeDecodeError"}


@pytest.mark.parametrize("name", ["HS256", "RS256", "PS256", "ES256", "ES384", "EdDSA"])
@pytest.mark.parametrize("wrong", WRONG_KEYS)
@pytest.mark.parametrize("way", ["encode", "decode"])
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.filterwarnings("ignore::pyjwtfast.warnings.InsecureKeyLengthWarning")
def test_wrong_keys_as_pyjwt_says(name: str, wrong: str, way: str) -> None:
    key = WRONG_KEYS[wrong]
    if way == "encode":
        theirs = outcome(lambda: jwt.encode(CLAIMS, key, algorithm=name))
        ours = outcome(lambda: pyjwtfast.encode(CLAIMS, key, algorithm=name))
    else:
        token = jwt.encode(CLAIMS, "x" * 32) if name == "HS256" else token_of(name)
        theirs = outcome(lambda: jwt.decode(token, key, algorithms=[name]))
        ours = outcome(lambda: pyjwtfast.decode(token, key, algorithms=[name]))
    if name == "HS256" and wrong == "header alone":
        assert ours == "InvalidKeyError"  # differences.py: key material, damaged as it is
    elif way == "decode" and theirs == "AttributeError":
        assert ours is True  # a private RSA key verifies
    elif wrong == "encrypted" and theirs == "TypeError":
        assert ours == "InvalidKeyError"  # cryptography asks for a password
    elif theirs in FOREIGN:
        assert ours == "InvalidKeyError"
    else:
        assert ours == theirs


@pytest.mark.parametrize("name", ALGORITHMS)
def test_public_keys_do_not_sign(name: str) -> None:
    for form in PUBLIC_FORMS:
        if exists(name, form):
            with pytest.raises(InvalidKeyError, match="can't sign"):
                pyjwtfast.encode(CLAIMS, PUBLIC_FORMS[form](name), algorithm=name)
    with pytest.raises(InvalidKeyError, match="can't sign"):
        Signer(Key.from_pem(public_text(KEY_OF[name])), name)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_keys_serve_their_own_algorithms_alone(name: str) -> None:
    key = Key.from_pem(private_text(KEY_OF[name]))
    bound = Key.from_pem(private_text(KEY_OF[name]), algorithm=name)
    for other in ALGORITHMS:
        fits = KEY_OF[other] == KEY_OF[name] or (other == "EdDSA" and KEY_OF[name] == "Ed448")
        for each, serves in ((key, fits), (bound, other == name)):
            if serves:
                assert Verifier([each], [other]).algorithms == (other,)
                Signer(each, other).sign(CLAIMS)
                continue
            calls: tuple[Callable[[], Any], ...] = (
                lambda: Signer(each, other),  # noqa: B023
                lambda: Verifier([each], [other]),  # noqa: B023
                lambda: pyjwtfast.encode(CLAIMS, each, other),  # noqa: B023
                lambda: pyjwtfast.decode(token_of(other), each, [other]),  # noqa: B023
            )
            for call in calls:
                with pytest.raises(InvalidKeyError, match="does not fit"):
                    call()


def test_what_does_not_fit_is_named() -> None:
    rsa, ec = Key.generate("RS256"), Key.generate("ES256")
    bound = Key.from_der(rsa.to_der(private=True), algorithm="PS256")
    fault = "the key does not fit the algorithm: it is "
    cases: tuple[tuple[Callable[[], Any], str], ...] = (
        (lambda: Signer(rsa, "ES256"), "RSA, and ES256 was asked for"),
        (lambda: Signer(Key.from_secret(b"s" * 32), "EdDSA"), "a secret, and EdDSA was asked for"),
        (lambda: Signer(bound, "RS256"), "RSA for PS256 only, and RS256 was asked for"),
        (lambda: Verifier([ec], ["ES384", "RS256"]), "EC P-256"),
        (lambda: Verifier([bound], ["RS256"]), "RSA for PS256 only"),
        (
            lambda: pyjwtfast.encode({}, ec.to_pem(private=True), algorithm="RS256"),
            "EC P-256, and RS256 was asked for",
        ),
        (
            lambda: pyjwtfast.decode(token_of("EdDSA"), ec.to_pem(), algorithms=["EdDSA"]),
            "EC P-256, and EdDSA was asked for",
        ),
    )
    for call, text in cases:
        with pytest.raises(InvalidKeyError) as caught:
            call()
        assert str(caught.value) == fault + text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/etc/ssl/key.pem", "there is no -----BEGIN line in it"),
        ("a secret of more than thirty-two bytes", "there is no -----BEGIN line in it"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----", "PKCS8"),
    ],
)
def test_what_is_no_key_is_named(text: str, words: str) -> None:
    with pytest.raises(InvalidKeyError, match=words) as caught:
        pyjwtfast.encode({}, text, algorithm="RS256")
    assert "secret of" not in str(caught.value)


def test_a_public_key_is_no_secret() -> None:
    # Algorithm confusion: a token signed with the text of the public key, and HS256 allowed too.
    for form in ("PEM, bytes", "DER", "OpenSSH", "certificate"):
        text = PUBLIC_FORMS[form]("RS256")
        with pytest.raises(InvalidKeyError):
            pyjwtfast.encode(CLAIMS, text, algorithm="HS256")
        header = base64.urlsafe_b64encode(b'{"alg":"HS256"}').rstrip(b"=")
        body = header + b"." + base64.urlsafe_b64encode(b'{"a":1}').rstrip(b"=")
        mac = hmac.new(text, body, hashlib.sha256).digest()
        forged = body + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")
        with pytest.raises(InvalidKeyError):
            pyjwtfast.decode(forged, text, algorithms=["RS256", "HS256"])
        with pytest.raises(InvalidAlgorithmError):
            Verifier([PUBLIC_FORMS["Key"]("RS256")], ["RS256"]).verify(forged)


# --- short RSA keys ---


@pytest.mark.parametrize("name", ["RS256", "PS384"])
def test_short_rsa_keys(name: str) -> None:
    private, public = private_text("short rsa"), public_text("short rsa")
    with pytest.warns(jwt.InsecureKeyLengthWarning) as theirs:
        token = jwt.encode(CLAIMS, private, algorithm=name)
    text = str(theirs[0].message)
    assert "1024 bits" in text
    calls: dict[str, Callable[[], Any]] = {
        "encode": lambda: pyjwtfast.encode(CLAIMS, private, algorithm=name),
        "decode": lambda: pyjwtfast.decode(token, public, algorithms=[name]),
        "Signer": lambda: Signer(Key.from_pem(private), name),
        "Verifier": lambda: Verifier([Key.from_pem(public)], ["RS256", "RS384", name]),
    }
    for call in calls.values():
        for _ in range(2):  # a key from the cache is as short
            with warnings.catch_warnings(record=True) as ours:
                warnings.simplefilter("always")
                call()
            assert [(w.category, str(w.message)) for w in ours] == [
                (InsecureKeyLengthWarning, text)
            ]
    strict: Any = {"enforce_minimum_key_length": True}
    refused: tuple[Callable[[], Any], ...] = (
        lambda: pyjwtfast.decode(token, public, algorithms=[name], options=strict),
        lambda: PyJWT(strict).encode(CLAIMS, private, algorithm=name),
        lambda: Verifier([Key.from_pem(public)], [name], options=strict),
    )
    for call in refused:
        with pytest.raises(InvalidKeyError) as error:
            call()
        assert str(error.value) == text


@pytest.mark.filterwarnings("ignore::pyjwtfast.warnings.InsecureKeyLengthWarning")
def test_a_key_too_short_for_the_salt() -> None:
    # RFC 8017 section 9.1.1: digest and salt of PS512 take more than 1024 bits.
    token = token_of("PS512")
    calls: tuple[Callable[[], Any], ...] = (
        lambda: pyjwtfast.encode(CLAIMS, private_text("short rsa"), algorithm="PS512"),
        lambda: pyjwtfast.decode(token, public_text("short rsa"), ["PS512"]),
        lambda: Signer(Key.from_pem(private_text("short rsa")), "PS512").sign(CLAIMS),
        lambda: Verifier([Key.from_pem(public_text("short rsa"))], ["PS512"]).verify(token),
    )
    for call in calls:
        with pytest.raises(InvalidKeyError, match="does not fit"):
            call()


# --- PyJWK ---


def test_a_jwk_brings_its_algorithm() -> None:
    public = PyJWK(jwk_of("RS256", private=False))
    theirs = jwt.PyJWK(jwk_of("RS256", private=False))
    good, other = token_of("RS256"), token_of("RS512")
    for algorithms in (None, ["RS256"], ["RS256", "RS512"]):
        assert pyjwtfast.decode(good, public, algorithms) == CLAIMS
    refused: tuple[tuple[str, Any], ...] = (
        (other, None),
        (other, ["RS256"]),
        (other, ["RS256", "RS512"]),
        (good, ["RS512"]),
        (good, []),
        (token_of("ES256"), ["ES256"]),
        (tampered(good), None),
    )
    for token, algorithms in refused:
        with pytest.raises(jwt.PyJWTError) as expected:
            jwt.decode(token, theirs, algorithms)
        with pytest.raises(PyJWTError) as error:
            pyjwtfast.decode(token, public, algorithms)
        assert type(error.value).__name__ == type(expected.value).__name__
        assert str(error.value) == str(expected.value)


def test_algorithms_are_required_of_other_keys() -> None:
    for key in ("x" * 32, public_text("rsa"), Key.from_secret("x" * 32), private_key("rsa"), None):
        for algorithms in (None, [], ()):
            with pytest.raises(DecodeError, match="It is required"):
                pyjwtfast.decode(token_of("RS256"), key, algorithms)


def test_an_attribute_of_a_jwk_may_fail() -> None:
    class Odd(PyJWK):
        @property
        def algorithm_name(self) -> str:  # type: ignore[override]
            raise RuntimeError("odd")

        @algorithm_name.setter
        def algorithm_name(self, value: str) -> None:
            pass

    odd = Odd.__new__(Odd)
    with pytest.raises(RuntimeError, match="odd"):
        pyjwtfast.encode(CLAIMS, odd)
    with pytest.raises(RuntimeError, match="odd"):
        pyjwtfast.decode(token_of("RS256"), odd)


# --- use and key_ops (RFC 7517 sections 4.2, 4.3) ---


@pytest.mark.parametrize(
    ("members", "private", "signs", "verifies"),
    [
        ({"use": "sig"}, True, True, True),
        ({"use": "enc"}, True, False, False),
        ({"use": "enc"}, False, False, False),
        ({"key_ops": ["sign"]}, True, True, True),
        ({"key_ops": ["verify"]}, True, False, True),
        ({"key_ops": ["verify"]}, False, False, True),
        ({"key_ops": ["sign"]}, False, False, False),
        ({"key_ops": ["encrypt"]}, True, False, False),
        ({"key_ops": ["sign", "verify"], "use": "sig"}, True, True, True),
        ({"key_ops": []}, True, False, False),
    ],
)
@pytest.mark.parametrize("name", ["RS256", "ES256", "EdDSA"])
def test_use_and_key_ops(
    name: str, members: dict[str, Any], private: bool, signs: bool, verifies: bool
) -> None:
    jwk = {**jwk_of(name, private), **members}
    key = Key.from_jwk(jwk)
    token = token_of(name)
    calls: tuple[tuple[Callable[[], Any], bool], ...] = (
        (lambda: Signer(key, name), signs),
        (lambda: pyjwtfast.encode(CLAIMS, key, name), signs),
        (lambda: pyjwtfast.encode(CLAIMS, PyJWK(jwk)), signs),
        (lambda: Verifier([key], [name]), verifies),
        (lambda: pyjwtfast.decode(token, key, [name]), verifies),
        (lambda: pyjwtfast.decode(token, PyJWK(jwk)), verifies),
    )
    for call, allowed in calls:
        if allowed:
            call()
        else:
            with pytest.raises(InvalidKeyError):
                call()


# --- many keys ---


def hundred_keys() -> list[Key]:
    return [Key.generate("ES256", kid=f"key {i:03}") for i in range(100)]


def test_a_hundred_keys_by_kid() -> None:
    keys = hundred_keys()
    verifier = Verifier([key.public() for key in reversed(keys)], ["ES256"])
    for key in keys:
        assert verifier.verify(Signer(key, "ES256").sign(CLAIMS)) == CLAIMS
    wrong = Signer(keys[0], "ES256", {"kid": "key 050"}).sign(CLAIMS)
    unknown = Signer(keys[0], "ES256", {"kid": "key 100"}).sign(CLAIMS)
    longer = Signer(keys[0], "ES256", {"kid": "key 0000"}).sign(CLAIMS)
    empty = Signer(keys[0], "ES256", {"kid": ""}).sign(CLAIMS)
    for token in (wrong, unknown, longer, empty):
        with pytest.raises(InvalidSignatureError):
            verifier.verify(token)


def test_kids_of_every_length_and_order() -> None:
    kids = ["", "a", "b", "aa", "ab", "é", "\x00", "a\x00", "z" * 255, "z" * 254, "€" * 85]
    keys = {kid: Key.from_secret(f"{i:032}", kid=kid) for i, kid in enumerate(kids)}
    without = Key.from_secret("w" * 32)
    for order in (kids, kids[::-1]):
        verifier = Verifier([without, *(keys[kid] for kid in order)], ["HS256"])
        for kid, key in keys.items():
            assert verifier.verify(Signer(key).sign(CLAIMS)) == CLAIMS, kid
            with pytest.raises(InvalidSignatureError):
                verifier.verify(Signer(without, headers={"kid": kid}).sign(CLAIMS))
        # An unknown kid: those without one. None at all: every key.
        assert verifier.verify(Signer(without, headers={"kid": "other"}).sign(CLAIMS)) == CLAIMS
        assert verifier.verify(Signer(without, headers={"kid": "z" * 256}).sign(CLAIMS)) == CLAIMS
        assert verifier.verify(pyjwtfast.encode(CLAIMS, f"{3:032}")) == CLAIMS


def test_keys_of_one_kid_are_tried_in_turn() -> None:
    keys = [Key.from_secret(f"{i:032}", kid="k") for i in range(20)]
    verifier = Verifier(keys, ["HS256"])
    for i, key in enumerate(keys):
        token = Signer(key).sign(CLAIMS)
        if i < 16:
            assert verifier.verify(token) == CLAIMS
        else:  # the work that one token can cause is bounded
            with pytest.raises(InvalidSignatureError):
                verifier.verify(token)


def test_sixteen_keys_are_tried_in_the_order_given() -> None:
    misfits = [Key.from_pem(public_text("P-384"), kid=f"m{i}") for i in range(30)]
    keys = [Key.from_secret(f"{i:032}", kid=f"{100 - i}") for i in range(17)]
    verifier = Verifier([*misfits, *keys], ["HS256", "ES384"])  # misfits are not tried
    assert verifier.verify(pyjwtfast.encode(CLAIMS, f"{15:032}")) == CLAIMS
    with pytest.raises(InvalidSignatureError):
        verifier.verify(pyjwtfast.encode(CLAIMS, f"{16:032}"))


def test_a_kid_of_a_key_for_another_algorithm() -> None:
    rsa_key = Key.from_pem(public_text("rsa"), kid="rsa")
    ec_key = Key.from_pem(private_text("P-256"), kid="ec")
    verifier = Verifier([rsa_key, ec_key], ["RS256", "ES256"])
    token = Signer(ec_key, "ES256").sign(CLAIMS)
    assert verifier.verify(token) == CLAIMS
    crossed = Signer(ec_key, "ES256", {"kid": "rsa"}).sign(CLAIMS)
    with pytest.raises(InvalidSignatureError):
        verifier.verify(crossed)


def test_the_index_does_not_scan() -> None:
    # A scan of so many keys would cost many times what a verification does.
    def cost(count: int) -> float:
        keys = [Key.from_secret("x" * 32, kid=f"{i}") for i in range(count)]
        verifier = Verifier(keys, ["HS256"])
        token = Signer(keys[-1]).sign(CLAIMS)
        best = float("inf")
        for _ in range(20):
            start = time.perf_counter()
            for _ in range(200):
                verifier.verify(token)
            best = min(best, time.perf_counter() - start)
        return best

    assert cost(20_000) < 4 * cost(1)


# --- threads ---


def runs_meanwhile(call: Callable[[], Any], turns: int) -> bool:
    """Whether another thread gets the GIL during some turns of call, with nobody asking for it."""
    go = threading.Lock()
    go.acquire()
    ready, ran = threading.Event(), False

    def other() -> None:
        nonlocal ran
        ready.set()
        with go:
            ran = True

    thread = threading.Thread(target=other)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1000)  # seconds until a waiting thread may interrupt
    try:
        thread.start()
        ready.wait()
        time.sleep(0.05)
        go.release()
        for _ in range(turns):
            call()
            if ran:
                break
        return ran
    finally:
        sys.setswitchinterval(before)
        thread.join()


@pytest.mark.parametrize("name", ["RS256", "PS256", "ES384", "Ed448"])
def test_slow_signatures_release_the_gil(name: str) -> None:
    key = Key.from_pem(private_text(KEY_OF[name]))
    text = private_text(KEY_OF[name])
    token = token_of(name)
    signer, verifier = Signer(key, name), Verifier([key], [name])
    signature = _core._sign(name, key, MESSAGE)
    calls: dict[str, Callable[[], Any]] = {
        "encode": lambda: pyjwtfast.encode(CLAIMS, text, algorithm=name),
        "decode": lambda: pyjwtfast.decode(token, text, algorithms=[name]),
        "Signer.sign": lambda: signer.sign(CLAIMS),
        "Verifier.verify": lambda: verifier.verify(token),
        "Verifier.verify_complete": lambda: verifier.verify_complete(token),
        "_sign": lambda: _core._sign(name, key, MESSAGE),
        "_verify": lambda: _core._verify(name, key, MESSAGE, signature),
    }
    for what, call in calls.items():
        call()
        assert runs_meanwhile(call, 5000), what


def test_short_ones_keep_it() -> None:
    signer = Signer(Key.from_secret("x" * 32))
    assert not runs_meanwhile(lambda: signer.sign(CLAIMS), 5000)


def test_threads_share_keys_signers_and_verifiers() -> None:
    names = ("RS256", "ES256", "EdDSA", "HS256")
    keys = {name: Key.from_pem(private_text(KEY_OF[name])) for name in names[:3]}
    keys["HS256"] = Key.from_secret("x" * 32)
    signers = {name: Signer(key, name) for name, key in keys.items()}
    verifier = Verifier(keys.values(), names, cache_size=8)
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(40):
                name = names[(number + turn) % 4]
                claims = {"thread": number, "turn": turn}
                token = signers[name].sign(claims)
                assert verifier.verify(token) == claims
                # Texts enough to drive each other out of the cache of prepared keys.
                secret = f"{number}-{turn}".rjust(32, "s")
                assert pyjwtfast.decode(pyjwtfast.encode(claims, secret), secret, ["HS256"])
                if name != "HS256":
                    text = private_text(KEY_OF[name])
                    token = pyjwtfast.encode(claims, text, algorithm=name)
                    assert pyjwtfast.decode(token, public_text(KEY_OF[name]), [name]) == claims
                    with pytest.raises(InvalidSignatureError):
                        verifier.verify(tampered(token))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_key_driven_out_of_the_cache_in_use() -> None:
    # The cache has 64 entries: the texts of the other thread send the one in use away.
    text, public = private_text("rsa"), public_text("rsa")
    done = threading.Event()

    def other() -> None:
        turn = 0
        while not done.is_set():
            pyjwtfast.encode({}, f"{turn:032}")
            turn += 1

    thread = threading.Thread(target=other)
    thread.start()
    try:
        for turn in range(100):
            token = pyjwtfast.encode({"turn": turn}, text, algorithm="PS256")
            assert pyjwtfast.decode(token, public, ["PS256"]) == {"turn": turn}
    finally:
        done.set()
        thread.join()


# --- algorithms of one's own, by Python ---


class Backwards(Algorithm):
    """Signs with the message, backwards; the key is a prefix."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def prepare_key(self, key: Any) -> Any:
        self.calls.append("prepare_key")
        if not isinstance(key, str):
            raise TypeError("a str, please")
        return key.encode()

    def check_key_length(self, key: Any) -> str | None:
        return "short" if len(key) < 4 else None

    def sign(self, msg: bytes, key: Any) -> bytes:
        self.calls.append("sign")
        return bytes(key + msg[::-1])

    def verify(self, msg: bytes, key: Any, sig: bytes) -> bool:
        self.calls.append("verify")
        return bool(sig == key + msg[::-1])

    @staticmethod
    def to_jwk(key_obj: Any, as_dict: bool = False) -> Any:
        raise NotImplementedError

    @staticmethod
    def from_jwk(jwk: Any) -> Any:
        raise NotImplementedError


@pytest.fixture
def backwards() -> Iterator[Backwards]:
    algorithm = Backwards()
    pyjwtfast.register_algorithm("BACK", algorithm)
    yield algorithm
    pyjwtfast.unregister_algorithm("BACK")


def test_a_registered_algorithm(backwards: Backwards) -> None:
    token = pyjwtfast.encode(CLAIMS, "prefix", algorithm="BACK", headers={"kid": "k"})
    assert backwards.calls == ["prepare_key", "sign"]
    assert pyjwtfast.get_unverified_header(token) == {"alg": "BACK", "typ": "JWT", "kid": "k"}
    assert pyjwtfast.decode(token, "prefix", algorithms=["BACK"]) == CLAIMS
    assert pyjwtfast.decode_complete(token, "prefix", ["HS256", "BACK"])["payload"] == CLAIMS
    with pytest.raises(InvalidSignatureError):
        pyjwtfast.decode(token, "other prefix", algorithms=["BACK"])
    with pytest.raises(InvalidAlgorithmError, match="not allowed"):
        pyjwtfast.decode(token, "prefix", algorithms=["HS256"])
    with pytest.raises(TypeError, match="a str, please"):
        pyjwtfast.encode(CLAIMS, b"prefix", algorithm="BACK")
    with pytest.warns(InsecureKeyLengthWarning, match="short"):
        pyjwtfast.encode(CLAIMS, "abc", algorithm="BACK")
    with pytest.raises(InvalidKeyError, match="short"):
        pyjwtfast.decode(
            token, "abc", algorithms=["BACK"], options={"enforce_minimum_key_length": True}
        )
    # The others go on as they were.
    assert pyjwtfast.decode(token_of("ES256"), public_text("P-256"), ["ES256"]) == CLAIMS


def test_detached_by_a_registered_algorithm(backwards: Backwards) -> None:
    jws = PyJWS()
    jws.register_algorithm("BACK", backwards)
    token = jws.encode(b"\xff.", "prefix", "BACK", is_payload_detached=True)
    assert jws.decode(token, "prefix", ["BACK"], detached_payload=b"\xff.") == b"\xff."
    with pytest.raises(InvalidSignatureError):
        jws.decode(token, "prefix", ["BACK"], detached_payload=b"\xff")


def test_an_unregistered_algorithm() -> None:
    token = token_of("ES256")
    own = PyJWS()
    own.unregister_algorithm("ES256")
    with pytest.raises(InvalidAlgorithmError, match="Algorithm not supported"):
        own.decode(token, public_text("P-256"), ["ES256"])
    with pytest.raises(NotImplementedError, match="Algorithm not supported"):
        own.encode(b"{}", private_text("P-256"), "ES256")
    narrow = PyJWS(algorithms=["RS256"])
    assert json.loads(narrow.decode(token_of("RS256"), public_text("rsa"), ["RS256"])) == CLAIMS
    with pytest.raises(InvalidAlgorithmError, match="Algorithm not supported"):
        narrow.decode(token, public_text("P-256"), ["ES256"])
    pyjwtfast.unregister_algorithm("ES384")
    try:
        with pytest.raises(NotImplementedError, match="Algorithm not supported"):
            pyjwtfast.encode(CLAIMS, private_text("P-384"), "ES384")
        with pytest.raises(InvalidAlgorithmError, match="Algorithm not supported"):
            pyjwtfast.decode(token_of("ES384"), public_text("P-384"), ["ES384"])
        assert pyjwtfast.decode(token, public_text("P-256"), ["ES256"]) == CLAIMS
    finally:
        pyjwtfast.register_algorithm("ES384", get_default_algorithms()["ES384"])
    assert pyjwtfast.decode(token_of("ES384"), public_text("P-384"), ["ES384"]) == CLAIMS


def test_an_algorithm_in_place_of_the_own_one() -> None:
    class Shouting(HMACAlgorithm):
        def sign(self, msg: bytes, key: Any) -> bytes:
            return b"LOUD" + super().sign(msg, key)

    jws = PyJWS()
    jws.unregister_algorithm("HS256")
    jws.register_algorithm("HS256", Shouting(HMACAlgorithm.SHA256))
    complete = jws.decode_complete(
        jws.encode(b"{}", "x" * 32, "HS256"), "", options={"verify_signature": False}
    )
    assert complete["signature"].startswith(b"LOUD")
    with pytest.raises(InvalidSignatureError):
        jws.decode(jws.encode(b"{}", "x" * 32, "HS256"), "x" * 32, ["HS256"])


@pytest.mark.parametrize("answer", ["text", None, 5])
def test_a_signature_must_be_bytes(answer: Any) -> None:
    class Odd(Backwards):
        def sign(self, msg: bytes, key: Any) -> bytes:
            return answer  # type: ignore[no-any-return]

    jws = PyJWS()
    jws.register_algorithm("ODD", Odd())
    with pytest.raises(TypeError, match="must return bytes"):
        jws.encode(b"{}", "prefix", "ODD")


def test_an_algorithm_may_use_the_module(backwards: Backwards) -> None:
    class Inner(Backwards):
        def verify(self, msg: bytes, key: Any, sig: bytes) -> bool:
            assert pyjwtfast.decode(token_of("ES256"), public_text("P-256"), ["ES256"]) == CLAIMS
            pyjwtfast.unregister_algorithm("INNER")  # while it is in use
            return super().verify(msg, key, sig)

    pyjwtfast.register_algorithm("INNER", Inner())
    token = pyjwtfast.encode(CLAIMS, "prefix", algorithm="INNER")
    assert pyjwtfast.decode(token, "prefix", algorithms=["INNER"]) == CLAIMS
    with pytest.raises(InvalidAlgorithmError):
        pyjwtfast.decode(token, "prefix", algorithms=["INNER"])


def test_wrong_registries_are_refused() -> None:
    for registry in ([], "HS256", 5):
        with pytest.raises(TypeError):
            _core._set_registry(registry)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            _core._jws_decode(token_of("ES256"), "", None, False, False, None, registry)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            _core._jws_encode(b"", "", "none", None, None, False, True, "JWT", registry, False)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        _core._setup([], PyJWK, len, len)  # type: ignore[arg-type]


def test_claims_of_a_payload_from_elsewhere() -> None:
    options = PyJWT().options
    now = int(time.time())

    class Number(int):
        def __int__(self) -> int:
            payload.clear()
            return now + 60

    payload: dict[str, Any] = {"exp": Number(5), "iss": "i", "sub": "s", "aud": ["a"]}
    # Its claims vanish while they are looked at; what was seen counts.
    _core._check_claims(payload, options, "a", "i", "s", 0)
    assert payload == {}
    for claims, arguments, error in (
        ({"exp": now - 10}, (None, None, None, 0), "ExpiredSignatureError"),
        ({"exp": now - 10}, (None, None, None, datetime.timedelta(minutes=1)), None),
        ({"nbf": now + 99}, (None, None, None, 0), "ImmatureSignatureError"),
        ({"iss": "x"}, (None, "i", None, 0), "InvalidIssuerError"),
        ({"aud": "x"}, ("a", None, None, 0), "InvalidAudienceError"),
        ({"sub": 5}, (None, None, None, 0), "InvalidSubjectError"),
        ({"exp": 10**30}, (None, None, None, 0), None),
    ):
        if error is None:
            _core._check_claims(claims, options, *arguments)
        else:
            with pytest.raises(getattr(pyjwtfast.exceptions, error)):
                _core._check_claims(claims, options, *arguments)
    with pytest.raises(TypeError):
        _core._check_claims([], options, None, None, None, 0)  # type: ignore[arg-type]
