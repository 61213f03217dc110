"""The JSON reader: the inlined parser, the event parser and Python's `json` agree.

They differ from `json` by intent in three ways: UTF-8 only without a BOM, 128 levels at most,
and errors of their own.
"""

from __future__ import annotations

import json
from itertools import permutations
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import pyjwtfast
from pyjwtfast import _core

from ..api import strategies as own
from ..api.oracle import shape
from ..api.test_differential_tokens import JSON_TEXTS

FAILED = object()


def parse(function: Any, text: bytes) -> Any:
    """The value, or FAILED; any exception but ValueError fails the test."""
    try:
        return function(text)
    except ValueError:
        return FAILED


def reference(text: bytes) -> Any:
    """What `json` makes of strict UTF-8 without a BOM."""
    try:
        return json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError):
        return FAILED


def assert_agreement(text: bytes) -> None:
    inlined = parse(_core._json_loads, text)
    events = parse(_core._json_loads_events, text)
    expected = reference(text)
    if expected is FAILED:
        assert inlined is FAILED, text
        assert events is FAILED, text
    else:
        assert shape(inlined) == shape(expected), text
        assert shape(events) == shape(expected), text


@pytest.mark.parametrize("text", JSON_TEXTS, ids=lambda text: repr(text)[2:50])
def test_table(text: bytes) -> None:
    assert_agreement(text)
    assert_agreement(b"[" + text + b"]")
    assert_agreement(b'{"a":' + text + b', "b": 1}')


@given(own.values, st.integers(0, 2))
def test_values(value: Any, style: int) -> None:
    assert_agreement(own.json_text(value, style))


@given(own.json_like())
@example(b'{"a":1')
def test_mutated_objects(text: bytes) -> None:
    assert_agreement(text)


@given(own.fragments)
def test_fragments(text: bytes) -> None:
    assert_agreement(text)


@given(st.binary(max_size=60))
def test_any_bytes(text: bytes) -> None:
    assert_agreement(text)
    assert_agreement(b'"' + text + b'"')


@given(st.lists(st.sampled_from([
    b"a", b"\xc3\xa9", b"\xe2\x82\xac", b"\xf0\x9f\x98\x80", b"\\n", b"\\u00e9", b"\\ud83d",
    b"\\ude00",
    b"\\u0000", b"\xc3", b"\x80", b"\xed\xa0\x80", b"\x7f", b"\\\\", b'\\"', b"\x1f",
    b"0123456789abcdef",
    b"\xf4\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xef\xbf\xbf", b"\xe0\x80\x80",
]), max_size=30).map(b"".join))  # fmt: skip
def test_strings(inner: bytes) -> None:
    """Runs of ASCII, long sequences, escapes and broken ones, at every alignment."""
    assert_agreement(b'"' + inner + b'"')
    assert_agreement(b'{"' + inner + b'":"' + inner + b'"}')


@given(st.from_regex(rb"\A-?[0-9]{1,25}(\.[0-9]{0,25})?([eE][+-]?[0-9]{0,4})?\Z"))
def test_numbers(text: bytes) -> None:
    assert_agreement(text)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_come_back_bit_for_bit(value: float) -> None:
    text = repr(value).encode()
    for function in (_core._json_loads, _core._json_loads_events):
        result = function(text)
        if type(result) is float:
            assert result.hex() == value.hex()
        else:
            assert result in {value, float("inf"), float("-inf")}


@pytest.mark.parametrize("length", [*range(0, 70), 127, 128, 129, 1000])
@pytest.mark.parametrize("last", [b"x", b'\\"', b"\xc3\xa9", b"\x01", b"\xff", b"\\u00e9"])
def test_string_lengths(length: int, last: bytes) -> None:
    """A special byte right after any number of plain ones."""
    assert_agreement(b'"' + b"p" * length + last + b'"')
    assert_agreement(b'"' + b"p" * length + last)


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_depth(opening: bytes) -> None:
    closing = b"]" if opening == b"[" else b"}"
    for depth, accepted in ((1, True), (127, True), (128, True), (129, False), (100_000, False)):
        text = opening * depth + b"1" + closing * depth
        for function in (_core._json_loads, _core._json_loads_events):
            assert (parse(function, text) is not FAILED) == accepted, depth
    assert parse(_core._json_loads, b"[" * 100_000) is FAILED


def test_bom_and_other_encodings() -> None:
    for text in (b"\xef\xbb\xbf{}", '{"a":1}'.encode("utf-16"), '{"a":1}'.encode("utf-32-be")):
        assert json.loads(text) in ({}, {"a": 1})
        assert parse(_core._json_loads, text) is FAILED
        assert parse(_core._json_loads_events, text) is FAILED


def test_the_last_of_equal_names_counts() -> None:
    text = b'{"a":1,"b":2,"a":3,"\\u0061":4}'
    for function in (_core._json_loads, _core._json_loads_events):
        assert list(function(text).items()) == [("a", 4), ("b", 2)]


def test_every_prefix_of_a_text() -> None:
    """No cut makes a parser read on, or accept."""
    text = '{"a":[1,-2.5e3,true,null,"\\ud83d\\ude00é€😀\\n"],"b":{"c":"","d":[]}}'.encode()
    assert_agreement(text)
    for length in range(len(text)):
        assert parse(_core._json_loads, text[:length]) is FAILED
        assert parse(_core._json_loads_events, text[:length]) is FAILED


def test_registered_names_are_one_object() -> None:
    """Claim names recur: they are interned, so dict look-ups compare by identity."""
    first, second = _core._json_loads(b'{"exp":1}'), _core._json_loads(b'{"exp":2}')
    assert next(iter(first)) is next(iter(second))


def test_lists_of_any_length() -> None:
    """Items are kept beside the list until it ends: more of them than there is room for at first,
    in lists inside lists, and given back when the text is wrong."""
    for length in (0, 1, 127, 128, 129, 255, 256, 257, 5000):
        items = [str(number) for number in range(length)]
        text = json.dumps([items, {"a": items}, [[], items, 1.5], items]).encode()
        assert_agreement(text)
        assert_agreement(text[:-1])
        assert_agreement(text[: len(text) // 2])


@pytest.mark.parametrize("length", range(1, 40))
def test_strings_that_differ_in_one_character(length: int) -> None:
    """Short strings are shared from payload to payload: never one for another."""
    texts = ["n" * length]
    texts += ["n" * at + other + "n" * (length - at - 1) for at in range(length) for other in "mo"]
    for _ in range(3):
        for text in texts:
            encoded = json.dumps({text: text, "list": [text, text + "n", text[1:]]}).encode()
            assert_agreement(encoded)


def test_many_new_strings_then_old_ones() -> None:
    """The table of shared strings is left alone for the rest of a payload that is full of new
    ones, and used again in the next."""
    for start in (0, 500, 0, 100_000):
        assert_agreement(json.dumps([f"value {start + number}" for number in range(3000)]).encode())


NAMES = ["exp", "iat", "jti", "a", "é", "token_type", "n" * 16, "n" * 17, 'a"b', "a\\b", "\x01", ""]


@given(
    st.lists(st.lists(st.sampled_from(NAMES), max_size=20), min_size=2, max_size=5),
    st.integers(0, 2),
)
def test_payloads_of_changing_shapes(shapes: list[list[str]], style: int) -> None:
    """The names of one payload are expected in the next: whatever comes instead is read as ever.
    Names may come twice, be written with escapes, and stand in objects inside."""
    for names in shapes:
        members = ((name, own.json_text(name, style).decode()) for name in names)
        text = ",".join(f'{encoded}:{{{encoded}:"{len(name)}"}}' for name, encoded in members)
        assert_agreement(f"{{{text}}}".encode())
        assert_agreement(f"[{{{text}}}]".encode())
        for cut in range(len(text)):
            assert parse(_core._json_loads, f"{{{text[:cut]}".encode()) is FAILED


def test_claims_in_any_order() -> None:
    """Registered claims are known as such wherever they stand, and whatever stood there before."""
    key = pyjwtfast.Key.from_secret("s" * 32)
    verify = pyjwtfast.Verifier([key], ["HS256"], options={"verify_jti": False}).verify
    wrong = {"exp": 1, "nbf": 2**40, "iat": 2**40}
    for order in permutations(["exp", "nbf", "iat", "jti", "sub"], 3):
        good = {name: {"exp": 2**40, "nbf": 1, "iat": 1}.get(name, name) for name in order}
        token = pyjwtfast.encode(good, "s" * 32)
        assert verify(token) == good
        assert verify(token) == good
        for name in order:
            if name in wrong:
                with pytest.raises(pyjwtfast.InvalidTokenError):
                    verify(pyjwtfast.encode({**good, name: wrong[name]}, "s" * 32))
