"""From the sources to a source archive, to a wheel, to an import: nothing is left behind."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CC = os.environ.get("CC") or "gcc"
PYPROJECT = (ROOT / "pyproject.toml").read_text()

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("setuptools") is None, reason="setuptools is not installed"
)


def run(*arguments: str, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked source archive."""
    directory = tmp_path_factory.mktemp("sdist")
    command = ["setup.py", "--quiet", "egg_info", "--egg-base", str(directory)]
    run(*command, "sdist", "--dist-dir", str(directory), cwd=ROOT)
    (archive,) = directory.glob("*.tar.gz")
    with tarfile.open(archive) as files:
        if sys.version_info >= (3, 12):
            files.extractall(directory, filter="data")
        else:
            files.extractall(directory)
    return directory / archive.name.removesuffix(".tar.gz")


def files_below(directory: Path, *suffixes: str) -> set[str]:
    return {
        str(path.relative_to(directory.parent))
        for path in directory.rglob("*")
        if path.suffix in suffixes and "build" not in path.relative_to(directory).parts
    }


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="git says which files are the project's")
def test_source_archive_is_complete(sources: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    tracked = {name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()}
    assert {"setup.py", "csrc/Makefile", "csrc/tests/tally.awk", ".clang-format"} <= tracked
    assert sorted(name for name in tracked if not (sources / name).is_file()) == []


def test_source_archive_has_no_build_products(sources: Path) -> None:
    assert files_below(sources, ".so", ".o", ".a", ".pyc", ".sqlite3") == set()
    assert not (sources / "csrc" / "build").exists()


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_c_tests_run_from_the_archive(sources: Path) -> None:
    """Built once, in the quickest way; with sanitizers `make test` runs them from the tree."""
    program = Path("build") / f"{Path(CC.split()[0]).name}-plain" / "tests-run"
    command = ["make", "-C", "csrc", "-j2", str(program), f"CC={CC}", "CFLAGS=-O0"]
    built = subprocess.run(
        command, cwd=sources, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert built.returncode == 0, built.stdout
    done = subprocess.run([program], cwd=sources / "csrc", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^[1-9]\d* passed, 0 failed$", done.stdout, re.MULTILINE), done.stdout


COMPILER = """\
#!/bin/sh
# Notes its words, and makes the file that it was to make.
echo "$@" >>{log}
while [ $# -gt 0 ]; do
    if [ "$1" = -o ]; then mkdir -p "$(dirname "$2")"; : >"$2"; fi
    shift
done
"""


@pytest.mark.parametrize(
    ("cflags", "level"),
    [
        (None, "-O3"),
        ("-g -Wno-odr", "-O3"),
        ("-O1 -g", "-O1"),
        ("-g -O0", "-O0"),
        ("-O2 -Og", "-Og"),
        ("-Ofast", "-Ofast"),
        ("-g -O", "-O"),
    ],
)
def test_cflags_choose_the_optimisation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cflags: str | None, level: str
) -> None:
    log = tmp_path / "log"
    compiler = tmp_path / "cc"
    compiler.write_text(COMPILER.format(log=log))
    compiler.chmod(0o755)
    monkeypatch.setenv("CC", str(compiler))
    monkeypatch.delenv("CFLAGS", raising=False)
    if cflags is not None:
        monkeypatch.setenv("CFLAGS", cflags)
    directories = ["--build-temp", str(tmp_path / "temp"), "--build-lib", str(tmp_path / "lib")]
    run("setup.py", "--quiet", "build_ext", "--force", *directories, cwd=ROOT)
    lines = [line.split() for line in log.read_text().splitlines()]
    ours = [line for line in lines if any("csrc" in word for word in line)]
    assert ours
    for line in ours:
        assert [word for word in line if re.fullmatch(r"-O\w*", word)][-1] == level


HIDE_PYTHON_HEADERS = """\
import sysconfig
get_path = sysconfig.get_path
sysconfig.get_path = lambda name, *more: "/hidden" if name == "include" else get_path(name, *more)
"""


def hide_headers_of_openssl(directory: Path) -> str:
    """A compiler command that finds all that it found before, save the folders named openssl."""
    asked = subprocess.run(
        [*CC.split(), "-E", "-v", "-x", "c", os.devnull], capture_output=True, text=True, check=True
    )
    (listed,) = re.findall(r"<\.\.\.> search starts here:\n(.*?)End of", asked.stderr, re.DOTALL)
    words = [*CC.split(), "-nostdinc"]
    for number, line in enumerate(listed.splitlines()):
        copy = directory / f"include-{number}"
        copy.mkdir()
        for path in Path(line.strip()).iterdir():
            if path.name != "openssl":
                (copy / path.name).symlink_to(path)
        words.append(f"-isystem{copy}")
    return " ".join(words)


@pytest.mark.skipif(sys.platform != "linux", reason="the stand-ins are made of gcc's words")
@pytest.mark.parametrize(
    ("hidden", "says"),
    [
        ("compiler", "is built by a C compiler, and it could not compile a file of one line:\n"),
        ("Python's headers", "needs the C headers of Python, and /hidden/Python.h is absent"),
        ("OpenSSL's headers", "needs the headers of OpenSSL 3.0 or newer"),
        ("OpenSSL 3", "needs the headers of OpenSSL 3.0 or newer"),
        ("OpenSSL's library", "Its headers are there, but the linker could not use the\nlibrary"),
        ("OpenSSL's archive", "OPENSSL_STATIC=1 asks for libcrypto.a"),
    ],
)
def test_what_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hidden: str, says: str
) -> None:
    """As pip runs it, in the words that a user sees: what lacks, what to type, no traceback."""
    monkeypatch.setenv("PKG_CONFIG", "/nonexistent")
    monkeypatch.setenv("CFLAGS", "-O0")
    monkeypatch.setenv("PYJWTFAST_LTO", "0")
    monkeypatch.delenv("OPENSSL_DIR", raising=False)
    monkeypatch.delenv("OPENSSL_STATIC", raising=False)
    if hidden == "compiler":
        monkeypatch.setenv("CC", "/nonexistent/cc")
    elif hidden == "Python's headers":
        (tmp_path / "sitecustomize.py").write_text(HIDE_PYTHON_HEADERS)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    elif hidden == "OpenSSL's headers":
        monkeypatch.setenv("CC", hide_headers_of_openssl(tmp_path))
    elif hidden == "OpenSSL 3":
        (tmp_path / "openssl").mkdir()
        version = "#define OPENSSL_VERSION_NUMBER 0x1010117fL\n"
        (tmp_path / "openssl" / "opensslv.h").write_text(version)
        monkeypatch.setenv("CFLAGS", f"-I{tmp_path}")
    elif hidden == "OpenSSL's library":
        compiler = tmp_path / "cc"
        compiler.write_text(
            "#!/bin/sh\n"
            "for word; do shift\n"
            '    case $word in -lcrypto) word=-lhidden ;; esac; set -- "$@" "$word"\n'
            f'done\nexec {CC} "$@"\n'
        )
        compiler.chmod(0o755)
        monkeypatch.setenv("CC", str(compiler))
    elif hidden == "OpenSSL's archive":
        monkeypatch.setenv("OPENSSL_STATIC", "1")
        monkeypatch.setenv("OPENSSL_DIR", str(tmp_path))

    code = "from setuptools import build_meta; build_meta.build_wheel('.')"
    # Not in the tree: a build leaves files there.
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE", "csrc", "pyjwtfast"):
        (tmp_path / "copy" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "copy" / name).symlink_to(ROOT / name)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path / "copy", capture_output=True, text=True
    )
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert says in said
    assert "Traceback" not in said
    if hidden == "OpenSSL's headers":
        assert re.search(r"opensslv\.h['\"]?( file not found|: No such file)", said), said
    if hidden != "OpenSSL's archive":
        assert "apt-get install gcc libssl-dev pkg-config python3-dev" in said


def test_wheel_of_the_archive_works(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is in it counts, not how fast it is; and pkg-config need not be there.
    monkeypatch.setenv("PKG_CONFIG", "/nonexistent")
    monkeypatch.setenv("CFLAGS", "-O0")
    monkeypatch.setenv("PYJWTFAST_LTO", "0")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(tmp_path)]
    run("-m", "pip", "wheel", "--quiet", *options, str(sources), cwd=tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as files:
        files.extractall(installed)
    suffixes = (".py", ".pyi", ".typed", ".po", ".mo")
    wanted = files_below(ROOT / "pyjwtfast", *suffixes)
    assert wanted - files_below(installed / "pyjwtfast", *suffixes) == set()
    assert not (installed / "tests").exists()
    assert not (installed / "csrc").exists()

    code = (
        f"import sys; sys.path.insert(0, {str(installed)!r})\n"
        "import pyjwtfast\n"
        "secret = 's' * 32\n"
        "token = pyjwtfast.encode({'sub': 'ada'}, secret)\n"
        "print(pyjwtfast.__file__, pyjwtfast.decode(token, secret, algorithms=['HS256']))\n"
    )
    answer = run("-S", "-E", "-c", code, cwd=tmp_path).strip()
    assert answer == f"{installed / 'pyjwtfast' / '__init__.py'} {{'sub': 'ada'}}"


def test_wheels_are_tested_alike() -> None:
    """`make wheel` and cibuildwheel run the same files, and none asks for what is not carried."""
    pattern = r"tests/[\w/]+(?:\.py)?(?=[\s\"])"
    script = (ROOT / "scripts/check_wheel.py").read_text()
    (listed,) = re.findall(r"^TESTS = \[\n(.*?)^\]", script, re.DOTALL | re.MULTILINE)
    (names,) = re.findall(r'for name in \((".*?")\)', listed)
    ours = set(re.findall(pattern, listed))
    ours |= {f"tests/isolated/test_{name}.py" for name in re.findall(r'"(\w+)"', names)}
    (command,) = re.findall(r'^test-command = """(.*?""")', PYPROJECT, re.DOTALL | re.MULTILINE)
    assert ours == set(re.findall(pattern, command)), command
    paths = [ROOT / name for name in ours]
    files = [file for path in paths for file in ([path] if path.is_file() else path.rglob("*.py"))]
    assert len(files) > 20
    # In CI the fixture fails a test that has no vectors; the runners of wheels have none.
    assert [file.name for file in files if "shared_vectors" in file.read_text()] == []


def test_a_checkout_without_its_extension_says_so(tmp_path: Path) -> None:
    """Who has installed pyjwtfast, and starts Python in the checkout, gets its folder."""
    compiled = shutil.ignore_patterns("_core*.so", "__pycache__")
    shutil.copytree(ROOT / "pyjwtfast", tmp_path / "pyjwtfast", ignore=compiled)
    words = [sys.executable, "-S", "-c", "import pyjwtfast"]  # without what is installed here
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Leave the checkout if pyjwtfast is installed" in done.stderr
    assert "During handling" not in done.stderr
