"""Whatever bytes come in as a token, `decode` and its kin do what PyJWT does."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import pyjwtfast

from ..support import LONG_SECRET, SECRET, b64url, forge, resign
from . import strategies as own
from .oracle import assert_same, observe

HS = {"key": SECRET, "algorithms": ["HS256"]}
UNVERIFIED = {"options": {"verify_signature": False}}


def all_decoders(token: Any) -> None:
    assert_same("decode", token, **HS)
    assert_same("decode_complete", token, **HS)
    assert_same("decode", token, **UNVERIFIED)
    assert_same("decode_complete", token, **UNVERIFIED)
    assert_same("get_unverified_header", token)


@given(own.broken_tokens())
def test_mutated_tokens(token: str | bytes) -> None:
    all_decoders(token)


@given(own.padded_tokens())
def test_padding_and_stray_bits(token: str) -> None:
    all_decoders(token)


@given(st.one_of(st.text(max_size=40), st.binary(max_size=40),
                 st.text(alphabet="ABe30=._- \n", max_size=20)))  # fmt: skip
@example("")
@example("..")
@example("...")
@example(b"e30.e30.")
@example("e30.e30")
@example(".e30.e30")
@example("e30.e30.e30.e30.e30")
def test_arbitrary_input(token: str | bytes) -> None:
    all_decoders(token)


@pytest.mark.parametrize(
    "token",
    [None, 1, 1.5, [], {}, bytearray(b"a.b.c"), memoryview(b"a.b.c"), object, ("a", "b", "c")],
    ids=lambda token: type(token).__name__,
)
def test_tokens_of_another_type(token: Any) -> None:
    all_decoders(token)


def test_tokens_of_a_subclass() -> None:
    class Token(bytes):
        pass

    all_decoders(own.Word(forge({"a": 1})))
    all_decoders(Token(forge({"a": 1}).encode()))


@given(own.json_like())
def test_payload_text(text: bytes) -> None:
    token = forge(text)
    assert_same("decode", token, **HS)
    assert_same("decode_complete", token, **UNVERIFIED)


@given(own.json_like())
def test_header_text(text: bytes) -> None:
    token = forge({}, text)
    assert_same("decode_complete", token, **HS)
    assert_same("get_unverified_header", token)


@given(own.headers(), st.sampled_from([None, b'{"a":1}', b"[]", b""]))
def test_header_values(header: dict[str, Any], detached: bytes | None) -> None:
    for token in (forge({"a": 1}, header), resign(b64url(_json(header)), b"")):
        assert_same("decode_complete", token, **HS, detached_payload=detached)
        assert_same("decode_complete", token, **UNVERIFIED, detached_payload=detached)
        assert_same("get_unverified_header", token)


def _json(value: Any) -> bytes:
    return own.json_text(value, 0)


@given(own.payloads)
def test_honest_tokens_of_pyjwt(payload: dict[str, Any]) -> None:
    """The way round of `test_differential_encode`: PyJWT writes, both read."""
    payload.pop("iss", None)
    payload.pop("jti", None)
    token = jwt.encode(payload, SECRET)
    assert_same("decode", token, **HS)
    assert_same("decode", pyjwtfast.encode(payload, SECRET), **HS)


SEGMENTS = {
    "empty object": b64url(b"{}"),
    "array": b64url(b"[]"),
    "null": b64url(b"null"),
    "string": b64url(b'"text"'),
    "number": b64url(b"5"),
    "empty": b"",
    "whitespace": b64url(b" \t\r\n"),
    "not JSON": b64url(b"{"),
    "stray bits": b"e31",
    "one character": b"A",
    "junk": b"!!!!",
    "newline": b"e30\n",
    "standard alphabet": b"+/+/",
    "percent": b"e30%3D",
    "padded": b"e30=",
    "padded twice": b"e30==",
    "padded wrongly": b"e3=0",
    "padding only": b"=",
    "four paddings": b"====",
    "padding without need": b"e30K====",
    "good header": b64url(b'{"alg":"HS256"}'),
    "latin-1": b"\xe9\xe9\xe9\xe9",
}


@pytest.mark.parametrize("header", SEGMENTS)
@pytest.mark.parametrize("payload", SEGMENTS)
def test_two_bad_segments(header: str, payload: str) -> None:
    """Which segment is complained about first."""
    for signature in (b"", b"e30", b"!!!!", b"e31", b"AAAA="):
        token = SEGMENTS[header] + b"." + SEGMENTS[payload] + b"." + signature
        assert_same("decode_complete", token, **HS)
    signed = resign(SEGMENTS[header], SEGMENTS[payload]).encode("latin-1")
    assert_same("decode_complete", signed, **HS)


JSON_TEXTS = [
    b"", b" ", b"{}", b" {} ", b"\n{}\r", b"{}x", b"{} {}", b"{,}", b'{"a"}', b'{"a":}',
    b'{"a":1,}',
    b'{"a":1 "b":2}', b"{'a':1}", b"{a:1}", b'{"a":01}', b'{"a":1.}', b'{"a":.1}', b'{"a":1e}',
    b'{"a":+1}', b'{"a":-}', b'{"a":-0}', b'{"a":-0.0}', b'{"a":0e0}', b'{"a":1E5}', b'{"a":1e400}',
    b'{"a":-1e400}', b'{"a":1e-400}', b'{"a":NaN}', b'{"a":Infinity}', b'{"a":-Infinity}',
    b'{"a":-NaN}', b'{"a":nan}', b'{"a":Infinit}', b'{"a":tru}', b'{"a":truee}', b'{"a":nul}',
    b'{"a":0.1}', b'{"a":123456789012345678901234567890}', b'{"a":9007199254740993}',
    b'{"a":9223372036854775807}', b'{"a":9223372036854775808}', b'{"a":-9223372036854775808}',
    b'{"a":-9223372036854775809}', b'{"a":18446744073709551616}', b'{"a":1e5}', b'{"a":100000e-5}',
    b'{"a":0.30000000000000004}', b'{"a":2.2250738585072011e-308}', b'{"a":4.9e-324}',
    b'{"a":1.7976931348623159e308}', b'{"a":' + b"9" * 4300 + b"}", b'{"a":-' + b"9" * 4300 + b"}",
    b'{"a":' + b"9" * 4301 + b"}", b'{"a":' + b"9" * 5000 + b"}", b'{"a":0.' + b"1" * 5000 + b"}",
    b'{"a":1' + b"0" * 5000 + b".0}", b'{"a":1e' + b"9" * 50 + b"}", b'{"a":1e-' + b"9" * 50 + b"}",
    b'{"a":1,"a":2}', b'{"a":1,"b":2,"a":3}', b'{"a":1,"\\u0061":2}', b'{"":1}',
    b'{"a":{"a":1,"a":2}}',
    b'{"a":"\\u0000"}', b'{"\\u0000":1}', b'{"a":"\x00"}', b'{"a":"\x1f"}', b'{"a":"\x7f"}',
    b'{"a":"\t"}', b'{"a":"\\t\\n\\r\\b\\f\\/\\\\\\""}', b'{"a":"\\a"}', b'{"a":"\\u"}',
    b'{"a":"\\u1"}',
    b'{"a":"\\u123g"}', b'{"a":"\\u 123"}', b'{"a":"\\u+123"}', b'{"a":"\\uD83D\\uDE00"}',
    b'{"a":"\\ud83d"}', b'{"a":"\\ude00"}', b'{"a":"\\ud83d\\ud83d\\ude00"}', b'{"a":"\\ud83dx"}',
    b'{"a":"\\ud83d\\n"}', b'{"a":"\\ud83d\\u0041"}', b'{"a":"\\ud83d\\u00"}', b'{"a":"\\ud83d\\"}',
    b'{"a":"\\udbff\\udfff"}', b'{"a":"\\ud800\\udc00"}', b'{"a":"\\u00E9"}', b'{"a":"',
    b'{"a":"\\',
    '{"a":"é"}'.encode(), '{"é":"€\U0001f600"}'.encode(), b'{"a":"\xff"}', b'{"a":"\xc0\xaf"}',
    b'{"a":"\xe0\x80\xaf"}', b'{"a":"\xed\xa0\x80"}', b'{"a":"\xf4\x90\x80\x80"}', b'{"a":"\xc3"}',
    b'{"a":"\xe2\x82"}', b'{"a":"\xf0\x9f\x98"}', b'\xff{}', b'{}\xff', b'\xef\xbb\xbf{}',
    b"\xc2\xa0{}",
    b'{"a":1}\x00', b'\x00{"a":1}', b'{"a":/*c*/1}', b'{"a":1}//', b"[" * 5, b"[1,2", b'{"a":[1,]}',
    b'{"a":[,1]}', b'{"a":[1 2]}', b'{"a":[]]}', b'{"a":{}}}', b'{"a":[}', b'{"a":{]}', b"null",
    b"1",
    b'"text"', b"[]", b"true", b"NaN", b'{"a":True}', b'{"a":None}', b'{1:2}', b'{null:1}',
    b'{"a":"\xe2\x80\xa8"}', b'{"a" :\t1 ,\r\n"b": [ ] }', b'{"a":\x0c1}', b'{"a":\x0b1}',
    b'{"a":\xc2\xa01}',
    b'{"__proto__":1,"constructor":2}', b'{"exp":' + b"9" * 400 + b"}",
]  # fmt: skip


@pytest.mark.parametrize("text", JSON_TEXTS, ids=lambda text: repr(text)[2:50])
def test_json_table(text: bytes) -> None:
    """The same text as payload, and as header beside an `alg`."""
    assert_same("decode", forge(text), **HS)
    assert_same("decode", forge(text), **UNVERIFIED)
    assert_same("get_unverified_header", forge({}, text))
    if text.startswith(b"{") and b":" in text:
        assert_same("decode_complete", forge({}, b'{"alg":"HS256",' + text[1:]), **HS)


@pytest.mark.parametrize("name", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize("allowed", [["HS256"], ["HS384", "HS512"], ["none"], ["XX"], [], None, ()])
def test_algorithms_of_token_and_caller(name: str, allowed: Any) -> None:
    token = forge({"a": 1}, secret=LONG_SECRET, algorithm=name)
    assert_same("decode", token, key=LONG_SECRET, algorithms=allowed)


@pytest.mark.parametrize(
    "allowed",
    [("HS256",), {"HS256"}, frozenset({"HS256"}), {"HS256": 1}, ["HS256", 5, None],
    [own.Word("HS256")],
     ["hs256"], ["HS256 "], [b"HS256"], [None], 5, object(), True],
    ids=repr,
)  # fmt: skip
def test_algorithms_argument(allowed: Any) -> None:
    for token in (forge({"a": 1}), forge({}, {"alg": 7}), "x"):
        theirs = observe(jwt.decode, token, SECRET, algorithms=allowed)
        ours = observe(pyjwtfast.decode, token, SECRET, algorithms=allowed)
        if theirs.kind == "raised" and isinstance(theirs.error, TypeError):
            # 'int' object is not iterable: the interpreter's message; class and no result count.
            assert isinstance(ours.error, (TypeError, pyjwtfast.exceptions.InvalidTokenError))
        else:
            assert ours.same_as(theirs), (ours, theirs)


def test_algorithms_from_an_iterator() -> None:
    for module in (jwt, pyjwtfast):
        names = (name for name in ("HS512", "HS256"))
        assert module.decode(forge({"a": 1}), SECRET, algorithms=names) == {"a": 1}


NONE_HEADERS = [{"alg": "none"}, {"alg": "None"}, {"alg": "NONE"}, {"alg": "nOnE"}]


@pytest.mark.parametrize("header", NONE_HEADERS, ids=repr)
@pytest.mark.parametrize(
    "allowed", [["none"], ["HS256"], ["none", "HS256"], ["None", "NONE", "nOnE"]]
)
@pytest.mark.parametrize("key", ["", None, SECRET, b""])
@pytest.mark.parametrize("signed", [True, False])
def test_unsecured_tokens(header: Any, allowed: list[str], key: Any, signed: bool) -> None:
    token = forge({"a": 1}, header)
    if not signed:
        token = token[: token.rindex(".") + 1]
    assert assert_same("decode", token, key=key, algorithms=allowed).kind == "raised"


def test_signature_lengths() -> None:
    head, _, signature = forge({"a": 1}).rpartition(".")
    for length in range(0, 44):
        assert_same("decode", f"{head}.{signature[:length]}", **HS)
    for extra in ("A", "AA", "AAAA", "AAAAA", "A" * 40, "A" * 4000):
        assert_same("decode", head + "." + signature + extra, **HS)


@pytest.mark.parametrize("bit", range(256))
def test_every_bit_of_the_signature_counts(bit: int) -> None:
    from ..support import b64url_decode

    head, _, segment = forge({"a": 1}).encode().rpartition(b".")
    flipped = bytearray(b64url_decode(segment))
    flipped[bit // 8] ^= 1 << bit % 8
    token = head + b"." + b64url(bytes(flipped))
    with pytest.raises(pyjwtfast.exceptions.InvalidSignatureError):
        pyjwtfast.decode(token, **HS)
