"""`encode` gives PyJWT's bytes, or PyJWT's error, for every kind of input."""

from __future__ import annotations

import datetime
import decimal
import json
import types
import uuid
from collections import OrderedDict, UserDict, defaultdict
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pyjwtfast

from ..support import LONG_SECRET, SECRET
from . import strategies as own
from .oracle import assert_same, observe

UTC = datetime.timezone.utc
FIVE_EAST = datetime.timezone(datetime.timedelta(hours=5, minutes=30))


def both(payload: Any, **kwargs: Any) -> None:
    kwargs.setdefault("key", LONG_SECRET)
    assert_same("encode", payload, **kwargs)


@given(own.payloads, st.sampled_from(["HS256", "HS384", "HS512"]))
def test_payloads_of_exact_types(payload: dict[str, Any], algorithm: str) -> None:
    both(payload, algorithm=algorithm)


@given(st.dictionaries(own.texts, own.python_values, max_size=4))
def test_payloads_of_any_python_type(payload: dict[str, Any]) -> None:
    both(payload)


@given(st.dictionaries(st.one_of(own.integers, own.floats, st.booleans(), st.none(), own.texts),
                       own.scalars, max_size=4))  # fmt: skip
def test_claim_names_of_any_json_type(payload: dict[Any, Any]) -> None:
    both(payload)


@given(own.headers(), st.booleans())
def test_headers(headers: dict[str, Any], sort_headers: bool) -> None:
    both({"a": 1}, headers=headers, sort_headers=sort_headers)


@given(st.dictionaries(own.texts, own.python_values, max_size=3), st.booleans())
def test_headers_of_any_python_type(headers: dict[str, Any], sort_headers: bool) -> None:
    both({"a": 1}, headers=headers, sort_headers=sort_headers)


@given(
    st.dictionaries(st.sampled_from(["exp", "iat", "nbf"]), st.datetimes(
        timezones=st.sampled_from([UTC, FIVE_EAST]) | st.none())),
)  # fmt: skip
def test_datetimes_in_time_claims(payload: dict[str, Any]) -> None:
    both(payload)


PAYLOADS: list[Any] = [
    {},
    {"exp": datetime.datetime(2030, 1, 1)},
    {"exp": datetime.datetime(2030, 1, 1, 12, 30, 15, 999_999, tzinfo=FIVE_EAST)},
    {"iat": datetime.datetime.min, "nbf": datetime.datetime.max},
    {"exp": datetime.date(2030, 1, 1)},
    {"exp": datetime.timedelta(seconds=5)},
    {"auth_time": datetime.datetime(2030, 1, 1, tzinfo=UTC)},
    {"a": {"exp": datetime.datetime(2030, 1, 1, tzinfo=UTC)}},
    {"exp": "tomorrow", "iat": None, "nbf": [1]},
    {"iss": 1},
    {"iss": None},
    {"iss": ["x"]},
    {"iss": "ok"},
    {"iss": own.Word("subclass")},
    {"iss": own.Suit.HEARTS},
    {"iss": 1, "a": object()},
    {"sub": 1, "jti": 2, "aud": 3},
    {"a": decimal.Decimal("1.5")},
    {"a": uuid.UUID(int=1)},
    {"a": b"bytes"},
    {"a": bytearray(b"x")},
    {"a": {1, 2}},
    {"a": frozenset()},
    {"a": object()},
    {"a": [object()]},
    {"a": iter([1])},
    {"a": range(3)},
    {"a": [1, [2, [3, [4, {"b": ()}]]]]},
    {"\ud800": "\udfff"},
    {"a": float("nan"), "b": float("inf"), "c": float("-inf"), "d": -0.0},
    {"a": own.Ratio("nan"), "b": own.Ratio("inf")},
    {2: 1, "2": 3, None: 4, True: 5, 1.5: 6, own.Colour.BLUE: 7, float("nan"): 8},
    {own.Word("w"): 1, own.Suit.QUOTED: 2},
    {(1,): 2},
    {b"x": 1},
    OrderedDict([("b", 1), ("a", 2)]),
    defaultdict(int, {"a": 1}),
    own.Row(a=1, iss="x"),
    UserDict({"a": 1}),
    types.MappingProxyType({"a": 1}),
    [],
    [("a", 1)],
    "text",
    b"{}",
    None,
    1,
]


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: repr(payload)[:60])
def test_payload_table(payload: Any) -> None:
    both(payload)


def test_integer_with_more_digits_than_python_writes() -> None:
    ours = observe(pyjwtfast.encode, {"a": 10**5000}, LONG_SECRET)
    assert ours.kind == "raised"
    assert ours.same_as(observe(jwt.encode, {"a": 10**5000}, LONG_SECRET))


def test_circular_payload() -> None:
    payload: dict[str, Any] = {}
    payload["self"] = payload
    cycle: list[Any] = []
    cycle.append(cycle)
    for value in (payload, {"a": cycle}):
        ours = observe(pyjwtfast.encode, value, LONG_SECRET)
        assert ours.same_as(observe(jwt.encode, value, LONG_SECRET))


@pytest.mark.parametrize("depth", [100, 127, 128, 129, 500])
def test_deep_payload_is_written_as_json_writes_it(depth: int) -> None:
    """Only reading is limited to 128 levels."""
    value: Any = 1
    for _ in range(depth):
        value = [value]
    assert observe(pyjwtfast.encode, {"a": value}, LONG_SECRET).same_as(
        observe(jwt.encode, {"a": value}, LONG_SECRET)
    )


def test_payload_too_deep_for_json() -> None:
    value: Any = 1
    for _ in range(100_000):
        value = [value]
    with pytest.raises(RecursionError):
        jwt.encode({"a": value}, LONG_SECRET)
    with pytest.raises(RecursionError):
        pyjwtfast.encode({"a": value}, LONG_SECRET)
    while isinstance(value, list):  # freed one level at a time
        value = value.pop()


class Stringify(json.JSONEncoder):
    def default(self, value: object) -> str:
        return f"<{type(value).__name__}>"


class NotAscii(json.JSONEncoder):
    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "ensure_ascii": False})


class Shouting(json.JSONEncoder):
    """Changes what is written although the payload needs no encoder at all."""

    def encode(self, value: object) -> str:
        return super().encode(value).upper()


class Failing(json.JSONEncoder):
    def default(self, value: object) -> str:
        raise KeyError("no")


@pytest.mark.parametrize("encoder", [Stringify, NotAscii, Shouting, Failing, json.JSONEncoder])
@pytest.mark.parametrize(
    "payload",
    [
        {"a": 1},
        {"a": "é\U0001f600"},
        {"a": "\ud800"},
        {"a": object()},
        {"a": {1, 2}, "exp": datetime.datetime(2030, 1, 1)},
    ],
    ids=repr,
)
def test_json_encoder(encoder: type[json.JSONEncoder], payload: dict[str, Any]) -> None:
    both(payload, json_encoder=encoder)
    both(payload, json_encoder=encoder, headers={"x": "é"})


def test_json_encoder_writes_the_header_too() -> None:
    both({}, json_encoder=Stringify, headers={"x": {1}})
    both({}, headers={"x": {1}})


HEADERS: list[Any] = [
    None,
    {},
    {"kid": "k"},
    {"kid": ""},
    {"kid": 'é"\\\n'},
    {"kid": own.Word("w")},
    {"kid": 1},
    {"kid": None},
    {"kid": b"k"},
    {"typ": None},
    {"typ": ""},
    {"typ": 0},
    {"typ": "at+jwt"},
    {"typ": ["JWT"]},
    {"alg": "HS384"},
    {"alg": "none"},
    {"alg": "XX"},
    {"alg": 5},
    {"alg": own.Word("HS256")},
    {"alg": own.Suit.HEARTS},
    {"alg": ["HS256"]},
    {"zzz": 1, "aaa": 2},
    {"x5c": ["a", "b"], "jwk": {"b": 1, "a": {"d": 1, "c": 2}}},
    {1: 2},
    {None: 1, True: 2},
    {"x": object()},
    {"x": datetime.datetime(2030, 1, 1)},
    {"exp": datetime.datetime(2030, 1, 1)},
    {"b64": True},
    {"b64": False},
    {"b64": 0},
    {"b64": None},
    {"b64": False, "crit": ["b64"]},
    {"b64": False, "crit": ["exp"]},
    {"b64": False, "crit": []},
    {"b64": False, "crit": "b64"},
    {"b64": False, "crit": None},
    {"b64": False, "crit": ("b64",)},
    {"b64": False, "alg": "HS512", "kid": "k"},
    {"crit": ["exp"], "exp": 1},
    {"crit": "anything"},
    {"x": "\ud800"},
    {"x": float("nan")},
    OrderedDict([("z", 1), ("a", 2)]),
    UserDict({"kid": "k"}),
    types.MappingProxyType({"kid": "k"}),
]


@pytest.mark.parametrize("sort_headers", [True, False, 1, 0])
@pytest.mark.parametrize("headers", HEADERS, ids=lambda headers: repr(headers)[:60])
def test_header_table(headers: Any, sort_headers: Any) -> None:
    both({"a": 1}, headers=headers, sort_headers=sort_headers)


@pytest.mark.parametrize(
    "algorithm",
    ["HS256", "HS384", "HS512", "none", "NONE", "None", "hs256", "", "XX", own.Word("HS256"), None],
)
@pytest.mark.parametrize("key", [LONG_SECRET, LONG_SECRET.encode(), "short", "", b"", None])
def test_algorithms_and_keys(algorithm: Any, key: Any) -> None:
    both({"a": 1}, key=key, algorithm=algorithm)


@pytest.mark.parametrize("algorithm", [5, [], {}, 1.5, b"HS256"])
def test_algorithm_of_another_type(algorithm: Any) -> None:
    both({"a": 1}, algorithm=algorithm)


@pytest.mark.parametrize("key", [1, 1.5, [], {}, object(), bytearray(LONG_SECRET.encode()), True])
def test_key_of_another_type(key: Any) -> None:
    both({"a": 1}, key=key)


def test_arguments_by_position() -> None:
    assert_same("encode", {"a": 1}, SECRET, "HS256", {"z": 1, "b": 2}, None, False)
    assert_same("encode", {"a": {1}}, SECRET, "HS256", None, Stringify)


@pytest.mark.parametrize("secret", ["x", "é", "\x00", b"\x00\xff", "x" * 31, "x" * 32, "x" * 1000])
@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_short_keys_warn_alike(secret: str | bytes, algorithm: str) -> None:
    both({"a": 1}, key=secret, algorithm=algorithm)


# Two faults in one call: the same one must win.
FAULTY: dict[str, dict[str, Any]] = {
    "payload no dict": {"payload": []},
    "iss no str": {"payload": {"iss": 1}},
    "payload not JSON": {"payload": {"a": object()}},
    "kid no str": {"headers": {"kid": 1}},
    "header not JSON": {"headers": {"x": object()}},
    "crit no list": {"headers": {"b64": False, "crit": "b64"}},
    "header alg unknown": {"headers": {"alg": "XX"}},
    "unsortable header": {"headers": {1: 1}},
    "algorithm unknown": {"algorithm": "XX"},
    "algorithm none": {"algorithm": None},
    "key empty": {"key": ""},
    "key no bytes": {"key": 5},
    "key is PEM": {"key": "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----"},
    "key short": {"key": "short"},
}


@pytest.mark.parametrize("first", FAULTY)
@pytest.mark.parametrize("second", FAULTY)
def test_two_faults(first: str, second: str) -> None:
    kwargs = {"payload": {"a": 1}, **FAULTY[first], **FAULTY[second]}
    if "headers" in FAULTY[first] and "headers" in FAULTY[second]:
        kwargs["headers"] = {**FAULTY[first]["headers"], **FAULTY[second]["headers"]}
    payload = kwargs.pop("payload")
    both(payload, **kwargs)
