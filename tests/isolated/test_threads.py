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


def test_keys_are_rotated_meanwhile() -> None:
    """Eight threads verify, sign and load keys while another replaces signer and verifier again and
    again: whoever is at work with the old ones, which nobody else holds, ends in good order."""
    run_script(
        SETUP
        + """
import time
ALGORITHMS = ["ES256", "EdDSA", "HS256", "RS256"]
RSA = [Key.generate("RS256").to_pem(True) for _ in range(2)]

class Generation:
    "A signer for each algorithm, and a verifier that knows these keys and the previous ones'."
    def __init__(self, number, previous):
        self.keys = [
            Key.from_pem(RSA[number % 2], kid=f"RS256 {number}") if name == "RS256"
            else Key.generate(name, kid=f"{name} {number}")
            for name in ALGORITHMS
        ]
        self.number = number
        self.signers = [Signer(key, name) for key, name in zip(self.keys, ALGORITHMS)]
        known = [key if key.kty == "oct" else key.public() for key in self.keys + previous]
        self.verifier = Verifier(known, ALGORITHMS, cache_size=16)

def rotate(stop):
    global now
    while not stop.is_set():
        now = Generation(now.number + 1, now.keys)
        now.verifier.cache_clear()
        time.sleep(0.001)

now = Generation(1, Generation(0, []).keys)
first, seen = now, [set() for _ in range(8)]
gone = [signer.sign({"g": 1}) for signer in first.signers[:3]]

def work(thread):
    until = time.monotonic() + 1.5
    turn = 0
    # However slow the machine: until this thread has met four pairs of keys, and there were ten.
    while time.monotonic() < until or len(seen[thread]) < 4 or now.number <= 10:
        turn += 1
        name = turn % 4
        at = now
        claims = {"g": at.number, "t": thread, "x": [turn]}
        token = at.signers[name].sign(claims)
        for _ in range(3): # anew, and twice from the cache, if nobody clears it
            result = at.verifier.verify(token)
            assert result == claims, (result, claims)
            result["x"].append(thread)
        after = now
        if after.number <= at.number + 1: # this key's, or the next one's verifier
            assert after.verifier.verify(token) == claims
        if at.number > 2: # whose keys are out of use
            try:
                at.verifier.verify(gone[turn % 3])
            except exceptions.InvalidSignatureError:
                pass
            else:
                raise AssertionError("a key that was taken out still verifies")
        text = at.keys[name].to_jwk(True) if name == 2 else at.keys[name].to_pem(True)
        key = Key.from_jwk(text) if name == 2 else text # the text: through the cache of keys
        algorithm = ALGORITHMS[name]
        again = pyjwtfast.encode(claims, key, algorithm)
        assert pyjwtfast.decode(again, key, [algorithm]) == claims
        assert after.verifier.cache_info().entries <= 16
        seen[thread].add(at.number)

stop = threading.Event()
rotating = threading.Thread(target=rotate, args=(stop,))
rotating.start()
try:
    together(work)
finally:
    stop.set()
    rotating.join()
assert now.number > 10, now.number
"""
    )
