"""Wycheproof's vectors (C2SP/wycheproof, Apache-2.0): tokens, key sets, and the primitives below.

The files are not carried: they lie in the shared folder (see conftest.py).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import pyjwtfast
from pyjwtfast import Key, Verifier, _core
from pyjwtfast.exceptions import DecodeError, InvalidKeyError, InvalidTokenError, PyJWTError

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
# Cases of json_web_key_test.json that only a strict set refuses: one that mixes symmetric and
# asymmetric keys (1), a kid that two keys bear (4), a modulus with the weakness ROCA (7).
KEY_SET_POLICIES = {1, 4, 7}

# Weak keys are what some of the vectors are about.
pytestmark = pytest.mark.filterwarnings("ignore::pyjwtfast.InsecureKeyLengthWarning")


def load(folder: Path, name: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The (group, test) pairs of a file."""
    data = json.loads((folder / "wycheproof" / "testvectors_v1" / f"{name}.json").read_text())
    pairs = [(group, test) for group in data["testGroups"] for test in group["tests"]]
    assert len(pairs) == data["numberOfTests"]
    return pairs


def accepted(token: str, keys: list[Key], algorithms: list[str], **options: Any) -> bool:
    """Whether header and signature are found good; the payload may be no JSON object.

    Anything but a PyJWTError that comes out fails the test. Asked twice: a cache must not know
    better.
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


def accepted_with_jwk(token: str, jwk: dict[str, Any]) -> bool:
    """Verified as an application does that has this JWK, with the algorithm that it names."""
    try:
        key = Key.from_jwk(jwk)
    except InvalidKeyError:
        return False
    return accepted(token, [key], [key.algorithm or "RS256"])  # those without "alg" are RSA keys


def accepted_with_pyjwk(token: str, jwk: dict[str, Any]) -> bool:
    """The same through PyJWT's names."""
    try:
        pyjwtfast.decode(token, pyjwtfast.PyJWK(jwk), options={"verify_exp": False})
    except DecodeError as error:
        return str(error).startswith("Invalid payload string: ")
    except PyJWTError:
        return False
    return True


def test_signature_file(shared_vectors: Path) -> None:
    """All 401 tokens, each with its JWK: 40 of 40 valid ones, none of the 353 invalid ones."""
    verdicts = {"valid": 0, "invalid": 0}
    wrong = []
    for group, test in load(shared_vectors, "json_web_signature_test"):
        jwk = group.get("public", group["private"])
        expected, _ = OVERRIDES.get(test["tcId"], (test["result"], ""))
        if test["tcId"] not in OVERRIDES:
            verdicts[test["result"]] += 1
        verdict = accepted_with_jwk(test["jws"], jwk)
        if not verdict == accepted_with_pyjwk(test["jws"], jwk) == (expected == "valid"):
            wrong.append((test["tcId"], test["comment"], expected, verdict))
    assert verdicts == {"valid": 40, "invalid": 353}
    assert wrong == []


def test_every_override_is_needed(shared_vectors: Path) -> None:
    """The labels are what we say they are, and the reasons can be seen in the tokens."""
    tests = {test["tcId"]: test for _, test in load(shared_vectors, "json_web_signature_test")}
    for number, (verdict, reason) in OVERRIDES.items():
        assert tests[number]["result"] != verdict, reason
    assert tests[367]["jws"] == tests[370]["jws"] == tests[357]["jws"]
    assert tests[357]["result"] == "valid"
    assert "?" in tests[372]["jws"].split(".")[0]
    assert "?" in tests[373]["jws"].split(".")[1]


def test_no_secret_verifies_a_signature_of_another_family(shared_vectors: Path) -> None:
    """RS, PS and ES tokens with a secret in place of a key: a PyJWTError, nothing else."""
    secret, seen = "a secret of at least thirty-two bytes", 0
    verifier = Verifier([Key.from_secret(secret)], ["HS256"])
    for group, test in load(shared_vectors, "json_web_signature_test"):
        if group["private"]["kty"] == "oct":
            continue
        seen += 1
        alg = group["private"].get("alg", "RS256")
        with pytest.raises(PyJWTError):
            pyjwtfast.decode(test["jws"], secret, algorithms=[alg])
        with pytest.raises(InvalidTokenError):
            verifier.verify(test["jws"])
    assert seen == 361


def key_set(group: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = group.get("public", group["private"])
    return found if "keys" in found else {"keys": [found]}


@pytest.mark.parametrize("strict", [False, True])
def test_key_file(shared_vectors: Path, strict: bool) -> None:
    """The 5 valid sets pass. Of the 21 invalid ones none does with strict, 3 policies apart."""
    counts = {"valid": 0, "invalid": 0}
    wrong = []
    for group, test in load(shared_vectors, "json_web_key_test"):
        counts[test["result"]] += 1
        try:
            keys = Key.from_jwks(key_set(group), strict=strict)
        except InvalidKeyError:
            verdict = False
        else:
            algorithms = sorted({key.algorithm or "RS256" for key in keys})
            options = {} if strict else {"enforce_minimum_key_length": True}
            verdict = accepted(test["jws"], keys, algorithms, **options)
        if verdict != (test["result"] == "valid"):
            wrong.append(test["tcId"])
    assert counts == {"valid": 5, "invalid": 21}
    assert set(wrong) == (set() if strict else KEY_SET_POLICIES)


def test_key_file_in_both_forms(shared_vectors: Path) -> None:
    """With private keys and with public ones the strict verdict is the same, token by token."""
    refused_by_set = set()
    for group, test in load(shared_vectors, "json_web_key_test"):
        forms = [group["private"], *([group["public"]] if "public" in group else [])]
        for form in forms:
            jwks = form if "keys" in form else {"keys": [form]}
            try:
                keys = Key.from_jwks(jwks, strict=True)
            except InvalidKeyError:
                refused_by_set.add(test["tcId"])
                verdict = False
            else:
                verdict = accepted(test["jws"], keys, [jwk["alg"] for jwk in jwks["keys"]])
            assert verdict == (test["result"] == "valid"), test
    # Sets mixed, with a kid twice, with a ROCA key, with short RSA and HMAC keys.
    assert {1, 4, 7, 8, 10, 11, 12} <= refused_by_set


def test_crypto_file(shared_vectors: Path) -> None:
    """Tokens and keys in one file, JSON serialisation among them."""
    counts = {"valid": 0, "invalid": 0}
    wrong = []
    for group, test in load(shared_vectors, "json_web_crypto_test"):
        if "jws" not in test:
            continue
        counts[test["result"]] += 1
        token = test["jws"] if isinstance(test["jws"], str) else json.dumps(test["jws"])
        try:
            keys = Key.from_jwks(key_set(group), strict=True)
        except InvalidKeyError:
            verdict = False
        else:
            verdict = accepted(token, keys, sorted({key.algorithm or "RS256" for key in keys}))
        if verdict != (test["result"] == "valid"):
            wrong.append((test["tcId"], test["comment"], test["result"]))
    assert counts == {"valid": 4, "invalid": 45}
    assert wrong == []


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


# --- primitives ---

CURVES = {"secp256k1": "ES256K", "secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}

# Labelled invalid for salts of no length, because of its own long salt: for PS256 that is right.
A_CORRECT_PS256_SIGNATURE = ("rsa_pss_2048_sha256_mgf1_0_test", 69)

PRIMITIVES = {
    **{f"hmac_sha{n}_test": (f"HS{n}", 174) for n in (256, 384, 512)},
    **{
        f"ecdsa_{curve}_sha{alg[2:5]}_p1363_test": (alg, count)
        for (curve, alg), count in zip(CURVES.items(), (252, 262, 280, 318), strict=True)
    },
    "ed25519_test": ("Ed25519", 151),
    "ed448_test": ("Ed448", 87),
    **{
        f"rsa_signature_{bits}_sha{n}_test": (f"RS{n}", count)
        for bits, n, count in (
            *((2048, 256, 259), (2048, 384, 258), (2048, 512, 259)),
            *((3072, 256, 259), (3072, 384, 259), (3072, 512, 260)),
            *((4096, 256, 258), (4096, 384, 259), (4096, 512, 259)),
            (8192, 256, 258),
        )
    },
    **{
        f"rsa_pss_{bits}_sha{n}_mgf1_{salt}_test": (f"PS{n}", count)
        for bits, n, salt, count in (
            *((2048, 256, 0, 103), (2048, 256, 32, 108), (2048, 384, 48, 141)),
            *((3072, 256, 32, 108), (4096, 256, 32, 108), (4096, 384, 48, 141)),
            *((4096, 512, 32, 177), (4096, 512, 64, 179)),
        )
    },
}


def primitive_keys(group: dict[str, Any], test: dict[str, Any]) -> list[Key]:
    """The case's key from each form that it is given in; none for an empty secret."""
    if "key" in test:
        secret = bytes.fromhex(test["key"])
        return [Key.from_secret(secret)] if secret else []
    keys = [Key.from_pem(group["publicKeyPem"]), Key.from_der(bytes.fromhex(group["publicKeyDer"]))]
    jwk = group.get("publicKeyJwk") or group.get("keyJwk")
    if jwk is not None:
        keys.append(Key.from_jwk({k: v for k, v in jwk.items() if k not in ("alg", "key_ops")}))
    assert len({key.thumbprint() for key in keys}) == 1
    return keys


def expected_of_jws(name: str, group: dict[str, Any], test: dict[str, Any], alg: str) -> bool:
    """The label, as far as it is about a JWS: whole MACs, salts as long as the digest."""
    if (name, test["tcId"]) == A_CORRECT_PS256_SIGNATURE:
        return True
    if test["result"] != "valid":
        return False  # "acceptable" is a DigestInfo without NULL, which OpenSSL refuses too
    if "tagSize" in group:
        return bool(group["tagSize"] == int(alg[2:]))
    return "sLen" not in group or bool(group["sLen"] == int(alg[2:]) // 8)


@pytest.mark.parametrize("name", PRIMITIVES)
def test_primitives(shared_vectors: Path, name: str) -> None:
    alg, count = PRIMITIVES[name]
    seen, wrong = 0, []
    cached: dict[int, list[Key]] = {}
    for group, test in load(shared_vectors, name):
        seen += 1
        keys = cached.get(id(group)) or primitive_keys(group, test)
        if "key" not in test:
            cached[id(group)] = keys
        message = bytes.fromhex(test["msg"])
        signature = bytes.fromhex(test.get("sig", test.get("tag", "")))
        expected = expected_of_jws(name, group, test, alg)
        for key in keys:
            if _core._verify(alg, key, message, signature) != expected:
                wrong.append((test["tcId"], test["comment"], test["result"]))
    assert seen == count
    assert wrong == []


def test_primitives_are_all_there(shared_vectors: Path) -> None:
    """27 files, 5525 cases; 1554 of them are valid as signatures of a JWS."""
    assert len(PRIMITIVES) == 27
    assert sum(count for _, count in PRIMITIVES.values()) == 5525
    valid = sum(
        expected_of_jws(name, group, test, PRIMITIVES[name][0])
        for name in PRIMITIVES
        for group, test in load(shared_vectors, name)
    )
    assert valid == 1554 + 1  # and A_CORRECT_PS256_SIGNATURE
