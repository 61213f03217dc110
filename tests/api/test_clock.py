"""The clock is the system's, or whatever `time.time` has been replaced with."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest

import pyjwtfast
from pyjwtfast import Key, Verifier
from pyjwtfast.exceptions import ExpiredSignatureError, ImmatureSignatureError

from ..support import SECRET, forge

PAST, FUTURE = 1_000_000_000, 4_000_000_000


def readers() -> list[Callable[[str], dict[str, Any]]]:
    key = Key.from_secret(SECRET)
    return [
        lambda token: pyjwtfast.decode(token, SECRET, algorithms=["HS256"]),
        Verifier([key], ["HS256"]).verify,
        Verifier([key], ["HS256"], cache_size=8).verify,
    ]


def assert_clock_says(now: float) -> None:
    """Tokens that are just right and just wrong at this time."""
    second = int(now)
    for read in readers():
        for _ in range(2):
            assert read(forge({"exp": second + 1})) == {"exp": second + 1}
            assert read(forge({"nbf": second, "iat": second}))
            with pytest.raises(ExpiredSignatureError):
                read(forge({"exp": second}))
            for name in ("nbf", "iat"):
                with pytest.raises(ImmatureSignatureError):
                    read(forge({name: second + 1}))


def test_the_systems_clock() -> None:
    now = int(time.time())
    for read in readers():
        assert read(forge({"exp": now + 30, "iat": now - 1, "nbf": now - 1}))
        with pytest.raises(ExpiredSignatureError):
            read(forge({"exp": now - 1}))
        with pytest.raises(ImmatureSignatureError):
            read(forge({"iat": now + 30}))


@pytest.mark.parametrize("now", [PAST, PAST + 0.999, FUTURE + 0.5, 1, 2**40])
def test_replaced_time(now: float) -> None:
    with mock.patch.object(time, "time", return_value=now):
        assert_clock_says(now)
    test_the_systems_clock()


def test_replaced_time_that_moves() -> None:
    token = forge({"exp": PAST + 2})
    for read in readers():
        with mock.patch.object(time, "time") as clock:
            for now in (PAST, PAST + 1, PAST + 1.9):
                clock.return_value = now
                assert read(token)
            for now in (PAST + 2, FUTURE):
                clock.return_value = now
                with pytest.raises(ExpiredSignatureError):
                    read(token)


def test_an_error_of_the_replaced_clock_is_the_callers() -> None:
    token = forge({"exp": FUTURE})
    for read in readers():
        broken = mock.patch.object(time, "time", side_effect=ZeroDivisionError)
        with broken, pytest.raises(ZeroDivisionError):
            read(token)
        assert read(token) == {"exp": FUTURE}


@pytest.mark.parametrize("value", ["now", None, float("nan"), [], 10**400])
def test_a_replaced_clock_that_tells_no_time(value: Any) -> None:
    """An error, whichever; never an expired token accepted."""
    for read in readers():
        broken = mock.patch.object(time, "time", return_value=value)
        with broken, pytest.raises((TypeError, ValueError, OverflowError, ExpiredSignatureError)):
            read(forge({"exp": 1}))


def test_replaced_time_that_returns_an_integer() -> None:
    with mock.patch.object(time, "time", return_value=PAST):
        assert_clock_says(PAST)


def test_freezegun() -> None:
    freezegun = pytest.importorskip("freezegun", reason="freezegun is not installed")
    with freezegun.freeze_time(datetime.datetime.fromtimestamp(PAST, datetime.timezone.utc)) as it:
        assert_clock_says(PAST)
        it.tick(100)
        assert_clock_says(PAST + 100)
    test_the_systems_clock()


def test_freezegun_and_remembered_tokens() -> None:
    """The times of a token are checked again on every hit, with the leeway."""
    freezegun = pytest.importorskip("freezegun", reason="freezegun is not installed")
    claims = {"nbf": PAST, "iat": PAST, "exp": PAST + 10}
    token = forge(claims)
    verifier = Verifier([Key.from_secret(SECRET)], ["HS256"], cache_size=8, leeway=2)

    def at(now: float) -> Any:
        return freezegun.freeze_time(datetime.datetime.fromtimestamp(now, datetime.timezone.utc))

    for now in (PAST - 2, PAST, PAST + 9):
        with at(now):
            assert verifier.verify(token) == claims
    assert verifier.cache_info()[:3] == (2, 1, 1)
    with at(PAST - 3), pytest.raises(ImmatureSignatureError):
        verifier.verify(token)
    with at(PAST + 12), pytest.raises(ExpiredSignatureError):
        verifier.verify(token)
    assert verifier.cache_info().entries == 0


def test_time_machine() -> None:
    """It replaces the C function inside `time.time`, so the object stays the same."""
    time_machine = pytest.importorskip("time_machine", reason="time-machine is not installed")
    with time_machine.travel(FUTURE, tick=False) as traveller:
        assert_clock_says(FUTURE)
        traveller.shift(100)
        assert_clock_says(FUTURE + 100)
    test_the_systems_clock()
