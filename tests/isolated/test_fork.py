"""fork after use (Gunicorn --preload, uWSGI, multiprocessing)."""

from __future__ import annotations

import os

import pytest

from .scripts import run_script

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

SETUP = """
import os, sys, warnings
warnings.simplefilter("ignore")
import pyjwtfast
from pyjwtfast import Key, Signer, Verifier
key = Key.from_secret("s" * 64)
signer = Signer(key)
verifier = Verifier([key], ["HS256"], cache_size=8)
token = signer.sign({"a": [1]})

def use():
    assert verifier.verify(token) == {"a": [1]}
    assert verifier.verify(signer.sign({"pid": os.getpid()})) == {"pid": os.getpid()}
    assert pyjwtfast.decode(token, "s" * 64, algorithms=["HS256"]) == {"a": [1]}
    assert pyjwtfast.encode({"a": [1]}, "s" * 64) == token
    try:
        verifier.verify(token[:-4] + "AAAA")
    except pyjwtfast.exceptions.InvalidSignatureError:
        pass
"""


def test_fork_after_use() -> None:
    run_script(
        SETUP
        + """
use()
children = []
for _ in range(8):
    child = os.fork()
    if child == 0:
        status = 1
        try:
            for _ in range(200):
                use()
            status = 0
        finally:
            os._exit(status)
    children.append(child)
for _ in range(200):
    use()
for child in children:
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""
    )


def test_fork_while_a_thread_verifies() -> None:
    """No lock of ours is held across fork: the child goes on at once."""
    run_script(
        SETUP
        + """
import threading
stop = threading.Event()
def busy():
    while not stop.is_set():
        use()
threads = [threading.Thread(target=busy) for _ in range(3)]
for thread in threads: thread.start()
for _ in range(20):
    child = os.fork()
    if child == 0:
        status = 1
        try:
            use()
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
stop.set()
for thread in threads: thread.join()
"""
    )


def test_grandchildren_and_clean_exit() -> None:
    """A child that ends normally runs our module's clean-up."""
    run_script(
        SETUP
        + """
use()
child = os.fork()
if child == 0:
    use()
    grandchild = os.fork()
    if grandchild == 0:
        use()
        sys.exit(0)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(grandchild, 0)[1]))
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
use()
"""
    )


def test_multiprocessing() -> None:
    run_script(
        SETUP
        + """
import multiprocessing
use()
def work(number):
    use()
    return verifier.verify(signer.sign({"n": number}))["n"]
with multiprocessing.get_context("fork").Pool(3) as pool:
    assert pool.map(work, range(30)) == list(range(30))
"""
    )


ASYMMETRIC = """
import os
import pyjwtfast
from pyjwtfast import Key, Signer, Verifier, exceptions
NAMES = ["RS256", "PS256", "ES256", "ES384", "EdDSA", "HS256"]
keys = {name: Key.generate(name, kid=name) for name in NAMES}
signers = {name: Signer(key, name) for name, key in keys.items()}
verifier = Verifier([key if name == "HS256" else key.public() for name, key in keys.items()],
                    NAMES, cache_size=32)
pems = {name: key.to_pem(True) for name, key in keys.items() if name != "HS256"}
warm = {name: signer.sign({"a": [name]}) for name, signer in signers.items()}

def use():
    for name, token in warm.items():
        hits = verifier.cache_info().hits
        assert verifier.verify(token) == {"a": [name]}
        assert verifier.cache_info().hits == hits + 1
        fresh = signers[name].sign({"pid": os.getpid()})
        assert verifier.verify(fresh) == {"pid": os.getpid()}
        try:
            verifier.verify(token[:-5] + "AAAAA")
        except exceptions.InvalidTokenError:
            pass
        else:
            raise AssertionError(name)
        if name in pems:
            made = pyjwtfast.encode({"a": 1}, pems[name], name)
            assert pyjwtfast.decode(made, pems[name], [name]) == {"a": 1}

def in_child(work):
    "What the work gave, in a process of its own."
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.write(write, work())
            status = 0
        finally:
            os._exit(status)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        result = pipe.read()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    return result

for name, token in warm.items():
    assert verifier.verify(token) == {"a": [name]}
"""


def test_asymmetric_keys_and_a_warm_cache() -> None:
    """Contexts and cache entries made before the fork serve in parent and children."""
    run_script(
        ASYMMETRIC
        + """
def child():
    for _ in range(5):
        use()
    verifier.cache_clear() # the child's own
    return str(verifier.cache_info().entries).encode()
for _ in range(4):
    assert in_child(child) == b"0"
    use()
"""
    )


def test_signatures_of_two_processes_share_no_nonce() -> None:
    """Two ECDSA signatures with one nonce give the private key away: the generator of random
    numbers must not go on with the same state in parent and child. Nor may new keys be the same.
    """
    run_script(
        ASYMMETRIC
        + """
import base64
def halves():
    "The first halves of signatures, which the nonce makes, and something of new keys."
    found = []
    for name in ("ES256", "ES384"):
        for _ in range(5):
            token = signers[name].sign({"a": 1})
            signature = base64.urlsafe_b64decode(token.rpartition(".")[2] + "==")
            found.append(signature[: len(signature) // 2].hex())
    found.append(signers["PS256"].sign({"a": 1}).rpartition(".")[2])
    found += [Key.generate(name).thumbprint() for name in ("ES256", "EdDSA", "HS256")]
    return " ".join(found).encode()
every = []
for _ in range(6):
    every += in_child(halves).decode().split()
    every += halves().decode().split()
assert len(every) == 12 * 14
assert len(set(every)) == len(every)
"""
    )
