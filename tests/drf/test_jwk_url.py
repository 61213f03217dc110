"""JWK_URL: keys from an endpoint that changes them, fails, or answers with nonsense."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from rest_framework.test import APIClient
from rest_framework_simplejwt.backends import TokenBackend as TheirBackend

import pyjwtfast
from pyjwtfast import Key, PyJWKClient, Signer
from pyjwtfast.drf.backends import TokenBackend, _JWKSVerifier
from pyjwtfast.drf.exceptions import KeysUnavailable, TokenBackendError, TokenBackendExpiredToken
from pyjwtfast.drf.state import token_backend
from pyjwtfast.jwks_client import UnknownKeyError
from tests.api.jwks_server import JWKSServer, breaks_off, hangs_up, says, sends, serving
from tests.drf.conftest import PASSWORD
from tests.drf.support import claims, get, post

CLAIMS: dict[str, Any] = {"exp": int(time.time()) + 3600, "jti": "x"}
FIRST = Key.generate("RS256", kid="first")
SECOND = Key.generate("RS256", kid="second")
STRANGER = Key.generate("RS256", kid="stranger")
CURVE = Key.generate("ES256", kid="curve")

EAGER = {"cooldown_duration": 0, "background_refresh": False}


def document(*keys: Key, **members: Any) -> dict[str, Any]:
    return {"keys": [{**key.public().to_jwk(), "use": "sig", **members} for key in keys]}


def token(key: Key = FIRST, /, algorithm: str = "RS256", **changes: Any) -> str:
    return Signer(key, algorithm).sign({**CLAIMS, **changes})


def access(key: Key = FIRST) -> str:
    return Signer(key, "RS256").sign(claims())


@pytest.fixture
def server() -> Iterator[JWKSServer]:
    with serving() as server:
        server.behave = says(document(FIRST))
        yield server


@pytest.fixture
def backend(server: JWKSServer) -> TokenBackend:
    return TokenBackend(
        "RS256", FIRST, jwk_url=server.uri, jwk_client_options=EAGER, cache_size=100
    )


def expire(backend: TokenBackend) -> None:
    """Let the lifespan of the set be over."""
    assert backend.jwks_client is not None
    assert backend.jwks_client.jwk_set_cache is not None
    kept = backend.jwks_client.jwk_set_cache.get()
    backend.jwks_client.jwk_set_cache.put(kept, age=301)


def verifiers(backend: TokenBackend) -> list[Any]:
    gc.collect()
    assert isinstance(backend._verifier, _JWKSVerifier)
    return [each for each in backend._verifier._verifiers.values() if each is not None]


# --- tokens ---


def test_tokens(backend: TokenBackend, server: JWKSServer) -> None:
    server.behave = says(document(FIRST, SECOND))
    for key in (FIRST, SECOND, FIRST):
        assert backend.decode(token(key)) == CLAIMS
        assert backend.decode(token(key).encode()) == CLAIMS
    assert len(server.requests) == 1
    assert isinstance(backend.jwks_client, PyJWKClient)
    assert backend.get_verifying_key(token(SECOND)).thumbprint() == SECOND.thumbprint()
    with pytest.raises(TokenBackendExpiredToken, match=r"^Token is expired$"):
        backend.decode(token(exp=1))


def test_the_same_as_simplejwt(server: JWKSServer) -> None:
    server.behave = says(document(FIRST, SECOND))
    ours = TokenBackend("RS256", jwk_url=server.uri)
    theirs = TheirBackend("RS256", jwk_url=server.uri)
    good = token()
    for raw in (
        good,
        token(SECOND),
        token(exp=1),
        token(STRANGER),
        token(algorithm="RS512"),
        jwt.encode(CLAIMS, SECOND.to_pem(private=True), "RS256", headers={"kid": "first"}),
        jwt.encode(CLAIMS, FIRST.to_pem(private=True), "RS256"),
        jwt.encode(CLAIMS, "x" * 32, "HS256", {"kid": "first"}),
        good[:-8],
        "a.b.c",
        "",
    ):
        outcomes = []
        for each in (ours, theirs):
            try:
                outcomes.append(each.decode(raw))
            except Exception as error:
                outcomes.append((type(error).__name__, str(error)))
        assert outcomes[0] == outcomes[1], raw
    assert ours.jwks_client is not None
    assert ours.jwks_client.uri == theirs.jwks_client.uri


@pytest.mark.django_db
def test_views(client: APIClient, configure: Callable[..., None], user: Any) -> None:
    """A project that signs with the private key and reads its own set."""
    with serving() as server:
        server.behave = says(document(FIRST))
        private = FIRST.to_pem(private=True)
        configure(ALGORITHM="RS256", SIGNING_KEY=Key.from_pem(private, kid="first"))
        got = post(client, "/ours/token/", {"username": "anna", "password": PASSWORD})
        configure(ALGORITHM="RS256", JWK_URL=server.uri)
        authorization = f"Bearer {got.body['access']}"
        for side in ("ours", "theirs"):
            assert get(client, f"/{side}/who/", authorization).status == 200
        for raw in (access(STRANGER), access(SECOND)):
            ours, theirs = (
                get(client, f"/{side}/who/", f"Bearer {raw}") for side in ("ours", "theirs")
            )
            assert ours == theirs
            assert ours.status == 401


def test_a_token_that_names_no_key(backend: TokenBackend, server: JWKSServer) -> None:
    """The only key of a set is meant; among several, none."""
    nameless = jwt.encode(CLAIMS, FIRST.to_pem(private=True), "RS256")
    assert backend.decode(nameless) == CLAIMS
    server.behave = says(document(FIRST, SECOND))
    expire(backend)
    with pytest.raises(TokenBackendError, match=r"^Token is invalid$"):
        backend.decode(nameless)


def test_unknown_keys_are_401(client: APIClient, server: JWKSServer) -> None:
    with override_settings(SIMPLE_JWT={"ALGORITHM": "RS256", "JWK_URL": server.uri}):
        for _ in range(3):
            answer = get(client, "/ours/stateless/", f"Bearer {access(STRANGER)}")
            assert answer.status == 401
            assert answer.body["code"] == "token_not_valid"
            assert "Retry-After" not in answer.headers
        assert get(client, "/ours/stateless/", f"Bearer {access()}").status == 200
    assert len(server.requests) == 1  # within the cooldown


def test_keys_of_other_algorithms(
    backend: TokenBackend, server: JWKSServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Anybody can name them: one line in the log, not one for each token."""
    server.behave = says(document(FIRST, CURVE))
    for _ in range(3):
        for raw in (
            Signer(CURVE, "ES256").sign(CLAIMS),
            jwt.encode(CLAIMS, FIRST.to_pem(private=True), "RS256", headers={"kid": "curve"}),
        ):
            with pytest.raises(TokenBackendError, match=r"^Token is invalid$"):
                backend.decode(raw)
    assert backend.decode(token()) == CLAIMS
    assert [each.levelname for each in caplog.records] == ["WARNING"]


def test_a_key_that_is_bound_to_another_algorithm(server: JWKSServer) -> None:
    server.behave = says(document(FIRST, alg="RS512"))
    with pytest.raises(TokenBackendError, match=r"^Token is invalid$"):
        TokenBackend("RS256", jwk_url=server.uri).decode(token())
    assert TokenBackend("RS512", jwk_url=server.uri).decode(token(algorithm="RS512")) == CLAIMS


def test_hs_asks_nobody(server: JWKSServer) -> None:
    backend = TokenBackend("HS256", "x" * 32, jwk_url=server.uri)
    assert backend.decode(backend.encode(CLAIMS)) == CLAIMS
    assert server.requests == []


def test_without_verification_nobody_is_asked(backend: TokenBackend, server: JWKSServer) -> None:
    assert backend.decode(token(STRANGER), verify=False) == CLAIMS
    assert server.requests == []


def test_leeway_by_a_hook(server: JWKSServer) -> None:
    class Lenient(TokenBackend):
        def get_leeway(self) -> timedelta:
            return timedelta(hours=1)

    backend = Lenient("RS256", jwk_url=server.uri)
    assert backend.decode(token(exp=int(time.time()) - 60))["jti"] == "x"
    with pytest.raises(TokenBackendError):
        backend.decode(token(STRANGER))


def test_a_client_of_ones_own(backend: TokenBackend, server: JWKSServer) -> None:
    class Client:
        def get_signing_key_from_jwt(self, raw: Any) -> Any:
            return type("Found", (), {"key": SECOND.public().to_pem()})()

    backend.jwks_client = Client()  # type: ignore[assignment]
    backend.leeway = 3
    assert backend.decode(token(SECOND)) == CLAIMS
    with pytest.raises(TokenBackendError):
        backend.decode(token(FIRST))
    assert server.requests == []


# --- keys that change ---


def test_verified_tokens_are_remembered(backend: TokenBackend) -> None:
    for _ in range(3):
        assert backend.decode(token()) == CLAIMS
    raw = token()
    (verifier,) = verifiers(backend)
    before = verifier.cache_info().hits
    for _ in range(3):
        assert backend.decode(raw) == CLAIMS
    assert verifier.cache_info().hits >= before + 2


def test_a_dropped_key_takes_its_tokens_along(backend: TokenBackend, server: JWKSServer) -> None:
    old, new = token(FIRST), token(SECOND)
    for _ in range(2):
        assert backend.decode(old) == CLAIMS
    server.behave = says(document(SECOND))
    assert backend.decode(old) == CLAIMS  # the set is fresh
    assert backend.decode(new) == CLAIMS  # an unknown key: the set is fetched anew
    with pytest.raises(TokenBackendError, match=r"^Token is invalid$"):
        backend.decode(old)
    assert backend.decode(new) == CLAIMS
    assert len(verifiers(backend)) == 1


def test_another_key_by_the_same_name(backend: TokenBackend, server: JWKSServer) -> None:
    old = token(FIRST)
    assert backend.decode(old) == CLAIMS
    namesake = Key.from_pem(SECOND.to_pem(private=True), kid="first")
    server.behave = says(document(namesake))
    expire(backend)
    assert backend.decode(token(namesake)) == CLAIMS
    with pytest.raises(TokenBackendError, match=r"^Token is invalid$"):
        backend.decode(old)


def test_verifiers_do_not_pile_up(backend: TokenBackend) -> None:
    for _ in range(20):
        assert backend.decode(token()) == CLAIMS
        expire(backend)
    # Those of the sets before have gone with them.
    assert len(verifiers(backend)) == 1


def test_memory_is_bounded_by_keys_too(backend: TokenBackend, server: JWKSServer) -> None:
    many = [Key.from_pem(FIRST.to_pem(private=True), kid=f"k{n}") for n in range(20)]
    server.behave = says(document(*many))
    for key in many:
        assert backend.decode(token(key)) == CLAIMS
    assert sum(each.cache_info().capacity > 0 for each in verifiers(backend)) == 16


# --- an endpoint that fails ---

FAILURES = {
    "error": says({}, status=500),
    "not found": sends(b"nothing here", status=404),
    "hangs up": hangs_up,
    "breaks off": breaks_off(b'{"keys": [', 1000),
    "html": sends(b"<html>maintenance</html>"),
    "garbage": sends(b"\xff\x00"),
    "no object": says([1]),
    "no keys": says({"keys": []}),
    "no usable keys": says({"keys": [{"kty": "none"}]}),
    "only for encryption": says(document(FIRST, SECOND, use="enc")),
    "redirect": sends(b"", status=302, Location="https://example.org/"),
}


@pytest.mark.parametrize("name", sorted(FAILURES))
def test_failures_are_503(
    client: APIClient, server: JWKSServer, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    values = {"ALGORITHM": "RS256", "JWK_URL": server.uri}
    with override_settings(SIMPLE_JWT=values):
        server.behave = FAILURES[name]
        for answer in (
            get(client, "/ours/stateless/", f"Bearer {access()}"),
            get(client, "/ours/stateless/", f"Bearer {access(STRANGER)}"),
            post(client, "/ours/token/verify/", {"token": access()}),
            post(client, "/ours/token/refresh/", {"refresh": access()}),
        ):
            assert answer.status == 503
            assert answer.body == {
                "detail": "Tokens cannot be verified at present; try again later.",
                "code": "keys_unavailable",
            }
            assert answer.headers["Retry-After"] == "30"
            assert "WWW-Authenticate" not in answer.headers
        assert {each.levelname for each in caplog.records if each.name.startswith("pyjwtfast")} == {
            "ERROR"
        }
        # What is no token is none, whatever the endpoint says.
        assert get(client, "/ours/stateless/", "Bearer a.b.c").status == 401
        server.behave = says(document(FIRST))
        # A set without keys for signing is a set, and kept as one.
        recovers = name != "only for encryption"
        answer = get(client, "/ours/stateless/", f"Bearer {access()}")
        assert answer.status == (200 if recovers else 503)


def test_nobody_listens(client: APIClient) -> None:
    with serving() as server:
        uri = server.uri
    with override_settings(SIMPLE_JWT={"ALGORITHM": "RS256", "JWK_URL": uri}):
        assert get(client, "/ours/stateless/", f"Bearer {access()}").status == 503


def test_an_outage_is_bridged(
    backend: TokenBackend, server: JWKSServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Known keys go on; whether an unknown one is wrong, nobody can tell meanwhile."""
    backend.jwk_client_options = {"background_refresh": False}
    assert backend.decode(token()) == CLAIMS
    server.behave = says({}, status=500)
    expire(backend)
    for _ in range(3):
        assert backend.decode(token()) == CLAIMS
        with pytest.raises(KeysUnavailable) as caught:
            backend.decode(token(SECOND))
        assert caught.value.status_code == 503
        assert caught.value.wait == 30
        assert caught.value.detail["code"] == "keys_unavailable"
    assert len(server.requests) == 2  # the first one, and one within the cooldown


def test_the_clients_own_errors(server: JWKSServer) -> None:
    client = PyJWKClient(server.uri)
    with pytest.raises(UnknownKeyError, match='matches: "second"'):
        client.get_signing_key("second")
    outage = PyJWKClient(server.uri, background_refresh=False)
    outage.get_signing_key("first")
    server.behave = hangs_up
    outage._fetched_at = 0
    for _ in range(2):
        with pytest.raises(pyjwtfast.PyJWKClientError) as caught:
            outage.get_signing_key("second")
        assert not isinstance(caught.value, UnknownKeyError)


@pytest.mark.parametrize(("wait", "seconds"), [(0, 1), (0.2, 1), (30, 30), (1.5, 2)])
def test_when_to_try_again(wait: float, seconds: int) -> None:
    assert KeysUnavailable(wait=wait).wait == seconds


# --- settings ---


def test_options(server: JWKSServer) -> None:
    options = {"headers": {"X-Who": "tests"}, "timeout": 3, "cache": "default"}
    values = {"ALGORITHM": "RS256", "JWK_URL": server.uri, "JWK_CLIENT_OPTIONS": options}
    cache.clear()
    with override_settings(SIMPLE_JWT=values):
        assert token_backend.jwks_client is not None
        assert token_backend.jwks_client.timeout == 3
        assert token_backend.jwks_client is token_backend.jwks_client
        assert token_backend.decode(token()) == CLAIMS
    assert server.requests[0]["X-Who"] == "tests"
    with override_settings(SIMPLE_JWT=values):  # another process, as it were
        assert token_backend.decode(token()) == CLAIMS
    assert len(server.requests) == 1
    assert options["cache"] == "default"
    cache.clear()
    assert token_backend.jwks_client is None


@pytest.mark.parametrize(
    ("url", "options", "reason"),
    [
        ("ftp://id.example.org/keys", None, "http"),
        ("https://anna:secret-word@id.example.org/keys", None, "password"),
        (5, None, "must be a str"),
        ("https://id.example.org/keys", {"timeuot": 5}, "timeuot"),
        ("https://id.example.org/keys", {"lifespan": -1}, "Lifespan"),
        ("https://id.example.org/keys", {"cache": "nowhere"}, "nowhere"),
        ("https://id.example.org/keys", {"uri": "https://x"}, "uri"),
    ],
    ids=repr,
)
def test_wrong_options(url: Any, options: Any, reason: str) -> None:
    values = {"ALGORITHM": "RS256", "JWK_URL": url, "JWK_CLIENT_OPTIONS": options}
    with override_settings(SIMPLE_JWT=values), pytest.raises(ImproperlyConfigured) as caught:
        token_backend.decode(token())
    assert "setting SIMPLE_JWT['JWK_URL'], or its JWK_CLIENT_OPTIONS, " in str(caught.value)
    assert reason in str(caught.value)
    assert "secret-word" not in str(caught.value)


def test_another_url_is_another_client(backend: TokenBackend) -> None:
    first = backend.jwks_client
    backend.leeway = 5
    assert backend.jwks_client is first
    with serving() as other:
        other.behave = says(document(SECOND))
        backend.jwk_url = other.uri
        assert backend.jwks_client is not first
        assert backend.decode(token(SECOND)) == CLAIMS
        with pytest.raises(TokenBackendError):
            backend.decode(token(FIRST))
