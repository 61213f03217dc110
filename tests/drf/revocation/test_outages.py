"""A Redis that is gone and comes back, one that is slow, and other processes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rest_framework.test import APIClient

from pyjwtfast.drf import revocation
from pyjwtfast.drf.exceptions import RevocationsUnavailable, TokenError
from pyjwtfast.drf.revocation import memory
from pyjwtfast.drf.tokens import AccessToken
from tests.drf.models import User
from tests.drf.proxy import Proxy
from tests.drf.redis_server import RedisServer, redis_cache
from tests.drf.revocation.conftest import LOCMEM, Configure
from tests.drf.revocation.test_tokens import is_good, old
from tests.drf.support import get, post
from tests.processes import printed_by

pytestmark = pytest.mark.django_db
UNAVAILABLE = {
    "detail": "Tokens cannot be verified at present; try again later.",
    "code": "revocations_unavailable",
}


@pytest.fixture
def stopping(redis: RedisServer) -> Iterator[RedisServer]:
    yield redis
    redis.stop()
    redis.start()


@pytest.fixture(autouse=True)
def short_cool_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "COOL_DOWN", 0.3)


def test_gone_and_back(
    switch_on: Configure,
    stopping: RedisServer,
    client: APIClient,
    user: User,
    caplog: pytest.LogCaptureFixture,
) -> None:
    switch_on(redis_cache(stopping.url))
    raw = f"Bearer {AccessToken.for_user(user)}"
    assert get(client, "/ours/who/", raw).status == 200
    stopping.stop()
    for _ in range(20):
        answer = get(client, "/ours/who/", raw)
        assert (answer.status, answer.body) == (503, UNAVAILABLE)
        assert answer.headers["Retry-After"] == "1"
        assert "WWW-Authenticate" not in answer.headers
    assert get(client, "/ours/who/").status == 401  # who brings no token is told so
    assert (
        post(client, "/ours/token/", {"username": "anna", "password": "a password"}).status == 200
    )
    for work in (lambda: revocation.revoke_user(user), lambda: revocation.revoke_token("x")):
        with pytest.raises(RevocationsUnavailable):
            work()
    errors = [each for each in caplog.records if "does not say which tokens" in each.getMessage()]
    assert len(errors) == 1  # in a minute
    assert errors[0].name == "pyjwtfast.drf.revocation"
    stopping.start()
    time.sleep(0.35)
    # It has lost what it held: see test_cache.py.
    assert get(client, "/ours/who/", raw).status == 401
    time.sleep(1)
    fresh = f"Bearer {AccessToken.for_user(user)}"
    assert [get(client, "/ours/who/", fresh).status for _ in range(20)] == [200] * 20
    assert "answers again" in caplog.text


def test_gone_with_accept(
    switch_on: Configure, stopping: RedisServer, client: APIClient, user: User
) -> None:
    switch_on(redis_cache(stopping.url), REVOCATION_WHEN_DOWN="accept")
    raw = f"Bearer {AccessToken.for_user(user)}"
    stopping.stop()
    assert [get(client, "/ours/who/", raw).status for _ in range(20)] == [200] * 20


def test_a_short_interruption_is_not_noticed(switch_on: Configure, redis: RedisServer) -> None:
    """Connections that the server has closed, as idle ones: the next one is new."""
    switch_on(redis.cache(retry=no_retry()))
    raw = old()
    assert is_good(raw)
    for _ in range(3):
        redis.client().client_kill_filter(_type="normal", skipme=True)
        assert is_good(raw)


def no_retry() -> Any:
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return Retry(NoBackoff(), 0)


@pytest.mark.parametrize("when_down", ["refuse", "accept"])
def test_gone_while_polling(
    switch_on: Configure, stopping: RedisServer, moves: Callable[[float], None], when_down: str
) -> None:
    """The list goes on serving for as long again; what it says is revoked is so in any case."""
    switch_on(redis_cache(stopping.url), REVOCATION_POLL=100, REVOCATION_WHEN_DOWN=when_down)
    raw, revoked = old(), old(jti="x")
    revocation.revoke_token("x", time.time() + 300)
    assert not is_good(revoked)
    assert is_good(raw)
    stopping.stop()
    moves(110)
    assert is_good(raw)
    assert not is_good(revoked)
    moves(100)
    if when_down == "accept":
        assert is_good(raw)
        assert not is_good(revoked)
    else:
        for each in (raw, revoked):
            with pytest.raises(RevocationsUnavailable):
                AccessToken(each)


def test_one_that_stalls(
    switch_on: Configure,
    redis: RedisServer,
    client: APIClient,
    user: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The cache's own time limit holds; after it requests do not wait again, but one a second."""
    monkeypatch.setattr(memory, "COOL_DOWN", 1.0)
    proxy = Proxy(redis.port)
    url = f"redis://127.0.0.1:{proxy.port}/0"
    switch_on(redis_cache(url, socket_timeout=0.4, socket_connect_timeout=0.4, retry=no_retry()))
    raw = f"Bearer {AccessToken.for_user(user)}"
    try:
        assert get(client, "/ours/who/", raw).status == 200
        proxy.stall()
        started = time.monotonic()
        assert get(client, "/ours/who/", raw).status == 503
        assert 0.35 < time.monotonic() - started < 3
        started = time.monotonic()
        assert [get(client, "/ours/who/", raw).status for _ in range(10)] == [503] * 10
        assert time.monotonic() - started < 2  # and not ten times 0.4
        proxy.flow()
        time.sleep(1.05)
        assert [get(client, "/ours/who/", raw).status for _ in range(10)] == [200] * 10
    finally:
        proxy.cut()


# --- Processes ---

OTHER = """
import django
from django.conf import settings
settings.configure(
    SECRET_KEY={secret!r}, USE_TZ=True,
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
    CACHES={{"default": {cache!r}}}, SIMPLE_JWT={{"REVOCATION_CACHE": "default"}},
)
django.setup()
from pyjwtfast.drf import revocation
from pyjwtfast.drf.exceptions import TokenError
from pyjwtfast.drf.tokens import AccessToken
{work}
"""


def elsewhere(cache: dict[str, Any], work: str) -> str:
    from django.conf import settings

    code = OTHER.format(secret=settings.SECRET_KEY, cache=cache, work=work)
    return printed_by("-c", code, DJANGO_SETTINGS_MODULE="").strip()


def test_two_processes(switch_on: Configure, redis: RedisServer) -> None:
    cache = redis.cache()
    switch_on(cache)
    raw, other = old(), old(user_id="2", jti="2")
    assert is_good(raw)
    elsewhere(cache, "revocation.revoke_user('1')")
    assert not is_good(raw)
    assert is_good(other)
    revocation.revoke_token("2", blacklist=False)
    look = f"try: AccessToken({other!r})\nexcept TokenError as error: print(error)"
    assert elsewhere(cache, look) == "Token is revoked"
    elsewhere(cache, "revocation.unrevoke_user('1')")
    assert is_good(raw)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_fork_while_a_thread_reads(switch_on: Configure) -> None:
    """The lock in the child is a new one."""
    switch_on(LOCMEM, REVOCATION_POLL=10)
    raw = old()
    assert is_good(raw)
    current = revocation._current
    assert current is not None
    current._scope().view = None
    with current._lock:
        child = os.fork()
        if not child:
            signal.alarm(5)
            status = 1
            try:
                AccessToken(raw)
                status = 0
            finally:
                os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_races_of_revocation_and_refresh(
    switch_on: Configure, redis: RedisServer, client: APIClient, user: User
) -> None:
    """Who refreshes all the time is out when `revoke_user` has returned."""
    from concurrent.futures import ThreadPoolExecutor

    from pyjwtfast.drf.serializers import TokenRefreshSerializer
    from pyjwtfast.drf.tokens import RefreshToken

    switch_on(redis.cache(), ROTATE_REFRESH_TOKENS=True)
    del client
    raw = token_of(user)

    def refresh_on_and_on(raw: str, until: float) -> tuple[str, int]:
        number = 0
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(TokenRefreshSerializer, "check", lambda self, token: None)
            patch.setattr(RefreshToken, "outstand", lambda self: None)
            while time.monotonic() < until:
                try:
                    raw = TokenRefreshSerializer().validate({"refresh": raw})["refresh"]
                except TokenError:
                    return raw, number
                number += 1
        raise AssertionError("is still refreshing")

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(refresh_on_and_on, raw, time.monotonic() + 10)
        time.sleep(0.7)
        revocation.revoke_user(user, blacklist=False)
        last, number = running.result()
    assert number > 10
    with pytest.raises(TokenError, match="Token is revoked"):
        RefreshToken(last)


def token_of(user: User) -> str:
    from tests.drf.support import claims, token

    return token(claims("refresh", user_id=str(user.pk), iat=int(time.time())))
