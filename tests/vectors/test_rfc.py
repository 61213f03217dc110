"""The examples of the RFCs, all that rfc.json beside this file holds.

Some payloads are plain text. A JWT library refuses those, but after the signature: that the error
is about the payload shows that the signature was found good.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pyjwtfast
from pyjwtfast import Key, Verifier, _core
from pyjwtfast.exceptions import (
    DecodeError,
    ExpiredSignatureError,
    InvalidSignatureError,
    InvalidTokenError,
    PyJWTError,
)

from ..support import b64url_decode

FILE = json.loads(Path(__file__).with_name("rfc.json").read_text("utf-8"))
VECTORS: list[dict[str, Any]] = FILE["vectors"]
SYMMETRIC = [v for v in VECTORS if v["alg"] == "HS256" and "token" in v]
OTHERS = [v for v in VECTORS if v["alg"] != "HS256" and "token" in v]
ASYMMETRIC = [v for v in OTHERS if v["alg"] != "none"]
UNSECURED = [v for v in VECTORS if v["alg"] == "none"]
JSON_SERIALISED = [v for v in VECTORS if "jws_json" in v]


def name(vector: dict[str, Any]) -> str:
    return f"RFC {vector['rfc']} {vector['section']}"


def secret(vector: dict[str, Any]) -> bytes:
    return b64url_decode(vector["key"]["k"].encode())


def payload(vector: dict[str, Any]) -> bytes:
    return b64url_decode(vector["payload_b64u"].encode())


def signature_is_good(token: str, key: bytes, **kwargs: Any) -> bool:
    """Whether the token passes all that comes before its payload is read."""
    try:
        pyjwtfast.decode(token, key, algorithms=["HS256"], options={"verify_exp": False}, **kwargs)
    except InvalidSignatureError:
        return False
    except DecodeError as error:
        return str(error).startswith("Invalid payload string: ")
    return True


def changed_signature(token: str) -> str:
    head, _, signature = token.rpartition(".")
    return f"{head}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"


def test_all_are_there() -> None:
    assert len(VECTORS) == 18
    assert len(SYMMETRIC) == 6
    assert len(OTHERS) == 9
    assert len(ASYMMETRIC) == 7
    assert len(UNSECURED) == 2
    assert len(FILE["thumbprints"]) == 3
    assert len(JSON_SERIALISED) == 3


@pytest.mark.filterwarnings("ignore:The HMAC key is")
@pytest.mark.parametrize("vector", [v for v in SYMMETRIC if v["expected"] == "valid"], ids=name)
def test_valid(vector: dict[str, Any]) -> None:
    assert signature_is_good(vector["token"], secret(vector))
    assert not signature_is_good(changed_signature(vector["token"]), secret(vector))
    assert not signature_is_good(vector["token"], secret(vector)[:-1])


def test_claims_of_rfc_7519_3_1() -> None:
    """RFC 7515 A.1 is the JWT of RFC 7519 3.1; it expired in 2011."""
    vector = SYMMETRIC[0]
    key = Key.from_secret(secret(vector))
    with pytest.raises(ExpiredSignatureError):
        Verifier([key], ["HS256"]).verify(vector["token"])
    expected = {"iss": "joe", "exp": 1300819380, "http://example.com/is_root": True}
    lenient = Verifier([key], ["HS256"], issuer="joe", options={"verify_exp": False})
    assert lenient.verify(vector["token"]) == expected
    complete = lenient.verify_complete(vector["token"])
    assert complete["header"] == {"typ": "JWT", "alg": "HS256"}
    assert complete["payload"] == expected
    assert complete["signature"] == b64url_decode(vector["token"].rpartition(".")[2].encode())


@pytest.mark.parametrize(
    "vector",
    [v for v in SYMMETRIC if v["expected"] == "valid-detached" and v["rfc"] == 7797],
    ids=name,
)
def test_unencoded_payload(vector: dict[str, Any]) -> None:
    token, key = vector["token"], secret(vector)
    assert signature_is_good(token, key, detached_payload=payload(vector))
    assert not signature_is_good(token, key, detached_payload=payload(vector) + b" ")
    with pytest.raises(DecodeError, match="detached_payload"):
        pyjwtfast.decode(token, key, algorithms=["HS256"])


def test_detached_payload_that_is_encoded() -> None:
    """RFC 7520 4.5 leaves b64 true. As PyJWT, we take a detached payload only with b64 false."""
    (vector,) = (v for v in SYMMETRIC if (v["rfc"], v["section"]) == (7520, "4.5"))
    with pytest.raises(DecodeError, match='It is only valid to pass "detached_payload"'):
        pyjwtfast.decode(
            vector["token"],
            secret(vector),
            algorithms=["HS256"],
            detached_payload=payload(vector),
        )
    # With the payload put back it is RFC 7520 4.4.
    whole = vector["token"].replace("..", f".{vector['payload_b64u']}.")
    assert signature_is_good(whole, secret(vector))


@pytest.mark.parametrize("vector", [v for v in SYMMETRIC if v["expected"] == "invalid"], ids=name)
def test_invalid(vector: dict[str, Any]) -> None:
    assert vector["section"] == "4.2-nocrit"
    with pytest.raises(InvalidTokenError, match="'b64' to be listed in 'crit'"):
        pyjwtfast.decode(
            vector["token"],
            secret(vector),
            algorithms=["HS256"],
            detached_payload=payload(vector),
        )


def verified(token: str, key: Key, alg: str) -> bool:
    """Whether the token passes all that comes before its payload is read, by either way."""
    verdicts = []
    verifier = Verifier([key], [alg], options={"verify_exp": False})
    ways: list[Callable[[], object]] = [
        lambda: verifier.verify(token),
        lambda: pyjwtfast.decode(token, key, algorithms=[alg], options={"verify_exp": False}),
    ]
    for way in ways:
        try:
            way()
        except InvalidSignatureError:
            verdicts.append(False)
        except DecodeError as error:
            verdicts.append(str(error).startswith("Invalid payload string: "))
        else:
            verdicts.append(True)
    assert verdicts[0] == verdicts[1]
    return verdicts[0]


@pytest.mark.parametrize("vector", ASYMMETRIC, ids=name)
def test_asymmetric(vector: dict[str, Any]) -> None:
    token, alg = vector["token"], vector["alg"]
    key = Key.from_jwk(vector["key"])
    assert verified(token, key, alg)
    if key.is_private:
        assert verified(token, key.public(), alg)
    assert not verified(changed_signature(token), key, alg)
    head, _, signature = token.rpartition(".")
    other = head[:-1] + ("A" if head[-1] != "A" else "E")
    assert not verified(f"{other}.{signature}", key, alg)
    message, raw = head.encode(), b64url_decode(signature.encode())
    assert _core._verify(alg, key, message, raw)
    if key.is_private:
        again = _core._sign(alg, key, message)
        assert _core._verify(alg, key, message, again)
        assert (again == raw) == (alg[:2] not in ("ES", "PS"))


def test_es256k() -> None:
    """RFC 8812 has no example: this token is PyJWT's."""
    test_asymmetric(FILE["es256k"])


@pytest.mark.parametrize("vector", UNSECURED, ids=name)
def test_unsecured_tokens_are_refused(vector: dict[str, Any]) -> None:
    for key in ("", None, "a secret of at least thirty-two bytes"):
        with pytest.raises(PyJWTError):
            pyjwtfast.decode(vector["token"], key, algorithms=["none", "HS256"])  # type: ignore[arg-type]


@pytest.mark.parametrize("vector", OTHERS, ids=name)
def test_no_secret_verifies_a_token_of_another_family(vector: dict[str, Any]) -> None:
    secret = "a secret of at least thirty-two bytes"
    for algorithms in (["HS256"], [vector["alg"]], [vector["alg"], "HS256"]):
        with pytest.raises(PyJWTError):
            pyjwtfast.decode(vector["token"], secret, algorithms=algorithms)
    with pytest.raises(InvalidTokenError):
        Verifier([Key.from_secret(secret)], ["HS256"]).verify(vector["token"])


@pytest.mark.parametrize("vector", FILE["thumbprints"], ids=name)
def test_thumbprints(vector: dict[str, Any]) -> None:
    """RFC 7638 section 3: the other members of the JWK have no part in it."""
    assert Key.from_jwk(vector["key"]).thumbprint() == vector["thumbprint"]


@pytest.mark.parametrize("vector", JSON_SERIALISED, ids=name)
def test_json_serialisation_is_refused_cleanly(vector: dict[str, Any]) -> None:
    token = json.dumps(vector["jws_json"])
    for given in (token, token.encode()):
        with pytest.raises(DecodeError):
            pyjwtfast.decode(given, "s" * 32, algorithms=["HS256"])
        with pytest.raises(DecodeError):
            pyjwtfast.get_unverified_header(given)
