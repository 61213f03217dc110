"""What the checks share: how they look at entries, and how messages speak of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from django.core.checks import CheckMessage

from ..backends import ALLOWED_ALGORITHMS
from ..utils import SIMPLEJWT

Messages: TypeAlias = Iterator[CheckMessage]

# The blacklist's app, by the name that other packages look for.
THEIR_BLACKLIST = f"{SIMPLEJWT}.token_blacklist"


def is_algorithm(value: object) -> bool:
    """Whether ALGORITHM may be that."""
    return isinstance(value, str) and value in ALLOWED_ALGORITHMS


def is_of_simplejwt(dotted: str) -> bool:
    """Whether a dotted name begins with simplejwt's package."""
    return dotted == SIMPLEJWT or dotted.startswith(f"{SIMPLEJWT}.")


def replacement(dotted: str) -> str:
    """Our dotted name for one of simplejwt's."""
    return "pyjwtfast.drf" + dotted.removeprefix(SIMPLEJWT)


def describe(entry: object) -> str:
    """A setting's entry, as a message names it."""
    return f"'{entry}'" if isinstance(entry, str) else getattr(entry, "__qualname__", repr(entry))


def entries(value: object) -> Iterable[Any]:
    """What a setting that holds one entry or several holds."""
    if value is None:
        return ()
    return value if isinstance(value, (list, tuple)) else (value,)
