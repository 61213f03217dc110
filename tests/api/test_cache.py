"""The verified-token cache: a hit skips the cryptography and nothing else.

Every rule of the design has a test here. fast-jwt 6.3.2 shows what goes wrong otherwise: expired
tokens accepted from the cache, one object handed to all callers, colliding keys (CVE-2026-35039).
"""

from __future__ import annotations

import functools
import gc
import json
import os
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given

import pyjwtfast
from pyjwtfast import Key, Verifier
from pyjwtfast.exceptions import (
    DecodeError,
    ExpiredSignatureError,
    ImmatureSignatureError,
    InvalidAlgorithmError,
    InvalidAudienceError,
    InvalidIssuerError,
    InvalidSignatureError,
    InvalidSubjectError,
    InvalidTokenError,
    MissingRequiredClaimError,
)

from ..support import LONG_SECRET, OTHER_SECRET, SECRET, b64url, forge, resign
from . import strategies as own
from .oracle import shape

NOW = 2_000_000_000


@pytest.fixture(autouse=True)
def clock() -> Iterator[Callable[[float], None]]:
    """Time stands at NOW until a test sets it."""
    time_now: list[float] = [NOW]
    # No Mock: it would keep a record of every call.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: time_now[0])
        yield functools.partial(time_now.__setitem__, 0)


def cached(size: int = 16, **kwargs: Any) -> Verifier:
    keys = kwargs.pop("keys", None) or [Key.from_secret(SECRET)]
    return Verifier(keys, kwargs.pop("algorithms", ["HS256"]), cache_size=size, **kwargs)


def counts(verifier: Verifier) -> tuple[int, int, int]:
    info = verifier.cache_info()
    return info.hits, info.misses, info.entries


RULES = [f"verify_{name}" for name in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")]
FLAT = {"sub": "1", "role": "user", "n": 1, "f": 1.5, "b": True, "z": None, "exp": NOW + 100}
NESTED = {"sub": "1", "roles": ["user", {"deep": ["x"]}], "o": {"p": {"q": 1}}, "exp": NOW + 100}
BOTH_KINDS = pytest.mark.parametrize("claims", [FLAT, NESTED], ids=["flat", "nested"])


def tear_apart(value: Any) -> None:
    """Empty every container of a result, the innermost first."""
    if isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            tear_apart(item)
        value.clear()


def size_of(value: Any) -> int:
    """Bytes of a JSON value, the names and values of its members included."""
    inner: Iterable[Any] = ()
    if isinstance(value, dict):
        inner = (*value, *value.values())
    elif isinstance(value, list):
        inner = value
    return sys.getsizeof(value) + sum(map(size_of, inner))


class TestInfo:
    def test_off_by_default(self) -> None:
        verifier = Verifier([Key.from_secret(SECRET)], ["HS256"])
        for _ in range(3):
            verifier.verify(forge(FLAT))
        info = verifier.cache_info()
        assert (info.hits, info.entries, info.bytes, info.capacity) == (0, 0, 0, 0)
        verifier.cache_clear()

    def test_named_tuple(self) -> None:
        info = cached(7).cache_info()
        assert isinstance(info, tuple)
        assert info == (info.hits, info.misses, info.entries, info.bytes, info.capacity)
        assert (info.hits, info.misses, info.entries, info.bytes, info.capacity) == (0, 0, 0, 0, 7)

    @BOTH_KINDS
    def test_counts(self, claims: dict[str, Any]) -> None:
        verifier = cached()
        token = forge(claims)
        for expected in ((0, 1, 1), (1, 1, 1), (2, 1, 1)):
            assert verifier.verify(token) == claims
            assert counts(verifier) == expected
        assert verifier.cache_info().bytes >= len(token)

    def test_clear(self) -> None:
        verifier = cached()
        token = forge(FLAT)
        verifier.verify(token)
        verifier.cache_clear()
        assert verifier.cache_info().entries == verifier.cache_info().bytes == 0
        misses = verifier.cache_info().misses
        assert verifier.verify(token) == FLAT
        assert verifier.cache_info().misses == misses + 1
        assert verifier.cache_info().entries == 1


class TestFullTokenBytes:
    def test_a_changed_signature_is_no_hit(self) -> None:
        verifier = cached()
        token = forge(FLAT)
        verifier.verify(token)
        for index in range(len(token)):
            changed = token[:index] + ("A" if token[index] != "A" else "B") + token[index + 1 :]
            with pytest.raises(InvalidTokenError):
                verifier.verify(changed)
        assert counts(verifier)[0] == 0
        for other in (token[:-1], token + "A", token + "==", token + ".", " " + token):
            with pytest.raises(InvalidTokenError):
                verifier.verify(other)
        assert counts(verifier) == (0, verifier.cache_info().misses, 1)

    def test_each_tokens_own_claims(self) -> None:
        verifier = cached(1000)
        tokens = [forge({"sub": str(number)}) for number in range(1000)]
        for _ in range(2):
            for number, token in enumerate(tokens):
                assert verifier.verify(token) == {"sub": str(number)}
        assert verifier.cache_info().hits > 0

    def test_padded_spelling_is_an_entry_of_its_own(self) -> None:
        verifier = cached()
        header, payload, signature = forge({"a": 12}).split(".")
        padded = f"{header}.{payload}.{signature}="
        assert verifier.verify(f"{header}.{payload}.{signature}") == {"a": 12}
        assert verifier.verify(padded) == {"a": 12}
        assert counts(verifier) == (0, 2, 2)

    def test_str_and_bytes_are_one_token(self) -> None:
        verifier = cached()
        token = forge(NESTED)
        assert verifier.verify(token) == verifier.verify(token.encode()) == NESTED
        assert verifier.verify(bytes(token.encode())) == verifier.verify(token) == NESTED
        assert verifier.cache_info().entries == 1
        assert verifier.cache_info().hits == 3


class TestBoundToTheVerifier:
    def test_another_key(self) -> None:
        token = forge(FLAT)
        first = cached()
        first.verify(token)
        with pytest.raises(InvalidSignatureError):
            cached(keys=[Key.from_secret(OTHER_SECRET)]).verify(token)

    def test_another_algorithm_list(self) -> None:
        token = forge(FLAT)
        cached().verify(token)
        with pytest.raises(InvalidAlgorithmError):
            cached(algorithms=["HS384"]).verify(token)

    @pytest.mark.filterwarnings("ignore:The HMAC key is")
    def test_other_options(self) -> None:
        token = forge(FLAT, secret="short")
        verifier = cached(keys=[Key.from_secret("short")])
        for _ in range(2):
            assert verifier.verify(token) == FLAT
        with pytest.raises(pyjwtfast.exceptions.InvalidKeyError):
            cached(
                keys=[Key.from_secret("short")], options={"enforce_minimum_key_length": True}
            ).verify(token)

    def test_keys_made_again_at_the_same_address(self) -> None:
        """No cache goes by id(): a freed key's address is soon another key's."""
        token = forge(FLAT)
        for _ in range(200):
            good = cached(keys=[Key.from_secret(SECRET)])
            assert good.verify(token) == FLAT
            del good
            with pytest.raises(InvalidSignatureError):
                cached(keys=[Key.from_secret(OTHER_SECRET)]).verify(token)

    def test_kid_is_looked_at(self) -> None:
        a = Key.from_secret("secret a of at least thirty-two bytes", kid="a")
        b = Key.from_secret("secret b of at least thirty-two bytes", kid="b")
        token = forge({}, {"alg": "HS256", "kid": "a"}, "secret a of at least thirty-two bytes")
        both = cached(keys=[a, b])
        assert both.verify(token) == both.verify(token) == {}
        with pytest.raises(InvalidTokenError):
            cached(keys=[b]).verify(token)
        under_b = forge({}, {"alg": "HS256", "kid": "b"}, "secret a of at least thirty-two bytes")
        with pytest.raises(InvalidTokenError):
            both.verify(under_b)


class TestClaimsOnEveryHit:
    """The clock and the rules are those of now, not of when the token came first."""

    @pytest.mark.parametrize(
        "claims",
        [
            {"exp": NOW + 10},
            {"exp": NOW + 10, "iat": NOW - 5},
            {"exp": NOW + 10, "x": [1]},
            {"exp": NOW + 10.0},
            {"exp": NOW + 9.5},
            {"exp": str(NOW + 10)},
        ],
        ids=repr,
    )
    def test_exp(self, claims: dict[str, Any], clock: Callable[[float], None]) -> None:
        verifier = cached()
        token = forge(claims)
        last = int(claims["exp"])
        for now in (NOW, NOW + 5, last - 0.001):
            clock(now)
            assert verifier.verify(token) == claims
        # What is no integer may be left out of the cache: its end is not known without int().
        assert verifier.cache_info().hits == (2 if type(claims["exp"]) is int else 0)
        for now in (NOW + 10, NOW + 10.001, NOW + 10**6):
            clock(now)
            with pytest.raises(ExpiredSignatureError, match=r"^Signature has expired$"):
                verifier.verify(token)

    def test_clock_going_backwards(self, clock: Callable[[float], None]) -> None:
        verifier = cached()
        token = forge({"nbf": NOW, "exp": NOW + 10})
        iat_token = forge({"iat": NOW, "x": [1]})
        assert verifier.verify(token)
        assert verifier.verify(iat_token)
        clock(NOW - 1)
        with pytest.raises(ImmatureSignatureError, match=r"\(nbf\)"):
            verifier.verify(token)
        with pytest.raises(ImmatureSignatureError, match=r"\(iat\)"):
            verifier.verify(iat_token)
        clock(NOW + 20)
        with pytest.raises(ExpiredSignatureError):
            verifier.verify(token)
        clock(NOW + 5)
        assert verifier.verify(token)
        assert verifier.verify(iat_token)

    def test_leeway_counts(self, clock: Callable[[float], None]) -> None:
        verifier = cached(leeway=5)
        token = forge({"exp": NOW + 10})
        assert verifier.verify(token)
        clock(NOW + 14.9)
        assert verifier.verify(token)
        clock(NOW + 15)
        with pytest.raises(ExpiredSignatureError):
            verifier.verify(token)

    def test_nothing_is_kept_in_the_leeway_after_exp(self, clock: Callable[[float], None]) -> None:
        """An entry goes at exp; while the leeway lasts, the token is verified fully each time."""
        verifier = cached(leeway=5)
        token = forge({"exp": NOW + 10})
        for now, expected in (
            (NOW, (0, 1, 1)),
            (NOW + 9, (1, 1, 1)),
            (NOW + 10, (1, 2, 0)),
            (NOW + 14.9, (1, 3, 0)),
        ):
            clock(now)
            assert verifier.verify(token) == {"exp": NOW + 10}
            assert counts(verifier) == expected
        assert verifier.cache_info().bytes == 0

    def test_exp_ends_an_entry_though_it_is_not_verified(
        self, clock: Callable[[float], None]
    ) -> None:
        verifier = cached(options={"verify_exp": False})
        token = forge({"exp": NOW + 10})
        for now, expected in ((NOW, (0, 1, 1)), (NOW + 9, (1, 1, 1)), (NOW + 10, (1, 2, 0))):
            clock(now)
            assert verifier.verify(token) == {"exp": NOW + 10}
            assert counts(verifier) == expected
        verifier.verify(forge({"exp": "some day"}))
        assert verifier.cache_info().entries == 0

    @pytest.mark.parametrize("name", ["nbf", "iat"])
    @pytest.mark.parametrize("as_text", [False, True])
    def test_nbf_and_iat_with_leeway(
        self, name: str, as_text: bool, clock: Callable[[float], None]
    ) -> None:
        """Also of one that int() reads from a str, as PyJWT does."""
        verifier = cached(leeway=5)
        claims = {name: str(NOW) if as_text else NOW}
        token = forge(claims)
        for hits, now in enumerate((NOW, NOW - 4.5, NOW - 5)):
            clock(now)
            assert verifier.verify(token) == claims
            assert verifier.cache_info().hits == hits
        for now in (NOW - 5.1, NOW - 1000):
            clock(now)
            with pytest.raises(ImmatureSignatureError, match=rf"\({name}\)"):
                verifier.verify(token)
        clock(NOW + 1)
        assert verifier.verify(token) == claims
        assert verifier.cache_info().entries == 1

    def test_an_expired_entry_is_removed(self, clock: Callable[[float], None]) -> None:
        verifier = cached()
        token = forge({"exp": NOW + 10})
        verifier.verify(token)
        assert verifier.cache_info().entries == 1
        clock(NOW + 11)
        with pytest.raises(ExpiredSignatureError):
            verifier.verify(token)
        assert verifier.cache_info().entries == 0
        assert verifier.cache_info().bytes == 0

    def test_signature_still_comes_first_after_expiry(self, clock: Callable[[float], None]) -> None:
        verifier = cached()
        token = forge({"exp": NOW + 10})
        verifier.verify(token)
        clock(NOW + 11)
        with pytest.raises(InvalidSignatureError):
            verifier.verify(forge({"exp": NOW + 10}, secret=OTHER_SECRET))

    @pytest.mark.parametrize(
        ("claims", "arguments", "error"),
        [
            ({"aud": "b"}, {"audience": "a"}, InvalidAudienceError),
            ({"aud": "b"}, {}, InvalidAudienceError),
            ({}, {"audience": "a"}, MissingRequiredClaimError),
            ({"iss": "b"}, {"issuer": "a"}, InvalidIssuerError),
            ({"sub": "b"}, {"subject": "a"}, InvalidSubjectError),
            ({"sub": 5}, {}, InvalidSubjectError),
            ({"jti": 5}, {}, pyjwtfast.exceptions.InvalidJTIError),
            ({"x": None}, {"require": ["x"]}, MissingRequiredClaimError),
            ({"t": "refresh"}, {"expect": {"t": "access"}}, InvalidTokenError),
            ({"exp": "soon"}, {}, DecodeError),
        ],
    )
    def test_other_rules(
        self, claims: dict[str, Any], arguments: dict[str, Any], error: type[Exception]
    ) -> None:
        """The same error each time, whether or not the signature's result was kept."""
        verifier = cached(**arguments)
        for _ in range(3):
            with pytest.raises(error):
                verifier.verify(forge(claims))

    def test_audience_container_is_the_callers_snapshot(self) -> None:
        audiences = ["a"]
        verifier = cached(audience=audiences)
        token = forge({"aud": "b"})
        audiences.append("b")
        for _ in range(2):
            with pytest.raises(InvalidAudienceError):
                verifier.verify(token)

    @BOTH_KINDS
    def test_complete_and_plain_share(self, claims: dict[str, Any]) -> None:
        verifier = cached()
        token = forge(claims)
        expected = pyjwtfast.decode_complete(token, SECRET, algorithms=["HS256"])
        for _ in range(2):
            assert verifier.verify_complete(token) == expected
            assert verifier.verify(token) == claims


class TestNothingIsShared:
    @BOTH_KINDS
    def test_mutation_at_every_depth(self, claims: dict[str, Any]) -> None:
        verifier = cached()
        token = forge(claims)
        for _ in range(4):
            result = verifier.verify(token)
            assert result == claims
            result["role"] = "admin"
            result["added"] = True
            if "roles" in result:
                result["roles"].append("admin")
                result["roles"][1]["deep"].append("admin")
                result["o"]["p"]["q"] = 2
            del result["sub"]
        assert verifier.cache_info().hits == 3

    def test_the_first_result_is_not_the_entry(self) -> None:
        for claims in (FLAT, NESTED):
            verifier = cached()
            first = verifier.verify(forge(claims))
            first.clear()
            assert verifier.verify(forge(claims)) == claims

    @BOTH_KINDS
    def test_complete(self, claims: dict[str, Any]) -> None:
        verifier = cached()
        token = forge(claims, {"alg": "HS256", "x": {"y": [1]}})
        for _ in range(3):
            result = verifier.verify_complete(token)
            assert result["header"] == {"alg": "HS256", "x": {"y": [1]}}
            assert result["payload"] == claims
            result["header"]["x"]["y"].append(2)
            result["header"]["alg"] = "none"
            result["payload"].clear()

    @given(own.payloads)
    def test_any_claims(self, claims: dict[str, Any]) -> None:
        """Hits give what the first call gave, by type and repr, however results are torn apart."""
        token = forge(claims)
        expected = shape(json.loads(json.dumps(claims)))
        verifier = cached(1024, options=dict.fromkeys(RULES, False))
        for _ in range(3):
            result = verifier.verify(token)
            assert shape(result) == expected
            tear_apart(result)
            complete = verifier.verify_complete(token)
            assert shape(complete["payload"]) == expected
            tear_apart(complete)
        exp = claims.get("exp", NOW + 1)
        if type(exp) is int and exp > NOW:  # else there is no time until which it could be kept
            assert verifier.cache_info().hits >= 2

    @pytest.mark.parametrize("opening", ["[", '{"a":'])
    def test_claims_as_deep_as_allowed(self, opening: str) -> None:
        closing = "]" if opening == "[" else "}"
        text = f'{{"x":{opening * 127}1{closing * 127}}}'
        verifier = cached()
        for _ in range(3):
            result = verifier.verify(forge(text.encode()))
            assert json.dumps(result, separators=(",", ":")) == text
            tear_apart(result)

    def test_order_and_types_are_kept(self) -> None:
        text = b'{"z":1,"a":true,"m":1.0,"\\u00e9":null,"z2":"","big":123456789012345678901}'
        verifier = cached()
        first, second = verifier.verify(forge(text)), verifier.verify(forge(text))
        assert repr(first) == repr(second)
        assert verifier.cache_info().hits == 1

    def test_a_result_is_a_plain_dict_of_its_own(self) -> None:
        verifier = cached()
        token = forge(FLAT)
        results = [verifier.verify(token) for _ in range(5)]
        assert len({id(result) for result in results}) == 5
        assert all(type(result) is dict for result in results)


class TestFailuresAreNotKept:
    def test_bad_signatures(self) -> None:
        verifier = cached()
        for number in range(50):
            with pytest.raises(InvalidSignatureError):
                verifier.verify(forge({"n": number}, secret=OTHER_SECRET))
        assert verifier.cache_info().entries == 0
        assert verifier.cache_info().bytes == 0

    def test_malformed_tokens(self) -> None:
        verifier = cached()
        header = b64url(b'{"alg":"HS256"}')
        for token in ("", "a", "..", "a.b.c", forge(b"{"), forge([]), resign(header, b"!")):
            for _ in range(2):
                with pytest.raises(InvalidTokenError):
                    verifier.verify(token)
        for bad_header in ({"alg": "none"}, {"alg": "HS256", "crit": ["x"], "x": 1}, {}):
            for _ in range(2):
                with pytest.raises(InvalidTokenError):
                    verifier.verify(forge({}, bad_header))
        assert verifier.cache_info().entries == 0

    def test_not_yet_valid_becomes_valid(self, clock: Callable[[float], None]) -> None:
        for name in ("nbf", "iat"):
            verifier = cached()
            token = forge({name: NOW + 10})
            for now in (NOW, NOW + 9):
                clock(now)
                with pytest.raises(ImmatureSignatureError):
                    verifier.verify(token)
            clock(NOW + 10)
            assert verifier.verify(token) == verifier.verify(token) == {name: NOW + 10}
            clock(NOW)

    def test_rejected_claims_leave_no_entry(self) -> None:
        verifier = cached(audience="a")
        for number in range(20):
            with pytest.raises(InvalidAudienceError):
                verifier.verify(forge({"aud": "b", "n": number}))
        assert verifier.cache_info().entries == 0

    def test_unverified_decodes_are_not_kept(self) -> None:
        """`decode` without verification must not make a verifier accept the token."""
        token = forge(FLAT, secret=OTHER_SECRET)
        verifier = cached()
        for _ in range(3):
            pyjwtfast.decode(token, options={"verify_signature": False})
            with pytest.raises(InvalidSignatureError):
                verifier.verify(token)


class TestBounds:
    @pytest.mark.parametrize("size", [1, 2, 16, 100])
    def test_entries(self, size: int) -> None:
        verifier = cached(size)
        for number in range(size * 3 + 50):
            verifier.verify(forge({"n": number}))
            assert verifier.cache_info().entries <= size
        assert verifier.cache_info().entries > 0
        assert verifier.cache_info().capacity == size

    def test_a_full_cache_still_serves(self) -> None:
        verifier = cached(8)
        for _ in range(3):
            for number in range(40):
                assert verifier.verify(forge({"n": number})) == {"n": number}

    def test_bytes(self) -> None:
        """Large tokens push each other out before the entries are used up: 2 KiB for each entry."""
        verifier = cached(256)
        for number in range(256):
            claims = {"n": number, "x": ["y" * 20_000] if number % 2 else "y" * 20_000}
            token = forge(claims)
            for _ in range(2):
                assert verifier.verify(token) == claims
            info = verifier.cache_info()
            assert info.bytes <= 256 * 2048
        assert 5 <= info.entries <= 40
        assert info.hits == 256
        # One that would take most of it is not kept, and pushes nothing out.
        huge = forge({"x": "y" * 180_000})
        for _ in range(2):
            verifier.verify(huge)
        assert verifier.cache_info().entries == info.entries

    @pytest.mark.parametrize(
        "value",
        [
            "x" * 5000,
            "é" * 5000,
            "€" * 5000,
            "\U0001f600" * 5000,
            ["\U0001f600" * 50] * 100,
            [10**4200 + number for number in range(20)],
            [{"n": number * 10**10} for number in range(200)],
        ],
        ids=lambda value: ascii(value)[:20],
    )
    def test_bytes_are_what_the_claims_take(self, value: Any) -> None:
        """Not less than they do (the allocator's rounding aside), nor several times as much."""
        verifier = cached(1024)
        token = forge(json.dumps({"x": value}, ensure_ascii=False).encode())
        claims = verifier.verify(token)
        taken = size_of(claims["x"])
        assert verifier.cache_info().entries == 1
        counted = verifier.cache_info().bytes - len(token)
        assert 0.9 * taken < counted < 2 * taken + 2048

    def test_bytes_are_given_back(self, clock: Callable[[float], None]) -> None:
        verifier = cached(64)
        for round_number in range(5):
            for number in range(64):
                verifier.verify(forge({"n": number, "r": round_number, "x": [round_number]}))
        full = verifier.cache_info().bytes
        for number in range(640):
            verifier.verify(forge({"n": number, "r": 9, "x": [9]}))
        assert verifier.cache_info().bytes <= full * 2
        verifier.cache_clear()
        assert verifier.cache_info().bytes == 0

    def test_junk_cannot_evict(self) -> None:
        verifier = cached(4)
        good = [forge({"n": number}) for number in range(4)]
        for token in good:
            verifier.verify(token)
        kept = verifier.cache_info().entries
        for number in range(500):
            with pytest.raises(InvalidTokenError):
                verifier.verify(forge({"n": number}, secret=OTHER_SECRET))
            with pytest.raises(InvalidTokenError):
                verifier.verify(good[number % 4][:-2])
        assert verifier.cache_info().entries == kept
        before = verifier.cache_info().hits
        for token in good:
            verifier.verify(token)
        assert verifier.cache_info().hits == before + kept

    def test_recently_used_entries_survive(self) -> None:
        """Not plain first-in first-out: a token in constant use stays mostly cached."""
        verifier = cached(64)
        hot = forge({"hot": True})
        verifier.verify(hot)
        hits = 0
        for number in range(1000):
            verifier.verify(forge({"n": number}))
            before = verifier.cache_info().hits
            verifier.verify(hot)
            hits += verifier.cache_info().hits - before
        assert hits > 800


class TestLifetime:
    def test_values_are_released_with_the_verifier(self) -> None:
        gc.collect()
        before = sys.getallocatedblocks()
        for _ in range(20):
            verifier = cached(64)
            for number in range(64):
                verifier.verify(forge({"n": f"text {number}", "m": [number]}))
                verifier.verify(forge({"n": f"text {number}"}))
            del verifier
        gc.collect()
        assert sys.getallocatedblocks() - before < 2000

    def test_the_collector_sees_through_it(self) -> None:
        """A verifier in a reference cycle is collected."""

        class Holder:
            verifier: Any = None
            me: Any = None

        holder = Holder()
        holder.me = holder
        holder.verifier = cached()
        holder.verifier.verify(forge(FLAT))
        alive = weakref.ref(holder)
        del holder
        gc.collect()
        assert alive() is None

    def test_clearing_while_others_verify(self) -> None:
        verifier = cached(32)
        tokens = [forge({"n": number, "x": [number] * (number % 2)}) for number in range(64)]
        errors: list[BaseException] = []
        stop = threading.Event()

        def work() -> None:
            try:
                while not stop.is_set():
                    for number, token in enumerate(tokens):
                        result = verifier.verify(token)
                        assert result["n"] == number
                        result["n"] = -1
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(200):
            verifier.cache_clear()
            verifier.cache_info()
        stop.wait(0.2)
        stop.set()
        for thread in threads:
            thread.join()
        assert not errors

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
    @pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
    def test_after_fork(self) -> None:
        verifier = cached()
        token = forge(NESTED)
        verifier.verify(token)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                ok = verifier.verify(token) == NESTED
                verifier.cache_clear()
                ok = ok and verifier.verify(token) == NESTED
                ok = ok and verifier.verify(forge({"child": 1})) == {"child": 1}
                status = 0 if ok else 2
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert verifier.cache_info().entries == 1
        assert verifier.verify(token) == NESTED


def test_collisions_by_choice_are_not_to_be_had() -> None:
    """The bucket is picked by a keyed hash of the whole token: tokens alike but for a few bytes
    fill the cache as others do."""
    verifier = cached(256, keys=[Key.from_secret(LONG_SECRET)])
    for number in range(256):
        verifier.verify(forge({"n": f"{number:03}"}, secret=LONG_SECRET))
    assert verifier.cache_info().entries > 128
