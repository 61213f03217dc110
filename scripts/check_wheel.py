"""Installs a wheel into a virtual environment of its own, and runs the tests against it there.

    python scripts/check_wheel.py WHEEL

No compiler is found there, no package is built, and the tests are copied to a folder where the
package's sources are not.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = [
    "tests/native",
    "tests/api",
    "tests/vectors/test_rfc.py",
    *(f"tests/isolated/test_{name}.py" for name in ("beside_ssl", "fork", "import", "threads")),
]


def main() -> None:
    parser = argparse.ArgumentParser(description="Tests a wheel in a clean environment.")
    parser.add_argument("wheel", type=Path)
    wheel = parser.parse_args().wheel.resolve()
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "OPENSSL_", "PKG_CONFIG", "CFLAGS", "LDFLAGS"))
    }
    environment |= {"CC": "/nonexistent/cc", "PYTHONDONTWRITEBYTECODE": "1"}
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        subprocess.run([sys.executable, "-m", "venv", directory / "venv"], check=True)
        python = str(directory / "venv/bin/python")

        def run(*command: str) -> str:
            done = subprocess.run(
                [python, *command],
                cwd=directory,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            if done.returncode:
                raise SystemExit(done.stdout)
            return done.stdout

        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run(*install, "--only-binary", ":all:", f"{wheel}[test]")
        shutil.copytree(
            ROOT / "tests", directory / "tests", ignore=shutil.ignore_patterns("__pycache__")
        )
        code = "import pyjwtfast, pyjwtfast._core as c; print(c.__file__, c.OPENSSL_VERSION)"
        where = run("-c", code).strip()
        if not where.startswith(str(directory.resolve())):
            raise SystemExit(f"not the wheel is imported, but {where}")
        print(where)
        # How fast it is, is not the question, and a runner may be busy.
        options = ["-q", "-p", "no:cacheprovider", "--import-mode=importlib"]
        options += ["-k", "not takes_microseconds"]
        print(run("-m", "pytest", *options, *TESTS).splitlines()[-1])


if __name__ == "__main__":
    main()
