"""Extension of griffe, which reads the API reference: docstrings of the classes of `_core`.

Their hints are in `_core.pyi`, their docstrings in C. Griffe puts the two together for functions,
but takes a class whose `__module__` is `pyjwtfast` for one that is only imported there.
"""

from __future__ import annotations

import inspect
from typing import Any

import griffe


class CoreDocstrings(griffe.Extension):
    def on_package(self, *, pkg: griffe.Module, **kwargs: Any) -> None:
        if pkg.name != "pyjwtfast":
            return
        from pyjwtfast import _core

        for hinted in pkg["_core"].classes.values():
            if isinstance(hinted, griffe.Class):
                describe(hinted, getattr(_core, hinted.name, None))


def describe(hinted: griffe.Class, real: object) -> None:
    """Give the class, and all of it that has none, the docstrings of the real one."""
    for described, thing in (
        (hinted, real),
        *((member, getattr(real, name, None)) for name, member in hinted.members.items()),
    ):
        text = inspect.getdoc(thing)
        if thing is not None and text and described.docstring is None:
            described.docstring = griffe.Docstring(text, parent=described)  # type: ignore[arg-type]
