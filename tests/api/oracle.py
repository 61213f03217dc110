"""Run one call through PyJWT and through pyjwtfast, and compare all that a caller can see.

The same result by type and repr at every depth, or the same exception (class by name, message),
and the same warnings (category by name, message). Where `differences.DIFFERENCES` documents that
we are stricter, the documented refusal is accepted in place of PyJWT's outcome, nothing else.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import operator
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock

import jwt

import pyjwtfast

from ..support import b64url_decode
from . import keys
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

# What PyJWT says of asymmetric keys and JWKs that it refuses with InvalidKeyError. We refuse them
# with that, in words that say more, or without the JWK that PyJWT shows.
KEY_TEXTS = (
    "('D should be ",
    "Coords should be ",
    "Could not parse the provided public key.",
    "Expected one of ",
    "Invalid curve: ",
    "Invalid key parameter",
    "Key is not valid JSON",
    "Not a",
    "OKP should have ",
    "Public key does not match private key",
    "RSA key must include ",
    "The key's curve ",
    "Unable to construct key from JWK: ",
    "Unsupported RSA private key: ",
    "crv is not found: ",
    "kty is not found: ",
)


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
    for prefix in (*JSON_PREFIXES, "Unable to find an algorithm for key"):  # PyJWT shows the key
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

    def made() -> Any:
        args = [keys.resolve(argument, module) for argument in call.args]
        kwargs = {name: keys.resolve(argument, module) for name, argument in call.kwargs.items()}
        result = operator.attrgetter(call.function)(module)(*args, **kwargs)
        return without_chance(result) if call.name == "encode" else result

    return observe(made)


def without_chance(token: str) -> str:
    """A token whose signature is another one each time, without it."""
    head, _, signature = token.rpartition(".")
    algorithm = json.loads(b64url_decode(head.partition(".")[0].encode()))["alg"]
    if algorithm.startswith(keys.RANDOMISED):
        return f"{head}.<{len(signature)} characters>"
    return token


def is_foreign_key_error(error: BaseException | None) -> bool:
    """Whether an exception escaped from PyJWT's work on a key that is none of its own."""
    if error is None or isinstance(error, (jwt.PyJWTError, NotImplementedError)):
        return False
    frames = [frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__)]
    return any(
        code.co_filename == jwt.algorithms.__file__
        and code.co_name in {"prepare_key", "from_jwk", "sign", "verify"}
        for code in frames
    )


def both_refuse_the_key(ours: Outcome, theirs: Outcome) -> bool:
    """Whether both raised InvalidKeyError for an asymmetric key, each in its own words; or we did,
    where an exception that is none of PyJWT's got out of it.
    """
    if not isinstance(ours.error, pyjwtfast.InvalidKeyError):
        return False
    if is_foreign_key_error(theirs.error):
        return True
    return isinstance(theirs.error, jwt.InvalidKeyError) and str(theirs.error).startswith(KEY_TEXTS)


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
    if ours.same_as(theirs) or both_refuse_the_key(ours, theirs):
        return ours
    if is_interpreter_error(theirs.error) and ours.error is not None:
        assert isinstance(
            ours.error,
            (TypeError, ValueError, NotImplementedError, pyjwtfast.exceptions.PyJWTError),
        ), f"{call}:\n ours  {ours}\n PyJWT {theirs}"
        return ours
    covering = [entry for entry in DIFFERENCES if entry.applies(call)]
    assert covering, f"{call}:\n ours  {ours}\n PyJWT {theirs}"
    assert any(entry.is_ours(ours) for entry in covering), (
        f"{call}: documented as {[entry.name for entry in covering]}, but\n"
        f" ours  {ours}\n PyJWT {theirs}"
    )
    return ours
