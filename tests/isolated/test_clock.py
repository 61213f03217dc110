"""Which clock a fresh process reads: it learns the real `time.time` at its first token."""

from __future__ import annotations

import pytest

from .scripts import run_script

SETUP = """
import datetime, time
import pyjwtfast
from pyjwtfast import Key, Verifier, exceptions
SECRET = "s" * 64
NOW = time.time()
HOUR = datetime.timedelta(hours=1)
token = pyjwtfast.encode({"exp": int(NOW) + 600}, SECRET)
verifiers = [Verifier([Key.from_secret(SECRET)], ["HS256"], cache_size=size) for size in (0, 4)]
readers = [lambda token: pyjwtfast.decode(token, SECRET, algorithms=["HS256"]),
           *(verifier.verify for verifier in verifiers)]
def now():
    return datetime.datetime.fromtimestamp(NOW, datetime.timezone.utc)
def read():
    "Whether the readers accept the token; all of them must agree."
    found = set()
    for reader in readers:
        try:
            found.add(bool(reader(token)))
        except exceptions.ExpiredSignatureError:
            found.add(False)
    [verdict] = found
    return verdict
"""

TRAVELLERS = {"time_machine": "time_machine.travel", "freezegun": "freezegun.freeze_time"}


@pytest.mark.parametrize("module", TRAVELLERS)
@pytest.mark.parametrize("first", ["real", "travelled to now", "travelled away"])
def test_first_read(module: str, first: str) -> None:
    """Whatever the clock was at the first read, a later travel is honoured, and its end too."""
    pytest.importorskip(module, reason=f"{module} is not installed")
    opening = {
        "real": "assert read()",
        "travelled to now": "with travel(now()): assert read()",
        "travelled away": "with travel(now() + HOUR): assert not read()",
    }[first]
    run_script(
        SETUP
        + f"""
import {module}
travel = {TRAVELLERS[module]}
{opening}
for _ in range(2):
    with travel(now() + HOUR):
        assert not read()
    assert read()
    with travel(now()):
        assert read()
"""
    )


@pytest.mark.parametrize("module", TRAVELLERS)
def test_imported_after_the_first_read(module: str) -> None:
    pytest.importorskip(module, reason=f"{module} is not installed")
    run_script(
        SETUP
        + f"""
assert read()
import {module}
assert read()
with {TRAVELLERS[module]}(now() + HOUR):
    assert not read()
assert read()
"""
    )


def test_a_clock_that_tells_nan() -> None:
    """Every comparison with nan is false: no token would be expired."""
    run_script(
        SETUP
        + """
time.time = lambda: float("nan")
for reader in readers:
    for claims in ({"exp": 1}, {"exp": 2**40}, {"nbf": 2**40}, {"iat": 1}):
        try:
            reader(pyjwtfast.encode(claims, SECRET))
        except ValueError:
            continue
        raise SystemExit(f"accepted {claims}")
"""
    )
