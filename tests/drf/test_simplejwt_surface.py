"""Every public name of simplejwt is in our module of the same name, and takes the same arguments.

So replacing `rest_framework_simplejwt` by `pyjwtfast.drf` is all that a project's own code needs.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rest_framework_simplejwt

from tests.one_line.projects import run_project

MODULES = [
    name
    for _, name, _ in pkgutil.walk_packages(
        rest_framework_simplejwt.__path__, "rest_framework_simplejwt."
    )
    if not name.rpartition(".")[2][0].isdigit()  # a migration
    and not name.endswith(".admin")  # needs its own tables; see below
]

# What we do not have, and why nobody misses it.
EXCEPTIONS = {
    "backends.Token": "for a hint alone; our backends are below the tokens, and don't import them",
    "settings.format_lazy": "a helper of `utils`, imported for a message of theirs",
    **{
        f"authentication.{name}": "theirs hands arguments on to `object`, which takes none"
        for name in (
            "JWTAuthentication",
            "JWTStatelessUserAuthentication",
            "JWTTokenUserAuthentication",
        )
    },
}


def ours(name: str) -> Any:
    return importlib.import_module(name.replace("rest_framework_simplejwt", "pyjwtfast.drf"))


def public_names(module: str) -> Iterator[str]:
    """What a module defines, or takes from another module of its package."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    for node in ast.parse(Path(spec.origin).read_text()).body:
        names: list[str] = []
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.ImportFrom) and node.level:
            names = [alias.asname or alias.name for alias in node.names]
        yield from (name for name in names if not name.startswith("_"))


PAIRS = [(module, name) for module in MODULES for name in public_names(module)]


def members(cls: type) -> Iterator[str]:
    """The public attributes that a class has from simplejwt, `__init__` among them."""
    for base in cls.__mro__:
        if base.__module__.startswith("rest_framework_simplejwt"):
            names = (name for name in vars(base) if name == "__init__" or name[0] != "_")
            # Django takes Meta off a model that has a table.
            yield from (name for name in names if name != "Meta")


def signature(value: Any) -> inspect.Signature | None:
    try:
        return inspect.signature(value) if callable(value) else None
    except (TypeError, ValueError):
        return None


def incompatible(theirs: inspect.Signature, mine: inspect.Signature) -> str:
    """Why a call for theirs would not do for mine; empty if it does."""
    kinds = inspect.Parameter
    taken = list(mine.parameters.values())
    kinds_taken = {parameter.kind for parameter in taken}
    if {kinds.VAR_POSITIONAL, kinds.VAR_KEYWORD} <= kinds_taken:
        return ""
    for position, parameter in enumerate(theirs.parameters.values()):
        if parameter.kind in (kinds.VAR_POSITIONAL, kinds.VAR_KEYWORD):
            if parameter.kind not in kinds_taken:
                return f"no {parameter}"
            continue
        found = mine.parameters.get(parameter.name)
        if found is None:
            return f"no parameter {parameter.name}"
        if parameter.kind is kinds.POSITIONAL_OR_KEYWORD and (
            taken.index(found) != position or found.kind is not parameter.kind
        ):
            return f"{parameter.name} is elsewhere"
        if parameter.default is not kinds.empty and found.default is kinds.empty:
            return f"{parameter.name} has no default"
    for parameter in taken:
        if (
            parameter.name not in theirs.parameters
            and parameter.default is kinds.empty
            and parameter.kind not in (kinds.VAR_POSITIONAL, kinds.VAR_KEYWORD)
        ):
            return f"{parameter.name} is needed"
    return ""


def differences(name: str, theirs: Any, mine: Any) -> Iterator[str]:
    """What a user of `theirs` would miss or find changed in `mine`."""
    if isinstance(theirs, type) is not isinstance(mine, type):
        yield f"{name}: not a class in both"
        return
    if callable(theirs) is not callable(mine):
        yield f"{name}: not callable in both"
        return
    one, other = signature(theirs), signature(mine)
    if one is not None and other is not None:
        why = incompatible(one, other)
        if why:
            yield f"{name}: {why}"
    if isinstance(theirs, type) and theirs.__module__.startswith("rest_framework_simplejwt"):
        for member in dict.fromkeys(members(theirs)):
            full = f"{name}.{member}"
            has_theirs = hasattr(theirs, member)
            if has_theirs and not hasattr(mine, member):
                yield f"{full}: missing"
            elif has_theirs and inspect.isroutine(inspect.getattr_static(theirs, member)):
                yield from differences(full, getattr(theirs, member), getattr(mine, member))


def test_the_modules_are_there() -> None:
    assert len(MODULES) >= 15
    assert len(PAIRS) > 100
    for module in MODULES:
        assert inspect.ismodule(ours(module))


@pytest.mark.parametrize(("module", "name"), PAIRS, ids=[f"{m[25:]}:{n}" for m, n in PAIRS])
def test_name(module: str, name: str) -> None:
    theirs = getattr(importlib.import_module(module), name)
    label = f"{module.removeprefix('rest_framework_simplejwt.')}.{name}"
    mine = ours(module)
    if not hasattr(mine, name):
        found = [f"{label}: missing"]
    else:
        found = list(differences(label, theirs, getattr(mine, name)))
    assert [text for text in found if text.split(":")[0] not in EXCEPTIONS] == []


def test_no_exception_is_out_of_date() -> None:
    found = set()
    for module, name in PAIRS:
        label = f"{module.removeprefix('rest_framework_simplejwt.')}.{name}"
        mine = getattr(ours(module), name, None)
        if mine is None:
            found.add(label)
            continue
        theirs = getattr(importlib.import_module(module), name)
        found |= {text.split(":")[0] for text in differences(label, theirs, mine)}
    assert set(EXCEPTIONS) - found == set()


def test_a_difference_is_noticed() -> None:
    """The comparison itself: what it must refuse, and what it must let pass."""

    def of(text: str) -> inspect.Signature:
        scope: dict[str, Any] = {}
        exec(f"def f({text}): pass", scope)
        return inspect.signature(scope["f"])

    for theirs, mine in [
        ("a", ""),
        ("a", "b"),
        ("a, b", "b, a"),
        ("a", "*, a"),
        ("a=1", "a"),
        ("a", "a, b"),
        ("a, *args", "a"),
        ("a, **kwargs", "a"),
    ]:
        assert incompatible(of(theirs), of(mine)), (theirs, mine)
    for theirs, mine in [
        ("a", "a"),
        ("a", "a=1"),
        ("a", "a, b=1"),
        ("a", "a, *, b=1"),
        ("a, b=1", "*args, **kwargs"),
    ]:
        assert not incompatible(of(theirs), of(mine)), (theirs, mine)


ADMIN = """
import json
from {package}.token_blacklist import admin
classes = [admin.OutstandingTokenAdmin, admin.BlacklistedTokenAdmin]
print(json.dumps([[name for name in dir(each) if not name.startswith("_")] for each in classes]))
"""


def test_the_admin() -> None:
    """It is about tables, which only one of the two can have in one process."""
    apps = ["django.contrib.sessions", "django.contrib.messages", "django.contrib.admin"]
    theirs, mine = (
        json.loads(run_project("", [*apps, f"{name}.token_blacklist"], ADMIN.format(package=name)))
        for name in ("rest_framework_simplejwt", "pyjwtfast.drf")
    )
    assert "token_jti" in theirs[1]
    for number in range(2):
        assert set(theirs[number]) - set(mine[number]) == set()
