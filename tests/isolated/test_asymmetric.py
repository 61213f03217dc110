"""The ways of asymmetric keys, PyJWKs and registered algorithms, held against leaks, failing
allocations, threads that outlive the program, interpreters within it, and fork.
"""

from __future__ import annotations

import pytest

from . import test_leaks, test_memory_errors
from .scripts import run_script

MATERIAL = """
import threading
from pyjwtfast import _core
from pyjwtfast.algorithms import Algorithm, HMACAlgorithm
from pyjwtfast.api_jwk import PyJWK
from pyjwtfast.api_jws import PyJWS

EC, ED = Key.generate("ES256", kid="k"), Key.generate("EdDSA")
EC_PEM, ED_PEM, EC_PUBLIC = EC.to_pem(True), ED.to_pem(True), EC.public().to_pem()
EC_DER = EC.to_der(True)
JWK = PyJWK({**EC.to_jwk(True), "alg": "ES256"})
EC_TOKEN = pyjwtfast.encode({"a": 1}, EC_PEM, "ES256")
MANY = [Key.from_secret(f"{n:032}", kid=f"{n}") for n in range(20)]

class Backwards(Algorithm):
    def prepare_key(self, key):
        return key.encode()
    def check_key_length(self, key):
        return "short" if len(key) < 4 else None
    def sign(self, msg, key):
        return key + msg[::-1]
    def verify(self, msg, key, sig):
        return sig == key + msg[::-1]
    def to_jwk(key_obj, as_dict=False):
        raise NotImplementedError
    def from_jwk(jwk):
        raise NotImplementedError

JWS = PyJWS()
JWS.register_algorithm("BACK", Backwards())
BACK_TOKEN = JWS.encode(b"payload", "prefix", "BACK")
"""

CALLS = {
    "keys as text and objects": """
        pyjwtfast.encode({"a": 1}, EC_PEM, "ES256"), pyjwtfast.encode({"a": 1}, EC_DER, "ES256")
        pyjwtfast.encode({"a": 1}, EC, "ES256", {"x": 1}), pyjwtfast.encode({}, ED_PEM, "EdDSA")
        pyjwtfast.decode(EC_TOKEN, EC_PUBLIC, ["ES256"])
        pyjwtfast.decode_complete(EC_TOKEN, EC, ["ES256"])
    """,
    "PyJWK": """
        pyjwtfast.encode({"a": 1}, JWK), pyjwtfast.encode({"a": 1}, JWK, None, {"x": 1})
        pyjwtfast.decode(EC_TOKEN, JWK), pyjwtfast.decode(EC_TOKEN, JWK, ["ES256", "RS256"])
        refused(pyjwtfast.decode, EC_TOKEN, JWK, ["RS256"]), refused(pyjwtfast.encode, {}, JWK, "X")
        refused(pyjwtfast.decode, flat, JWK, ["HS256"]), refused(pyjwtfast.decode, flat, JWK)
    """,
    "PyJWS": """
        JWS.decode_complete(JWS.encode(b"x", "prefix", "BACK"), "prefix", ["BACK"])
        detached = JWS.encode(b"x", "prefix", "BACK", is_payload_detached=True)
        JWS.decode(detached, "prefix", ["BACK"], detached_payload=b"x")
        detached = JWS.encode(b"x", EC, "ES256", is_payload_detached=True)
        JWS.decode(detached, EC, ["ES256"], detached_payload=b"x")
        refused(JWS.decode, BACK_TOKEN, "other", ["BACK"]), refused(JWS.encode, b"", "k", "XX")
        refused(JWS.decode, BACK_TOKEN, "prefix", ["HS256"]), refused(JWS.encode, b"", "k", [])
        refused(JWS.decode, BACK_TOKEN, "prefix", None), refused(JWS.encode, "x", "k", "HS256")
        refused(pyjwtfast.decode, BACK_TOKEN, "prefix", ["BACK"])
    """,
    "a registry": """
        _core._set_registry({"BACK": Backwards()})
        pyjwtfast.encode({"a": 1}, "prefix", "BACK"), refused(pyjwtfast.encode, {}, S)
        _core._set_registry(None)
        refused(_core._set_registry, 5), refused(_core._setup, {}, 5, 5, 5)
    """,
    "signatures alone": """
        signature = _core._sign("ES256", EC, b"message")
        assert _core._verify("ES256", EC, b"message", signature)
        refused(_core._sign, "ES256", ED, b""), refused(_core._sign, "XX", ED, b"")
        refused(_core._sign, "ES256", EC.public(), b"")
        refused(_core._verify, "RS256", EC, b"", b"")
    """,
    "claims of one's own": """
        _core._check_claims(FLAT, {"require": ["exp"]}, "a", ["i"], "s", 1.5)
        refused(_core._check_claims, FLAT, {"require": ["x"]}, "a", "i", "s", 0)
        refused(_core._check_claims, {"exp": 1}, None, None, None, None, 0)
        refused(_core._check_claims, {}, 5, None, None, None, 0)
        refused(_core._check_claims, {}, None, None, None, None, "x")
    """,
    "Signer and Verifier": """
        token = Signer(EC, "ES256").sign({"a": 1})
        Verifier([EC.public(), ED, *MANY], ["ES256", "EdDSA", "HS256"]).verify(token)
        refused(Signer, EC.public(), "ES256"), refused(Signer, EC, "EdDSA")
        refused(Verifier, [EC], ["HS256"]), refused(Verifier, [EC, 5], ["ES256"])
        refused(Verifier([ED], ["EdDSA", "ES256", "Ed25519"]).verify, token)
    """,
    "keys refused": """
        refused(pyjwtfast.encode, {}, EC_PUBLIC, "ES256"), refused(pyjwtfast.encode, {}, 5, "ES256")
        refused(pyjwtfast.encode, {}, EC_PEM, "HS256"), refused(pyjwtfast.encode, {}, EC, "HS256")
        refused(pyjwtfast.encode, {}, EC_PEM, "RS256"), refused(pyjwtfast.encode, {}, S, "EdDSA")
        refused(pyjwtfast.encode, {}, object(), "EdDSA")
        refused(pyjwtfast.encode, {}, EC_DER[:9], "RS256")
        refused(pyjwtfast.decode, EC_TOKEN, ED_PEM, ["ES256"])
    """,
}


@pytest.mark.parametrize("name", CALLS)
def test_no_object_is_left(name: str) -> None:
    body = test_leaks.as_function("call", CALLS[name])
    run_script(f"{test_leaks.SETUP}{MATERIAL}\n{body}\ncheck(call, 600)\n", timeout=120)


FAILING = {
    "encode, PEM": "pyjwtfast.encode, {'a': 1}, ED_PEM, 'EdDSA'",
    "encode, PyJWK": "pyjwtfast.encode, {'a': 1}, ED_JWK",
    "decode, PEM": "pyjwtfast.decode, ED_TOKEN, ED_PEM, ['EdDSA']",
    "decode, PyJWK": "pyjwtfast.decode, ED_TOKEN, ED_JWK",
    "decode, PyJWK of another algorithm": "pyjwtfast.decode, TOKEN, ED_JWK, ['HS256']",
    "Signer": "ED_SIGNER.sign, {'a': 1}",  # its construction is Python's json, as headers are
    "Verifier": "lambda: Verifier([ED, *MANY], ['EdDSA', 'HS256']).verify(ED_TOKEN)",
    "_sign": "_core._sign, 'EdDSA', ED, b'message'",
    "_jws_encode": "_core._jws_encode, b'x', ED, 'EdDSA', None, None, False, True, 'JWT', None, 0",
    "_jws_decode": "_core._jws_decode, ED_TOKEN, ED, ['EdDSA'], True, False, None, None",
    "_check_claims": "_core._check_claims, CLAIMS, {'require': ['x']}, 'a', ['i'], 's', 0",
}


@pytest.mark.parametrize("name", FAILING)
def test_each_allocation_fails_in_turn(name: str) -> None:
    pytest.importorskip("_testcapi", reason="this Python comes without CPython's test modules")
    run_script(
        test_memory_errors.SETUP
        + MATERIAL
        + f"""
ED_JWK = PyJWK({{**ED.to_jwk(True), "alg": "EdDSA"}})
ED_TOKEN = pyjwtfast.encode({{"a": ["text" * 20, 1.5]}}, ED_PEM, "EdDSA")
ED_SIGNER = Signer(ED, "EdDSA")
exhaust(functools.partial({FAILING[name]}))
"""
    )


BUSY = """
import os, sys, threading, time
import pyjwtfast
from pyjwtfast import Key, Signer, Verifier
key = Key.generate("ES384")
signer, verifier = Signer(key, "ES384"), Verifier([key], ["ES384"])
token = signer.sign({"a": 1})
pem = key.to_pem(True)
def work():
    while True:
        assert verifier.verify(token) == {"a": 1}
        pyjwtfast.encode({"a": 1}, pem, "ES384")
threads = [threading.Thread(target=work, daemon=True) for _ in range(3)]
for thread in threads:
    thread.start()
time.sleep(0.1)
"""


def test_threads_may_be_at_work_when_the_program_ends() -> None:
    for _ in range(5):
        run_script(BUSY, threads_at_the_end=True)


GENERATING = """
import os, threading, time
from pyjwtfast import Key
def work():
    while True:
        Key.generate("PS512")
for _ in range(2):
    threading.Thread(target=work, daemon=True).start()
time.sleep(0.1)
"""


def test_the_program_ends_in_the_middle_of_long_work() -> None:
    """OpenSSL's memory is there until no thread uses it: most of these runs crashed otherwise."""
    for _ in range(5):
        run_script(GENERATING, threads_at_the_end=True)


def test_a_forked_child_waits_for_no_thread_of_its_parent() -> None:
    run_script(
        GENERATING
        + """
child = os.fork()
if child == 0:
    raise SystemExit
begin = time.monotonic()
assert os.waitpid(child, 0)[1] == 0
assert time.monotonic() - begin < 3
""",
        "-W",
        "ignore",
        threads_at_the_end=True,
    )


def test_fork_while_threads_are_at_work() -> None:
    run_script(
        BUSY
        + """
for _ in range(5):
    child = os.fork()
    if child == 0:
        # The work space of a thread that is no more is never given back: others serve.
        for _ in range(20):
            assert verifier.verify(signer.sign({"b": 2})) == {"b": 2}
            assert pyjwtfast.decode(pyjwtfast.encode({"c": 3}, "x" * 32), "x" * 32, ["HS256"])
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
""",
        "-W",
        "ignore",
        threads_at_the_end=True,
    )
