"""PyJWT and PyJWS objects, their registries, algorithms of one's own, the hooks of subclasses."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import warnings
import zlib
from collections.abc import Iterator
from typing import Any
from unittest import mock

import jwt
import pytest

import pyjwtfast
from pyjwtfast import Key, PyJWS, PyJWT, algorithms, api_jws, exceptions
from pyjwtfast.algorithms import Algorithm, HMACAlgorithm, RSAAlgorithm

from ..support import LONG_SECRET, SECRET, b64url, b64url_decode, forge
from . import keys
from .oracle import assert_same, observe

BOTH = [jwt, pyjwtfast]
both_modules = pytest.mark.parametrize("module", BOTH, ids=lambda module: module.__name__)


def reversing(base: type[Any]) -> Any:
    """An algorithm of one's own: the message backwards, and the key at its end."""

    class Reversing(base):  # type: ignore[misc]
        def prepare_key(self, key: Any) -> bytes:
            return b"prepared " + (key if isinstance(key, bytes) else str(key).encode())

        def sign(self, msg: bytes, key: bytes) -> bytes:
            assert key.startswith(b"prepared ")
            return msg[::-1][:20] + key

        def verify(self, msg: bytes, key: bytes, sig: bytes) -> bool:
            return sig == self.sign(msg, key)

        @staticmethod
        def to_jwk(key_obj: Any, as_dict: bool = False) -> Any:
            raise NotImplementedError

        @staticmethod
        def from_jwk(jwk: Any) -> Any:
            raise NotImplementedError

        def check_key_length(self, key: bytes) -> str | None:
            return "too short" if b"short" in key else None

    return Reversing()


@contextlib.contextmanager
def registered(module: Any, name: str, algorithm: Any = None) -> Iterator[Any]:
    """The name registered with the module's functions, for a while."""
    algorithm = reversing(module.algorithms.Algorithm) if algorithm is None else algorithm
    module.register_algorithm(name, algorithm)
    try:
        yield algorithm
    finally:
        module.unregister_algorithm(name)


@contextlib.contextmanager
def replaced(module: Any, name: str, algorithm: Any) -> Iterator[None]:
    """A built-in algorithm replaced, for a while."""
    before = module.get_algorithm_by_name(name)
    module.unregister_algorithm(name)
    module.register_algorithm(name, algorithm)
    try:
        yield
    finally:
        module.unregister_algorithm(name)
        module.register_algorithm(name, before)


@pytest.fixture(autouse=True)
def registry_is_left_as_it_was() -> Iterator[None]:
    yield
    assert api_jws._jws_global_obj._registry is None
    assert api_jws._jws_global_obj._algorithms == algorithms.get_default_algorithms()


# --- registries ---


@both_modules
def test_an_algorithm_of_ones_own(module: Any) -> None:
    with registered(module, "REV") as algorithm:
        assert module.get_algorithm_by_name("REV") is algorithm
        token = module.encode({"a": 1}, "key", "REV", headers={"kid": "k"})
        assert module.get_unverified_header(token)["alg"] == "REV"
        assert module.decode(token, "key", algorithms=["REV"]) == {"a": 1}
        assert module.decode_complete(token, b"key", ["HS256", "REV"])["payload"] == {"a": 1}
        with pytest.raises(module.InvalidSignatureError):
            module.decode(token, "another", algorithms=["REV"])
        with pytest.raises(module.InvalidAlgorithmError, match="is not allowed"):
            module.decode(token, "key", algorithms=["HS256"])
        # The built-in ones go on.
        token_of_ours = module.encode({}, SECRET)
        assert module.decode(token_of_ours, SECRET, algorithms=["HS256"]) == {}
    with pytest.raises(NotImplementedError, match="Algorithm not supported"):
        module.encode({"a": 1}, "key", "REV")
    with pytest.raises(module.InvalidAlgorithmError, match="Algorithm not supported"):
        module.decode(token, "key", algorithms=["REV"])


def test_its_tokens_are_the_same() -> None:
    with registered(jwt, "REV"), registered(pyjwtfast, "REV"):
        for kwargs in ({}, {"headers": {"b64": False}}, {"sort_headers": False}):
            assert_same("encode", {"a": "é"}, "key", "REV", **kwargs)
        token = jwt.encode({"a": "é"}, "key", "REV")
        assert_same("decode_complete", token, "key", algorithms=["REV"])
        assert_same("decode", token + "AAAA", "key", algorithms=["REV"])
        detached = jwt.encode({"a": 1}, "key", "REV", headers={"b64": False})
        assert_same("decode", detached, "key", algorithms=["REV"], detached_payload=b'{"a":1}')
        assert_same("decode", detached, "key", algorithms=["REV"], detached_payload=b"{}")


@both_modules
@pytest.mark.parametrize("enforce", [True, False])
def test_its_word_on_the_length_of_keys(module: Any, enforce: bool) -> None:
    with registered(module, "REV"):
        with pytest.warns(module.warnings.InsecureKeyLengthWarning, match=r"^too short$"):
            token = module.encode({}, "short", "REV")
        options = {"enforce_minimum_key_length": enforce}
        if enforce:
            with pytest.raises(module.InvalidKeyError, match=r"^too short$"):
                module.decode(token, "short", algorithms=["REV"], options=options)
        else:
            with pytest.warns(module.warnings.InsecureKeyLengthWarning, match=r"^too short$"):
                module.decode(token, "short", algorithms=["REV"], options=options)


def test_the_warning_names_the_callers_line() -> None:
    with registered(pyjwtfast, "REV"), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        token = pyjwtfast.encode({}, "short", "REV")
        pyjwtfast.decode(token, "short", algorithms=["REV"])
        pyjwtfast.encode({}, "x")
    assert [warning.filename for warning in caught] == [__file__] * 3


@both_modules
def test_what_a_registry_refuses(module: Any) -> None:
    jws = module.PyJWS()
    with pytest.raises(ValueError, match=r"^Algorithm already has a handler\.$"):
        jws.register_algorithm("HS256", jws.get_algorithm_by_name("HS384"))
    with pytest.raises(TypeError, match=r"^Object is not of type `Algorithm`$"):
        jws.register_algorithm("NEW", object())
    with pytest.raises(KeyError, match="could not be removed"):
        jws.unregister_algorithm("NEW")
    with pytest.raises(NotImplementedError, match=r"^Algorithm not supported$"):
        jws.get_algorithm_by_name("NEW")


@both_modules
def test_registries_are_each_objects_own(module: Any) -> None:
    jws, other = module.PyJWS(), module.PyJWS()
    jws.register_algorithm("REV", reversing(module.algorithms.Algorithm))
    assert "REV" in jws.get_algorithms()
    assert "REV" not in other.get_algorithms()
    token = jws.encode(b"bytes", "key", "REV")
    assert jws.decode(token, "key", algorithms=["REV"]) == b"bytes"
    for refused in (other.decode, module.api_jws.decode):
        with pytest.raises(module.InvalidAlgorithmError, match="Algorithm not supported"):
            refused(token, "key", algorithms=["REV"])
    jws.unregister_algorithm("HS256")
    with pytest.raises(NotImplementedError):
        jws.encode(b"", SECRET, "HS256")
    assert other.encode(b"", SECRET, "HS256")


@both_modules
def test_a_choice_of_algorithms(module: Any) -> None:
    jws = module.PyJWS(algorithms=["HS384", "RS256", "UNKNOWN"])
    assert set(jws.get_algorithms()) == {"HS384", "RS256", "UNKNOWN"}
    token = jws.encode(b"{}", LONG_SECRET, "HS384")
    assert jws.decode(token, LONG_SECRET, algorithms=["HS384", "HS256"]) == b"{}"
    with pytest.raises(NotImplementedError, match="Algorithm not supported"):
        jws.encode(b"{}", LONG_SECRET)
    with pytest.raises(module.InvalidAlgorithmError, match="Algorithm not supported"):
        jws.decode(forge({}), SECRET, algorithms=["HS256"])
    assert module.PyJWS(algorithms=[]).get_algorithms() == []


@both_modules
def test_module_level_changes_are_seen_by_the_functions_alone(module: Any) -> None:
    """A PyJWT object has a registry of its own; so it had before the change."""
    before = module.PyJWT()
    with registered(module, "REV"):
        token = module.encode({}, "key", "REV")
        for own in (before, module.PyJWT()):
            with pytest.raises(module.InvalidAlgorithmError):
                own.decode(token, "key", algorithms=["REV"])
            with pytest.raises(NotImplementedError):
                own.encode({}, "key", "REV")
            assert own.decode(own.encode({}, SECRET), SECRET, algorithms=["HS256"]) == {}


def test_a_name_can_be_taken_away() -> None:
    signed = forge({"a": 1})
    for module in BOTH:
        algorithm = module.get_algorithm_by_name("HS256")
        module.unregister_algorithm("HS256")
        try:
            with pytest.raises(NotImplementedError):
                module.encode({}, SECRET)
            with pytest.raises(module.InvalidAlgorithmError, match="Algorithm not supported"):
                module.decode(signed, SECRET, algorithms=["HS256"])
        finally:
            module.register_algorithm("HS256", algorithm)
        assert module.decode(signed, SECRET, algorithms=["HS256"]) == {"a": 1}


# --- subclasses of the built-in algorithms ---


@both_modules
def test_a_subclass_in_place_of_a_built_in(module: Any) -> None:
    seen = []

    class Counting(module.algorithms.HMACAlgorithm):  # type: ignore[misc, name-defined]
        def verify(self, msg: bytes, key: Any, sig: bytes) -> bool:
            seen.append((msg, key))
            return super().verify(msg, key, sig)

    with replaced(module, "HS256", Counting(module.algorithms.HMACAlgorithm.SHA256)):
        token = module.encode({"a": 1}, SECRET)
        assert module.decode(token, SECRET, algorithms=["HS256"]) == {"a": 1}
    assert token == forge({"a": 1})
    assert seen == [(token.rpartition(".")[0].encode(), SECRET.encode())]


@both_modules
def test_a_subclass_that_changes_the_key(module: Any) -> None:
    """sign() and verify() are given what prepare_key() returned."""
    rsa = module.algorithms.RSAAlgorithm

    class Vault(rsa):  # type: ignore[misc, name-defined]
        def prepare_key(self, key: Any) -> Any:
            assert key == "the name of a key"
            return super().prepare_key(keys.private_pem("rsa"))

        def verify(self, msg: bytes, key: Any, sig: bytes) -> bool:
            public = rsa(rsa.SHA256).prepare_key(keys.public_pem("rsa"))
            return super().verify(msg, public, sig)

    with replaced(module, "RS256", Vault(rsa.SHA256)):
        token = module.encode({"a": 1}, "the name of a key", "RS256")
        assert module.decode(token, "the name of a key", algorithms=["RS256"]) == {"a": 1}
    for reader in BOTH:
        assert reader.decode(token, keys.public_pem("rsa"), algorithms=["RS256"]) == {"a": 1}


def test_a_subclass_that_keeps_cryptographys_keys() -> None:
    class Objects(RSAAlgorithm):
        def prepare_key(self, key: Any) -> Any:
            return keys.load(key)

    with replaced(pyjwtfast, "RS256", Objects(RSAAlgorithm.SHA256)):
        token = pyjwtfast.encode({"a": 1}, keys.private_pem("rsa"), "RS256")
        key = keys.public_pem("rsa")
        assert pyjwtfast.decode(token, key, algorithms=["RS256"]) == {"a": 1}


@both_modules
@pytest.mark.parametrize("digest", [hashlib.sha1, hashlib.sha3_256, hashlib.blake2b])
def test_hmac_with_another_digest(module: Any, digest: Any) -> None:
    with registered(module, "HSX", module.algorithms.HMACAlgorithm(digest)) as algorithm:
        token = module.encode({"a": 1}, LONG_SECRET, "HSX")
        assert module.decode(token, LONG_SECRET, algorithms=["HSX"]) == {"a": 1}
        head, _, signature = token.rpartition(".")
        expected = hmac.new(LONG_SECRET.encode(), head.encode(), digest).digest()
        assert b64url_decode(signature.encode()) == expected
        assert algorithm.compute_hash_digest(b"foo") == digest(b"foo").digest()
        assert algorithm.check_key_length(b"x").startswith("The HMAC key is 1 bytes long")


def test_digests_as_users_give_them() -> None:
    from cryptography.hazmat.primitives import hashes

    message, key = b"message", keys.private_pem("rsa")
    for digest in (RSAAlgorithm.SHA384, hashes.SHA384, hashlib.sha384):
        algorithm = RSAAlgorithm(digest)
        assert algorithm.hash_alg is digest
        signature = algorithm.sign(message, algorithm.prepare_key(key))
        theirs = jwt.algorithms.RSAAlgorithm(hashes.SHA384)
        assert theirs.verify(message, keys.public_object("rsa"), signature)
        assert algorithm.compute_hash_digest(b"foo") == hashlib.sha384(b"foo").digest()
        secret = HMACAlgorithm(digest).sign(message, LONG_SECRET.encode())
        assert secret == hmac.new(LONG_SECRET.encode(), message, "sha384").digest()
    with pytest.raises(exceptions.InvalidKeyError, match="JWS has no algorithm of RSAAlgorithm"):
        RSAAlgorithm(hashlib.sha1).sign(message, Key.from_pem(key))


@both_modules
def test_an_algorithm_that_fails(module: Any) -> None:
    """Its exceptions are the caller's business."""

    class Failing(module.algorithms.HMACAlgorithm):  # type: ignore[misc, name-defined]
        def sign(self, msg: bytes, key: Any) -> bytes:
            raise ZeroDivisionError("in sign")

        def verify(self, msg: bytes, key: Any, sig: bytes) -> bool:
            raise ZeroDivisionError("in verify")

    with replaced(module, "HS256", Failing(module.algorithms.HMACAlgorithm.SHA256)):
        with pytest.raises(ZeroDivisionError, match="in sign"):
            module.encode({}, SECRET)
        with pytest.raises(ZeroDivisionError, match="in verify"):
            module.decode(forge({}), SECRET, algorithms=["HS256"])


# --- PyJWS ---


@both_modules
def test_the_typ_of_a_subclass(module: Any) -> None:
    class Typed(module.PyJWS):  # type: ignore[misc, name-defined]
        header_typ = "dpop+jwt"

    class Untyped(module.PyJWS):  # type: ignore[misc, name-defined]
        header_typ = None

    token = Typed().encode(b"{}", SECRET)
    assert module.get_unverified_header(token) == {"alg": "HS256", "typ": "dpop+jwt"}
    assert module.get_unverified_header(Untyped().encode(b"{}", SECRET)) == {"alg": "HS256"}
    token = Typed().encode(b"{}", SECRET, headers={"typ": "other"})
    assert module.get_unverified_header(token)["typ"] == "other"


@pytest.mark.parametrize("payload", [b"", b"\x00\xff", b"text", b'{"a":1}', b"." * 100])
@pytest.mark.parametrize("detached", [True, False])
def test_any_bytes_can_be_signed(payload: bytes, detached: bool) -> None:
    for key, public, algorithm in (
        (SECRET, SECRET, "HS256"),
        (keys.private_pem("ed25519"), keys.public_pem("ed25519"), "EdDSA"),
    ):
        assert_same("api_jws.encode", payload, key, algorithm, is_payload_detached=detached)
        token = PyJWS().encode(payload, key, algorithm, is_payload_detached=detached)
        for given in (payload, None, b"x"):
            for function in ("api_jws.decode", "api_jws.decode_complete"):
                assert_same(function, token, public, algorithms=[algorithm], detached_payload=given)


@both_modules
def test_options_of_a_jws(module: Any) -> None:
    jws = module.PyJWS(options={"verify_signature": False})
    assert jws.decode(forge({}), "") == b"{}"
    with pytest.raises(module.DecodeError, match='value for the "algorithms"'):
        jws.decode(forge({}), SECRET, options={"verify_signature": True})
    strict = module.PyJWS(options={"enforce_minimum_key_length": True})
    with pytest.raises(module.InvalidKeyError, match="below the minimum"):
        strict.encode(b"", "short")
    with pytest.raises(module.InvalidKeyError, match="below the minimum"):
        strict.decode(forge({}, secret="short"), "short", algorithms=["HS256"])


@both_modules
def test_the_pieces_of_a_jws(module: Any) -> None:
    """A subclass may put its own in place of one; the others do what they did."""
    calls = []

    class Watching(module.PyJWS):  # type: ignore[misc, name-defined]
        def _load(self, jwt: Any) -> Any:
            calls.append("load")
            return super()._load(jwt)

        def _validate_headers(self, headers: Any, *, encoding: bool = False) -> None:
            if not encoding:
                calls.append("headers")
                super()._validate_headers(headers)
                if headers.get("typ") != "JWT":
                    raise module.InvalidTokenError("wrong typ")

        def _verify_signature(self, *args: Any, **kwargs: Any) -> None:
            calls.append("signature")
            super()._verify_signature(*args, **kwargs)

    jws = Watching()
    assert jws.decode(forge({"a": 1}), SECRET, algorithms=["HS256"]) == b'{"a":1}'
    assert calls == ["load", "headers", "signature"]
    with pytest.raises(module.InvalidTokenError, match="wrong typ"):
        jws.decode(forge({}, {"alg": "HS256"}), SECRET, algorithms=["HS256"])
    with pytest.raises(module.InvalidSignatureError):
        jws.decode(forge({}), LONG_SECRET, algorithms=["HS256"])
    with pytest.raises(module.InvalidAlgorithmError):
        jws.decode(forge({}), SECRET, algorithms=["HS384"])
    with pytest.raises(module.DecodeError, match="algorithms"):
        jws.decode(forge({}), SECRET)
    detached = jws.encode(b"payload", SECRET, is_payload_detached=True)
    given = {"algorithms": ["HS256"], "detached_payload": b"payload"}
    assert jws.decode(detached, SECRET, **given) == b"payload"
    with pytest.raises(module.InvalidSignatureError):
        jws.decode(detached, SECRET, **{**given, "detached_payload": b"other"})
    with pytest.raises(module.DecodeError, match="detached_payload"):
        jws.decode(detached, SECRET, algorithms=["HS256"])
    with pytest.raises(module.DecodeError, match="detached_payload"):
        jws.decode(forge({}), SECRET, **given)


# --- PyJWT ---


@both_modules
def test_compressed_payloads(module: Any) -> None:
    """The example of PyJWT's documentation, both ways."""

    class Compressed(module.PyJWT):  # type: ignore[misc, name-defined]
        def _encode_payload(
            self, payload: Any, headers: Any = None, json_encoder: Any = None
        ) -> bytes:
            return zlib.compress(super()._encode_payload(payload, headers, json_encoder))

        def _decode_payload(self, decoded: dict[str, Any]) -> Any:
            return json.loads(zlib.decompress(decoded["payload"]))

    own = Compressed()
    claims = {"a": "x" * 500, "exp": 9_999_999_999}
    token = own.encode(claims, SECRET)
    assert len(token) < 200
    assert own.decode(token, SECRET, algorithms=["HS256"]) == claims
    assert own.decode_complete(token, SECRET, algorithms=["HS256"])["payload"] == claims
    expired = own.encode({"exp": 1}, SECRET)
    with pytest.raises(module.ExpiredSignatureError):
        own.decode(expired, SECRET, algorithms=["HS256"])
    with pytest.raises(TypeError, match="Issuer"):
        own.encode({"iss": 1}, SECRET)
    with pytest.raises(TypeError, match="Expecting a dict"):
        own.encode([], SECRET)


@both_modules
@pytest.mark.parametrize("claim", ["exp", "nbf", "iat", "aud", "iss", "sub", "jti"])
def test_one_rule_of_a_subclass(module: Any, claim: str) -> None:
    """A rule that a subclass has of its own counts; the others go on."""
    broken = {"exp": 1, "nbf": 2**40, "iat": 2**40, "aud": "x", "iss": 5, "sub": 5, "jti": 5}

    def lenient(self: Any, payload: Any, *args: Any, **kwargs: Any) -> None:
        seen.append(payload[claim])

    seen: list[Any] = []
    own = type("Own", (module.PyJWT,), {f"_validate_{claim}": lenient})()
    plain = module.PyJWT()
    arguments = {"key": SECRET, "algorithms": ["HS256"], "issuer": "me", "leeway": 1.5}
    good = {"iss": "me", "exp": 2**40, "nbf": 0, "iat": 0, "sub": "s", "jti": "j"}
    token = forge({**good, claim: broken[claim]})
    with pytest.raises(module.InvalidTokenError):
        plain.decode(token, **arguments)
    assert own.decode(token, **arguments)[claim] == broken[claim]
    assert seen == [broken[claim]]
    for other in broken.keys() - {claim}:
        faulty = forge({**good, claim: broken[claim], other: broken[other]})
        theirs = observe(jwt.PyJWT().decode, forge({**good, other: broken[other]}), **arguments)
        ours = observe(own.decode, faulty, **arguments)
        assert ours.value == theirs.value


@both_modules
def test_the_rules_as_a_whole(module: Any) -> None:
    class Own(module.PyJWT):  # type: ignore[misc, name-defined]
        def _validate_claims(self, payload: Any, options: Any, **kwargs: Any) -> None:
            super()._validate_claims(payload, options, **kwargs)
            if "tenant" not in payload:
                raise module.MissingRequiredClaimError("tenant")

    assert Own().decode(forge({"tenant": 1}), SECRET, algorithms=["HS256"]) == {"tenant": 1}
    with pytest.raises(module.MissingRequiredClaimError, match="tenant"):
        Own().decode(forge({}), SECRET, algorithms=["HS256"])
    with pytest.raises(module.ExpiredSignatureError):
        Own().decode(forge({"exp": 1}), SECRET, algorithms=["HS256"])


@both_modules
def test_patched_pieces_count(module: Any) -> None:
    """As tests of projects do it."""
    own = module.PyJWT()
    with mock.patch.object(module.PyJWT, "_validate_exp", return_value=None):
        assert own.decode(forge({"exp": 1}), SECRET, algorithms=["HS256"]) == {"exp": 1}
    own._decode_payload = lambda decoded: {"patched": True}
    assert own.decode(forge({}), SECRET, algorithms=["HS256"]) == {"patched": True}


@both_modules
def test_a_jws_of_ones_own_in_a_pyjwt(module: Any) -> None:
    class Shouting(module.PyJWS):  # type: ignore[misc, name-defined]
        header_typ = "LOUD"

    own = module.PyJWT()
    own._jws = Shouting()
    assert module.get_unverified_header(own.encode({}, SECRET))["typ"] == "LOUD"
    own._jws.register_algorithm("REV", reversing(module.algorithms.Algorithm))
    assert own.decode(own.encode({}, "k", "REV"), "k", algorithms=["REV"]) == {}


OPTIONS: list[dict[str, Any] | None] = [
    None,
    {},
    {"verify_signature": False},
    {"verify_signature": True},
    {"verify_exp": False},
    {"verify_exp": True, "verify_signature": False},
    {"require": ["sub"]},
    {"verify_aud": False, "strict_aud": True},
    {"enforce_minimum_key_length": True},
    {"unknown": 1},
]


@pytest.mark.parametrize("of_object", OPTIONS, ids=repr)
@pytest.mark.parametrize("of_call", OPTIONS, ids=repr)
def test_options_of_object_and_call(of_object: Any, of_call: Any) -> None:
    theirs, ours = jwt.PyJWT(of_object), PyJWT(of_object)
    assert ours.options == theirs.options
    tokens = [forge({"exp": 1, "aud": "us"}), forge({"sub": "1"}), forge({}, secret="short")]
    for token in tokens:
        for arguments in (
            {"algorithms": ["HS256"]},
            {"algorithms": ["HS256"], "audience": ["us"], "verify": False},
            {},
        ):
            for secret in (SECRET, "short"):
                kwargs = {"key": secret, "options": of_call, **arguments}
                outcomes = [
                    observe(getattr(each, function), token, **kwargs)
                    for function in ("decode", "decode_complete")
                    for each in (theirs, ours)
                ]
                assert outcomes[0].same_as(outcomes[1]), (token, kwargs)
                assert outcomes[2].same_as(outcomes[3]), (token, kwargs)
    for secret in (SECRET, "short"):
        outcomes = [observe(each.encode, {"a": 1}, secret) for each in (theirs, ours)]
        assert outcomes[0].same_as(outcomes[1])


@both_modules
def test_arguments_that_do_nothing_any_more(module: Any) -> None:
    removed = module.warnings.RemovedInPyjwt3Warning
    for own in (module.PyJWT(), module.PyJWS()):
        for function in (own.decode, own.decode_complete):
            with pytest.warns(removed, match="Unsupported kwargs") as caught:
                function(forge({}), SECRET, algorithms=["HS256"], extra=1)
            assert [warning.filename for warning in caught] == [__file__]
    with pytest.warns(DeprecationWarning, match="The `verify` argument"):
        module.PyJWT().decode(forge({}), SECRET, algorithms=["HS256"], verify=False)


def test_the_functions_are_the_cores() -> None:
    from pyjwtfast import _core, api_jwt

    for name in ("encode", "decode", "decode_complete"):
        assert getattr(pyjwtfast, name) is getattr(_core, name) is getattr(api_jwt, name)
    assert pyjwtfast.get_unverified_header is _core.get_unverified_header


def test_none_is_as_in_pyjwt() -> None:
    assert_same("encode", {"a": 1}, None, algorithm=None)
    assert_same("encode", {"a": 1}, "", algorithm="none")
    assert_same("encode", {"a": 1}, SECRET, algorithm="none")
    token = pyjwtfast.encode({"a": 1}, None, algorithm="none")
    for allowed in (["none"], ["HS256"]):
        ours = assert_same("decode", token, None, algorithms=allowed)
        assert ours.kind == "raised"
    for module in BOTH:
        none = module.get_algorithm_by_name("none")
        assert none.sign(b"", None) == b""
        assert none.verify(b"", None, b"") is False
        assert none.prepare_key("") is None
    assert isinstance(pyjwtfast.get_algorithm_by_name("none"), Algorithm)


def test_headers_that_are_not_signed_by_us() -> None:
    """A token without a signature is not taken apart any more leniently by a PyJWS."""
    header = b64url(b'{"alg":"HS256","crit":["exp"],"exp":1}').decode()
    for function in ("api_jws.decode", "api_jws.decode_complete"):
        assert_same(function, f"{header}..", "", options={"verify_signature": False})


@both_modules
@pytest.mark.parametrize("audience", [1, 1.5, object()])
def test_a_rule_of_ones_own_and_a_wrong_audience(module: Any, audience: Any) -> None:
    """An audience that is none is refused though the rule on it is off, as without a subclass."""

    class Own(module.PyJWT):  # type: ignore[misc, name-defined]
        def _validate_exp(self, payload: Any, now: float, leeway: float) -> None:
            return None

    for decoder in (Own(), module.PyJWT()):
        with pytest.raises(TypeError, match="audience must be a string, iterable or None"):
            decoder.decode(
                forge({"exp": 1}),
                SECRET,
                algorithms=["HS256"],
                options={"verify_aud": False, "verify_exp": False},
                audience=audience,
            )
