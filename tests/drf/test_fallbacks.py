"""SIGNING_KEY_FALLBACKS: a new key signs, tokens of the former ones stay valid."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from unittest import mock

import jwt
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from rest_framework.test import APIClient

from pyjwtfast import Key
from pyjwtfast.drf.backends import MAX_FALLBACKS, TokenBackend
from pyjwtfast.drf.exceptions import TokenBackendError, TokenBackendExpiredToken
from pyjwtfast.drf.settings import api_settings
from pyjwtfast.drf.state import token_backend
from pyjwtfast.drf.tokens import AccessToken
from tests.api import keys
from tests.drf.conftest import PASSWORD
from tests.drf.support import claims, get, post
from tests.support import forge

NEW, OLD, OLDER, FOREIGN = (f"the {name} secret ".ljust(64, ".") for name in "abcd")
CLAIMS: dict[str, Any] = {"exp": int(time.time()) + 3600, "jti": "x"}


def accepted(backend: TokenBackend) -> str:
    """Whose tokens are: the secrets' letters."""
    taken = ""
    for secret in (NEW, OLD, OLDER, FOREIGN):
        try:
            backend.decode(forge(CLAIMS, secret=secret))
        except TokenBackendError:
            continue
        taken += secret[4]
    return taken


@pytest.mark.parametrize("cache_size", [0, 10])
@pytest.mark.parametrize("fallbacks", [[OLD, OLDER], (OLD.encode(), Key.from_secret(OLDER))])
def test_former_secrets(fallbacks: Sequence[Any], cache_size: int) -> None:
    backend = TokenBackend("HS256", NEW, cache_size=cache_size, signing_key_fallbacks=fallbacks)
    for _ in range(2):
        assert accepted(backend) == "abc"
    assert backend.encode(CLAIMS) == forge(CLAIMS, secret=NEW)
    with pytest.raises(TokenBackendExpiredToken):
        backend.decode(forge({**CLAIMS, "exp": 1}, secret=OLD))
    with pytest.raises(TokenBackendError, match=r"^Token is invalid$"):
        backend.decode(forge(CLAIMS, secret=FOREIGN))


def test_a_dropped_secret_takes_its_tokens_along() -> None:
    backend = TokenBackend("HS256", NEW, cache_size=10, signing_key_fallbacks=[OLD])
    assert accepted(backend) == "ab"
    backend.signing_key_fallbacks = []
    assert accepted(backend) == "a"
    backend.signing_key_fallbacks = [OLDER]
    assert accepted(backend) == "ac"


@pytest.mark.parametrize(
    ("algorithm", "new", "old"),
    [
        ("RS256", "rsa", "other rsa"),
        ("ES256", "p256", "other p256"),
        ("EdDSA", "ed25519", "other ed25519"),
    ],
)
def test_former_public_keys(algorithm: str, new: str, old: str) -> None:
    for former in (keys.public_pem(old), keys.private_pem(old), keys.public_ssh(old)):
        backend = TokenBackend(
            algorithm,
            keys.private_pem(new),
            keys.public_pem(new),
            signing_key_fallbacks=[former],
        )
        for name in (new, old):
            raw = jwt.encode(CLAIMS, keys.private_pem(name), algorithm)
            assert backend.decode(raw) == CLAIMS
        made = backend.encode(CLAIMS)
        assert jwt.decode(made, keys.public_pem(new), [algorithm]) == CLAIMS
        foreign = Key.generate(algorithm).to_pem(private=True)
        with pytest.raises(TokenBackendError, match=r"^Token is invalid$"):
            backend.decode(jwt.encode(CLAIMS, foreign, algorithm))


def test_a_leeway_by_a_hook() -> None:
    class Lenient(TokenBackend):
        def get_leeway(self) -> timedelta:
            return timedelta(hours=1)

    backend = Lenient("HS256", NEW, signing_key_fallbacks=[OLD, OLDER])
    assert accepted(backend) == "abc"
    late = {**CLAIMS, "exp": int(time.time()) - 60}
    assert backend.decode(forge(late, secret=OLDER)) == late
    with pytest.raises(TokenBackendExpiredToken):
        backend.decode(forge({**CLAIMS, "exp": 1}, secret=OLD))


def test_a_key_by_a_hook_is_the_only_one() -> None:
    class Tenants(TokenBackend):
        def get_verifying_key(self, token: str | bytes) -> Any:
            return OLDER

    assert accepted(Tenants("HS256", NEW, signing_key_fallbacks=[OLD])) == "c"


def test_without_any_nothing_changes() -> None:
    assert accepted(TokenBackend("HS256", NEW)) == "a"
    assert len(TokenBackend("HS256", NEW)._verifier.keys) == 1  # type: ignore[union-attr]


# --- wrong ones ---


@pytest.mark.parametrize("wrong", ["", b"", None, 5, keys.public_pem("rsa"), Key.generate("ES256")])
def test_one_that_cannot_be_used_is_left_out(wrong: Any, caplog: pytest.LogCaptureFixture) -> None:
    backend = TokenBackend("HS256", NEW, signing_key_fallbacks=[wrong, OLD])
    for _ in range(2):
        assert accepted(backend) == "ab"
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert record.getMessage().startswith(
        "The setting SIGNING_KEY_FALLBACKS[0] cannot be used to verify tokens: "
    )


def test_one_that_may_not_verify_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    other = Key.generate("ES256").public().to_jwk()
    encrypts = Key.from_jwk({**other, "use": "enc"})
    backend = TokenBackend(
        "ES256",
        keys.private_pem("p256"),
        keys.public_pem("p256"),
        signing_key_fallbacks=[encrypts],
    )
    assert backend.decode(backend.encode(CLAIMS)) == CLAIMS
    assert len(caplog.records) == 1


@pytest.mark.parametrize("wrong", [OLD, OLD.encode(), 5, {OLD}, {"old": OLD}])
def test_no_list(wrong: Any) -> None:
    """Of a text each character would be a key."""
    with pytest.raises(TypeError, match="Former keys must be in a list, not a "):
        TokenBackend("HS256", NEW, signing_key_fallbacks=wrong)
    backend = TokenBackend("HS256", NEW)
    backend.signing_key_fallbacks = wrong
    with pytest.raises(TypeError, match="Former keys must be in a list, not a "):
        backend.decode(forge(CLAIMS, secret=NEW))


def test_too_many() -> None:
    former = [f"{number}".rjust(32, "x") for number in range(MAX_FALLBACKS + 1)]
    with pytest.raises(ValueError, match="16 former keys are too many: at most 15"):
        TokenBackend("HS256", NEW, signing_key_fallbacks=former)
    backend = TokenBackend("HS256", NEW, signing_key_fallbacks=former[1:])
    assert backend.decode(forge(CLAIMS, secret=former[-1])) == CLAIMS


def test_a_short_one_is_warned_of_by_name() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        backend = TokenBackend("HS256", NEW, signing_key_fallbacks=["short"])
        assert backend.decode(forge(CLAIMS, secret="short")) == CLAIMS
    (warning,) = caught
    assert str(warning.message) == (
        "The setting SIGNING_KEY_FALLBACKS[0] has 5 bytes; "
        "HS256 wants at least 32 (RFC 7518 section 3.2)."
    )


# --- by the settings ---


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"SECRET_KEY": OLD}, {"SECRET_KEY": NEW, "SECRET_KEY_FALLBACKS": [OLD]}),
        (
            {"SIMPLE_JWT": {"SIGNING_KEY": OLD}},
            {"SIMPLE_JWT": {"SIGNING_KEY": NEW, "SIGNING_KEY_FALLBACKS": [OLD]}},
        ),
        (
            {"SIMPLE_JWT": {"SIGNING_KEY": OLD}, "SECRET_KEY": OLD},
            # As simplejwt's documentation has it: the same key by name.
            {
                "SIMPLE_JWT": {"SIGNING_KEY": NEW},
                "SECRET_KEY": NEW,
                "SECRET_KEY_FALLBACKS": [OLD],
            },
        ),
        (
            {
                "SIMPLE_JWT": {
                    "ALGORITHM": "ES256",
                    "SIGNING_KEY": keys.private_pem("other p256"),
                    "VERIFYING_KEY": keys.public_pem("other p256"),
                }
            },
            {
                "SIMPLE_JWT": {
                    "ALGORITHM": "ES256",
                    "SIGNING_KEY": keys.private_pem("p256"),
                    "VERIFYING_KEY": keys.public_pem("p256"),
                    "SIGNING_KEY_FALLBACKS": [keys.public_pem("other p256")],
                }
            },
        ),
    ],
    ids=["SECRET_KEY", "SIGNING_KEY", "the same key", "ES256"],
)
def test_a_change_of_the_key_logs_nobody_out(
    client: APIClient, user: Any, before: dict[str, Any], after: dict[str, Any]
) -> None:
    login = {"username": "anna", "password": PASSWORD}
    with override_settings(**before):
        held = post(client, "/ours/token/", login).body
    with override_settings(**after):
        assert get(client, "/ours/who/", f"Bearer {held['access']}").status == 200
        renewed = post(client, "/ours/token/refresh/", {"refresh": held["refresh"]})
        assert renewed.status == 200
    without = {**after, "SECRET_KEY_FALLBACKS": []}
    if "SIMPLE_JWT" in after:
        kept = {k: v for k, v in after["SIMPLE_JWT"].items() if k != "SIGNING_KEY_FALLBACKS"}
        without["SIMPLE_JWT"] = kept
    with override_settings(**without):  # the former key is gone; the new token is of the new one
        assert get(client, "/ours/who/", f"Bearer {renewed.body['access']}").status == 200
        assert get(client, "/ours/who/", f"Bearer {held['access']}").status == 401


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ({"SECRET_KEY_FALLBACKS": [OLD]}, [OLD]),
        ({"SECRET_KEY_FALLBACKS": [OLD], "SIMPLE_JWT": {"SIGNING_KEY_FALLBACKS": []}}, []),
        ({"SECRET_KEY_FALLBACKS": [OLD], "SIMPLE_JWT": {"SIGNING_KEY": NEW}}, ()),
        ({"SECRET_KEY_FALLBACKS": [OLD], "SIMPLE_JWT": {"ALGORITHM": "RS256"}}, ()),
        (
            {"SECRET_KEY_FALLBACKS": [OLD], "SIMPLE_JWT": {"SIGNING_KEY_FALLBACKS": [OLDER]}},
            [OLDER],
        ),
    ],
)
def test_which_are_meant(override: dict[str, Any], expected: Any) -> None:
    with override_settings(**override):
        assert expected == api_settings.SIGNING_KEY_FALLBACKS
        assert expected == token_backend.signing_key_fallbacks
    assert api_settings.SIGNING_KEY_FALLBACKS == []


def test_a_signing_key_that_is_patched_leaves_those_of_the_old_one() -> None:
    with override_settings(SECRET_KEY_FALLBACKS=[OLD]):
        assert AccessToken(forge(claims(), secret=OLD))["user_id"] == "1"
        with mock.patch.object(api_settings, "SIGNING_KEY", NEW):
            assert accepted(token_backend) == "a"
        assert accepted(token_backend) == "b"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            {"SIMPLE_JWT": {"SIGNING_KEY_FALLBACKS": OLD}},
            "SIMPLE_JWT['SIGNING_KEY_FALLBACKS']: Former keys must be in a list, not a str.",
        ),
        (
            {"SECRET_KEY_FALLBACKS": [OLD] * 16},
            "SECRET_KEY_FALLBACKS: 16 former keys are too many: at most 15.",
        ),
    ],
)
def test_wrong_settings(override: dict[str, Any], message: str) -> None:
    with override_settings(**override), pytest.raises(ImproperlyConfigured) as caught:
        AccessToken(forge(claims(), secret=OLD))
    assert str(caught.value) == message
