"""Builds pyjwtfast._core, the C extension. Everything else is stated in pyproject.toml.

Environment:
    OPENSSL_DIR         prefix of an OpenSSL >= 3.0 to use instead of what pkg-config finds
    OPENSSL_STATIC      "1": libcrypto.a goes into the extension, and none of its symbols out of it;
                        what wheels are built with
    CFLAGS, LDFLAGS     added to Python's own; an -O level in CFLAGS replaces our -O3
    PYJWTFAST_LTO       "0": no optimisation across files, as for a build with sanitizers
    PYJWTFAST_WERROR    "1": compiler warnings are errors (set by make and CI, not for users)
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
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

LIBRARY_PROBE = """\
#include <openssl/crypto.h>
unsigned int pjf_probe(void);
unsigned int pjf_probe(void) { return OPENSSL_version_major(); }
"""

INSTALL = """\
    Debian, Ubuntu   apt-get install gcc libssl-dev pkg-config python3-dev
    Fedora, RHEL     dnf install gcc openssl-devel pkgconf-pkg-config python3-devel
    Alpine           apk add gcc musl-dev openssl-dev pkgconf python3-dev
    macOS            xcode-select --install; brew install openssl@3 pkgconf
                     export OPENSSL_DIR="$(brew --prefix openssl@3)"
"""

COMPILER_HELP = f"""\
pyjwtfast is built by a C compiler, and it could not compile a file of one line:
{{error}}
Install one, or name yours in the environment variable CC, and try again:

{INSTALL}"""

PYTHON_HELP = f"""\
pyjwtfast needs the C headers of Python, and {{path}} is absent. Install them and try again:

{INSTALL}
Where the system has several versions of Python, the package is named after the version:
python{{version}}-dev, python{{version}}-devel.
"""

OPENSSL_HELP = f"""\
pyjwtfast needs the headers of OpenSSL 3.0 or newer, and the compiler could not use them
(they are absent or older; its own words are above). Install them and try again:

{INSTALL}
An OpenSSL in a place of its own is named by OPENSSL_DIR=/its/prefix.
"""

LIBRARY_HELP = f"""\
pyjwtfast needs OpenSSL's library libcrypto. Its headers are there, but the linker could not use the
library (its own words are above). Install it and try again:

{INSTALL}
An OpenSSL in a place of its own is named by OPENSSL_DIR=/its/prefix.
"""

ARCHIVE_HELP = """\
OPENSSL_STATIC=1 asks for libcrypto.a, and it is neither where OPENSSL_DIR says nor where pkg-config
does. It comes with libssl-dev on Debian, with openssl-libs-static on Alpine, and from
scripts/build_openssl.sh. Without OPENSSL_STATIC the shared library is taken.
"""

WINDOWS_HELP = """\
On Windows pyjwtfast is built by MinGW-w64's gcc, which is not in PATH: its C code uses C11 atomics,
and attributes and built-in functions of gcc and clang, which Microsoft's compiler lacks. It comes
with MSYS2, as does OpenSSL; OPENSSL_DIR names the latter's prefix. In WSL it works as on Linux.
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
    static = os.environ.get("OPENSSL_STATIC") == "1"
    prefix = os.environ.get("OPENSSL_DIR")
    if not prefix:
        compile_words = pkg_config("--cflags")
        if static:
            return compile_words, static_words(pkg_config("--variable=libdir"))
        return compile_words, pkg_config("--libs") or ["-lcrypto"]
    compile_words = [f"-I{Path(prefix, 'include')}"]
    directories = [str(Path(prefix, name)) for name in ("lib64", "lib")]
    if static:
        return compile_words, static_words(directories)
    link = ["-lcrypto"]
    for directory in directories:
        if Path(directory).is_dir():
            link = [f"-L{directory}", f"-Wl,-rpath,{directory}", *link]
    return compile_words, link


def static_words(directories: list[str]) -> list[str]:
    """libcrypto.a by its path, and that the extension exports nothing of it.

    A shared libcrypto beside Python's own is no way for a wheel. Where something has loaded another
    one for all to see, as Apache does with mod_ssl, the calls of the extension would go there,
    except those that only the newer of the two has.
    """
    for directory in directories:
        archive = Path(directory, "libcrypto.a")
        if archive.is_file():
            break
    else:
        return []
    if sys.platform == "darwin":
        return [str(archive), "-Wl,-exported_symbol,_PyInit__core"]
    if sys.platform == "win32":
        # With gcc's own libraries inside, too: no DLL but Python's and the system's is needed.
        system = ["-lws2_32", "-lcrypt32", "-ladvapi32", "-luser32"]
        return [str(archive), *system, "-static-libgcc", "-Wl,-Bstatic", "-lpthread"]
    return [str(archive), "-ldl", "-pthread", "-Wl,--exclude-libs,ALL"]


class BuildCore(build_ext):
    """build_ext that says what is missing before it compiles, in words a user can act on."""

    def finalize_options(self) -> None:
        super().finalize_options()
        if sys.platform == "win32":
            self.compiler = "mingw32"

    def run(self) -> None:
        if sys.platform == "win32" and not shutil.which("gcc"):
            raise SetupError(WINDOWS_HELP)
        super().run()

    def build_extensions(self) -> None:
        try:
            self.probe("extern int pjf_probe;\n")
        except CompileError as error:
            raise SetupError(COMPILER_HELP.format(error=error)) from error
        header = Path(sysconfig.get_path("include"), "Python.h")
        if not header.exists():
            version = sysconfig.get_python_version()
            raise SetupError(PYTHON_HELP.format(path=header, version=version))
        self.check_openssl()
        self.use_lto()
        super().build_extensions()

    def probe(
        self, source: str, compile_args: list[str] | None = None, link_args: list[str] | None = None
    ) -> None:
        """Compiles the source, and links it where there is something to link it with.

        Raises CompileError or LinkError; what is made is deleted at once.
        """
        with tempfile.TemporaryDirectory() as directory:
            file = Path(directory, "probe.c")
            file.write_text(source, encoding="ascii")
            objects = self.compiler.compile(
                [str(file)], output_dir=directory, extra_postargs=compile_args
            )
            if link_args is not None:
                self.compiler.link_shared_object(
                    objects, str(Path(directory, "probe.so")), extra_postargs=link_args
                )

    def use_lto(self) -> None:
        """Links with optimisation across files where the compiler can: 3 % off a verification."""
        if os.environ.get("PYJWTFAST_LTO") == "0":
            return
        extension = self.extensions[0]
        source = "int pjf_probe(void);\nint pjf_probe(void) { return 0; }\n"
        try:
            self.probe(source, LTO_COMPILE, LTO_LINK)
        except (CompileError, LinkError):
            return
        extension.extra_compile_args += LTO_COMPILE
        extension.extra_link_args += LTO_LINK

    def check_openssl(self) -> None:
        compile_args = self.extensions[0].extra_compile_args
        link_args = self.extensions[0].extra_link_args
        try:
            self.probe(OPENSSL_PROBE, compile_args)
        except CompileError as error:
            raise SetupError(OPENSSL_HELP) from error
        if not link_args:
            raise SetupError(ARCHIVE_HELP)
        try:
            self.probe(LIBRARY_PROBE, compile_args, link_args)
        except LinkError as error:
            raise SetupError(LIBRARY_HELP) from error


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
            libraries=["m"],
        )
    ],
    cmdclass={"build_ext": BuildCore},
)
