"""What is asked of the cache, how often, and what is made of what it gives back."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import caches
from django.core.cache.backends.base import memcache_key_warnings
from django.test import override_settings
from rest_framework.test import APIClient

from pyjwtfast.drf import revocation
from pyjwtfast.drf.doctor.verdicts import judge
from pyjwtfast.drf.exceptions import RevocationsUnavailable, TokenError
from pyjwtfast.drf.revocation import memory, store
from pyjwtfast.drf.revocation.store import ALL, CAPACITY, CHANGE, MARK, OVERFLOW, key_of
from pyjwtfast.drf.tokens import AccessToken, RefreshToken
from tests.drf.models import User
from tests.drf.redis_server import RedisServer, redis_cache
from tests.drf.revocation.backends import CALLS
from tests.drf.revocation.conftest import LOCMEM, Configure
from tests.drf.revocation.test_tokens import BOTH, is_good, old
from tests.drf.support import claims, get, post, token

pytestmark = pytest.mark.django_db


# --- Round trips ---


def round_trips(redis: RedisServer, work: Callable[[], object], times: int = 1) -> int:
    before = redis.commands()
    for _ in range(times):
        work()
    return redis.commands() - before


def test_none_when_off(client: APIClient, user: User) -> None:
    raw = str(AccessToken.for_user(user))
    CALLS.clear()
    with override_settings(SIMPLE_JWT={}, CACHES={"default": LOCMEM}):
        assert get(client, "/ours/who/", f"Bearer {raw}").status == 200
    assert CALLS == []


def test_one_for_a_request(
    switch_on: Configure, redis: RedisServer, client: APIClient, user: User
) -> None:
    switch_on(redis.cache(), AUTH_TOKEN_CLASSES=BOTH)
    refresh = RefreshToken.for_user(user)
    access = str(refresh.access_token)

    def request() -> int:
        return get(client, "/ours/who/", f"Bearer {access}").status

    request()  # the mark is written
    assert round_trips(redis, request, 10) == 10
    assert revocation.needs_io()
    assert round_trips(redis, lambda: post(client, "/ours/token/verify/", {"token": access})) == 1
    # Of a token that is refused for another reason nothing is asked.
    assert round_trips(redis, lambda: get(client, "/ours/who/", f"Bearer {refresh}")) == 0
    revocation.revoke_user(user)
    assert round_trips(redis, request) == 1
    assert request() == 401
    second = int(time.time())
    count = round_trips(
        redis,
        lambda: post(client, "/ours/token/refresh/", {"refresh": str(RefreshToken.for_user(user))}),
    )
    assert count == 1 if int(time.time()) == second else 2


def test_one_for_several_classes_that_all_take_a_token(
    switch_on: Configure, redis: RedisServer, client: APIClient, user: User
) -> None:
    switch_on(redis.cache(), AUTH_TOKEN_CLASSES=BOTH, TOKEN_TYPE_CLAIM=None)
    raw = str(AccessToken.for_user(user))
    revocation.revoke_token(AccessToken(raw))
    answers = []
    count = round_trips(redis, lambda: answers.append(get(client, "/ours/who/", f"Bearer {raw}")))
    assert count == 1
    assert [each["message"] for each in answers[0].body["messages"]] == ["Token is revoked"] * 2


def test_amortised_by_polling(
    switch_on: Configure,
    redis: RedisServer,
    client: APIClient,
    user: User,
    moves: Callable[[float], None],
) -> None:
    switch_on(redis.cache(), REVOCATION_POLL=10)
    access = str(AccessToken.for_user(user))

    def request() -> int:
        return get(client, "/ours/who/", f"Bearer {access}").status

    assert revocation.needs_io()
    request()
    assert not revocation.needs_io()
    assert round_trips(redis, request, 50) == 0
    for _ in range(3):
        moves(10)
        assert revocation.needs_io()
        assert round_trips(redis, request, 50) == 1
    # Another process revokes something: three more for the list, once.
    in_another_process(lambda: revocation.revoke_token("other", time.time() + 60))
    moves(10)
    assert round_trips(redis, request, 50) == 3
    moves(10)
    assert round_trips(redis, request, 50) == 1


def in_another_process(work: Callable[[], object]) -> None:
    """With nothing of this process's memory."""
    mine, revocation._current = revocation._current, None
    try:
        work()
    finally:
        revocation._current = mine


# --- Polling ---


def test_what_the_interval_leaves_open(
    switch_on: Configure, cache: dict[str, Any], moves: Callable[[float], None], waits: list[int]
) -> None:
    switch_on(cache, REVOCATION_POLL=10)
    raw, other = old(), old(jti="x", user_id="2")
    assert is_good(raw)
    in_another_process(lambda: revocation.revoke_user("1"))
    moves(5)
    assert is_good(raw)
    moves(5)
    assert not is_good(raw)
    assert is_good(other)
    in_another_process(revocation.revoke_all)
    moves(10)
    assert not is_good(other)
    in_another_process(revocation.unrevoke_all)
    in_another_process(lambda: revocation.unrevoke_user("1"))
    moves(10)
    assert is_good(raw)
    assert is_good(other)


def test_one_thread_reads_and_the_others_go_on(
    switch_on: Configure, monkeypatch: pytest.MonkeyPatch, moves: Callable[[float], None]
) -> None:
    switch_on(LOCMEM, REVOCATION_POLL=10)
    raw = old()
    read = store.Store.read
    reads: list[float] = []

    def slow(self: Any, keys: Any) -> Any:
        reads.append(time.monotonic())
        time.sleep(0.8)
        return read(self, keys)

    assert is_good(raw)
    monkeypatch.setattr(store.Store, "read", slow)

    def timed(_: int) -> float:
        started = time.perf_counter()
        assert is_good(raw)
        return time.perf_counter() - started

    moves(10)
    with ThreadPoolExecutor(8) as pool:
        durations = sorted(pool.map(timed, range(8)))
    assert len(reads) == 1
    assert durations[-2] < 0.7 < durations[-1]
    # With a list that is twice as old as it may be all wait; one reads.
    moves(20)
    with ThreadPoolExecutor(8) as pool:
        durations = sorted(pool.map(timed, range(8)))
    assert len(reads) == 2
    assert durations[0] > 0.4


def test_more_than_the_index_holds(
    switch_on: Configure,
    redis: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
    moves: Callable[[float], None],
) -> None:
    """Who polls asks for each token again: nothing that is revoked is accepted."""
    monkeypatch.setattr(store, "_SLOTS", store._SLOTS[:5])
    switch_on(redis.cache(), REVOCATION_POLL=10)
    raws = [old(jti=f"number{n}") for n in range(8)]
    good = old(jti="good")
    assert all(map(is_good, raws))
    for n in range(5):
        in_another_process(lambda n=n: revocation.revoke_token(f"number{n}", time.time() + 300))
        # Once more takes no other slot.
        in_another_process(lambda n=n: revocation.revoke_token(f"number{n}", time.time() + 200))
    assert revocation.list_revocations().listing.is_complete
    moves(10)
    assert [is_good(raw) for raw in raws] == [False] * 5 + [True] * 3
    assert round_trips(redis, lambda: is_good(good), 5) == 0
    for n in range(5, 8):
        in_another_process(lambda n=n: revocation.revoke_token(f"number{n}", time.time() + 300))
    assert not revocation.list_revocations().listing.is_complete
    moves(10)
    assert not any(map(is_good, raws))
    assert is_good(good)
    assert revocation.needs_io()
    assert round_trips(redis, lambda: is_good(good), 5) == 5
    # As long as the entries that are not in it.
    client = redis.client()
    assert client.ttl(f":1:{OVERFLOW}") >= 86_400 - 5
    client.delete(f":1:{OVERFLOW}")
    moves(10)
    is_good(good)
    assert not revocation.needs_io()


def test_many_revoke_at_once(switch_on: Configure, redis: RedisServer) -> None:
    """None of what they write is lost, in the index or beside it."""
    switch_on(redis.cache())
    before = time.time() + 300
    with ThreadPoolExecutor(16) as pool:
        list(
            pool.map(
                lambda n: revocation.revoke_token(f"n{n}", before, blacklist=False), range(200)
            )
        )
    listing = revocation.list_revocations().listing
    assert {each.id for each in listing.entries.values()} == {f"n{n}" for n in range(200)}
    assert listing.is_complete


def test_the_index_holds_a_thousand(switch_on: Configure, redis: RedisServer) -> None:
    switch_on(redis.cache())
    revocation.revoke_users([f"user{n}" for n in range(CAPACITY)], blacklist=False)
    assert revocation.list_revocations().listing.is_complete
    revocation.revoke_users(["another"], blacklist=False)
    listing = revocation.list_revocations().listing
    assert len(listing.entries) == CAPACITY
    assert not listing.is_complete


# --- Keys ---


@pytest.mark.parametrize(
    "identifier",
    [
        "1",
        "a" * 100,
        "a" * 101,
        "a" * 10_000,
        "a b",
        "a\n",
        "\0",
        "\x7f",
        "é",
        "\ud800",
        "a.b",
        "",
        ":",
    ],
)
def test_keys_are_good_for_memcached(identifier: str) -> None:
    for kind in ("token", "user"):
        key = key_of(kind, identifier)
        assert list(memcache_key_warnings(f"a prefix of forty characters, or more{key}"[36:])) == []
        assert len(key) < 150
        key.encode("ascii")


def test_keys_of_different_ids_differ() -> None:
    import hashlib

    digest = hashlib.sha256(b"a b").hexdigest()
    ids = ["1", "01", "a b", digest, f"sha256.{digest}", "sha256", "é", "e\u0301"]
    assert len({key_of(kind, each) for each in ids for kind in ("token", "user")}) == 2 * len(ids)


def test_tenants_have_revocations_of_their_own(
    switch_on: Configure, waits: list[int], moves: Callable[[float], None]
) -> None:
    """Where the cache's KEY_FUNCTION says whose they are, as that of django-tenants does."""
    cache = {**LOCMEM, "KEY_FUNCTION": "tests.drf.revocation.test_cache.key_of_tenant"}
    switch_on(cache, REVOCATION_POLL=10)
    raw = old()
    for tenant in ("a", "b"):
        TENANT[0] = tenant
        assert is_good(raw)
    TENANT[0] = "a"
    revocation.revoke_user("1")
    moves(10)
    assert not is_good(raw)
    TENANT[0] = "b"
    assert is_good(raw)
    moves(10)
    assert is_good(raw)


TENANT = ["a"]


def key_of_tenant(key: str, prefix: str, version: int) -> str:
    return f"{TENANT[0]}:{key}"


# --- What is lost, and what is not ours ---


@pytest.mark.parametrize("poll", [0, 10])
def test_a_cache_that_has_lost_everything(
    switch_on: Configure,
    redis: RedisServer,
    moves: Callable[[float], None],
    caplog: pytest.LogCaptureFixture,
    poll: int,
) -> None:
    switch_on(redis.cache(), REVOCATION_POLL=poll)
    raw, other = old(), old(jti="other")
    revocation.revoke_token(AccessToken(raw))
    assert not is_good(raw)
    assert is_good(other)
    redis.client().flushall()
    moves(10)
    # Nobody can tell which tokens were revoked: all that were issued before are.
    assert not is_good(raw)
    assert not is_good(other)
    assert "has lost the revocations" in caplog.text
    assert "All tokens that were issued until now count as revoked" in caplog.text
    time.sleep(1 - time.time() % 1)
    assert is_good(token(claims(iat=int(time.time()))))
    # It is one loss, however many processes find it; and it can be undone.
    for _ in range(2):
        in_another_process(lambda: is_good(other))
    revocation.unrevoke_all()
    moves(10)
    assert is_good(other)


def test_lost_and_made_anew_by_a_process_that_does_not_know(
    switch_on: Configure, redis: RedisServer
) -> None:
    switch_on(redis.cache())
    raw = old()
    revocation.revoke_token(AccessToken(raw))
    assert not is_good(raw)
    redis.client().flushall()
    in_another_process(lambda: is_good(raw))
    assert not is_good(raw)
    seen = revocation._current
    in_another_process(lambda: revocation.unrevoke_all())
    assert is_good(raw)
    # A third one, which had seen the first mark, does not begin anew with it.
    assert seen is not None
    seen._scope().epoch = "the first"
    assert is_good(raw)


def test_lost_with_accept(
    switch_on: Configure, redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    switch_on(redis.cache(), REVOCATION_WHEN_DOWN="accept")
    raw = old()
    revocation.revoke_token(AccessToken(raw))
    assert not is_good(raw)
    redis.client().flushall()
    assert is_good(raw)
    assert "are accepted again" in caplog.text


def test_cleared_memory_of_the_process_is_no_loss(switch_on: Configure) -> None:
    """Test suites do so."""
    switch_on({"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "own"})
    assert is_good(old())
    caches["revoked"].clear()
    assert is_good(old())


JUNK: list[Any] = [
    "junk",
    5,
    None,
    [],
    ["token"],
    ["user", "1", "x", 5],
    ["mark", 1, 2, 3],
    {"a": 1},
]


@pytest.mark.parametrize("value", JUNK, ids=repr)
@pytest.mark.parametrize("key", [MARK, ALL, key_of("user", "1"), key_of("token", "x")])
@pytest.mark.parametrize("poll", [0, 10])
def test_what_others_have_written(
    switch_on: Configure, key: str, value: Any, poll: int, client: APIClient
) -> None:
    """It is as if the cache was down: 503, never a 500."""
    switch_on(LOCMEM, REVOCATION_POLL=poll)
    raw = old(jti="x")
    if "token" in key:
        revocation.revoke_token("x", blacklist=False)
    else:
        revocation.revoke_users(["1"], blacklist=False)
    assert not is_good(raw)
    caches["revoked"].set(key, value, None)
    caches["revoked"].set(CHANGE, "changed", None)
    assert revocation._current is not None
    revocation._current._scope().view = None
    if value is None and key == ALL:
        assert not is_good(raw)  # as if it was not there
        return
    for path in ("/ours/who/", "/ours/stateless/"):
        answer = get(client, path, f"Bearer {raw}")
        assert answer.status == 503
        assert answer.body == {
            "detail": "Tokens cannot be verified at present; try again later.",
            "code": "revocations_unavailable",
        }
        assert answer.headers["Retry-After"] == "1"
    assert post(client, "/ours/token/verify/", {"token": raw}).status == 503


def test_a_pickle_that_raises(switch_on: Configure, redis: RedisServer, client: APIClient) -> None:
    switch_on(redis.cache())
    raw = old()
    assert is_good(raw)
    redis.client().set(f":1:{key_of('user', '1')}", b"\x80\x04no pickle")
    assert get(client, "/ours/stateless/", f"Bearer {raw}").status == 503


@pytest.mark.parametrize(
    "backend",
    ["django.core.cache.backends.dummy.DummyCache", "tests.drf.revocation.backends.Careless"],
)
def test_a_cache_that_keeps_nothing(switch_on: Configure, backend: str) -> None:
    switch_on({"BACKEND": backend, "LOCATION": "nothing"})  # no other test's
    with pytest.raises(RevocationsUnavailable):
        AccessToken(old())
    for work in (
        lambda: revocation.revoke_token("x"),
        lambda: revocation.revoke_user("1"),
        revocation.revoke_all,
    ):
        with pytest.raises(RevocationsUnavailable):
            work()


def test_a_database_and_files(switch_on: Configure, tmp_path: Any, waits: list[int]) -> None:
    from django.core.management import call_command

    database = {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "revoked"}
    files = {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": str(tmp_path),
    }
    for cache in ({**database, "OPTIONS": {"MAX_ENTRIES": 10**6}}, files):
        switch_on(cache)
        if cache is not files:
            call_command("createcachetable", verbosity=0)
        raw = old()
        assert is_good(raw)
        revocation.revoke_user("1")
        assert not is_good(raw)
        revocation.unrevoke_user("1")
        assert is_good(raw)
        revocation.revoke_all()
        assert not is_good(raw)


def test_settings_and_caches_that_change(switch_on: Configure, redis: RedisServer) -> None:
    switch_on(LOCMEM)
    raw = old()
    revocation.revoke_token(AccessToken(raw))
    assert not is_good(raw)
    with override_settings(CACHES={"default": LOCMEM, "revoked": redis.cache()}):
        assert is_good(raw)
    assert not is_good(raw)
    with override_settings(SIMPLE_JWT={}):
        assert is_good(raw)
    assert not is_good(raw)


def test_what_the_doctor_says(switch_on: Configure, redis: RedisServer, user: User) -> None:
    switch_on(redis.cache(), REVOCATION_POLL=60)
    raw = str(AccessToken.for_user(user))

    def step() -> tuple[bool | None, str]:
        steps, is_accepted = judge(raw)
        (found,) = (each for each in steps if each.name == "revocation")
        assert is_accepted is (found.holds is True)
        return found.holds, found.text

    assert step() == (True, "not revoked")
    revocation.revoke_token(AccessToken(raw))
    assert step() == (False, "revoked: by itself, with its user's, or with all")
    switch_on(redis_cache("redis://127.0.0.1:1/0"))
    holds, text = step()
    assert holds is None
    assert text.startswith("not looked at: ConnectionError")


def test_messages_name_no_token(switch_on: Configure) -> None:
    switch_on(LOCMEM)
    raw = old()
    revocation.revoke_token(AccessToken(raw))
    with pytest.raises(TokenError) as caught:
        AccessToken(raw)
    assert raw not in repr(caught.value)
    assert memory.COOL_DOWN == 1.0
