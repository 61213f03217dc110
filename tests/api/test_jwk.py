"""PyJWK, PyJWKSet and the algorithms' to_jwk and from_jwk, beside PyJWT's."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import jwt
import pytest

import pyjwtfast
from pyjwtfast import Key, PyJWK, PyJWKSet, exceptions
from pyjwtfast.algorithms import ECAlgorithm, HMACAlgorithm, OKPAlgorithm, RSAAlgorithm

from ..support import LONG_SECRET, SECRET, b64url
from . import keys
from .oracle import assert_same

OCT = {"kty": "oct", "k": b64url(LONG_SECRET.encode()).decode()}
CLASS_OF = {
    "rsa": "RSAAlgorithm",
    "p256": "ECAlgorithm",
    "p384": "ECAlgorithm",
    "p521": "ECAlgorithm",
    "secp256k1": "ECAlgorithm",
    "ed25519": "OKPAlgorithm",
    "ed448": "OKPAlgorithm",
}


# --- PyJWK ---


@pytest.mark.parametrize("name", CLASS_OF)
@pytest.mark.parametrize("stated", [True, False])
def test_what_a_jwk_says_of_itself(name: str, stated: bool) -> None:
    members = {"kid": "k", "use": "sig"}
    if stated or name == "ed448":
        members["alg"] = next(
            (known for known, key in keys.ALGORITHMS.items() if key == name), "EdDSA"
        )
    data = {**keys.jwk(name, False), **members}
    ours, theirs = PyJWK(data), jwt.PyJWK(data)
    for attribute in ("algorithm_name", "key_type", "key_id", "public_key_use"):
        assert getattr(ours, attribute) == getattr(theirs, attribute)
    assert type(ours.Algorithm).__name__ == type(theirs.Algorithm).__name__
    assert ours.Algorithm is pyjwtfast.get_algorithm_by_name(ours.algorithm_name)
    assert isinstance(ours.key, Key)
    assert ours.key.algorithm == (ours.algorithm_name if "alg" in members else None)
    for again in (PyJWK.from_dict(data), PyJWK.from_json(json.dumps(data))):
        assert again.algorithm_name == ours.algorithm_name
        assert again.key.thumbprint() == ours.key.thumbprint()


def test_a_guessed_algorithm_binds_the_jwk_but_not_its_key() -> None:
    """Issuers that state no alg sign by any of RS256, RS384 and so on."""
    jwk = PyJWK(keys.jwk("rsa", False))
    token = jwt.encode({"a": 1}, keys.private_object("rsa"), "RS512")
    assert jwk.algorithm_name == "RS256"
    with pytest.raises(exceptions.InvalidAlgorithmError):
        pyjwtfast.decode(token, jwk, algorithms=["RS512"])
    assert pyjwtfast.decode(token, jwk.key, algorithms=["RS512"]) == {"a": 1}
    bound = PyJWK({**keys.jwk("rsa", False), "alg": "RS256"})
    with pytest.raises(exceptions.InvalidKeyError):
        pyjwtfast.decode(token, bound.key, algorithms=["RS512"])


def test_the_key_of_an_oct_jwk() -> None:
    jwk = PyJWK(OCT)
    assert jwk.algorithm_name == "HS256"
    token = pyjwtfast.encode({"a": 1}, jwk)
    assert pyjwtfast.decode(token, jwk) == {"a": 1}
    assert pyjwtfast.decode(token, jwk.key, algorithms=["HS256"]) == {"a": 1}
    assert jwt.decode(token, LONG_SECRET, algorithms=["HS256"]) == {"a": 1}
    with pytest.raises(exceptions.InvalidKeyError, match="use"):
        pyjwtfast.decode(token, PyJWK({**OCT, "use": "enc"}))


@pytest.mark.parametrize(
    "members",
    [
        {"kty": None},
        {"kty": ""},
        {"kty": 5},
        {"kty": []},
        {"kty": "dummy"},
        {"crv": "dummy"},
        {"crv": None},
        {"crv": 5},
        {"crv": {}},
        {"alg": "dummy"},
        {"alg": 5},
        {"alg": []},
        {"alg": "none"},
        {"x": 5},
        {"x": None},
        {"x": "!"},
        {"n": "AA"},
    ],
    ids=repr,
)
@pytest.mark.parametrize("name", ["rsa", "p256", "ed25519"])
def test_unusable_members(name: str, members: dict[str, Any]) -> None:
    data = {**keys.jwk(name), **members}
    secrets = [value for value in keys.jwk(name).values() if len(value) > 10]
    for algorithm in (None, "RS256", "unknown"):
        try:
            PyJWK(data, algorithm)
        except exceptions.PyJWTError as error:
            shown = f"{error!r} {error.__cause__!r} {error.__context__!r}"
            assert not any(secret in shown for secret in secrets)


@pytest.mark.parametrize("data", [None, [], "text", 5, b"{}"])
def test_what_is_no_jwk(data: Any) -> None:
    with pytest.raises(exceptions.InvalidKeyError, match="Key is not valid JSON"):
        PyJWK(data)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "5", "null", "[" * 100_000, b"\xff", '{"kty":"oct"']
)
def test_what_is_no_json(text: Any) -> None:
    with pytest.raises(exceptions.InvalidKeyError) as caught:
        PyJWK.from_json(text)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    with pytest.raises(exceptions.PyJWKSetError):
        PyJWKSet.from_json(text)


def test_null_members_are_absent_ones() -> None:
    data = {**keys.jwk("p256", False), "alg": None, "use": None, "kid": None, "key_ops": None}
    jwk = PyJWK(data)
    assert (jwk.algorithm_name, jwk.key_id, jwk.public_key_use) == ("ES256", None, None)
    assert jwt.PyJWK(data).algorithm_name == "ES256"


def test_a_jwk_shows_no_secret() -> None:
    for data in (OCT, keys.jwk("ed25519"), keys.jwk("p256")):
        jwk = PyJWK(data)
        shown = repr(jwk) + str(jwk) + repr(PyJWKSet([data]))
        assert jwk.algorithm_name in repr(jwk)
        assert data.get("k", data.get("d")) not in shown


def test_an_explicit_algorithm_outranks_the_jwks_own() -> None:
    data = {**keys.jwk("rsa"), "alg": "RS256"}
    jwk = PyJWK(data, "PS384")
    token = pyjwtfast.encode({"a": 1}, jwk)
    assert pyjwtfast.get_unverified_header(token)["alg"] == "PS384"
    assert jwt.decode(token, keys.public_object("rsa"), algorithms=["PS384"]) == {"a": 1}
    assert pyjwtfast.decode(token, jwk) == {"a": 1}
    assert data["alg"] == "RS256"


# --- PyJWKSet ---


def _set(*members: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {"keys": list(members), **others}


GOOD = {**keys.jwk("p256", False), "kid": "good"}
OTHER = {**keys.jwk("ed25519", False), "kid": "other"}


def test_a_set_is_iterated_and_asked() -> None:
    for module in (jwt, pyjwtfast):
        for made in (
            module.PyJWKSet([GOOD, OTHER]),
            module.PyJWKSet.from_dict(_set(GOOD, OTHER, extra=1)),
            module.PyJWKSet.from_json(json.dumps(_set(GOOD, OTHER))),
        ):
            assert [key.key_id for key in made] == ["good", "other"]
            assert list(made) == made.keys
            assert made["other"] is made.keys[1]
            with pytest.raises(KeyError, match="keyset has no key for kid: absent"):
                made["absent"]


UNUSABLE: list[Any] = [
    None,
    "text",
    5,
    [],
    {},
    {"kty": "RSA"},
    {"kty": "dummy"},
    {"kty": "RSA", "n": 1, "e": "AQAB"},
    {**GOOD, "alg": "none"},
    {**GOOD, "alg": "RSA-OAEP"},
    {**GOOD, "x": "AAAA"},
    {**GOOD, "x": 5},
    {**keys.jwk("rsa", False), "e": "AQ"},
]


@pytest.mark.parametrize("member", UNUSABLE, ids=lambda member: str(member)[:30])
def test_an_unusable_member_is_skipped(member: Any) -> None:
    assert [key.key_id for key in PyJWKSet([member, GOOD])] == ["good"]
    for refused in (
        lambda: PyJWKSet([member]),
        lambda: PyJWKSet([member, GOOD], strict=True),
        lambda: PyJWKSet.from_dict(_set(member, GOOD), strict=True),
        lambda: PyJWKSet.from_json(json.dumps(_set(GOOD, member)), strict=True),
    ):
        with pytest.raises(exceptions.PyJWKSetError) as caught:
            refused()
        assert GOOD["x"] not in str(caught.value)


@pytest.mark.parametrize("value", [None, [], {}, "", "text", {"a": 1}, 5, (GOOD,)])
def test_what_is_no_set(value: Any) -> None:
    for made in (PyJWKSet, lambda given: PyJWKSet.from_dict({"keys": given}), PyJWKSet.from_dict):
        if isinstance(value, dict) and made is PyJWKSet.from_dict and "keys" in value:
            continue
        with pytest.raises(exceptions.PyJWKSetError):
            made(value)


def test_strict_sets() -> None:
    assert len(PyJWKSet([GOOD, OTHER], strict=True).keys) == 2
    for refused in (
        [GOOD, {**OTHER, "kid": "good"}],  # an id twice
        [GOOD, {**OCT, "kid": "secret"}],  # symmetric and asymmetric
        [{**keys.jwk("short rsa", False), "kid": "short"}],
        [{"kty": "oct", "k": "AAAA", "alg": "HS256", "kid": "short"}],
    ):
        assert len(PyJWKSet(refused).keys) == len(refused)
        with pytest.raises(exceptions.PyJWKSetError):
            PyJWKSet(refused, strict=True)


# --- to_jwk and from_jwk ---


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize("name", CLASS_OF)
def test_writing_and_reading_jwks(name: str, private: bool) -> None:
    ours = getattr(pyjwtfast.algorithms, CLASS_OF[name])
    theirs = getattr(jwt.algorithms, CLASS_OF[name])
    key = keys.private_object(name) if private else keys.public_object(name)
    pem = keys.private_pem(name) if private else keys.public_pem(name)
    expected = theirs.to_jwk(key)
    for form in (key, Key.from_pem(pem), Key.from_jwk(keys.jwk(name, private))):
        assert ours.to_jwk(form) == expected
        assert ours.to_jwk(form, as_dict=True) == theirs.to_jwk(key, as_dict=True)
    for read in (ours.from_jwk(expected), ours.from_jwk(json.loads(expected))):
        assert isinstance(read, Key)
        assert read.is_private == private
        assert ours.to_jwk(read) == expected


def test_writing_and_reading_secrets() -> None:
    ours, theirs = HMACAlgorithm, jwt.algorithms.HMACAlgorithm
    for secret in (LONG_SECRET, LONG_SECRET.encode(), Key.from_secret(LONG_SECRET)):
        expected = theirs.to_jwk(LONG_SECRET)
        assert ours.to_jwk(secret) == expected
        assert ours.to_jwk(secret, as_dict=True) == theirs.to_jwk(LONG_SECRET, as_dict=True)
    assert ours.from_jwk(expected) == theirs.from_jwk(expected) == LONG_SECRET.encode()


@pytest.mark.parametrize("cls", [RSAAlgorithm, ECAlgorithm, OKPAlgorithm, HMACAlgorithm])
@pytest.mark.parametrize(
    "data", ["", "{", "[]", "5", 5, None, [], {}, {"kty": "dummy"}, OCT, keys.jwk("p521", False)]
)
def test_reading_what_is_for_another_algorithm(cls: Any, data: Any) -> None:
    kinds = {"oct": HMACAlgorithm, "EC": ECAlgorithm}
    if isinstance(data, dict) and kinds.get(data.get("kty", "")) is cls:
        assert cls.from_jwk(data)
        return
    with pytest.raises(exceptions.InvalidKeyError):
        cls.from_jwk(data)


@pytest.mark.parametrize("cls", [RSAAlgorithm, ECAlgorithm, OKPAlgorithm])
@pytest.mark.parametrize("key", [None, 5, "text", {}, Key.from_secret(SECRET), object()])
def test_writing_what_is_no_such_key(cls: Any, key: Any) -> None:
    with pytest.raises(exceptions.InvalidKeyError, match="Not a public or private key"):
        cls.to_jwk(key)


@pytest.mark.parametrize("name", CLASS_OF)
def test_preparing_keys(name: str) -> None:
    ours = getattr(pyjwtfast.algorithms, CLASS_OF[name])
    arguments = [] if name.startswith("ed") else [ours.SHA512]
    algorithm = ours(*arguments)
    for form in (*keys.public_forms(name).values(), *keys.private_forms(name).values()):
        prepared = algorithm.prepare_key(form)
        assert isinstance(prepared, Key)
        assert algorithm.prepare_key(prepared) is prepared
        algorithm.check_crypto_key_type(prepared)
        algorithm.check_crypto_key_type(keys.public_object(name))
    for other in CLASS_OF:
        if CLASS_OF[other] == CLASS_OF[name]:
            continue
        for form in (keys.public_pem(other), keys.private_object(other)):
            with pytest.raises(exceptions.InvalidKeyError):
                algorithm.prepare_key(form)
        with pytest.raises(exceptions.InvalidKeyError, match="Expected one of "):
            algorithm.check_crypto_key_type(keys.public_object(other))


def test_the_expected_curve() -> None:
    from cryptography.hazmat.primitives.asymmetric import ec

    for curve in (ec.SECP256R1, ec.SECP256R1(), "P-256", "secp256r1", "prime256v1"):
        algorithm = ECAlgorithm(ECAlgorithm.SHA256, curve)
        assert algorithm.prepare_key(keys.public_pem("p256")).crv == "P-256"
        with pytest.raises(exceptions.InvalidKeyError) as caught:
            algorithm.prepare_key(keys.public_pem("p384"))
        theirs = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256, ec.SECP256R1)
        with pytest.raises(jwt.InvalidKeyError) as expected:
            theirs.prepare_key(keys.public_pem("p384"))
        assert str(caught.value) == str(expected.value)
    only = OKPAlgorithm(expected_curve="Ed448")
    assert only.prepare_key(keys.public_pem("ed448")).crv == "Ed448"
    with pytest.raises(exceptions.InvalidKeyError, match="Ed25519"):
        only.prepare_key(keys.public_pem("ed25519"))


@pytest.mark.parametrize("name", ["EdDSA", "RS256", "PS512", "ES384", "HS256"])
def test_signing_by_the_objects(name: str) -> None:
    ours, theirs = pyjwtfast.get_algorithm_by_name(name), jwt.get_algorithm_by_name(name)
    if name == "HS256":
        private = public = LONG_SECRET.encode()
    else:
        key = keys.ALGORITHMS[name]
        private, public = keys.private_pem(key), keys.public_pem(key)
    message = b"a message"
    signature = ours.sign(message, ours.prepare_key(private))
    assert theirs.verify(message, theirs.prepare_key(public), signature)
    signature = theirs.sign(message, theirs.prepare_key(private))
    assert ours.verify(message, ours.prepare_key(public), signature) is True
    assert ours.verify(message + b"x", ours.prepare_key(public), signature) is False
    assert ours.verify(message, ours.prepare_key(public), signature[1:]) is False
    if name != "HS256":
        with pytest.raises(exceptions.InvalidKeyError, match="a public key can't sign"):
            ours.sign(message, ours.prepare_key(public))


def test_keys_that_do_not_leave_their_device() -> None:
    from cryptography.hazmat.primitives.asymmetric import ed25519

    class Token(ed25519.Ed25519PrivateKey):
        def public_key(self) -> Any:
            return keys.public_object("ed25519")

        def sign(self, data: Any) -> bytes:
            return b""

        def private_bytes(self, *args: Any) -> bytes:
            raise NotImplementedError("the key is in hardware")

        def private_bytes_raw(self) -> bytes:
            raise NotImplementedError

        def __copy__(self) -> Any:
            return self

        def __deepcopy__(self, memo: Any) -> Any:
            return self

    for use in (
        lambda: pyjwtfast.encode({}, Token(), "EdDSA"),
        lambda: pyjwtfast.get_algorithm_by_name("EdDSA").prepare_key(Token()),
    ):
        with pytest.raises(exceptions.InvalidKeyError, match="register an Algorithm of your own"):
            use()


def test_jwk_and_token_disagree() -> None:
    key = keys.own_jwk("rsa", False, alg="RS256")
    for algorithm in ("RS384", "PS256"):
        token = jwt.encode({}, keys.private_object("rsa"), algorithm)
        assert assert_same("decode", token, key).kind == "raised"
        assert assert_same("decode", token, key, algorithms=[algorithm]).kind == "raised"


@pytest.mark.parametrize(
    "load",
    [
        lambda: PyJWK.from_json('{"kty": "oct", "k": "hunter2",}'),
        lambda: PyJWKSet.from_json('{"keys": [{"kty": "oct", "k": "hunter2"}],}'),
        lambda: RSAAlgorithm(RSAAlgorithm.SHA256).prepare_key("hunter2\ud800"),
    ],
)
def test_a_key_that_can_t_be_read_is_not_in_the_error_s_context(load: Any) -> None:
    """json's error has the whole text, and what collects errors goes through all of them."""
    with pytest.raises(exceptions.PyJWTError) as caught:
        load()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize("hash_alg", [HMACAlgorithm.SHA256, hashlib.sha1])
def test_an_hmac_algorithm_takes_no_key_pair(hash_alg: Any) -> None:
    """Whatever door is used, and also with a digest that JWS has no name for."""
    pair = Key.generate("ES256")
    algorithm = HMACAlgorithm(hash_alg)
    for key in (pair, pair.public(), pair.public().to_pem(), pair.public().to_der(), ""):
        for use in (
            lambda: algorithm.sign(b"", key),  # noqa: B023
            lambda: algorithm.verify(b"", key, b""),  # noqa: B023
            lambda: algorithm.prepare_key(key),  # noqa: B023
            lambda: algorithm.to_jwk(key),  # noqa: B023
        ):
            with pytest.raises(exceptions.InvalidKeyError):
                use()
