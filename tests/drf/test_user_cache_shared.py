"""USER_CACHE_INVALIDATION: what other processes learn, and when; and where they can't.

Most tests have several caches in one process, each of which stands for a process of its own; the
last ones have processes, and Redis.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from django.db import connections, transaction
from django.test import override_settings

from pyjwtfast.drf import logs
from pyjwtfast.drf.authentication import JWTAuthentication
from pyjwtfast.drf.user_cache import feed, invalidate_user, memory
from tests.drf import peers
from tests.drf.databases import new_database
from tests.drf.models import User
from tests.drf.peers import Process
from tests.drf.redis_server import RedisServer, need_redis
from tests.drf.settings import DATABASE

pytestmark = pytest.mark.django_db(transaction=True)


class Faulty(LocMemCache):
    """One that can be down, or slow, and counts what it is asked."""

    is_down = False
    asked = 0
    on_get: Any = None

    def get(self, *args: Any, **kwargs: Any) -> Any:
        type(self).asked += 1
        if self.on_get is not None:
            type(self).on_get()
        if self.is_down:
            raise ConnectionError("down")
        return super().get(*args, **kwargs)

    def incr(self, *args: Any, **kwargs: Any) -> Any:
        if self.is_down:
            raise ConnectionError("down")
        return super().incr(*args, **kwargs)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    for module in (memory, logs):
        monkeypatch.setattr(module, "monotonic", made)
    return made


LOCMEM = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}


@pytest.fixture(params=["atomic", "not atomic"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """Sets CACHES["shared"]: one that counts atomically, and one that does not."""
    cache = {"BACKEND": f"{__name__}.Faulty", "LOCATION": "shared"}
    if request.param == "not atomic":
        backend = "django.core.cache.backends.filebased.FileBasedCache"
        cache = {"BACKEND": backend, "LOCATION": str(tmp_path)}
    with override_settings(CACHES={"default": LOCMEM, "shared": cache}):
        caches["shared"].clear()
        yield


@pytest.fixture
def faulty() -> Iterator[type[Faulty]]:
    cache = {"BACKEND": f"{__name__}.Faulty", "LOCATION": "shared"}
    with override_settings(CACHES={"default": LOCMEM, "shared": cache}):
        caches["shared"].clear()
        yield Faulty
    Faulty.is_down, Faulty.asked, Faulty.on_get = False, 0, None


def new_process(**changes: Any) -> memory.UserCache:
    return memory.UserCache(**{"ttl": 60, "size": 100, "shared": "shared", **changes})


class Reader:
    """Requests of one user in one process: how many reads they have cost."""

    def __init__(self, process: memory.UserCache, user: User) -> None:
        self.process, self.user, self.reads = process, user, 0

    def __call__(self) -> int:
        before = self.reads
        assert self.process.get(self.user.pk, "default", self.read) == self.user
        return self.reads - before

    def read(self) -> User:
        self.reads += 1
        return User.objects.get(pk=self.user.pk)


def row(user: User) -> str:
    return f"drf.user:{user.pk}"


def test_other_processes_learn_of_a_change(user: User, shared: None, clock: Clock) -> None:
    one, other = Reader(new_process(), user), Reader(new_process(), user)
    assert [one(), one(), other(), other()] == [1, 0, 1, 0]
    one.process.invalidate([row(user)], "default")
    assert one() == 1
    clock.now += 0.99
    assert other() == 0
    clock.now += 0.01
    assert [other(), other()] == [1, 0]


def test_only_the_entries_of_the_changed_are_dropped(user: User, faulty: Any, clock: Clock) -> None:
    second = User.objects.create_user("bert")
    process, writer = new_process(), new_process()
    readers = [Reader(process, each) for each in (user, second)]
    assert [each() for each in readers * 2] == [1, 1, 0, 0]
    for number in range(5):  # the first number of all is a change of everything
        writer.publish([row(user)])
        clock.now += 1
        assert [each() for each in readers] == [1, 1 if number == 0 else 0]
    writer.publish(["*"])
    clock.now += 1
    assert [each() for each in readers] == [1, 1]


@pytest.mark.parametrize("lost", ["change", "number", "everything", "too many", "clock"])
def test_what_is_not_certain_counts_as_a_change(
    user: User, faulty: Any, clock: Clock, lost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, reader = new_process(), Reader(new_process(), user)
    writer.publish(["drf.user:0"])
    assert [reader(), reader()] == [1, 0]
    writer.publish(["drf.user:0"])
    clock.now += 1
    assert reader() == 0  # so much is certain
    if lost == "too many":
        monkeypatch.setattr(feed, "MOST_AT_ONCE", 3)
        for _ in range(4):
            writer.publish(["drf.user:0"])
    elif lost == "change":
        writer.publish(["drf.user:0"])
        number = caches["shared"].get(feed._NUMBER)
        caches["shared"].delete(feed._CHANGE.format(number))
    elif lost == "number":
        caches["shared"].delete(feed._NUMBER)
    else:
        caches["shared"].clear()
        if lost == "clock":
            monkeypatch.setattr(feed.time, "time", lambda: 1.0)
        writer.publish(["drf.user:0"])
    clock.now += 1
    assert [reader(), reader()] == [1, 0]


def test_it_is_asked_once_in_the_interval(user: User, faulty: Any, clock: Clock) -> None:
    reader = Reader(new_process(poll=2), user)
    reader()
    faulty.asked = 0
    for _ in range(40):
        clock.now += 0.1
        reader()
    assert faulty.asked == 2
    for _ in range(100):
        reader()
    assert faulty.asked == 2


def test_a_commit_is_told_once_and_a_rollback_never(user: User, faulty: Any, clock: Clock) -> None:
    with override_settings(SIMPLE_JWT={"USER_CACHE_TTL": 60, "USER_CACHE_INVALIDATION": "shared"}):
        new_process().publish(["drf.user:0"])

        def number() -> int:
            return int(caches["shared"].get(feed._NUMBER))

        before = number()
        with transaction.atomic():
            for name in ("bert", "carl"):
                user.username = name
                user.save()
            assert number() == before
        assert number() == before + 1
        assert caches["shared"].get(feed._CHANGE.format(before + 1)) == [row(user)]
        with transaction.atomic():
            user.save()
            transaction.set_rollback(True)
        assert number() == before + 1
        invalidate_user(user.pk)
        assert number() == before + 2


def test_a_hook_that_fails_does_not_keep_it_from_being_told(
    user: User, faulty: Any, clock: Clock
) -> None:
    """One that a project has registered before the change, and that takes all later ones along."""
    with override_settings(SIMPLE_JWT={"USER_CACHE_TTL": 60, "USER_CACHE_INVALIDATION": "shared"}):
        other = Reader(new_process(), user)
        assert [other() for _ in range(2)] == [1, 0]

        def change() -> None:
            with transaction.atomic():
                transaction.on_commit(lambda: 1 / 0)
                with suppress(ValueError), transaction.atomic():
                    user.save()
                    raise ValueError
                user.save()

        with pytest.raises(ZeroDivisionError):
            change()
        clock.now += 5
        assert [other() for _ in range(2)] == [1, 0]


def test_while_it_is_down_each_row_is_read(
    user: User, faulty: Any, clock: Clock, caplog: Any
) -> None:
    reader = Reader(new_process(ttl=600), user)
    assert [reader(), reader()] == [1, 0]
    faulty.is_down = True
    assert reader() == 0  # it was asked not long ago
    faulty.asked = 0
    for _ in range(10):
        clock.now += 1
        assert [reader(), reader()] == [1, 1]
    assert faulty.asked == 10
    assert [record.getMessage() for record in caplog.records] == [
        "Whether users have changed can't be learned: each is read from the database"
    ]
    clock.now += 60
    reader()
    assert len(caplog.records) == 2
    # Back again: changes may have been missed, so nothing is used that was kept before.
    faulty.is_down = False
    clock.now += 1
    assert [reader(), reader()] == [1, 0]


def test_saving_while_it_is_down(user: User, faulty: Any, clock: Clock, caplog: Any) -> None:
    """Succeeds; and the others are told as soon as that is possible."""
    writer, reader = Reader(new_process(), user), Reader(new_process(), user)
    assert [writer(), reader()] == [1, 1]
    faulty.is_down = True
    writer.process.invalidate([row(user)], "default")
    (record,) = caplog.records
    assert record.getMessage().startswith("Other processes were not told that a user has changed")
    faulty.is_down = False
    assert [reader(), writer()] == [0, 1]  # the reader has not noticed anything
    clock.now += 1
    writer()
    assert reader() == 1


def test_one_that_is_slow_is_left_alone(user: User, faulty: Any, clock: Clock) -> None:
    reader = Reader(new_process(), user)
    faulty.is_down = True

    def wait() -> None:
        clock.now += 5

    faulty.on_get = wait
    assert [reader() for _ in range(5)] == [1] * 5
    assert faulty.asked == 1
    clock.now += 44
    reader()
    assert faulty.asked == 1
    clock.now += 1
    reader()
    assert faulty.asked == 2


def test_while_one_thread_asks_others_do_not_wait(user: User, faulty: Any, clock: Clock) -> None:
    process = new_process()
    reader = Reader(process, user)
    assert [reader(), reader()] == [1, 0]
    clock.now += 1
    asking, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        asking.set()
        assert go_on.wait(20)

    faulty.on_get = wait
    results: list[bool] = []
    thread = threading.Thread(target=lambda: results.append(process._is_current()))
    thread.start()
    assert asking.wait(20)
    assert [reader(), reader()] == [1, 1]
    go_on.set()
    thread.join(20)
    assert results == [True]
    assert reader() == 0


# --- Sequences at random, against the rules ---


class Actor:
    """A thread with a connection of its own, in which steps are run one by one."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(1)
        self.blocks: list[Any] = []
        # The name that its open transaction has written, and what that was as each block began.
        self.own: tuple[str | None] | None = None
        self.views: list[tuple[str | None] | None] = []

    def sees(self, committed: str | None) -> str | None:
        return committed if self.own is None else self.own[0]

    def do(self, function: Any, *args: Any) -> Any:
        if DATABASE == "sqlite":
            return function(*args)  # its database in memory is one connection's
        return self.pool.submit(function, *args).result(60)

    def close(self) -> None:
        self.do(connections.close_all) if DATABASE != "sqlite" else None
        self.pool.shutdown()


def begin() -> Any:
    block = transaction.atomic()
    block.__enter__()
    return block


def end(block: Any, commit: bool) -> None:
    error = None if commit else ValueError("rolled back")
    block.__exit__(type(error) if error else None, error, None)


def name_seen(pk: int) -> str | None:
    user = JWTAuthentication()._find_user(str(pk))
    return None if user is None else user.get_username()


def write(pk: int, how: str, name: str | None) -> None:
    if how == "delete":
        User.objects.filter(pk=pk).delete()
    elif how == "create":
        User.objects.create(pk=pk, username=name, badge=pk)
    elif how == "save":
        user = User.objects.get(pk=pk)
        user.username = str(name)
        user.save()
    else:
        User.objects.filter(pk=pk).update(username=name)
        invalidate_user(pk)


@pytest.mark.parametrize("seed", range(30))
def test_a_request_sees_what_the_rules_say(seed: int) -> None:
    """Two threads change and read one user: each sees what is committed, and its own changes.

    The database has the last word: the same is asked of it.
    """
    rng = random.Random(seed)
    pk, committed = 4711, "name0"
    User.objects.create(pk=pk, username=committed, badge=pk)
    actors = [Actor() for _ in range(1 if DATABASE == "sqlite" else 2)]
    story: list[Any] = []
    with override_settings(SIMPLE_JWT={"USER_CACHE_TTL": 60}):
        try:
            current: str | None = committed
            for step in range(40):
                number = rng.randrange(len(actors))
                actor, writers = actors[number], [each for each in actors if each.own]
                kind = rng.choice(["read", "read", "read", "write", "begin", "end", "end"])
                if kind == "begin" and len(actor.blocks) < 3:
                    actor.views.append(actor.own)
                    actor.blocks.append(actor.do(begin))
                    story.append((number, "begin"))
                elif kind == "end" and actor.blocks:
                    commit = rng.random() < 0.6
                    actor.do(end, actor.blocks.pop(), commit)
                    before = actor.views.pop()
                    story.append((number, "commit" if commit else "roll back"))
                    if not commit:
                        actor.own = before
                    if not actor.blocks:
                        current, actor.own = actor.sees(current), None
                elif kind == "write" and (not writers or writers == [actor]):
                    is_there = actor.sees(current) is not None
                    how = rng.choice(["save", "update", "delete"]) if is_there else "create"
                    name = None if how == "delete" else f"name{step + 1}"
                    story.append((number, how, name))
                    actor.do(write, pk, how, name)
                    if actor.blocks:
                        actor.own = (name,)
                    else:
                        current = name
                elif kind == "read":
                    expected = actor.sees(current)
                    story.append((number, "read", expected))
                    assert actor.do(name_seen, pk) == expected, story
                    row = actor.do(lambda: User.objects.filter(pk=pk).first())
                    assert (row and row.username) == expected, story
        finally:
            for actor in actors:
                while actor.blocks:
                    actor.do(end, actor.blocks.pop(), False)
                actor.close()


# --- Processes ---


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    need_redis()
    server = RedisServer(tmp_path)
    yield server
    server.stop()


POLL = 0.3
# How much later than that a loaded machine may notice.
PATIENCE = 10


@pytest.fixture
def processes(redis: RedisServer, tmp_path: Path) -> Iterator[list[Process]]:
    simple_jwt = {
        "USER_CACHE_TTL": 600,
        "USER_CACHE_INVALIDATION": "redis",
        "USER_CACHE_POLL": POLL,
    }
    with new_database(tmp_path) as database:
        peers.migrate("pyjwtfast", database)
        environment = peers.environment("pyjwtfast", database, simple_jwt)
        environment["PEER_CACHES"] = json.dumps({"default": LOCMEM, "redis": redis.cache()})
        running = [
            Process("tests.drf.peers.requests", environment, tmp_path / f"{number}.log")
            for number in range(2)
        ]
        yield running
        for each in running:
            each.close()


def seen_within(process: Process, pk: int, expected: str) -> float:
    """Asks until the answer is the expected one; after how many seconds that was."""
    began = time.monotonic()
    while process("who", pk)[0] != expected:
        assert time.monotonic() - began < POLL + PATIENCE
        time.sleep(0.01)
    return time.monotonic() - began


def test_processes(processes: list[Process], redis: RedisServer) -> None:
    one, other = processes
    (pk, second) = one("create", ["anna", "bert"])
    assert [one("who", pk), one("who", pk), other("who", pk)] == [
        ["anna", 1],
        ["anna", 0],
        ["anna", 1],
    ]
    assert other("who", second) == ["bert", 1]

    for change in ("save", "update"):
        other(change, pk, is_active=False)
        assert other("who", pk)[0] == "user_inactive"
        seen_within(one, pk, "user_inactive")
        other(change, pk, is_active=True)
        seen_within(one, pk, "anna")

    # A login is of one user: the others stay.
    one("who", second)
    other("log_in", pk)
    other("log_in", pk)
    time.sleep(POLL)
    assert [one("who", pk)[1], one("who", second)[1]] == [1, 0]

    # Without Redis nobody uses what is kept, and nobody fails.
    redis.stop()
    time.sleep(POLL)
    assert [one("who", pk), one("who", pk)] == [["anna", 1], ["anna", 1]]
    other("save", pk, username="carla")
    assert [one("who", pk), other("who", pk)] == [["carla", 1], ["carla", 1]]
    redis.start()
    began = time.monotonic()
    while one("who", pk) != ["carla", 0]:
        assert time.monotonic() - began < 10 * (POLL + PATIENCE)
        time.sleep(0.05)
    other("save", pk, username="dora")
    seen_within(one, pk, "dora")
