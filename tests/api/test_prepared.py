"""Key, Signer and Verifier: the prepared objects."""

from __future__ import annotations

import contextlib
import copy
import datetime
import enum
import gc
import json
import math
import pickle
import warnings
import weakref
from typing import Any

import jwt
import pytest

import pyjwtfast
import pyjwtfast.types
from pyjwtfast import Key, Signer, Verifier, exceptions
from pyjwtfast.warnings import InsecureKeyLengthWarning

from ..support import LONG_SECRET, OTHER_SECRET, SECRET, b64url, forge, resign
from . import strategies


def make(secret: str | bytes = SECRET, kid: str | None = None) -> Key:
    return Key.from_secret(secret, kid=kid)


def verifier(*keys: Key, **kwargs: Any) -> Verifier:
    return Verifier(list(keys) or [make()], kwargs.pop("algorithms", ["HS256"]), **kwargs)


class TestKey:
    def test_kid(self) -> None:
        assert make().kid is None
        assert make(kid="k1").kid == "k1"
        assert make(kid="").kid == ""
        assert make(kid="é\U0001f600").kid == "é\U0001f600"

    @pytest.mark.parametrize("kid", [1, b"k", [], 1.5, True])
    def test_kid_is_text(self, kid: Any) -> None:
        with pytest.raises(TypeError):
            Key.from_secret(SECRET, kid=kid)

    def test_kid_is_keyword_only(self) -> None:
        with pytest.raises(TypeError):
            Key.from_secret(SECRET, "k")  # type: ignore[misc]

    def test_text_shows_no_secret(self) -> None:
        for key in (make(), make(SECRET.encode(), kid="k1")):
            for shown in (repr(key), str(key), format(key)):
                assert SECRET not in shown
                assert SECRET[:8] not in shown
                assert SECRET.encode().hex()[:16] not in shown
        assert "k1" in repr(make(kid="k1"))

    def test_cannot_be_changed_copied_out_or_made_otherwise(self) -> None:
        key = make(kid="k1")
        for name in ("kid", "secret", "anything"):
            with pytest.raises((AttributeError, TypeError)):
                setattr(key, name, "x")
        with pytest.raises((TypeError, pickle.PicklingError)):
            pickle.dumps(key)
        with pytest.raises(TypeError):
            Key(SECRET)  # type: ignore[call-arg]
        with pytest.raises(TypeError):
            type("Sub", (Key,), {})

    def test_type_is_immutable(self) -> None:
        for cls in (Key, Signer, Verifier):
            with pytest.raises(TypeError):
                cls.anything = 1  # type: ignore[attr-defined]

    def test_no_attribute_gives_the_secret(self) -> None:
        key = make()
        for name in dir(key):
            value = getattr(key, name)
            assert value not in {SECRET, SECRET.encode()} if isinstance(value, (str, bytes)) else 1

    def test_is_taken_by_encode_and_decode(self) -> None:
        key = make(kid="k1")
        token = pyjwtfast.encode({"a": 1}, key)
        assert token == jwt.encode({"a": 1}, SECRET)
        assert pyjwtfast.decode(token, key, algorithms=["HS256"]) == {"a": 1}
        with pytest.raises(exceptions.InvalidSignatureError):
            pyjwtfast.decode(token, make(OTHER_SECRET), algorithms=["HS256"])

    def test_a_key_object_serves_only_its_family(self) -> None:
        with pytest.raises((exceptions.PyJWTError, NotImplementedError)):
            pyjwtfast.encode({}, make(), algorithm="RS256")
        with pytest.raises(exceptions.InvalidKeyError):
            pyjwtfast.encode({}, make(), algorithm="none")

    def test_short_secret_is_warned_about_when_used(self) -> None:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            key = make("short")
            Signer(key).sign({})
        assert {warning.category for warning in caught} == {InsecureKeyLengthWarning}


class TestSigner:
    @pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
    def test_signs_as_encode_does(self, algorithm: str) -> None:
        signer = Signer(make(LONG_SECRET), algorithm)
        for claims in ({}, {"a": 1}, {"é": ["\U0001f600", None, 1.5, 10**30]}, {"exp": 5}):
            token = signer.sign(claims)
            assert token == jwt.encode(claims, LONG_SECRET, algorithm)
            assert type(token) is str

    def test_default_algorithm(self) -> None:
        assert Signer(make()).sign({}) == jwt.encode({}, SECRET, "HS256")
        assert Signer(key=make(), algorithm="HS256", headers=None).sign({}) == forge({}, _sorted())

    def test_headers(self) -> None:
        headers = {"z": 1, "kid": "k", "a": [1, {"b": None}]}
        signer = Signer(make(), headers=headers)
        expected = jwt.encode({"a": 1}, SECRET, headers=headers)
        assert signer.sign({"a": 1}) == expected
        headers["z"] = 2
        assert signer.sign({"a": 1}) == expected

    def test_typ_none_is_left_out(self) -> None:
        token = Signer(make(), headers={"typ": None}).sign({})
        assert pyjwtfast.get_unverified_header(token) == {"alg": "HS256"}

    def test_kid_of_the_key(self) -> None:
        """A key's kid goes into the header, or does not; never another kid than the key's."""
        header = pyjwtfast.get_unverified_header(Signer(make(kid="k1")).sign({}))
        assert header.get("kid", "k1") == "k1"
        own = Signer(make(kid="k1"), headers={"kid": "mine"}).sign({})
        assert pyjwtfast.get_unverified_header(own)["kid"] == "mine"

    def test_claims_are_not_changed(self) -> None:
        now = datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc)
        claims = {"exp": now, "a": [1, {"b": 2}]}
        before = copy.deepcopy(claims)
        token = Signer(make()).sign(claims)
        assert claims == before
        assert token == jwt.encode(claims, SECRET)

    @pytest.mark.parametrize("claims", [None, [], "x", b"{}", 1, [("a", 1)]])
    def test_claims_are_a_dict(self, claims: Any) -> None:
        with pytest.raises(TypeError, match="dict"):
            Signer(make()).sign(claims)

    def test_issuer_is_text(self) -> None:
        with pytest.raises(TypeError, match=r"Issuer \(iss\) must be a string\."):
            Signer(make()).sign({"iss": 1})

    def test_what_is_not_json(self) -> None:
        signer = Signer(make())
        for value in (object(), {1}, b"x", 1j, datetime.date(2030, 1, 1)):
            with pytest.raises(TypeError, match="is not JSON serializable"):
                signer.sign({"a": value})
        assert signer.sign({"a": 1}) == jwt.encode({"a": 1}, SECRET)

    @pytest.mark.parametrize("algorithm", ["none", "NONE", "RS256", "hs256", "", "XX"])
    def test_algorithms_that_do_not_fit(self, algorithm: str) -> None:
        with pytest.raises((exceptions.PyJWTError, NotImplementedError, ValueError)):
            Signer(make(), algorithm)

    @pytest.mark.parametrize("arguments", [(None,), (SECRET,), (b"x" * 32,), (1,), ()])
    def test_key_is_a_key(self, arguments: Any) -> None:
        with pytest.raises(TypeError):
            Signer(*arguments)

    @pytest.mark.parametrize(
        "headers",
        [
            {"kid": 1},
            {"alg": None},
            {"alg": "none"},
            {"alg": "HS512"},
            {"x": object()},
            5,
            "x",
            [1],
        ],
        ids=repr,
    )
    def test_headers_that_do_not_fit(self, headers: Any) -> None:
        """Told when the signer is made, or else the token is what `encode` gives."""
        try:
            token = Signer(make(LONG_SECRET), headers=headers).sign({})
        except (exceptions.PyJWTError, NotImplementedError, TypeError, ValueError):
            return
        assert headers == {"alg": "HS512"}
        assert token == jwt.encode({}, LONG_SECRET, headers=headers)

    def test_a_dict_that_changes_while_it_is_written(self) -> None:
        """A value's `__index__`, `__repr__` or iterator is never run on the fast path; a subclass
        goes through Python's json, which may be handed a dict that changes."""
        claims: dict[str, Any] = {"a": 1}

        class Grows(dict[str, Any]):
            def items(self) -> Any:
                claims["b"] = 2
                return super().items()

        claims["inner"] = Grows(x=1)
        for _ in range(3):
            with contextlib.suppress(RuntimeError):
                Signer(make()).sign(claims)


def _sorted() -> dict[str, str]:
    return {"alg": "HS256", "typ": "JWT"}


class AlgorithmName(str, enum.Enum):
    """How applications like to write their constants."""

    HS256 = "HS256"


@pytest.mark.parametrize("name", [AlgorithmName.HS256, strategies.Word("HS256")])
def test_algorithm_names_of_a_str_subclass(name: str) -> None:
    token = Signer(make(), name).sign({"a": 1})
    assert token == jwt.encode({"a": 1}, SECRET, name)
    assert Verifier([make()], [name]).verify(token) == {"a": 1}


class TestVerifierConstruction:
    def test_minimal(self) -> None:
        assert Verifier([make()], ["HS256"]).verify(forge({"a": 1})) == {"a": 1}
        assert Verifier((make(),), ("HS256",)).verify(forge({"a": 1})) == {"a": 1}
        assert Verifier(keys=[make()], algorithms=["HS256"]).verify(forge({})) == {}

    @pytest.mark.parametrize("keys", [[], (), None, 5, [None], [SECRET], [b"x" * 32], SECRET])
    def test_keys(self, keys: Any) -> None:
        with pytest.raises((TypeError, ValueError)):
            Verifier(keys, ["HS256"])

    @pytest.mark.parametrize("algorithms", [None, 5, [None], [1], [b"HS256"], [["HS256"]]])
    def test_algorithms_of_another_type(self, algorithms: Any) -> None:
        with pytest.raises((TypeError, ValueError)):
            Verifier([make()], algorithms)

    @pytest.mark.parametrize("algorithms", ["xxHS256xx", "HS256HS384", "hs256", ""])
    def test_algorithms_as_a_str(self, algorithms: Any) -> None:
        with pytest.raises((TypeError, ValueError, exceptions.PyJWTError)):
            Verifier([make()], algorithms)

    @pytest.mark.parametrize("algorithms", [[], (), ["none"], ["HS256", "none"], ["XX"], ["hs256"]])
    def test_algorithms_that_never_verify(self, algorithms: Any) -> None:
        """Refused at once, or verifying nothing; an unsecured token passes in no case."""
        try:
            made = Verifier([make()], algorithms)
        except (TypeError, ValueError, exceptions.PyJWTError, NotImplementedError):
            return
        for token in (forge({}, {"alg": "none"}), resign(b64url(b'{"alg":"none"}'), b"e30", b"")):
            with pytest.raises(exceptions.InvalidTokenError):
                made.verify(token.rpartition(".")[0] + ".")
            with pytest.raises(exceptions.InvalidTokenError):
                made.verify(token)

    def test_the_rest_is_keyword_only(self) -> None:
        with pytest.raises(TypeError):
            Verifier([make()], ["HS256"], "audience")  # type: ignore[misc]

    @pytest.mark.parametrize(
        "arguments",
        [
            {"unknown": 1},
            {"audience": 5},
            {"leeway": "1"},
            {"leeway": None},
            {"require": 5},
            {"require": [5]},
            {"expect": 5},
            {"expect": [("a", 1)]},
            {"expect": {1: 2}},
            {"options": 5},
            {"cache_size": "1"},
            {"cache_size": 1.5},
            {"cache_size": None},
            {"cache_size": -1},
            {"max_token_bytes": -1},
            {"max_token_bytes": 0},
            {"max_token_bytes": "1"},
            {"max_token_bytes": 1.5},
            {"max_token_bytes": None},
            {"cache_size": 2**80},
            {"max_token_bytes": 2**80},
        ],
        ids=repr,
    )
    def test_arguments_of_another_type(self, arguments: dict[str, Any]) -> None:
        with pytest.raises((TypeError, ValueError, OverflowError)):
            Verifier([make()], ["HS256"], **arguments)

    @pytest.mark.parametrize(
        "leeway",
        [math.nan, math.inf, -math.inf, -1, -0.5, True, False, 10**400,
         datetime.timedelta(seconds=-1)],
        ids=lambda leeway: repr(leeway)[:20],
    )  # fmt: skip
    def test_leeway_that_is_none(self, leeway: Any) -> None:
        with pytest.raises(ValueError, match=r"(?i)leeway"):
            Verifier([make()], ["HS256"], leeway=leeway)

    @pytest.mark.parametrize("leeway", [0, 0.0, 1, 1.5, datetime.timedelta(0), 10**9])
    def test_leeway(self, leeway: Any) -> None:
        assert verifier(leeway=leeway).verify(forge({})) == {}

    def test_signature_checks_cannot_be_switched_off(self) -> None:
        for value in (False, 0, None):
            with pytest.raises((ValueError, TypeError)):
                verifier(options={"verify_signature": value})
        assert verifier(options={"verify_signature": True}).verify(forge({})) == {}

    def test_options_are_pyjwts(self) -> None:
        expired = forge({"exp": 1, "aud": "a"})
        made = verifier(options={"verify_exp": False, "verify_aud": False})
        assert made.verify(expired) == {"exp": 1, "aud": "a"}
        with pytest.raises(exceptions.ExpiredSignatureError):
            verifier(options={"verify_aud": False}).verify(expired)

    def test_later_changes_of_the_arguments_do_nothing(self) -> None:
        keys, algorithms, audience = [make()], ["HS256"], ["a"]
        require, options, expect = ["x"], {"verify_exp": True}, {"t": "access"}
        made = Verifier(
            keys, algorithms, audience=audience, require=require, options=options, expect=expect
        )
        keys.clear()
        algorithms[:] = ["HS512"]
        audience.append("b")
        require.append("y")
        options["verify_exp"] = False
        expect["t"] = "refresh"
        good = {"aud": "a", "x": 1, "t": "access"}
        assert made.verify(forge(good)) == good
        with pytest.raises(exceptions.InvalidAudienceError):
            made.verify(forge({**good, "aud": "b"}))
        with pytest.raises(exceptions.ExpiredSignatureError):
            made.verify(forge({**good, "exp": 1}))

    def test_expected_values_are_a_snapshot_too(self) -> None:
        expected = {"l": [1, {"a": 2}]}
        made = verifier(expect=expected)
        expected["l"].append(3)
        expected["l"][1]["a"] = 4  # type: ignore[index]
        assert made.verify(forge({"l": [1, {"a": 2}]}))

    def test_short_keys(self) -> None:
        token = forge({}, secret="short")
        with pytest.warns(InsecureKeyLengthWarning, match="^The HMAC key is 5 bytes long"):
            assert verifier(make("short")).verify(token) == {}
        with pytest.raises(exceptions.InvalidKeyError):
            verifier(make("short"), options={"enforce_minimum_key_length": True}).verify(token)

    def test_text_shows_no_secret(self) -> None:
        assert SECRET not in repr(verifier())
        assert SECRET not in repr(Signer(make()))


class Text(str):
    """A str with attributes: it can be part of a reference cycle."""

    owner: Any = None


@pytest.mark.parametrize(
    "make_owner",
    [
        lambda text: make(kid=text),
        lambda text: make(text * 20),
        lambda text: Signer(make(), text and strategies.Word("HS256"), {"kid": text}),
        lambda text: verifier(audience=text),
        lambda text: verifier(audience=[text]),
        lambda text: verifier(issuer=text),
        lambda text: verifier(issuer=(text,)),
        lambda text: verifier(subject=text),
        lambda text: verifier(require=[text]),
        lambda text: verifier(options={"require": [text]}),
    ],
    ids=["kid", "secret", "headers", "audience", "audiences", "issuer", "issuers", "subject",
         "require", "options"],
)  # fmt: skip
def test_texts_are_not_kept_in_a_cycle(make_owner: Any) -> None:
    """Exact copies are held: our types, which the collector does not search, close no cycle."""
    text = Text("text")
    text.owner = make_owner(text)
    alive = weakref.ref(text)
    del text
    gc.collect()
    assert alive() is None


def test_exact_texts_are_what_they_were() -> None:
    assert type(make(kid=Text("k")).kid) is str
    made = verifier(make(kid=Text("k")), audience=[Text("a")], issuer=Text("i"), subject=Text("s"))
    claims = {"aud": "a", "iss": "i", "sub": "s"}
    assert made.verify(forge(claims, {"alg": "HS256", "kid": "k"})) == claims


class TestVerify:
    def test_result(self) -> None:
        token = forge({"a": [1, {"b": None}], "sub": "x"})
        for form in (token, token.encode()):
            claims = verifier().verify(form)
            assert claims == {"a": [1, {"b": None}], "sub": "x"}
            assert type(claims) is dict

    def test_complete(self) -> None:
        token = forge({"a": 1}, {"alg": "HS256", "x": [1]})
        complete = verifier().verify_complete(token)
        assert complete == jwt.decode_complete(token, SECRET, algorithms=["HS256"])
        assert set(complete) == {"header", "payload", "signature"}
        assert type(complete["signature"]) is bytes

    def test_complete_checks_the_same(self) -> None:
        made = verifier(require=["x"])
        for token in (forge({"exp": 1, "x": 1}), forge({}), forge({"x": 1}, secret=OTHER_SECRET)):
            with pytest.raises(exceptions.InvalidTokenError) as caught:
                made.verify(token)
            with pytest.raises(type(caught.value)):
                made.verify_complete(token)

    @pytest.mark.parametrize("token", [None, 5, bytearray(b"a.b.c"), [], memoryview(b"x")])
    def test_token_of_another_type(self, token: Any) -> None:
        with pytest.raises((exceptions.DecodeError, TypeError)):
            verifier().verify(token)

    def test_call_signature(self) -> None:
        made = verifier()
        for call in (
            lambda: made.verify(),
            lambda: made.verify(forge({}), 1),
            lambda: made.verify(forge({}), key=1),
        ):
            with pytest.raises(TypeError):
                call()

    def test_header_is_read_anew_when_it_changes(self) -> None:
        """The parse of the last good header may be reused only for the same header bytes."""
        made = verifier(make(LONG_SECRET), algorithms=["HS256", "HS512"])
        good = forge({"a": 1}, secret=LONG_SECRET)
        for other in (
            forge({}, {"alg": "HS256", "crit": ["zzz"], "zzz": 1}, LONG_SECRET),
            forge({}, {"alg": "HS256", "kid": 5}, LONG_SECRET),
            forge({}, {"alg": "none"}, LONG_SECRET),
            forge({}, {"alg": "HS384"}, LONG_SECRET, "HS384"),
            forge({}, {"alg": "HS512"}, LONG_SECRET, "HS256"),
            forge({}, b'{"alg":"HS256","alg":"HS256"}', LONG_SECRET),
        ):
            assert made.verify(good) == {"a": 1}
            with pytest.raises(exceptions.InvalidTokenError):
                made.verify(other)
        for _ in range(3):
            for algorithm in ("HS256", "HS512"):
                token = forge({"b": 2}, secret=LONG_SECRET, algorithm=algorithm)
                assert made.verify(token) == {"b": 2}
                assert made.verify_complete(token)["header"]["alg"] == algorithm

    def test_header_dicts_are_not_shared(self) -> None:
        made = verifier(cache_size=4)
        token = forge({}, {"alg": "HS256", "x": {"y": [1]}})
        first = made.verify_complete(token)
        first["header"]["x"]["y"].append(2)
        first["header"]["alg"] = "none"
        assert made.verify_complete(token)["header"] == {"alg": "HS256", "x": {"y": [1]}}

    def test_token_size(self) -> None:
        token = forge({"a": "x" * 100})
        assert verifier(max_token_bytes=len(token)).verify(token)
        assert verifier(max_token_bytes=len(token)).verify(token.encode())
        for form in (token, token.encode()):
            with pytest.raises(exceptions.DecodeError):
                verifier(max_token_bytes=len(token) - 1).verify(form)
        big = forge({"a": "x" * 400_000})
        with pytest.raises(exceptions.DecodeError):
            verifier().verify(big)
        assert len(verifier(max_token_bytes=10**6).verify(big)["a"]) == 400_000

    def test_errors_show_no_token_and_no_key(self) -> None:
        for token in (forge({"exp": 1}), forge({}, secret=OTHER_SECRET), forge(b'{"secretclaim"')):
            with pytest.raises(exceptions.InvalidTokenError) as caught:
                verifier().verify(token)
            text = f"{caught.value} {caught.value!r} {caught.value.args}"
            assert SECRET not in text
            assert "secretclaim" not in text
            assert token.rpartition(".")[2] not in text


class TestSeveralKeys:
    def setup_method(self) -> None:
        self.a = make("secret a of at least thirty-two bytes", kid="a")
        self.b = make("secret b of at least thirty-two bytes", kid="b")
        self.made = Verifier([self.a, self.b], ["HS256"])

    def token(self, letter: str, kid: Any = None) -> str:
        header = {"alg": "HS256"} if kid is None else {"alg": "HS256", "kid": kid}
        secret = f"secret {letter} of at least thirty-two bytes"
        return forge({"by": letter}, header, secret)

    def test_kid_picks_the_key(self) -> None:
        assert self.made.verify(self.token("a", "a")) == {"by": "a"}
        assert self.made.verify(self.token("b", "b")) == {"by": "b"}

    def test_another_keys_signature_under_this_kid(self) -> None:
        for letter, kid in (("a", "b"), ("b", "a")):
            with pytest.raises(exceptions.InvalidTokenError):
                self.made.verify(self.token(letter, kid))

    @pytest.mark.parametrize("kid", ["c", "", "A", "a\0", "../a"])
    def test_unknown_kid(self, kid: str) -> None:
        for letter in "ab":
            with pytest.raises(exceptions.PyJWTError):
                self.made.verify(self.token(letter, kid))

    def test_without_kid_every_key_is_tried(self) -> None:
        assert self.made.verify(self.token("a")) == {"by": "a"}
        assert self.made.verify(self.token("b")) == {"by": "b"}
        with pytest.raises(exceptions.InvalidSignatureError):
            self.made.verify(self.token("c"))

    def test_key_without_kid_serves_any(self) -> None:
        """PyJWT's decode does not look at kid: a single bare key must verify such tokens."""
        bare = Verifier([make("secret a of at least thirty-two bytes")], ["HS256"])
        assert bare.verify(self.token("a", "whatever")) == {"by": "a"}
        assert bare.verify(self.token("a")) == {"by": "a"}

    def test_two_keys_of_one_kid(self) -> None:
        """Rotation under one name: both are tried."""
        old = make("secret a of at least thirty-two bytes", kid="k")
        new = make("secret b of at least thirty-two bytes", kid="k")
        made = Verifier([old, new], ["HS256"])
        assert made.verify(self.token("a", "k")) == {"by": "a"}
        assert made.verify(self.token("b", "k")) == {"by": "b"}

    def test_kid_of_another_type(self) -> None:
        for kid in (1, None, ["a"], True):
            token = forge({}, {"alg": "HS256", "kid": kid}, "secret a of at least thirty-two bytes")
            with pytest.raises(exceptions.InvalidTokenError, match="Key ID header parameter"):
                self.made.verify(token)

    def test_sixteen_keys_at_most(self) -> None:
        """Sixteen are tried; a seventeenth is refused when the verifier is made, or not tried."""
        letters = "abcdefghijklmnopq"
        keys = [make(f"secret {letter} of at least thirty-two bytes") for letter in letters]
        sixteen = Verifier(keys[:16], ["HS256"])
        assert sixteen.verify(self.token("a")) == {"by": "a"}
        assert sixteen.verify(self.token("p")) == {"by": "p"}
        try:
            seventeen = Verifier(keys, ["HS256"])
        except ValueError:
            return
        with pytest.raises(exceptions.InvalidTokenError):
            seventeen.verify(self.token("q"))

    @pytest.mark.filterwarnings("ignore:The HMAC key is")
    def test_algorithms_with_several_keys(self) -> None:
        made = Verifier([make(LONG_SECRET), make(SECRET)], ["HS512", "HS256"])
        assert made.verify(forge({"a": 1}, secret=LONG_SECRET, algorithm="HS512")) == {"a": 1}
        assert made.verify(forge({"a": 1}, secret=SECRET)) == {"a": 1}
        with pytest.raises(exceptions.InvalidAlgorithmError):
            made.verify(forge({}, secret=SECRET, algorithm="HS384"))

    def test_claims_do_not_make_it_try_on(self) -> None:
        """Once a key fits, its token's claims decide."""
        token = forge({"exp": 1}, {"alg": "HS256"}, "secret b of at least thirty-two bytes")
        with pytest.raises(exceptions.ExpiredSignatureError):
            self.made.verify(token)


class TestRequireAndExpect:
    @pytest.mark.parametrize("claims", [{}, {"x": None}])
    def test_required_claim(self, claims: dict[str, Any]) -> None:
        with pytest.raises(exceptions.MissingRequiredClaimError) as caught:
            verifier(require=["x"]).verify(forge(claims))
        assert caught.value.claim == "x"
        assert str(caught.value) == 'Token is missing the "x" claim'

    @pytest.mark.parametrize("value", [0, False, "", [], {}, 0.0, "x"])
    def test_falsy_values_are_present(self, value: Any) -> None:
        assert verifier(require=["x"]).verify(forge({"x": value})) == {"x": value}

    def test_first_missing_one_is_named(self) -> None:
        for require in (["a", "b"], ("b", "a")):
            with pytest.raises(exceptions.MissingRequiredClaimError) as caught:
                verifier(require=require).verify(forge({}))
            assert caught.value.claim == require[0]

    def test_require_among_the_options(self) -> None:
        """PyJWT's place for it: refused, or both together mean both; never left out silently."""
        try:
            made = verifier(require=["a"], options={"require": ["b"]})
        except (TypeError, ValueError):
            return
        with pytest.raises(exceptions.MissingRequiredClaimError):
            made.verify(forge({"a": 1}))
        with pytest.raises(exceptions.MissingRequiredClaimError):
            made.verify(forge({"b": 1}))

    @pytest.mark.parametrize(
        ("expected", "good", "bad"),
        [
            (
                "access",
                b'"access"',
                [b'"refresh"', b'"Access"', b'""', b"1", b"null", b'["access"]'],
            ),
            (1, b"1", [b"true", b"1.0", b'"1"', b"2", b"1e0", b"-1"]),
            (True, b"true", [b"1", b"1.0", b'"true"', b"false"]),
            (False, b"false", [b"0", b"null", b'""', b"true"]),
            (1.0, b"1.0", [b"1", b"true", b"1.5", b'"1.0"']),
            (10**30, b"1" + b"0" * 30, [b"1e30", b"1" + b"0" * 29 + b"1", b"1"]),
            ("é", '"é"'.encode(), [b'"e"', b'"\\u00e8"']),
            ([1, "a"], b'[1,"a"]', [b'[1.0,"a"]', b'[true,"a"]', b"[1]", b'[1,"a",2]', b'["a",1]']),
            ({"a": {"b": 1}}, b'{"a":{"b":1}}', [b'{"a":{"b":1.0}}', b'{"a":{"b":true}}', b"{}"]),
            ([], b"[]", [b"{}", b'""', b"[[]]", b"0"]),
        ],
    )
    def test_expected_value_and_type(self, expected: Any, good: bytes, bad: list[bytes]) -> None:
        made = verifier(expect={"t": expected})
        assert "t" in made.verify(forge(b'{"t":' + good + b"}"))
        with pytest.raises(exceptions.MissingRequiredClaimError):
            made.verify(forge({}))
        for value in bad:
            if value == b"null":
                continue
            with pytest.raises(exceptions.InvalidTokenError) as caught:
                made.verify(forge(b'{"t":' + value + b"}"))
            assert type(caught.value) is exceptions.InvalidTokenError

    def test_null_where_a_value_is_expected(self) -> None:
        with pytest.raises(exceptions.InvalidTokenError):
            verifier(expect={"t": "x"}).verify(forge({"t": None}))

    def test_several_expected_claims(self) -> None:
        made = verifier(expect={"t": "access", "v": 2})
        assert made.verify(forge({"t": "access", "v": 2}))
        for claims in ({"t": "access"}, {"v": 2}, {"t": "access", "v": 3}, {"t": "x", "v": 2}):
            with pytest.raises(exceptions.InvalidTokenError):
                made.verify(forge(claims))

    def test_signature_and_expiry_come_first(self) -> None:
        made = verifier(expect={"t": "access"})
        with pytest.raises(exceptions.InvalidSignatureError):
            made.verify(forge({"t": "x"}, secret=OTHER_SECRET))
        with pytest.raises(exceptions.ExpiredSignatureError):
            made.verify(forge({"t": "x", "exp": 1}))


class TestExceptionsAndNames:
    def test_the_tree_is_pyjwts(self) -> None:
        def bases(module: Any) -> dict[str, list[str]]:
            return {
                name: [base.__name__ for base in member.__mro__]
                for name, member in vars(module).items()
                if isinstance(member, type) and issubclass(member, Exception)
            }

        theirs = bases(jwt.exceptions)
        ours = bases(exceptions)
        assert {name: ours.get(name) for name in theirs} == theirs

    def test_warnings(self) -> None:
        assert issubclass(pyjwtfast.warnings.RemovedInPyjwt3Warning, DeprecationWarning)
        assert issubclass(InsecureKeyLengthWarning, UserWarning)

    def test_exceptions_are_at_the_top_level(self) -> None:
        for name in jwt.__all__:
            theirs = getattr(jwt, name)
            if isinstance(theirs, type) and issubclass(theirs, Exception):
                assert getattr(pyjwtfast, name).__name__ == name

    def test_missing_claim_is_pickled_whole(self) -> None:
        error = exceptions.MissingRequiredClaimError("x")
        assert (error.claim, str(error)) == ("x", 'Token is missing the "x" claim')
        assert pickle.loads(pickle.dumps(exceptions.DecodeError("text"))).args == ("text",)

    def test_options_types(self) -> None:
        for name in ("Options", "SigOptions", "FullOptions"):
            theirs = getattr(jwt.types, name).__annotations__
            assert set(getattr(pyjwtfast.types, name).__annotations__) == set(theirs)

    def test_errors_are_chained_as_json_errors(self) -> None:
        with pytest.raises(exceptions.DecodeError):
            pyjwtfast.decode(forge(b"{"), SECRET, algorithms=["HS256"])

    def test_json_error_tells_the_byte(self) -> None:
        """A constant text and the offset of the byte at fault, none of the token's bytes."""
        text = json.dumps({"a": "x" * 50}).encode() + b"!"
        with pytest.raises(exceptions.DecodeError) as caught:
            pyjwtfast.decode(forge(text), SECRET, algorithms=["HS256"])
        message = str(caught.value)
        assert message.startswith("Invalid payload string: ")
        assert str(len(text) - 1) in message
        assert "xxx" not in message
