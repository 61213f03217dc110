"""Key in a process of its own: what it leaves behind, allocations that fail, threads, interpreters.

The material comes from Key.generate(): these tests are about memory and the GIL; what the forms
hold is tested in tests/api/test_key.py.
"""

from __future__ import annotations

import functools
import subprocess
import sys

import pytest

from . import test_leaks, test_memory_errors, test_subinterpreters, test_threads
from .scripts import run_script

MATERIAL = """
ec = Key.generate("ES256", kid="k")
ed = Key.generate("EdDSA", kid="k")
hs = Key.generate("HS512", kid="k")
EC_PEM, EC_LOCKED, ED_PUBLIC = ec.to_pem(True), ec.to_pem(True, "right"), ed.to_pem()
EC_DER, ED_JWK, HS_JWK = ec.to_der(True), ed.to_jwk(True), hs.to_jwk(True)
EC_JWK_TEXT = json.dumps(ec.to_jwk(True))
SSH = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHU78l6lYQuU66brqTRuO2gMezTDR7kUMfX2pJ3E4y5/ me"
JWKS = {"keys": [ED_JWK, ec.to_jwk() | {"kid": "j"}, {"kty": "unknown"}]}
class Names(str):
    pass
SLOW_JWK = {Names(name): value for name, value in ED_JWK.items()}
"""

CALLS = {
    "loaders": """
        Key.from_pem(EC_PEM, algorithm="ES256", kid="x" + "y"), Key.from_pem(ED_PUBLIC)
        Key.from_der(EC_DER), Key.from_ssh(SSH, kid="k"), Key.from_secret("s" * 40, kid="k")
        Key.from_jwk(ED_JWK), Key.from_jwk(HS_JWK, kid=Names("k")), Key.from_jwk(EC_JWK_TEXT)
        Key.from_jwk(SLOW_JWK, algorithm="Ed25519"), Key.generate("ES256"), Key.generate("HS256")
    """,
    "sets": """
        assert len(Key.from_jwks(JWKS)) == 2
        assert len(Key.from_jwks(json.dumps(JWKS))) == 2
        Key.from_jwks({"keys": [ED_JWK]}, strict=True)
        refused(Key.from_jwks, JWKS, strict=True), refused(Key.from_jwks, "{")
        refused(Key.from_jwks, 5)
        refused(Key.from_jwks, {"keys": [ED_JWK, ED_JWK]}, strict=True)
        refused(Key.from_jwks, JWKS, strict=1)
    """,
    "writers": """
        for key in (ec, ed):
            key.to_pem(), key.to_pem(True), key.to_der(), key.to_der(private=True)
            key.to_jwk(), key.to_jwk(True), key.thumbprint(), key.public().to_jwk(), repr(key)
            key.public().public(), key.kid, key.kty, key.crv, key.bits, key.algorithm
        hs.to_jwk(True), hs.thumbprint(), hs.is_private, copy.copy(hs), copy.deepcopy(hs), dir(hs)
    """,
    "loading refused": """
        refused(Key.from_pem, EC_PEM[:-40]), refused(Key.from_pem, EC_PEM, password="x")
        refused(Key.from_pem, EC_PEM, algorithm="ES384"), refused(Key.from_pem, EC_PEM, algorithm=5)
        refused(Key.from_pem, EC_PEM, algorithm="XX"), refused(Key.from_pem, EC_PEM, kid=5)
        refused(Key.from_pem, EC_PEM, kid="k" * 300), refused(Key.from_pem, "\\ud800")
        refused(Key.from_pem, EC_PEM, password="\\ud800"), refused(Key.from_pem, 5)
        refused(Key.from_der, EC_DER[:-1]), refused(Key.from_der, "x")
        refused(Key.from_ssh, SSH[:-9])
        refused(Key.from_jwk, {**ED_JWK, "x": 5}), refused(Key.from_jwk, {**ED_JWK, 5: 5})
        refused(Key.from_jwk, {**ED_JWK, "o": object()}), refused(Key.from_jwk, [ED_JWK])
        refused(Key.from_jwk, {**ED_JWK, "kid": "\\ud800"}), refused(Key.from_jwk, EC_JWK_TEXT[:-2])
        refused(Key.from_jwk, ED_JWK, algorithm="ES256"), refused(Key.from_cryptography, object())
        refused(Key.from_jwk, ED_JWK, kid=5), refused(Key.from_pem), refused(Key.from_pem, x=1)
        refused(Key.generate, "XX"), refused(Key.generate, "ES256", bits=5)
        refused(Key.generate, "HS256", bits="5"), refused(Key.generate, "ES256", kid=5)
    """,
    "writing refused": """
        refused(hs.to_pem), refused(hs.to_der), refused(hs.to_jwk), refused(hs.public)
        refused(ed.public().to_pem, True), refused(ed.to_pem, "x"), refused(ed.to_jwk, private=5)
        refused(ed.to_pem, True, ""), refused(ed.to_pem, True, 5), refused(ed.to_pem, password="x")
        refused(pickle.dumps, ed), refused(Key)
    """,
}


# A block kept per call shows every time; what Python's json keeps for itself comes to rest.
STEADY = """
for _ in range(4):
    try:
        check(call, 300)
        break
    except AssertionError as error:
        grew = error
else:
    raise grew
"""


@pytest.mark.parametrize("name", CALLS)
def test_no_object_is_left(name: str) -> None:
    run_script(
        test_leaks.SETUP
        + "import copy, pickle\n"
        + MATERIAL
        + test_leaks.as_function("call", CALLS[name])
        + STEADY
    )


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_process_does_not_grow() -> None:
    """New keys each time, in every form: what the core and OpenSSL allocate is freed."""
    bodies = "\n".join(
        test_leaks.as_function(f"call_{number}", body) for number, body in enumerate(CALLS.values())
    )
    run_script(
        test_leaks.SETUP
        + "import copy, pickle\n"
        + MATERIAL
        + bodies
        + """
calls = [value for name, value in list(globals().items()) if name.startswith("call_")]
rsa = Key.generate("RS256")
RSA_PEM, RSA_JWK = rsa.to_pem(True), rsa.to_jwk(True)
def every():
    for call in calls:
        call()
    Key.from_pem(Key.generate("ES512").to_pem(True))
    key = Key.from_pem(RSA_PEM).public()
    token = pyjwtfast.encode({}, Key.from_jwk(RSA_JWK), "RS256")
    assert pyjwtfast.decode(token, key, ["RS256"]) == {}
    refused(Key.from_pem, EC_LOCKED)
def passwords(): # a fifth of a second each: the key derivation
    Key.from_pem(EC_LOCKED, password="right"), refused(Key.from_pem, EC_LOCKED, password="wrong")
    ec.to_pem(True, "right")
for _ in range(60):
    every()
passwords()
gc.collect()
before = resident()
for _ in range(120):
    every()
for _ in range(10):
    passwords()
gc.collect()
grown = resident() - before
assert grown < 1_000_000, f"{grown} bytes more"
"""
    )


def test_reference_counts_of_arguments() -> None:
    run_script(
        test_leaks.SETUP
        + MATERIAL
        + """
kid, password, flag = "".join("ki"), "".join(["ri", "ght"]), True
watched = [kid, password, EC_PEM, EC_DER, EC_LOCKED, ED_JWK, SLOW_JWK, JWKS, EC_JWK_TEXT, ec, Key]
def call():
    Key.from_pem(EC_PEM, kid=kid), Key.from_der(EC_DER, kid=kid), Key.from_jwk(ED_JWK, kid=kid)
    Key.from_jwk(SLOW_JWK), Key.from_jwk(EC_JWK_TEXT), Key.from_jwks(JWKS), ec.public()
    refused(Key.from_pem, EC_PEM, password=password, kid=kid)
    refused(Key.from_jwk, {**ED_JWK, "x": kid}, kid=kid)
    refused(Key.from_jwk, ED_JWK, algorithm=kid), refused(Key.from_ssh, EC_PEM, kid=kid)
for _ in range(50):
    call()
before = [sys.getrefcount(thing) for thing in watched]
for _ in range(300):
    call()
gc.collect()
after = [sys.getrefcount(thing) for thing in watched]
wrong = [(old, new) for old, new in zip(before, after) if abs(new - old) > 20]
assert not wrong, wrong
"""
    )


FAILING = {
    "from_pem": "lambda: repr(Key.from_pem(EC_PEM, kid='a', algorithm='ES256'))",
    "from_der": "lambda: repr(Key.from_der(EC_DER))",
    "from_jwk": "lambda: repr(Key.from_jwk(ED_JWK))",
    "from_jwk, a text": "lambda: repr(Key.from_jwk(EC_JWK_TEXT, kid='b'))",
    "from_jwk refused": "lambda: Key.from_jwk({**ED_JWK, 'x': 5})",
    "public": "lambda: repr(ec.public())",
    "to_pem": "ec.to_pem",
    "to_der": "ec.to_der",
    "to_jwk": "functools.partial(ed.to_jwk, True)",
    "thumbprint": "ec.thumbprint",
    "repr": "ec.__repr__",
}


@pytest.mark.parametrize("name", FAILING)
def test_each_allocation_fails_in_turn(name: str) -> None:
    pytest.importorskip("_testcapi", reason="this Python comes without CPython's test modules")
    run_script(test_memory_errors.SETUP + MATERIAL + f"exhaust({FAILING[name]})\n")


@functools.cache
def rsa_pem() -> str:
    command = ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


WORK = {
    "from_pem": "Key.from_pem(RSA)",
    "from_pem with a password": "Key.from_pem(EC_LOCKED, password='right')",
    "from_der": "Key.from_der(RSA_DER)",
    "from_jwk": "Key.from_jwk(RSA_JWK)",
    "from_ssh": "Key.from_ssh(SSH)",
    "generate": "Key.generate('RS256')",
    "public": "rsa.public()",
    "to_pem with a password": "ec.to_pem(True, 'right')",
}


@pytest.mark.parametrize("name", WORK)
def test_other_threads_run_meanwhile(name: str) -> None:
    """With a switch interval without end, another thread runs only when a call lets go of the
    GIL; a call of ours does so long enough for a waiting thread to get it."""
    run_script(
        test_threads.SETUP
        + "import json, time\n"
        + MATERIAL
        + f"rsa = Key.from_pem({rsa_pem()!r})\n"
        + f"""
RSA, RSA_DER, RSA_JWK = rsa.to_pem(True), rsa.to_der(True), rsa.to_jwk(True)
def meanwhile(work, turns, enough=None):
    "In how many of the turns (until there are enough) another thread ran while work did."
    seen = 0
    for _ in range(turns):
        if seen == enough:
            break
        ran = []
        waiting = threading.Thread(target=lambda: (time.sleep(0.005), ran.append(1)))
        waiting.start()
        until = time.perf_counter() + 0.03
        while time.perf_counter() < until:
            pass
        if not ran: # it waits for the GIL, which this thread has kept
            work()
            seen += len(ran)
        waiting.join()
    return seen
sys.setswitchinterval(1000)
assert meanwhile(lambda: rsa.kid, 5) == 0
assert meanwhile(lambda: {WORK[name]}, 40, 1) > 0
"""
    )


def test_threads_share_keys() -> None:
    run_script(
        test_threads.SETUP
        + "import json\n"
        + MATERIAL
        + """
def work(number):
    for turn in range(40):
        for key, algorithm in ((ec, "ES256"), (ed, "EdDSA"), (hs, "HS512")):
            token = pyjwtfast.encode({"n": number, "t": turn}, key, algorithm)
            verifying = key if key is hs else key.public()
            assert pyjwtfast.decode(token, verifying, [algorithm]) == {"n": number, "t": turn}
            assert key.thumbprint() == Key.from_jwk(key.to_jwk(True)).thumbprint()
        assert Key.from_pem(EC_PEM).to_jwk(True) | {"kid": "k"} == ec.to_jwk(True)
together(work)
"""
    )


@pytest.mark.parametrize("isolated", [False, True])
def test_in_interpreters_of_their_own(isolated: bool) -> None:
    script = f"""
import sys
sys.path[:] = {sys.path!r}
import json
from pyjwtfast import Key, Signer, Verifier
{MATERIAL}
for key, algorithm in ((ec, "ES256"), (ed, "EdDSA")):
    verifier = Verifier([key.public()], [algorithm], cache_size=4)
    token = Signer(Key.from_pem(key.to_pem(True)), algorithm).sign({{"a": 1}})
    assert verifier.verify(token) == verifier.verify(token) == {{"a": 1}}
assert len(Key.from_jwks(JWKS)) == 2 and Key.from_jwk(SLOW_JWK).kid == "k"
"""
    run_script(
        test_subinterpreters.SHIM
        + f"""
for _ in range(4):
    interpreter = create({isolated})
    run(interpreter, {script!r})
    destroy(interpreter)
"""
    )
