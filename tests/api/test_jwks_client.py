"""PyJWKClient against a real HTTPS server, in every way that one can fail; PyJWT's beside it."""

from __future__ import annotations

import json
import logging
import os
import signal
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt as theirs
import pytest

import pyjwtfast
from pyjwtfast import Key, PyJWKClient, jwk_set_cache, jwks_client, jwks_fetch
from pyjwtfast.exceptions import (
    InvalidTokenError,
    PyJWKClientConnectionError,
    PyJWKClientError,
    PyJWKSetError,
)

from . import jwks_server
from .jwks_server import JWKSServer, breaks_off, hangs_up, says, sends, serving

FIRST = Key.generate("ES256", kid="first")
SECOND = Key.generate("ES256", kid="second")


def document(*keys: Key) -> dict[str, Any]:
    return {"keys": [{**key.public().to_jwk(), "use": "sig"} for key in keys]}


def token(key: Key, **claims: Any) -> str:
    return pyjwtfast.Signer(key, "ES256").sign(claims)


class Clock:
    """The module time, as far as the client uses it; it goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def time(self) -> float:
        return self.now

    monotonic = time


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(jwks_client, "time", clock)
    monkeypatch.setattr(jwk_set_cache, "time", clock)
    return clock


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return jwks_server.make_certificate(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def server() -> Iterator[JWKSServer]:
    with serving() as server:
        server.behave = says(document(FIRST))
        yield server


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """An event for behaviours that wait, set at the end so that no thread is left."""
    event = threading.Event()
    yield event
    event.set()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, "waited for 5 seconds"
        time.sleep(0.005)


# --- the ordinary way ---


def test_a_token_is_verified_with_the_key_it_names_over_https(
    certificate: tuple[Path, Path],
) -> None:
    chain, ca = certificate
    with serving(chain) as server:
        server.behave = says(document(FIRST, SECOND))
        client = PyJWKClient(server.uri, ssl_context=ssl.create_default_context(cafile=str(ca)))
        for key in (FIRST, SECOND):
            raw = token(key, sub="1")
            found = client.get_signing_key_from_jwt(raw)
            assert found.key_id == key.kid
            assert pyjwtfast.decode(raw, found) == {"sub": "1"}
            assert pyjwtfast.decode(raw, found, algorithms=["ES256"]) == {"sub": "1"}
        assert len(server.requests) == 1


def test_requests_name_their_sender_unless_told_otherwise(server: JWKSServer) -> None:
    PyJWKClient(server.uri).get_jwk_set()
    PyJWKClient(server.uri, headers={"user-agent": "me", "X-Api-Key": "k"}).get_jwk_set()
    ours, given = server.requests
    assert ours["User-Agent"] == f"pyjwtfast/{pyjwtfast.__version__}"
    assert {name.lower(): value for name, value in given.items()}["user-agent"] == "me"
    assert {name.lower(): value for name, value in given.items()}["x-api-key"] == "k"


def test_the_same_keys_as_pyjwt(server: JWKSServer) -> None:
    encryption = {**SECOND.public().to_jwk(), "use": "enc"}
    unnamed = {**SECOND.public().to_jwk()}
    del unnamed["kid"]
    server.behave = says({"keys": [*document(FIRST)["keys"], encryption, unnamed, {"kty": "?"}, 3]})
    ours, peer = PyJWKClient(server.uri), theirs.PyJWKClient(server.uri)
    assert [key.key_id for key in ours.get_signing_keys()] == [
        key.key_id for key in peer.get_signing_keys()
    ]
    for kid in ("first", "second", "third", ""):
        results = []
        for client, base in ((ours, PyJWKClientError), (peer, theirs.PyJWKClientError)):
            try:
                results.append(client.get_signing_key(kid).key_id)
            except base as error:
                results.append(str(error))
        assert results[0] == results[1]


@pytest.mark.parametrize("kid", [FIRST.kid, None])
def test_a_set_of_one_key_needs_no_kid(server: JWKSServer, kid: str | None) -> None:
    jwk = document(FIRST)["keys"][0]
    if kid is None:
        del jwk["kid"]
    server.behave = says({"keys": [jwk]})
    client = PyJWKClient(server.uri)
    raw = pyjwtfast.encode({"a": 1}, FIRST, algorithm="ES256", headers={})
    assert pyjwtfast.get_unverified_header(raw).get("kid") is None
    assert pyjwtfast.decode(raw, client.get_signing_key_from_jwt(raw)) == {"a": 1}


def test_a_query_is_not_in_logs() -> None:
    """It may hold a key of whoever asks."""
    client = PyJWKClient("https://example.org/keys?apikey=secret")
    assert repr(client) == "<PyJWKClient https://example.org/keys>"


def test_a_made_up_kid_makes_no_line_in_a_log(server: JWKSServer) -> None:
    server.behave = says(document(FIRST, SECOND))
    with pytest.raises(PyJWKClientError) as caught:
        PyJWKClient(server.uri).get_signing_key("é\nCRITICAL \x1b[31m\u2028")
    assert str(caught.value).endswith(r'matches: "é\nCRITICAL \x1b[31m\u2028"')


def test_several_keys_need_a_kid(server: JWKSServer) -> None:
    server.behave = says(document(FIRST, SECOND))
    with pytest.raises(PyJWKClientError, match="Unable to find a signing key"):
        PyJWKClient(server.uri).get_signing_key(None)


def test_a_kid_of_a_wrong_type_is_the_token_s_fault(server: JWKSServer) -> None:
    raw = "eyJhbGciOiJFUzI1NiIsImtpZCI6MX0.e30.AAAA"
    with pytest.raises(InvalidTokenError, match="must be a string"):
        PyJWKClient(server.uri).get_signing_key_from_jwt(raw)
    assert server.requests == []


# --- failures ---

HUGE = b'{"keys": [' + b" " * jwks_fetch.MAX_DOCUMENT_BYTES + b"]}"

FAILURES: dict[str, tuple[jwks_server.Behaviour, type[PyJWKClientError], str]] = {
    "500": (says({}, 500), PyJWKClientConnectionError, "500"),
    "404": (says({}, 404), PyJWKClientConnectionError, "404"),
    "redirect": (
        says({}, 302, Location="http://127.0.0.1:1/"),
        PyJWKClientConnectionError,
        "302",
    ),
    "304 unasked": (says({}, 304), PyJWKClientConnectionError, "304"),
    "no answer": (hangs_up, PyJWKClientConnectionError, "Fail to fetch"),
    "half an answer": (breaks_off(b'{"keys', 99), PyJWKClientConnectionError, "Fail to fetch"),
    "empty": (sends(b""), PyJWKClientError, "did not return JSON"),
    "HTML": (sends(b"<html>"), PyJWKClientError, "did not return JSON"),
    "not UTF-8": (sends(b'{"a": "\xff"}'), PyJWKClientError, "did not return JSON"),
    "UTF-16": (sends('{"keys": []}'.encode("utf-16")), PyJWKClientError, "did not return JSON"),
    "deep": (sends(b"[" * 500_000), PyJWKClientError, "did not return JSON"),
    "huge": (sends(HUGE), PyJWKClientError, "more than 1048576 bytes"),
    "gzip": (
        sends(b"\x1f\x8b", Content_Encoding="gzip"),
        PyJWKClientError,
        "content encoding",
    ),
    "a list": (says([]), PyJWKClientError, "did not return a JSON object"),
    "null": (says(None), PyJWKClientError, "did not return a JSON object"),
    "no keys": (says({}), PyJWKClientError, "did not contain any keys"),
    "an empty set": (says({"keys": []}), PyJWKClientError, "did not contain any keys"),
    "keys no list": (says({"keys": {"a": 1}}), PyJWKClientError, "Invalid JWK Set"),
    "unusable keys": (
        says({"keys": [{"kty": "RSA", "n": "AQAB"}, {}, None]}),
        PyJWKClientError,
        "usable keys",
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_every_failure_is_a_client_error(server: JWKSServer, name: str) -> None:
    behave, error, message = FAILURES[name]
    server.behave = behave
    client = PyJWKClient(server.uri, timeout=2)
    with pytest.raises(error, match=message) as caught:
        client.get_signing_key("first")
    assert type(caught.value) is error or isinstance(caught.value, PyJWKSetError)
    server.behave = says(document(FIRST))  # and it was no more than a failure
    assert client.get_signing_key("first").key_id == "first"


def test_a_set_of_keys_for_something_else(server: JWKSServer) -> None:
    server.behave = says({"keys": [{**SECOND.public().to_jwk(), "use": "enc"}]})
    with pytest.raises(PyJWKClientError, match="did not contain any signing keys"):
        PyJWKClient(server.uri).get_signing_key("second")


def test_a_server_that_is_not_there(server: JWKSServer) -> None:
    with serving() as gone:
        uri = gone.uri
    with pytest.raises(PyJWKClientConnectionError, match="refused"):
        PyJWKClient(uri).get_jwk_set()


@pytest.mark.parametrize(
    "behaviour",
    [
        jwks_server.dawdles,
        jwks_server.drips,
        jwks_server.drips_header,
        jwks_server.drips_chunk,
    ],
)
def test_a_slow_server_is_left_at_the_timeout(
    server: JWKSServer,
    released: threading.Event,
    behaviour: Callable[[threading.Event], jwks_server.Behaviour],
) -> None:
    server.behave = behaviour(released)
    before = time.monotonic()
    with pytest.raises(PyJWKClientConnectionError, match="timed out"):
        PyJWKClient(server.uri, timeout=0.3).get_jwk_set()
    assert 0.2 < time.monotonic() - before < 3


def test_a_slow_server_is_left_at_the_timeout_over_https_too(
    certificate: tuple[Path, Path], released: threading.Event
) -> None:
    chain, ca = certificate
    with serving(chain) as server:
        server.behave = jwks_server.drips_header(released)
        context = ssl.create_default_context(cafile=str(ca))
        before = time.monotonic()
        with pytest.raises(PyJWKClientConnectionError, match="timed out"):
            PyJWKClient(server.uri, timeout=0.5, ssl_context=context).get_jwk_set()
        assert time.monotonic() - before < 3
        released.set()


def test_an_unknown_ca_and_a_wrong_host_name(
    certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    chain, _ = certificate
    with serving(chain) as server:
        with pytest.raises(PyJWKClientConnectionError, match=r"(?i)certificate"):
            PyJWKClient(server.uri).get_jwk_set()
        server.requests.clear()
    other, other_ca = jwks_server.make_certificate(tmp_path, "127.0.0.2")
    with serving(other) as server:
        context = ssl.create_default_context(cafile=str(other_ca))
        with pytest.raises(PyJWKClientConnectionError, match=r"(?i)mismatch"):
            PyJWKClient(server.uri, ssl_context=context).get_jwk_set()
        assert server.requests == []


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("file:///etc/passwd", "scheme 'file'"),
        ("data:application/json,{}", "scheme 'data'"),
        ("keys.json", "scheme ''"),
        ("", "scheme ''"),
        ("https://", "no host"),
        ("https://user:secret@example.org/", "user name or password"),
        ("https://[", "not a URI"),
        (None, "must be a str"),
        (b"https://example.org", "must be a str"),
    ],
)
def test_uris_that_are_refused(uri: Any, message: str) -> None:
    with pytest.raises(PyJWKClientError, match=message) as caught:
        PyJWKClient(uri)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 10**400, -1, "1", None])
@pytest.mark.parametrize("name", ["lifespan", "cooldown_duration", "max_stale"])
def test_numbers_that_are_refused(name: str, number: Any) -> None:
    with pytest.raises(PyJWKClientError):
        PyJWKClient("https://example.org", **{name: number})


@pytest.mark.parametrize("value", ["hunter2\n", "a\r\nb: hunter2", "hunter2\N{SNOWMAN}"])
def test_a_header_that_cannot_be_sent_is_not_shown(server: JWKSServer, value: str) -> None:
    """A credential from a file, with the line break at its end: the error goes to a log."""
    client = PyJWKClient(server.uri, headers={"Authorization": value})
    with pytest.raises(PyJWKClientConnectionError, match="header") as caught:
        client.get_jwk_set()
    assert server.requests == []
    error: BaseException | None = caught.value
    while error is not None:
        assert "hunter2" not in f"{error!r} {vars(error)} {getattr(error, 'object', '')}"
        error = error.__cause__ or error.__context__


# --- age ---


def test_a_set_is_kept_for_its_lifespan(server: JWKSServer, clock: Clock) -> None:
    client = PyJWKClient(server.uri, lifespan=100, background_refresh=False)
    first = client.get_jwk_set()
    clock.now += 99
    assert client.get_jwk_set() is first
    clock.now += 2
    assert client.get_jwk_set() is not first
    assert len(server.requests) == 2


def test_without_a_cache_every_call_is_a_request(server: JWKSServer) -> None:
    client = PyJWKClient(server.uri, cache_jwk_set=False)
    client.get_signing_key("first")
    client.get_signing_key("first")
    assert len(server.requests) == 2
    with pytest.raises(PyJWKClientError):
        client.get_signing_key("made up")
    assert len(server.requests) == 4  # as in PyJWT: looked for, and again


@pytest.mark.parametrize(
    ("field", "seconds"),
    [
        ("max-age=20", 20),
        ("public, max-age=20, must-revalidate", 20),
        ('max-age="20"', 20),
        ("max-age=1000", 100),
        ("no-store", 5),
        ("no-cache", 5),
        ("max-age=0", 5),
        ("max-age=soon", 100),
        ("public", 100),
    ],
)
def test_cache_control_shortens_the_lifespan(
    server: JWKSServer, clock: Clock, field: str, seconds: float
) -> None:
    server.behave = says(document(FIRST), Cache_Control=field)
    client = PyJWKClient(server.uri, lifespan=100, background_refresh=False)
    client.get_jwk_set()
    clock.now += seconds - 0.1
    client.get_jwk_set()
    assert len(server.requests) == 1
    clock.now += 0.2
    client.get_jwk_set()
    assert len(server.requests) == 2


def test_an_unchanged_document_is_not_sent_again(server: JWKSServer, clock: Clock) -> None:
    def behave(handler: jwks_server.Handler) -> None:
        if handler.headers.get("If-None-Match") == '"1"':
            handler.answer(b"", 304, ETag='"1"')
        else:
            handler.answer(json.dumps(document(FIRST)).encode(), ETag='"1"')

    server.behave = behave
    client = PyJWKClient(server.uri, lifespan=100, background_refresh=False)
    client.get_jwk_set()
    for _ in range(2):
        clock.now += 101
        assert client.get_signing_key("first").key_id == "first"
    assert [request.get("If-None-Match") for request in server.requests] == [None, '"1"', '"1"']
    server.behave = says(document(SECOND), ETag='"2"')
    clock.now += 101
    assert client.get_signing_key("second").key_id == "second"


@pytest.mark.parametrize("etag", ['"a\r\n b"', '"a\0"', "1", '"' + "x" * 300 + '"', '"a"b"'])
def test_a_malformed_etag_is_not_sent_back(server: JWKSServer, clock: Clock, etag: str) -> None:
    """Servers answer 400 to such a field, and would do so until the process ends."""
    server.behave = says(document(FIRST), ETag=etag)
    client = PyJWKClient(server.uri, lifespan=100, background_refresh=False)
    for _ in range(2):
        client.get_jwk_set()
        clock.now += 101
    assert ["If-None-Match" in request for request in server.requests] == [False, False]


@pytest.mark.parametrize("place", range(1, 5))
def test_overlapping_fetches_do_not_bring_a_revoked_key_back(
    server: JWKSServer, place: int
) -> None:
    """Where no set is kept, threads fetch at once: the ETag of one answer must not end up beside
    the document of another, whatever one of them has just written when the other comes."""

    class Overlapped(PyJWKClient):
        writes = 0

        def __setattr__(self, name: str, value: object) -> None:
            super().__setattr__(name, value)
            if "_lock" in vars(self) and revoked.is_set():
                Overlapped.writes += 1
                if Overlapped.writes == place:
                    server.behave = current
                    client.fetch_data()

    def current(handler: jwks_server.Handler) -> None:
        unchanged = handler.headers.get("If-None-Match") == '"2"'
        body = b"" if unchanged else json.dumps(document(SECOND)).encode()
        handler.answer(body, 304 if unchanged else 200, ETag='"2"')

    revoked = threading.Event()
    client = Overlapped(server.uri, cache_jwk_set=False)
    server.behave = says(document(FIRST), ETag='"1"')
    revoked.set()
    client.fetch_data()
    server.behave = current
    for _ in range(2):
        assert client.fetch_data() == document(SECOND)


def test_an_ageing_set_is_renewed_in_the_background(
    server: JWKSServer, clock: Clock, released: threading.Event
) -> None:
    client = PyJWKClient(server.uri, lifespan=100)
    client.get_jwk_set()
    inner = says(document(FIRST, SECOND))

    def behave(handler: jwks_server.Handler) -> None:
        released.wait(5)
        inner(handler)

    server.behave = behave
    clock.now += 85
    for _ in range(5):  # answered at once while the one fetch goes on
        assert [key.key_id for key in client.get_signing_keys()] == ["first"]
    wait_for(lambda: len(server.requests) == 2)
    released.set()
    wait_for(lambda: len(client.get_signing_keys()) == 2)
    assert len(server.requests) == 2


def test_a_background_renewal_that_fails_is_reported_and_not_repeated_at_once(
    server: JWKSServer, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    client = PyJWKClient(server.uri, lifespan=100)
    client.get_jwk_set()
    server.behave = says({}, 500)
    clock.now += 85
    with caplog.at_level(logging.WARNING, "pyjwtfast"):
        client.get_jwk_set()
        wait_for(lambda: "could not be renewed" in caplog.text)
    for _ in range(5):
        client.get_jwk_set()
    assert len(server.requests) == 2


def test_a_platform_without_threads(
    server: JWKSServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = PyJWKClient(server.uri, lifespan=100)
    client.get_jwk_set()

    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        clock.now += 85
        client.get_jwk_set()
    clock.now += 20
    server.behave = says(document(SECOND))
    assert client.get_signing_key("second").key_id == "second"


# --- outages ---


def test_an_outage_is_bridged_with_the_set_that_is_there(
    server: JWKSServer, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    client = PyJWKClient(
        server.uri, lifespan=100, max_stale=1000, cooldown_duration=30, background_refresh=False
    )
    client.get_jwk_set()
    server.behave = says({}, 503)
    clock.now += 101
    with caplog.at_level(logging.WARNING, "pyjwtfast"):
        for _ in range(10):
            assert client.get_signing_key("first").key_id == "first"
    assert len(server.requests) == 2, "one try per cooldown"
    assert "out of date" in caplog.text
    clock.now += 31
    client.get_jwk_set()
    assert len(server.requests) == 3
    clock.now += 1000
    with pytest.raises(PyJWKClientConnectionError):
        client.get_jwk_set()
    server.behave = says(document(SECOND))
    assert client.get_signing_key("second").key_id == "second"


def test_max_stale_0_is_pyjwt_s_behaviour(server: JWKSServer, clock: Clock) -> None:
    client = PyJWKClient(server.uri, lifespan=100, max_stale=0, background_refresh=False)
    client.get_jwk_set()
    server.behave = says({}, 503)
    clock.now += 99
    client.get_jwk_set()
    clock.now += 2
    with pytest.raises(PyJWKClientConnectionError):
        client.get_jwk_set()


def test_a_refresh_that_was_asked_for_says_that_it_failed(server: JWKSServer, clock: Clock) -> None:
    client = PyJWKClient(server.uri)
    client.get_jwk_set()
    server.behave = says({}, 503)
    with pytest.raises(PyJWKClientConnectionError):
        client.get_jwk_set(refresh=True)
    assert client.get_signing_key("first").key_id == "first"


# --- unknown keys ---


def test_a_flood_of_made_up_kids_is_one_request(server: JWKSServer, clock: Clock) -> None:
    client = PyJWKClient(server.uri, cooldown_duration=30)
    client.get_jwk_set()
    clock.now += 31
    for number in range(100):
        with pytest.raises(PyJWKClientError, match=f'matches: "made up {number}"'):
            client.get_signing_key(f"made up {number}")
    assert len(server.requests) == 2


def test_nor_is_it_a_flood_during_an_outage(server: JWKSServer, clock: Clock) -> None:
    client = PyJWKClient(server.uri, cooldown_duration=30)
    client.get_jwk_set()
    server.behave = says({}, 503)
    clock.now += 31
    for number in range(100):
        with pytest.raises(PyJWKClientError):
            client.get_signing_key(f"made up {number}")
    assert len(server.requests) == 2


def test_a_new_key_is_found_after_the_cooldown(server: JWKSServer, clock: Clock) -> None:
    client = PyJWKClient(server.uri, cooldown_duration=30)
    client.get_jwk_set()
    server.behave = says(document(FIRST, SECOND))
    with pytest.raises(PyJWKClientError):
        client.get_signing_key("second")
    clock.now += 31
    assert client.get_signing_key("second").key_id == "second"


def test_a_revoked_key_is_gone_after_the_lifespan_also_from_the_key_cache(
    server: JWKSServer, clock: Clock
) -> None:
    client = PyJWKClient(server.uri, cache_keys=True, cache_jwk_set=False, lifespan=100)
    first = client.get_signing_key("first")
    assert client.get_signing_key("first") is first
    assert len(server.requests) == 1
    server.behave = says(document(SECOND))
    clock.now += 101
    with pytest.raises(PyJWKClientError):
        client.get_signing_key("first")


def test_the_key_cache_is_bounded(server: JWKSServer) -> None:
    server.behave = says(document(FIRST, SECOND))
    client = PyJWKClient(server.uri, cache_keys=True, cache_jwk_set=False, max_cached_keys=1)
    # A fetch forgets what was there: two keys at once come by the same set.
    for kid in ("first", "second", "first"):
        client.get_signing_key(kid)
    assert len(server.requests) == 3


# --- threads and processes ---


def test_threads_share_one_fetch(server: JWKSServer, released: threading.Event) -> None:
    inner = server.behave

    def behave(handler: jwks_server.Handler) -> None:
        released.wait(5)
        inner(handler)

    server.behave = behave
    client = PyJWKClient(server.uri)
    found: list[str | None] = []

    def look() -> None:
        found.append(client.get_signing_key("first").key_id)

    threads = [threading.Thread(target=look) for _ in range(16)]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(server.requests) == 1)
    time.sleep(0.05)  # for the others to arrive
    released.set()
    for thread in threads:
        thread.join(10)
    assert found == ["first"] * 16
    assert len(server.requests) == 1


def test_threads_share_a_failure_too(server: JWKSServer, released: threading.Event) -> None:
    def behave(handler: jwks_server.Handler) -> None:
        released.wait(5)
        handler.answer(b"", 500)

    server.behave = behave
    client = PyJWKClient(server.uri)
    errors: list[Exception] = []

    def look() -> None:
        with pytest.raises(PyJWKClientConnectionError) as caught:
            client.get_jwk_set()
        errors.append(caught.value)

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(server.requests) == 1)
    time.sleep(0.05)
    released.set()
    for thread in threads:
        thread.join(10)
    assert len(errors) == len({id(error) for error in errors}) == 8
    assert len(server.requests) == 1


def test_nobody_waits_for_a_fetch_while_a_stale_set_serves(
    server: JWKSServer, clock: Clock, released: threading.Event
) -> None:
    client = PyJWKClient(server.uri, lifespan=100, background_refresh=False)
    client.get_jwk_set()
    server.behave = jwks_server.dawdles(released)
    clock.now += 101
    leader = threading.Thread(target=client.get_jwk_set)
    leader.start()
    wait_for(lambda: len(server.requests) == 2)
    before = time.monotonic()
    assert client.get_signing_key("first").key_id == "first"
    assert time.monotonic() - before < 1
    released.set()
    leader.join(10)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_in_the_middle_of_a_fetch(server: JWKSServer, released: threading.Event) -> None:
    inner = server.behave

    def behave(handler: jwks_server.Handler) -> None:
        if len(server.requests) == 1:
            released.wait(5)
        inner(handler)

    server.behave = behave
    client = PyJWKClient(server.uri)
    thread = threading.Thread(target=client.get_jwk_set)
    thread.start()
    wait_for(lambda: len(server.requests) == 1)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if client.get_signing_key("first").key_id == "first" else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    released.set()
    thread.join(10)


def test_a_fork_while_a_key_is_remembered(server: JWKSServer) -> None:
    client = PyJWKClient(server.uri, cache_keys=True)
    assert client._keys is not None
    with client._keys._lock:  # as another thread may hold it
        child = os.fork()
        if child == 0:
            signal.alarm(5)
            status = 1
            try:
                status = 0 if client.get_signing_key("first").key_id == "first" else 2
            finally:
                os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_private_parts_at_an_endpoint_are_not_read(server: JWKSServer) -> None:
    """The work to check them is the publisher's choice: minutes for a document of such keys."""
    jwk = {**FIRST.to_jwk(private=True), "kid": "first"}
    server.behave = says({"keys": [jwk]})
    key = PyJWKClient(server.uri).get_signing_key("first")
    assert not key.key.is_private
    token = pyjwtfast.encode({"sub": "1"}, FIRST, key.algorithm_name)
    assert pyjwtfast.decode(token, key) == {"sub": "1"}


def test_a_leader_that_never_comes_back_is_replaced(server: JWKSServer) -> None:
    client = PyJWKClient(server.uri, timeout=0.2)
    client.timeout = -0.9  # wait 0.1 seconds
    client._flight = jwks_client._Flight()
    client.fetch_data = lambda: document(FIRST)  # type: ignore[method-assign]
    assert client.get_signing_key("first").key_id == "first"


class Memory:
    """A cache like Django's, of this process."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.timeouts: list[float] = []

    def get(self, key: str) -> Any:
        return self.values.get(key)

    def set(self, key: str, value: Any, timeout: float) -> None:
        self.values[key] = value
        self.timeouts.append(timeout)


def test_processes_share_a_set(server: JWKSServer, clock: Clock) -> None:
    cache = Memory()
    workers = [PyJWKClient(server.uri, cache=cache, background_refresh=False) for _ in range(4)]
    for worker in workers:
        assert worker.get_signing_key("first").key_id == "first"
    assert len(server.requests) == 1
    assert cache.timeouts == [300 + 24 * 3600]
    # A key that one of them has learned of is known to all.
    server.behave = says(document(FIRST, SECOND))
    clock.now += 31
    for worker in workers:
        assert worker.get_signing_key("second").key_id == "second"
    assert len(server.requests) == 2


def test_a_shared_set_from_before_a_key(server: JWKSServer, clock: Clock) -> None:
    """It is newer than one's own, and does not answer for the endpoint all the same."""
    cache = Memory()
    one, other = (PyJWKClient(server.uri, cache=cache, background_refresh=False) for _ in range(2))
    assert other.get_signing_key("first").key_id == "first"
    clock.now += 40
    with pytest.raises(jwks_client.UnknownKeyError):
        other.get_signing_key("?")
    one.get_jwk_set()
    clock.now += 40
    with pytest.raises(jwks_client.UnknownKeyError):
        one.get_signing_key("?")  # asks the endpoint, and shares what it says
    clock.now += 40
    server.behave = says(document(FIRST, SECOND))
    assert other.get_signing_key("second").key_id == "second"


def test_a_shared_set_serves_where_the_endpoint_does_not(server: JWKSServer, clock: Clock) -> None:
    cache = Memory()
    one, other = (PyJWKClient(server.uri, cache=cache, background_refresh=False) for _ in range(2))
    other.get_jwk_set()
    clock.now += 40
    server.behave = says(document(FIRST, SECOND))
    assert one.get_signing_key("second").key_id == "second"
    clock.now += 40
    server.behave = says({}, 503)
    assert other.get_signing_key("second").key_id == "second"
    clock.now += 40
    with pytest.raises(PyJWKClientError) as caught:
        other.get_signing_key("third")
    assert not isinstance(caught.value, jwks_client.UnknownKeyError)


def test_a_new_process_starts_during_an_outage(server: JWKSServer, clock: Clock) -> None:
    cache = Memory()
    PyJWKClient(server.uri, cache=cache).get_jwk_set()
    server.behave = says({}, 503)
    clock.now += 1000
    client = PyJWKClient(server.uri, cache=cache)
    assert client.get_signing_key("first").key_id == "first"
    clock.now += 24 * 3600
    with pytest.raises(PyJWKClientConnectionError):
        PyJWKClient(server.uri, cache=cache).get_jwk_set()


def test_other_credentials_are_another_entry(server: JWKSServer) -> None:
    cache = Memory()
    PyJWKClient(server.uri, cache=cache, headers={"Authorization": "a"}).get_jwk_set()
    PyJWKClient(server.uri, cache=cache, headers={"Authorization": "b"}).get_jwk_set()
    assert len(server.requests) == 2
    assert len(cache.values) == 2


@pytest.mark.parametrize(
    "entry",
    [
        b"\x80\x04",
        "garbage",
        "[]",
        "{}",
        '{"jwks": [], "fetched_at": 1, "max_age": null}',
        '{"jwks": {"keys": []}, "fetched_at": 999999, "max_age": null}',
        '{"jwks": {"keys": [1]}, "fetched_at": 999999, "max_age": null}',
        '{"jwks": {}, "fetched_at": NaN, "max_age": null}',
        '{"jwks": {}, "fetched_at": "1", "max_age": null}',
        '{"jwks": {}, "fetched_at": 9e99, "max_age": null}',
        '{"jwks": {}, "fetched_at": 1' + "0" * 400 + ', "max_age": null}',
        '{"jwks": {}, "fetched_at": 999999, "max_age": -1}',
        "[" * 100_000,
    ],
)
def test_garbage_in_the_shared_cache_is_passed_over(
    server: JWKSServer, clock: Clock, entry: Any
) -> None:
    cache = Memory()
    cache.get = lambda key: entry  # type: ignore[method-assign]
    client = PyJWKClient(server.uri, cache=cache)
    assert client.get_signing_key("first").key_id == "first"
    assert len(server.requests) == 1


def test_a_shared_cache_that_fails_is_done_without(
    server: JWKSServer, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def get(self, key: str) -> Any:
            raise ConnectionError("no cache")

        def set(self, key: str, value: str, timeout: float) -> None:
            raise ConnectionError("no cache")

    with caplog.at_level(logging.WARNING, "pyjwtfast"):
        client = PyJWKClient(server.uri, cache=Broken())
        assert client.get_signing_key("first").key_id == "first"
    assert "no cache" in caplog.text


def test_with_django_s_cache(server: JWKSServer) -> None:
    settings = pytest.importorskip("django.conf").settings
    if not settings.configured:
        settings.configure()
    from django.core.cache.backends.locmem import LocMemCache

    cache = LocMemCache("jwks", {})
    for _ in range(2):
        PyJWKClient(server.uri, cache=cache).get_jwk_set()
    assert len(server.requests) == 1


# --- subclasses, as PyJWT's users write them ---


def test_a_subclass_with_another_http_client(server: JWKSServer, clock: Clock) -> None:
    class Client(PyJWKClient):
        down = False

        def fetch_data(self) -> Any:
            if self.down:
                raise KeyError("their own")
            return document(SECOND)

    client = Client(server.uri, lifespan=100, background_refresh=False)
    assert client.get_signing_key("second").key_id == "second"
    client.down = True
    clock.now += 101
    assert client.get_signing_key("second").key_id == "second"
    with pytest.raises(PyJWKClientConnectionError) as caught:
        client.get_jwk_set(refresh=True)
    assert isinstance(caught.value.__cause__, PyJWKClientConnectionError)
    assert server.requests == []
