"""Builds pyjwtfast._core, the C extension. Everything else is stated in pyproject.toml.

Environment:
    OPENSSL_DIR         prefix of an OpenSSL >= 3.0 to use instead of what pkg-config finds
    CFLAGS, LDFLAGS     added to Python's own; an -O level in CFLAGS replaces our -O3
    PYJWTFAST_LTO       "0": no optimisation across files, as for a build with sanitizers
    PYJWTFAST_WERROR    "1": compiler warnings are errors (set by make and CI, not for users)
"""

import os
import re
import shlex
import subprocess
import sysconfig
import tempfile
from glob import glob
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, LinkError, SetupError

# Ours comes after CFLAGS on the command line, where the last level wins.
OPTIMISE = [
    word for word in shlex.split(os.environ.get("CFLAGS", "")) if re.match(r"-O\w*$", word)
][-1:] or ["-O3"]

LTO_COMPILE = ["-flto=auto", "-fno-plt", "-fno-semantic-interposition"]
LTO_LINK = ["-flto=auto", *OPTIMISE]

WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Wconversion"]

OPENSSL_PROBE = """\
#include <openssl/opensslv.h>
#if OPENSSL_VERSION_NUMBER < 0x30000000L
#error "OpenSSL is too old"
#endif
"""

OPENSSL_HELP = """\
pyjwtfast needs the headers of OpenSSL 3.0 or newer, and the compiler could not use them
(they are absent or older; its own words are above). Install them and try again:

    Debian, Ubuntu   apt-get install gcc libssl-dev pkg-config
    Fedora, RHEL     dnf install gcc openssl-devel pkgconf-pkg-config
    Alpine           apk add gcc musl-dev openssl-dev pkgconf
    macOS            brew install openssl@3   and set  OPENSSL_DIR="$(brew --prefix openssl@3)"

An OpenSSL in a place of its own is named by OPENSSL_DIR=/its/prefix.
"""

PYTHON_HELP = """\
pyjwtfast needs a C compiler and the C headers of Python (Python.h), and {path} is absent.

    Debian, Ubuntu   apt-get install gcc python3-dev
    Fedora, RHEL     dnf install gcc python3-devel
    Alpine           apk add gcc musl-dev python3-dev
"""


def pkg_config(option: str) -> list[str]:
    """The words that `pkg-config option libcrypto` prints; none without pkg-config or libcrypto."""
    command = [*shlex.split(os.environ.get("PKG_CONFIG", "pkg-config")), option, "libcrypto"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return []
    return shlex.split(found.stdout)


def openssl_flags() -> tuple[list[str], list[str]]:
    """The compiler's and the linker's words for libcrypto."""
    prefix = os.environ.get("OPENSSL_DIR")
    if not prefix:
        return pkg_config("--cflags"), pkg_config("--libs") or ["-lcrypto"]
    link = ["-lcrypto"]
    for name in ("lib64", "lib"):
        directory = Path(prefix, name)
        if directory.is_dir():
            link = [f"-L{directory}", f"-Wl,-rpath,{directory}", *link]
    return [f"-I{Path(prefix, 'include')}"], link


class BuildCore(build_ext):
    """build_ext that says what is missing before it compiles, in words a user can act on."""

    def build_extensions(self) -> None:
        header = Path(sysconfig.get_path("include"), "Python.h")
        if not header.exists():
            raise SetupError(PYTHON_HELP.format(path=header))
        self.check_openssl()
        self.use_lto()
        super().build_extensions()

    def use_lto(self) -> None:
        """Links with optimisation across files where the compiler can: 3 % off a verification."""
        if os.environ.get("PYJWTFAST_LTO") == "0":
            return
        extension = self.extensions[0]
        with tempfile.TemporaryDirectory() as directory:
            probe = Path(directory, "lto.c")
            probe.write_text("int pjf_probe(void);\nint pjf_probe(void) { return 0; }\n", "ascii")
            try:
                objects = self.compiler.compile(
                    [str(probe)], output_dir=directory, extra_postargs=LTO_COMPILE
                )
                self.compiler.link_shared_object(
                    objects, str(Path(directory, "lto.so")), extra_postargs=LTO_LINK
                )
            except (CompileError, LinkError):
                return
        extension.extra_compile_args += LTO_COMPILE
        extension.extra_link_args += LTO_LINK

    def check_openssl(self) -> None:
        compile_args = self.extensions[0].extra_compile_args
        with tempfile.TemporaryDirectory() as directory:
            probe = Path(directory, "probe.c")
            probe.write_text(OPENSSL_PROBE, encoding="ascii")
            try:
                self.compiler.compile(
                    [str(probe)], output_dir=directory, extra_postargs=compile_args
                )
            except CompileError as error:
                raise SetupError(OPENSSL_HELP) from error


openssl_compile, openssl_link = openssl_flags()

setup(
    ext_modules=[
        Extension(
            "pyjwtfast._core",
            sources=sorted(glob("csrc/core/*.c") + glob("csrc/py/*.c")),
            depends=sorted(glob("csrc/core/*.h") + glob("csrc/py/*.h")),
            include_dirs=["csrc"],
            extra_compile_args=[
                "-std=c11",
                *OPTIMISE,
                "-fvisibility=hidden",
                *WARNINGS,
                *(["-Werror"] if os.environ.get("PYJWTFAST_WERROR") == "1" else []),
                # Python's own headers are not held to our warnings.
                f"-isystem{sysconfig.get_path('include')}",
                *openssl_compile,
            ],
            extra_link_args=openssl_link,
        )
    ],
    cmdclass={"build_ext": BuildCore},
)
