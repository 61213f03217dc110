"""Hypothesis strategies for claims, JOSE headers, JSON text and broken tokens."""

from __future__ import annotations

import enum
import json
from collections import OrderedDict
from typing import Any

from hypothesis import strategies as st

from ..support import b64url, forge, resign

# Characters that make JSON writers and readers differ: escapes, controls, the edges of each UTF-8
# length, U+2028, U+FEFF, astral ones, lone surrogates.
SPECIAL = '"\\/\b\f\n\r\t\x00\x1f\x7f\x80\u07ff\u0800\u2028\ufeff\uffff\U00010000\U0010ffff'
texts = st.one_of(
    st.text(max_size=12),
    st.text(alphabet=SPECIAL + "ab", max_size=12),
    st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=40),
    st.sampled_from(["\ud800", "a\udfffb", "\ud83d\ude00", "x" * 200]),
)
integers = st.one_of(
    st.integers(-(2**70), 2**70),
    st.sampled_from([0, -1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 10**200]),
)
floats = st.one_of(
    st.floats(),
    st.sampled_from([0.0, -0.0, 1e16, 1e22, 1.5e300, 5e-324, 0.1, 1e-7, 123456789.0]),
)
scalars = st.one_of(st.none(), st.booleans(), integers, floats, texts)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)
payloads = st.dictionaries(st.one_of(texts, st.sampled_from(["a", "role", "jti"])), values)


class Colour(enum.IntEnum):
    RED = 1
    BLUE = 2**70


class Suit(str, enum.Enum):
    HEARTS = "hearts"
    QUOTED = 'q"\u00e9'


class Level(int):
    """An int whose text is its own; json writes the number."""

    def __repr__(self) -> str:
        return "a level"


class Ratio(float):
    """A float whose text is its own; json writes the number."""

    def __repr__(self) -> str:
        return "a ratio"


class Word(str):
    """A str that says it is another one; json writes its characters."""

    def __str__(self) -> str:
        return "another word"


class Row(dict[str, Any]):
    """A dict subclass."""


class Items(list[Any]):
    """A list subclass."""


python_values = st.one_of(
    values,
    st.sampled_from([Colour.RED, Colour.BLUE, Suit.HEARTS, Suit.QUOTED, True]),
    st.builds(Level, st.integers(-5, 2**64)),
    st.builds(Ratio, floats),
    st.builds(Word, texts),
    st.builds(Row, st.dictionaries(texts, scalars, max_size=3)),
    st.builds(OrderedDict, st.lists(st.tuples(texts, scalars), max_size=3)),
    st.builds(Items, st.lists(scalars, max_size=3)),
    st.lists(scalars, max_size=3).map(tuple),
    st.dictionaries(
        st.one_of(texts, integers, floats, st.booleans(), st.none(), st.just(Colour.RED)),
        scalars,
        max_size=3,
    ),
    # Not JSON: the error is json's own.
    st.sampled_from([b"bytes", {1, 2}, object, 1j, {(1, 2): 3}, {b"k": 1}]),
)


def json_text(value: Any, style: int) -> bytes:
    """One of several spellings of the same JSON value, all of them strict UTF-8."""
    if style == 0:
        return json.dumps(value).encode()
    if style == 1:
        return json.dumps(value, indent="\t \r"[: style + 1]).encode()
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


# Pieces of JSON and of what looks like it; joined at random they reach most error paths.
FRAGMENTS = [
    "{", "}", "[", "]", ",", ":", '"', '"a"', '"a":', '"\\u00e9"', '"\\ud83d\\ude00"', '"\\ud800"',
    '"\\uDC00"', '"\\x"', '"\\u12"', '"\\', '"\t"', "\x00", "0", "-0", "-", "01", "1.", ".5", "1.5",
    "1e5", "1E+5", "1e", "1e-400", "1e400", "-1e400", "NaN", "Infinity", "-Infinity", "-NaN", "nan",
    "true", "false", "null", "True", "tru", "//", "/**/", " ", "\n", "\r", "\t", "\f", "\v",
    "\u00a0",
    "é", "\u2028", "\U0001f600", "'a'", "+1", "0x10", "1_0", "12345678901234567890", "--1", "1-",
]  # fmt: skip
fragments = st.lists(st.sampled_from(FRAGMENTS), max_size=10).map(
    lambda parts: "".join(parts).encode()
)


@st.composite
def json_like(draw: st.DrawFn) -> bytes:
    """JSON objects: well spelled, with a piece put in, cut out or replaced, or put together."""
    kind = draw(st.integers(0, 4))
    if kind == 0:
        return draw(fragments)
    if kind == 1:
        return b'{"a":' + draw(fragments) + b"}"
    text = json_text(draw(payloads), draw(st.integers(0, 2)))
    if kind == 2:
        return text
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 3)))
    piece = draw(st.one_of(st.sampled_from(FRAGMENTS).map(str.encode), st.binary(max_size=3)))
    return text[:start] + piece + text[end:]


alg_values = st.sampled_from(
    ["HS256", "HS384", "HS512", "none", "None", "hs256", "HS256 ", "XX999", "", None, 0, 1, True,
     False, ["HS256"], {}, {"HS256": 1}, 256.0, "\u212aS256"]
)  # fmt: skip
kid_values = st.sampled_from(["k1", "", "../../etc/passwd", "\u00e9", 1, None, True, ["k"], {}])
crit_values = st.sampled_from(
    [["b64"], [], None, "b64", ["exp"], ["b64", "exp"], [1], [None], ["b64", 1], {}, [["b64"]],
     ["b64", "b64"], ["alg"], {"b64": 1}, ["B64"], [""]]
)  # fmt: skip
b64_values = st.sampled_from([True, True, False, False, 0, 1, None, "false"])


@st.composite
def headers(draw: st.DrawFn) -> dict[str, Any]:
    """JOSE headers, mostly near the truth."""
    header: dict[str, Any] = {}
    if draw(st.integers(0, 9)):
        header["alg"] = "HS256" if draw(st.integers(0, 2)) else draw(alg_values)
    for name, choices in (
        ("typ", st.sampled_from(["JWT", "at+jwt", "", None, 5])),
        ("kid", kid_values),
        ("crit", crit_values),
        ("b64", b64_values),
        ("jwk", st.just({"kty": "oct", "k": "AAAA"})),
        ("x", values),
    ):
        if draw(st.integers(0, 3)) == 0:
            header[name] = draw(choices)
    return header


@st.composite
def broken_tokens(draw: st.DrawFn) -> str | bytes:
    """A good token after one or two mutations: a flip, a cut, a piece put in, other segments."""
    token = bytearray(forge(draw(st.sampled_from([{}, {"sub": "1"}, {"a": "xyz" * 9}]))).encode())
    for _ in range(draw(st.integers(1, 2))):
        position = draw(st.integers(0, len(token)))
        action = draw(st.integers(0, 6))
        if action == 0 and position < len(token):
            token[position] ^= 1 << draw(st.integers(0, 7))
        elif action == 1:
            piece = draw(
                st.sampled_from([b".", b"=", b"==", b"===", b" ", b"\n", b"+", b"/", b"-", b"A",
                                 b"\x00", b"\xff", b"\xc3\xa9", b"..", b"?", b"%3D"])
            )  # fmt: skip
            token[position:position] = piece
        elif action == 2:
            del token[position : position + draw(st.integers(1, 4))]
        elif action == 3:
            del token[position:]
        elif action == 4:
            segments = bytes(token).split(b".")
            index = draw(st.integers(0, len(segments) - 1))
            segments[index] += b"=" * draw(st.integers(0, 4))
            token = bytearray(b".".join(segments))
        elif action == 5:
            segments = bytes(token).split(b".")
            segments[draw(st.integers(0, len(segments) - 1))] = draw(
                st.sampled_from([b"", b"e30", b"W10", b"bnVsbA", b"A", b"AB", b"e31", b"AAAA"])
            )
            token = bytearray(b".".join(segments))
        else:
            segments = bytes(token).split(b".")
            draw(st.randoms(use_true_random=False)).shuffle(segments)
            token = bytearray(b".".join(segments))
    # latin-1 turns a byte above 127 into a character that is not ASCII: also a case to cover.
    return bytes(token) if draw(st.booleans()) else token.decode("latin-1")


@st.composite
def padded_tokens(draw: st.DrawFn) -> str:
    """Well signed tokens whose segments end in `=`, rightly padded or not, or in stray bits."""

    def spell(data: bytes) -> bytes:
        segment = b64url(data)
        ending = draw(st.integers(0, 7))
        if ending < 3:
            return segment + b"=" * ending
        if ending == 3:
            return segment + b"=" * (-len(segment) % 4)
        if ending == 4 and len(segment) % 4:
            alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
            return segment[:-1] + bytes([alphabet[(alphabet.index(segment[-1]) + 1) % 64]])
        return segment

    payload = b'{"a":"' + b"x" * draw(st.integers(0, 3)) + b'"}'
    header = b'{"alg":"HS256"' + b" " * draw(st.integers(0, 3)) + b"}"
    token = resign(spell(header), spell(payload))
    return token + "=" * draw(st.sampled_from([0, 0, 1, 2, 3]))


def time_claim_values(now: int) -> st.SearchStrategy[Any]:
    """Values of exp, nbf, iat: every type, numeric strings, and times around `now`."""
    return st.one_of(
        st.integers(now - 3, now + 3),
        st.integers(now - 3, now + 3).map(float),
        st.integers(now - 3, now + 3).map(str),
        st.floats(now - 2, now + 2),
        st.sampled_from(TIME_CLAIM_ODDITIES),
        scalars,
        st.lists(scalars, max_size=1),
    )


TIME_CLAIM_ODDITIES: list[Any] = [
    None, True, False, 0, -1, 1.5, 1e20, -1e20, 1e308, 2**63, 2**64, 10**30, -(10**30), "", " ",
    "x",
    "123", " 99999999999 ", "\t99999999999\n", "9_9999999999", "99999999999_", "_9", "1__0",
    "+99999999999", "-5", "--5", "1.5", "1e10", "0x10", "\u0663\u0663\u0663", "\u0669" * 11,
    "\uff19" * 11, "\u00a099999999999\u2003", "9" * 4300, "9" * 4301, "\ud800", "9\x00", "\x1f9",
    "0" * 5000, "\u00b2", "\u2167", "1 0", "Infinity", "nan", [], [99999999999], {}, {"exp": 1},
    float("nan"), float("inf"), float("-inf"),
]  # fmt: skip
