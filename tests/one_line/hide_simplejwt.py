"""Imported, or loaded by pytest's -p: from then on simplejwt is not installed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType


class Hidden(MetaPathFinder):
    """Finds none of simplejwt's modules, and keeps others from finding one."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> None:
        if fullname.partition(".")[0] == "rest_framework_simplejwt":
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


sys.meta_path.insert(0, Hidden())
