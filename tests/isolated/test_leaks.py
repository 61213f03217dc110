"""References and memory: many calls of every kind, successful and failing, leave nothing behind.

`sys.getallocatedblocks` counts the blocks of Python's allocator, so a single object kept per call
shows; the resident size shows what C keeps.
"""

from __future__ import annotations

import sys
import textwrap

import pytest

from .scripts import run_script

SETUP = """
import gc, os, sys, time, warnings
warnings.simplefilter("ignore")
import pyjwtfast
from pyjwtfast import Key, Signer, Verifier, exceptions

S = "s" * 64
KEY = Key.from_secret(S)
TIMES = {"exp": 9999999999, "iat": 1, "nbf": 1.5, "iss": "i", "aud": ["a"], "sub": "s", "jti": "j"}
FLAT = {**TIMES, "n": 12345678901234567890, "f": 1.25, "t": True, "z": None, "s": "\\u00e9" * 20}
NESTED = {**FLAT, "l": [1, [2, {"k": "v" * 50}]], "o": {"p": {"q": []}}}
HS = {"algorithms": ["HS256"], "audience": "a"}
flat, nested = pyjwtfast.encode(FLAT, S), pyjwtfast.encode(NESTED, S)
import base64, hmac, json, hashlib

def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")

def forge(payload, header=b'{"alg":"HS256"}'):
    signing = b64(header) + b"." + b64(payload)
    return (signing + b"." + b64(hmac.new(S.encode(), signing, "sha256").digest())).decode()

def refused(function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except (exceptions.PyJWTError, TypeError, ValueError, NotImplementedError, OverflowError):
        return
    raise SystemExit("was not refused: %r %r" % (args, kwargs))

def resident():
    if "PYJWTFAST_SANITIZED" in os.environ: # AddressSanitizer keeps what is freed, to watch it
        return 0
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096

def check(call, calls=3000, slack=60):
    for _ in range(300):
        call()
    gc.collect()
    blocks = sys.getallocatedblocks()
    for _ in range(calls):
        call()
    gc.collect()
    grown = sys.getallocatedblocks() - blocks
    assert grown < slack, f"{grown} blocks more after {calls} calls"
"""

CALLS = {
    "encode": """
        pyjwtfast.encode(FLAT, S)
        pyjwtfast.encode(NESTED, KEY, "HS512", {"kid": "k", "x": [1]})
    """,
    "encode, the slow way": """
        import datetime
        pyjwtfast.encode({"exp": datetime.datetime(2030, 1, 1), 1: (2, 3)}, S)
        pyjwtfast.encode({"a": 1}, S, json_encoder=json.JSONEncoder)
        pyjwtfast.encode({"a": 1}, S, headers={"b64": False}, sort_headers=False)
    """,
    "encode refused": """
        refused(pyjwtfast.encode, [], S)
        refused(pyjwtfast.encode, {"a": object()}, S)
        refused(pyjwtfast.encode, {"a": [1, {"b": {2}}]}, S)
        refused(pyjwtfast.encode, {"iss": 1}, S)
        refused(pyjwtfast.encode, {(1,): 1}, S)
        refused(pyjwtfast.encode, {}, S, "XX")
        refused(pyjwtfast.encode, {}, S, headers={"kid": 1})
        refused(pyjwtfast.encode, {}, S, headers={"alg": None})
        refused(pyjwtfast.encode, {}, S, unknown=1)
        refused(pyjwtfast.encode)
    """,
    "decode": """
        assert pyjwtfast.decode(flat, S, **HS) == FLAT
        assert pyjwtfast.decode(nested.encode(), KEY, **HS) == NESTED
        pyjwtfast.decode_complete(nested, S, **HS, issuer=["i"], subject="s", leeway=1.5)
        pyjwtfast.decode(nested, options={"verify_signature": False})
        pyjwtfast.get_unverified_header(nested)
    """,
    "token refused": """
        refused(pyjwtfast.decode, nested[:-4] + "AAAA", S, **HS)
        refused(pyjwtfast.decode, nested[:-1], S, **HS)
        refused(pyjwtfast.decode, "a.b.c", S, **HS)
        refused(pyjwtfast.decode, "\\ud800", S, **HS)
        refused(pyjwtfast.decode, None, S, **HS)
        refused(pyjwtfast.decode, "x" * 300000, S, **HS)
        refused(pyjwtfast.get_unverified_header, "e30")
    """,
    "JSON refused": """
        for text in (b'{"a":[1,{"b":"c' , b'{"a":1,"b":[true,nul]}', b'[{"a":"b"}]',
        b'{"a":"\\\\x"}',
                     b'{"a":"x\\xff"}', b'{"a":' + b"[" * 200, b'{"a":' + b"9" * 5000 + b"}",
                     b'{"a":1.5,"b":{"c":[]},}', b"", b'{"\\\\ud800":1,2}'):
            refused(pyjwtfast.decode, forge(text), S, **HS)
            refused(pyjwtfast.get_unverified_header, forge(b"{}", text))
    """,
    "header refused": """
        for header in (b'{}', b'{"alg":"none"}', b'{"alg":5}', b'{"alg":"HS256","alg":"HS256"}',
                       b'{"alg":"HS256","kid":1}', b'{"alg":"HS256","crit":["x"],"x":1}',
                       b'{"alg":"HS256","b64":false,"crit":["b64"]}', b'{"alg":"HS512"}'):
            refused(pyjwtfast.decode, forge(b"{}", header), S, **HS)
    """,
    "claims refused": """
        for text in (b'{"exp":1}', b'{"exp":"x"}', b'{"nbf":9e9}', b'{"iat":[]}', b'{"aud":"b"}',
                     b'{"aud":["a"],"sub":5}', b'{"aud":["a"],"jti":5}', b'{}', b'{"aud":{"a":1}}'):
            refused(pyjwtfast.decode, forge(text), S, **HS)
        refused(pyjwtfast.decode, flat, S, **HS, issuer="j")
        refused(pyjwtfast.decode, flat, S, **HS, issuer=5)
        refused(pyjwtfast.decode, flat, S, **HS, options={"require": ["zzz"]})
    """,
    "arguments refused": """
        refused(pyjwtfast.decode, flat, S)
        refused(pyjwtfast.decode, flat, None, **HS)
        refused(pyjwtfast.decode, flat, "", **HS)
        refused(pyjwtfast.decode, flat, S, ["HS256"], audience=5)
        refused(pyjwtfast.decode, flat, S, leeway=float("nan"), **HS)
        refused(pyjwtfast.decode, flat, S, options=5, **HS)
        refused(pyjwtfast.decode, flat, S, detached_payload=b"{}", **HS)
        refused(pyjwtfast.decode)
    """,
    "key refused": """
        refused(Key.from_secret, "")
        refused(Key.from_secret, "-----BEGIN PUBLIC KEY-----\\nA\\n-----END PUBLIC KEY-----")
        refused(Key.from_secret, '{"kty":"oct","k":[1,[2]]}')
        refused(Key.from_secret, 5)
        refused(Key.from_secret, S, kid=5)
        refused(Key)
    """,
    "warnings": """
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = lambda *a, **k: None
            pyjwtfast.encode({}, "short")
            pyjwtfast.decode(flat, S, **HS, foo=1)
            pyjwtfast.decode(flat, S, **HS, verify=False)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try: pyjwtfast.encode({}, "short")
            except UserWarning: pass
            try: pyjwtfast.decode(flat, S, **HS, foo=1)
            except DeprecationWarning: pass
    """,
    "Key": """
        key = Key.from_secret("x" * 40, kid="k")
        key.kid, repr(key)
    """,
    "Signer": """
        signer = Signer(KEY, "HS384", {"kid": "k", "x": {"y": [1]}})
        signer.sign(NESTED), signer.sign({})
        refused(signer.sign, []), refused(signer.sign, {"a": object()})
        refused(Signer, KEY, "XX"), refused(Signer, S), refused(Signer, KEY, headers={"kid": 1})
    """,
    "Verifier": """
        verifier = Verifier([KEY, Key.from_secret("t" * 40, kid="k")], ["HS256", "HS512"],
                            audience=["a", "b"], issuer={"i"}, subject="s", leeway=2, require=["n"],
                            expect={"t": True, "f": 1.25}, options={"verify_jti": True},
                            cache_size=4)
        for _ in range(2):
            assert verifier.verify(nested) == NESTED
            assert verifier.verify(flat) == FLAT
            verifier.verify_complete(nested)
        refused(verifier.verify, nested[:-3] + "AAA"), refused(verifier.verify, None)
        refused(verifier.verify, forge(b'{"aud":"a","n":1,"iss":"i"}'))
        verifier.cache_info(), repr(verifier)
        verifier.verify(flat)
    """,
    "Verifier refused": """
        refused(Verifier, [], ["HS256"]), refused(Verifier, [KEY, 5], ["HS256"])
        refused(Verifier, [KEY], "xHS256"), refused(Verifier, [KEY], ["HS256"], audience=5)
        refused(Verifier, [KEY], ["HS256"], leeway=-1)
        refused(Verifier, [KEY], ["HS256"], audience=["a"], issuer=["i"], expect=5)
        refused(Verifier, [KEY], ["HS256"], options={"verify_signature": False}, require=["x"])
        refused(Verifier, [KEY], ["HS256"], require=[5], expect={"a": [1]})
    """,
    "cache evicting": """
        for number in range(8):
            assert evicting.verify(tokens[number]) is not evicting.verify(tokens[number])
        evicting.cache_clear()
        for token in tokens:
            evicting.verify_complete(token)
    """,
}
LIVING = """
evicting = Verifier([KEY], ["HS256"], cache_size=4, options={"verify_aud": False})
tokens = [pyjwtfast.encode({**(FLAT if n % 2 else NESTED), "k": str(n)}, S) for n in range(8)]
"""


def as_function(name: str, body: str) -> str:
    return f"def {name}():\n{textwrap.indent(textwrap.dedent(body), '    ')}\n"


@pytest.mark.parametrize("name", CALLS)
def test_no_object_is_left(name: str) -> None:
    run_script(f"{SETUP}{LIVING}\n{as_function('call', CALLS[name])}\ncheck(call, 800)\n")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_process_does_not_grow() -> None:
    """All calls in turn, new secrets each time: what C allocates is freed."""
    bodies = "\n".join(
        as_function(f"call_{number}", body) for number, body in enumerate(CALLS.values())
    )
    run_script(
        f"{SETUP}{LIVING}\n{bodies}\n"
        """
calls = [value for name, value in list(globals().items()) if name.startswith("call_")]
def every(number):
    for call in calls:
        call()
    secret = f"{number:08}" * 40
    token = pyjwtfast.encode(NESTED, secret)
    pyjwtfast.decode(token, secret, **HS)
    large = Verifier([Key.from_secret(secret)], ["HS256"], cache_size=8, max_token_bytes=10**6,
                     options={"verify_aud": False})
    for size in (10, 50_000):
        large.verify(pyjwtfast.encode({"x": ["y" * size]}, secret))
for number in range(150):
    every(number)
gc.collect()
before = resident()
for number in range(150, 750):
    every(number)
gc.collect()
grown = resident() - before
assert grown < 1_500_000, f"{grown} bytes more"
"""
    )


def test_reference_counts_of_arguments() -> None:
    """Arguments are borrowed: their counts are as before, whatever the outcome."""
    run_script(
        SETUP
        + """
arguments = {
    "token": nested + "", "bad": nested[:-4] + "AAAA", "bytes": nested.encode(),
    "secret": "r" * 40, "algorithms": ["HS256", "HS" + "512"], "audience": ["a", "".join("bc")],
    "options": {"verify_exp": True, "require": ["jti"]}, "issuer": "".join("i"),
    "claims": {"k" + str(1): ["v" + str(2), {"w": 1.5}]}, "headers": {"kid": "".join("ki")},
    "key": KEY,
}
def counts():
    found = {name: sys.getrefcount(value) for name, value in arguments.items()}
    found["inner"] = sys.getrefcount(arguments["claims"]["k1"])
    found["name"] = sys.getrefcount(arguments["algorithms"][1])
    for value in (None, True, False, pyjwtfast.exceptions.DecodeError, Key, dict):
        found[repr(value)] = sys.getrefcount(value)
    return found

def call():
    a = arguments
    for token in (a["token"], a["bad"], a["bytes"]):
        try:
            pyjwtfast.decode(token, S, a["algorithms"], a["options"], audience=a["audience"],
                             issuer=a["issuer"])
        except exceptions.InvalidSignatureError:
            pass
        pyjwtfast.get_unverified_header(token)
        pyjwtfast.decode_complete(token, options={"verify_signature": False})
    pyjwtfast.encode(a["claims"], a["secret"], "HS256", a["headers"])
    pyjwtfast.encode(a["claims"], a["key"], headers=a["headers"], json_encoder=json.JSONEncoder)
    Signer(a["key"], "HS256", a["headers"]).sign(a["claims"])
    verifier = Verifier([a["key"]], a["algorithms"], audience=a["audience"], issuer=a["issuer"],
                        options=a["options"], expect={"t": True}, cache_size=2)
    for _ in range(3):
        verifier.verify(a["token"]), verifier.verify_complete(a["bytes"])
    refused(verifier.verify, a["bad"])
    refused(pyjwtfast.encode, a["claims"], a["secret"], "XX", a["headers"])

for _ in range(100):
    call()
gc.collect()
before = counts()
for _ in range(500):
    call()
gc.collect()
after = counts()
# Immortal objects (3.12) do not count; elsewhere a few references come and go with caches.
wrong = {name: (old, after[name]) for name, old in before.items() if abs(after[name] - old) > 20}
assert not wrong, wrong
"""
    )


def test_cycles_through_our_objects_are_collected() -> None:
    """The types take part in garbage collection as far as they hold Python objects."""
    run_script(
        SETUP
        + """
import weakref
class Holder(list):
    pass
def cycle():
    holder = Holder([1])
    try:
        verifier = Verifier([KEY], ["HS256"], expect={"l": holder, "n": [holder]}, cache_size=4)
        signer = Signer(KEY, headers={"x": holder})
    except (TypeError, ValueError):
        verifier = Verifier([KEY], ["HS256"], options={"verify_aud": False}, cache_size=4)
        verifier.verify(nested)
        signer = None
    holder.append((verifier, signer))
    holder.me = holder
    return weakref.ref(holder)
alive = [cycle() for _ in range(50)]
gc.collect()
assert not any(reference() for reference in alive)
"""
    )


def test_finalisers_that_call_us() -> None:
    """A value's release may run Python that verifies, signs and clears the same cache."""
    run_script(
        SETUP
        + """
class Nosy(str):
    def __del__(self):
        calls.append(1)
        verifier.cache_clear()
        verifier.verify(flat)
        pyjwtfast.encode({"a": 1}, S)
calls = []
verifier = Verifier([KEY], ["HS256"], cache_size=4, options={"verify_aud": False})
gc.set_threshold(1)
class Loop:
    pass
for number in range(300):
    loop = Loop(); loop.me = loop; loop.nosy = Nosy(str(number)); del loop
    verifier.verify(nested), verifier.verify(tokens[number % 8]), verifier.verify_complete(nested)
    pyjwtfast.encode(NESTED, S)
    pyjwtfast.decode(nested, S, **HS)
assert calls
""".replace("calls = []", LIVING + "calls = []", 1)
    )


NAMES = """
import itertools
fresh = itertools.count()
def names(count):
    "Names that no token had before, shorter and longer than those that are shared."
    numbers = itertools.islice(fresh, count)
    return {f"{'claim' if n % 2 else 'a claim with a long name'} {n}": 0 for n in numbers}
def dump(value):
    return json.dumps(value).encode()
def nested():
    return {"a": {"b": [names(60)]}, **names(60)}
VERIFIER = Verifier([KEY], ["HS256"])
"""

TOKENS_OF_NAMES = {
    "header, unknown crit": """
        token = forge(b"{}", dump({"alg": "HS256", "crit": ["x"], **names(120)}))
        refused(VERIFIER.verify, token)
        refused(pyjwtfast.decode, token, S, ["HS256"])
    """,
    "nested in a header, unknown crit": """
        refused(VERIFIER.verify, forge(b"{}", dump({"alg": "HS256", "crit": ["x"], **nested()})))
    """,
    "header, algorithm refused": """
        token = forge(b"{}", dump({"alg": "HS384", **nested()}))
        refused(VERIFIER.verify, token)
        refused(pyjwtfast.decode, token, S, ["HS256"])
    """,
    "header, bad signature": """
        refused(VERIFIER.verify, forge(b"{}", dump({"alg": "HS256", **nested()}))[:-4] + "AAAA")
    """,
    "unverified header": """
        pyjwtfast.get_unverified_header(forge(b"{}", dump({"alg": "HS256", **nested()})))
    """,
    "unverified payload": """
        pyjwtfast.decode(forge(dump(nested())), options={"verify_signature": False})
    """,
    "verified payload": """
        VERIFIER.verify(forge(dump(nested())))
        VERIFIER.verify_complete(forge(dump(nested()), dump({"alg": "HS256", **names(60)})))
    """,
}


@pytest.mark.parametrize("name", TOKENS_OF_NAMES)
def test_names_of_tokens_are_not_kept(name: str) -> None:
    """Names are anybody's to choose; CPython 3.12 keeps an interned string for ever."""
    body = as_function("call", TOKENS_OF_NAMES[name])
    run_script(f"{SETUP}{NAMES}\n{body}\ncheck(call, 200)\n")
