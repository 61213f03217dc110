"""Sub-interpreters: Apache's mod_wsgi runs Django in some; PyJWT with cryptography fails to import
in the second one of a process (jpadilla/pyjwt#1092, GrahamDumpleton/mod_wsgi#940).

Up to 3.11 they share one GIL; from 3.12 an isolated one has its own. There CPython has limits of
its own, shown without pyjwtfast: 3.12.1 aborts at the end of such an interpreter that has imported
datetime, hashlib or ssl, 3.13.0 at the end of several alive together that have imported datetime.
So on 3.12 only what needs none of them is run, and on 3.13 the whole API in one at a time.
"""

from __future__ import annotations

import functools
import sys

import pytest

import pyjwtfast

from .scripts import PRELUDE, run_script

SHIM = """
import sys
if sys.version_info >= (3, 13):
    import _interpreters
    def create(isolated):
        return _interpreters.create("isolated" if isolated else "legacy")
    def run(interpreter, code):
        failed = _interpreters.exec(interpreter, code)
        assert failed is None, getattr(failed, "errdisplay", failed)
    destroy = _interpreters.destroy
else:
    import _xxsubinterpreters
    def create(isolated):
        # Before 3.12 "isolated" forbids threads and fork but shares the GIL all the same.
        return _xxsubinterpreters.create(isolated=isolated)
    run = _xxsubinterpreters.run_string
    destroy = _xxsubinterpreters.destroy
"""

CORE = """
before = set(sys.modules)
import pyjwtfast
from pyjwtfast import Key, Signer, Verifier, exceptions
assert not (set(sys.modules) - before) & {"datetime", "hashlib", "ssl"}
secret = "s" * 64
key = Key.from_secret(secret, kid="k")
claims = {"exp": 9999999999, "a": [1.5, None, "x", {"b": 10**30}]}
for algorithm in ("HS256", "HS384", "HS512"):
    token = pyjwtfast.encode(claims, secret, algorithm)
    assert pyjwtfast.decode(token, secret, algorithms=[algorithm]) == claims
    verifier = Verifier([key], [algorithm], cache_size=4, expect={"exp": 9999999999})
    for _ in range(3):
        assert verifier.verify(Signer(key, algorithm, {"kid": "k"}).sign(claims)) == claims
        verifier.verify_complete(token)
    for bad in (token[:-4] + "AAAA", "x", token[:-1]):
        try:
            verifier.verify(bad)
        except exceptions.InvalidTokenError:
            pass
        else:
            raise AssertionError(bad)
    verifier.cache_clear()
try:
    Key.from_secret("")
except exceptions.InvalidKeyError:
    pass
kept_alive_until_the_end = [key, verifier, token]
"""

WHOLE = (
    CORE
    + """
import datetime, json, warnings
expires = datetime.datetime(2100, 1, 1, tzinfo=datetime.timezone.utc)
token = pyjwtfast.encode({"exp": expires, "t": (1, 2)}, secret, json_encoder=json.JSONEncoder)
assert pyjwtfast.decode(token, secret, algorithms=["HS256"], leeway=datetime.timedelta(seconds=5),
                        audience=None, options={"require": ["exp"]})["t"] == [1, 2]
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    pyjwtfast.encode({}, "short")
assert caught[0].category is pyjwtfast.warnings.InsecureKeyLengthWarning
import hashlib
assert hashlib.sha256(b"").hexdigest().startswith("e3b0")
"""
)

ASYMMETRIC = (
    CORE
    + """
import base64
pems = {"RS256": RSA, "ES256": Key.generate("ES256").to_pem(True)}
for algorithm, pem in pems.items():
    key = Key.from_pem(pem, kid=algorithm)
    verifier = Verifier([key.public()], [algorithm], cache_size=4)
    signer = Signer(key, algorithm)
    for _ in range(3):
        token = signer.sign(claims)
        assert verifier.verify(token) == verifier.verify(token) == claims
        again = pyjwtfast.encode(claims, pem, algorithm)
        assert pyjwtfast.decode(again, pem, [algorithm]) == claims
        jwk = pyjwtfast.PyJWK({**key.to_jwk(), "alg": algorithm})
        assert pyjwtfast.decode(token, jwk) == claims
    forged = token.rpartition(".")[0] + "." + "A" * len(token.rpartition(".")[2])
    for call in (lambda: verifier.verify(forged), lambda: Key.from_pem(pem[:-50]),
                 lambda: Signer(key.public(), algorithm), lambda: Verifier([key], ["EdDSA"])):
        try:
            call()
        except exceptions.PyJWTError:
            pass
        else:
            raise AssertionError("accepted")
    kept_alive_until_the_end += [key, verifier, signer, token]
"""
)

OWN_GIL = sys.version_info >= (3, 12)
# On 3.12 datetime must not be imported where the GIL is the interpreter's own.
OWN_GIL_BODY = WHOLE if sys.version_info >= (3, 13) else CORE

KINDS = [
    pytest.param(False, WHOLE, id="shared GIL"),
    pytest.param(
        True,
        OWN_GIL_BODY if OWN_GIL else WHOLE,
        id="isolated",
    ),
]


def script(body: str, main: str) -> str:
    return f"{SHIM}\nBODY = {PRELUDE + body!r}\n{main}"


@pytest.mark.parametrize(("isolated", "body"), KINDS)
def test_one(isolated: bool, body: str) -> None:
    run_script(
        script(
            body,
            f"""
interpreter = create({isolated})
run(interpreter, BODY)
run(interpreter, BODY)
destroy(interpreter)
""",
        )
    )


@pytest.mark.parametrize(
    ("isolated", "body"),
    [
        pytest.param(False, WHOLE, id="shared GIL"),
        pytest.param(True, CORE if OWN_GIL else WHOLE, id="isolated"),
    ],
)
def test_several_beside_the_main_one(isolated: bool, body: str) -> None:
    """The main interpreter has the module first; three others import it while it is in use."""
    run_script(
        script(
            body,
            f"""
import pyjwtfast
verifier = pyjwtfast.Verifier([pyjwtfast.Key.from_secret("s" * 64)], ["HS256"], cache_size=4)
token = pyjwtfast.encode({{"a": [1]}}, "s" * 64)
interpreters = [create({isolated}) for _ in range(3)]
for _ in range(2):
    for interpreter in interpreters:
        run(interpreter, BODY)
        assert verifier.verify(token) == {{"a": [1]}}
for interpreter in interpreters:
    destroy(interpreter)
    assert verifier.verify(token) == {{"a": [1]}}
    assert pyjwtfast.decode(token, "s" * 64, algorithms=["HS256"]) == {{"a": [1]}}
""",
        )
    )


@pytest.mark.parametrize(("isolated", "body"), KINDS)
def test_made_and_destroyed_again_and_again(isolated: bool, body: str) -> None:
    run_script(
        script(
            body,
            f"""
for _ in range(20):
    interpreter = create({isolated})
    run(interpreter, BODY)
    destroy(interpreter)
import pyjwtfast
assert pyjwtfast.encode({{}}, "s" * 64)
""",
        ),
        timeout=120,
    )


@pytest.mark.parametrize(("isolated", "body"), KINDS)
def test_the_main_one_last(isolated: bool, body: str) -> None:
    """The first import of the process is in a sub-interpreter that is gone afterwards."""
    run_script(
        script(
            body,
            f"""
first, second = create({isolated}), create({isolated})
run(first, BODY)
destroy(first)
run(second, BODY)
import pyjwtfast
token = pyjwtfast.encode({{"a": 1}}, "s" * 64)
destroy(second)
assert pyjwtfast.decode(token, "s" * 64, algorithms=["HS256"]) == {{"a": 1}}
""",
        )
    )


@pytest.mark.skipif(not OWN_GIL, reason="an interpreter has a GIL of its own from Python 3.12 on")
def test_at_the_same_time() -> None:
    """Four interpreters with a GIL of their own, each in a thread, at work together."""
    run_script(
        script(
            CORE + "\nfor _ in range(300):\n"
            "    assert verifier.verify(pyjwtfast.encode(claims, secret, algorithm)) == claims\n",
            """
import threading
interpreters = [create(True) for _ in range(4)]
errors = []
def work(interpreter):
    try:
        for _ in range(3):
            run(interpreter, BODY)
    except BaseException as error:
        errors.append(error)
threads = [threading.Thread(target=work, args=(interpreter,)) for interpreter in interpreters]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert not errors, errors
for interpreter in interpreters:
    destroy(interpreter)
""",
        )
    )


def test_exceptions_are_each_interpreters_own() -> None:
    """A class of one interpreter must not turn up in another: it would never be caught."""
    run_script(
        script(
            CORE,
            """
import pyjwtfast
def caught():
    try:
        pyjwtfast.decode("x", "s" * 64, algorithms=["HS256"])
    except pyjwtfast.exceptions.DecodeError:
        return True
assert caught()
interpreter = create(False)
run(interpreter, BODY)
assert caught()
destroy(interpreter)
assert caught()
""",
        )
    )


@functools.cache
def with_rsa() -> str:
    """ASYMMETRIC with an RSA key, whose making takes long."""
    return f"RSA = {pyjwtfast.Key.generate('RS256').to_pem(True)!r}\n{ASYMMETRIC}"


@pytest.mark.parametrize("isolated", [False, True])
def test_asymmetric_keys(isolated: bool) -> None:
    """Interpreters with RS256 and ES256 keys, created and destroyed; several alive together, and
    the main one at work before, between and after."""
    run_script(
        script(
            with_rsa(),
            f"""
import pyjwtfast
key = pyjwtfast.Key.generate("ES256")
verifier = pyjwtfast.Verifier([key.public()], ["ES256"], cache_size=4)
def check():
    token = pyjwtfast.Signer(key, "ES256").sign({{"a": [1]}})
    assert verifier.verify(token) == verifier.verify(token) == {{"a": [1]}}
for _ in range(5):
    check()
    interpreter = create({isolated})
    run(interpreter, BODY)
    check()
    destroy(interpreter)
several = [create({isolated}) for _ in range(3)]
for interpreter in several:
    run(interpreter, BODY)
    check()
for interpreter in several:
    destroy(interpreter)
    check()
""",
        ),
        timeout=120,
    )


@pytest.mark.skipif(not OWN_GIL, reason="an interpreter has a GIL of its own from Python 3.12 on")
def test_asymmetric_keys_at_the_same_time() -> None:
    """One OpenSSL under several interpreters that run at once, coming and going."""
    run_script(
        script(
            with_rsa(),
            """
import threading
errors = []
def work():
    try:
        for _ in range(3):
            interpreter = create(True)
            run(interpreter, BODY)
            destroy(interpreter)
    except BaseException as error:
        errors.append(error)
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert not errors, errors
""",
        ),
        timeout=120,
    )
