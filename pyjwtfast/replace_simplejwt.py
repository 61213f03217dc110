"""`import pyjwtfast.replace_simplejwt`, the first line of settings: simplejwt's names become ours.

From there on `rest_framework_simplejwt` and its submodules are the modules of `pyjwtfast.drf`, for
the project and for third-party packages, whether or not simplejwt is installed. A module is loaded
once, and is the same object under both names; its `__name__` and `__spec__` stay our own.

drf-spectacular's extension for simplejwt is replaced by ours, and the system checks are registered:
most projects have neither of our apps in INSTALLED_APPS. Nothing here reads a Django setting before
such a check runs.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import InspectLoader, Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType
from typing import Any, cast

from django.core import checks
from django.core.exceptions import ImproperlyConfigured

SIMPLEJWT = "rest_framework_simplejwt"

# Packages and modules, and those that stand in for them. Submodules go with their package.
REPLACEMENTS = {
    SIMPLEJWT: "pyjwtfast.drf",
    f"drf_spectacular.contrib.{SIMPLEJWT}": "pyjwtfast.drf.spectacular",
}


def replacement(name: str) -> str | None:
    """The module of ours that a module's name is to mean; None for everything else."""
    for theirs, ours in REPLACEMENTS.items():
        if name == theirs or name.startswith(f"{theirs}."):
            return ours + name[len(theirs) :]
    return None


class ReplacementLoader(InspectLoader):
    """Loads nothing: puts the module that `spec` describes into the place of another."""

    def __init__(self, spec: ModuleSpec) -> None:
        self.spec = spec

    def create_module(self, spec: ModuleSpec) -> None:
        """Import ours. This is before importlib enters a new module under the other name."""
        importlib.import_module(self.spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Drop the new, empty module: importlib goes on with what it finds in sys.modules."""
        sys.modules[module.__name__] = sys.modules[self.spec.name]

    def is_package(self, fullname: str) -> bool:
        return self.spec.submodule_search_locations is not None

    def get_code(self, fullname: str) -> CodeType | None:
        return cast("InspectLoader", self.spec.loader).get_code(self.spec.name)

    def get_source(self, fullname: str) -> str | None:
        return cast("InspectLoader", self.spec.loader).get_source(self.spec.name)

    def get_data(self, path: str) -> bytes:
        return cast("Any", self.spec.loader).get_data(path)  # type: ignore[no-any-return]


class ReplacementFinder(MetaPathFinder):
    """Finds the modules of REPLACEMENTS, by importlib's names for them."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        name = replacement(fullname)
        # Where ours has no such module nobody else may find one: not even the installed simplejwt,
        # whose parts would be mixed with ours. Its package being ours, nobody does.
        found = None if name is None else importlib.util.find_spec(name)
        if found is None:
            return None
        spec = ModuleSpec(fullname, cast("Loader", ReplacementLoader(found)), origin=found.origin)
        spec.submodule_search_locations = found.submodule_search_locations
        return spec


def check_settings(**kwargs: Any) -> list[checks.CheckMessage]:
    """The system check of the settings, where none of our apps has registered it."""
    return _check("check_settings", **kwargs)


def check_deployment(**kwargs: Any) -> list[checks.CheckMessage]:
    """The system check for deployment, likewise."""
    return _check("check_deployment", **kwargs)


def _check(name: str, **kwargs: Any) -> list[checks.CheckMessage]:
    # Imported here: at the top of settings there are no settings yet.
    from django.core.checks.registry import registry

    from .drf import checks as ours

    check = getattr(ours, name)
    if check in registry.get_checks(include_deployment_checks=True):
        return []
    return cast("list[checks.CheckMessage]", check(**kwargs))


def install() -> None:
    """Let simplejwt's names mean ours from now on; once more does nothing.

    Raises ImproperlyConfigured where a module of simplejwt is loaded already.
    """
    for name, module in sorted(sys.modules.items()):
        if not f"{name}.".startswith(f"{SIMPLEJWT}.") or module is None:
            continue
        if module is not sys.modules.get(cast("str", replacement(name))):
            raise ImproperlyConfigured(
                f"`import pyjwtfast.replace_simplejwt` comes too late: {name} is loaded already, "
                f"from {getattr(module, '__file__', None)}. Make it the first line of the settings "
                "module; of several, of the one that is loaded first. Where something else imports "
                "simplejwt before the settings are loaded (manage.py, wsgi.py, celery.py, "
                "conftest.py), put the line above that import, too."
            )
    # Before all others: an installed simplejwt is not to be found.
    sys.meta_path[:] = [
        ReplacementFinder(),
        *(finder for finder in sys.meta_path if type(finder).__module__ != __name__),
    ]
    # The package itself at once. By this pyjwtfast.drf, which does not know us, sees the line.
    importlib.import_module(SIMPLEJWT)
    checks.register(check_settings, checks.Tags.security)
    checks.register(check_deployment, checks.Tags.security, deploy=True)


install()
