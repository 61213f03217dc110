"""The libraries that are compared: those that can be imported, and why the others cannot."""

from __future__ import annotations

import importlib
import importlib.metadata
import sys
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Library:
    """A library by the name it is known by.

    module: None when it cannot be imported; `missing` then says why.
    """

    name: str
    distribution: str
    version: str
    module: Any = None
    missing: str = ""


# Name, distribution, module, oldest Python it runs on.
PEERS = (
    ("PyJWT", "PyJWT", "jwt", (3, 9)),
    ("simplejwt", "djangorestframework-simplejwt", "rest_framework_simplejwt", (3, 9)),
    ("oxyjwt", "oxyjwt", "oxyjwt", (3, 10)),
    ("ryjwt", "ryjwt", "ryjwt", (3, 12)),
)


def version_of(distribution: str) -> str:
    """The installed version, "" if there is none."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ""


def load(name: str, distribution: str, module: str, oldest: tuple[int, int]) -> Library:
    version = version_of(distribution)
    try:
        return Library(name, distribution, version, importlib.import_module(module))
    except ImportError as error:
        if sys.version_info < oldest:
            needed, here = (
                ".".join(map(str, numbers[:2])) for numbers in (oldest, sys.version_info)
            )
            missing = f"needs Python {needed} or newer, this is {here}"
        elif not version:
            missing = f'not installed: pip install "pyjwtfast[bench]" ({error})'
        else:
            missing = f"cannot be imported: {error}"
        return Library(name, distribution, version, missing=missing)


def load_peers() -> dict[str, Library]:
    """Every peer by its name, importable or not."""
    return {peer[0]: load(*peer) for peer in PEERS}
