"""Claim rules: every claim of every type, every option and argument, in PyJWT's order and words.

Where the arguments also make a `Verifier`, that must do the same as `decode`.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pyjwtfast

from ..support import SECRET, forge
from . import strategies as own
from .differences import Call
from .oracle import NOW, assert_same, clock_at, find_difference, observe

HS = {"key": SECRET, "algorithms": ["HS256"]}
TIMES = own.time_claim_values(int(NOW))
NAMES = ["a", "b", "", "aud", "é", "\ud800"]
TRUTHY = [True, False, 1, 0, None, "", "no"]


def is_text(argument: Any) -> bool:
    """Whether it is None, a str, or a collection of nothing but str."""
    if argument is None or isinstance(argument, str):
        return True
    return isinstance(argument, Collection) and all(isinstance(item, str) for item in argument)


def both(claims: Any, **kwargs: Any) -> None:
    """`decode`, `decode_complete` and, where it can be made, `Verifier.verify`."""
    token = forge(claims)
    with clock_at(NOW):
        assert_same("decode_complete", token, **HS, **kwargs)
        ours = assert_same("decode", token, **HS, **kwargs)
        if ours.kind == "raised" and isinstance(ours.error, (TypeError, ValueError)):
            return
        options = dict(kwargs.get("options") or {})
        require = options.pop("require", ())
        if options.get("verify_signature", True) is not True:
            return
        key = pyjwtfast.Key.from_secret(SECRET)
        arguments = {name: kwargs[name] for name in
                     ("audience", "issuer", "subject", "leeway") if name in kwargs}  # fmt: skip
        for cache_size in (0, 8):
            try:
                verifier = pyjwtfast.Verifier(
                    [key],
                    ["HS256"],
                    require=require,
                    options=options,
                    cache_size=cache_size,
                    **arguments,
                )
            except TypeError:
                # A verifier is made once: it tells at once what `decode` may never notice.
                subject = arguments.get("subject")
                collections = [arguments.get("audience"), arguments.get("issuer")]
                collections.append(5 if isinstance(require, str) else require)
                assert not (
                    all(map(is_text, collections)) and isinstance(subject, (str, type(None)))
                )
                return
            for _ in range(1 + bool(cache_size)):
                verified = observe(verifier.verify, token)
                assert verified.same_as(ours), f"{kwargs}:\n Verifier {verified}\n decode {ours}"


@given(
    st.fixed_dictionaries({}, optional={"exp": TIMES, "nbf": TIMES, "iat": TIMES}),
    st.one_of(
        st.sampled_from([0, 0.0, 0.25, 1, 2, 10**6, 1e15, -0.0]),
        st.floats(0, 3),
        st.builds(datetime.timedelta, seconds=st.floats(0, 3)),
    ),
)
def test_time_claims(claims: dict[str, Any], leeway: Any) -> None:
    both(claims, leeway=leeway)


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
@pytest.mark.parametrize("value", own.TIME_CLAIM_ODDITIES, ids=lambda value: repr(value)[:30])
def test_time_claim_oddities(name: str, value: Any) -> None:
    both({name: value})


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
@pytest.mark.parametrize(
    "text",
    [b"1e400", b"-1e400", b"NaN", b"Infinity", b"-Infinity", b"1E1", b"2000000000.5", b"2e9", b"-0",
     b"-0.0", b"20000000005e-1", b"1999999999.9999999", b"2000000000.4999999", b"9" * 4300,
     b"9" * 4301, b"1" + b"0" * 400, b"-1" + b"0" * 400, b"true", b"null"],
    ids=lambda text: text[:20].decode(),
)  # fmt: skip
@pytest.mark.parametrize("leeway", [0, 0.5, 1])
def test_time_claim_spellings(name: str, text: bytes, leeway: float) -> None:
    both(b'{"' + name.encode() + b'":' + text + b"}", leeway=leeway)


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
@pytest.mark.parametrize("offset", [-2, -1, 0, 1, 2])
@pytest.mark.parametrize("leeway", [0, 0.5, 0.4999, 1, 1.5, datetime.timedelta(milliseconds=500)])
def test_time_claim_edges(name: str, offset: int, leeway: Any) -> None:
    """NOW lies half a second past a full one: the comparison's edge is hit by some of these."""
    both({name: int(NOW) + offset}, leeway=leeway)
    with clock_at(int(NOW)):
        assert_same("decode", forge({name: int(NOW) + offset}), **HS, leeway=leeway)


claim_strings = st.sampled_from([*NAMES, 1, 1.5, True, None, [], {}, ["a"]])
audiences = st.one_of(
    claim_strings,
    st.lists(claim_strings, max_size=3),
    st.sampled_from([{"a": 1}, "ab", ["ab"]]),
)
expected_audiences = st.one_of(
    st.none(),
    st.sampled_from(NAMES),
    st.lists(st.sampled_from([*NAMES, 1, None]), max_size=3),
    st.sampled_from([("a",), {"a", "b"}, frozenset(), {"a": 1}, b"a", b"", 5, 1.5, object(), True]),
)
issuers = st.one_of(
    st.none(),
    st.sampled_from(NAMES),
    st.lists(st.sampled_from(NAMES), max_size=2),
    st.sampled_from([("a",), {"a"}, {"a": 1}, "abc", b"a", 5, object(), [1], frozenset(["", "a"])]),
)
options = st.fixed_dictionaries(
    {},
    optional={
        **{
            f"verify_{name}": st.sampled_from(TRUTHY)
            for name in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")
        },
        "strict_aud": st.sampled_from(TRUTHY),
        "enforce_minimum_key_length": st.sampled_from(TRUTHY),
        "verify_signature": st.sampled_from([True, True, False, 1, 0, None]),
        "require": st.one_of(
            st.lists(st.sampled_from(["exp", "aud", "iss", "sub", "jti", "x", "é"]), max_size=2),
            st.sampled_from([(), ("exp",), {"sub"}, "sub", "", [5], [None], {"sub": 1}]),
        ),
        "unknown": st.just(1),
    },
)
claim_sets = st.fixed_dictionaries(
    {},
    optional={
        "exp": TIMES,
        "nbf": TIMES,
        "iat": TIMES,
        "iss": claim_strings,
        "aud": audiences,
        "sub": claim_strings,
        "jti": claim_strings,
        "x": own.values,
    },
)


@given(audiences, expected_audiences, st.sampled_from([True, False]))
def test_audience(claim: Any, expected: Any, strict: bool) -> None:
    both({"aud": claim}, audience=expected, options={"strict_aud": strict})


@given(claim_strings, issuers)
def test_issuer(claim: Any, expected: Any) -> None:
    both({"iss": claim}, issuer=expected)


@given(claim_strings, st.sampled_from([None, *NAMES, 5, [], b"a", True]))
def test_subject(claim: Any, expected: Any) -> None:
    both({"sub": claim}, subject=expected)


@given(claim_strings)
def test_jti(claim: Any) -> None:
    both({"jti": claim})


@pytest.mark.parametrize("name", ["exp", "nbf", "iat", "aud", "iss", "sub", "jti", "x"])
def test_absent_and_null(name: str) -> None:
    expected = {"audience": "a", "issuer": "a", "subject": "a"}
    for claims in ({}, {name: None}):
        for require in ([], [name], ("x", name), {name}):
            both(claims, options={"require": require})
            both(claims, options={"require": require}, **expected)


@pytest.mark.parametrize("name", ["x", "", "é", None, 5, 1.5, True, (), ("a", "b"), ("a",)])
def test_required_names_of_any_type(name: Any) -> None:
    """The error names what was missing, whatever it is."""
    outcome = assert_same("decode", forge({}), **HS, options={"require": [name]})
    assert isinstance(outcome.error, pyjwtfast.exceptions.MissingRequiredClaimError)
    assert outcome.error.claim == name


@given(claim_sets, options, expected_audiences, issuers, st.sampled_from([None, "a", ""]))
def test_everything_at_once(
    claims: dict[str, Any], options: dict[str, Any], audience: Any, issuer: Any, subject: Any
) -> None:
    both(claims, options=options, audience=audience, issuer=issuer, subject=subject)


@given(claim_sets)
def test_without_verification(claims: dict[str, Any]) -> None:
    """verify_signature False switches the claim checks off, but for those asked for."""
    token = forge(claims)
    with clock_at(NOW):
        for extra in ({}, {"verify_exp": True}, {"verify_aud": True, "verify_iss": True}):
            assert_same("decode", token, options={"verify_signature": False, **extra})
            assert_same("decode", token, options={"verify_signature": False, **extra}, audience="a")


@pytest.mark.parametrize("options", [[], [("verify_exp", False)], "x", 5, (), True], ids=repr)
def test_options_of_another_type(options: Any) -> None:
    assert_same("decode", forge({}), **HS, options=options)


@pytest.mark.parametrize("verify", [True, False, None, 0, 1])
@pytest.mark.parametrize("verify_signature", [True, False, None])
def test_legacy_verify_argument(verify: Any, verify_signature: bool | None) -> None:
    options = None if verify_signature is None else {"verify_signature": verify_signature}
    for function in ("decode", "decode_complete"):
        assert_same(function, forge({}), **HS, options=options, verify=verify)


@pytest.mark.parametrize("function", ["decode", "decode_complete"])
def test_unknown_keyword_arguments(function: str) -> None:
    outcome = assert_same(function, forge({}), **HS, foo=1, bar=2)
    assert [category for category, _ in outcome.warnings] == ["RemovedInPyjwt3Warning"]
    assert_same(function, "x", **HS, foo=1)


def test_arguments_by_position() -> None:
    """The two functions differ in the order of issuer and subject."""
    token = forge({"sub": "s", "iss": "i", "aud": "a"})
    head = (token, SECRET, ["HS256"], None, None, None, "a")
    assert_same("decode", *head, "s", "i", 0)
    assert_same("decode", *head, "i", "s", 0)
    assert_same("decode_complete", *head, "i", "s", 0)
    assert_same("decode_complete", *head, "s", "i", 0)


def test_one_shot_iterables_of_the_caller() -> None:
    token = forge({"aud": "b"})
    for module in (jwt, pyjwtfast):
        names = (name for name in ("a", "b"))
        assert module.decode(token, SECRET, algorithms=["HS256"], audience=names)


@pytest.mark.parametrize("secret", ["x", "x" * 31, "x" * 32, "x" * 47, "x" * 48, "x" * 64])
@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize("enforce", [True, False, 1, 0, None])
def test_key_length(secret: str, algorithm: str, enforce: Any) -> None:
    token = forge({}, secret=secret, algorithm=algorithm)
    options = {"enforce_minimum_key_length": enforce}
    assert_same("decode", token, key=secret, algorithms=[algorithm], options=options)


def test_differences_do_not_cover_these_calls() -> None:
    call = Call("decode", (forge({"exp": 1, "aud": ["a"]}),), {**HS, "leeway": 1.5})
    assert find_difference(call) is None


@pytest.mark.parametrize(
    "detached",
    [None, b"", b'{"a":1}', b"[]", b'{"exp":1}', b"{", b"\xff", b"a.b", "{}", bytearray(b"{}")],
)
@pytest.mark.parametrize(
    "header",
    [
        {"alg": "HS256", "b64": False, "crit": ["b64"]},
        {"alg": "HS256", "b64": False},
        {"alg": "HS256", "b64": True, "crit": ["b64"]},
        {"alg": "HS256"},
    ],
    ids=["b64", "b64 without crit", "b64 true", "plain"],
)
def test_detached_payload(detached: Any, header: dict[str, Any]) -> None:
    from ..support import b64url, compact, mac

    encoded = b64url(compact(header))
    signed_bytes = detached.encode() if isinstance(detached, str) else bytes(detached or b"")
    good = encoded + b".." + b64url(mac(encoded + b"." + signed_bytes))
    bad = encoded + b".." + b64url(mac(encoded + b"." + signed_bytes + b"x"))
    filled = encoded + b".e30." + b64url(mac(encoded + b"." + signed_bytes))
    for token in (good, bad, filled):
        for function in ("decode", "decode_complete"):
            assert_same(function, token.decode(), **HS, detached_payload=detached)
            assert_same(
                function, token, options={"verify_signature": False}, detached_payload=detached
            )


def test_detached_tokens_of_both_libraries() -> None:
    for writer in (jwt, pyjwtfast):
        token = writer.encode({"a": 1}, SECRET, headers={"b64": False})
        assert ".." in token
        assert_same("decode", token, **HS, detached_payload=b'{"a":1}')
        assert_same("decode", token, **HS, detached_payload=b'{"a":2}')
        assert_same("decode", token, **HS)
