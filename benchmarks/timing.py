"""Measuring contestants by turns, and what is made of the figures.

Everything runs in one process. In each round every contestant of a case has one turn, and the order
changes from round to round: what else the machine does meets all of them alike. A ratio of two
contestants is therefore taken within each round, and the median of these is what is reported.
"""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import repeat
from time import perf_counter_ns
from typing import Any, TypeVar

T = TypeVar("T")

# Runs about so many calls and returns the nanoseconds that one of them took.
Loop = Callable[[int], float]

# A share of each turn is run before the clock starts, so that no contestant pays for what its
# predecessor left in the processor's caches.
WARM_UP = 1 / 16


class WrongResultError(Exception):
    """A contestant does not do what the case says."""


@dataclass
class Contestant:
    """One library's way of doing the thing that a case measures.

    outcome: does that thing once and returns what must equal the case's `expected`.
    confirm: called after the timing; raises WrongResultError when what was timed was not what the
    case says.
    """

    library: str
    way: str
    loop: Loop
    outcome: Callable[[], object]
    confirm: Callable[[], None] = lambda: None

    @property
    def name(self) -> str:
        return f"{self.library} {self.way}"


@dataclass
class Case:
    """Contestants that do the same thing.

    references: short name to the contestant that others are compared with, where it takes part.
    during: makes the context in which everything of this case runs.
    longer: how many times as long as others its turns are.
    """

    group: str
    name: str
    title: str
    contestants: list[Contestant]
    expected: object
    references: dict[str, str] = field(default_factory=dict)
    during: Callable[[], AbstractContextManager[object]] = nullcontext
    longer: int = 1


@dataclass(frozen=True)
class Ratio:
    """How many times as fast as a reference: median of the rounds' ratios, and that of minima."""

    median: float
    minima: float


@dataclass(frozen=True)
class Extra:
    """How many nanoseconds more than a reference: median of the rounds', and that of minima."""

    median: float
    minima: float


@dataclass(frozen=True)
class Figures:
    """What was measured of one contestant; times in nanoseconds per call."""

    library: str
    way: str
    calls_per_turn: int
    minimum: float
    median: float
    ratios: dict[str, Ratio]
    extras: dict[str, Extra] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.library} {self.way}"


@dataclass(frozen=True)
class CaseResult:
    group: str
    name: str
    title: str
    rounds: int
    figures: list[Figures]

    def of(self, name: str) -> Figures | None:
        """The figures of a contestant, None if it did not take part."""
        return next((figures for figures in self.figures if figures.name == name), None)


# --- loops ---


def repeating(function: Callable[[Any], object], argument: object) -> Loop:
    """Calls function(argument), always with the same object."""

    def loop(calls: int) -> float:
        start = perf_counter_ns()
        for _ in repeat(None, calls):
            function(argument)
        return (perf_counter_ns() - start) / calls

    return loop


def rotating(function: Callable[[Any], object], fresh: Callable[[], list[Any]]) -> Loop:
    """Calls function with each object that fresh() makes, pass by pass; the making is not timed."""

    def loop(calls: int) -> float:
        spent = done = 0
        while done < calls:
            arguments = fresh()
            start = perf_counter_ns()
            for argument in arguments:
                function(argument)
            spent += perf_counter_ns() - start
            done += len(arguments)
        return spent / done

    return loop


# --- arithmetic ---


def turn_order(contestants: Sequence[T], number: int) -> list[T]:
    """The contestants in the order of the given round.

    Each begins as often as any other, and none always follows the same one: the order is rotated by
    one place a round, and reversed after each full rotation.
    """
    shift = number % len(contestants)
    rotated = [*contestants[shift:], *contestants[:shift]]
    return rotated[::-1] if number // len(contestants) % 2 else rotated


def ratio(reference: Sequence[float], times: Sequence[float]) -> Ratio:
    """How many times as fast `times` are as those of the reference, round by round."""
    return Ratio(
        median=statistics.median(
            theirs / ours for theirs, ours in zip(reference, times, strict=True)
        ),
        minima=min(reference) / min(times),
    )


def extra(reference: Sequence[float], times: Sequence[float]) -> Extra:
    """How much more `times` are than those of the reference, round by round."""
    return Extra(
        median=statistics.median(
            ours - theirs for theirs, ours in zip(reference, times, strict=True)
        ),
        minima=min(times) - min(reference),
    )


def summarise(
    case: Case, calls: dict[str, int], times: dict[str, list[float]], rounds: int
) -> CaseResult:
    """Turns the times of each contestant, one a round, into figures."""
    figures = [
        Figures(
            library=contestant.library,
            way=contestant.way,
            calls_per_turn=calls[contestant.name],
            minimum=min(times[contestant.name]),
            median=statistics.median(times[contestant.name]),
            ratios={
                short: ratio(times[name], times[contestant.name])
                for short, name in case.references.items()
            },
            extras={
                short: extra(times[name], times[contestant.name])
                for short, name in case.references.items()
            },
        )
        for contestant in case.contestants
    ]
    return CaseResult(case.group, case.name, case.title, rounds, figures)


# --- measuring ---


def check(case: Case) -> None:
    """Raises WrongResultError unless every contestant has the expected outcome."""
    for contestant in case.contestants:
        outcome = contestant.outcome()
        if outcome != case.expected:
            raise WrongResultError(
                f"{case.name}: {contestant.name} gives {outcome!r:.500}, "
                f"expected {case.expected!r:.500}"
            )


def calls_for(loop: Loop, turn: float) -> int:
    """How many calls take about `turn` nanoseconds."""
    calls = 1
    while True:
        each = min(loop(calls) for _ in range(3))
        if each * calls >= turn / 4:
            return max(1, round(turn / each))
        calls *= 4


def measure(
    case: Case, rounds: int, turn: float, progress: Callable[[int], None] = lambda number: None
) -> CaseResult:
    """Checks the contestants, then times them by turns of about `turn` nanoseconds, or as many
    times as much as the case says.

    progress is told the number of each round. The garbage collector rests meanwhile, as in timeit.
    """
    with case.during():
        check(case)
        calls = {one.name: calls_for(one.loop, turn * case.longer) for one in case.contestants}
        times: dict[str, list[float]] = {one.name: [] for one in case.contestants}
        gc.collect()
        collecting = gc.isenabled()
        gc.disable()
        try:
            for number in range(rounds):
                progress(number)
                for one in turn_order(case.contestants, number):
                    one.loop(max(1, int(calls[one.name] * WARM_UP)))
                    times[one.name].append(one.loop(calls[one.name]))
        finally:
            if collecting:
                gc.enable()
        for one in case.contestants:
            one.confirm()
    return summarise(case, calls, times, rounds)
