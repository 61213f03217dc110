"""What an installation costs: a wheel of ours beside PyJWT with cryptography, as a table.

    python scripts/footprint.py WHEEL [--rounds 40]

Both are installed from wheels into virtual environments of their own. Downloaded are the wheels and
all that they depend on, installed are their files without byte code. Processor time and
memory are those of a new process, less those of one that imports nothing of theirs; processes of
all kinds take turns, and the medians are shown.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEERS = ["PyJWT", "cryptography"]

SETUP = "import {module} as jwt; "
HS256 = "jwt.decode(jwt.encode({{'sub': 'ada'}}, 's' * 32), 's' * 32, algorithms=['HS256']); "
ES256 = (
    "t = jwt.encode({{'sub': 'ada'}}, open({private!r}).read(), algorithm='ES256'); "
    "jwt.decode(t, open({public!r}).read(), algorithms=['ES256']); "
)
# Processor time, which other processes do not lengthen; and the most memory that was in use. What
# getrusage says of the latter includes the parent's, on Linux.
USED = """
import re, resource
used = resource.getrusage(resource.RUSAGE_SELF)
try:
    peak = int(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1])
except OSError:
    peak = used.ru_maxrss / 1024
print(used.ru_utime + used.ru_stime, peak)
"""
CASES = {
    "import": SETUP,
    "import, sign and verify HS256 once": SETUP + HS256,
    "import, sign and verify ES256 once": SETUP + ES256,
}


def pinned(name: str) -> str:
    """The peer as pyproject.toml pins it."""
    text = (ROOT / "pyproject.toml").read_text()
    start = text.index(f'"{name}==')
    return text[start + 1 : text.index('"', start + 1)]


def run(*command: str | Path, **variables: str) -> str:
    return subprocess.run(
        [*map(str, command)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        env={**os.environ, **variables},
    ).stdout


class Installed:
    """A virtual environment with what is to be measured, and what it took to get there."""

    def __init__(self, directory: Path, module: str, requirements: list[str]) -> None:
        self.module = module
        self.python = directory / "venv/bin/python"
        run(sys.executable, "-m", "venv", directory / "venv")
        pip: list[str | Path] = [self.python, "-m", "pip", "--disable-pip-version-check", "--quiet"]
        wheels = directory / "wheels"
        run(*pip, "download", "--only-binary", ":all:", "--dest", wheels, *requirements)
        self.wheels = sorted(wheels.glob("*.whl"))
        self.downloaded = sum(path.stat().st_size for path in self.wheels)
        code = "import sysconfig; print(sysconfig.get_path('purelib'))"
        packages = Path(run(self.python, "-c", code).strip())
        before = self.size(packages)
        run(*pip, "install", "--no-index", "--no-deps", "--no-compile", *self.wheels)
        self.installed = self.size(packages) - before
        self.samples: dict[str, list[tuple[float, float]]] = {}
        self.keys = directory

    @staticmethod
    def size(directory: Path) -> int:
        files = (path for path in directory.rglob("*") if path.suffix != ".pyc")
        return sum(path.stat().st_size for path in files if path.is_file())

    def once(self, name: str, code: str, keys: dict[str, str]) -> None:
        """One process; its seconds and bytes are kept under the name."""
        code = code.format(module=self.module, **keys)
        seconds, kibibytes = map(float, run(self.python, "-I", "-c", f"{code}\n{USED}").split())
        self.samples.setdefault(name, []).append((seconds, kibibytes * 1024))

    def median(self, name: str) -> tuple[float, float]:
        seconds, memory = zip(*self.samples[name], strict=True)
        return statistics.median(seconds), statistics.median(memory)


def main() -> None:
    parser = argparse.ArgumentParser(description="Compares sizes and import times.")
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--rounds", type=int, default=40)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        ours = Installed(directory / "ours", "pyjwtfast", [str(arguments.wheel.resolve())])
        theirs = Installed(directory / "theirs", "jwt", [pinned(peer) for peer in PEERS])
        keys = {name: str(directory / f"{name}.pem") for name in ("private", "public")}
        code = (
            "import json, pyjwtfast; key = pyjwtfast.Key.generate('ES256'); "
            "print(json.dumps([key.to_pem(private=True), key.public().to_pem()]))"
        )
        for path, pem in zip(keys.values(), json.loads(run(ours.python, "-c", code)), strict=True):
            Path(path).write_text(pem)
        for turn in range(arguments.rounds + 1):
            for kind, case in (("nothing", ""), *CASES.items()):
                # Whoever comes second finds the machine as the first has left it: by turns.
                for one in (ours, theirs) if turn % 2 else (theirs, ours):
                    one.once(kind, case, keys)
            if turn == 0:  # The byte code is written, and the files are in memory.
                ours.samples.clear()
                theirs.samples.clear()

        names = ", ".join(path.name.split("-cp3")[0].split("-py")[0] for path in theirs.wheels)
        print(f"{ours.wheels[0].name} beside {names}; medians of {arguments.rounds} processes\n")
        print("|  | PyJWT with cryptography | pyjwtfast |  |\n| --- | ---: | ---: | ---: |")
        rows: list[tuple[str, float, float, str]] = [
            ("downloaded", theirs.downloaded / 1e6, ours.downloaded / 1e6, "MB"),
            ("installed", theirs.installed / 1e6, ours.installed / 1e6, "MB"),
        ]
        for kind in CASES:
            empty = [one.median("nothing") for one in (theirs, ours)]
            full = [one.median(kind) for one in (theirs, ours)]
            (s1, m1), (s2, m2) = (
                (f[0] - e[0], f[1] - e[1]) for f, e in zip(full, empty, strict=True)
            )
            rows.append((kind, s1 * 1e3, s2 * 1e3, "ms"))
            rows.append((f"{kind}: memory", m1 / 1e6, m2 / 1e6, "MB"))
        for label, peer, own, unit in rows:
            ratio = f"{peer / own:.1f} x"
            print(f"| {label} | {peer:.2f} {unit} | **{own:.2f} {unit}** | {ratio} |")


if __name__ == "__main__":
    main()
