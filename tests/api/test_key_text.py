"""What looks like an asymmetric key, a certificate or a JWK is no HMAC secret.

The attack: a verifier that is given an RSA public key for RS256 is sent a token with alg HS256,
signed with the public key's own bytes as the secret (CVE-2017-11424, CVE-2022-29217). Filters on
the text were evaded by a leading space, a BOM, an array around the key or another encoding
(CVE-2023-48223, CVE-2026-34950, CVE-2026-48526).
"""

from __future__ import annotations

import datetime
import hashlib
import json
import random
import time
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pyjwtfast
from pyjwtfast.algorithms import HMACAlgorithm
from pyjwtfast.exceptions import InvalidKeyError

from ..support import forge
from . import key_material as material
from .oracle import assert_same, observe

ASYMMETRIC = (
    "The specified key is an asymmetric key or x509 certificate and should not be used as an HMAC "
    "secret."
)
JWK = (
    "The specified key looks like a JWK and should not be used directly as an HMAC secret. Load it "
    "via PyJWK / HMACAlgorithm.from_jwk first."
)
EMPTY = "HMAC key must not be empty."

OCT_JWK = {"kty": "oct", "k": "c2VjcmV0IG9mIGF0IGxlYXN0IDMyIGJ5dGVzIGluIGxlbmd0aA", "kid": "k"}
JWK_TEXT = json.dumps(OCT_JWK).encode()

TEXT_FORMS = {
    "PEM public": material.EC_PUBLIC_PEM,
    "PEM private": material.EC_PRIVATE_PEM,
    "PEM SEC 1": material.EC_SEC1_PEM,
    "PEM PKCS 1 public": material.RSA_PKCS1_PUBLIC_PEM,
    "PEM encrypted": material.EC_ENCRYPTED_PEM,
    "PEM OpenSSH": material.OPENSSH_PRIVATE_PEM,
    "PEM certificate": material.CERTIFICATE_PEM,
    "SSH ed25519": material.SSH_ED25519,
    "SSH rsa": material.SSH_RSA,
    "SSH ecdsa": material.SSH_ECDSA,
    "JWK": JWK_TEXT,
    "JWK indented": json.dumps(OCT_JWK, indent=2).encode(),
    "JWK escaped": JWK_TEXT.replace(b'"kty"', b'"\\u006bt\\u0079"'),
    "JWKS": json.dumps({"keys": [OCT_JWK]}).encode(),
    "JWK in an array": json.dumps([OCT_JWK]).encode(),
    "JWK deep in an array": json.dumps([[[{"a": [OCT_JWK]}]]]).encode(),
}
DER_FORMS = {
    "DER EC": material.EC_SPKI_DER,
    "DER RSA": material.RSA_SPKI_DER,
    "DER Ed25519": material.ED25519_SPKI_DER,
    "DER certificate": material.CERTIFICATE_DER,
}
UTF16_FORMS = {
    f"JWK {encoding}": JWK_TEXT.decode().encode(encoding)
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")
}
PREFIXES = {
    "nothing": b"",
    "space": b" ",
    "newline": b"\n",
    "tab": b"\t",
    "CRLF": b"\r\n",
    "BOM": b"\xef\xbb\xbf",
    "x": b"x",
}
FORMS = {**TEXT_FORMS, **DER_FORMS, **UTF16_FORMS}


def refusal(key: Any) -> str | None:
    """What `encode` says about this key, None when it takes it."""
    try:
        pyjwtfast.encode({}, key)
    except InvalidKeyError as error:
        return str(error)
    return None


@pytest.mark.filterwarnings("ignore:The HMAC key is")
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("prefix", PREFIXES)
def test_we_refuse_what_pyjwt_refuses(prefix: str, form: str) -> None:
    """Same class and message wherever PyJWT refuses, for every way a secret can be given."""
    key = PREFIXES[prefix] + FORMS[form]
    theirs = observe(jwt.encode, {}, key)
    ours = observe(pyjwtfast.encode, {}, key)
    if theirs.kind == "raised":
        assert ours.same_as(theirs), (ours, theirs)
        token = forge({}, secret=key)
        for algorithm in ("HS256", "HS384", "HS512"):
            assert_same("encode", {}, key=key, algorithm=algorithm)
        assert_same("decode", token, key=key, algorithms=["HS256"])
        with pytest.raises(InvalidKeyError) as caught:
            pyjwtfast.Key.from_secret(key)
        assert str(caught.value) == theirs.value[1]
    else:
        # Stricter we may be, with one of the same messages, and alike on every way in.
        assert refusal(key) in {None, ASYMMETRIC, JWK}


@pytest.mark.parametrize("form", TEXT_FORMS)
@pytest.mark.parametrize("prefix", [name for name in PREFIXES if name != "x"])
def test_space_or_a_bom_before_it_does_not_help(prefix: str, form: str) -> None:
    expected = JWK if "JWK" in form else ASYMMETRIC
    assert refusal(PREFIXES[prefix] + TEXT_FORMS[form]) == expected


@pytest.mark.parametrize("form", [*DER_FORMS, *UTF16_FORMS])
def test_der_and_other_encodings(form: str) -> None:
    assert refusal(FORMS[form]) == (JWK if "JWK" in form else ASYMMETRIC)


@pytest.mark.parametrize("form", [name for name in TEXT_FORMS if name.startswith("PEM")])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_pem_in_another_encoding(form: str, encoding: str) -> None:
    assert refusal(TEXT_FORMS[form].decode().encode(encoding)) == ASYMMETRIC


ENCODINGS = [
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be",
]  # fmt: skip
BESIDE = [
    "x",
    "é",
    "€",
    "\u5c22",
    "\u225c",
    "\U0001f600",
    "\x7f",
    "\\ud800",
    "\u0a0d",
    "\ufeff",
    "\ud800",
]
JWK_TEMPLATES = [
    '{"n":"%(x)s",%(kty)s:"RSA"}',
    '[{%(kty)s:"RSA","n":"%(x)s"}]',
    ' \n{"a":{"b":[1,{%(kty)s:"oct"}]},"c":"%(x)s"}',
    '["%(x)s",{%(kty)s:1}]',
    '{"%(x)s":1,%(kty)s:2}',
]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("beside", BESIDE, ids=ascii)
def test_jwk_spelt_and_encoded_otherwise(encoding: str, beside: str) -> None:
    """Escapes in "kty", a lone surrogate or a letter beyond ASCII beside it: as PyJWT at least."""
    for template in JWK_TEMPLATES:
        for kty in ('"kty"', '"\\u006bty"', '"k\\u0074y"', '"\\u006b\\u0074\\u0079"'):
            text = template % {"x": beside, "kty": kty}
            key = text.encode(encoding, "surrogatepass")
            theirs = observe(jwt.encode, {}, key)
            if theirs.kind == "raised":
                assert refusal(key) == theirs.value[1] == JWK, key


def certificate(name: str) -> bytes:
    """A self-signed DER certificate of this common name; the same bytes each time."""
    pytest.importorskip("cryptography", reason="PyJWT knows certificates by cryptography alone")
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding

    key = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(
        issuer_name=subject,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=5,
        not_valid_before=datetime.datetime(2020, 1, 1),
        not_valid_after=datetime.datetime(2040, 1, 1),
    )
    return builder.sign(key, None).public_bytes(Encoding.DER)


def test_certificate_with_latin_1_in_a_utf8string() -> None:
    """As careless CAs write it: OpenSSL does not load it, PyJWT's cryptography does."""
    proper = certificate("café")
    careless = proper.replace("café".encode(), b"caf\xe9\xe9")
    assert careless != proper
    for der in (proper, careless):
        assert observe(jwt.encode, {}, der).value == ("InvalidKeyError", ASYMMETRIC)
        assert refusal(der) == ASYMMETRIC
        with pytest.raises(InvalidKeyError):
            pyjwtfast.Key.from_secret(der)
        with pytest.raises(InvalidKeyError):
            pyjwtfast.decode(forge({}, secret=der), der, algorithms=["HS256"])


@pytest.mark.filterwarnings("ignore:The HMAC key is")
@pytest.mark.parametrize("form", [*DER_FORMS, "DER PKCS 1", "DER UTF-8 name"])
def test_mutated_der(form: str) -> None:
    """One or two bytes of a key or certificate changed: what PyJWT still refuses, we refuse."""
    more = {
        "DER PKCS 1": material.RSA_PKCS1_DER,
        "DER UTF-8 name": certificate("café.example"),
    }
    whole = {**DER_FORMS, **more}[form]
    choose = random.Random(form)
    refused = 0
    for _ in range(200):
        der = bytearray(whole)
        for _ in range(choose.choice([1, 1, 1, 2])):
            der[choose.randrange(len(der))] = choose.choice(
                [0, 0x1E, 0x80, 0xFF, choose.randrange(256)]
            )
        if observe(jwt.encode, {}, bytes(der)).kind == "raised":
            refused += 1
            assert refusal(bytes(der)) == ASYMMETRIC, der.hex()
    assert refused


def test_random_secrets_are_never_refused() -> None:
    choose = random.Random(1)
    for _ in range(10_000):
        pyjwtfast.Key.from_secret(choose.randbytes(64))


@pytest.mark.parametrize("form", TEXT_FORMS)
def test_the_str_form_is_refused_too(form: str) -> None:
    text = TEXT_FORMS[form].decode()
    for written in (text, "\ufeff" + text, " " + text):
        assert refusal(written) == refusal(text.encode()) is not None
    assert_same("decode", forge({}), key=text, algorithms=["HS256"])


@pytest.mark.parametrize("form", FORMS)
def test_refused_again_on_a_second_call(form: str) -> None:
    """The cache of prepared keys must not turn a refusal into an acceptance."""
    first = refusal(FORMS[form])
    assert first is not None
    assert refusal(FORMS[form]) == first
    with pytest.raises(InvalidKeyError):
        pyjwtfast.decode(forge({}), FORMS[form], algorithms=["HS256"])


@pytest.mark.parametrize("key", ["", b""])
def test_empty_secret(key: Any) -> None:
    assert refusal(key) == EMPTY
    with pytest.raises(InvalidKeyError, match=r"^HMAC key must not be empty.$"):
        pyjwtfast.Key.from_secret(key)
    assert_same("decode", forge({}, secret=b""), key=key, algorithms=["HS256"])


@pytest.mark.parametrize("key", [None, 5, bytearray(b"x" * 32), memoryview(b"x" * 32), ["x"], {}])
def test_secret_of_another_type(key: Any) -> None:
    assert_same("encode", {}, key=key)
    assert_same("decode", forge({}), key=key, algorithms=["HS256"])
    with pytest.raises(TypeError):
        pyjwtfast.Key.from_secret(key)


class PretendsToBeText:
    def __str__(self) -> str:
        return "s" * 32

    def __bytes__(self) -> bytes:
        return b"s" * 32


def test_an_object_is_never_turned_into_a_secret() -> None:
    with pytest.raises(TypeError):
        pyjwtfast.encode({}, PretendsToBeText())
    with pytest.raises(TypeError):
        pyjwtfast.Key.from_secret(PretendsToBeText())


@pytest.mark.filterwarnings("ignore:The HMAC key is")
@given(st.one_of(st.binary(min_size=1, max_size=80), st.text(min_size=1, max_size=40)))
def test_ordinary_secrets_are_taken(key: str | bytes) -> None:
    """Random bytes and texts: we take what PyJWT takes, and sign alike."""
    if isinstance(key, str) and any("\ud800" <= c <= "\udfff" for c in key):
        return  # UnicodeEncodeError in PyJWT: see below
    assert_same("encode", {"a": 1}, key=key)


@pytest.mark.filterwarnings("ignore:The HMAC key is")
@given(
    st.recursive(
        st.one_of(st.none(), st.integers(), st.sampled_from(["kty", "x", ""])),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["kty", "k", "keys", "a", ""]), inner, max_size=3)
        ),
        max_leaves=6,
    ),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]),
    st.sampled_from(["", " ", "x", "{"]),
)
def test_json_secrets(value: Any, encoding: str, around: str) -> None:
    """JSON is a fine secret as long as no object in it has a member "kty"."""
    key = (around + json.dumps(value)).encode(encoding)
    theirs = observe(jwt.encode, {}, key)
    ours = observe(pyjwtfast.encode, {}, key)
    if not ours.same_as(theirs):
        assert theirs.kind == "returned", (ours, theirs)
        # Stricter than PyJWT only where a member "kty" can be found at all.
        assert b"k\0t\0y" in key or b"k\0\0\0t" in key or b"kty" in key, (key, ours)
        assert ours.value == ("InvalidKeyError", JWK)


SECRETS = [
    "django-insecure-{0x+^$%&(y[)]3_@!=-*#~;:'\"kty\": <>,./?|`",
    '{"a":1}',
    '["kty"]',
    '"kty"',
    '{"a":"kty"}',
    "kty",
    "-----",
    "-----BEGIN-----",
    "BEGIN PUBLIC KEY",
    "a ssh-rsa b",
    "sshrsa",
    "ssh",
    "0\x82\x01\x22",
    b"0\x82\x01\x22" + b"\x00" * 290,
    b"0" * 294,
    b"\xff\xfe" + b"x" * 40,
    b"\xef\xbb\xbf",
    b"\xef\xbb\xbf{}",
    b'[' * 5000 + b'{"kty":1}' + b"]" * 5000,
    b'{"kty":' + b"[" * 100_000,
    b'[{"\\u006bty":' + b"[" * 100_000,
    b"9" * 100_000,
    b'{"n":' + b"9" * 100_000 + b',"kty":"RSA"}',
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:The HMAC key is")
@pytest.mark.parametrize("key", SECRETS, ids=lambda key: repr(key)[:40])
def test_secret_table(key: str | bytes) -> None:
    """The same verdict as PyJWT for what merely resembles a key, or is nested very deeply."""
    ours = observe(pyjwtfast.encode, {}, key)
    assert ours.same_as(observe(jwt.encode, {}, key))


@pytest.mark.parametrize(
    "key",
    [
        "-----BEGIN PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\nAAAA",
        "-----END PUBLIC KEY----------BEGIN PUBLIC KEY-----",
        "-----BEGIN SOMETHING-----\nx\n-----END SOMETHING-----",
        "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----",
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
    ],
    ids=lambda key: repr(key)[:40],
)
def test_refused_though_pyjwt_takes_it(key: str | bytes) -> None:
    """Half a PEM frame, an unknown one, and JSON too deep to say what is in it."""
    assert refusal(key) in {ASYMMETRIC, JWK}


@pytest.mark.parametrize("start", ["0", "M", "MII", "{", "[", "-----", "ssh", "plain"])
def test_loading_a_secret_takes_microseconds(start: str) -> None:
    """However it begins: OpenSSL's decoders take a millisecond to find that it is no key."""
    secrets = [start + hashlib.sha256(b"%d" % number).hexdigest() for number in range(300)]
    begin = time.thread_time()  # whatever else the machine does
    for secret in secrets:
        pyjwtfast.Key.from_secret(secret)
    assert time.thread_time() - begin < 300 * 100e-6


def test_secret_with_surrogates() -> None:
    """PyJWT lets a UnicodeEncodeError escape; any ValueError will do, but no result."""
    secret = "\ud800" * 32
    for function in (
        lambda: pyjwtfast.encode({}, secret),
        lambda: pyjwtfast.Key.from_secret(secret),
        lambda: pyjwtfast.decode(forge({}), secret, algorithms=["HS256"]),
    ):
        with pytest.raises((ValueError, InvalidKeyError)):
            function()


@pytest.mark.parametrize(
    "secret", ["TOP-SECRET\udc80", "\ud800TOP-SECRET", "TOP-\udfff-SECRET"], ids=ascii
)
def test_an_exception_holds_no_secret(secret: str) -> None:
    """A UnicodeEncodeError carries the str itself; error reports show an exception's arguments."""
    for function in (
        lambda: pyjwtfast.encode({}, secret),
        lambda: pyjwtfast.Key.from_secret(secret),
        lambda: pyjwtfast.decode(forge({}), secret, algorithms=["HS256"]),
        lambda: pyjwtfast.decode_complete(forge({}), secret, algorithms=["HS256"]),
    ):
        with pytest.raises((ValueError, InvalidKeyError)) as caught:
            function()
        error: BaseException | None = caught.value
        while error is not None:
            held = [str(error), error.args, {name: getattr(error, name) for name in dir(error)}]
            assert "TOP" not in repr(held)
            assert "SECRET" not in repr(held)
            error = error.__cause__ or error.__context__
    told = HMACAlgorithm(HMACAlgorithm.SHA256).check_key_length(secret)
    assert told is not None
    assert "SECRET" not in told


def test_two_spellings_of_one_secret() -> None:
    """str is UTF-8: the cache of prepared keys must neither mix nor split them."""
    for secret in ("é" * 20, "x" * 32):
        token = pyjwtfast.encode({"a": 1}, secret)
        assert token == pyjwtfast.encode({"a": 1}, secret.encode()) == jwt.encode({"a": 1}, secret)
        assert pyjwtfast.decode(token, secret.encode(), algorithms=["HS256"]) == {"a": 1}


def test_many_secrets_in_turn() -> None:
    """More secrets than the cache of prepared keys holds (64), used in two rounds."""
    secrets = [f"secret number {number:04} of thirty-two" for number in range(200)]
    for _ in range(2):
        for secret in secrets:
            assert pyjwtfast.encode({"a": 1}, secret) == forge({"a": 1}, secret=secret)
    wrong = forge({}, secret=secrets[0])
    for secret in secrets[1:]:
        with pytest.raises(pyjwtfast.exceptions.InvalidSignatureError):
            pyjwtfast.decode(wrong, secret, algorithms=["HS256"])


def test_large_secrets_in_turn() -> None:
    """Secrets whose bytes together exceed the cache's 256 KiB, and one that does so alone."""
    for size in (100_000, 300_000):
        for letter in "abcde":
            secret = letter * size
            token = pyjwtfast.encode({"a": 1}, secret)
            assert token == forge({"a": 1}, secret=secret)
            assert pyjwtfast.decode(token, secret, algorithms=["HS256"]) == {"a": 1}


def test_secrets_that_differ_in_one_byte() -> None:
    """Whole bytes are compared: at the start, in the middle, at the end, in length."""
    secret = b"s" * 64
    token = pyjwtfast.encode({"a": 1}, secret)
    others = [secret[:i] + b"t" + secret[i + 1 :] for i in range(64)]
    others += [secret + b"s", secret[:-1], secret + b"\x01"]
    for other in others:
        with pytest.raises(pyjwtfast.exceptions.InvalidSignatureError):
            pyjwtfast.decode(token, other, algorithms=["HS256"])


def test_hmac_pads_short_keys_with_zeros() -> None:
    """RFC 2104: a zero byte more is the same MAC. Not ours to change, but to know."""
    with pytest.warns(pyjwtfast.warnings.InsecureKeyLengthWarning):
        assert pyjwtfast.encode({}, b"s") == pyjwtfast.encode({}, b"s\0")


def test_the_same_secret_under_each_algorithm() -> None:
    """One prepared key per digest: the algorithm is part of the cache's key."""
    secret = "s" * 64
    for _ in range(3):
        for algorithm in ("HS256", "HS384", "HS512"):
            token = pyjwtfast.encode({}, secret, algorithm)
            assert token == jwt.encode({}, secret, algorithm)
            assert pyjwtfast.decode(token, secret, algorithms=["HS256", "HS384", "HS512"]) == {}
