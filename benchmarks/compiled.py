"""C modules of the benchmark, compiled when it runs, with the flags of the extension."""

from __future__ import annotations

import importlib.util
import os
import shlex
import subprocess
import sysconfig
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from .timing import Loop

ROOT = Path(__file__).resolve().parent.parent
# As setup.py compiles the extension.
FLAGS = "-std=c11 -O3 -DNDEBUG -fPIC -fvisibility=hidden -fno-semantic-interposition"
LTO_FLAGS = "-flto=auto -fno-plt"


class BuildError(Exception):
    """A module could not be compiled."""


def openssl_flags() -> list[str]:
    prefix = os.environ.get("OPENSSL_DIR")
    if prefix:
        folders = [folder for name in ("lib64", "lib") if (folder := Path(prefix, name)).is_dir()]
        paths = [word for folder in folders for word in (f"-L{folder}", f"-Wl,-rpath,{folder}")]
        return [f"-I{prefix}/include", *paths, "-lcrypto"]
    command = [os.environ.get("PKG_CONFIG", "pkg-config"), "--cflags", "--libs", "libcrypto"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ["-lcrypto"]
    return shlex.split(found.stdout)


def build(directory: Path, name: str, sources: Sequence[Path]) -> Path:
    """Compiles the module into the directory, with optimisation across files where that works."""
    target = directory / f"{name}{sysconfig.get_config_var('EXT_SUFFIX')}"
    include = [f"-I{ROOT / 'csrc'}", f"-I{sysconfig.get_path('include')}"]
    link = shlex.split(sysconfig.get_config_var("LDSHARED"))
    errors = ""
    for flags in (f"{FLAGS} {LTO_FLAGS}", FLAGS):
        command = [*link, *flags.split(), *include, *map(str, sources), *openssl_flags()]
        try:
            done = subprocess.run([*command, "-o", str(target)], capture_output=True, text=True)
        except OSError as error:
            raise BuildError(str(error)) from error
        if done.returncode == 0:
            return target
        errors = done.stderr
    raise BuildError(errors)


def load(name: str, sources: Sequence[Path]) -> Any:
    """The module of this name, compiled from these files. Raises BuildError."""
    with tempfile.TemporaryDirectory() as directory:
        target = build(Path(directory), name, sources)
        spec = importlib.util.spec_from_file_location(name, target)
        if spec is None or spec.loader is None:
            raise BuildError("the compiled module cannot be loaded")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module


def timed(run: Callable[[int], None]) -> Loop:
    """A loop that is in C already."""

    def loop(calls: int) -> float:
        start = perf_counter_ns()
        run(calls)
        return (perf_counter_ns() - start) / calls

    return loop
