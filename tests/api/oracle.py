"""Run one call through PyJWT and through pyjwtfast, and compare all that a caller can see.

The same result by type and repr at every depth, or the same exception (class by name, message),
and the same warnings (category by name, message). Where `differences.DIFFERENCES` documents that
we are stricter, the documented refusal is accepted in place of PyJWT's outcome, nothing else.
"""

from __future__ import annotations

import contextlib
import datetime
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock

import jwt

import pyjwtfast

from .differences import DIFFERENCES, Call, Difference

NOW = 2_000_000_000.5

# PyJWT's and json's own texts for a wrong argument. Any other TypeError, and an AttributeError, is
# the interpreter stumbling over the argument: of that we owe the caller a TypeError or ValueError,
# not the same words.
OWN_TYPE_ERRORS = (
    "Expecting a dict object",
    "Issuer (iss) must be a string.",
    "Expected a string or bytes value",
    "audience must be a string, iterable or None",
    "Object of type ",
    "keys must be ",
    "'<' not supported between",
)

# After these PyJWT shows the text of Python's json module, and we a constant text and an offset.
JSON_PREFIXES = ("Invalid header string: ", "Invalid payload string: ")


@dataclass(frozen=True)
class Outcome:
    """What a call did: `kind` is "returned" or "raised"; `value` can be compared."""

    kind: str
    value: Any
    warnings: tuple[tuple[str, str], ...]
    error: BaseException | None = None

    def same_as(self, other: Outcome) -> bool:
        return (self.kind, self.value, self.warnings) == (other.kind, other.value, other.warnings)

    def __str__(self) -> str:
        return f"{self.kind} {self.value!r}, warnings {self.warnings!r}"


def shape(value: Any) -> Any:
    """Types and reprs at every depth, the order of dicts included."""
    if isinstance(value, dict):
        items = [(shape(key), shape(item)) for key, item in value.items()]
        return (type(value).__name__, items)
    if isinstance(value, (list, tuple)):
        return (type(value).__name__, [shape(item) for item in value])
    return (type(value).__name__, repr(value))


def describe_error(error: BaseException) -> tuple[str, str]:
    """Class name and message, the latter without what is not comparable between libraries."""
    message = str(error)
    for prefix in JSON_PREFIXES:
        if message.startswith(prefix):
            message = prefix
    return type(error).__name__, message


def observe(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Outcome:
    """Call and record. BaseException is let through: no library may raise it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        kind, error, value = "returned", None, None
        try:
            value = shape(function(*args, **kwargs))
        except Exception as raised:
            kind, error, value = "raised", raised, describe_error(raised)
    seen = tuple((warning.category.__name__, str(warning.message)) for warning in caught)
    return Outcome(kind, value, seen, error)


def is_interpreter_error(error: BaseException | None) -> bool:
    """Whether the interpreter's own words tell of a wrong argument, rather than PyJWT's."""
    if isinstance(error, TypeError):
        return not str(error).startswith(OWN_TYPE_ERRORS)
    return isinstance(error, AttributeError)


@contextlib.contextmanager
def clock_at(now: float) -> Iterator[None]:
    """Stop both libraries' clocks at this Unix time, in seconds."""

    class Stopped(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:
            return datetime.datetime.fromtimestamp(now, tz)

    with (
        mock.patch.object(jwt.api_jwt, "datetime", Stopped),
        mock.patch.object(time, "time", return_value=now),
    ):
        yield


def run(module: Any, call: Call) -> Outcome:
    """Run the call on `jwt` or `pyjwtfast`."""
    return observe(getattr(module, call.function), *call.args, **call.kwargs)


def find_difference(call: Call) -> Difference | None:
    """The documented difference that covers this call, if any."""
    return next((entry for entry in DIFFERENCES if entry.applies(call)), None)


def assert_same(function: str, *args: Any, **kwargs: Any) -> Outcome:
    """Assert that both libraries do the same with this call; return what ours did.

    Ours runs twice (the second time with a prepared key from its cache), and once more with the
    token as bytes; no argument may be changed by a call.
    """
    call = Call(function, args, kwargs)
    before = shape([args, kwargs])
    ours = run(pyjwtfast, call)
    again = run(pyjwtfast, call)
    assert shape([args, kwargs]) == before, f"{call}: arguments were changed"
    assert ours.same_as(again), f"{call}:\n first  {ours}\n second {again}"
    token = call.token
    if isinstance(token, str) and token.isascii():
        as_bytes = Call(function, (token.encode(), *args[1:]), kwargs)
        other_form = run(pyjwtfast, as_bytes)
        assert ours.same_as(other_form), f"{call}:\n str   {ours}\n bytes {other_form}"

    theirs = run(jwt, call)
    if ours.same_as(theirs):
        return ours
    if is_interpreter_error(theirs.error):
        assert isinstance(
            ours.error,
            (TypeError, ValueError, NotImplementedError, pyjwtfast.exceptions.PyJWTError),
        ), f"{call}:\n ours  {ours}\n PyJWT {theirs}"
        return ours
    difference = find_difference(call)
    assert difference is not None, f"{call}:\n ours  {ours}\n PyJWT {theirs}"
    assert difference.is_ours(ours.error), (
        f"{call}: documented as {difference.name!r}, but\n ours  {ours}\n PyJWT {theirs}"
    )
    return ours
