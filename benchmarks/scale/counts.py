"""Verifying from several threads, and with many keys; and a server with threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pyjwtfast
from benchmarks.cases import canonical
from benchmarks.http import cases as http
from benchmarks.many import in_threads, with_kid
from benchmarks.materials import Material, material
from benchmarks.timing import Case, Contestant, repeating, rotating
from benchmarks.workloads import access_claims, fresh_copies

THREADS = (1, 2, 4, 8)
KEYS = (1, 10, 100, 1000)
ALGORITHMS = ("HS256", "RS256", "ES256")
# Threads need a while to start, and to be on all processors.
LONGER = 5


def plural(count: int, word: str) -> str:
    return f"{count:,} {word}" + ("s" if count > 1 else "")


def thread_case(key: Material) -> Case:
    claims = access_claims()
    token = key.token_of(claims)
    verify = pyjwtfast.Verifier([key.verifying_key], [key.algorithm]).verify
    contestants = [
        Contestant(
            "pyjwtfast",
            plural(count, "thread"),
            in_threads(count, verify, token),
            lambda: canonical(verify(token)),
        )
        for count in THREADS
    ]
    title = f"Verifier.verify(), {key.name}, from threads: time of all by the tokens of all"
    references = {"1 thread": contestants[0].name}
    expected = canonical(claims)
    return Case(
        "threads", f"threads-{key.slug}", title, contestants, expected, references, longer=LONGER
    )


def key_case(key: Material) -> Case:
    """A token in the middle of the keys, and one of each key in turn."""
    claims = access_claims()

    def outcome(verify: Callable[[str], Any], given: list[str]) -> set[str]:
        return {canonical(verify(each)) for each in given}

    contestants = []
    for count in KEYS:
        kids = [f"2026-11-{number:04}" for number in range(count)]
        tokens = [
            pyjwtfast.encode(
                claims, key.signing_text, algorithm=key.algorithm, headers={"kid": kid}
            )
            for kid in kids
        ]
        keys = [with_kid(key, kid) for kid in kids]
        verify = pyjwtfast.Verifier(keys, [key.algorithm]).verify
        one, words = tokens[count // 2], plural(count, "key")
        loops = {"": (repeating(verify, one), [one])}
        if count > 1:
            loops[", each in turn"] = (rotating(verify, fresh_copies(tokens)), tokens)
        contestants += [
            Contestant(
                "pyjwtfast",
                f"{words}{suffix}",
                loop,
                partial(outcome, verify, given),
            )
            for suffix, (loop, given) in loops.items()
        ]
    title = f"Verifier.verify(), a token with a kid, {key.name}"
    references = {"1 key": contestants[0].name}
    return Case("keys", f"keys-{key.slug}", title, contestants, {canonical(claims)}, references)


def thread_cases() -> Iterator[Case]:
    return map(thread_case, map(material, ALGORITHMS))


def key_cases() -> Iterator[Case]:
    return map(key_case, map(material, ALGORITHMS))


def server_case() -> http.Case:
    """One gthread worker; every thread has its own connection to PostgreSQL."""
    contestants = []
    for name in ((http.THEIRS, http.FRESH), (http.OURS, http.FRESH), (http.OURS, http.STATELESS)):
        for count in THREADS:
            suffix = f", {plural(count, 'thread')}"
            contestants.append(http.BY_NAME[name].contestant(suffix=suffix, threads=count))
    references = {
        f"{library}, 1 thread": f"{library} {http.FRESH}, 1 thread"
        for library in (http.THEIRS, http.OURS)
    }
    title = "Requests per second of one gthread worker, by its threads"
    return http.Case("gthread", title, contestants, references, connections=max(THREADS))
