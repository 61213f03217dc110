"""Measuring a case: every server runs, and one after the other is sent requests for its turn."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from benchmarks import timing
from benchmarks.timing import CaseResult, WrongResultError, check, summarise, turn_order

from . import servers, wrk
from .authenticators import STUB_USER
from .cases import Case, Contestant

# Sent before each turn's clock starts: to wake worker and database, and to see what is answered.
WARM_UP = 20


def expect_answer(port: int, path: str, token: str | None, status: int) -> str:
    """The body. Raises WrongResultError for another status."""
    got, body = servers.get(port, path, token)
    if got != status:
        raise WrongResultError(f"{path} answers {got} {body:.300}, not {status}")
    return body


def check_answers(one: Contestant, port: int) -> bool:
    """One request of each token has the right user, and without one or with another's it is a 401.

    Raises WrongResultError.
    """
    for number, token in enumerate(one.tokens, 1):
        answered = json.loads(expect_answer(port, "/who", token, 200))["user"]
        if one.reads_tokens:
            wanted = str(number)
        else:
            wanted = str(STUB_USER if one.server.authenticator != "none" else None)
        if str(answered) != wanted:
            raise WrongResultError(f"{one.name} answers user {answered}, not {wanted}")
    if one.reads_tokens:
        expect_answer(port, "/", None, 401)
        header, payload, signature = one.tokens[0].split(".")
        forged = f"{header}.{payload}.{signature[:20]}{signature[20:].swapcase()}"
        expect_answer(port, "/", forged, 401)
    return True


def take_turn(one: Contestant, port: int, connections: int, seconds: int) -> float:
    """Nanoseconds per request."""
    for _ in range(WARM_UP):
        expect_answer(port, "/", one.tokens[0], 200)
    try:
        url = f"http://127.0.0.1:{port}/"
        return wrk.run(url, one.tokens, seconds, connections).nanoseconds_each
    except WrongResultError as error:
        raise WrongResultError(f"{one.name}: {error}") from error


def measure(
    case: Case, rounds: int, seconds: int, progress: Callable[[int], None] = lambda number: None
) -> CaseResult:
    """Times are nanoseconds per request; progress as in benchmarks.timing."""
    with ExitStack() as stack:
        contestants = []
        for one in case.contestants:
            port = stack.enter_context(servers.gunicorn(one.server))
            turn = partial(take_turn, one, port, case.connections)
            outcome = partial(check_answers, one, port)
            contestants.append(timing.Contestant(one.library, one.way, turn, outcome))
        contest = timing.Case(
            case.name, case.name, case.title, contestants, True, references=case.references
        )
        check(contest)
        times: dict[str, list[float]] = {one.name: [] for one in contestants}
        for number in range(rounds):
            progress(number)
            for one in turn_order(contestants, number):
                times[one.name].append(one.loop(seconds))
    requests = {name: round(seconds * 1e9 / statistics.median(got)) for name, got in times.items()}
    return summarise(contest, requests, times, rounds)
