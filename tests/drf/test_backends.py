"""TokenBackend: its arguments, its errors, what subclasses may change."""

from __future__ import annotations

import json
import time
import uuid
import warnings
from datetime import timedelta
from typing import Any

import jwt
import pytest
from rest_framework_simplejwt.backends import ALLOWED_ALGORITHMS as THEIR_ALGORITHMS
from rest_framework_simplejwt.backends import TokenBackend as TheirBackend

from pyjwtfast.drf.backends import ALLOWED_ALGORITHMS, TokenBackend
from pyjwtfast.drf.exceptions import TokenBackendError, TokenBackendExpiredToken
from pyjwtfast.exceptions import InvalidKeyError, PyJWKClientError
from pyjwtfast.warnings import InsecureKeyLengthWarning
from tests.support import LONG_SECRET, OTHER_SECRET, SECRET, forge

NOW = int(time.time())
CLAIMS: dict[str, Any] = {"exp": NOW + 3600, "jti": "x", "n": [1, {"a": None}]}


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_round_trip_with_simplejwt(algorithm: str) -> None:
    ours = TokenBackend(algorithm, LONG_SECRET)
    theirs = TheirBackend(algorithm, LONG_SECRET)
    assert ours.encode(CLAIMS) == theirs.encode(CLAIMS)
    assert ours.decode(theirs.encode(CLAIMS)) == CLAIMS
    assert ours.decode(theirs.encode(CLAIMS).encode()) == CLAIMS


def test_algorithms() -> None:
    assert THEIR_ALGORITHMS | {"Ed25519", "Ed448"} == ALLOWED_ALGORITHMS  # RFC 9864
    for algorithm in ("none", "hs256", "", "NONE", "HS"):
        with pytest.raises(TokenBackendError, match=f"^Unrecognized algorithm type '{algorithm}'$"):
            TokenBackend(algorithm, SECRET)


@pytest.mark.parametrize(
    ("token", "error", "message"),
    [
        (forge(CLAIMS, secret=OTHER_SECRET), TokenBackendError, "Token is invalid"),
        (
            forge(CLAIMS, algorithm="HS384", secret=SECRET),
            TokenBackendError,
            "Invalid algorithm specified",
        ),
        (forge({**CLAIMS, "exp": 1}), TokenBackendExpiredToken, "Token is expired"),
        (forge({**CLAIMS, "nbf": NOW + 86_400}), TokenBackendError, "Token is invalid"),
        (forge({**CLAIMS, "jti": 5}), TokenBackendError, "Token is invalid"),
        (forge([]), TokenBackendError, "Token is invalid"),
        ("", TokenBackendError, "Token is invalid"),
        ("a.b.c", TokenBackendError, "Token is invalid"),
        ("é.é.é", TokenBackendError, "Token is invalid"),
        (b"\xff", TokenBackendError, "Token is invalid"),
        ("." * 300_000, TokenBackendError, "Token is invalid"),
        (5, TokenBackendError, "Token is invalid"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_errors(token: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        TokenBackend("HS256", SECRET).decode(token)
    assert type(caught.value) is error
    assert str(caught.value) == message
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize(
    ("audience", "aud", "accepted"),
    [
        (None, "anything", True),
        (None, 5, True),
        ("a", "a", True),
        ("a", ["b", "a"], True),
        ("a", "b", False),
        ("a", None, False),
        (["a", "b"], "b", True),
        (("a", "b"), "c", False),
        ({"a"}, "a", True),
    ],
)
def test_audience(audience: Any, aud: Any, accepted: bool) -> None:
    claims = CLAIMS if aud is None else {**CLAIMS, "aud": aud}
    for backend in (TokenBackend, TheirBackend):
        reader = backend("HS256", SECRET, audience=audience)
        if accepted:
            assert reader.decode(forge(claims)) == claims
        else:
            with pytest.raises(Exception, match="Token is invalid"):
                reader.decode(forge(claims))


def test_issuer_and_audience_are_written() -> None:
    backend = TokenBackend("HS256", SECRET, audience="them", issuer="us")
    claims = dict(CLAIMS)
    written = backend.decode(backend.encode(claims))
    assert written == {**CLAIMS, "aud": "them", "iss": "us"}
    assert claims == CLAIMS
    with pytest.raises(TokenBackendError, match="Token is invalid"):
        TokenBackend("HS256", SECRET, audience="them", issuer="others").decode(
            backend.encode(claims)
        )


def test_without_verification() -> None:
    backend = TokenBackend("HS256", SECRET)
    claims = {"exp": 1, "jti": 5, "aud": "x"}
    assert backend.decode(forge(claims, secret=OTHER_SECRET), verify=False) == claims
    assert TokenBackend("HS256").decode(forge(claims), verify=False) == claims
    with pytest.raises(TokenBackendError, match="Token is invalid"):
        backend.decode("a.b", verify=False)


@pytest.mark.parametrize(
    ("leeway", "seconds"), [(None, 0), (0, 0), (5, 5), (2.5, 2.5), (timedelta(minutes=1), 60)]
)
def test_leeway(leeway: Any, seconds: float) -> None:
    backend = TokenBackend("HS256", SECRET, leeway=leeway)
    assert backend.get_leeway() == timedelta(seconds=seconds)
    within, without = ({**CLAIMS, "exp": int(time.time() - age)} for age in (seconds - 2, 1e5))
    assert backend.decode(forge(within)) == within
    with pytest.raises(TokenBackendExpiredToken):
        backend.decode(forge(without))


def test_wrong_leeway() -> None:
    for leeway in ("5", [], object()):
        backend = TokenBackend("HS256", SECRET, leeway=leeway)  # type: ignore[arg-type]
        with pytest.raises(TokenBackendError, match=r"Unrecognized type '.*', 'leeway' must be of"):
            backend.decode(forge(CLAIMS))
    for number in (-1, float("nan"), float("inf"), timedelta(seconds=-1)):
        with pytest.raises(ValueError, match="leeway"):
            TokenBackend("HS256", SECRET, leeway=number).decode(forge(CLAIMS))


def test_attributes_may_be_assigned_later() -> None:
    backend = TokenBackend("HS256", SECRET, cache_size=10)
    late = forge({**CLAIMS, "exp": NOW - 30})
    with pytest.raises(TokenBackendExpiredToken):
        backend.decode(late)
    backend.leeway = timedelta(hours=1)
    assert backend.decode(late)["jti"] == "x"
    backend.leeway = None
    with pytest.raises(TokenBackendExpiredToken):
        backend.decode(late)
    assert backend.decode(forge(CLAIMS)) == CLAIMS
    backend.signing_key = OTHER_SECRET
    with pytest.raises(TokenBackendError):
        backend.decode(forge(CLAIMS))
    assert backend.encode(CLAIMS) == forge(CLAIMS, secret=OTHER_SECRET)


NO_SECRETS = ("", b"", "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----")


@pytest.mark.parametrize("key", NO_SECRETS)
def test_keys_that_are_none(key: Any) -> None:
    with pytest.raises(InvalidKeyError):
        TokenBackend("HS256", key).encode(CLAIMS)
    assert TokenBackend("HS256").prepared_signing_key is None
    with pytest.raises(TypeError):
        TokenBackend("HS256").encode(CLAIMS)


class UUIDEncoder(json.JSONEncoder):
    def default(self, o: Any) -> Any:
        return str(o) if isinstance(o, uuid.UUID) else super().default(o)


def test_a_short_key_is_warned_of_once_and_by_name() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        backend = TokenBackend("HS384", b"x" * 40)
        for _ in range(2):
            assert backend.decode(backend.encode(CLAIMS)) == CLAIMS
    (warning,) = caught
    assert warning.category is InsecureKeyLengthWarning
    assert str(warning.message) == (
        "The setting SIGNING_KEY (where it is not set, SECRET_KEY) has 40 bytes; "
        "HS384 wants at least 48 (RFC 7518 section 3.2)."
    )


def test_a_short_key_of_a_subclass_is_warned_of() -> None:
    class Elsewhere(TokenBackend):
        prepared_signing_key = "short"  # type: ignore[assignment]

    with pytest.warns(InsecureKeyLengthWarning, match="^The HMAC key is 5 bytes long"):
        Elsewhere("HS256", "not used").encode(CLAIMS)


def test_json_encoder() -> None:
    claims = {**CLAIMS, "u": uuid.UUID(int=5)}
    with pytest.raises(TypeError):
        TokenBackend("HS256", SECRET).encode(claims)
    backend = TokenBackend("HS256", SECRET, json_encoder=UUIDEncoder)
    assert backend.encode(claims) == jwt.encode(claims, SECRET, json_encoder=UUIDEncoder)


def test_a_subclass_may_choose_the_key_by_token() -> None:
    class Tenants(TokenBackend):
        def get_verifying_key(self, token: str | bytes) -> Any:
            return {"a": SECRET, "b": OTHER_SECRET}[jwt.get_unverified_header(token)["tenant"]]

    backend = Tenants("HS256", "never used by decode, but long enough", cache_size=10)
    header = {"alg": "HS256", "tenant": "a"}
    assert backend.decode(forge(CLAIMS, header, SECRET)) == CLAIMS
    assert backend.decode(forge(CLAIMS, {**header, "tenant": "b"}, OTHER_SECRET)) == CLAIMS
    with pytest.raises(TokenBackendError):
        backend.decode(forge(CLAIMS, {**header, "tenant": "b"}, SECRET))


SETTING = (
    "The setting SIGNING_KEY (where it is not set, SECRET_KEY) cannot be used to verify tokens"
)


@pytest.mark.parametrize("key", [None, *NO_SECRETS])
@pytest.mark.parametrize("lenient", [False, True])
def test_a_wrong_setting_is_logged(
    key: Any, lenient: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """A token is answered as an invalid one; the project's log says what to correct."""

    class Lenient(TokenBackend):
        def get_leeway(self) -> timedelta:
            return timedelta(hours=1)

    backend = (Lenient if lenient else TokenBackend)("HS256", key)
    for count in (1, 2):
        with pytest.raises(TokenBackendError, match=r"^Token is invalid$") as caught:
            backend.decode(forge(CLAIMS))
        assert isinstance(caught.value.__cause__, InvalidKeyError)
        assert len(caplog.records) == count
    for record in caplog.records:
        assert (record.name, record.levelname) == ("pyjwtfast.drf.backends", "ERROR")
        assert record.getMessage() == f"{SETTING}: {caught.value.__cause__}"
        assert "MFkw" not in record.getMessage()


@pytest.mark.parametrize("key", [None, *NO_SECRETS])
def test_a_wrong_key_of_a_subclass_is_logged(key: Any, caplog: pytest.LogCaptureFixture) -> None:
    class Tenants(TokenBackend):
        def get_verifying_key(self, token: str | bytes) -> Any:
            return key

    with pytest.raises(TokenBackendError, match=r"^Token is invalid$"):
        Tenants("HS256", SECRET).decode(forge(CLAIMS))
    (record,) = caplog.records
    assert "Tenants.get_verifying_key() returned cannot be used" in record.getMessage()


def test_a_subclass_that_finds_no_key(caplog: pytest.LogCaptureFixture) -> None:
    """Keys fetched from elsewhere: what the fetching raises makes the token invalid, too."""

    class Fetching(TokenBackend):
        def get_verifying_key(self, token: str | bytes) -> Any:
            raise PyJWKClientError("no key with this kid")

    with pytest.raises(TokenBackendError, match=r"^Token is invalid$"):
        Fetching("HS256", SECRET).decode(forge(CLAIMS))
    assert caplog.records == []


def test_an_invalid_token_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    for token in ("", "a.b.c", forge(CLAIMS, secret=OTHER_SECRET), forge({**CLAIMS, "exp": 1})):
        with pytest.raises(TokenBackendError):
            TokenBackend("HS256", SECRET).decode(token)
    assert caplog.records == []


def test_a_subclass_may_choose_the_leeway() -> None:
    class Lenient(TokenBackend):
        def get_leeway(self) -> timedelta:
            return timedelta(hours=1)

    assert Lenient("HS256", SECRET).decode(forge({**CLAIMS, "exp": NOW - 60}))["jti"] == "x"


def test_a_subclass_may_choose_the_signing_key() -> None:
    class Elsewhere(TokenBackend):
        prepared_signing_key = SECRET  # type: ignore[assignment]

    assert Elsewhere("HS256").encode(CLAIMS) == forge(CLAIMS)
    assert Elsewhere("HS256").decode(forge(CLAIMS)) == CLAIMS


def test_a_remembered_token_still_expires() -> None:
    backend = TokenBackend("HS256", SECRET, cache_size=10)
    claims = {"exp": int(time.time()) + 3600}
    token = forge(claims)
    first = backend.decode(token)
    first["exp"] = "changed by the caller"
    assert backend.decode(token) == claims
    assert backend._verifier.cache_info().hits == 1
    backend.leeway = 0
    assert backend._verifier.cache_info().hits == 0
