"""Who may use whom: includes, imports and symbols against the rules of docs/design.md.

Each rule is a function from a file's name and text to its violations, so that the tests can also
feed it a text that breaks the rule.
"""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "csrc" / "core"
BINDING = ROOT / "csrc" / "py"
PACKAGE = ROOT / "pyjwtfast"

# Units of the core, from the ground up. A unit uses those of the layers below its own.
# The sig_<family> files stand below the keys, which hold the states that they prepare; sig itself
# stands above and chooses among them.
CORE_LAYERS = (
    {"base"},
    {"b64url", "utf8", "buf", "cache"},
    {"json_read", "json_write"},
    {"alg"},
    {"ossl", "jose_header"},
    {"sig_family", "key_guard"},
    {"key"},
    {"key_cache", "sig"},
    {"jws"},
)
# Units that may use less than their layer would allow.
CORE_NARROWED = {
    "cache": {"base"},
    "jose_header": {"base", "buf", "utf8", "b64url", "json_read", "alg"},
    "key_guard": {"base", "buf", "json_read"},
    "key_cache": {"base", "alg", "key"},
}
OPENSSL_FILES = re.compile(r"(base|ossl\w*|key\w*|sig_\w+)\.c")

# Units of the binding, from the ground up, likewise; each may use all of the core's headers.
BINDING_LAYERS = (
    {"state"},
    {"pyargs", "pyclock", "pyerror", "pydrf", "pyunlocked"},
    {"pyalg", "pyjson"},
    {"pykey"},
    {"pykeyarg"},
    {"pyjws"},
    {"pyclaims", "pyencode", "pytesting"},
    {"pycache", "pysigner", "pytoken"},
    {"pydecode", "pyverifier"},
    {"module"},
)

# Modules of the Python API, from the ground up, and those of its Django part.
API_LAYERS = (
    {"_version", "exceptions", "types", "warnings"},
    {"utils"},
    {"_jwks"},
    {"_core"},
    {"algorithms"},
    {"api_jwk"},
    {"api_jws"},
    {"api_jwt"},
    {"jwk_set_cache", "jwks_fetch"},
    {"jwks_client"},
    {"__init__"},
    {"help"},
    {"__main__"},
    {"replace_simplejwt"},
)
CLI_LAYERS = (
    {"errors"},
    {"sources"},
    {"bench", "keys", "tokens"},
    {"__init__"},
)
CHECKS_LAYERS = (
    {"support"},
    {
        "blacklist",
        "deployment",
        "imports",
        "keys",
        "middleware",
        "names",
        "packages",
        "revocation",
        "user_cache",
        "users",
        "values",
    },
    {"__init__"},
)
DRF_LAYERS = (
    {"__init__", "logs", "translation", "utils"},
    {"exceptions", "settings"},
    {"instances"},
    {"user_cache", "user_query"},
    {"models", "users"},
    {"backends"},
    {"state"},
    {"revocation"},
    {"tokens"},
    {"lazy_users"},
    {"per_request"},
    {"authentication", "serializers"},
    {"asynchronous"},
    {"asgi", "middleware"},
    {"views"},
    {"admin"},
    {"spectacular"},
    {"checks"},
    {"apps", "doctor"},
    {"__main__"},
)
BLACKLIST_LAYERS = (
    {"__init__"},
    {"apps", "models"},
    {"batches", "store"},
    {"admin"},
)
DOCTOR_LAYERS = (
    {"database", "pages", "verdicts"},
    {"outside", "report"},
    {"command"},
    {"__init__"},
)
REVOCATION_LAYERS = (
    {"store"},
    {"memory"},
    {"__init__"},
)
USER_CACHE_LAYERS = (
    {"copies", "feed", "rows"},
    {"memory"},
    {"__init__"},
)
# The packages of the API that have layers of their own; the modules beside them know neither.
# One inside another is also a unit of that one's.
PACKAGES = {
    "cli": CLI_LAYERS,
    "drf": DRF_LAYERS,
    "drf.checks": CHECKS_LAYERS,
    "drf.doctor": DOCTOR_LAYERS,
    "drf.revocation": REVOCATION_LAYERS,
    "drf.token_blacklist": BLACKLIST_LAYERS,
    "drf.user_cache": USER_CACHE_LAYERS,
}
DJANGO = {"asgiref", "django", "rest_framework", "rest_framework_simplejwt", "drf_spectacular"}
# The one module of the API that stands above the Django part.
ABOVE_DJANGO = {"replace_simplejwt"}


# --- C: includes ---


def includes(text: str) -> Iterator[str]:
    """What a C file includes: `openssl/evp.h`, `core/base.h`."""
    for found in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', text, re.MULTILINE):
        yield found[1]


def core_unit(name: str) -> str:
    """The unit a file of the core belongs to: key_pem.c to key, json_read.inc.h to json_read."""
    stem = name.split(".")[0]
    if stem in ("json_lex", "json_scan"):  # the words of json_read's grammar, and its long strings
        return "json_read"
    if stem.startswith("sig_"):
        return "sig_family"
    units = [unit for layer in CORE_LAYERS for unit in layer]
    own = [unit for unit in units if stem == unit or stem.startswith(unit + "_")]
    return max(own, key=len, default="")


def binding_unit(name: str) -> str:
    """The unit a file of the binding belongs to: pyjson_read.c to pyjson."""
    stem = name.split(".")[0]
    units = [unit for layer in BINDING_LAYERS for unit in layer]
    return next((unit for unit in units if stem == unit or stem.startswith(unit + "_")), "")


def layer_of(unit: str, layers: tuple[set[str], ...]) -> int:
    return next(number for number, layer in enumerate(layers) if unit in layer)


def core_violations(name: str, text: str) -> list[str]:
    """What a file of csrc/core includes against the rules."""
    unit = core_unit(name)
    if not unit:
        return [f"{name}: a unit that this test does not know; give it a layer"]
    below = set().union(*CORE_LAYERS[: layer_of(unit, CORE_LAYERS)])
    allowed = CORE_NARROWED.get(unit, below) | {unit}
    found = []
    for included in includes(text):
        if included == "Python.h" or included.startswith("py/"):
            found.append(f"{name}: the core knows nothing of Python, but includes {included}")
        elif included.startswith("openssl/") and not OPENSSL_FILES.fullmatch(name):
            found.append(f"{name}: only base.c, ossl*.c, key*.c and sig_*.c include {included}")
        elif included.startswith("core/"):
            used = core_unit(included.removeprefix("core/"))
            if used not in allowed:
                found.append(f"{name}: {unit} may not use {included}")
        elif included.endswith(".c") or (CORE / included).exists():
            found.append(f"{name}: includes {included}; write core/<unit>.h")
    return found


def binding_violations(name: str, text: str) -> list[str]:
    """What a file of csrc/py includes against the rules."""
    unit = binding_unit(name)
    if not unit:
        return [f"{name}: a unit that this test does not know; give it a layer"]
    allowed = set().union({unit}, *BINDING_LAYERS[: layer_of(unit, BINDING_LAYERS)])
    found = []
    for included in includes(text):
        if included.startswith("openssl/"):
            found.append(f"{name}: the binding leaves OpenSSL to the core, but includes {included}")
        elif included.endswith(".c") or re.search(r"core/\w+_(internal|x86)\.h", included):
            found.append(f"{name}: {included} is another unit's inside")
        elif included.startswith("py/"):
            if binding_unit(included.removeprefix("py/")) not in allowed:
                found.append(f"{name}: {unit} may not use {included}")
        elif (BINDING / included).exists():
            found.append(f"{name}: includes {included}; write py/<unit>.h")
    return found


# --- C: symbols ---


def mutable_globals(nm_output: str) -> list[str]:
    """The data symbols of an `nm` listing that are not constant: initialised, zeroed, common."""
    symbols = [line.split()[-2:] for line in nm_output.splitlines() if len(line.split()) >= 2]
    return [name for kind, name in symbols if kind in "bBdDgGsSC"]


def exported(nm_output: str) -> set[str]:
    """The defined names of an `nm -D` listing, without those that every linker adds."""
    names = {line.split()[-1].split("@")[0] for line in nm_output.splitlines() if line.strip()}
    return names - {"_init", "_fini", "_edata", "_end", "__bss_start"}


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


# --- Python: imports ---


def imports(module: str, text: str) -> Iterator[tuple[str, bool]]:
    """The absolute names that a module imports, and whether it does when it is loaded itself.

    What only type checkers see is left out. `module` is dotted; a package ends in `.__init__`.
    """

    def walk(node: ast.AST, at_load: bool) -> Iterator[tuple[str, bool]]:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            for child in node.orelse:
                yield from walk(child, at_load)
            return
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, at_load
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = module.split(".")[: -node.level]
                base = ".".join([*parents, *([node.module] if node.module else [])])
            for alias in node.names:
                yield f"{base}.{alias.name}", at_load
        inside = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for child in ast.iter_child_nodes(node):
            yield from walk(child, at_load and not inside)

    yield from walk(ast.parse(text), True)


def import_violations(module: str, text: str) -> list[str]:
    """What a module of pyjwtfast imports against the rules; `module` as for `imports`."""
    parts = module.split(".")
    package = ".".join(parts[1:-1])
    in_drf = parts[1] == "drf"
    with_django = in_drf or parts[-1] in ABOVE_DJANGO
    if in_drf and parts[-1] != "translation":
        for name, _ in imports(module, text):
            if name.startswith("django.utils.translation.") and "gettext" in name:
                return [f"{module}: messages are translated by drf.translation, not by {name}"]
    if not {"management", "migrations"}.isdisjoint(parts):
        return []
    in_blacklist = package == "drf.token_blacklist"
    layers = PACKAGES.get(package, API_LAYERS)
    prefix = f"pyjwtfast.{package}." if package else "pyjwtfast."
    own = parts[-1]
    if not any(own in layer for layer in layers):
        return [f"{module}: a module that this test does not know; give it a layer"]
    found = []
    for name, at_load in imports(module, text):
        if name.split(".")[0] in DJANGO and not with_django:
            found.append(f"{module}: Django is for pyjwtfast.drf alone, but imports {name}")
        if name.startswith("rest_framework_simplejwt"):
            found.append(f"{module}: replaces simplejwt, but imports {name}")
        if name.startswith("drf_spectacular") and own != "spectacular":
            found.append(f"{module}: drf-spectacular may not be there, but imports {name}")
        if not with_django and name.startswith("pyjwtfast.drf"):
            found.append(f"{module}: the API does not know its Django part, but imports {name}")
        elif name.startswith("pyjwtfast.cli") and package != "cli" and own != "__main__":
            found.append(f"{module}: the command line is nobody's library, but imports {name}")
        elif (
            "token_blacklist." in name
            and at_load
            and not in_blacklist
            and not name.endswith((".is_installed", ".is_asked"))
        ):
            found.append(f"{module}: imports {name} outside the function that uses it")
        elif name.startswith(prefix):
            if not may_use(own, name.removeprefix(prefix), layers):
                found.append(f"{module}: {own} may not use {name}")
        elif (
            in_blacklist
            and at_load
            and own != "apps"
            and name.startswith("pyjwtfast.drf.")
            and not may_use("tokens", name.removeprefix("pyjwtfast.drf."), DRF_LAYERS)
        ):
            found.append(f"{module}: tokens use the blacklist, but it imports {name}")
        elif (
            package.startswith("drf.")
            and not in_blacklist
            and name.startswith("pyjwtfast.drf.")
            and not may_use(parts[2], name.removeprefix("pyjwtfast.drf."), DRF_LAYERS)
        ):
            found.append(f"{module}: {parts[2]} may not use {name}")
    return found


def may_use(own: str, name: str, layers: tuple[set[str], ...]) -> bool:
    """Whether a unit may use what a name, dotted from their package on, belongs to."""
    used = name.split(".")[0]
    used = used if any(used in layer for layer in layers) else "__init__"
    return any(used in layer for layer in layers[: layer_of(own, layers)])


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


# --- The project keeps the rules ---


def test_core_includes() -> None:
    files = sorted(CORE.glob("*.[ch]"))
    assert files
    assert [v for file in files for v in core_violations(file.name, file.read_text())] == []


def test_binding_includes() -> None:
    files = sorted(BINDING.glob("*.[ch]"))
    assert files
    assert [v for file in files for v in binding_violations(file.name, file.read_text())] == []


def test_the_design_names_every_unit() -> None:
    headers = [*CORE.glob("*.h"), *CORE.glob("key_*.c"), *BINDING.glob("*.h")]
    units = {path.name.split(".")[0] for path in headers}
    units = {unit for unit in units if not unit.endswith(("_internal", "_x86"))}
    modules = {path.stem for path in PACKAGE.glob("*.py")}
    modules |= {path.stem for path in (PACKAGE / "drf").iterdir() if path.suffix in ("", ".py")}
    modules |= {path.stem for path in (PACKAGE / "drf" / "token_blacklist").glob("*.py")}
    modules -= {"__init__", "__main__", "__pycache__", "_version"}
    assert units
    assert modules
    words = set(re.findall(r"\w+", (ROOT / "docs" / "design.md").read_text()))
    assert (units | modules) - words == set()


def test_imports() -> None:
    files = sorted(PACKAGE.rglob("*.py"))
    assert files
    found = [v for file in files for v in import_violations(module_name(file), file.read_text())]
    assert found == []


def test_import_loads_neither_django_nor_slow_modules() -> None:
    # CPython 3.12.1 aborts when a sub-interpreter with its own GIL that has imported one of the
    # latter ends. -S: no site-packages, whose .pth files import what they like.
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import pyjwtfast; "
        "print(*{name.split('.')[0] for name in sys.modules})"
    )
    loaded = set(run(sys.executable, "-S", "-E", "-c", code).split())
    assert "pyjwtfast" in loaded
    assert loaded & (DJANGO | {"datetime", "hashlib", "ssl", "urllib"}) == set()


@pytest.mark.skipif(sys.platform != "linux", reason="reads GNU nm's listing of ELF files")
def test_only_the_init_function_is_exported() -> None:
    from pyjwtfast import _core

    assert exported(run("nm", "-D", "--defined-only", str(_core.__file__))) == {"PyInit__core"}


@pytest.mark.skipif(sys.platform != "linux", reason="reads GNU nm's listing of ELF files")
@pytest.mark.parametrize("source", sorted(CORE.glob("*.c")), ids=lambda path: path.name)
def test_core_has_no_mutable_globals(source: Path, tmp_path: Path) -> None:
    assert mutable_globals(nm_of(source, tmp_path)) == []


def nm_of(source: Path, directory: Path) -> str:
    """Compiles a file of the core and lists its symbols.

    Not position-independent: a constant table of pointers then is plain read-only data, and not
    data that is read-only after relocation, which nm does not tell from the mutable kind.
    """
    try:
        flags = shlex.split(run("pkg-config", "--cflags", "libcrypto"))
    except (OSError, subprocess.CalledProcessError):
        flags = []
    target = directory / "object.o"
    flags += ["-std=c11", "-O0", "-fno-pic", "-fno-pie", f"-I{ROOT / 'csrc'}"]
    run("cc", *flags, "-c", str(source), "-o", str(target))
    return run("nm", str(target))


# --- The rules notice what breaks them ---


@pytest.mark.parametrize(
    ("check", "name", "text"),
    [
        (core_violations, "buf.c", "#include <Python.h>"),
        (core_violations, "jws.c", '#include "py/state.h"'),
        (core_violations, "jws.c", "#include <openssl/evp.h>"),
        (core_violations, "key.h", "#  include <openssl/evp.h>"),
        (core_violations, "b64url.c", '#include "core/json_read.h"'),
        (core_violations, "key.c", '#include "core/sig.h"'),
        (core_violations, "sig_hmac.c", '#include "core/key.h"'),
        (core_violations, "sig_hmac.c", '#include "core/sig.h"'),
        (core_violations, "cache.c", '#include "core/jws.h"'),
        (core_violations, "cache.c", '#include "core/buf.h"'),
        (core_violations, "jose_header.c", '#include "core/ossl.h"'),
        (core_violations, "jws.c", '#include "jws.h"\n#include "base.h"'),
        (core_violations, "jws.c", '#include "core/nothing.h"'),
        (core_violations, "key_guard.c", '#include "core/key.h"'),
        (core_violations, "key.c", '#include "core/key_cache.h"'),
        (core_violations, "sig.c", '#include "core/key_cache.h"'),
        (core_violations, "newcomer.c", "int x;"),
        (binding_violations, "newcomer.c", "int x;"),
        (binding_violations, "pyerror.c", '#include "py/pykey.h"'),
        (binding_violations, "pyclock.h", '#include "py/pyerror.h"'),
        (binding_violations, "pyjson_read.c", '#include "py/pyclaims.h"'),
        (binding_violations, "pyclaims.c", '#include "py/pycache.h"'),
        (binding_violations, "pycache.c", '#include "py/pyverifier.h"'),
        (binding_violations, "pysigner.c", '#include "py/pytoken.h"'),
        (binding_violations, "pydecode.c", '#include "py/pyverifier.h"'),
        (binding_violations, "pykey.c", '#include "pyargs.h"'),
        (binding_violations, "pykey.c", '#include "py/nothing.h"'),
        (binding_violations, "pykey.c", "#include <openssl/evp.h>"),
        (binding_violations, "pykey.c", '#include "core/key_internal.h"'),
        (binding_violations, "pykey.c", '#include "pyclaims.c"'),
        (import_violations, "pyjwtfast.utils", "from django.conf import settings"),
        (import_violations, "pyjwtfast.utils", "def f():\n    import rest_framework"),
        (import_violations, "pyjwtfast.utils", "from ._core import decode"),
        (import_violations, "pyjwtfast.utils", "from . import _core"),
        (import_violations, "pyjwtfast.utils", "import pyjwtfast.api_jwt"),
        (import_violations, "pyjwtfast.api_jws", "from pyjwtfast.api_jwt import decode"),
        (import_violations, "pyjwtfast.api_jwt", "from pyjwtfast.drf import tokens"),
        (import_violations, "pyjwtfast.api_jwt", "from pyjwtfast import decode"),
        (import_violations, "pyjwtfast.api_jwt", "from .cli import main"),
        (import_violations, "pyjwtfast.cli.sources", "from .tokens import run_verify"),
        (import_violations, "pyjwtfast.newcomer", "x = 1"),
        (import_violations, "pyjwtfast.drf.settings", "from pyjwtfast.drf.tokens import Token"),
        (import_violations, "pyjwtfast.drf.settings", "from .views import TokenViewBase"),
        (import_violations, "pyjwtfast.drf.settings", "def f():\n    from . import views"),
        (import_violations, "pyjwtfast.drf.checks.newcomer", "x = 1"),
        (import_violations, "pyjwtfast.drf.checks.keys", "from .values import check_header"),
        (import_violations, "pyjwtfast.drf.checks.keys", "from ..apps import PyJWTFastConfig"),
        (import_violations, "pyjwtfast.drf.tokens", "import rest_framework_simplejwt.tokens"),
        (import_violations, "pyjwtfast.drf.views", "from drf_spectacular.utils import x"),
        (import_violations, "pyjwtfast.api_jwt", "import pyjwtfast.replace_simplejwt"),
        (import_violations, "pyjwtfast.replace_simplejwt", "import rest_framework_simplejwt"),
        (
            import_violations,
            "pyjwtfast.drf.token_blacklist.admin",
            "from django.utils.translation import gettext_lazy as _",
        ),
        (
            import_violations,
            "pyjwtfast.drf.token_blacklist.models",
            "from .batches import run_in_batches",
        ),
        (import_violations, "pyjwtfast.drf.token_blacklist.store", "from ..tokens import Token"),
        (
            import_violations,
            "pyjwtfast.drf.tokens",
            "from pyjwtfast.drf.token_blacklist.models import OutstandingToken",
        ),
    ],
)
def test_violations_are_found(check: Callable[[str, str], list[str]], name: str, text: str) -> None:
    assert check(name, text) != []


@pytest.mark.parametrize(
    ("check", "name", "text"),
    [
        (core_violations, "json_read.inc.h", '#include "core/utf8.h"'),
        (core_violations, "key_pem.c", "#include <openssl/evp.h>\n#include <string.h>"),
        (core_violations, "key_pem.c", '#include "core/key_internal.h"'),
        (core_violations, "jws.c", '#include "core/jose_header.h"\n#include "core/sig.h"'),
        (core_violations, "jws.c", "/* Python.h is not for us */"),
        (binding_violations, "pykey.c", '#include <Python.h>\n#include "core/key.h"'),
        (binding_violations, "pyjson_write.c", '#include "py/pyjson.h"\n#include "py/pyerror.h"'),
        (binding_violations, "pyverifier.c", '#include "py/pycache.h"\n#include "py/pytoken.h"'),
        (binding_violations, "module.c", '#include "py/pyverifier.h"\n#include "py/pydecode.h"'),
        (import_violations, "pyjwtfast.api_jwt", "from . import exceptions\nimport json"),
        (
            import_violations,
            "pyjwtfast.utils",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ._core import Key",
        ),
        (
            import_violations,
            "pyjwtfast.drf.tokens",
            "from pyjwtfast.drf.state import token_backend\n"
            "def f():\n    from pyjwtfast.drf.token_blacklist.models import OutstandingToken",
        ),
        (import_violations, "pyjwtfast.drf.backends", "from pyjwtfast import Key"),
        (
            import_violations,
            "pyjwtfast.replace_simplejwt",
            "from django.core import checks\ndef f():\n    from .drf import checks",
        ),
        (import_violations, "pyjwtfast.drf.checks.keys", "from ..backends import TokenBackend"),
        (import_violations, "pyjwtfast.drf.checks.keys", "from .support import entries"),
        (import_violations, "pyjwtfast.drf.checks.keys", "from .. import token_blacklist"),
        (
            import_violations,
            "pyjwtfast.drf.token_blacklist.batches",
            "from ..users import find_user\ndef f():\n    from ..tokens import SlidingToken",
        ),
    ],
)
def test_what_is_allowed_passes(
    check: Callable[[str, str], list[str]], name: str, text: str
) -> None:
    assert check(name, text) == []


@pytest.mark.skipif(sys.platform != "linux", reason="reads GNU nm's listing of ELF files")
def test_mutable_globals_are_found(tmp_path: Path) -> None:
    source = tmp_path / "globals.c"
    source.write_text(
        "static int zeroed; int initialised = 1; int shared;\n"
        "static const char *const names[] = {0, (const char *)&shared};\n"
        "const char *const *get(void) { static _Thread_local int count; count++;\n"
        "    zeroed++; return names; }\n"
    )
    names = {re.sub(r"\.\d+$", "", name) for name in mutable_globals(nm_of(source, tmp_path))}
    assert names == {"zeroed", "initialised", "shared", "count"}


def test_exports_are_read() -> None:
    listing = "0000000000001139 T PyInit__core\n0000000000001140 T pjf_jws_verify\n"
    assert exported(listing) == {"PyInit__core", "pjf_jws_verify"}
