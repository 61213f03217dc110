"""From the sources to a source archive, to a wheel, to an import: nothing is left behind."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

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


def test_source_archive_is_complete(sources: Path) -> None:
    for folder, suffixes in (
        ("csrc", (".c", ".h")),
        ("pyjwtfast", (".py", ".pyi")),
        ("tests", (".py", ".json")),
        ("docs", (".md",)),
    ):
        wanted = files_below(ROOT / folder, *suffixes)
        assert wanted
        assert wanted - files_below(sources / folder, *suffixes) == set()
    for name in ("LICENSE", "README.md", "csrc/Makefile", "pyjwtfast/py.typed"):
        assert (sources / name).is_file(), name


def test_wheel_of_the_archive_works(sources: Path, tmp_path: Path) -> None:
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(tmp_path)]
    run("-m", "pip", "wheel", "--quiet", *options, str(sources), cwd=tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as files:
        files.extractall(installed)
    wanted = files_below(ROOT / "pyjwtfast", ".py", ".pyi", ".typed")
    assert wanted - files_below(installed / "pyjwtfast", ".py", ".pyi", ".typed") == set()
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
