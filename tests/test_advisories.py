"""One test for each published attack that this version can meet; each opens with the attack.

The identifiers are of the libraries that fell. Attacks on asymmetric algorithms, JWKS and JWE come
with those features; the ones on the verified-token cache are in `api/test_cache.py`, those on the
text of secrets in `api/test_key_text.py`.
"""

from __future__ import annotations

import json
import math
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

import pyjwtfast
from pyjwtfast import Key, Signer, Verifier, exceptions
from pyjwtfast.exceptions import (
    DecodeError,
    ExpiredSignatureError,
    InvalidAlgorithmError,
    InvalidIssuerError,
    InvalidKeyError,
    InvalidSignatureError,
    InvalidTokenError,
    PyJWTError,
)

from .api import key_material
from .support import OTHER_SECRET, SECRET, b64url, compact, forge, mac, resign

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
