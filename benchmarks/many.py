"""More than one of something: threads that verify at once, keys in a verifier."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from itertools import repeat
from time import perf_counter_ns
from typing import Any

import pyjwtfast

from .cases import canonical
from .materials import Material, material
from .timing import Case, Contestant, Loop, repeating, rotating
from .ways import RYJWT_LACKS, Peers
from .workloads import access_claims, fresh_copies

THREADS, KEYS = 2, 100
# Threads need a while to start, and to be on two processors.
LONGER = 5


def cpus() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_threads(count: int, function: Callable[[Any], object], argument: object) -> Loop:
    """Calls function(argument) from so many threads at once: nanoseconds from the first one's start
    to the last one's end, divided by the calls of all."""

    def loop(calls: int) -> float:
        each = max(1, calls // count)
        together = threading.Barrier(count)
        spans: list[tuple[int, int]] = []

        def work() -> None:
            together.wait()
            start = perf_counter_ns()
            for _ in repeat(None, each):
                function(argument)
            spans.append((start, perf_counter_ns()))

        threads = [threading.Thread(target=work) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        start, end = min(start for start, _ in spans), max(end for _, end in spans)
        return (end - start) / (count * each)

    return loop


def thread_case(verb: str, key: Material, peers: Peers) -> Case:
    """One thread, and as many as two, of this library and of ryjwt; "one thread" is ours."""
    claims = access_claims()
    token = key.token_of(claims)
    verifier = pyjwtfast.Verifier([key.verifying_key], [key.algorithm])
    expected = canonical(claims)
    argument: object = token if verb == "verify" else claims
    ways: list[tuple[str, str, Callable[[Any], Any]]]
    if verb == "verify":
        ways = [("pyjwtfast", "Verifier.verify()", verifier.verify)]
    else:
        sign = pyjwtfast.Signer(key.signing_key, key.algorithm).sign
        ways = [("pyjwtfast", "Signer.sign()", sign)]
    if (ryjwt := peers["ryjwt"].module) and key.name not in RYJWT_LACKS:
        if verb == "verify":
            theirs = ryjwt.PublicKey(key.verifying_text, algorithms=[key.algorithm]).decode
            ways.append(("ryjwt", "PublicKey.decode()", theirs))
        else:
            theirs = ryjwt.PrivateKey(key.signing_text, algorithms=[key.algorithm]).encode
            ways.append(("ryjwt", "PrivateKey.encode()", theirs))

    def outcome(function: Callable[[Any], Any]) -> str:
        result = function(argument)
        return canonical(result if verb == "verify" else verifier.verify(result))

    contestants = [
        Contestant(library, f"{name}, {words}", in_threads(count, function, argument), done)
        for library, name, function in ways
        for done in [partial(outcome, function)]
        for count, words in ((1, "one thread"), (THREADS, "two threads"))
    ]
    title = f"{verb.capitalize()} one access token, {key.name}, from threads"
    references = {"one thread": contestants[0].name}
    name = f"threads-{verb}-{key.slug}"
    return Case("threads", name, title, contestants, expected, references, longer=LONGER)


def thread_cases(peers: Peers) -> Iterator[Case]:
    if cpus() < THREADS:
        print("\nWithout threads: there is one processor", file=sys.stderr)
        return
    for name in ("RS256", "ES256"):
        for verb in ("verify", "sign"):
            yield thread_case(verb, material(name), peers)


def with_kid(key: Material, kid: str) -> pyjwtfast.Key:
    """A key object of its own, of the same numbers."""
    if key.verifying_key.kty == "oct":
        return pyjwtfast.Key.from_secret(key.verifying_text, kid=kid)
    return pyjwtfast.Key.from_pem(key.verifying_text, kid=kid)


def key_case(key: Material) -> Case:
    """A token whose header has a kid, for a verifier of that key alone and for one of many."""
    claims = access_claims()
    kids = [f"2026-11-{number:03}" for number in range(KEYS)]
    tokens = [
        pyjwtfast.encode(claims, key.signing_text, algorithm=key.algorithm, headers={"kid": kid})
        for kid in kids
    ]
    token = tokens[KEYS // 2]
    keys = [with_kid(key, kid) for kid in kids]
    one = pyjwtfast.Verifier([keys[KEYS // 2]], [key.algorithm]).verify
    many = pyjwtfast.Verifier(keys, [key.algorithm]).verify

    def outcome(verify: Callable[[str], Any], given: list[str]) -> set[str]:
        return {canonical(verify(each)) for each in given}

    contestants = [
        Contestant(
            "pyjwtfast", "Verifier, 1 key", repeating(one, token), partial(outcome, one, [token])
        ),
        Contestant(
            "pyjwtfast",
            f"Verifier, {KEYS} keys",
            repeating(many, token),
            partial(outcome, many, [token]),
        ),
        Contestant(
            "pyjwtfast",
            f"Verifier, {KEYS} keys, each in turn",
            rotating(many, fresh_copies(tokens)),
            partial(outcome, many, tokens),
        ),
    ]
    title = f"Verify an access token with a kid, {key.name}, {len(token):,} characters"
    references = {"one key": contestants[0].name}
    return Case("keys", f"keys-{key.slug}", title, contestants, {canonical(claims)}, references)


def key_cases(peers: Peers) -> Iterator[Case]:
    for name in ("HS256", "RS256", "ES256"):
        yield key_case(material(name))
