"""Python code that runs inside a call (a signal handler, a warning hook, a method of an argument)
and changes what the call was given.

A freed list or dict is put back in use by the hook itself, so that reading it through a stale
pointer gives a wrong result even where it does not crash.
"""

from __future__ import annotations

import signal
import textwrap

import pytest

from .scripts import run_script

SETUP = """
import gc, warnings
import pyjwtfast
from pyjwtfast import Key, Signer, Verifier, exceptions
SECRET = "s" * 64
KEY = Key.from_secret(SECRET)
TOKEN = pyjwtfast.encode({"a": 1}, SECRET)

def fill():
    "Takes the memory that was freed: lists and dicts of the sizes used here."
    kept.extend([["a"], {"a": 1}, ["a"] * 2, [b"A" * 56]] for _ in range(200))
kept = []
"""

SIGNALS = """
import json, signal, time
FLOATS = [number + 0.1234567890123 for number in range(60_000)]
INTS = [10**400 + number for number in range(1_000)]
ENCODE = {
    "encode": lambda claims: pyjwtfast.encode(claims, SECRET),
    "sign": Signer(KEY).sign,
}

def after(seconds, handler, call, *args):
    "Has the handler run that long after the call began; what the call returned."
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    return call(*args)
"""

DELAYS = (0.001, 0.003, 0.006, 0.01)

needs_timers = pytest.mark.skipif(
    not hasattr(signal, "setitimer"), reason="this system has no interval timers"
)


@needs_timers
@pytest.mark.parametrize("name", ["encode", "sign"])
@pytest.mark.parametrize("kind", ["list", "dict"])
def test_a_signal_handler_that_empties_the_claims(name: str, kind: str) -> None:
    """The token holds all of them or, where the signal came before the call, none."""
    run_script(
        SETUP
        + SIGNALS
        + f"""
encode, kind = ENCODE[{name!r}], {kind!r}
during = 0
for delay in {DELAYS}:
    x = list(FLOATS) if kind == "list" else {{str(f): f for f in FLOATS}}
    claims = {{"x": x}}
    whole, none = encode(claims), encode({{"x": type(x)()}})
    def handler(*_):
        x.clear()
        kept.append([bytes(64) for _ in range(20_000)])
    token = after(delay, handler, encode, claims)
    while x:
        pass
    assert token in (whole, none), len(token)
    during += token == whole
assert during, "every signal came too early"
"""
    )


@needs_timers
@pytest.mark.parametrize("name", ["encode", "sign"])
@pytest.mark.parametrize("values", ["FLOATS", "INTS"])
def test_a_signal_handler_that_raises(name: str, values: str) -> None:
    """Its exception reaches the caller, out of the call or right after it."""
    run_script(
        SETUP
        + SIGNALS
        + f"""
class Boom(Exception):
    pass
def handler(*_):
    raised.append(1)
    raise Boom
encode, claims = ENCODE[{name!r}], {{"x": {values}}}
def attempt(delay):
    after(delay, handler, encode, claims)
    end = time.monotonic() + 10
    while not raised and time.monotonic() < end:
        pass
for delay in {DELAYS}:
    raised = []
    try:
        attempt(delay)  # a call, so that wherever the signal comes it comes inside the try
    except Boom:
        continue
    raise SystemExit("swallowed" if raised else "no signal")
written_by_json = pyjwtfast.encode(claims, SECRET, json_encoder=json.JSONEncoder)
assert encode(claims) == written_by_json
"""
    )


OUTCOMES = """
def outcome(function, *args, **kwargs):
    try:
        return function(*args, **kwargs)
    except exceptions.MissingRequiredClaimError as error:
        return error.claim
    except exceptions.InvalidTokenError as error:
        return type(error)
"""

REQUIRE = {
    "algorithms": """
        options = {"require": ["z" + str(n) for n in range(3)]}
        class Algorithms(list):
            def __contains__(self, name):
                options.clear(); gc.collect(); fill()
                return True
        found = outcome(pyjwtfast.decode, TOKEN, SECRET, Algorithms(["HS256"]), options)
        assert found == "z0", found
    """,
    "warning": """
        options = {"require": ["z" + str(n) for n in range(3)]}
        def show(*args, **kwargs):
            options["require"] = ["a"]; fill()
        warnings.showwarning = show
        warnings.simplefilter("always")
        short = pyjwtfast.encode({"a": 1}, "short")
        options["require"] = ["z" + str(n) for n in range(3)]
        found = outcome(pyjwtfast.decode, short, "short", ["HS256"], options)
        assert found == "z0", found
    """,
    "leeway": """
        options = {"require": ["z" + str(n) for n in range(3)]}
        class Leeway:
            def total_seconds(self):
                options.clear(); fill()
                return 1.0
        found = outcome(pyjwtfast.decode, TOKEN, SECRET, ["HS256"], options, leeway=Leeway())
        assert found in ("z0", {"a": 1}), found
    """,
    "a flag": """
        class Flag:
            def __bool__(self):
                options.clear(); fill()
                return False
        options = {"verify_exp": Flag(), "verify_aud": Flag(), "require": ["z" + str(3)]}
        found = outcome(pyjwtfast.decode, TOKEN, SECRET, ["HS256"], options)
        assert found in ("z3", {"a": 1}), found
    """,
    "Verifier, iterable": """
        options = {"require": ["z" + str(n) for n in range(3)]}
        def names():
            options.clear(); fill()
            yield "a"
        verifier = Verifier([KEY], ["HS256"], require=names(), options=options)
        found = outcome(verifier.verify, TOKEN)
        assert found == "z0", found
    """,
}


@pytest.mark.parametrize("name", REQUIRE)
def test_options_that_change_during_the_call(name: str) -> None:
    """The names asked for at the start are those that count."""
    run_script(SETUP + OUTCOMES + textwrap.dedent(REQUIRE[name]))


CLAIM_FINDERS = {
    "audience": """
        class Audiences(list):
            def __iter__(self):
                empty_claims()
                return super().__iter__()
        found = outcome(pyjwtfast.decode, PERSON, SECRET, ["HS256"], audience=Audiences([AUD]))
    """,
    "issuer": """
        class Issuers(list):
            def __contains__(self, name):
                empty_claims()
                return True
        found = outcome(pyjwtfast.decode, PERSON, SECRET, ["HS256"], issuer=Issuers(), audience=AUD)
    """,
}


@pytest.mark.parametrize("name", CLAIM_FINDERS)
def test_claims_found_through_the_garbage_collector(name: str) -> None:
    """What the caller expects may find the claims while they are checked, and empty them."""
    run_script(
        SETUP
        + OUTCOMES
        + """
AUD = "y" * 40
PERSON = pyjwtfast.encode({"iss": "i" * 40, "sub": "x" * 40, "aud": [AUD], "jti": "j" * 40}, SECRET)
emptied = []
def empty_claims():
    for found in gc.get_objects():
        if type(found) is dict and "iss" in found and "aud" in found:
            emptied.append(found)
            found.clear()
            kept.append([bytes(8 + n % 64) for n in range(2000)]); fill()
"""
        + textwrap.dedent(CLAIM_FINDERS[name])
        + "\nassert emptied and found == {}, (emptied, found)\n"
    )
