"""Each documented difference from PyJWT is real, and is exactly what we say it is."""

from __future__ import annotations

import base64
from typing import Any

import jwt
import pytest

import pyjwtfast
from pyjwtfast import Key, Verifier, exceptions

from ..support import LONG_SECRET, SECRET, forge
from . import key_material as material
from .differences import DIFFERENCES, MAX_DEPTH, Call, Difference
from .oracle import assert_same, find_difference, run

EXAMPLES = [
    pytest.param(entry, call, id=f"{entry.name}-{number}")
    for entry in DIFFERENCES
    for number, call in enumerate(entry.examples)
]


@pytest.mark.parametrize(("entry", "call"), EXAMPLES)
def test_we_do_as_documented(entry: Difference, call: Call) -> None:
    assert find_difference(call) is entry
    ours = run(pyjwtfast, call)
    assert ours.kind == ("returned" if entry.refusal is None else "raised"), ours
    assert entry.is_ours(ours), ours


@pytest.mark.parametrize(("entry", "call"), EXAMPLES)
def test_pyjwt_does_otherwise(entry: Difference, call: Call) -> None:
    assert not run(jwt, call).same_as(run(pyjwtfast, call)), f"{entry.name} is no difference"


def test_every_entry_has_a_reason_and_an_example() -> None:
    assert len({entry.name for entry in DIFFERENCES}) == len(DIFFERENCES)
    for entry in DIFFERENCES:
        assert entry.reason
        assert entry.examples


@pytest.mark.parametrize(("entry", "call"), EXAMPLES)
def test_no_other_entry_would_do(entry: Difference, call: Call) -> None:
    """An example that several entries cover would not show which of them is right."""
    assert [each.name for each in DIFFERENCES if each.applies(call)] == [entry.name]


def test_no_entry_covers_an_ordinary_call() -> None:
    """A predicate that is too wide would hide real discrepancies."""
    header = {"alg": "HS256", "typ": "JWT", "kid": "k", "crit": ["b64"], "b64": True}
    ordinary = [
        Call("decode", (forge({"a": [[{}]], "é": "\\u00e9\n"}),), {"key": SECRET, "leeway": 1.5}),
        Call("decode", (forge({"a": 1}, header),), {"key": SECRET, "algorithms": ("HS256",)}),
        Call("decode", (forge(b'{"a":1,"a":2}'),), {"key": SECRET, "algorithms": ["HS256"]}),
        Call("decode", (forge({}),), {"key": SECRET, "algorithms": "HS256"}),
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
    with pytest.raises(exceptions.DecodeError, match=r"^Invalid payload string: "):
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
    with pytest.raises(exceptions.DecodeError):
        pyjwtfast.decode(sizes[smallest_refused], SECRET, algorithms=["HS256"])


# The rest: what no call of the top-level functions can show, and where they and Verifier differ.


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_one_exact_name_is_enough_for_decode(algorithm: str) -> None:
    token = forge({"a": 1}, secret=LONG_SECRET, algorithm=algorithm)
    assert_same("decode", token, LONG_SECRET, algorithms=algorithm)
    assert pyjwtfast.decode(token, LONG_SECRET, algorithms=algorithm) == {"a": 1}
    for other in ("HS", "hs256", "HS2566", "none", " "):
        with pytest.raises(exceptions.InvalidAlgorithmError):
            pyjwtfast.decode(token, LONG_SECRET, algorithms=other)


@pytest.mark.parametrize("algorithms", ["HS256", "xxHS256xx", ""])
def test_a_verifier_wants_a_list_of_names(algorithms: Any) -> None:
    with pytest.raises(TypeError, match="algorithms must be an iterable of str, not a str"):
        Verifier([Key.from_secret(SECRET)], algorithms)


class OnlyContains:
    """A container that cannot be iterated."""

    def __contains__(self, value: object) -> bool:
        return value == "us"


@pytest.mark.parametrize("name", ["audience", "issuer"])
@pytest.mark.parametrize("value", [5, b"us", [b"us"], [5], ["us", None], OnlyContains()])
def test_a_verifier_wants_str_or_iterables_of_str(name: str, value: Any) -> None:
    with pytest.raises(TypeError):
        Verifier([Key.from_secret(SECRET)], ["HS256"], **{name: value})


@pytest.mark.parametrize("name", ["audience", "issuer"])
@pytest.mark.parametrize("value", ["us", ["us"], ("us", "them"), {"us"}, {"us": 1}.keys()])
def test_a_verifier_takes_str_or_iterables_of_str(name: str, value: Any) -> None:
    verifier = Verifier([Key.from_secret(SECRET)], ["HS256"], **{name: value})
    claims = {"aud" if name == "audience" else "iss": "us"}
    for _ in range(2):
        assert verifier.verify(forge(claims)) == claims


def test_decode_takes_any_container_of_issuers() -> None:
    outcome = assert_same(
        "decode", forge({"iss": "us"}), SECRET, algorithms=["HS256"], issuer=OnlyContains()
    )
    assert outcome.kind == "returned"


DISGUISED = {
    "half a PEM frame": material.EC_PUBLIC_PEM.partition(b"-----END")[0],
    "PEM in UTF-16": material.EC_PUBLIC_PEM.decode().encode("utf-16"),
    "PEM in UTF-32": material.EC_PUBLIC_PEM.decode().encode("utf-32"),
    "base64 of DER": base64.b64encode(material.EC_SPKI_DER),
    "base64url of DER": base64.urlsafe_b64encode(material.EC_SPKI_DER).rstrip(b"="),
    "base64 of DER in lines": base64.encodebytes(material.EC_SPKI_DER),
    "SSH behind white space": b" \n" + material.SSH_ED25519,
    "SSH behind a BOM": b"\xef\xbb\xbf" + material.SSH_ED25519,
}


@pytest.mark.parametrize("form", DISGUISED)
def test_keys_in_disguise(form: str) -> None:
    key = DISGUISED[form]
    assert jwt.decode(jwt.encode({}, key), key, algorithms=["HS256"]) == {}
    with pytest.raises(exceptions.InvalidKeyError):
        pyjwtfast.encode({}, key)
    with pytest.raises(exceptions.InvalidKeyError):
        pyjwtfast.decode(forge({}, secret=key), key, algorithms=["HS256"])
    with pytest.raises(exceptions.InvalidKeyError):
        Key.from_secret(key)


def test_one_message_tells_something_of_a_token() -> None:
    """The name of an extension, as in PyJWT; every other message has our words only."""
    secret_looking = "c0ffee"
    header = {"alg": "HS256", "crit": [secret_looking], secret_looking: 1}
    outcome = assert_same("decode", forge({}, header), SECRET, algorithms=["HS256"])
    assert outcome.value == (
        "InvalidTokenError",
        f"Unsupported critical extension: {secret_looking}",
    )
