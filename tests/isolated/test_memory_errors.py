"""Allocations that fail: each of a call's in turn, by the hooks of CPython's own test module.

A call then raises MemoryError or, where it could do without (a cache entry), gives its result.
Extra headers are left out: Python's json writes them, and its encoder crashes by itself.
"""

from __future__ import annotations

import pytest

from .scripts import run_script

pytest.importorskip("_testcapi", reason="this Python comes without CPython's test modules")

SETUP = """
import base64, _testcapi, functools, hmac, json, warnings
warnings.simplefilter("ignore")
import pyjwtfast
from pyjwtfast import Key, Signer, Verifier, exceptions

SECRET = "s" * 64
KEY = Key.from_secret(SECRET, kid="k")
CLAIMS = {"exp": 9999999999, "nbf": 1, "aud": ["a"], "iss": "i", "sub": "s", "x": True,
          "l": [1, [2, {"k": "v" * 50}]], "o": {"p": {"q": []}}, "s": "\\u00e9" * 20, "f": 1.5}
TOKEN = pyjwtfast.encode(CLAIMS, SECRET)
HS = {"algorithms": ["HS256"], "audience": "a"}

def forge(header, payload=b"{}"):
    parts = [base64.urlsafe_b64encode(part).rstrip(b"=") for part in (header, payload)]
    mac = hmac.new(SECRET.encode(), b".".join(parts), "sha256").digest()
    return b".".join([*parts, base64.urlsafe_b64encode(mac).rstrip(b"=")]).decode()

WITH_BIG = forge(b'{"alg":"HS256","x":{"y":[1]}}', json.dumps({**CLAIMS, "n": 10**30}).encode())
plain = Verifier([KEY], ["HS256"], audience="a")
strict = Verifier([KEY], ["HS256"], audience=["a", "b"], issuer=["i"], subject="s", require=["x"],
                  expect={"o": {"p": {"q": []}}, "x": True}, cache_size=4)
signer = Signer(KEY, headers={"x": {"y": [1]}})

def verify_anew(token):
    strict.cache_clear()
    return strict.verify(token), strict.verify(token)

def prepared_key():
    return Key.from_secret(SECRET, kid="k").kid

def prepared_verifier():
    verifier = Verifier([KEY, KEY], ["HS256"], audience=["a"], issuer=["i"], require=["x"],
                        expect={"x": True, "l": [1, [2, {"k": "v" * 50}]]},
                        options={"require": ["exp"]}, cache_size=3)
    return verifier.verify(TOKEN)

def cache_capacity():
    return strict.cache_info().capacity

def outcome(call):
    try:
        return call()
    except exceptions.PyJWTError as error:
        return type(error), str(error)

def failing(call, number):
    "The call while one allocation fails; whether MemoryError came out."
    _testcapi.set_nomemory(number, number + 1)
    try:
        result = call()
    except MemoryError:
        return True
    except (exceptions.PyJWTError, SystemError) as error:
        result = error
    finally:
        _testcapi.remove_mem_hooks()
    if isinstance(result, SystemError) and str(result).startswith(INTERPRETERS_OWN):
        return False
    if isinstance(result, exceptions.PyJWTError):
        # CPython 3.10 raises without the text when it is the text that can't be allocated.
        result = type(result), str(result) or expected[1]
    assert result == expected, (number, result)
    return False

# What CPython itself makes of an allocation that fails while it adds to a traceback, in a function
# in Python. One in C that fails without an exception is told apart: it is <built-in ...>.
INTERPRETERS_OWN = ("error return without exception set", "<function ")

def exhaust(call):
    global expected
    for _ in range(3):
        expected = outcome(call)
    assert sum(failing(call, number) for number in range(150)), "no allocation failed"
    for _ in range(3):
        assert outcome(call) == expected
"""

CALLS = {
    "encode": "pyjwtfast.encode, CLAIMS, SECRET",
    "encode, another key": "pyjwtfast.encode, CLAIMS, SECRET + 'x', 'HS512'",
    "sign": "signer.sign, CLAIMS",
    "decode": "pyjwtfast.decode, TOKEN, SECRET, **HS, options={'require': ['exp']}, leeway=1.5",
    "decode, big integer": "pyjwtfast.decode, WITH_BIG, SECRET, **HS",
    "decode_complete": "pyjwtfast.decode_complete, WITH_BIG, KEY, **HS",
    "decode, unverified": "pyjwtfast.decode, TOKEN, options={'verify_signature': False}",
    "get_unverified_header": "pyjwtfast.get_unverified_header, WITH_BIG",
    "verify": "plain.verify, WITH_BIG",
    "verify_complete": "plain.verify_complete, WITH_BIG",
    "verify, remembered": "strict.verify, TOKEN",
    "verify_complete, remembered": "strict.verify_complete, TOKEN",
    "verify, to be remembered": "verify_anew, TOKEN",
    "verify, bad signature": "plain.verify, TOKEN[:-4] + 'AAAA'",
    "verify, bad crit": "plain.verify, CRIT",
    "decode, bad payload": "pyjwtfast.decode, BROKEN, SECRET, **HS",
    "decode, wrong audience": "pyjwtfast.decode, TOKEN, SECRET, algorithms=['HS256']",
    "decode, claim missing": "pyjwtfast.decode, TOKEN, SECRET, **HS, options={'require': ['z']}",
    "Key": "prepared_key",
    "Verifier": "prepared_verifier",
    "cache_info": "cache_capacity",
}


@pytest.mark.parametrize("name", CALLS)
def test_each_allocation_fails_in_turn(name: str) -> None:
    run_script(
        SETUP
        + f"""
CRIT = forge(b'{{"alg":"HS256","crit":["x"],"x":{{"y":[1]}}}}')
BROKEN = forge(b'{{"alg":"HS256"}}', b'{{"a":[1,{{"b":"c","d":[2.5]}}],}}')
exhaust(functools.partial({CALLS[name]}))
"""
    )
