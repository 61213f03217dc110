"""Wycheproof's JOSE vectors (C2SP/wycheproof, Apache-2.0), as far as HS256, HS384, HS512 go.

The files are not carried: they lie in the shared folder (see conftest.py). The HMAC primitives are
run by the C tests: their messages are no signing inputs of a JWS.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import pyjwtfast
from pyjwtfast import Key, Verifier
from pyjwtfast.exceptions import DecodeError, InvalidKeyError, InvalidTokenError, PyJWTError

from ..support import b64url_decode

# Labels of json_web_signature_test.json that an honest verifier contradicts, by tcId.
OVERRIDES: dict[int, tuple[str, str]] = {
    367: ("valid", "labelled invalid, but byte for byte the token of the valid case 357"),
    370: ("valid", "labelled invalid, but byte for byte the token of the valid case 357"),
    372: ("invalid", "labelled valid, but its header segment holds '?', no base64url character"),
    373: ("invalid", "labelled valid, but its payload segment holds '?', no base64url character"),
    346: ("invalid", "labelled valid, but the JWK says PS256 and the token PS384"),
    350: ("invalid", "labelled valid, but the JWK says PS256 and the token PS384"),
    347: ("invalid", "labelled valid, but the JWK says 'ES521', which is no registered algorithm"),
    351: ("invalid", "labelled valid, but the JWK says 'ES521', which is no registered algorithm"),
}
# Two policies about key sets, of a JWKS loader and not of a verifier: a set that mixes symmetric
# and asymmetric keys (1), and a kid that two keys bear (4).
KEY_SET_POLICIES = {1, 4}


def load(folder: Path, name: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The (group, test) pairs of a file."""
    data = json.loads((folder / "wycheproof" / "testvectors_v1" / f"{name}.json").read_text())
    pairs = [(group, test) for group in data["testGroups"] for test in group["tests"]]
    assert len(pairs) == data["numberOfTests"]
    return pairs


def symmetric(jwk: dict[str, Any]) -> bool:
    return jwk.get("kty") == "oct" and str(jwk.get("alg", "")).startswith("HS")


def accepted(token: str, keys: list[Key], algorithms: list[str], **options: Any) -> bool:
    """Whether header and signature are found good; the payload may be no JSON object.

    Anything but a PyJWTError that comes out fails the test.
    """
    try:
        verifier = Verifier(keys, algorithms, options=options, cache_size=4)
    except InvalidKeyError:
        return False
    verdicts = []
    for _ in range(2):
        try:
            verifier.verify_complete(token)
        except DecodeError as error:
            verdicts.append(str(error).startswith("Invalid payload string: "))
        except PyJWTError:
            verdicts.append(False)
        else:
            verdicts.append(True)
    assert verdicts[0] == verdicts[1]
    return verdicts[0]


def key_of(jwk: dict[str, Any]) -> Key:
    return Key.from_secret(b64url_decode(jwk["k"].encode()), kid=jwk.get("kid"))


def test_signature_file(shared_vectors: Path) -> None:
    """All cases with an HMAC key: the 17 of hs256, two of RFC 7520, the 21 about base64."""
    seen, wrong = 0, []
    for group, test in load(shared_vectors, "json_web_signature_test"):
        jwk = group["private"]
        if not symmetric(jwk):
            continue
        seen += 1
        expected = OVERRIDES.get(test["tcId"], (test["result"], ""))[0] == "valid"
        key = key_of(jwk)
        verdict = accepted(test["jws"], [key], [jwk["alg"]])
        bare = accepted(test["jws"], [Key.from_secret(b64url_decode(jwk["k"].encode()))], ["HS256"])
        if not verdict == bare == expected:
            wrong.append((test["tcId"], test["comment"], expected, verdict, bare))
    assert seen == 40
    assert not wrong


def test_every_override_is_needed(shared_vectors: Path) -> None:
    """The labels are what we say they are, and the reasons can be seen in the tokens."""
    tests = {test["tcId"]: test for _, test in load(shared_vectors, "json_web_signature_test")}
    for number, (verdict, reason) in OVERRIDES.items():
        assert tests[number]["result"] != verdict, reason
    assert tests[367]["jws"] == tests[370]["jws"] == tests[357]["jws"]
    assert tests[357]["result"] == "valid"
    assert "?" in tests[372]["jws"].split(".")[0]
    assert "?" in tests[373]["jws"].split(".")[1]


def test_other_families_are_refused_cleanly(shared_vectors: Path) -> None:
    """RS, PS and ES tokens with a secret in place of a key: a PyJWTError, nothing else."""
    secret, seen = "a secret of at least thirty-two bytes", 0
    verifier = Verifier([Key.from_secret(secret)], ["HS256"])
    for group, test in load(shared_vectors, "json_web_signature_test"):
        if symmetric(group["private"]):
            continue
        seen += 1
        alg = group["private"].get("alg", "RS256")
        with pytest.raises(PyJWTError):
            pyjwtfast.decode(test["jws"], secret, algorithms=[alg])
        with pytest.raises(InvalidTokenError):
            verifier.verify(test["jws"])
    assert seen == 361


def test_key_file(shared_vectors: Path) -> None:
    """Key sets, short, long and empty secrets; short ones are refused when that is enforced."""
    seen = 0
    for group, test in load(shared_vectors, "json_web_key_test"):
        jwks = group["private"].get("keys", [group["private"]])
        if not all(map(symmetric, jwks)) or test["tcId"] in KEY_SET_POLICIES:
            continue
        seen += 1
        try:
            keys = [key_of(jwk) for jwk in jwks]
        except InvalidKeyError:
            assert (test["comment"], test["result"]) == ("empty_key", "invalid")
            continue
        algorithms = sorted({jwk["alg"] for jwk in jwks})
        verdict = accepted(test["jws"], keys, algorithms, enforce_minimum_key_length=True)
        assert verdict == (test["result"] == "valid"), test
    assert seen == 11


def test_crypto_file(shared_vectors: Path) -> None:
    """Tokens and keys in one file, JSON serialisation among them."""
    seen = 0
    for group, test in load(shared_vectors, "json_web_crypto_test"):
        jwks = group["private"].get("keys", [group["private"]])
        if "jws" not in test or not all(map(symmetric, jwks)):
            continue
        seen += 1
        token = test["jws"] if isinstance(test["jws"], str) else json.dumps(test["jws"])
        verdict = accepted(token, [key_of(jwk) for jwk in jwks], ["HS256"])
        assert verdict == (test["result"] == "valid"), test
    assert seen > 10


@pytest.mark.parametrize("name", ["json_web_encryption_test", "json_web_crypto_test"])
def test_encrypted_tokens_are_refused_cleanly(shared_vectors: Path, name: str) -> None:
    """JWE: five segments, never decrypted, never inflated."""
    seen = 0
    for _, test in load(shared_vectors, name):
        if "jwe" not in test:
            continue
        seen += 1
        token = test["jwe"] if isinstance(test["jwe"], str) else json.dumps(test["jwe"])
        with pytest.raises(InvalidTokenError):
            pyjwtfast.decode(token, "s" * 32, algorithms=["HS256"])
    assert seen >= 34
