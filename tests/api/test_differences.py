"""Each documented difference from PyJWT is real, and is exactly what we say it is."""

from __future__ import annotations

import jwt
import pytest

import pyjwtfast

from ..support import SECRET, forge
from .differences import DIFFERENCES, MAX_DEPTH, Call, Difference
from .oracle import find_difference, run

EXAMPLES = [
    pytest.param(entry, call, id=f"{entry.name}-{number}")
    for entry in DIFFERENCES
    for number, call in enumerate(entry.examples)
]


@pytest.mark.parametrize(("entry", "call"), EXAMPLES)
def test_we_refuse_as_documented(entry: Difference, call: Call) -> None:
    assert find_difference(call) is entry
    ours = run(pyjwtfast, call)
    assert ours.kind == "raised", ours
    assert entry.is_ours(ours.error), ours


@pytest.mark.parametrize(("entry", "call"), EXAMPLES)
def test_pyjwt_does_otherwise(entry: Difference, call: Call) -> None:
    assert not run(jwt, call).same_as(run(pyjwtfast, call)), f"{entry.name} is no difference"


def test_every_entry_has_a_reason_and_an_example() -> None:
    assert len({entry.name for entry in DIFFERENCES}) == len(DIFFERENCES)
    for entry in DIFFERENCES:
        assert entry.reason
        assert entry.examples


def test_no_entry_covers_an_ordinary_call() -> None:
    """A predicate that is too wide would hide real discrepancies."""
    header = {"alg": "HS256", "typ": "JWT", "kid": "k", "crit": ["b64"], "b64": True}
    ordinary = [
        Call("decode", (forge({"a": [[{}]], "é": "\\u00e9\n"}),), {"key": SECRET, "leeway": 1.5}),
        Call("decode", (forge({"a": 1}, header),), {"key": SECRET, "algorithms": ("HS256",)}),
        Call("decode", (forge(b'{"a":1,"a":2}'),), {"key": SECRET, "algorithms": ["HS256"]}),
        Call("encode", ({"a": 1},), {"key": SECRET, "headers": {"alg": "HS384"}}),
        Call("get_unverified_header", (forge({}),), {}),
        Call("decode", ("not a token",), {}),
    ]
    for call in ordinary:
        assert find_difference(call) is None


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_the_depth_limit_is_where_it_says(opening: bytes) -> None:
    closing = b"]" if opening == b"[" else b"}"

    def nested(depth: int) -> str:
        inner = depth - 1
        value = opening * inner + b"1" + closing * inner
        return forge(b'{"a":' + value + b"}")

    assert "a" in pyjwtfast.decode(nested(MAX_DEPTH), SECRET, algorithms=["HS256"])
    with pytest.raises(pyjwtfast.exceptions.DecodeError, match=r"^Invalid payload string: "):
        pyjwtfast.decode(nested(MAX_DEPTH + 1), SECRET, algorithms=["HS256"])


def test_the_largest_token_is_accepted() -> None:
    """262,144 bytes are a token, one byte more is not."""
    empty = forge({"a": ""}, header={"alg": "HS256"})
    # Four characters carry three bytes; then the header's length settles the rest.
    filler = (262_144 - len(empty)) * 3 // 4
    sizes = {}
    for length in range(filler - 8, filler + 9):
        token = forge({"a": "x" * length}, header={"alg": "HS256"})
        sizes[len(token)] = token
    largest = max(size for size in sizes if size <= 262_144)
    smallest_refused = min(size for size in sizes if size > 262_144)
    assert 262_144 - largest <= 1
    assert smallest_refused - 262_144 <= 2
    assert pyjwtfast.decode(sizes[largest], SECRET, algorithms=["HS256"])
    with pytest.raises(pyjwtfast.exceptions.DecodeError):
        pyjwtfast.decode(sizes[smallest_refused], SECRET, algorithms=["HS256"])
