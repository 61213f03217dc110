"""Outages under load: who is refused stays refused, and nothing fails but what the outage explains.

Real Gunicorn workers answer several clients; PostgreSQL and Redis are cut off and come back, Redis
hangs, workers are killed. Every answer is counted. PYJWTFAST_OUTAGE_SECONDS, which
`make test-faults` sets, makes outages that long, and has all of them, with all settings; the counts
are printed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.drf.outages.servers import (
    REDIS_TIMEOUT,
    WORKERS,
    Backends,
    Project,
    running_backends,
    serving,
)
from tests.drf.outages.traffic import (
    REFUSED,
    REFUSED_UNASKED,
    Traffic,
    counted,
    in_a_line,
    make_token,
    send,
)
from tests.drf.redis_server import need_redis

IS_LONG = "PYJWTFAST_OUTAGE_SECONDS" in os.environ
SECONDS = float(os.environ.get("PYJWTFAST_OUTAGE_SECONDS", "0.4"))

POLL = 0.3
# Seconds for which a cache of revocations is left alone after it has failed.
COOL_DOWN = 1.0
# For how much longer a request may take on a machine that has other work.
PATIENCE = 3.0

ROTATING = {"ROTATE_REFRESH_TOKENS": True, "BLACKLIST_AFTER_ROTATION": True}
FRESH: dict[str, Any] = ROTATING
CACHED = {
    **ROTATING,
    "USER_CACHE_TTL": 600,
    "USER_CACHE_INVALIDATION": "redis",
    "USER_CACHE_POLL": POLL,
}
REFUSE = {**ROTATING, "REVOCATION_CACHE": "redis"}
ACCEPT = {**REFUSE, "REVOCATION_WHEN_DOWN": "accept"}
REVOCATIONS = {
    "refuse": REFUSE,
    "refuse, polling": {**REFUSE, "REVOCATION_POLL": POLL},
    "accept": ACCEPT,
    "accept, polling": {**ACCEPT, "REVOCATION_POLL": POLL},
}


@pytest.fixture(scope="module")
def backends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backends]:
    need_redis()
    with running_backends(tmp_path_factory.mktemp("outages")) as running:
        yield running


@contextlib.contextmanager
def project(backends: Backends, settings: dict[str, Any]) -> Iterator[Project]:
    """Served with these settings; of the users "changing" may come in, "revoked" was revoked."""
    backends.forget()
    with serving(backends, settings) as served:
        change(served, is_active=True)
        if "REVOCATION_CACHE" in settings:
            assert send(served, "/revoke/", body={"pk": served.pks["revoked"]})[0] == 200
        yield served


class Story:
    """Traffic before, during and after an outage; what that was, and when."""

    def __init__(self, name: str, traffic: Traffic, is_revoking: bool) -> None:
        self.name, self.traffic, self.is_revoking = name, traffic, is_revoking
        self.began = self.ended = 0.0

    def check(self, during: dict[str, set[int | str]], grace: float = 0) -> None:
        """Assert what must always be so; print the counts.

        during: of kinds of requests, and "any", what may be answered to those that overlapped with
        the outage or with so many seconds after it.
        """
        traffic, end = self.traffic, self.ended + grace
        before = traffic.of(until=self.began)
        meanwhile = traffic.overlapping(self.began, end)
        after = traffic.of(after=end)
        for name, answers in (("before", before), ("during", meanwhile), ("after", after)):
            print(f"{self.name}, {name}: {in_a_line(answers)}")
            print(f"    {counted(answers)}")
        assert len(before) + len(meanwhile) + len(after) == len(traffic.answers)
        refused = {*REFUSED, "reused"} | ({"revoked"} if self.is_revoking else set())
        refreshed: set[str | None] = set()
        interrupted = {each.token for each in meanwhile if each.status != 200}
        for answers, is_outage in ((before, False), (meanwhile, True), (after, False)):
            for each in answers:
                said = {401} if each.kind in refused else {200}
                if each.kind == "refresh" and each.token in interrupted:
                    said = {200, 401}  # it may have been used by what got no answer
                if each.kind == "changing":
                    said = {200, 401}
                if is_outage and each.kind not in REFUSED_UNASKED:
                    said = said | during.get(each.kind, during.get("any", set()))
                assert each.status in said, (self.name, is_outage, each, traffic.project.log)
                if each.kind == "refresh" and each.status == 200:
                    assert each.token not in refreshed, "twice"
                    refreshed.add(each.token)
        # All kinds were there, so that it says something.
        for answers in (before, after):
            assert {*refused, "good", "refresh"} <= counted(answers).keys()

    def failures(self, status: int | str) -> int:
        return sum(each.status == status for each in self.traffic.answers)


@contextlib.contextmanager
def outage(
    name: str, served: Project, *, is_revoking: bool = False, grace: float = 0
) -> Iterator[Story]:
    """Traffic; the block is the outage, and ends it."""
    with Traffic(served) as traffic:
        story = Story(name, traffic, is_revoking)
        traffic.wait(SECONDS, WORKERS)
        story.began = time.monotonic()
        yield story
        story.ended = time.monotonic()
        time.sleep(grace)
        traffic.wait(SECONDS, 1)


def change(served: Project, **values: Any) -> float:
    """Save the user "changing"; when that was answered."""
    status, *_ = send(served, "/change/", body={"pk": served.pks["changing"], **values})
    assert status == 200, served.log.read_text()
    return time.monotonic()


def test_the_database_with_fresh_users(backends: Backends) -> None:
    """Who needs a row gets 500 while there is no database, as from Django itself; nobody after."""
    with project(backends, FRESH) as served:
        with outage("fresh, database gone", served) as story:
            served.database.cut()
            time.sleep(SECONDS)
            served.database.restore()
        story.check({"any": {500}})
        assert counted(story.traffic.answers)["good"].get(500, 0) > 0

        # In an outage without a request nothing is noticed: connections are tried before their use.
        served.database.cut()
        served.database.restore()
        with Traffic(served) as traffic:
            traffic.wait(0.2, 1)
        assert {each.status for each in traffic.answers} == {200, 401}

        killed_workers(served)


def killed_workers(served: Project) -> None:
    """The request that a killed worker was at is lost, and no other one."""
    with Traffic(served) as traffic:
        story = Story("a worker killed", traffic, False)
        traffic.wait(SECONDS, 1)
        for _ in range(6 if IS_LONG else 1):
            served.held.unlink(missing_ok=True)
            answers: list[Any] = []
            token = make_token(served.pks["anna"])
            asking = threading.Thread(
                target=lambda kept, raw: kept.append(send(served, "/held/", raw)),
                args=(answers, token),
            )
            asking.start()
            deadline = time.monotonic() + 30
            while not (served.held.exists() and served.held.read_text().endswith("\n")):
                assert time.monotonic() < deadline
                time.sleep(0.01)
            os.kill(int(served.held.read_text()), signal.SIGKILL)
            asking.join(40)
            assert answers == [("lost", None, None)]
            traffic.wait(0.1, 1)
        story.began = story.ended = time.monotonic()
        traffic.wait(0.1, 1)
    story.check({})  # nothing at all was lost of the traffic


def test_cached_users(backends: Backends) -> None:
    with project(backends, CACHED) as served:
        # The database is gone: who is kept gets his answer.
        with outage("cached, database gone", served) as story:
            served.database.cut()
            time.sleep(SECONDS)
            served.database.restore()
        story.check({kind: {500} for kind in ("gone", "refresh", "reused")})

        # Redis is gone: rows are read, nobody fails, and who is deactivated meanwhile is refused.
        with outage("cached, Redis gone", served) as story:
            served.redis.cut()
            time.sleep(POLL + SECONDS)
            deactivated = change(served, is_active=False)
            time.sleep(SECONDS)
            served.redis.restore()
        story.check({})
        since = story.traffic.of("changing", after=deactivated)
        assert counted(since)["changing"].keys() == {401}
        assert 200 in counted(story.traffic.of("changing", until=story.began))["changing"]

        # An outage of Redis while nobody asks: the next change is told all the same.
        served.redis.cut()
        served.redis.restore()
        change(served, is_active=True)
        deactivated = change(served, is_active=False)
        with Traffic(served) as traffic:
            time.sleep(POLL)
            traffic.wait(0, 1)
        late = traffic.of("changing", after=deactivated + POLL)
        assert counted(late)["changing"].keys() == {401}

        if not IS_LONG:
            return
        # Redis hangs: one request waits for the time limit, and is answered as ever.
        reactivated = change(served, is_active=True)
        with outage("cached, Redis hangs", served) as story:
            assert story.began > reactivated + POLL
            served.redis.stall()
            time.sleep(POLL + REDIS_TIMEOUT + SECONDS)
            began = time.monotonic()
            deactivated = change(served, is_active=False)
            assert deactivated - began < 2 * REDIS_TIMEOUT + PATIENCE
            time.sleep(SECONDS)
            served.redis.flow()
        story.check({})
        assert 200 in counted(story.traffic.of("changing", until=story.began))["changing"]
        since = story.traffic.of("changing", after=deactivated)
        assert counted(since)["changing"].keys() == {401}
        waits_no_longer_than_the_limit(story)


def waits_no_longer_than_the_limit(story: Story) -> None:
    """But for what requests take without an outage, on this machine at this time."""
    usual = max(each.ended - each.began for each in story.traffic.of(until=story.began))
    longest = max(each.ended - each.began for each in story.traffic.answers)
    # Each worker may wait once at a time, and a client for two requests in a row of it.
    assert longest < WORKERS * REDIS_TIMEOUT + usual + PATIENCE


@pytest.mark.parametrize("name", REVOCATIONS if IS_LONG else ["refuse"])
def test_revocations(backends: Backends, name: str) -> None:
    settings = REVOCATIONS[name]
    accepts, polls = settings.get("REVOCATION_WHEN_DOWN") == "accept", "REVOCATION_POLL" in settings
    asked = {"good", "inactive", "gone", "refresh", "reused", "changing", "revoked"}
    if not accepts:
        during: dict[str, set[int | str]] = {kind: {503} for kind in asked}
    else:
        # Without a list nobody knows who was revoked.
        during = {} if polls else {"revoked": {200}}
    grace = COOL_DOWN + REDIS_TIMEOUT + 0.5
    with project(backends, settings) as served:
        time.sleep(settings.get("REVOCATION_POLL", 0))
        for what in ("gone", "hangs") if IS_LONG else ("gone",):
            title = f"{name}, Redis {what}"
            with outage(title, served, is_revoking=True, grace=grace) as story:
                served.redis.cut() if what == "gone" else served.redis.stall()
                time.sleep(SECONDS + 2 * settings.get("REVOCATION_POLL", 0))
                status, *_ = send(served, "/revoke/", body={"pk": served.pks["changing"]})
                assert status == 503  # and it isn't revoked
                served.redis.restore() if what == "gone" else served.redis.flow()
            story.check(during, grace)
            good = counted(story.traffic.answers)["good"]
            assert (good.get(503, 0) > 0) is not accepts
            if what == "hangs":
                waits_no_longer_than_the_limit(story)
            assert 200 in counted(story.traffic.of("changing", after=story.ended))["changing"]
        # It works again: who is revoked now is refused by both.
        assert send(served, "/revoke/", body={"pk": served.pks["changing"]})[0] == 200
        revoked = time.monotonic() + settings.get("REVOCATION_POLL", 0)
        with Traffic(served) as traffic:
            time.sleep(settings.get("REVOCATION_POLL", 0))
            traffic.wait(0, 1)
        late = traffic.of("changing", after=revoked)
        assert counted(late)["changing"].keys() == {401}
