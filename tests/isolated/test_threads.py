"""Threads that share a Key, a Signer and a Verifier."""

from __future__ import annotations

from .scripts import run_script

SETUP = """
import sys, threading
import pyjwtfast
from pyjwtfast import Key, Signer, Verifier, exceptions
sys.setswitchinterval(1e-5)

def together(work, threads=8):
    errors, barrier = [], threading.Barrier(threads)
    def run(number):
        try:
            barrier.wait()
            work(number)
        except BaseException as error:
            errors.append(error)
    running = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for thread in running: thread.start()
    for thread in running: thread.join()
    assert not errors, errors
"""


def test_shared_objects() -> None:
    run_script(
        SETUP
        + """
key = Key.from_secret("s" * 64, kid="k")
signer = Signer(key, headers={"kid": "k"})
verifiers = [Verifier([key], ["HS256", "HS512"]), Verifier([key], ["HS256"], cache_size=8)]
def work(number):
    for turn in range(400):
        claims = {"thread": number, "turn": turn % 16, "x": ["y" * (turn % 50)]}
        token = signer.sign(claims)
        for verifier in verifiers:
            result = verifier.verify(token)
            assert result == claims, (result, claims)
            result["x"].append(number)
            try:
                verifier.verify(token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB"))
            except exceptions.InvalidTokenError:
                pass
            else:
                raise AssertionError("accepted")
together(work)
info = verifiers[1].cache_info()
assert info.entries <= 8
"""
    )


def test_bare_secrets() -> None:
    """The cache of prepared keys under eviction from many threads."""
    run_script(
        SETUP
        + """
def work(number):
    for turn in range(400):
        secret = f"k{(number * 7 + turn) % 150:03}" * 16
        algorithm = ("HS256", "HS384", "HS512")[turn % 3]
        token = pyjwtfast.encode({"n": number, "t": turn}, secret, algorithm)
        assert pyjwtfast.decode(token, secret, algorithms=[algorithm]) == {"n": number, "t": turn}
together(work)
"""
    )


def test_first_use_from_many_threads() -> None:
    """What is set up lazily is set up once, or harmlessly twice."""
    run_script(
        SETUP
        + """
key = Key.from_secret("s" * 64)
def work(number):
    token = pyjwtfast.encode({"n": number}, "s" * 64, headers={"kid": "k"})
    assert Verifier([key], ["HS256"], cache_size=2).verify(token) == {"n": number}
    assert pyjwtfast.decode(token, "s" * 64, algorithms=["HS256"]) == {"n": number}
together(work, 16)
"""
    )


def test_arguments_that_other_threads_change() -> None:
    """A payload or an options dict may be changed while we read it: an error at worst."""
    run_script(
        SETUP
        + """
shared = {str(number): [number, {"a": number}] for number in range(50)}
options = {"verify_exp": True}
algorithms = ["HS256"]
token = pyjwtfast.encode({"a": 1}, "s" * 64)
def work(number):
    for turn in range(300):
        if number % 2:
            shared[str(turn % 50)] = [turn] * (turn % 5)
            shared.pop(str((turn * 7) % 50), None)
            options[f"x{turn % 9}"] = turn
            options.pop(f"x{(turn + 4) % 9}", None)
            algorithms.append("HS512"); algorithms.pop(0)
            algorithms.insert(0, "HS256"); algorithms.pop()
        else:
            try:
                pyjwtfast.encode(shared, "s" * 64)
            except RuntimeError:
                pass
            try:
                pyjwtfast.decode(token, "s" * 64, algorithms=algorithms, options=options)
            except (exceptions.InvalidTokenError, RuntimeError):
                pass
together(work)
"""
    )
