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
