"""Asymmetric keys of the backend, beside simplejwt's; settings without the one key or the other."""

from __future__ import annotations

import json
import time
import uuid
import warnings
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from django.test import override_settings
from rest_framework.test import APIClient
from rest_framework_simplejwt.backends import TokenBackend as TheirBackend
from rest_framework_simplejwt.exceptions import TokenBackendError as TheirError
from rest_framework_simplejwt.exceptions import TokenBackendExpiredToken as TheirExpired

import pyjwtfast
from pyjwtfast import Key, PyJWK
from pyjwtfast.drf.backends import ALLOWED_ALGORITHMS, TokenBackend
from pyjwtfast.drf.exceptions import TokenBackendError, TokenBackendExpiredToken
from pyjwtfast.drf.state import token_backend
from pyjwtfast.drf.tokens import AccessToken
from pyjwtfast.exceptions import InvalidKeyError
from pyjwtfast.warnings import InsecureKeyLengthWarning
from tests.api import keys
from tests.api.jwks_server import make_certificate
from tests.drf.support import claims, get, post
from tests.support import LONG_SECRET, forge

NOW = int(time.time())
CLAIMS: dict[str, Any] = {"exp": NOW + 3600, "jti": "x", "n": [1, {"a": None}]}
ASYMMETRIC = sorted(name for name in ALLOWED_ALGORITHMS if not name.startswith("HS"))
KEY_OF = {**keys.ALGORITHMS, "Ed25519": "ed25519", "Ed448": "ed448"}
BOTH = sorted(keys.ALGORITHMS)
DIFFERENT = {"RS256": "other rsa", "ES256": "other p256", "EdDSA": "other ed25519"}


def pair_of(algorithm: str, name: str = "") -> tuple[str, str]:
    """Private and public key, as PEM."""
    name = name or KEY_OF[algorithm]
    return keys.private_pem(name).decode(), keys.public_pem(name).decode()


def both(algorithm: str, **more: Any) -> tuple[TokenBackend, TheirBackend]:
    pair = pair_of(algorithm)
    return TokenBackend(algorithm, *pair, **more), TheirBackend(algorithm, *pair, **more)


def outcome(decode: Callable[[Any], Any], token: Any) -> Any:
    """The claims, or class and message of the error: the same for both libraries."""
    try:
        return decode(token)
    except (TokenBackendError, TheirError) as error:
        return type(error).__name__, str(error)


# --- beside simplejwt ---


@pytest.mark.parametrize("algorithm", BOTH)
def test_each_accepts_the_others_tokens(algorithm: str) -> None:
    ours, theirs = both(algorithm, audience="them", issuer="us")
    expected = {**CLAIMS, "aud": "them", "iss": "us"}
    mine, other = ours.encode(CLAIMS), theirs.encode(CLAIMS)
    assert mine.split(".")[:2] == other.split(".")[:2]
    assert theirs.decode(mine) == ours.decode(other) == expected
    assert ours.decode(other.encode()) == ours.decode(mine) == expected


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_the_same_errors(algorithm: str) -> None:
    ours, theirs = both(algorithm, audience="them", leeway=5)
    claims = {**CLAIMS, "aud": "them"}
    private, public = pair_of(algorithm)
    other, _ = pair_of(algorithm, DIFFERENT[algorithm])

    def signed(key: Any = private, algorithm: str = algorithm, **changes: Any) -> str:
        return jwt.encode({**claims, **changes}, key, algorithm)

    good = signed()
    head, body, signature = good.split(".")
    rsa = keys.private_pem("rsa")
    tokens = {
        "good": good,
        "bytes": good.encode(),
        "other key": signed(other),
        "another algorithm": signed(rsa, "RS512" if algorithm == "RS256" else "RS256"),
        "expired": signed(exp=1),
        "just expired": signed(exp=int(time.time()) - 2),
        "not yet": signed(nbf=NOW + 86_400),
        "audience": signed(aud="others"),
        "jti": forge({**claims, "jti": 5}),
        "public key as a secret": forge(claims, secret=public),
        "none": jwt.encode(claims, None, "none"),
        "no signature": f"{head}.{body}.",
        "cut": good[:-10],
        "swapped": f"{head}.{body[::-1]}.{signature}",
        "empty": "",
        "no token": "a.b.c",
        "no text": 5,
    }
    for name, token in tokens.items():
        result = outcome(ours.decode, token)
        assert result == outcome(theirs.decode, token), name
        assert isinstance(result, dict) is (name in ("good", "bytes", "just expired")), name
    for decode, error in (
        (ours.decode, TokenBackendExpiredToken),
        (theirs.decode, TheirExpired),
    ):
        with pytest.raises(error):
            decode(tokens["expired"])


@pytest.mark.django_db
@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_views(
    client: APIClient, configure: Callable[..., None], user: Any, algorithm: str
) -> None:
    private, public = pair_of(algorithm)
    configure(ALGORITHM=algorithm, SIGNING_KEY=private, VERIFYING_KEY=public)
    login = {"username": "anna", "password": "a password"}
    pairs = {side: post(client, f"/{side}/token/", login).body for side in ("ours", "theirs")}
    foreign, _ = pair_of(algorithm, DIFFERENT[algorithm])
    forged = jwt.encode(claims(user_id=str(user.pk)), foreign, algorithm)
    for reader in ("ours", "theirs"):
        for pair in pairs.values():
            assert get(client, f"/{reader}/who/", f"Bearer {pair['access']}").status == 200
            refreshed = post(client, f"/{reader}/token/refresh/", {"refresh": pair["refresh"]})
            assert refreshed.status == 200
    for raw in (forged, forge(claims(), secret=public), pairs["ours"]["refresh"]):
        ours, theirs = (get(client, f"/{side}/who/", f"Bearer {raw}") for side in pairs)
        assert ours == theirs
        assert ours.status == 401


# --- keys and their forms ---


@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_every_algorithm(algorithm: str) -> None:
    backend = TokenBackend(algorithm, *pair_of(algorithm), cache_size=8)
    for _ in range(2):
        assert backend.decode(backend.encode(CLAIMS)) == CLAIMS
    assert pyjwtfast.get_unverified_header(backend.encode(CLAIMS)) == {
        "alg": algorithm,
        "typ": "JWT",
    }
    token = jwt.encode(CLAIMS, LONG_SECRET, "HS256")
    with pytest.raises(TokenBackendError, match=r"^Invalid algorithm specified$"):
        backend.decode(token)


def test_forms_of_a_key() -> None:
    private, public = pair_of("ES256")
    key = Key.from_pem(private)
    forms: list[Any] = [
        public.encode(),
        keys.public_ssh("p256").decode(),
        key.public(),
        key.public().to_der(),
        keys.public_object("p256"),
        PyJWK({**key.public().to_jwk(), "alg": "ES256"}),
        private,
    ]
    token = TokenBackend("ES256", private).encode(CLAIMS)
    for form in forms:
        backend = TokenBackend("ES256", None, form)
        assert backend.decode(token) == CLAIMS
        assert isinstance(backend.prepared_verifying_key, Key)
        assert not backend.prepared_verifying_key.is_private
    for form in (private.encode(), key, keys.private_object("p256"), key.to_der(private=True)):
        assert TokenBackend("ES256", None, public).decode(
            TokenBackend("ES256", form).encode(CLAIMS)
        )


def test_a_certificate(tmp_path: Any) -> None:
    chain, _ = make_certificate(tmp_path)
    private, certificate = chain.read_text().split("-----BEGIN CERTIFICATE-----")
    backend = TokenBackend("ES256", private, f"-----BEGIN CERTIFICATE-----{certificate}")
    assert backend.decode(backend.encode(CLAIMS)) == CLAIMS


def test_a_key_object_as_a_secret() -> None:
    backend = TokenBackend("HS256", Key.from_secret(LONG_SECRET))
    assert backend.encode(CLAIMS) == forge(CLAIMS, secret=LONG_SECRET)
    assert backend.decode(forge(CLAIMS, secret=LONG_SECRET)) == CLAIMS
    with pytest.raises(InvalidKeyError, match=r"HS256 needs a secret, not a key of type RSA\.$"):
        TokenBackend("HS256", Key.from_pem(keys.public_pem("rsa"))).encode(CLAIMS)


def test_keys_are_prepared_once() -> None:
    backend = TokenBackend("RS256", *pair_of("RS256"))
    assert backend.prepared_signing_key is backend.prepared_signing_key
    assert backend.prepared_verifying_key is backend.prepared_verifying_key
    backend.leeway = 5
    before = backend.prepared_signing_key
    backend.signing_key = pair_of("RS256", "other rsa")[0]
    assert backend.prepared_signing_key is not before
    with pytest.raises(TokenBackendError):
        backend.decode(backend.encode(CLAIMS))
    backend.verifying_key = pair_of("RS256", "other rsa")[1]
    assert backend.decode(backend.encode(CLAIMS)) == CLAIMS


def test_json_encoder() -> None:
    class Encoder(json.JSONEncoder):
        def default(self, o: Any) -> Any:
            return str(o)

    private, public = pair_of("RS256")
    backend = TokenBackend("RS256", private, public, json_encoder=Encoder)
    identifier = uuid.UUID(int=5)
    assert backend.decode(backend.encode({"u": identifier})) == {"u": str(identifier)}
    with pytest.raises(InvalidKeyError, match="tokens can be verified, but not signed"):
        TokenBackend("RS256", None, public, json_encoder=Encoder).encode({})


# --- keys that are missing or wrong ---


def test_verify_only(caplog: pytest.LogCaptureFixture) -> None:
    private, public = pair_of("RS256")
    backend = TokenBackend("RS256", None, public)
    assert backend.decode(jwt.encode(CLAIMS, private, "RS256")) == CLAIMS
    assert backend.prepared_signing_key is None
    with pytest.raises(InvalidKeyError, match="is None: tokens can be verified, but not signed"):
        backend.encode(CLAIMS)
    assert caplog.records == []


def test_verify_only_by_the_settings() -> None:
    """SIGNING_KEY is SECRET_KEY then, and nothing minds before a token is to be signed."""
    private, public = pair_of("RS256")
    raw = jwt.encode(claims(), private, "RS256")
    with override_settings(SIMPLE_JWT={"ALGORITHM": "RS256", "VERIFYING_KEY": public}):
        assert AccessToken(raw)["user_id"] == "1"
        with pytest.raises(InvalidKeyError) as caught:
            str(AccessToken())
    assert str(caught.value) == (
        "The setting SECRET_KEY cannot be used: RS256 needs the text of a key (PEM, say), "
        "not a secret or a file's name."
    )


@pytest.mark.parametrize("verifying_key", ["", None])
def test_sign_only(verifying_key: Any, caplog: pytest.LogCaptureFixture) -> None:
    private, public = pair_of("RS256")
    with override_settings(
        SIMPLE_JWT={
            "ALGORITHM": "RS256",
            "SIGNING_KEY": private,
            "VERIFYING_KEY": verifying_key,
        }
    ):
        raw = token_backend.encode(CLAIMS)
        assert jwt.decode(raw, public, ["RS256"]) == CLAIMS
        assert token_backend.prepared_verifying_key is None
        with pytest.raises(TokenBackendError, match=r"^Token is invalid$"):
            token_backend.decode(raw)
        assert token_backend.decode(raw, verify=False) == CLAIMS
    (record,) = caplog.records
    assert record.getMessage() == (
        "The setting SIMPLE_JWT['VERIFYING_KEY'] cannot be used to verify tokens: "
        "it is not set: tokens can be signed, but not verified."
    )


WRONG = {
    "a secret": ("RS256", LONG_SECRET, "needs the text of a key"),
    "a file's name": ("RS256", "/etc/ssl/key.pem", "or a file's name"),
    "damaged": ("RS256", "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----", "damaged"),
    "line ends": (
        "RS256",
        pair_of("RS256")[1].replace("\n", "\\n"),
        r"\.replace\('\\\\n', '\\n'\)",
    ),
    "another type": ("RS256", pair_of("ES256")[1], "RSAPublicKey"),
    "another curve": ("ES256", pair_of("ES384")[1], "secp384r1"),
    "a secret's Key": ("ES256", Key.from_secret(LONG_SECRET), "a Key of type oct"),
    "no key": ("RS256", 5, "needs a key, not an object of type int"),
    "Ed25519 for Ed448": ("Ed448", pair_of("Ed25519")[1], "Ed448"),
    "bound": (
        "RS256",
        Key.from_pem(keys.public_pem("rsa"), algorithm="PS256"),
        "it is a key for PS256, not for RS256",
    ),
}


@pytest.mark.parametrize("name", sorted(WRONG))
def test_wrong_keys(name: str, caplog: pytest.LogCaptureFixture) -> None:
    algorithm, key, reason = WRONG[name]
    backend = TokenBackend(algorithm, key, key)
    for attribute in ("prepared_signing_key", "prepared_verifying_key"):
        with pytest.raises(InvalidKeyError, match=reason) as caught:
            getattr(backend, attribute)
        assert "MFkw" not in str(caught.value)
    with pytest.raises(InvalidKeyError, match=r"^The setting SIGNING_KEY .* cannot be used: "):
        backend.encode(CLAIMS)
    with pytest.raises(TokenBackendError, match=r"^Token is invalid$"):
        backend.decode(TokenBackend(algorithm, pair_of(algorithm)[0]).encode(CLAIMS))
    (record,) = caplog.records
    assert record.getMessage().startswith("The setting VERIFYING_KEY cannot be used to verify")


def test_a_public_key_does_not_sign() -> None:
    _, public = pair_of("RS256")
    with pytest.raises(InvalidKeyError, match=r"is a public key; the private one signs\.$"):
        TokenBackend("RS256", public, public).encode(CLAIMS)


def test_a_short_rsa_key_is_warned_of_once_and_by_name() -> None:
    pair = pair_of("RS256", "short rsa")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        backend = TokenBackend("RS256", *pair)
        for _ in range(2):
            assert backend.decode(backend.encode(CLAIMS)) == CLAIMS
    assert [str(each.message) for each in caught] == [
        f"The setting {name} has 1024 bits; RS256 wants at least 2048 (RFC 7518 section 3.3)."
        for name in ("SIGNING_KEY (where it is not set, SECRET_KEY)", "VERIFYING_KEY")
    ]
    assert all(each.category is InsecureKeyLengthWarning for each in caught)


def test_subclasses_may_choose_keys() -> None:
    private, public = pair_of("ES256")

    class Elsewhere(TokenBackend):
        prepared_signing_key = private  # type: ignore[assignment]
        prepared_verifying_key = public  # type: ignore[assignment]

    backend = Elsewhere("ES256")
    assert backend.decode(backend.encode(CLAIMS)) == CLAIMS

    class Tenants(TokenBackend):
        def get_verifying_key(self, token: str | bytes) -> Any:
            return public

    assert Tenants("ES256").decode(backend.encode(CLAIMS)) == CLAIMS


def test_without_verification_no_key_is_needed() -> None:
    raw = jwt.encode(CLAIMS, pair_of("RS256", "other rsa")[0], "RS256")
    for key in ("", None, "no key", pair_of("RS256")[1]):
        assert TokenBackend("RS256", None, key).decode(raw, verify=False) == CLAIMS


def test_an_override_changes_the_keys(client: APIClient) -> None:
    before = AccessToken()
    before["user_id"] = "1"
    old = str(before)
    private, public = pair_of("ES256")
    values = {"ALGORITHM": "ES256", "SIGNING_KEY": private, "VERIFYING_KEY": public}
    with override_settings(SIMPLE_JWT=values):
        inside = AccessToken()
        inside["user_id"] = "1"
        new = str(inside)
        assert get(client, "/ours/stateless/", f"Bearer {new}").status == 200
        assert get(client, "/ours/stateless/", f"Bearer {old}").status == 401
    assert get(client, "/ours/stateless/", f"Bearer {new}").status == 401
    assert get(client, "/ours/stateless/", f"Bearer {old}").status == 200
